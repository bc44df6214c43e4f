/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"

struct pages {
	size_t bytes;
	size_t count;
	size_t limit; /* bytes that may be out at once */
};

static void *page_get(void *user, size_t size)
{
	struct pages *pages = user;
	void *page;

	if (pages->bytes + size > pages->limit)
		return NULL;
	page = malloc(size);
	memset(page, 0xa5, size);
	pages->bytes += size;
	pages->count++;
	return page;
}

static void page_put(void *user, void *page, size_t size)
{
	struct pages *pages = user;

	memset(page, 0x5a, size);
	free(page);
	pages->bytes -= size;
	pages->count--;
}

static void many_sizes(void **state)
{
	struct pages pages = {.limit = SIZE_MAX / 2};
	struct arena arena;
	struct random random;
	struct {
		unsigned char *at;
		size_t size;
	} pieces[2000];

	(void)state;
	random_seed(&random, 1);
	arena_init(&arena, page_get, page_put, &pages);
	for (size_t i = 0; i < 2000; i++) {
		size_t size = random_below(&random, random_chance(&random, 1, 50) ? 60000 : 200);

		pieces[i].at = arena_alloc(&arena, size);
		pieces[i].size = size;
		assert_non_null(pieces[i].at);
		assert_int_equal((uintptr_t)pieces[i].at % alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(pieces[i].at[k], 0);
		memset(pieces[i].at, (int)(i & 0xff), size);
	}
	for (size_t i = 0; i < 2000; i++) {
		for (size_t k = 0; k < pieces[i].size; k++)
			assert_int_equal(pieces[i].at[k], i & 0xff);
	}
	assert_int_equal(arena.total, pages.bytes);
	arena_free(&arena);
	assert_int_equal(pages.bytes, 0);
	assert_int_equal(pages.count, 0);
	assert_int_equal(arena.total, 0);
	assert_non_null(arena_alloc(&arena, 1));
	arena_free(&arena);
}

static void small_ones_share_a_page(void **state)
{
	struct pages pages = {.limit = SIZE_MAX / 2};
	struct arena arena;

	(void)state;
	arena_init(&arena, page_get, page_put, &pages);
	arena_alloc(&arena, 10);
	arena_alloc(&arena, 1000000);
	for (unsigned i = 0; i < 100; i++)
		arena_alloc(&arena, 10);
	assert_int_equal(pages.count, 2);
	arena_free(&arena);
}

static void strings(void **state)
{
	struct pages pages = {.limit = SIZE_MAX / 2};
	struct arena arena;

	(void)state;
	arena_init(&arena, page_get, page_put, &pages);
	assert_string_equal(arena_string(&arena, "gateway", 4), "gate");
	assert_string_equal(arena_string(&arena, NULL, 0), "");
	assert_ptr_not_equal(arena_alloc(&arena, 0), arena_alloc(&arena, 0));
	arena_free(&arena);
}

/* They stand one behind the other, and what follows is aligned again. */
static void strings_among_others(void **state)
{
	struct pages pages = {.limit = SIZE_MAX / 2};
	char *texts[3000];
	struct arena arena;

	(void)state;
	arena_init(&arena, page_get, page_put, &pages);
	for (size_t i = 0; i < 3000; i++) {
		texts[i] = arena_string(&arena, "gateways", i % 9);
		assert_true(i % 50 == 0 || pages.count > 1 || texts[i] == texts[i - 1] + (i - 1) % 9 + 1);
		if (i % 50 == 49)
			assert_int_equal((uintptr_t)arena_alloc(&arena, 1 + i) % alignof(max_align_t), 0);
	}
	/* A page of its own, filled to the end. */
	assert_int_equal(strlen(arena_string(&arena, (char[100001]){0}, 100001)), 0);
	assert_int_equal((uintptr_t)arena_alloc(&arena, 1) % alignof(max_align_t), 0);
	for (size_t i = 0; i < 3000; i++) {
		assert_int_equal(strlen(texts[i]), i % 9);
		assert_memory_equal(texts[i], "gateways", i % 9);
	}
	arena_free(&arena);
}

static void large_string_first(void **state)
{
	struct pages pages = {.limit = SIZE_MAX / 2};
	struct arena arena;

	(void)state;
	arena_init(&arena, page_get, page_put, &pages);
	for (size_t length = 20000; length < 20033; length++) {
		const char *text = arena_string(&arena, (char[20033]){0}, length);

		assert_non_null(text);
		assert_int_equal((uintptr_t)arena_alloc(&arena, 1) % alignof(max_align_t), 0);
		arena_free(&arena);
	}
	assert_int_equal(pages.bytes, 0);
}

static void no_memory(void **state)
{
	struct pages pages = {.limit = 40000};
	struct arena arena;

	(void)state;
	arena_init(&arena, page_get, page_put, &pages);
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX / 2));
	assert_null(arena_string(&arena, "x", SIZE_MAX));
	assert_null(arena_array(&arena, SIZE_MAX / 4, 8));
	assert_null(arena_alloc(&arena, 50000));
	assert_non_null(arena_array(&arena, 10, 100));
	while (arena_alloc(&arena, 100) != NULL)
		;
	assert_true(pages.bytes > 20000);
	arena_free(&arena);
	assert_int_equal(pages.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_sizes),
		cmocka_unit_test(small_ones_share_a_page),
		cmocka_unit_test(strings),
		cmocka_unit_test(strings_among_others),
		cmocka_unit_test(large_string_first),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
