/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says about links, addresses and our own routes: one rtnetlink socket on which events,
 * answers to questions about one link and whole dumps arrive in one order, so that an old event never
 * overrules a newer picture.
 *
 * A picture is taken at the start, and again whenever events were lost (ENOBUFS); one that the kernel marks
 * as interrupted is taken once more. Each is framed by resync_begin and resync_end: what was not mentioned
 * between the two is gone. Nothing here waits.
 */
#ifndef VIGIA_LINUX_KERNEL_EVENTS_H
#define VIGIA_LINUX_KERNEL_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"

#define KERNEL_EVENTS_BUFFER (8 << 20) /* thousands of addresses that come and go at once */

struct kernel_listener {
	void (*link)(void *user, const struct engine_link *link);
	void (*link_gone)(void *user, int ifindex);
	void (*address)(void *user, const struct engine_address *address);
	void (*address_gone)(void *user, const struct engine_address *address);
	/* A route with our protocol number vanished, and not by the socket of own_port. */
	void (*route_gone)(void *user, const struct virtual_route *route, int ifindex);
	void (*rule_gone)(void *user, const struct virtual_rule *rule);
	void (*resync_begin)(void *user);
	void (*resync_end)(void *user);
	void (*lost)(void *user); /* events, for the socket was full; a new picture follows */
	void *user;
};

enum picture_state {
	PICTURE_COMPLETE,
	PICTURE_LINKS, /* the dump of links is under way */
	PICTURE_ADDRESSES, /* the dump of addresses is */
};

struct kernel_events {
	int fd;
	const struct kernel_listener *listener;
	uint32_t own_port; /* netlink port id of the socket that makes our own changes; 0: none */
	uint32_t sequence; /* of the dump under way */
	enum picture_state state;
	bool interrupted; /* the dump under way is to be repeated */
	char *buffer;
};

/* Opens the socket and asks for the first picture. listener is kept. 0 or -errno. */
int kernel_events_open(
	struct kernel_events *events, const struct kernel_listener *listener, uint32_t own_port);
void kernel_events_close(struct kernel_events *events);
/* Handles what waits, up to a limit that leaves room for adverts: call again while the socket is readable. 0,
 * or -errno when the socket is of no more use. */
int kernel_events_read(struct kernel_events *events);
/* Asks for the present state of one link; the kernel first does what it had put off, so the answer is true.
 */
void kernel_events_query_link(struct kernel_events *events, int ifindex);

#endif
