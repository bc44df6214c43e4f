/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A heap in an array, in which each entry has four children: half as deep as one with two, and the children lie side by side.
 * Places and numbers count from 1, indexes of entries from 0: the children of index i begin at 4 i + 1.
 */
#include "base/heap.h"

#define CHILDREN 4

void heap_init(struct heap *heap, struct heap_entry *entries, size_t capacity)
{
	*heap = (struct heap){.entries = entries, .capacity = capacity};
}

static void put_at(struct heap *heap, const struct heap_entry *entry, size_t index)
{
	heap->entries[index].deadline = entry->deadline;
	heap->entries[index].item = entry->item;
	heap->entries[index].number = entry->number;
	heap->entries[entry->number - 1].place = (uint32_t)(index + 1);
}

/* There is one, since there is a free entry. */
static uint32_t take_number(struct heap *heap)
{
	const uint32_t number = heap->free_number;

	if (number == 0)
		return ++heap->numbers;
	heap->free_number = heap->entries[number - 1].place;
	return number;
}

static void give_back(struct heap *heap, uint32_t number)
{
	heap->entries[number - 1].place = heap->free_number;
	heap->free_number = number;
}

/* Where the entry belongs, if not below index; those that were in its way are moved down. */
static size_t sift_up(struct heap *heap, mono_t deadline, size_t index)
{
	while (index > 0) {
		const size_t parent = (index - 1) / CHILDREN;

		if (!mono_before(deadline, heap->entries[parent].deadline))
			break;
		put_at(heap, &heap->entries[parent], index);
		index = parent;
	}
	return index;
}

static size_t earlier(const struct heap_entry *entries, size_t a, size_t b)
{
	return mono_before(entries[b].deadline, entries[a].deadline) ? b : a;
}

/* first: of the children, of which there is one at least. */
static size_t earliest_child(const struct heap *heap, size_t first)
{
	const struct heap_entry *entries = heap->entries;
	size_t earliest = first;

	if (first + CHILDREN <= heap->count)
		return earlier(entries, earlier(entries, first, first + 1), earlier(entries, first + 2, first + 3));
	for (size_t child = first + 1; child < heap->count; child++)
		earliest = earlier(entries, earliest, child);
	return earliest;
}

/* The same, if not above index; those that were in its way are moved up. */
static size_t sift_down(struct heap *heap, mono_t deadline, size_t index)
{
	while (CHILDREN * index + 1 < heap->count) {
		const size_t child = earliest_child(heap, CHILDREN * index + 1);

		if (!mono_before(heap->entries[child].deadline, deadline))
			break;
		put_at(heap, &heap->entries[child], index);
		index = child;
	}
	return index;
}

static void settle(struct heap *heap, struct heap_entry entry, size_t index)
{
	put_at(heap, &entry, sift_down(heap, entry.deadline, sift_up(heap, entry.deadline, index)));
}

bool heap_set(struct heap *heap, struct heap_item *item, mono_t deadline)
{
	size_t index;

	if (deadline.ns == MONO_NEVER.ns) {
		heap_remove(heap, item);
		return true;
	}
	if (item->number == 0) {
		if (heap->count == heap->capacity)
			return false;
		item->number = take_number(heap);
		index = heap->count++;
	} else {
		index = heap->entries[item->number - 1].place - 1;
		if (heap->entries[index].deadline.ns == deadline.ns)
			return true;
	}
	settle(heap, (struct heap_entry){.deadline = deadline, .item = item, .number = item->number}, index);
	return true;
}

static void take_out(struct heap *heap, struct heap_item *item, uint32_t number)
{
	const size_t place = heap->entries[number - 1].place;

	give_back(heap, number);
	item->number = 0;
	heap->count--;
	if (place <= heap->count)
		settle(heap, heap->entries[heap->count], place - 1);
}

void heap_remove(struct heap *heap, struct heap_item *item)
{
	if (item->number != 0)
		take_out(heap, item, item->number);
}

struct heap_item *heap_take_first(struct heap *heap)
{
	struct heap_item *item = heap->entries[0].item;

	take_out(heap, item, heap->entries[0].number);
	return item;
}

struct heap_item *heap_first(const struct heap *heap)
{
	return heap->count > 0 ? heap->entries[0].item : NULL;
}

mono_t heap_first_deadline(const struct heap *heap)
{
	return heap->count > 0 ? heap->entries[0].deadline : MONO_NEVER;
}
