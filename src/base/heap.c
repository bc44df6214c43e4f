/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A binary heap in an array; places are 1-based, so the parent of place p is p / 2. */
#include "base/heap.h"

void heap_init(struct heap *heap, struct heap_item **items, size_t capacity)
{
	*heap = (struct heap){.items = items, .capacity = capacity};
}

static void put_at(struct heap *heap, struct heap_item *item, size_t place)
{
	heap->items[place - 1] = item;
	item->place = place;
}

static void sift_up(struct heap *heap, struct heap_item *item)
{
	size_t place = item->place;

	while (place > 1) {
		struct heap_item *parent = heap->items[place / 2 - 1];

		if (!mono_before(item->deadline, parent->deadline))
			break;
		put_at(heap, parent, place);
		place /= 2;
	}
	put_at(heap, item, place);
}

static void sift_down(struct heap *heap, struct heap_item *item)
{
	size_t place = item->place;

	while (2 * place <= heap->count) {
		size_t child = 2 * place;

		if (child < heap->count &&
			mono_before(heap->items[child]->deadline, heap->items[child - 1]->deadline))
			child++;
		if (!mono_before(heap->items[child - 1]->deadline, item->deadline))
			break;
		put_at(heap, heap->items[child - 1], place);
		place = child;
	}
	put_at(heap, item, place);
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
		heap->count++;
		put_at(heap, item, heap->count);
	}
	item->deadline = deadline;
	sift_up(heap, item);
	sift_down(heap, item);
	return true;
}

void heap_remove(struct heap *heap, struct heap_item *item)
{
	struct heap_item *last;
	size_t place = item->place;

	if (place == 0)
		return;
	item->place = 0;
	last = heap->items[heap->count - 1];
	heap->count--;
	if (last == item)
		return;
	put_at(heap, last, place);
	sift_up(heap, last);
	sift_down(heap, last);
}

struct heap_item *heap_first(const struct heap *heap)
{
	return heap->count > 0 ? heap->items[0] : NULL;
}
