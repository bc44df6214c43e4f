/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Membership of the VRRP groups: 224.0.0.18, ff02::12, and others that are configured. The packet socket would hear without it, but
 * switches that snoop IGMP and MLD send multicast only where somebody has joined, and network cards filter.
 * The kernel lets one socket join 20 IPv4 groups, so memberships are spread over idle datagram sockets.
 */
#ifndef VIGIA_LINUX_GROUPS_H
#define VIGIA_LINUX_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

#define GROUPS_PER_SOCKET 20

struct group_member {
	int ifindex;
	struct ip_addr group;
	unsigned count; /* joins not yet left; several virtual routers share an interface */
	int socket;
	bool joining; /* on its way into the kernel */
};

/* What the kernel is to do, by whatever thread; the socket stays open until groups_close. */
struct group_change {
	int socket; /* -1: nothing */
	int ifindex;
	struct ip_addr group;
	bool leave;
	bool join; /* after that */
};

/* All zero at first. */
struct groups {
	struct group_member *members;
	size_t member_count;
	size_t member_capacity;
	int *sockets;
	size_t socket_count;
};

/* 0 or -errno; then *change is to be made, and groups_joined told what came of it. */
int groups_join(struct groups *groups, int ifindex, const struct ip_addr *group, struct group_change *change);
void groups_joined(struct groups *groups, const struct group_change *change, int error);
/* Leaving an interface that no longer exists is no error: nobody asks what came of the change. */
struct group_change groups_leave(struct groups *groups, int ifindex, const struct ip_addr *group);
/* Whether the kernel still has a membership of ours: it can lose one that the socket believes in, doc/linux.md section 3. 0: it stands,
 * or it is not ours; 1: it was lost, and the change joins again, as above; -errno: nothing is known. */
int groups_check(struct groups *groups, int ifindex, const struct ip_addr *group, struct group_change *change);
/* 0 or -errno. */
int group_change_make(const struct group_change *change);
void groups_close(struct groups *groups);

#endif
