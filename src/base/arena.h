/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An arena: many small allocations, one free. Its pages come from a function handed in, so that base itself
 * allocates nothing (conf uses malloc, a test may count or refuse).
 */
#ifndef VIGIA_BASE_ARENA_H
#define VIGIA_BASE_ARENA_H

#include <stddef.h>

typedef void *arena_page_get(void *user, size_t size); /* NULL: no memory */
typedef void arena_page_put(void *user, void *page, size_t size);

struct arena_page;

struct arena {
	arena_page_get *get;
	arena_page_put *put;
	void *user;
	struct arena_page *pages;
	size_t total; /* bytes got from the page function */
};

void arena_init(struct arena *arena, arena_page_get *get, arena_page_put *put, void *user);
/* Zeroed, aligned for any type; NULL without memory. */
void *arena_alloc(struct arena *arena, size_t size);
/* count elements of size bytes; overflow of the product counts as no memory. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A NUL-terminated copy of length bytes, which may begin anywhere: names stand close together. */
char *arena_string(struct arena *arena, const char *bytes, size_t length);
void arena_free(struct arena *arena); /* back to as it was after arena_init */

#endif
