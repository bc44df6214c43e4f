/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lives drawn at random: the same seed is the same life, every life makes sense, and what fails is made short. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sim/minimise.h"
#include "sim/random_life.h"
#include "sim/scenario.h"

#define SEEDS 300

static char first[RANDOM_LIFE_SIZE], second[RANDOM_LIFE_SIZE];

static size_t draw(char *buffer, uint64_t seed)
{
	struct text text;

	text_init(&text, buffer, RANDOM_LIFE_SIZE);
	random_life_write(&text, seed);
	assert_false(text.overflow);
	return text.length;
}

static void a_seed_is_a_life(void **unused)
{
	(void)unused;
	draw(first, 7);
	draw(second, 7);
	assert_string_equal(first, second);
	draw(second, 8);
	assert_string_not_equal(first, second);
}

static void every_life_makes_sense(void **unused)
{
	struct scenario scenario;

	(void)unused;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		size_t length = draw(first, seed);

		if (!scenario_read(&scenario, "random", first, length, NULL))
			fail_msg("seed %u: %s", (unsigned)seed, scenario.message);
		scenario_free(&scenario);
	}
}

static void everything_is_drawn(void **unused)
{
	static const char *const words[] = {"script gw", "file gw", "process gw", "bfd gw", "\tscript1", "\tfile1",
		"\tprocess1", "\tbfd1", "script1 weight", "weight -253", "weight 0 reverse", "weight 20 reverse",
		"init_fail", "bfd_instance gw1", "sync_group_tracking_weight", "eth1 weight 60 reverse", "use_vmac",
		"unicast_peer", "auth_hmac", "stall", "crash", "power", "part lan", "wall"};
	const size_t count = sizeof(words) / sizeof(words[0]);
	bool seen[sizeof(words) / sizeof(words[0])] = {false};

	(void)unused;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		draw(first, seed);
		for (size_t i = 0; i < count; i++)
			seen[i] = seen[i] || strstr(first, words[i]) != NULL;
	}
	for (size_t i = 0; i < count; i++)
		if (!seen[i])
			fail_msg("no life has \"%s\"", words[i]);
}

static void what_fails_is_made_short(void **unused)
{
	char text[] = "title much ado\n"
		      "seed 9\n"
		      "router gw1 {\n"
		      "\tpriority 150\n"
		      "\tpreempt_delay 3\n"
		      "}\n"
		      "router gw2 {\n"
		      "\tpriority 90\n"
		      "}\n"
		      "at 1s loss gw1 10%\n"
		      "at 2s heal\n"
		      "at 5s stall gw2 for 1s\n"
		      "at 7s stop gw1\n"
		      "at 8s duplicate gw2 30%\n"
		      "at 20s heal\n" RANDOM_LIFE_PEACE "\n"
		      "at 21s expect gw1 master\n";
	char kind[FAILURE_KIND_SIZE];
	double seconds;

	(void)unused;
	assert_true(scenario_fails(text, strlen(text), kind, &seconds));
	assert_string_equal(kind, "expected gw1 master");
	assert_true(seconds > 41 && seconds < 43);
	scenario_minimise(text);
	assert_string_equal(text, "router gw1 {\n"
				  "\tpriority 150\n"
				  "}\n"
				  "at 7s stop gw1\n" RANDOM_LIFE_PEACE "\n"
				  "at 21s expect gw1 master\n");
}

static void what_does_not_fail_stays(void **unused)
{
	char text[] = "router gw1 priority 150\nat 10s expect gw1 master\n", before[sizeof(text)];
	char kind[FAILURE_KIND_SIZE];

	(void)unused;
	memcpy(before, text, sizeof(text));
	assert_false(scenario_fails(text, strlen(text), kind, NULL));
	scenario_minimise(text);
	assert_string_equal(text, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_is_a_life),
		cmocka_unit_test(every_life_makes_sense),
		cmocka_unit_test(everything_is_drawn),
		cmocka_unit_test(what_fails_is_made_short),
		cmocka_unit_test(what_does_not_fail_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
