/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/error_name.h"
#include "base/random.h"
#include "base/time.h"

/* The first numbers of splitmix64 for seed 0 are public test values; xoshiro256** follows from its state {1,2,3,4}. */
static void known_values(void **state)
{
	struct random random;

	(void)state;
	random_seed(&random, 0);
	assert_int_equal(random.state[0], UINT64_C(0xe220a8397b1dcdaf));
	assert_int_equal(random.state[1], UINT64_C(0x6e789e6aa1b965f4));
	random = (struct random){{1, 2, 3, 4}};
	assert_int_equal(random_u64(&random), 11520);
	assert_int_equal(random_u64(&random), 0);
	assert_int_equal(random_u64(&random), 1509978240);
}

static void bounds(void **state)
{
	struct random random;
	unsigned seen[10] = {0};

	(void)state;
	random_seed(&random, 3);
	assert_int_equal(random_below(&random, 0), 0);
	assert_int_equal(random_below(&random, 1), 0);
	for (unsigned i = 0; i < 10000; i++)
		seen[random_below(&random, 10)]++;
	for (unsigned i = 0; i < 10; i++)
		assert_in_range(seen[i], 850, 1150);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(random_chance(&random, 5, 5));
		assert_false(random_chance(&random, 0, 5));
	}
}

static void error_names(void **state)
{
	(void)state;
	assert_string_equal(error_name(ENOBUFS), "ENOBUFS");
	assert_string_equal(error_name(-EPERM), "EPERM");
	assert_string_equal(error_name(0), "E?");
	assert_string_equal(error_name(-99999), "E?");
	assert_string_equal(error_name(INT32_MIN), "E?");
}

static void time_never_comes(void **state)
{
	mono_t now = {5 * DUR_S};

	(void)state;
	assert_int_equal(mono_add(MONO_NEVER, DUR_S).ns, MONO_NEVER.ns);
	assert_false(mono_due(MONO_NEVER, now));
	assert_true(mono_due(now, now));
	assert_false(mono_before(now, now));
	assert_int_equal(mono_sub(now, mono_add(now, DUR_MS)), -DUR_MS);
	assert_int_equal(mono_min(now, MONO_NEVER).ns, now.ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(bounds),
		cmocka_unit_test(error_names),
		cmocka_unit_test(time_never_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
