/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an administrator asks of one virtual router: core/vr_drain.c. Sync groups and answers: tests/unit/engine/orders_test.c. */
#include "fixture.h"

static void drain(struct fixture *f, dur_t timeout)
{
	input(f, &(struct vr_event){.type = VR_EVENT_DRAIN, .until = mono_add(f->now, timeout)});
}

static void a_master_hands_over_and_stays_out(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	drain(&f, 4 * DUR_S);
	expect_outcome(&f, "DRAINED - until | advert:0 | blocked priority-zero-sent");
	assert_int_equal(mono_sub(f.vr.hold_deadline, f.now), 4 * DUR_S + VR_HOLD_MARGIN);
	pass(&f, 600 * DUR_MS);
	hear(&f, 20, 90, DUR_S);
	expect_outcome(&f, "DRAINED - routes | remove-addresses | successor-heard released-addresses");
	run_until(&f, mono_add(f.now, 3600 * DUR_S));
	expect_outcome(&f, "DRAINED - nothing | remove-routes | released-routes");
	input_type(&f, VR_EVENT_RESUME);
	expect_outcome(&f, "BACKUP 3.609375 nothing | started");
}

/* The engine decides before this deadline, if it lives. */
static void nobody_decides_and_it_lets_go(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	drain(&f, 2 * DUR_S);
	run_until(&f, mono_add(f.now, 2 * DUR_S + VR_HOLD_MARGIN));
	expect_outcome(&f, "DRAINED - nothing | remove-addresses remove-routes | no-successor released-addresses released-routes");
}

static void a_resume_in_between_is_master_at_once(void **unused)
{
	for (uint8_t priority = 100;; priority = 255) {
		struct fixture f;

		(void)unused;
		fixture_init(&f, 3);
		f.config.priority = priority;
		fixture_reinit(&f);
		fixture_master(&f);
		drain(&f, 4 * DUR_S);
		run_until(&f, mono_add(f.now, 3 * DUR_S));
		input_type(&f, VR_EVENT_RESUME);
		assert_int_equal(f.vr.state, VR_MASTER);
		assert_int_equal(f.vr.hold, VR_HOLD_ALL);
		for (size_t i = 0; i < f.actions.count; i++)
			assert_int_not_equal(f.actions.list[i].type, VR_ACTION_REMOVE_ADDRESSES);
		if (priority != VR_PRIORITY_OWNER)
			assert_int_equal(find_record(&f, VR_RECORD_NOT_HANDED_OVER)->duration, 3 * DUR_S);
		if (priority == VR_PRIORITY_OWNER)
			break;
	}
}

/* What it holds then it holds for another reason. */
static void what_has_failed_meanwhile_is_not_taken_back(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	drain(&f, 4 * DUR_S);
	input_track(&f, 0, false);
	input_type(&f, VR_EVENT_RESUME);
	assert_int_equal(f.vr.state, VR_INITIALIZE);
	hear(&f, 20, 90, DUR_S);
	input_track(&f, 0, true);
	assert_int_equal(f.vr.state, VR_BACKUP);
}

static void out_of_service_it_is_drained_without_a_word(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_start(&f);
	drain(&f, 4 * DUR_S);
	expect_outcome(&f, "DRAINED - nothing | blocked");
	input_interface(&f, true, false, 10);
	expect_outcome(&f, "DRAINED - nothing | blockers-changed");
	input_type(&f, VR_EVENT_RESUME);
	expect_outcome(&f, "FAULT - nothing | blockers-changed");
	input_type(&f, VR_EVENT_SHUTDOWN);
	drain(&f, 4 * DUR_S);
	expect_outcome(&f, "FAULT - nothing");
}

static void a_stop_in_between_waits_no_longer_than_any(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	drain(&f, 60 * DUR_S);
	pass(&f, 10 * DUR_S);
	input_type(&f, VR_EVENT_SHUTDOWN);
	assert_true(mono_sub(f.vr.hold_deadline, f.now) < DUR_S + VR_HOLD_MARGIN);
}

static void a_takeover_outdoes_the_master(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.preempt = false;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 20, 150, DUR_S);
	input_type(&f, VR_EVENT_TAKEOVER);
	expect_outcome(&f, "MASTER 1 all | install advert:151 announce:5 | priority-raised taken-over announced");
	/* A tracked object counts as before. */
	input_track(&f, 1, false);
	assert_int_equal(f.vr.priority, 131);
	input_track(&f, 1, true);
	assert_int_equal(f.vr.priority, 151);
	hear(&f, 20, 150, DUR_S);
	assert_int_equal(f.vr.state, VR_MASTER);
	hear(&f, 20, 152, DUR_S);
	assert_int_equal(f.vr.state, VR_BACKUP);
	assert_int_equal(f.vr.priority, 100);
}

static void resume_ends_a_takeover(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_start(&f);
	hear(&f, 20, 150, DUR_S);
	input_type(&f, VR_EVENT_TAKEOVER);
	input_type(&f, VR_EVENT_RESUME);
	expect_outcome(&f, "MASTER 1 all | priority-changed");
	assert_int_equal(f.vr.priority, 100);
}

static void what_it_takes(void **unused)
{
	static const struct {
		uint8_t host, priority, takes;
	} cases[] = {{20, 90, 100}, {20, 100, 101}, {20, 253, 254}, {20, 254, 0}, {5, 254, 254}, {5, 255, 0}, {20, 0, 100}};
	struct fixture f;

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_init(&f, 3);
		fixture_start(&f);
		hear(&f, cases[i].host, cases[i].priority, DUR_S);
		assert_int_equal(vr_takeover_priority(&f.vr), cases[i].takes);
		input_type(&f, VR_EVENT_TAKEOVER);
		assert_int_equal(f.vr.state, cases[i].takes == 0 ? VR_BACKUP : VR_MASTER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_master_hands_over_and_stays_out),
		cmocka_unit_test(nobody_decides_and_it_lets_go),
		cmocka_unit_test(a_resume_in_between_is_master_at_once),
		cmocka_unit_test(what_has_failed_meanwhile_is_not_taken_back),
		cmocka_unit_test(out_of_service_it_is_drained_without_a_word),
		cmocka_unit_test(a_stop_in_between_waits_no_longer_than_any),
		cmocka_unit_test(a_takeover_outdoes_the_master),
		cmocka_unit_test(resume_ends_a_takeover),
		cmocka_unit_test(what_it_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
