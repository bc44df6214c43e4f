/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink messages <-> the structs of the engine. Reading: links, IPv4 and IPv6 addresses, routes, as
 * events and dumps carry them. Writing: the request for one kernel_op. No sockets here.
 */
#ifndef VIGIA_LINUX_KERNEL_MESSAGE_H
#define VIGIA_LINUX_KERNEL_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/port.h"

#define KERNEL_REQUEST_MAX 5120 /* no request of ours is longer: a route with ROUTE_HOPS_MAX tunnels */

/* false: malformed, or not about a network interface (bridge port messages). link->name points into the
 * message. */
bool kernel_message_link(const struct nlmsghdr *header, struct engine_link *link);
bool kernel_message_address(const struct nlmsghdr *header, struct engine_address *address);
/* The request for op, with NLM_F_REQUEST and sequence set, at buffer (KERNEL_REQUEST_MAX bytes, aligned for
 * nlmsghdr). Its length, a multiple of 4. */
size_t kernel_message_request(const struct kernel_op *op, uint32_t sequence, void *buffer);
/* Whether an answer means that what op asked for is so: deleting what is not there counts as done. */
bool kernel_op_is_done(const struct kernel_op *op, int error);

#endif
