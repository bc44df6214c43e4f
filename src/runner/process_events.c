/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "runner/process_events.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The parts one after another: what follows a message stands where its data begin. */
static int ask(int fd, enum proc_cn_mcast_op operation)
{
	const struct cn_msg message = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(operation)};
	char request[sizeof(struct nlmsghdr) + sizeof(message) + sizeof(operation)];
	const struct nlmsghdr header = {.nlmsg_len = sizeof(request), .nlmsg_type = NLMSG_DONE};

	memcpy(request, &header, sizeof(header));
	memcpy(request + sizeof(header), &message, sizeof(message));
	memcpy(request + sizeof(header) + sizeof(message), &operation, sizeof(operation));
	return send(fd, request, sizeof(request), 0) == (ssize_t)sizeof(request) ? 0 : -errno;
}

int process_events_open(int from, uint32_t buffer, bool forced)
{
	const int group = CN_IDX_PROC;
	int size = buffer > INT32_MAX ? INT32_MAX : (int)buffer;
	int fd = from >= 0 ? fcntl(from, F_DUPFD_CLOEXEC, 0)
			   : socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	int error;

	if (fd < 0)
		return -errno;
	if (size > 0)
		setsockopt(fd, SOL_SOCKET, forced ? SO_RCVBUFFORCE : SO_RCVBUF, &size, sizeof(size));
	/* a member it may be already, from the time of another runner */
	error = setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0
			? -errno
			: ask(fd, PROC_CN_MCAST_LISTEN);
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

void process_events_close(int fd)
{
	const int group = CN_IDX_PROC;

	ask(fd, PROC_CN_MCAST_IGNORE);
	setsockopt(fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof(group));
	close(fd);
}

/* Threads are no processes: only what concerns the first one of a group is told. */
static void hand_on(
	const struct proc_event *event, void (*tell)(void *user, enum process_event event, pid_t pid), void *user)
{
	switch ((unsigned)event->what) {
	case PROC_EVENT_NONE:
		if (event->event_data.ack.err == 0)
			tell(user, PROCESS_EVENTS_READY, 0);
		break;
	case PROC_EVENT_FORK:
		if (event->event_data.fork.child_pid == event->event_data.fork.child_tgid)
			tell(user, PROCESS_BEGUN, event->event_data.fork.child_pid);
		break;
	case PROC_EVENT_EXEC:
		tell(user, PROCESS_BEGUN, event->event_data.exec.process_tgid);
		break;
	case PROC_EVENT_COMM:
		if (event->event_data.comm.process_pid == event->event_data.comm.process_tgid)
			tell(user, PROCESS_BEGUN, event->event_data.comm.process_pid);
		break;
	case PROC_EVENT_EXIT:
		if (event->event_data.exit.process_pid == event->event_data.exit.process_tgid)
			tell(user, PROCESS_ENDED, event->event_data.exit.process_pid);
		break;
	default:
		break;
	}
}

int process_events_read(int fd, void (*tell)(void *user, enum process_event event, pid_t pid), void *user)
{
	_Alignas(struct nlmsghdr) char buffer[4096];
	struct sockaddr_nl from;
	socklen_t from_size = sizeof(from);
	ssize_t length;

	while ((length = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &from_size)) > 0 ||
		errno == ENOBUFS) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)buffer;
		struct proc_event event = {.what = PROC_EVENT_FORK};

		if (length < 0) {
			tell(user, PROCESS_EVENTS_LOST, 0);
			errno = 0;
			continue;
		}
		from_size = sizeof(from);
		/* from the kernel, and whole: the union of the event is cut by some kernels */
		if (from.nl_pid != 0 || (size_t)length < sizeof(*header) + sizeof(struct cn_msg) + 16)
			continue;
		length -= (ssize_t)(sizeof(*header) + sizeof(struct cn_msg));
		memcpy(&event, buffer + sizeof(*header) + sizeof(struct cn_msg),
			(size_t)length < sizeof(event) ? (size_t)length : sizeof(event));
		hand_on(&event, tell, user);
	}
	return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
}
