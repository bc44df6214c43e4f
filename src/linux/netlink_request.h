/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rtnetlink request at a time, with its answer: for what is rare. Many at once: kernel_requests.h. */
#ifndef VIGIA_LINUX_NETLINK_REQUEST_H
#define VIGIA_LINUX_NETLINK_REQUEST_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

struct netlink_socket {
	int fd;
	uint32_t sequence;
};

/* 0 or -errno. */
int netlink_socket_open(struct netlink_socket *socket);
void netlink_socket_close(struct netlink_socket *socket);
/* Sends the request, to which REQUEST, ACK and a sequence number are added, and waits for what the kernel says, which it
 * does within send(). answer (may be NULL) is called for messages before the acknowledgement. 0 or -errno. */
int netlink_request(struct netlink_socket *socket, struct nlmsghdr *request,
	void (*answer)(void *user, const struct nlmsghdr *message), void *user);
/* The same for a question with many answers, to which REQUEST and DUMP are added. -EINTR: they may not fit together. */
int netlink_dump(struct netlink_socket *socket, struct nlmsghdr *request,
	void (*answer)(void *user, const struct nlmsghdr *message), void *user);

#endif
