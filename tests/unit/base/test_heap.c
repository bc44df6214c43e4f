/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/heap.h"
#include "base/random.h"

#define ITEMS 60

static void sorts(void **state)
{
	static const int64_t deadlines[] = {5, 3, 9, 1, 7, 3};
	static const int64_t sorted[] = {1, 3, 3, 5, 7, 9};
	struct heap_item items[6] = {0};
	struct heap_entry places[6];
	struct heap heap;

	(void)state;
	heap_init(&heap, places, 6);
	assert_null(heap_first(&heap));
	for (size_t i = 0; i < 6; i++)
		assert_true(heap_set(&heap, &items[i], (mono_t){deadlines[i]}));
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(heap_first_deadline(&heap).ns, sorted[i]);
		if (i % 2 == 0)
			heap_remove(&heap, heap_first(&heap));
		else
			assert_int_equal(heap_take_first(&heap)->number, 0);
	}
	assert_null(heap_first(&heap));
	assert_int_equal(heap_first_deadline(&heap).ns, MONO_NEVER.ns);
}

static void never_takes_out(void **state)
{
	struct heap_item a = {0}, b = {0};
	struct heap_entry places[1];
	struct heap heap;

	(void)state;
	heap_init(&heap, places, 1);
	assert_true(heap_set(&heap, &a, (mono_t){1}));
	assert_false(heap_set(&heap, &b, (mono_t){2}));
	assert_int_equal(b.number, 0);
	assert_true(heap_set(&heap, &a, MONO_NEVER));
	assert_int_equal(a.number, 0);
	assert_int_equal(heap_first_deadline(&heap).ns, MONO_NEVER.ns);
	assert_null(heap_first(&heap));
	heap_remove(&heap, &a);
	assert_true(heap_set(&heap, &b, MONO_NEVER));
	assert_int_equal(heap.count, 0);
}

static void check(const struct heap *heap, const struct heap_item *items, const int64_t *expected)
{
	int64_t earliest = INT64_MAX;
	size_t count = 0;
	uint32_t place;

	for (size_t i = 0; i < ITEMS; i++) {
		if (expected[i] == INT64_MAX) {
			assert_int_equal(items[i].number, 0);
			continue;
		}
		count++;
		assert_in_range(items[i].number, 1, ITEMS);
		place = heap->entries[items[i].number - 1].place;
		assert_in_range(place, 1, heap->count);
		assert_ptr_equal(heap->entries[place - 1].item, &items[i]);
		assert_int_equal(heap->entries[place - 1].number, items[i].number);
		assert_int_equal(heap->entries[place - 1].deadline.ns, expected[i]);
		if (expected[i] < earliest)
			earliest = expected[i];
	}
	assert_int_equal(heap->count, count);
	if (count == 0)
		assert_null(heap_first(heap));
	else
		assert_int_equal(heap_first_deadline(heap).ns, earliest);
}

/* Random sets, moves and removals against a plain array. */
static void agrees_with_an_array(void **state)
{
	struct heap_item items[ITEMS] = {0};
	struct heap_entry places[ITEMS];
	int64_t expected[ITEMS];
	struct random random;
	struct heap heap;

	(void)state;
	random_seed(&random, 42);
	heap_init(&heap, places, ITEMS);
	for (size_t i = 0; i < ITEMS; i++)
		expected[i] = INT64_MAX;
	for (unsigned round = 0; round < 20000; round++) {
		size_t i = random_below(&random, ITEMS);

		if (heap.count > 0 && random_chance(&random, 1, 9)) {
			expected[heap_take_first(&heap) - items] = INT64_MAX;
		} else if (random_chance(&random, 1, 3)) {
			heap_remove(&heap, &items[i]);
			expected[i] = INT64_MAX;
		} else {
			expected[i] = (int64_t)random_below(&random, 50);
			assert_true(heap_set(&heap, &items[i], (mono_t){expected[i]}));
		}
		check(&heap, items, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts),
		cmocka_unit_test(never_takes_out),
		cmocka_unit_test(agrees_with_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
