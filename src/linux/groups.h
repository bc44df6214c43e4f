/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Membership of the VRRP groups: 224.0.0.18, ff02::12, and others that are configured. The packet socket would hear without it, but
 * switches that snoop IGMP and MLD send multicast only where somebody has joined, and network cards filter.
 * The kernel lets one socket join 20 IPv4 groups, so memberships are spread over idle datagram sockets.
 */
#ifndef VIGIA_LINUX_GROUPS_H
#define VIGIA_LINUX_GROUPS_H

#include <stddef.h>

#include "base/addr.h"

#define GROUPS_PER_SOCKET 20

struct group_member {
	int ifindex;
	struct ip_addr group;
	unsigned count; /* joins not yet left; several virtual routers share an interface */
	int socket;
};

/* All zero at first. */
struct groups {
	struct group_member *members;
	size_t member_count;
	size_t member_capacity;
	int *sockets;
	size_t socket_count;
};

/* 0 or -errno. */
int groups_join(struct groups *groups, int ifindex, const struct ip_addr *group);
/* Leaving an interface that no longer exists is no error. */
void groups_leave(struct groups *groups, int ifindex, const struct ip_addr *group);
/* Whether the kernel still has a membership of ours: it can lose one that the socket believes in, doc/linux.md section 3. Joined
 * again if so. 0: it stands, or it is not ours; 1: it was lost and is there again; -errno: it was lost and cannot be joined, or
 * nothing is known. */
int groups_check(struct groups *groups, int ifindex, const struct ip_addr *group);
void groups_close(struct groups *groups);

#endif
