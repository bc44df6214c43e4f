/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers: worked values of the formulas of both RFCs as arithmetic and as lived through by the machine. */
#include "fixture.h"

struct worked {
	uint8_t version;
	uint8_t priority;
	dur_t interval;
	dur_t skew;
	dur_t down;
};

#define CS(n) ((n)*DUR_CS)
#define NS(n) INT64_C(n)

/* Rows and columns of the worked table; 255 at 1 cs ends in half a nanosecond, which is cut. */
static const struct worked table[] = {
	{2, 100, 1 * DUR_S, NS(609375000), NS(3609375000)},
	{2, 100, 10 * DUR_S, NS(609375000), NS(30609375000)},
	{3, 100, CS(100), NS(609375000), NS(3609375000)},
	{3, 100, CS(1000), NS(6093750000), NS(36093750000)},
	{3, 100, CS(1), NS(6093750), NS(36093750)},
	{2, 255, 1 * DUR_S, NS(3906250), NS(3003906250)},
	{2, 255, 10 * DUR_S, NS(3906250), NS(30003906250)},
	{3, 255, CS(100), NS(3906250), NS(3003906250)},
	{3, 255, CS(1000), NS(39062500), NS(30039062500)},
	{3, 255, CS(1), NS(39062), NS(30039062)},
	{2, 254, 1 * DUR_S, NS(7812500), NS(3007812500)},
	{2, 254, 10 * DUR_S, NS(7812500), NS(30007812500)},
	{3, 254, CS(100), NS(7812500), NS(3007812500)},
	{3, 254, CS(1000), NS(78125000), NS(30078125000)},
	{3, 254, CS(1), NS(78125), NS(30078125)},
	{2, 1, 1 * DUR_S, NS(996093750), NS(3996093750)},
	{2, 1, 10 * DUR_S, NS(996093750), NS(30996093750)},
	{3, 1, CS(100), NS(996093750), NS(3996093750)},
	{3, 1, CS(1000), NS(9960937500), NS(39960937500)},
	{3, 1, CS(1), NS(9960937), NS(39960937)},
	/* TMR-02, TMR-03, TMR-08, issue 2 */
	{3, 192, CS(1000), NS(2500000000), NS(32500000000)},
	{2, 192, 10 * DUR_S, NS(250000000), NS(30250000000)},
	{2, 100, 2 * DUR_S, NS(609375000), NS(6609375000)},
	{3, 200, CS(1), NS(2187500), NS(32187500)},
	{3, 100, CS(400), NS(2437500000), NS(14437500000)},
	{2, 99, 1 * DUR_S, NS(613281250), NS(3613281250)},
	{3, 1, CS(4095), NS(40790039062), NS(163640039062)},
};

#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

/* covers: TMR-02 TMR-03 TMR-04 TMR-08 */
static void worked_table(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		const struct worked *row = &table[i];

		assert_int_equal(vr_skew_time(row->version, row->priority, row->interval), row->skew);
		assert_int_equal(vr_down_interval(row->version, row->priority, row->interval, 3), row->down);
	}
}

static void start_with(struct fixture *f, const struct worked *row)
{
	fixture_init(f, row->version);
	f->config.priority = row->priority;
	f->config.advert_interval = row->interval;
	fixture_reinit(f);
}

/* Silence after the start, or after a higher advert, or priority 0: the machine's timer has the worked length. */
/* covers: TMR-01 TMR-02 TMR-03 TMR-04 TMR-08 TMR-13 FSM-B9 FSM-B10 OPS-11 */
static void lived_table(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		const struct worked *row = &table[i];
		struct fixture f;

		if (row->priority == VR_PRIORITY_OWNER)
			continue;
		start_with(&f, row);
		fixture_start(&f);
		assert_int_equal(mono_sub(f.vr.timer, f.now), row->down);
		pass(&f, row->down / 2);
		hear(&f, 20, 254, row->interval);
		assert_int_equal(mono_sub(f.vr.timer, f.now), row->down);
		run_until(&f, mono_add(f.now, row->down - 1));
		assert_int_equal(f.vr.state, VR_BACKUP);
		hear(&f, 20, 0, row->interval);
		assert_int_equal(mono_sub(f.vr.timer, f.now), row->skew);
		run_until(&f, mono_add(f.now, row->skew - 1));
		assert_int_equal(f.vr.state, VR_BACKUP);
		run_until(&f, mono_add(f.now, 1));
		assert_int_equal(f.vr.state, VR_MASTER);
		assert_int_equal(mono_sub(f.vr.timer, f.now), row->interval);
	}
}

/* covers: FSM-B16 */
static void owner_in_backup_table(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		const struct worked *row = &table[i];
		struct fixture f;

		if (row->priority != VR_PRIORITY_OWNER)
			continue;
		start_with(&f, row);
		fixture_start(&f);
		hear(&f, 20, VR_PRIORITY_OWNER, row->interval);
		assert_int_equal(f.vr.state, VR_BACKUP);
		assert_int_equal(mono_sub(f.vr.timer, f.now), row->down);
	}
}

/* FSM-B15: priority 0 may also lengthen the wait. */
/* covers: FSM-B15 */
static void priority_zero_is_literal(void **unused)
{
	struct fixture f;

	(void)unused;
	start_with(&f, &(struct worked){3, 1, CS(100), 0, 0});
	fixture_start(&f);
	f.now = mono_add(f.vr.timer, -100 * DUR_MS);
	hear(&f, 20, 0, DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, f.now), NS(996093750));
}

/* AMB-03: a priority 0 advert with another interval teaches nothing. */
/* covers: AMB-03 FSM-B9 */
static void priority_zero_teaches_nothing(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_start(&f);
	hear(&f, 20, 0, 10 * DUR_S);
	assert_int_equal(f.vr.active_adver_interval, DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, f.now), NS(609375000));
}

/* FSM-B14: lower, ignored, then priority 0. */
/* covers: FSM-B14 FSM-B12 */
static void priority_zero_before_preempt_test(void **unused)
{
	struct fixture f;
	mono_t start;

	(void)unused;
	fixture_init(&f, 3);
	fixture_start(&f);
	start = f.now;
	pass(&f, DUR_S);
	hear(&f, 20, 50, DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, start), NS(3609375000));
	hear(&f, 20, 0, DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, f.now), NS(609375000));
	f.now = f.vr.timer;
	tick(&f);
	assert_non_null(find_record(&f, VR_RECORD_SKEW_TIMER));
}

/* TMR-05, TMR-07: learns from the master, sends with its own interval, skew of a learned interval. */
/* covers: TMR-05 TMR-07 */
static void learned_interval(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_start(&f);
	hear(&f, 20, 100, 4 * DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, f.now), NS(14437500000));
	hear(&f, 20, 0, DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, f.now), NS(2437500000));
	f.now = f.vr.timer;
	tick(&f);
	assert_int_equal(f.vr.state, VR_MASTER);
	assert_int_equal(mono_sub(f.vr.timer, f.now), DUR_S);
}

/* TMR-01: at Startup the interval is our own again. */
/* covers: TMR-01 */
static void learned_interval_is_forgotten_at_startup(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_start(&f);
	hear(&f, 20, 100, 4 * DUR_S);
	input_track(&f, 0, false);
	input_track(&f, 0, true);
	assert_int_equal(mono_sub(f.vr.timer, f.now), NS(3609375000));
}

/* TMR-09: the period has no drift when ticks are late; a stall sends one advert, not a burst. */
/* covers: TMR-09 */
static void no_drift_no_burst(void **unused)
{
	struct fixture f;
	mono_t first;

	(void)unused;
	fixture_init(&f, 3);
	f.config.advert_interval = CS(1);
	f.extra.announce.repeat = 0;
	fixture_reinit(&f);
	fixture_master(&f);
	first = f.vr.timer;
	for (int i = 0; i < 10000; i++) {
		f.now = mono_add(f.vr.timer, i % 7 * DUR_MS);
		tick(&f);
		expect_actions(&f, "advert:100");
	}
	assert_int_equal(mono_sub(f.vr.timer, first), 10000 * CS(1));

	f.now = mono_add(f.vr.timer, 5 * CS(1));
	tick(&f);
	expect_actions(&f, "advert:100");
	assert_int_equal(mono_sub(f.vr.timer, f.now), CS(1));
	/* Later by exactly one interval: the next one would be due at once. */
	f.now = mono_add(f.vr.timer, CS(1));
	tick(&f);
	expect_actions(&f, "advert:100");
	assert_int_equal(mono_sub(f.vr.timer, f.now), CS(1));
}

/* TMR-12: the timer is overdue, the advert that was in time is handed in first. */
/* covers: TMR-12 */
static void advert_beats_overdue_timer(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	fixture_start(&f);
	f.now = mono_add(f.vr.timer, -1);
	hear(&f, 20, 200, DUR_S);
	pass(&f, DUR_MS);
	tick(&f);
	assert_int_equal(f.vr.state, VR_BACKUP);
	assert_int_equal(f.actions.count, 0);
}

/* TMR-14: a running timer does not move, its next start uses the new priority. */
/* covers: TMR-14 */
static void priority_change_moves_no_timer(void **unused)
{
	struct fixture f;
	mono_t timer;

	(void)unused;
	fixture_init(&f, 2);
	fixture_start(&f);
	timer = f.vr.timer;
	input_track(&f, 1, false);
	assert_int_equal(f.vr.priority, 80);
	assert_int_equal(f.vr.timer.ns, timer.ns);
	hear(&f, 20, 90, DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, f.now), NS(3687500000)); /* 3 + 176/256 */
}

static void configured_multiplier(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.config.down_timer_adverts = 5;
	fixture_reinit(&f);
	fixture_start(&f);
	assert_int_equal(mono_sub(f.vr.timer, f.now), NS(5609375000));
}

/* Adverts carry the time of arrival, which may lie before the tick that was handed in last. */
static void earlier_arrival_time(void **unused)
{
	struct fixture f;
	mono_t became;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	became = f.vr.since = f.now;
	pass(&f, -20 * DUR_US);
	hear(&f, 20, 200, DUR_S);
	assert_int_equal(f.vr.state, VR_BACKUP);
	assert_int_equal(f.vr.since.ns, became.ns);
	assert_int_equal(mono_sub(f.vr.timer, f.now), NS(3609375000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_table),
		cmocka_unit_test(lived_table),
		cmocka_unit_test(owner_in_backup_table),
		cmocka_unit_test(priority_zero_is_literal),
		cmocka_unit_test(priority_zero_teaches_nothing),
		cmocka_unit_test(priority_zero_before_preempt_test),
		cmocka_unit_test(learned_interval),
		cmocka_unit_test(learned_interval_is_forgotten_at_startup),
		cmocka_unit_test(no_drift_no_burst),
		cmocka_unit_test(advert_beats_overdue_timer),
		cmocka_unit_test(priority_change_moves_no_timer),
		cmocka_unit_test(configured_multiplier),
		cmocka_unit_test(earlier_arrival_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
