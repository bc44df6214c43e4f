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
	assert_int_equal(track_adds(&plain, track_up(true)), 0);
	assert_int_equal(track_adds(&plain, track_up(false)), 0);
	assert_int_equal(track_adds(&plus, track_up(true)), 20);
	assert_int_equal(track_adds(&plus, track_up(false)), 0);
	assert_int_equal(track_adds(&minus, track_up(true)), 0);
	assert_int_equal(track_adds(&minus, track_up(false)), -30);
	assert_int_equal(track_adds(&minus, (struct track_value){.state = TRACK_UNPROVEN}), -30);
	assert_int_equal(track_adds(&plus_reverse, track_up(true)), -20);
	assert_int_equal(track_adds(&plus_reverse, track_up(false)), 0);
	assert_int_equal(track_adds(&minus_reverse, track_up(true)), 0);
	assert_int_equal(track_adds(&minus_reverse, track_up(false)), 30);
}

static struct track_result evaluate(
	uint8_t priority, const struct tracked_object *objects, size_t count, const bool *up)
{
	const struct vr_extra extra = {.tracked = objects, .tracked_count = count};
	struct vr_config config = {.priority = priority, .extra = &extra};
	struct track_value values[4];

	for (size_t i = 0; i < count; i++)
		values[i] = track_up(up[i]);
	return track_evaluate(&config, values);
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

#define UNKNOWN ((struct track_value){.state = TRACK_UNKNOWN})
#define UNPROVEN ((struct track_value){.state = TRACK_UNPROVEN})

static void unknown_objects(void **unused)
{
	const struct tracked_object script = {.name = "s", .kind = TRACK_SCRIPT};
	const struct tracked_object reverse = {.name = "r", .kind = TRACK_SCRIPT, .reverse = true};
	const struct tracked_object weighted = {.name = "w", .kind = TRACK_SCRIPT, .weight = -20};
	const struct tracked_object file = {.name = "f", .kind = TRACK_FILE, .weight = 1};

	(void)unused;
	assert_true(track_fails(&script, UNKNOWN));
	assert_true(track_fails(&reverse, UNKNOWN));
	assert_false(track_fails(&weighted, UNKNOWN));
	assert_int_equal(track_adds(&weighted, UNKNOWN), 0);
	assert_true(track_fails(&file, UNKNOWN)); /* it may hold -254 */
	assert_int_equal(track_adds(&file, UNKNOWN), 0);
	assert_int_equal(track_begin(TRACK_INTERFACE).state, TRACK_DOWN);
	assert_int_equal(track_begin(TRACK_FILE).state, TRACK_UNKNOWN);
}

static struct track_value holds(int32_t value)
{
	return (struct track_value){.state = TRACK_UP, .value = value};
}

/* keepalived.conf(5), Track files. */
static void files(void **unused)
{
	const struct tracked_object plain_file = {.name = "f", .kind = TRACK_FILE};
	const struct tracked_object reverse_file = {.name = "r", .kind = TRACK_FILE, .reverse = true};
	const struct tracked_object twice = {.name = "t", .kind = TRACK_FILE, .weight = 2};
	const struct tracked_object minus_twice = {.name = "m", .kind = TRACK_FILE, .weight = 2, .reverse = true};
	const struct tracked_object most = {.name = "x", .kind = TRACK_FILE, .weight = 254};

	(void)unused;
	assert_false(track_fails(&plain_file, holds(0)));
	assert_true(track_fails(&plain_file, holds(1)));
	assert_true(track_fails(&plain_file, holds(-1)));
	assert_true(track_fails(&reverse_file, holds(0)));
	assert_false(track_fails(&reverse_file, holds(7)));
	assert_int_equal(track_adds(&plain_file, holds(7)), 0);
	assert_int_equal(track_adds(&twice, holds(-20)), -40);
	assert_int_equal(track_adds(&minus_twice, holds(-20)), 40);
	assert_false(track_fails(&twice, holds(-126)));
	assert_true(track_fails(&twice, holds(-127)));
	assert_true(track_fails(&minus_twice, holds(127)));
	assert_true(track_fails(&most, holds(INT32_MIN))); /* nothing overflows */
	assert_int_equal(track_adds(&most, holds(INT32_MAX)), INT64_C(254) * INT32_MAX);
	assert_true(track_fails(&twice, track_up(false)));
}

static void file_numbers_are_cut_after_the_sum(void **unused)
{
	const struct tracked_object objects[] = {{.name = "a", .kind = TRACK_FILE, .weight = 254},
		{.name = "b", .kind = TRACK_SCRIPT, .weight = -253}};
	const struct vr_extra extra = {.tracked = objects, .tracked_count = 2};
	struct vr_config config = {.priority = 100, .extra = &extra};

	(void)unused;
	assert_int_equal(
		track_evaluate(&config, (struct track_value[]){holds(INT32_MAX), track_up(false)}).priority, 254);
	assert_int_equal(track_evaluate(&config, (struct track_value[]){holds(1), track_up(false)}).priority, 101);
}

static const char *words_of(enum track_kind kind, bool reverse, struct track_value value)
{
	static char buffer[80];
	const struct tracked_object object = {.name = "x", .kind = kind, .reverse = reverse};
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	track_text(&text, &object, value);
	return buffer;
}

static void sentences(void **unused)
{
	(void)unused;
	assert_string_equal(words_of(TRACK_INTERFACE, false, track_up(false)), "x (tracked) is down");
	assert_string_equal(words_of(TRACK_INTERFACE, true, track_up(true)), "x (tracked, reverse) is up");
	assert_string_equal(words_of(TRACK_INTERFACE, false, UNPROVEN), "x (tracked) has carrier, but is not believed yet");
	assert_string_equal(words_of(TRACK_BFD, false, UNPROVEN), "BFD session x is down");
	assert_string_equal(words_of(TRACK_SCRIPT, false, UNKNOWN), "script x has no result yet");
	assert_string_equal(words_of(TRACK_SCRIPT, false, track_up(false)), "script x fails");
	assert_string_equal(words_of(TRACK_SCRIPT, true, track_up(true)), "script x (reverse) succeeds");
	assert_string_equal(words_of(TRACK_FILE, false, holds(-254)), "file x holds -254");
	assert_string_equal(words_of(TRACK_FILE, false, UNKNOWN), "file x was not read yet");
	assert_string_equal(words_of(TRACK_FILE, true, track_up(false)), "file x (reverse) cannot be read");
	assert_string_equal(words_of(TRACK_PROCESS, false, track_up(false)), "process x does not run as it should");
	assert_string_equal(words_of(TRACK_BFD, false, track_up(true)), "BFD session x is up");
}

static void names(void **unused)
{
	enum track_kind kind;
	enum track_state state;

	(void)unused;
	for (size_t i = 0; i < TRACK_KIND_COUNT; i++) {
		assert_true(track_kind_from_name(track_kind_name((enum track_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	for (size_t i = TRACK_UNKNOWN; i <= TRACK_DOWN; i++) {
		assert_true(track_state_from_name(track_state_name((enum track_state)i), &state));
		assert_int_equal(state, i);
	}
	assert_false(track_kind_from_name("files", &kind));
	assert_false(track_state_from_name("UP", &state));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_objects),
		cmocka_unit_test(files),
		cmocka_unit_test(file_numbers_are_cut_after_the_sum),
		cmocka_unit_test(sentences),
		cmocka_unit_test(names),
		cmocka_unit_test(weights),
		cmocka_unit_test(sums),
		cmocka_unit_test(stays_in_range),
		cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
