/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sendmmsg stops at the first message that fails; this goes on behind it. */
#ifndef VIGIA_LINUX_SEND_ALL_H
#define VIGIA_LINUX_SEND_ALL_H

#include <stddef.h>
#include <sys/socket.h>

/* In order and without waiting; errors[i] becomes 0 or -errno. */
void send_all(int fd, struct mmsghdr *messages, int *errors, size_t count);

#endif
