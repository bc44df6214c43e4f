/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of policy routing in rtnetlink messages: parts of kernel_message.h. */
#ifndef VIGIA_LINUX_RULE_MESSAGE_H
#define VIGIA_LINUX_RULE_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>

#include "engine/port.h"

/* Everything behind the header, whose type and flags are set, too. */
void rule_message_put(struct nlmsghdr *header, const struct kernel_op *op);
/* Names of interfaces point into the message. false: malformed, or no rule of IPv4 or IPv6. */
bool rule_message_read(const struct nlmsghdr *header, struct virtual_rule *rule);

#endif
