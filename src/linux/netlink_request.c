/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rtnetlink request and its answer: see netlink_request.h. */
#include "linux/netlink_request.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_SIZE 32768 /* a link with all its attributes */

int netlink_socket_open(struct netlink_socket *netlink)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	const int on = 1;
	int error;

	*netlink = (struct netlink_socket){.fd = -1};
	netlink->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink->fd < 0)
		return -errno;
	if (bind(netlink->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		error = -errno;
		netlink_socket_close(netlink);
		return error;
	}
	setsockopt(netlink->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

void netlink_socket_close(struct netlink_socket *netlink)
{
	if (netlink->fd >= 0)
		close(netlink->fd);
	netlink->fd = -1;
}

/* Whether the acknowledgement was among the messages; its error then. */
static bool take(const struct nlmsghdr *message, int left, uint32_t sequence, int *error,
	void (*answer)(void *user, const struct nlmsghdr *message), void *user)
{
	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		const struct nlmsgerr *body = mnl_nlmsg_get_payload(message);

		if (message->nlmsg_seq != sequence)
			continue;
		if (message->nlmsg_type == NLMSG_ERROR &&
			mnl_nlmsg_get_payload_len(message) >= sizeof(*body)) {
			*error = body->error;
			return true;
		}
		if (answer)
			answer(user, message);
	}
	return false;
}

int netlink_request(struct netlink_socket *netlink, struct nlmsghdr *request,
	void (*answer)(void *user, const struct nlmsghdr *message), void *user)
{
	_Alignas(struct nlmsghdr) char buffer[ANSWER_SIZE];
	ssize_t length;
	int error = 0;

	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = ++netlink->sequence;
	do
		length = send(netlink->fd, request, request->nlmsg_len, 0);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	for (;;) {
		length = recv(netlink->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno == EAGAIN ? -ENOBUFS : -errno;
		if (take((const struct nlmsghdr *)buffer, (int)length, netlink->sequence, &error, answer,
			    user))
			return error;
	}
}

/* Whether that was the end; its error then. */
static bool take_part(const struct nlmsghdr *message, int left, uint32_t sequence, int *error,
	void (*answer)(void *user, const struct nlmsghdr *message), void *user)
{
	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		const struct nlmsgerr *body = mnl_nlmsg_get_payload(message);

		if (message->nlmsg_seq != sequence)
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			*error = -EINTR;
		if (message->nlmsg_type == NLMSG_DONE)
			return true;
		if (message->nlmsg_type == NLMSG_ERROR && mnl_nlmsg_get_payload_len(message) >= sizeof(*body)) {
			*error = body->error;
			return true;
		}
		answer(user, message);
	}
	return false;
}

int netlink_dump(struct netlink_socket *netlink, struct nlmsghdr *request,
	void (*answer)(void *user, const struct nlmsghdr *message), void *user)
{
	_Alignas(struct nlmsghdr) char buffer[ANSWER_SIZE];
	int error = 0;

	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = ++netlink->sequence;
	if (send(netlink->fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		/* Each reading lets the kernel write on. */
		ssize_t length = recv(netlink->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno == EAGAIN ? -ENOBUFS : -errno;
		if (take_part((const struct nlmsghdr *)buffer, (int)length, netlink->sequence, &error, answer, user))
			return error;
	}
}
