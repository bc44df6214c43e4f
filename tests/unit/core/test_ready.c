/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Backup that is not known to pass packets preempts nobody who is alive; whoever asks says so: VR_EVENT_READY. */
#include "fixture.h"

static void say(struct fixture *f, bool ready)
{
	input(f, &(struct vr_event){.type = VR_EVENT_READY, .ready = ready});
}

/* With adverts of a lower master, one a second, until then. */
static void live(struct fixture *f, mono_t until)
{
	while (mono_before(mono_add(f->now, DUR_S), until)) {
		run_until(f, mono_add(f->now, DUR_S));
		if (f->vr.state == VR_BACKUP)
			hear(f, 5, 90, DUR_S);
	}
	run_until(f, until);
}

static void begin(struct fixture *f)
{
	fixture_init(f, 3);
	fixture_start(f);
	hear(f, 5, 90, DUR_S);
	say(f, false);
}

static void it_waits_and_goes_at_once_when_it_is_ready(void **unused)
{
	struct fixture f;

	(void)unused;
	begin(&f);
	live(&f, mono_add(f.now, 10 * DUR_S));
	assert_int_equal(f.vr.state, VR_BACKUP);
	assert_true(f.vr.waits_ready);
	say(&f, true);
	assert_int_equal(vr_deadline(&f.vr).ns, f.now.ns);
	tick(&f);
	assert_int_equal(f.vr.state, VR_MASTER);
}

static void it_does_not_wait_when_it_was_ready_in_time(void **unused)
{
	struct fixture f;
	mono_t timer;

	(void)unused;
	begin(&f);
	timer = f.vr.timer;
	run_until(&f, mono_add(f.now, DUR_S));
	say(&f, true);
	assert_int_equal(f.vr.timer.ns, timer.ns);
}

static void silence_ends_the_wait(void **unused)
{
	struct fixture f;
	mono_t heard;

	(void)unused;
	begin(&f);
	live(&f, mono_add(f.now, 10 * DUR_S));
	heard = f.vr.peer.heard;
	run_until(&f, mono_add(heard, vr_down_interval(3, 100, DUR_S, 3) - 1));
	assert_int_equal(f.vr.state, VR_BACKUP);
	run_until(&f, mono_add(f.now, 1));
	assert_int_equal(f.vr.state, VR_MASTER);
}

static void priority_zero_and_a_takeover_wait_for_nothing(void **unused)
{
	struct fixture f;

	(void)unused;
	begin(&f);
	hear(&f, 5, 0, DUR_S);
	run_until(&f, f.vr.timer);
	assert_int_equal(f.vr.state, VR_MASTER);
	begin(&f);
	input_type(&f, VR_EVENT_TAKEOVER);
	assert_int_equal(f.vr.state, VR_MASTER);
}

static void preempt_delay_waits_as_well(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.extra.preempt_delay = 5 * DUR_S;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 5, 90, DUR_S);
	say(&f, false);
	live(&f, mono_add(f.now, 20 * DUR_S));
	assert_int_equal(f.vr.state, VR_BACKUP);
	say(&f, true);
	tick(&f);
	assert_int_equal(f.vr.state, VR_MASTER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_and_goes_at_once_when_it_is_ready),
		cmocka_unit_test(it_does_not_wait_when_it_was_ready_in_time),
		cmocka_unit_test(silence_ends_the_wait),
		cmocka_unit_test(priority_zero_and_a_takeover_wait_for_nothing),
		cmocka_unit_test(preempt_delay_waits_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
