/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/receive_buffer.h"

#include <sys/socket.h>

void receive_buffer_set(int fd, uint32_t bytes, uint32_t least)
{
	const int size = (int)(bytes > least ? bytes : least);

	if (size > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}
