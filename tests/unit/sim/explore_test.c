/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exploration: that its rules see what is wrong, and that the shipped core breaks none of them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sim/explore_command.h"
#include "sim/explore_lan.h"

static struct explore_case two = {.name = "two",
	.version = 3,
	.routers = 2,
	.priorities = {192, 128},
	.preempt = {true, true},
	.interval = DUR_S};

static void tick(struct explore_lan *lan, unsigned router)
{
	assert_null(explore_apply(lan, (struct explore_step){EXPLORE_TICK, (uint8_t)router}, NULL));
}

static void deliver_all(struct explore_lan *lan)
{
	while (lan->flying_count > 0)
		assert_null(explore_apply(lan, (struct explore_step){EXPLORE_DELIVER, 0}, NULL));
}

/* Router 1 is Master, router 2 has heard it. */
static void elect(struct explore_lan *lan)
{
	explore_case_prepare(&two);
	explore_lan_init(lan, &two);
	while (lan->routers[0].vr.state != VR_MASTER) {
		tick(lan, mono_before(vr_deadline(&lan->routers[1].vr), vr_deadline(&lan->routers[0].vr))
				  ? 1
				  : 0);
		deliver_all(lan);
	}
}

static void possession_is_watched(void **unused)
{
	struct explore_lan lan;

	(void)unused;
	elect(&lan);
	lan.routers[0].addresses = false;
	assert_string_equal(explore_apply(&lan, (struct explore_step){EXPLORE_TICK, 0}, NULL),
		"possession: the kernel has not what the machine says");
}

static void forgotten_timers_are_watched(void **unused)
{
	struct explore_lan lan;

	(void)unused;
	elect(&lan);
	lan.routers[1].vr.timer = MONO_NEVER;
	lan.routers[1].vr.check_at = MONO_NEVER;
	tick(&lan, 0);
	assert_string_equal(explore_apply(&lan, (struct explore_step){EXPLORE_WEAKEN, 1}, NULL),
		"timers: a state without its timer, or Initialize with one");
}

static void speech_is_watched(void **unused)
{
	struct explore_lan lan;

	(void)unused;
	elect(&lan);
	/* A Master that believes to be none. */
	lan.routers[1].vr.stop_adverts_left = 1;
	lan.routers[1].vr.stop_advert_at = lan.now;
	assert_string_equal(explore_apply(&lan, (struct explore_step){EXPLORE_TICK, 1}, NULL),
		"speech: priority 0 without leaving");
}

static void two_masters_are_seen(void **unused)
{
	struct explore_lan lan;

	(void)unused;
	elect(&lan);
	/* Router 2 hears nothing, and then neither speaks for a long time. */
	while (lan.routers[1].vr.state != VR_MASTER) {
		tick(&lan, mono_before(vr_deadline(&lan.routers[1].vr), vr_deadline(&lan.routers[0].vr)) ? 1
													 : 0);
		lan.flying_count = 0;
	}
	lan.routers[0].vr.timer = mono_add(lan.now, 1000 * DUR_S);
	lan.routers[1].vr.timer = mono_add(lan.now, 1000 * DUR_S);
	assert_string_equal(explore_settle(&lan, NULL), "rest: two Masters in the end");
}

static void missing_master_is_seen(void **unused)
{
	struct explore_lan lan;

	(void)unused;
	elect(&lan);
	/* The Backup waits for ever, and the Master goes. */
	lan.left.stops = 1;
	assert_null(explore_apply(&lan, (struct explore_step){EXPLORE_STOP, 0}, NULL));
	lan.flying_count = 0;
	lan.routers[0].vr.stop_adverts_left = 0;
	lan.routers[0].vr.stop_advert_at = MONO_NEVER;
	lan.unplanned = true;
	lan.routers[1].vr.timer = mono_add(lan.now, 10000 * DUR_S);
	lan.routers[1].vr.check_at = MONO_NEVER;
	assert_string_equal(explore_settle(&lan, NULL), "rest: no Master in the end");
}

static void gap_in_coverage_is_seen(void **unused)
{
	struct explore_lan lan;

	(void)unused;
	elect(&lan);
	lan.left.stops = 1;
	assert_null(explore_apply(&lan, (struct explore_step){EXPLORE_STOP, 0}, NULL));
	lan.flying_count = 0; /* priority 0 is lost, and nobody says so */
	lan.routers[0].vr.stop_advert_at = MONO_NEVER;
	assert_string_equal(explore_settle(&lan, NULL),
		"coverage: nobody has the addresses, and nothing unplanned has happened");
}

static void same_states_have_one_number(void **unused)
{
	struct explore_lan first, second;

	(void)unused;
	elect(&first);
	explore_lan_copy(&second, &first);
	assert_true(explore_hash(&first) == explore_hash(&second));
	/* One round later everything is as it was. */
	for (unsigned i = 0; i < 30; i++) {
		tick(&second, 0);
		deliver_all(&second);
	}
	explore_lan_copy(&first, &second);
	tick(&second, 0);
	deliver_all(&second);
	assert_true(explore_hash(&first) == explore_hash(&second));
	first.left.losses = 1;
	assert_false(explore_hash(&first) == explore_hash(&second));
}

static void wrong_usage_is_told(void **unused)
{
	char *unknown[] = {"nobody"}, *number[] = {"--states", "0"}, *nothing[] = {"--states"};

	(void)unused;
	assert_int_equal(explore_command(1, unknown, stdout), 2);
	assert_int_equal(explore_command(2, number, stdout), 2);
	assert_int_equal(explore_command(1, nothing, stdout), 2);
}

/* covers: FSM-I8 TMR-15 TX-06 OPS-09 */
static void more_than_a_million_states(void **unused)
{
	char *arguments[] = {"--states", "110000"};

	(void)unused;
	assert_int_equal(explore_command(2, arguments, stdout), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(possession_is_watched),
		cmocka_unit_test(forgotten_timers_are_watched),
		cmocka_unit_test(speech_is_watched),
		cmocka_unit_test(two_masters_are_seen),
		cmocka_unit_test(missing_master_is_seen),
		cmocka_unit_test(gap_in_coverage_is_seen),
		cmocka_unit_test(same_states_have_one_number),
		cmocka_unit_test(wrong_usage_is_told),
		cmocka_unit_test(more_than_a_million_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
