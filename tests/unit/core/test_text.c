/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as words and as sentences. The sentences with timers are made by living through the timer. */
#include "fixture.h"

#include <string.h>

static const char *sentence(struct fixture *f, const struct vr_record *record)
{
	struct text text;

	assert_non_null(record);
	text_init(&text, f->outcome, sizeof(f->outcome));
	vr_record_text(&text, record, f->vr.config);
	assert_false(text.overflow);
	return f->outcome;
}

#define expect_sentence(f, code, text) assert_string_equal(sentence(f, find_record(f, code)), text)

static void names_are_stable_and_distinct(void **unused)
{
	(void)unused;
	for (unsigned code = 0; code < VR_RECORD_CODE_COUNT; code++) {
		const char *name = vr_record_name((enum vr_record_code)code);

		assert_non_null(name);
		assert_int_equal(vr_record_from_name(name), code);
		for (const char *c = name; *c != '\0'; c++)
			assert_true((*c >= 'a' && *c <= 'z') || *c == '-');
	}
	assert_string_equal(vr_record_name(VR_RECORD_DOWN_TIMER), "down-timer");
	assert_int_equal(vr_record_from_name("no-such-word"), VR_RECORD_CODE_COUNT);
	assert_string_equal(vr_record_name(VR_RECORD_CODE_COUNT), "?");
}

/* No code without a sentence, whatever little the record holds. */
static void every_code_has_a_sentence(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	for (unsigned code = 0; code < VR_RECORD_CODE_COUNT; code++) {
		struct vr_record record = {.code = (enum vr_record_code)code};

		assert_true(strlen(sentence(&f, &record)) > 5);
		record.track_index = 7;
		record.blockers = UINT32_MAX;
		record.duration = INT64_MAX / 512;
		assert_true(strlen(sentence(&f, &record)) > 5);
	}
}

static void state_names(void **unused)
{
	(void)unused;
	assert_string_equal(vr_state_name(VR_INITIALIZE, VR_BLOCKER_NOT_STARTED), "INIT");
	assert_string_equal(vr_state_name(VR_INITIALIZE, VR_BLOCKER_NOT_STARTED | VR_BLOCKER_TRACK), "FAULT");
	assert_string_equal(vr_state_name(VR_INITIALIZE, VR_BLOCKER_LINK_DOWN), "FAULT");
	assert_string_equal(vr_state_name(VR_BACKUP, 0), "BACKUP");
	assert_string_equal(vr_state_name(VR_MASTER, 0), "MASTER");
}

static void down_timer_v2(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_start(&f);
	expect_sentence(&f, VR_RECORD_STARTED, "eth0 is ready and nothing blocks: listening for a master");
	hear(&f, 1, 200, DUR_S);
	expect_sentence(
		&f, VR_RECORD_NEW_MASTER_HEARD, "192.168.1.1 is master with priority 200 (ours is 100)");
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_DOWN_TIMER,
		"nothing heard from 192.168.1.1 for Master_Down_Interval 3.609375 s = 3 * 1 s + "
		"(256-100)/256 s");
}

static void down_timer_v3(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.advert_interval = 10 * DUR_MS;
	fixture_reinit(&f);
	fixture_start(&f);
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_DOWN_TIMER,
		"nothing heard from any router for Master_Down_Interval 0.03609375 s = "
		"3 * 0.01 s + (256-100)/256 * 0.01 s");

	fixture_init(&f, 3);
	fixture_start(&f);
	hear(&f, 20, 200, 4 * DUR_S);
	expect_sentence(
		&f, VR_RECORD_INTERVAL_DIFFERS, "192.168.1.20 advertises every 4 s, configured here is 1 s");
	expect_sentence(
		&f, VR_RECORD_INTERVAL_LEARNED, "the advert interval is now 4 s, learned from 192.168.1.20");
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_DOWN_TIMER,
		"nothing heard from 192.168.1.20 for Master_Down_Interval 14.4375 s = "
		"3 * 4 s + (256-100)/256 * 4 s");
}

/* A formula is shown only when it gives the length. */
static void no_formula_after_priority_change(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_start(&f);
	input_track(&f, 1, false);
	expect_sentence(&f, VR_RECORD_PRIORITY_CHANGED, "effective priority 100 -> 80: eth2 (tracked) is down");
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_DOWN_TIMER,
		"nothing heard from any router for Master_Down_Interval 3.609375 s");
}

static void weight_with_nopreempt(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.config.preempt = false;
	fixture_reinit(&f);
	fixture_master(&f);
	input_track(&f, 1, false);
	expect_sentence(&f, VR_RECORD_PRIORITY_CHANGED,
		"effective priority 100 -> 80: eth2 (tracked) is down; still master, for with nopreempt no backup takes over from a living "
		"master because of a weight; a tracked object without weight makes it give up");
	input_track(&f, 1, true);
	expect_sentence(&f, VR_RECORD_PRIORITY_CHANGED, "effective priority 80 -> 100: eth2 (tracked) is up");
	hear(&f, 20, 200, DUR_S);
	input_track(&f, 1, false);
	input_track(&f, 1, true);
	expect_sentence(&f, VR_RECORD_PRIORITY_CHANGED,
		"effective priority 80 -> 100: eth2 (tracked) is up; with nopreempt it counts when the master is gone");
}

static void skew_timer(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.config.priority = 99;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 1, 0, DUR_S);
	expect_sentence(&f, VR_RECORD_PRIORITY_ZERO_HEARD,
		"192.168.1.1 gives up (priority 0): waiting Skew_Time 0.61328125 s = (256-99)/256 s");
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_SKEW_TIMER,
		"192.168.1.1 gave up with priority 0, and no master spoke for Skew_Time 0.61328125 s = "
		"(256-99)/256 s");

	fixture_init(&f, 3);
	f.config.advert_interval = 100 * DUR_MS;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 1, 0, 100 * DUR_MS);
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_SKEW_TIMER,
		"192.168.1.1 gave up with priority 0, and no master spoke for Skew_Time 0.0609375 s = "
		"(256-100)/256 * 0.1 s");
}

static void preemption(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_start(&f);
	hear(&f, 20, 99, DUR_S);
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_PREEMPTED_LOWER,
		"192.168.1.20 has only priority 99 (ours is 100), so the timer ran out: "
		"Master_Down_Interval 3.609375 s = 3 * 1 s + (256-100)/256 s");

	fixture_init(&f, 2);
	f.config.start_as_master = true;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 20, 99, DUR_S / 2);
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_PREEMPTED_LOWER,
		"192.168.1.20 has only priority 99 (ours is 100), so the timer ran out: "
		"Advertisement_Interval + Skew_Time 1.609375 s = 1 s + (256-100)/256 s");

	fixture_init(&f, 2);
	f.config.priority = 80;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 20, 90, DUR_S);
	f.other_config = f.config;
	f.other_config.priority = 100;
	input(&f, &(struct vr_event){
			  .type = VR_EVENT_CONFIG, .config = &f.other_config, .track_values = f.track_values});
	hear(&f, 20, 90, DUR_S);
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_PREEMPTED_LOWER,
		"192.168.1.20 has only priority 90 (ours is 100), so the timer ran out: "
		"3.6875 s, begun before priority or interval changed");

	fixture_init(&f, 2);
	f.extra.preempt_delay = DUR_S;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 20, 99, DUR_S);
	expect_sentence(&f, VR_RECORD_PREEMPT_WAIT,
		"192.168.1.20 is master with priority 99 (ours is 100): preempting in 4.61 s, "
		"the down timer and then preempt_delay");
	pass(&f, 3 * DUR_S);
	hear(&f, 20, 99, DUR_S);
	run_until(&f, f.vr.preempt_at);
	expect_sentence(&f, VR_RECORD_PREEMPT_DELAY,
		"preempt_delay 1 s is over, and 192.168.1.20 has only priority 99 (ours is 100)");
}

/* Initialize has two names for people. */
static void coming_from_init_or_fault(void **unused)
{
	struct fixture f;
	const struct vr_record *record;

	(void)unused;
	fixture_init(&f, 2);
	fixture_start(&f);
	record = find_record(&f, VR_RECORD_STARTED);
	assert_non_null(record);
	assert_string_equal(vr_state_name(record->from, record->blockers), "INIT");
	input_interface(&f, true, false, 10);
	input_interface(&f, true, true, 10);
	record = find_record(&f, VR_RECORD_STARTED);
	assert_non_null(record);
	assert_string_equal(vr_state_name(record->from, record->blockers), "FAULT");
}

static void first_wait(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.config.start_as_master = true;
	fixture_reinit(&f);
	fixture_start(&f);
	run_until(&f, f.vr.timer);
	expect_sentence(&f, VR_RECORD_FIRST_WAIT,
		"state MASTER, and nobody heard in the first wait: "
		"Advertisement_Interval + Skew_Time 1.609375 s = 1 s + (256-100)/256 s");
}

static void rivals(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	hear(&f, 5, 50, DUR_S);
	expect_sentence(&f, VR_RECORD_LOWER_HEARD,
		"192.168.1.5 claims to be master with priority 50 (ours is 100): answered at once");
	pass(&f, 2 * DUR_S);
	hear(&f, 5, 50, DUR_S);
	pass(&f, DUR_S + VR_RIVAL_MARGIN);
	tick(&f);
	expect_sentence(&f, VR_RECORD_RIVAL_GONE,
		"192.168.1.5 was master as well, and is silent now: announced the virtual addresses again, "
		"for hosts that believed it");
	hear(&f, 5, 100, DUR_S);
	expect_sentence(&f, VR_RECORD_TIE_HELD,
		"192.168.1.5 claims to be master with the same priority 100 and no greater address: staying "
		"master");
	hear(&f, 20, 100, DUR_S);
	expect_sentence(
		&f, VR_RECORD_TIE_LOST, "192.168.1.20 has the same priority 100 and the greater address");

	fixture_init(&f, 2);
	fixture_master(&f);
	hear(&f, 5, 50, DUR_S);
	expect_sentence(&f, VR_RECORD_LOWER_HEARD,
		"192.168.1.5 claims to be master with priority 50 (ours is 100): staying master");
	hear(&f, 20, 150, DUR_S);
	expect_sentence(&f, VR_RECORD_HIGHER_PRIORITY, "192.168.1.20 has priority 150 (ours is 100)");
}

static void handover(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	input_track(&f, 0, false);
	expect_sentence(&f, VR_RECORD_BLOCKED, "eth1 (tracked) is down");
	pass(&f, 613300 * DUR_US);
	hear(&f, 20, 99, DUR_S);
	expect_sentence(&f, VR_RECORD_SUCCESSOR_HEARD, "192.168.1.20 has taken over after 613.3 ms");

	fixture_init(&f, 2);
	fixture_master(&f);
	input_type(&f, VR_EVENT_SHUTDOWN);
	expect_sentence(&f, VR_RECORD_SHUTDOWN, "told to stop");
	run_until(&f, f.vr.hold_deadline);
	expect_sentence(
		&f, VR_RECORD_NO_SUCCESSOR, "no other router took over within 1.04609375 s: letting go");
	input(&f, &(struct vr_event){.type = VR_EVENT_INSTALL_RESULT, .error = -13});
	expect_sentence(&f, VR_RECORD_INSTALL_FAILED, "the kernel refused an address or a route: EACCES");
}

static const char *blockers(struct fixture *f, uint32_t bits, size_t track_index)
{
	struct text text;

	text_init(&text, f->outcome, sizeof(f->outcome));
	vr_blockers_text(&text, bits, track_index, vr_track_value(&f->vr, track_index), &f->rare.sibling, &f->config);
	return f->outcome;
}

static void blocker_texts(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	assert_string_equal(blockers(&f, 0, 0), "nothing");
	assert_string_equal(blockers(&f, VR_BLOCKER_NOT_STARTED, 0), "not started");
	assert_string_equal(blockers(&f, VR_BLOCKER_NO_INTERFACE, 0), "there is no interface eth0");
	assert_string_equal(blockers(&f, VR_BLOCKER_LINK_DOWN, 0), "eth0 is down or without carrier");
	f.track_values[0] = track_up(false);
	assert_string_equal(blockers(&f, VR_BLOCKER_TRACK | VR_BLOCKER_NO_ADDRESS, 0),
		"eth1 (tracked) is down, no usable address on eth0");
	f.tracked[0].reverse = true;
	f.track_values[0] = track_up(true);
	assert_string_equal(blockers(&f, VR_BLOCKER_TRACK, 0), "eth1 (tracked, reverse) is up");
	assert_string_equal(blockers(&f, VR_BLOCKER_TRACK, 9), "a tracked object fails");
}

/* A sentence that does not fit is cut, not written past its buffer. */
static void short_buffer(void **unused)
{
	struct fixture f;
	struct text text;
	char buffer[12];

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	text_init(&text, buffer, sizeof(buffer));
	vr_record_text(&text, find_record(&f, VR_RECORD_DOWN_TIMER), &f.config);
	assert_true(text.overflow);
	assert_int_equal(strlen(buffer), sizeof(buffer) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_stable_and_distinct),
		cmocka_unit_test(every_code_has_a_sentence),
		cmocka_unit_test(state_names),
		cmocka_unit_test(down_timer_v2),
		cmocka_unit_test(down_timer_v3),
		cmocka_unit_test(weight_with_nopreempt),
		cmocka_unit_test(no_formula_after_priority_change),
		cmocka_unit_test(skew_timer),
		cmocka_unit_test(preemption),
		cmocka_unit_test(coming_from_init_or_fault),
		cmocka_unit_test(first_wait),
		cmocka_unit_test(rivals),
		cmocka_unit_test(handover),
		cmocka_unit_test(blocker_texts),
		cmocka_unit_test(short_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
