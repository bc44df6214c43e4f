/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/receive_buffer.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

void receive_buffer_set(int fd, uint32_t bytes, uint32_t least)
{
	const int size = (int)(bytes > least ? bytes : least);

	if (size > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

uint32_t receive_buffer_refused(int fd, uint32_t *known)
{
	uint32_t facts[SK_MEMINFO_VARS] = {0};
	socklen_t size = sizeof(facts);
	const uint32_t before = *known;

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_MEMINFO, facts, &size) < 0)
		return 0;
	*known = facts[SK_MEMINFO_DROPS];
	return *known - before;
}
