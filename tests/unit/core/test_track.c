/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/track.h"

static const struct tracked_object plain = {.name = "p"};
static const struct tracked_object plain_reverse = {.name = "pr", .reverse = true};
static const struct tracked_object plus = {.name = "plus", .weight = 20};
static const struct tracked_object minus = {.name = "minus", .weight = -30};
static const struct tracked_object plus_reverse = {.name = "plusr", .weight = 20, .reverse = true};
static const struct tracked_object minus_reverse = {.name = "minusr", .weight = -30, .reverse = true};

/* keepalived.conf(5), track_interface: positive weights count while up, negative while down, reverse turns the sign. */
static void weights(void **unused)
{
	(void)unused;
	assert_int_equal(track_weight(&plain, true), 0);
	assert_int_equal(track_weight(&plain, false), 0);
	assert_int_equal(track_weight(&plus, true), 20);
	assert_int_equal(track_weight(&plus, false), 0);
	assert_int_equal(track_weight(&minus, true), 0);
	assert_int_equal(track_weight(&minus, false), -30);
	assert_int_equal(track_weight(&plus_reverse, true), -20);
	assert_int_equal(track_weight(&plus_reverse, false), 0);
	assert_int_equal(track_weight(&minus_reverse, true), 0);
	assert_int_equal(track_weight(&minus_reverse, false), 30);
}

static struct track_result evaluate(
	uint8_t priority, const struct tracked_object *objects, size_t count, const bool *up)
{
	struct vr_config config = {
		.priority = priority, .tracked_interfaces = objects, .tracked_interface_count = count};

	return track_evaluate(&config, up);
}

static void sums(void **unused)
{
	const struct tracked_object objects[] = {plus, minus, minus_reverse};

	(void)unused;
	assert_int_equal(evaluate(100, objects, 3, (bool[]){true, true, true}).priority, 120);
	assert_int_equal(evaluate(100, objects, 3, (bool[]){false, false, true}).priority, 70);
	assert_int_equal(evaluate(100, objects, 3, (bool[]){false, false, false}).priority, 100);
	assert_false(evaluate(100, objects, 3, (bool[]){false, false, false}).fault);
	assert_int_equal(evaluate(100, NULL, 0, NULL).priority, 100);
}

/* V3-CFG-11; the sum is cut at the end, not on the way. */
/* covers: V3-CFG-11 */
static void stays_in_range(void **unused)
{
	const struct tracked_object up = {.name = "u", .weight = 200};
	const struct tracked_object down = {.name = "d", .weight = -253};
	const struct tracked_object both[] = {up, down};

	(void)unused;
	assert_int_equal(evaluate(100, &up, 1, (bool[]){true}).priority, 254);
	assert_int_equal(evaluate(100, &down, 1, (bool[]){false}).priority, 1);
	assert_int_equal(evaluate(100, both, 2, (bool[]){true, false}).priority, 47);
	assert_int_equal(evaluate(255, &down, 1, (bool[]){false}).priority, 255);
	assert_int_equal(evaluate(255, &up, 1, (bool[]){true}).priority, 255);
}

static void faults(void **unused)
{
	const struct tracked_object objects[] = {minus, plain, plain_reverse};
	struct track_result result;

	(void)unused;
	assert_false(evaluate(100, objects, 3, (bool[]){false, true, false}).fault);
	result = evaluate(100, objects, 3, (bool[]){true, false, false});
	assert_true(result.fault);
	assert_int_equal(result.fault_index, 1);
	result = evaluate(100, objects, 3, (bool[]){true, true, true});
	assert_true(result.fault);
	assert_int_equal(result.fault_index, 2);
	result = evaluate(100, objects, 3, (bool[]){true, false, true}); /* the first one is named */
	assert_int_equal(result.fault_index, 1);
	assert_true(evaluate(255, &plain, 1, (bool[]){false})
			    .fault); /* an owner without its uplink is no gateway */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights),
		cmocka_unit_test(sums),
		cmocka_unit_test(stays_in_range),
		cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
