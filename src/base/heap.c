/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A heap in an array, in which each entry has four children: half as deep as one with two, and the children lie side by side.
 * Items count their places from 1, entries their indexes from 0: the children of index i begin at 4 i + 1.
 */
#include "base/heap.h"

#define CHILDREN 4

void heap_init(struct heap *heap, struct heap_entry *entries, size_t capacity)
{
	*heap = (struct heap){.entries = entries, .capacity = capacity};
}

static void put_at(struct heap *heap, struct heap_entry entry, size_t index)
{
	heap->entries[index] = entry;
	entry.item->place = (uint32_t)(index + 1);
}

/* Where the entry belongs, if not below index; those that were in its way are moved down. */
static size_t sift_up(struct heap *heap, struct heap_entry entry, size_t index)
{
	while (index > 0) {
		const size_t parent = (index - 1) / CHILDREN;

		if (!mono_before(entry.deadline, heap->entries[parent].deadline))
			break;
		put_at(heap, heap->entries[parent], index);
		index = parent;
	}
	return index;
}

static size_t earliest_child(const struct heap *heap, size_t first)
{
	const size_t end = first + CHILDREN < heap->count ? first + CHILDREN : heap->count;
	size_t earliest = first;

	for (size_t child = first + 1; child < end; child++)
		if (mono_before(heap->entries[child].deadline, heap->entries[earliest].deadline))
			earliest = child;
	return earliest;
}

/* The same, if not above index; those that were in its way are moved up. */
static size_t sift_down(struct heap *heap, struct heap_entry entry, size_t index)
{
	while (CHILDREN * index + 1 < heap->count) {
		const size_t child = earliest_child(heap, CHILDREN * index + 1);

		if (!mono_before(heap->entries[child].deadline, entry.deadline))
			break;
		put_at(heap, heap->entries[child], index);
		index = child;
	}
	return index;
}

static void settle(struct heap *heap, struct heap_entry entry, size_t index)
{
	put_at(heap, entry, sift_down(heap, entry, sift_up(heap, entry, index)));
}

bool heap_set(struct heap *heap, struct heap_item *item, mono_t deadline)
{
	if (deadline.ns == MONO_NEVER.ns) {
		heap_remove(heap, item);
		item->deadline = deadline;
		return true;
	}
	if (item->place == 0) {
		if (heap->count == heap->capacity)
			return false;
		item->place = (uint32_t)++heap->count;
	} else if (item->deadline.ns == deadline.ns) {
		return true;
	}
	item->deadline = deadline;
	settle(heap, (struct heap_entry){deadline, item}, item->place - 1);
	return true;
}

void heap_remove(struct heap *heap, struct heap_item *item)
{
	const size_t place = item->place;

	if (place == 0)
		return;
	item->place = 0;
	heap->count--;
	if (place <= heap->count)
		settle(heap, heap->entries[heap->count], place - 1);
}

struct heap_item *heap_first(const struct heap *heap)
{
	return heap->count > 0 ? heap->entries[0].item : NULL;
}
