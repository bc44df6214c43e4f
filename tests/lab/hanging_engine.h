/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Included before daemon/engine_succession.c: an engine that takes the state of the old one, and hangs before it says so. */
#ifndef VIGIA_TESTS_LAB_HANGING_ENGINE_H
#define VIGIA_TESTS_LAB_HANGING_ENGINE_H

#include <poll.h>

#include "linux/channel.h"

static inline int hanging_send(int fd, enum message_type type, const void *body, size_t length, int passed)
{
	while (type == MESSAGE_READY)
		poll(NULL, 0, -1);
	return channel_send(fd, type, body, length, passed);
}

#define channel_send hanging_send

#endif
