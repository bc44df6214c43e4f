/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Membership of the VRRP groups: see groups.h. */
#include "linux/groups.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int membership(int fd, int ifindex, const struct ip_addr *group, int option)
{
	struct group_req request = {.gr_interface = (uint32_t)ifindex};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&request.gr_group;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&request.gr_group;
	const int level = group->family == IP_V6 ? IPPROTO_IPV6 : IPPROTO_IP;

	if (group->family == IP_V6) {
		v6->sin6_family = AF_INET6;
		memcpy(&v6->sin6_addr, group->bytes, sizeof(v6->sin6_addr));
	} else {
		v4->sin_family = AF_INET;
		memcpy(&v4->sin_addr, group->bytes, sizeof(v4->sin_addr));
	}
	return setsockopt(fd, level, option, &request, sizeof(request)) < 0 ? -errno : 0;
}

static struct group_member *find(const struct groups *groups, int ifindex, const struct ip_addr *group)
{
	for (size_t i = 0; i < groups->member_count; i++)
		if (groups->members[i].ifindex == ifindex && ip_equal(&groups->members[i].group, group))
			return &groups->members[i];
	return NULL;
}

static size_t load(const struct groups *groups, int fd)
{
	size_t members = 0;

	for (size_t i = 0; i < groups->member_count; i++)
		members += groups->members[i].socket == fd;
	return members;
}

/* A socket with room; -errno. An IPv6 socket may join IPv4 groups too, unless IPv6 is off. */
static int socket_with_room(struct groups *groups)
{
	int *grown;
	int fd;

	for (size_t i = 0; i < groups->socket_count; i++)
		if (load(groups, groups->sockets[i]) < GROUPS_PER_SOCKET)
			return groups->sockets[i];
	grown = realloc(groups->sockets, (groups->socket_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	groups->sockets = grown;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 && errno == EAFNOSUPPORT)
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	grown[groups->socket_count++] = fd;
	return fd;
}

static int make_room(struct groups *groups)
{
	const size_t capacity = groups->member_capacity ? 2 * groups->member_capacity : GROUPS_PER_SOCKET;
	struct group_member *grown;

	if (groups->member_count < groups->member_capacity)
		return 0;
	grown = realloc(groups->members, capacity * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	groups->members = grown;
	groups->member_capacity = capacity;
	return 0;
}

static const struct group_change nothing = {.socket = -1};

int groups_join(struct groups *groups, int ifindex, const struct ip_addr *group, struct group_change *change)
{
	struct group_member *member = find(groups, ifindex, group);
	int error;
	int fd;

	*change = nothing;
	if (member) {
		member->count++;
		return 0;
	}
	error = make_room(groups);
	if (error)
		return error;
	fd = socket_with_room(groups);
	if (fd < 0)
		return fd;
	groups->members[groups->member_count++] =
		(struct group_member){.ifindex = ifindex, .group = *group, .count = 1, .socket = fd, .joining = true};
	*change = (struct group_change){.socket = fd, .ifindex = ifindex, .group = *group, .join = true};
	return 0;
}

void groups_joined(struct groups *groups, const struct group_change *change, int error)
{
	struct group_member *member = find(groups, change->ifindex, &change->group);

	if (!member || !member->joining)
		return;
	member->joining = false;
	/* One that was lost stays in the list: the next look tries again. */
	if (error && !change->leave)
		*member = groups->members[--groups->member_count];
}

struct group_change groups_leave(struct groups *groups, int ifindex, const struct ip_addr *group)
{
	struct group_member *member = find(groups, ifindex, group);
	struct group_change change = nothing;

	if (!member || --member->count > 0)
		return change;
	change = (struct group_change){.socket = member->socket, .ifindex = ifindex, .group = *group, .leave = true};
	*member = groups->members[--groups->member_count];
	return change;
}

int group_change_make(const struct group_change *change)
{
	int error;

	if (change->leave)
		membership(change->socket, change->ifindex, &change->group, MCAST_LEAVE_GROUP);
	if (!change->join)
		return 0;
	error = membership(change->socket, change->ifindex, &change->group, MCAST_JOIN_GROUP);
	return error == -EADDRINUSE ? 0 : error; /* it is a member */
}

/* A line of /proc/net/igmp names an interface, or below it a group, as the word is in memory. */
static bool line_has_v4(const char *line, int *at, int ifindex, const struct ip_addr *group)
{
	uint32_t word;
	unsigned listed;

	memcpy(&word, group->bytes, sizeof(word));
	if (line[0] != '\t') {
		*at = atoi(line);
		return false;
	}
	return *at == ifindex && sscanf(line, "%8x", &listed) == 1 && listed == word;
}

/* One of /proc/net/igmp6 has both: "3    eth0            ff020000000000000000000000000012     1 ...". */
static bool line_has_v6(const char *line, int ifindex, const struct ip_addr *group)
{
	char wanted[2 * sizeof(group->bytes) + 1], listed[sizeof(wanted)];
	int index;

	for (size_t i = 0; i < sizeof(group->bytes); i++)
		snprintf(wanted + 2 * i, 3, "%02x", group->bytes[i]);
	return sscanf(line, "%d %*s %32s", &index, listed) == 2 && index == ifindex && strcmp(listed, wanted) == 0;
}

/* 1: somebody on this machine is a member; 0: nobody; -errno. */
static int kernel_has(int ifindex, const struct ip_addr *group)
{
	FILE *file = fopen(group->family == IP_V6 ? "/proc/thread-self/net/igmp6" : "/proc/thread-self/net/igmp", "re");
	char line[256];
	int found = 0;
	int at = 0;

	if (!file)
		return -errno;
	while (!found && fgets(line, sizeof(line), file))
		found = group->family == IP_V6 ? line_has_v6(line, ifindex, group)
					       : line_has_v4(line, &at, ifindex, group);
	fclose(file);
	return found;
}

int groups_check(struct groups *groups, int ifindex, const struct ip_addr *group, struct group_change *change)
{
	struct group_member *member = find(groups, ifindex, group);
	int found;

	*change = nothing;
	if (!member || member->joining)
		return 0;
	found = kernel_has(ifindex, group);
	if (found != 0)
		return found < 0 ? found : 0;
	member->joining = true;
	/* Without leaving, joining would answer that the socket is a member already. */
	*change = (struct group_change){
		.socket = member->socket, .ifindex = ifindex, .group = *group, .leave = true, .join = true};
	return 1;
}

void groups_close(struct groups *groups)
{
	for (size_t i = 0; i < groups->socket_count; i++)
		close(groups->sockets[i]);
	free(groups->sockets);
	free(groups->members);
	*groups = (struct groups){0};
}
