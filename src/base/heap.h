/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A heap of deadlines. Items are embedded in whatever waits; each knows its place, so moving and removing are
 * O(log n) and idempotent. The array belongs to the caller.
 */
#ifndef VIGIA_BASE_HEAP_H
#define VIGIA_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

struct heap_item {
	mono_t deadline; /* read only: use heap_set */
	uint32_t place; /* counted from 1; 0: not in the heap */
};

/* The deadline stands here too, so that comparing touches the array alone. */
struct heap_entry {
	mono_t deadline;
	struct heap_item *item;
};

struct heap {
	struct heap_entry *entries; /* room for capacity of them, owned by the caller */
	size_t count;
	size_t capacity;
};

void heap_init(struct heap *heap, struct heap_entry *entries, size_t capacity);
/* Puts the item in, or moves it; MONO_NEVER takes it out. false: no room. */
bool heap_set(struct heap *heap, struct heap_item *item, mono_t deadline);
void heap_remove(struct heap *heap, struct heap_item *item);
/* The earliest item, or NULL. */
struct heap_item *heap_first(const struct heap *heap);

#endif
