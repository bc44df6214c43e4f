/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What engines that died had put into the kernel, as their testaments say, for the one that comes after them. The marks on addresses
 * and routes do not tell it: keepalived and a second vigiad on this machine have the same.
 */
#ifndef VIGIA_LINUX_INHERITANCE_H
#define VIGIA_LINUX_INHERITANCE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/port.h"
#include "linux/netlink_request.h"

#define INHERITANCE_MAX 12 /* testaments */

struct inheritance {
	int fds[INHERITANCE_MAX];
	size_t fd_count;
	uint64_t *requests; /* the hash of each removal in them, sorted */
	size_t request_count;
};

/* Reads the testaments, whose descriptors it takes. 0 or -errno: then nothing counts as left. */
int inheritance_open(struct inheritance *inheritance, const int *fds, size_t count);
void inheritance_close(struct inheritance *inheritance);
/* Whether one of them would do that. */
bool inheritance_has(const struct inheritance *inheritance, const struct kernel_op *removal);
/* Takes routes and rules away, but for what the `keep` removals would take away. told: for each that was still there, its
 * request, and 0 or why it could not be removed. */
void inheritance_remove_routes(const struct inheritance *inheritance, struct netlink_socket *netlink,
	const struct kernel_op *keep, size_t keep_count,
	void (*told)(void *user, const struct nlmsghdr *request, int error), void *user);

#endif
