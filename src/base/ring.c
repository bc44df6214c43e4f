/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue that grows: see ring.h. */
#include "base/ring.h"

#include <stdint.h>
#include <string.h>

void *ring_at(const struct ring *ring, const struct ring_kind *kind, size_t index)
{
	return ring->block + ((ring->first + index) & (ring->capacity - 1)) * kind->size;
}

bool ring_reserve(struct ring *ring, const struct ring_kind *kind, size_t more)
{
	const size_t addressable = SIZE_MAX / 2 / kind->size;
	const size_t most = kind->most < addressable ? kind->most : addressable;
	size_t capacity = ring->capacity > 0 ? ring->capacity : kind->least;
	unsigned char *block;

	if (more <= ring->capacity - ring->count)
		return true;
	if (more > most || ring->count > most - more)
		return false;
	while (capacity < ring->count + more)
		capacity *= 2;
	if (capacity > most)
		return false;
	block = kind->get(capacity * kind->size);
	if (block == NULL)
		return false;
	for (size_t i = 0; i < ring->count; i++)
		memcpy(block + i * kind->size, ring_at(ring, kind, i), kind->size);
	kind->put(ring->block);
	ring->block = block;
	ring->capacity = capacity;
	ring->first = 0;
	return true;
}

void *ring_push(struct ring *ring, const struct ring_kind *kind)
{
	return ring_at(ring, kind, ring->count++);
}

void *ring_take(struct ring *ring, const struct ring_kind *kind)
{
	void *item;

	if (ring->count == 0)
		return NULL;
	item = ring_at(ring, kind, 0);
	ring->first = (ring->first + 1) & (ring->capacity - 1);
	ring->count--;
	return item;
}

void ring_free(struct ring *ring, const struct ring_kind *kind)
{
	kind->put(ring->block);
	*ring = (struct ring){0};
}
