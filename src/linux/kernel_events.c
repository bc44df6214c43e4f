/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink: events, questions and dumps on one socket: see kernel_events.h. */
#include "linux/kernel_events.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/kernel_message.h"
#include "linux/receive_buffer.h"
#include "linux/route_message.h"
#include "linux/rule_message.h"

#define READ_BUFFER (64 << 10)
#define READS_PER_TURN 8
#define QUESTION_SEQUENCE 1 /* answers to these are handled as events */
#define FIRST_DUMP_SEQUENCE 2

/*
 * A router may carry a million routes that are none of our business: of the route messages only deletions
 * with our protocol number pass. Numbers in netlink headers are in host order, which a filter loads as if
 * they were big-endian.
 */
#define MESSAGE_TYPE_OFFSET 4
#define ROUTE_PROTOCOL_OFFSET (NLMSG_HDRLEN + 5)

static int attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, MESSAGE_TYPE_OFFSET),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ROUTE_PROTOCOL_OFFSET),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VIGIA_KERNEL_PROTOCOL, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ? -errno : 0;
}

static int configure(int fd)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE | 1u << (RTNLGRP_IPV6_RULE - 1)};
	int error = attach_filter(fd);

	if (error)
		return error;
	receive_buffer_set(fd, 0, KERNEL_EVENTS_BUFFER);
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int request_dump(struct kernel_events *events, uint16_t type)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			.nlmsg_seq = ++events->sequence},
		.body.rtgen_family = AF_UNSPEC, /* of addresses: both families */
	};

	return send(events->fd, &request, request.header.nlmsg_len, MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int begin_picture(struct kernel_events *events)
{
	events->state = PICTURE_LINKS;
	events->interrupted = false;
	events->listener->resync_begin(events->listener->user);
	return request_dump(events, RTM_GETLINK);
}

/* One dump is done: on to the next, to the end, or back to the start. */
static int end_of_dump(struct kernel_events *events)
{
	if (events->interrupted)
		return begin_picture(events);
	if (events->state == PICTURE_LINKS) {
		events->state = PICTURE_ADDRESSES;
		return request_dump(events, RTM_GETADDR);
	}
	events->state = PICTURE_COMPLETE;
	events->listener->resync_end(events->listener->user);
	return 0;
}

int kernel_events_open(
	struct kernel_events *events, const struct kernel_listener *listener, uint32_t own_port)
{
	int error;

	*events = (struct kernel_events){
		.listener = listener, .own_port = own_port, .sequence = FIRST_DUMP_SEQUENCE};
	events->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (events->fd < 0)
		return -errno;
	events->buffer = malloc(READ_BUFFER);
	error = events->buffer ? configure(events->fd) : -ENOMEM;
	if (!error)
		error = begin_picture(events);
	if (error)
		kernel_events_close(events);
	return error;
}

void kernel_events_close(struct kernel_events *events)
{
	if (events->fd >= 0)
		close(events->fd);
	events->fd = -1;
	free(events->buffer);
	events->buffer = NULL;
}

static void hand_over(struct kernel_events *events, const struct nlmsghdr *header)
{
	const struct kernel_listener *listener = events->listener;
	struct engine_address address;
	struct virtual_route route;
	struct virtual_rule rule;
	struct engine_link link;
	int ifindex;

	switch (header->nlmsg_type) {
	case RTM_NEWLINK:
		if (kernel_message_link(header, &link))
			listener->link(listener->user, &link);
		break;
	case RTM_DELLINK:
		if (kernel_message_link(header, &link))
			listener->link_gone(listener->user, link.ifindex);
		break;
	case RTM_NEWADDR:
		if (kernel_message_address(header, &address))
			listener->address(listener->user, &address);
		break;
	case RTM_DELADDR:
		if (kernel_message_address(header, &address))
			listener->address_gone(listener->user, &address);
		break;
	case RTM_DELROUTE:
		if ((!events->own_port || header->nlmsg_pid != events->own_port) &&
			route_message_read(header, &route, &ifindex))
			listener->route_gone(listener->user, &route, ifindex);
		break;
	case RTM_DELRULE:
		if ((!events->own_port || header->nlmsg_pid != events->own_port) && rule_message_read(header, &rule))
			listener->rule_gone(listener->user, &rule);
		break;
	}
}

static int handle(struct kernel_events *events, const struct nlmsghdr *header)
{
	const bool of_dump = header->nlmsg_seq == events->sequence && events->state != PICTURE_COMPLETE;

	if (of_dump && header->nlmsg_flags & NLM_F_DUMP_INTR)
		events->interrupted = true;
	if (of_dump && header->nlmsg_type == NLMSG_ERROR)
		return -EIO;
	if (of_dump && header->nlmsg_type == NLMSG_DONE)
		return end_of_dump(events);
	if (header->nlmsg_type >= NLMSG_MIN_TYPE)
		hand_over(events, header);
	return 0;
}

static int handle_all(struct kernel_events *events, size_t length)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)events->buffer;
	int left = (int)length;
	int error = 0;

	for (; !error && mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
		error = handle(events, header);
	return error;
}

/* Events were lost. A dump under way ends first: the kernel runs one at a time on a socket. */
static int lost_events(struct kernel_events *events)
{
	events->listener->lost(events->listener->user);
	if (events->state == PICTURE_COMPLETE)
		return begin_picture(events);
	events->interrupted = true;
	return 0;
}

int kernel_events_read(struct kernel_events *events)
{
	int error = 0;

	for (int i = 0; !error && i < READS_PER_TURN; i++) {
		struct sockaddr_nl from = {0};
		socklen_t size = sizeof(from);
		ssize_t length = recvfrom(events->fd, events->buffer, READ_BUFFER, MSG_DONTWAIT,
			(struct sockaddr *)&from, &size);

		if (length < 0 && errno == EAGAIN)
			return 0;
		if (length < 0 && errno == ENOBUFS)
			error = lost_events(events);
		else if (length < 0 && errno != EINTR)
			return -errno;
		else if (length > 0 && from.nl_pid == 0)
			error = handle_all(events, (size_t)length);
	}
	return error;
}

void kernel_events_query_link(struct kernel_events *events, int ifindex)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg body;
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			.nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST,
			.nlmsg_seq = QUESTION_SEQUENCE},
		.body.ifi_index = ifindex,
	};

	/* A failure is no news: the event comes anyway, only later. */
	(void)!send(events->fd, &request, request.header.nlmsg_len, MSG_DONTWAIT);
}
