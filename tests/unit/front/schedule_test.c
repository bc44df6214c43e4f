/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reload_time_file may say. */
#include "front/reload_schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795646760 /* 2026-11-25 22:46:00 UTC */

static void expect(const char *text, time_t wanted, bool daily_wanted)
{
	time_t when = 0;
	bool daily;

	assert_true(schedule_time(text, NOW, &when, &daily));
	assert_int_equal(when, wanted);
	assert_int_equal(daily, daily_wanted);
}

static void a_time_is_the_next_such_one(void **state)
{
	(void)state;
	expect("22:46:01Z", NOW + 1, true);
	expect("22:46:00Z", NOW + 86400, true);
	expect("00:00:00Z", NOW + 74 * 60, true);
	expect("19:46:01", NOW + 1, true);
}

static void a_date_is_that_one_also_when_it_is_over(void **state)
{
	(void)state;
	expect("2026-11-25 22:47:00Z", NOW + 60, false);
	expect("26-11-25 22:47:00Z", NOW + 60, false);
	expect("2026-11-25 19:47:00", NOW + 60, false);
	expect("2026-11-24 22:46:00Z", NOW - 86400, false);
}

static void anything_else_is_no_time(void **state)
{
	static const char *const wrong[] = {"", "Z", "now", "22:46", "22:46:0", "25:00:00", "22:60:00Z", " 22:46:00",
		"22:46:00 ", "22:46:00z", "2026-11-25", "2026-11-25T22:46:00Z", "2026-11-25  22:46:00", "2026-13-01 00:00:00",
		"126-11-25 22:46:00", "22:46:00ZZ", "2:46:00"};
	time_t when;
	bool daily;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (schedule_time(wrong[i], NOW, &when, &daily))
			fail_msg("'%s' was taken for a time", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_the_next_such_one),
		cmocka_unit_test(a_date_is_that_one_also_when_it_is_over),
		cmocka_unit_test(anything_else_is_no_time),
	};

	/* Three hours behind UTC, all year. */
	setenv("TZ", "UTC+3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
