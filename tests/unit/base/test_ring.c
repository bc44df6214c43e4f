/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/random.h"
#include "base/ring.h"

#define ITEMS_MOST 64

struct item {
	uint32_t number;
	char filling[9];
};

static void *none(size_t size)
{
	(void)size;
	return NULL;
}

static const struct ring_kind kind = {sizeof(struct item), 4, ITEMS_MOST, malloc, free};
static const struct ring_kind refused = {sizeof(struct item), 4, ITEMS_MOST, none, free};

static uint32_t number_at(const struct ring *ring, size_t index)
{
	return ((const struct item *)ring_at(ring, &kind, index))->number;
}

static void put(struct ring *ring, uint32_t number)
{
	*(struct item *)ring_push(ring, &kind) = (struct item){.number = number};
}

static void keeps_the_order(void **state)
{
	struct random random;
	struct ring ring = {0};
	uint32_t in = 0, out = 0;

	(void)state;
	random_seed(&random, 7);
	for (int step = 0; step < 20000; step++) {
		if (random_below(&random, 100) < 52 && ring_reserve(&ring, &kind, 1)) {
			put(&ring, in++);
			assert_int_equal(number_at(&ring, ring.count - 1), in - 1);
		} else if (ring.count > 0) {
			assert_int_equal(number_at(&ring, 0), out);
			assert_int_equal(((struct item *)ring_take(&ring, &kind))->number, out++);
		}
		assert_int_equal(ring.count, in - out);
	}
	assert_int_equal(ring.capacity, ITEMS_MOST);
	ring_free(&ring, &kind);
	assert_int_equal(ring.count, 0);
}

static void is_empty_from_the_start(void **state)
{
	struct ring ring = {0};

	(void)state;
	assert_null(ring_take(&ring, &kind));
	ring_free(&ring, &kind);
}

static void grows_no_further_than_it_may(void **state)
{
	struct ring ring = {0};

	(void)state;
	assert_false(ring_reserve(&ring, &kind, ITEMS_MOST + 1));
	assert_false(ring_reserve(&ring, &kind, SIZE_MAX));
	assert_int_equal(ring.capacity, 0);
	assert_true(ring_reserve(&ring, &kind, 5));
	assert_int_equal(ring.capacity, 8);
	put(&ring, 1);
	assert_false(ring_reserve(&ring, &kind, ITEMS_MOST));
	assert_false(ring_reserve(&ring, &kind, SIZE_MAX));
	assert_true(ring_reserve(&ring, &kind, ITEMS_MOST - 1));
	assert_int_equal(number_at(&ring, 0), 1);
	ring_free(&ring, &kind);
}

static void without_memory_it_is_as_before(void **state)
{
	struct ring ring = {0};

	(void)state;
	assert_false(ring_reserve(&ring, &refused, 1));
	assert_true(ring_reserve(&ring, &kind, 4));
	for (uint32_t i = 0; i < 4; i++)
		put(&ring, i);
	assert_int_equal(((struct item *)ring_take(&ring, &kind))->number, 0);
	put(&ring, 4);
	assert_false(ring_reserve(&ring, &refused, 1));
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(number_at(&ring, i), i + 1);
	ring_free(&ring, &kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_order),
		cmocka_unit_test(is_empty_from_the_start),
		cmocka_unit_test(grows_no_further_than_it_may),
		cmocka_unit_test(without_memory_it_is_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
