/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handing over before letting go (doc/linux.md section 1): what is said, what stays in the kernel and for how long, when
 * a router stops, loses a tracked object, loses its own link, yields, or finds what a crash left behind.
 */
#include "fixture.h"

#define SLOWEST_SKEW INT64_C(996093750) /* Skew_Time of priority 1, 1 s */

/* covers: FSM-A9 TX-06 V3-CFG-08 */
static void priority_zero_is_repeated(void **unused)
{
	struct fixture f;
	mono_t stop;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	stop = f.now;
	input_type(&f, VR_EVENT_SHUTDOWN);
	expect_actions(&f, "advert:0 | shutdown priority-zero-sent");
	for (int i = 1; i < VR_STOP_ADVERTS; i++) {
		assert_int_equal(mono_sub(vr_deadline(&f.vr), stop), i * VR_STOP_ADVERT_SPACING);
		f.now = vr_deadline(&f.vr);
		tick(&f);
		expect_actions(&f, "advert:0");
	}
	assert_int_equal(mono_sub(vr_deadline(&f.vr), stop), SLOWEST_SKEW + VR_HOLD_MARGIN);
}

/* covers: FSM-A21 */
static void successor_ends_the_hold(void **unused)
{
	struct fixture f;
	mono_t heard;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	input_type(&f, VR_EVENT_SHUTDOWN);
	run_until(&f, mono_add(f.now, 613 * DUR_MS));
	hear(&f, 20, 99, DUR_S);
	expect_outcome(&f, "INIT - routes | remove-addresses | successor-heard released-addresses");
	assert_int_equal(find_record(&f, VR_RECORD_SUCCESSOR_HEARD)->duration, 613 * DUR_MS);
	heard = f.now;
	hear(&f, 20, 99, DUR_S); /* its next adverts change nothing */
	expect_actions(&f, "");
	assert_int_equal(mono_sub(vr_deadline(&f.vr), heard), VR_HOLD_ROUTES_LONGER);
	f.now = vr_deadline(&f.vr);
	tick(&f);
	expect_outcome(&f, "INIT - nothing | remove-routes | released-routes stopped");
	assert_int_equal(vr_deadline(&f.vr).ns, MONO_NEVER.ns);
}

/* A fast successor: what is left of the repeats would only make it answer. */
static void successor_ends_the_repeats(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	input_type(&f, VR_EVENT_SHUTDOWN);
	pass(&f, DUR_MS / 2);
	hear(&f, 20, 254, DUR_S);
	assert_int_equal(f.vr.stop_adverts_left, 0);
	assert_int_equal(mono_sub(vr_deadline(&f.vr), f.now), VR_HOLD_ROUTES_LONGER);
}

static void nobody_takes_over(void **unused)
{
	struct fixture f;
	mono_t stop;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	stop = f.now;
	input_type(&f, VR_EVENT_SHUTDOWN);
	run_until(&f, mono_add(stop, SLOWEST_SKEW + VR_HOLD_MARGIN - 1));
	assert_int_equal(f.vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
	hear(&f, 20, 0, DUR_S); /* another one that gives up is no successor */
	assert_int_equal(f.vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
	pass(&f, 1);
	tick(&f);
	expect_outcome(&f, "INIT - nothing | remove-addresses remove-routes | "
			   "no-successor released-addresses released-routes stopped");
	assert_int_equal(find_record(&f, VR_RECORD_NO_SUCCESSOR)->duration, SLOWEST_SKEW + VR_HOLD_MARGIN);
}

static void hold_follows_own_interval_in_v3(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.advert_interval = 10 * DUR_MS;
	fixture_reinit(&f);
	fixture_master(&f);
	input_type(&f, VR_EVENT_SHUTDOWN);
	assert_int_equal(mono_sub(f.vr.hold_deadline, f.now), INT64_C(9960937) + VR_HOLD_MARGIN);
}

static void second_stop_has_no_effect_and_stop_now_ends(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	input_type(&f, VR_EVENT_SHUTDOWN);
	input_type(&f, VR_EVENT_SHUTDOWN);
	expect_actions(&f, "");
	assert_int_equal(f.vr.stop_adverts_left, VR_STOP_ADVERTS - 1);
	input_type(&f, VR_EVENT_SHUTDOWN_NOW);
	expect_outcome(&f, "INIT - nothing | remove-addresses remove-routes | released-addresses "
			   "released-routes stopped");
	assert_int_equal(vr_deadline(&f.vr).ns, MONO_NEVER.ns);
	input_type(&f, VR_EVENT_STARTUP);
	expect_outcome(&f, "BACKUP 3.609375 nothing | started");
}

/* The addresses are gone already, the routes still stand. */
static void stop_while_routes_stand(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	hear(&f, 20, 200, DUR_S);
	input_type(&f, VR_EVENT_SHUTDOWN);
	expect_outcome(&f, "INIT - routes | shutdown");
	run_until(&f, mono_add(f.now, VR_HOLD_ROUTES_LONGER));
	expect_outcome(&f, "INIT - nothing | remove-routes | released-routes stopped");
}

static void tracked_failure_hands_over(void **unused)
{
	struct fixture f;
	const struct vr_record *blocked;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	input_track(&f, 0, false);
	expect_outcome(&f, "FAULT - until | advert:0 | blocked priority-zero-sent");
	blocked = find_record(&f, VR_RECORD_BLOCKED);
	assert_int_equal(blocked->blockers, VR_BLOCKER_TRACK);
	assert_int_equal(blocked->track_index, 0);
	run_until(&f, mono_add(f.now, 5 * DUR_MS));
	assert_int_equal(f.vr.stop_adverts_left, 0);
	hear(&f, 20, 99, DUR_S);
	expect_outcome(&f, "FAULT - routes | remove-addresses | successor-heard released-addresses");
	run_until(&f, mono_add(f.now, DUR_S));
	expect_outcome(
		&f, "FAULT - nothing | remove-routes | released-routes"); /* not stopped: it will be back */
}

static void second_tracked_object_is_named(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.tracked[1].weight = 0;
	fixture_reinit(&f);
	fixture_master(&f);
	input_track(&f, 1, false);
	assert_int_equal(find_record(&f, VR_RECORD_BLOCKED)->track_index, 1);
	input_track(&f, 0, false);
	assert_int_equal(find_record(&f, VR_RECORD_BLOCKERS_CHANGED)->track_index, 0);
}

/* The object is back before anyone took over: a Backup, but nothing is let go yet. */
static void tracked_object_returns_during_the_hold(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	input_track(&f, 0, false);
	pass(&f, DUR_MS / 2);
	input_track(&f, 0, true);
	expect_outcome(&f, "BACKUP 3.609375 until | started");
	assert_int_equal(f.vr.stop_advert_at.ns, MONO_NEVER.ns); /* a Backup sends nothing: TX-06 */
	assert_int_equal(mono_sub(f.vr.hold_deadline, f.vr.timer), VR_HOLD_MARGIN);
	hear(&f, 20, 50, DUR_S); /* ignored for the timer, but it is the successor */
	expect_outcome(&f, "BACKUP 3.609375 routes | remove-addresses | "
			   "new-master-heard successor-heard released-addresses");
}

/* Alone, with an object that flaps: nothing is ever missing. */
static void tracked_object_returns_to_a_router_alone(void **unused)
{
	struct fixture f;
	mono_t until;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	for (int i = 0; i < 3; i++) {
		input_track(&f, 0, false);
		pass(&f, DUR_S / 2);
		tick(&f);
		input_track(&f, 0, true);
		expect_outcome(&f, "BACKUP 3.609375 until | started");
		until = f.vr.timer;
		while (mono_before(f.now, until)) {
			assert_int_equal(f.vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
			run_until(&f, vr_deadline(&f.vr));
		}
		expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | down-timer announced");
	}
}

/* Another one gives up before it was ever heard as Master: the wait is longer now, and so is the hold. */
static void priority_zero_lengthens_the_hold(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	input_track(&f, 0, false);
	input_track(&f, 0, true);
	run_until(&f, mono_add(f.vr.timer, -DUR_MS));
	hear(&f, 20, 0, DUR_S);
	expect_outcome(&f, "BACKUP 0.609375 until | priority-zero-heard");
	assert_int_equal(mono_sub(f.vr.hold_deadline, f.vr.timer), VR_HOLD_MARGIN);
}

/* A hold that is longer than the wait stays as it is. */
static void short_wait_does_not_shorten_the_hold(void **unused)
{
	struct fixture f;
	mono_t deadline;

	(void)unused;
	fixture_init(&f, 3);
	f.config.down_timer_adverts = 1;
	f.config.priority = 254;
	f.config.advert_interval = 10 * DUR_MS;
	fixture_reinit(&f);
	fixture_master(&f);
	f.config.advert_interval = DUR_S;
	input_track(&f, 0, false);
	deadline = f.vr.hold_deadline;
	f.config.advert_interval = 10 * DUR_MS;
	input_track(&f, 0, true);
	assert_int_equal(f.vr.hold_deadline.ns, deadline.ns);
}

static void own_link_lost_during_the_hold(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	input_track(&f, 0, false);
	input_interface(&f, true, false, 10);
	expect_outcome(&f, "FAULT - nothing | remove-addresses remove-routes | "
			   "released-addresses released-routes blockers-changed");
	assert_int_equal(vr_deadline(&f.vr).ns, MONO_NEVER.ns);
}

/* The last try of priority 0 still has a source. */
/* covers: AMB-21 */
static void lost_address_is_kept_as_source(void **unused)
{
	struct fixture f;
	struct ip_addr primary;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	primary = f.vr.primary;
	input_interface(&f, true, true, 0);
	expect_outcome(&f, "FAULT - nothing | advert:0 remove-addresses remove-routes | "
			   "blocked released-addresses released-routes");
	assert_true(ip_equal(&f.vr.primary, &primary));
	assert_int_equal(f.vr.blockers, VR_BLOCKER_NO_ADDRESS);
}

/* Yielding, and Master again while the routes still stand. */
static void master_again_during_the_hold(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.advert_interval = 10 * DUR_MS;
	fixture_reinit(&f);
	fixture_master(&f);
	hear(&f, 20, 200, 10 * DUR_MS);
	assert_int_equal(f.vr.hold, VR_HOLD_ROUTES);
	run_until(&f, mono_add(f.now, 37 * DUR_MS));
	assert_int_equal(f.vr.state, VR_MASTER);
	assert_int_equal(f.vr.hold, VR_HOLD_ALL);
	run_until(&f, mono_add(f.now, DUR_S));
	assert_int_equal(f.vr.hold, VR_HOLD_ALL);
}

static void startup(struct fixture *f, bool adopt)
{
	input(f, &(struct vr_event){.type = VR_EVENT_STARTUP, .adopt = adopt});
}

/* Alone after a crash: Master again before the deadline, nothing is ever removed. */
static void adopted_alone(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_interface(&f);
	startup(&f, true);
	expect_outcome(&f, "BACKUP 3.609375 until | adopted started");
	assert_int_equal(mono_sub(f.vr.hold_deadline, f.vr.timer), VR_HOLD_MARGIN);
	/* Even when both are overdue, the timer comes first. */
	run_until(&f, mono_add(f.vr.timer, -1));
	f.now = mono_add(f.vr.hold_deadline, DUR_MS);
	tick(&f);
	expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | down-timer announced");
}

static void adopted_with_first_wait(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.config.start_as_master = true;
	fixture_reinit(&f);
	fixture_interface(&f);
	startup(&f, true);
	expect_outcome(&f, "BACKUP 1.609375 until | adopted started");
	assert_true(mono_before(f.vr.timer, f.vr.hold_deadline));
	run_until(&f, f.vr.timer);
	expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | first-wait announced");
}

static void adopted_with_a_master(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_interface(&f);
	startup(&f, true);
	pass(&f, DUR_MS);
	hear(&f, 20, 200, DUR_S);
	expect_outcome(&f, "BACKUP 3.609375 routes | remove-addresses | "
			   "new-master-heard successor-heard released-addresses");
}

/* covers: FSM-I1 */
static void adopted_owner(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.priority = VR_PRIORITY_OWNER;
	fixture_reinit(&f);
	fixture_interface(&f);
	startup(&f, true);
	expect_outcome(&f, "MASTER 1 all | install advert:255 announce:5 | adopted owner-started announced");
}

/* Blocked at once: without an own link everything goes, with a failed object it waits for a successor. */
static void adopted_and_blocked(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	input_interface(&f, true, false, 10);
	startup(&f, true);
	expect_outcome(&f, "FAULT - nothing | remove-addresses remove-routes | "
			   "adopted released-addresses released-routes blockers-changed");

	fixture_init(&f, 2);
	f.track_values[0] = track_up(false);
	fixture_reinit(&f);
	fixture_interface(&f);
	startup(&f, true);
	expect_outcome(&f, "FAULT - until | adopted blockers-changed");
	hear(&f, 20, 99, DUR_S);
	expect_outcome(&f, "FAULT - routes | remove-addresses | successor-heard released-addresses");
}

static void nothing_to_adopt(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.config.address_count = f.config.advertised_count = 0;
	fixture_reinit(&f);
	fixture_interface(&f);
	startup(&f, true);
	expect_outcome(&f, "BACKUP 3.609375 nothing | started");
}

/* Startup again before the stop is over: no STOPPED. */
static void startup_while_stopping(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	input_type(&f, VR_EVENT_SHUTDOWN);
	startup(&f, false);
	expect_outcome(&f, "BACKUP 3.609375 until | started");
	/* Alone it serves on; another one that speaks is the successor. */
	assert_int_equal(mono_sub(f.vr.hold_deadline, f.vr.timer), VR_HOLD_MARGIN);
	hear(&f, 20, 200, DUR_S);
	run_until(&f, mono_add(f.now, 2 * DUR_S));
	assert_int_equal(f.vr.hold, VR_HOLD_NOTHING);
	assert_null(find_record(&f, VR_RECORD_STOPPED));
}

static void install_error_is_told(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	input(&f, &(struct vr_event){.type = VR_EVENT_INSTALL_RESULT, .error = -13});
	assert_int_equal(find_record(&f, VR_RECORD_INSTALL_FAILED)->error, -13);
}

/* A Master that has just preempted another one: .20, of priority 50, which yields to it with a last advert. */
static void preempting(struct fixture *f)
{
	fixture_init(f, 3);
	fixture_start(f);
	hear(f, 20, 50, DUR_S);
	run_until(f, f->vr.timer);
	assert_int_equal(f->vr.state, VR_MASTER);
}

/* Found by the exploration of all states: both let go, since each took the other for its successor. */
static void last_advert_of_who_yields_is_no_successor(void **unused)
{
	struct fixture f;

	(void)unused;
	preempting(&f);
	input_type(&f, VR_EVENT_SHUTDOWN);
	pass(&f, DUR_MS / 2);
	hear(&f, 20, 50, DUR_S);
	assert_int_equal(f.vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
	/* Its first advert as Master. */
	pass(&f, 805 * DUR_MS);
	hear(&f, 20, 50, DUR_S);
	assert_int_equal(f.vr.hold, VR_HOLD_ROUTES);
}

/* The same for a Master whose priority falls while the last advert is on its way. */
static void last_advert_of_who_yields_is_no_master(void **unused)
{
	struct fixture f;

	(void)unused;
	preempting(&f);
	f.config.priority = 40;
	input(&f, &(struct vr_event){
			  .type = VR_EVENT_CONFIG, .config = &f.config, .track_values = f.track_values});
	assert_int_equal(f.vr.priority, 40);
	pass(&f, DUR_MS / 2);
	hear(&f, 20, 50, DUR_S);
	assert_int_equal(f.vr.state, VR_BACKUP);
	assert_int_equal(f.vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
	/* Nobody else, and so nothing was ever let go. */
	assert_int_equal(mono_sub(f.vr.hold_deadline, f.vr.timer), VR_HOLD_MARGIN);
	/* A real Master speaks again. */
	pass(&f, DUR_S);
	hear(&f, 20, 50, DUR_S);
	assert_int_equal(f.vr.hold, VR_HOLD_ROUTES);
}

/* Found by random lives: a stop soon after a crash took as long as the whole wait for a successor. */
static void stop_after_a_crash_is_no_slower(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_interface(&f);
	startup(&f, true);
	assert_int_equal(f.vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
	pass(&f, DUR_MS);
	input_type(&f, VR_EVENT_SHUTDOWN);
	assert_int_equal(mono_sub(f.vr.hold_deadline, f.now), vr_skew_time(2, 1, DUR_S) + VR_HOLD_MARGIN);
	run_until(&f, f.vr.hold_deadline);
	assert_non_null(find_record(&f, VR_RECORD_STOPPED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_after_a_crash_is_no_slower),
		cmocka_unit_test(last_advert_of_who_yields_is_no_successor),
		cmocka_unit_test(last_advert_of_who_yields_is_no_master),
		cmocka_unit_test(priority_zero_is_repeated),
		cmocka_unit_test(successor_ends_the_hold),
		cmocka_unit_test(successor_ends_the_repeats),
		cmocka_unit_test(nobody_takes_over),
		cmocka_unit_test(hold_follows_own_interval_in_v3),
		cmocka_unit_test(second_stop_has_no_effect_and_stop_now_ends),
		cmocka_unit_test(stop_while_routes_stand),
		cmocka_unit_test(tracked_failure_hands_over),
		cmocka_unit_test(second_tracked_object_is_named),
		cmocka_unit_test(tracked_object_returns_during_the_hold),
		cmocka_unit_test(tracked_object_returns_to_a_router_alone),
		cmocka_unit_test(priority_zero_lengthens_the_hold),
		cmocka_unit_test(short_wait_does_not_shorten_the_hold),
		cmocka_unit_test(own_link_lost_during_the_hold),
		cmocka_unit_test(lost_address_is_kept_as_source),
		cmocka_unit_test(master_again_during_the_hold),
		cmocka_unit_test(adopted_alone),
		cmocka_unit_test(adopted_with_first_wait),
		cmocka_unit_test(adopted_with_a_master),
		cmocka_unit_test(adopted_owner),
		cmocka_unit_test(adopted_and_blocked),
		cmocka_unit_test(nothing_to_adopt),
		cmocka_unit_test(startup_while_stopping),
		cmocka_unit_test(install_error_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
