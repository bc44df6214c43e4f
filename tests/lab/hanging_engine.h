/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Included before daemon/engine_succession.c: an engine that takes the state of the old one, and hangs before it says so. By then it
 * has removed all rules of nftables: the socket is the old one's, too. */
#ifndef VIGIA_TESTS_LAB_HANGING_ENGINE_H
#define VIGIA_TESTS_LAB_HANGING_ENGINE_H

#include <poll.h>

#include "daemon/engine_process.h"
#include "linux/channel.h"
#include "linux/nftables_socket.h"

static inline int hanging_send(const struct firewall *firewall, int fd, enum message_type type, const void *body, size_t length, int passed)
{
	if (type == MESSAGE_READY)
		nft_socket_remove(firewall->socket, firewall->name);
	while (type == MESSAGE_READY)
		poll(NULL, 0, -1);
	return channel_send(fd, type, body, length, passed);
}

#define channel_send(...) hanging_send(&process->kernel.firewall, __VA_ARGS__)

#endif
