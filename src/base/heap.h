/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A heap of deadlines. Items are embedded in whatever waits; each knows its number, and the array the place of each number, so
 * moving and removing are O(log n) and idempotent, and touch none of the others. The array belongs to the caller.
 */
#ifndef VIGIA_BASE_HEAP_H
#define VIGIA_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

struct heap_item {
	uint32_t number; /* counted from 1; 0: not in the heap */
};

/* The deadline stands here, and where the others are, so that comparing and moving touch the array alone: items lie far apart in
 * memory, and there may be ten thousand. */
struct heap_entry {
	mono_t deadline;
	struct heap_item *item;
	uint32_t number; /* of the item */
	uint32_t place; /* counted from 1: of the item whose number is that of this entry, counted from 1; or the next free number */
};

struct heap {
	struct heap_entry *entries; /* room for capacity of them, owned by the caller */
	size_t count;
	size_t capacity;
	uint32_t numbers; /* so many were ever given out... */
	uint32_t free_number; /* ...and this one is free again; 0: none */
};

void heap_init(struct heap *heap, struct heap_entry *entries, size_t capacity);
/* Puts the item in, or moves it; MONO_NEVER takes it out. false: no room. */
bool heap_set(struct heap *heap, struct heap_item *item, mono_t deadline);
void heap_remove(struct heap *heap, struct heap_item *item);
/* The earliest item, or NULL. */
struct heap_item *heap_first(const struct heap *heap);
/* Its deadline, read from the array alone; MONO_NEVER: there is none. */
mono_t heap_first_deadline(const struct heap *heap);
/* Takes it out, and reads nothing of it. Only where there is one. */
struct heap_item *heap_take_first(struct heap *heap);

#endif
