/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on socket pairs: see channel.h. */
#include "linux/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Bytes on their way to a receiver that does something else just now: the status of a thousand virtual routers. */
#define CHANNEL_ROOM (8 << 20)

/* Room for one descriptor and the sender's credentials; the union aligns it as cmsghdr wants. */
union control_space {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

int channel_pair(int ends[2])
{
	const int room = CHANNEL_ROOM;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	/* Without the privilege, what the kernel gives anybody is enough for some dozens of virtual routers. */
	for (size_t i = 0; i < 2; i++)
		setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	return 0;
}

int channel_send(int socket, enum message_type type, const void *body, size_t length, int fd)
{
	struct message header = {
		.version = MESSAGE_VERSION, .type = (uint16_t)type, .length = (uint32_t)length};
	struct iovec parts[2] = {{&header, sizeof(header)}, {(void *)(uintptr_t)body, length}};
	struct msghdr packet = {.msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1};
	union control_space space = {0};
	ssize_t sent;

	if (length > MESSAGE_BODY_MAX)
		return -EMSGSIZE;
	if (fd >= 0) {
		packet.msg_control = space.bytes;
		packet.msg_controllen = CMSG_SPACE(sizeof(int));
		struct cmsghdr *control = CMSG_FIRSTHDR(&packet);

		control->cmsg_level = SOL_SOCKET;
		control->cmsg_type = SCM_RIGHTS;
		control->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	}
	do
		sent = sendmsg(socket, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

int channel_send_patiently(int socket, enum message_type type, const void *body, size_t length, int fd, int patience)
{
	struct pollfd wanted = {.fd = socket, .events = POLLOUT};
	int result = channel_send(socket, type, body, length, fd);

	if (result == -EAGAIN && poll(&wanted, 1, patience) > 0)
		result = channel_send(socket, type, body, length, fd);
	return result;
}

/* What came beside the packet. */
static void read_control(struct msghdr *packet, struct channel_message *message)
{
	struct ucred credentials;

	message->fd = -1;
	message->sender = 0;
	message->user = (uid_t)-1;
	for (struct cmsghdr *control = CMSG_FIRSTHDR(packet); control;
		control = CMSG_NXTHDR(packet, control)) {
		if (control->cmsg_level != SOL_SOCKET)
			continue;
		if (control->cmsg_type == SCM_RIGHTS && control->cmsg_len >= CMSG_LEN(sizeof(int)))
			memcpy(&message->fd, CMSG_DATA(control), sizeof(message->fd));
		if (control->cmsg_type == SCM_CREDENTIALS &&
			control->cmsg_len >= CMSG_LEN(sizeof(credentials))) {
			memcpy(&credentials, CMSG_DATA(control), sizeof(credentials));
			message->sender = credentials.pid;
			message->user = credentials.uid;
		}
	}
}

int channel_receive(int socket, struct channel_message *message, char *body)
{
	struct message header;
	struct iovec parts[2] = {{&header, sizeof(header)}, {body, MESSAGE_BODY_MAX}};
	union control_space space = {0};
	struct msghdr packet = {.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = space.bytes,
		.msg_controllen = sizeof(space.bytes)};
	ssize_t length;

	do
		length = recvmsg(socket, &packet, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (length < 0 && errno == EINTR);
	if (length <= 0)
		return length < 0 ? -errno : 0;

	read_control(&packet, message);
	if ((size_t)length < sizeof(header) || packet.msg_flags & MSG_TRUNC ||
		header.version != MESSAGE_VERSION || header.length != (size_t)length - sizeof(header)) {
		if (message->fd >= 0)
			close(message->fd);
		message->fd = -1;
		return -EPROTO;
	}
	message->type = (enum message_type)header.type;
	message->length = header.length;
	body[message->length] = '\0';
	return 1;
}
