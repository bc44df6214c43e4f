/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the testament lies in its file: for the two sides of testament.h alone. */
#ifndef VIGIA_LINUX_TESTAMENT_LAYOUT_H
#define VIGIA_LINUX_TESTAMENT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "linux/testament.h"

/* The file: where the copy of each slot stands, counted in units from the start of the file (0: there is none); whose it is;
 * then the copies. */
#define TESTAMENT_UNIT 32u
#define TESTAMENT_PLACE_OFFSET (TESTAMENT_SLOTS_MAX * sizeof(uint32_t))
#define TESTAMENT_HEAD_SIZE (TESTAMENT_PLACE_OFFSET + 4096)

#define TESTAMENT_LAYOUT 0x7669676961000002u /* changes with what this header says */

struct testament_place {
	uint64_t layout;
	uint64_t network; /* testament_network */
};

struct testament_copy {
	uint32_t size; /* of the place that it stands in; as free space: where the next one of that size is */
	int32_t ifindex;
	int64_t release_after;
	uint32_t frame_length;
	uint32_t datagrams_length;
	uint32_t removals_length;
	uint8_t bytes[]; /* frame, datagrams, removals; each begins at a multiple of 8 */
};

/* The packet follows it. */
struct testament_datagram {
	int32_t ifindex;
	uint32_t length;
	struct ip_addr source;
	struct ip_addr destination;
};

#define TESTAMENT_BYTES_SIZE (TESTAMENT_COPY_SIZE - sizeof(struct testament_copy))

/* Of a file that has been laid out as this header says; false: it has not. */
static inline bool testament_read_place(int fd, struct testament_place *place)
{
	return pread(fd, place, sizeof(*place), TESTAMENT_PLACE_OFFSET) == (ssize_t)sizeof(*place) && place->layout == TESTAMENT_LAYOUT;
}

static inline size_t testament_align(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

static inline size_t testament_datagrams_offset(size_t frame_length)
{
	return testament_align(frame_length);
}

static inline size_t testament_removals_offset(size_t frame_length, size_t datagrams_length)
{
	return testament_datagrams_offset(frame_length) + testament_align(datagrams_length);
}

#endif
