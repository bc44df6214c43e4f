/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See starter_message.h. */
#include "daemon/starter_message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* As it goes over the socket. */
struct packet {
	uint8_t kill;
	struct start start;
};

union control_space {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(START_DESCRIPTORS_MAX * sizeof(int))];
};

int starter_message_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
}

int starter_message_send(int socket, const struct starter_message *message)
{
	struct packet packet;
	struct iovec part = {&packet, sizeof(packet)};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	union control_space space = {0};
	const size_t size = message->order.start.count * sizeof(int);
	ssize_t sent;

	memset(&packet, 0, sizeof(packet));
	packet.kill = message->kill;
	packet.start = message->order.start;
	if (size > 0) {
		header.msg_control = space.bytes;
		header.msg_controllen = CMSG_SPACE(size);
		struct cmsghdr *control = CMSG_FIRSTHDR(&header);

		control->cmsg_level = SOL_SOCKET;
		control->cmsg_type = SCM_RIGHTS;
		control->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(control), message->order.fds, size);
	}
	do
		sent = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* How many descriptors came. */
static size_t take_descriptors(struct msghdr *header, int *fds)
{
	size_t count = 0;

	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(control), count * sizeof(int));
	}
	return count;
}

int starter_message_receive(int socket, struct starter_message *message)
{
	struct packet packet;
	struct iovec part = {&packet, sizeof(packet)};
	union control_space space;
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = space.bytes, .msg_controllen = sizeof(space.bytes)};
	ssize_t got;
	size_t count;

	do
		got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return 0;
	count = take_descriptors(&header, message->order.fds);
	if (got == sizeof(packet) && !(header.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) && count == packet.start.count) {
		message->kill = packet.kill;
		message->order.start = packet.start;
		return 1;
	}
	for (size_t i = 0; i < count; i++)
		close(message->order.fds[i]);
	return 0;
}

int starter_message_answer(int socket, int answer)
{
	ssize_t sent;

	do
		sent = send(socket, &answer, sizeof(answer), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == sizeof(answer) ? 0 : -EPIPE;
}

int starter_message_await(int socket)
{
	struct pollfd wanted = {.fd = socket, .events = POLLIN};
	int answer;
	int ready;

	do
		ready = poll(&wanted, 1, STARTER_PATIENCE_MS);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return -ETIMEDOUT;
	return recv(socket, &answer, sizeof(answer), MSG_DONTWAIT) == sizeof(answer) ? answer : -EPIPE;
}
