/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State that goes from one process to another in a memfd: an upgrade's. */
#ifndef VIGIA_DAEMON_STATE_MEMORY_H
#define VIGIA_DAEMON_STATE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* All of it, behind what is there. 0 or -errno. */
int state_memory_write(int fd, const uint8_t *bytes, size_t size);
/* To be read, until munmap; NULL: errno says why. */
const uint8_t *state_memory_map(int fd, size_t *size);
/* Whoever is executed from now on finds fd by this environment variable; -1: does not any more. */
void state_memory_pass(const char *variable, int fd);
/* What was passed to this process, which passes it on to nobody; -1: nothing was. */
int state_memory_inherited(const char *variable);

#endif
