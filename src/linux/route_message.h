/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes in rtnetlink messages: parts of kernel_message.h. */
#ifndef VIGIA_LINUX_ROUTE_MESSAGE_H
#define VIGIA_LINUX_ROUTE_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>

#include "engine/port.h"

/* Everything behind the header, whose type and flags are set, too. */
void route_message_put(struct nlmsghdr *header, const struct kernel_op *op);
/* ifindex 0: the route names no device. Of one with several next hops, none is read. false: malformed. */
bool route_message_read(const struct nlmsghdr *header, struct virtual_route *route, int *ifindex);

#endif
