/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much may wait in a socket. */
#ifndef VIGIA_LINUX_RECEIVE_BUFFER_H
#define VIGIA_LINUX_RECEIVE_BUFFER_H

#include <stdint.h>

/* Makes room for so many bytes (up to 2^30), beyond net.core.rmem_max where the process may; never less than least. */
void receive_buffer_set(int fd, uint32_t bytes, uint32_t least);
/* How many packets found no room in it, or had a wrong checksum, since it was asked last: *known is the kernel's number, 0 at first. */
uint32_t receive_buffer_refused(int fd, uint32_t *known);

#endif
