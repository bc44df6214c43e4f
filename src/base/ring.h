/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue that grows: items of one size in a block of memory that is used round and round. Its memory comes from functions
 * handed in, so that base itself allocates nothing. Zeroed, it is an empty one.
 */
#ifndef VIGIA_BASE_RING_H
#define VIGIA_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring_kind {
	size_t size; /* of an item */
	size_t least; /* items in the first block: a power of two */
	size_t most; /* no block is larger */
	void *(*get)(size_t size); /* malloc, or what refuses as it does */
	void (*put)(void *block);
};

struct ring {
	unsigned char *block;
	size_t first;
	size_t count;
	size_t capacity; /* a power of two, or 0 */
};

/* Room for so many more; false: it may not become as large, or there is no memory, and it is as before. */
bool ring_reserve(struct ring *ring, const struct ring_kind *kind, size_t more);
/* The place behind the last one, to be filled in; there must be room. */
void *ring_push(struct ring *ring, const struct ring_kind *kind);
/* The first one, which is no longer in the ring; valid until the next push. NULL: there is none. */
void *ring_take(struct ring *ring, const struct ring_kind *kind);
/* The one at `index` behind the first. */
void *ring_at(const struct ring *ring, const struct ring_kind *kind, size_t index);
/* Empty, and without memory. */
void ring_free(struct ring *ring, const struct ring_kind *kind);

#endif
