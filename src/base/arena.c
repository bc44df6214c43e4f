/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages in a list, the newest first; allocations are cut from the newest. What is larger than a page gets a
 * page of its own behind the newest, so that the room left there is not lost. Pages have a multiple of the alignment.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#define PAGE_SIZE 16384
#define PAGE_SIZE_MAX (1u << 20)

struct arena_page {
	struct arena_page *next;
	size_t size; /* as got from the page function */
	size_t used; /* this header included */
};

static size_t align_up(size_t size)
{
	size_t alignment = alignof(max_align_t);

	return (size + alignment - 1) / alignment * alignment;
}

void arena_init(struct arena *arena, arena_page_get *get, arena_page_put *put, void *user)
{
	*arena = (struct arena){.get = get, .put = put, .user = user};
}

static struct arena_page *page_new(struct arena *arena, size_t size)
{
	struct arena_page *page = arena->get(arena->user, size);

	if (page == NULL)
		return NULL;
	*page = (struct arena_page){.size = size, .used = align_up(sizeof(*page))};
	arena->total += size;
	return page;
}

/* Large arenas get large pages, which whoever provides them can give back to the system. */
static size_t usual_page(const struct arena *arena)
{
	const size_t grown = arena->total / 4 / PAGE_SIZE * PAGE_SIZE;

	return grown < PAGE_SIZE ? PAGE_SIZE : grown < PAGE_SIZE_MAX ? grown : PAGE_SIZE_MAX;
}

static struct arena_page *page_with_room(struct arena *arena, size_t size)
{
	struct arena_page *newest = arena->pages;
	const size_t needed = align_up(sizeof(*newest)) + align_up(size);
	const size_t usual = usual_page(arena);
	struct arena_page *page;

	if (newest != NULL && newest->size - newest->used >= size)
		return newest;
	page = page_new(arena, needed > usual ? needed : usual);
	if (page == NULL)
		return NULL;
	if (newest != NULL && needed > usual) {
		page->next = newest->next;
		newest->next = page;
	} else {
		page->next = newest;
		arena->pages = page;
	}
	return page;
}

static void *cut(struct arena *arena, size_t size)
{
	struct arena_page *page = size <= SIZE_MAX / 2 ? page_with_room(arena, size) : NULL;
	void *memory;

	if (page == NULL)
		return NULL;
	memory = (char *)page + page->used;
	page->used += size;
	memset(memory, 0, size);
	return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_page *newest = arena->pages;

	/* There may be strings, which end anywhere. */
	if (newest != NULL)
		newest->used = align_up(newest->used);
	/* Also an empty allocation gets an address of its own. */
	return cut(arena, size > 0 ? size : 1);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t product;

	if (__builtin_mul_overflow(count, size, &product))
		return NULL;
	return arena_alloc(arena, product);
}

char *arena_string(struct arena *arena, const char *bytes, size_t length)
{
	char *copy;

	if (length == SIZE_MAX)
		return NULL;
	copy = cut(arena, length + 1);
	if (copy != NULL && length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

void arena_free(struct arena *arena)
{
	while (arena->pages != NULL) {
		struct arena_page *page = arena->pages;

		arena->pages = page->next;
		arena->put(arena->user, page, page->size);
	}
	arena->total = 0;
}
