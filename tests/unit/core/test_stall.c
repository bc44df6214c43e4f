/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A router that stood still for a while, and one that must wait before silence counts: hold-down, nopreempt at boot. */
#include "fixture.h"

#define SKEW (INT64_C(609375) * DUR_US) /* priority 100, 1 s */
#define DOWN (3 * DUR_S + SKEW)

static void backup(struct fixture *f, uint8_t version)
{
	fixture_init(f, version);
	fixture_start(f);
	hear(f, 20, 200, DUR_S);
}

static void stall_until(struct fixture *f, mono_t until)
{
	f->now = until;
	tick(f);
}

/* It slept through what the Master may have said: an advert's time more, then it believes. */
/* covers: TMR-10 */
static void backup_listens_again(void **unused)
{
	struct fixture f;
	mono_t heard;

	(void)unused;
	for (uint8_t version = 2; version <= 3; version++) {
		backup(&f, version);
		heard = f.now;
		stall_until(&f, mono_add(heard, 10 * DUR_S));
		expect_outcome(&f, "BACKUP 1.609375 nothing | listens-again");
		assert_int_equal(find_record(&f, VR_RECORD_LISTENS_AGAIN)->duration, 8750 * DUR_MS);
		run_until(&f, mono_add(heard, 10 * DUR_S + DUR_S + SKEW));
		expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | down-timer announced");
	}
}

/* The Master was there all the time. */
static void living_master_is_heard_after_a_stall(void **unused)
{
	struct fixture f;

	(void)unused;
	backup(&f, 3);
	stall_until(&f, mono_add(f.now, 10 * DUR_S));
	pass(&f, 900 * DUR_MS);
	hear(&f, 20, 200, DUR_S);
	expect_outcome(&f, "BACKUP 3.609375 nothing");
	assert_int_equal(f.vr.listened_again, 0);
}

/* Adverts that waited in the socket come first, with their times. */
/* covers: TMR-12 */
static void waiting_adverts_tell_of_the_master(void **unused)
{
	struct fixture f;
	mono_t start;

	(void)unused;
	backup(&f, 3);
	start = f.now;
	for (int second = 1; second <= 10; second++) {
		f.now = mono_add(start, second * DUR_S);
		hear(&f, 20, 200, DUR_S);
	}
	stall_until(&f, mono_add(start, 10500 * DUR_MS));
	expect_outcome(&f, "BACKUP 3.109375 nothing");
}

/* A stall that ended long enough before the timer does: it has listened already. */
static void stall_amid_the_wait(void **unused)
{
	struct fixture f;
	mono_t heard;

	(void)unused;
	backup(&f, 3);
	heard = f.now;
	stall_until(&f, mono_add(heard, 1990 * DUR_MS));
	assert_int_equal(f.vr.timer.ns, mono_add(heard, DOWN).ns);
	stall_until(&f, mono_add(heard, 3100 * DUR_MS));
	assert_int_equal(f.vr.timer.ns, mono_add(heard, 3100 * DUR_MS + DUR_S + SKEW).ns);
}

/* What a busy machine does, does not delay a takeover: late by two thirds of an interval every time. */
static void lateness_is_no_stall(void **unused)
{
	struct fixture f;
	mono_t heard;

	(void)unused;
	fixture_init(&f, 3);
	f.config.advert_interval = 10 * DUR_MS;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 20, 200, 10 * DUR_MS);
	heard = f.now;
	while (f.vr.state == VR_BACKUP) {
		f.now = mono_add(vr_deadline(&f.vr), 6 * DUR_MS);
		tick(&f);
		assert_null(find_record(&f, VR_RECORD_LISTENS_AGAIN));
	}
	assert_int_equal(mono_sub(f.now, heard), 38500 * DUR_US); /* the timer: 36.09 ms */
}

/* A machine that only sleeps must take over, too: three times it listens again. */
static void sleeps_again_and_again(void **unused)
{
	struct fixture f;

	(void)unused;
	backup(&f, 3);
	for (int times = 0; times < 3; times++) {
		stall_until(&f, mono_add(vr_deadline(&f.vr), 5 * DUR_S));
		expect_outcome(&f, "BACKUP 1.609375 nothing | listens-again");
	}
	stall_until(&f, mono_add(vr_deadline(&f.vr), 5 * DUR_S));
	assert_int_equal(f.vr.state, VR_MASTER);
}

static void stall_delays_preemption(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.extra.preempt_delay = 2 * DUR_S;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 20, 50, DUR_S);
	stall_until(&f, mono_add(f.vr.preempt_at, DUR_S));
	assert_int_equal(f.vr.state, VR_BACKUP);
	hear(&f, 30, 200, DUR_S); /* a better one has come meanwhile */
	assert_int_equal(f.vr.preempt_at.ns, MONO_NEVER.ns);
}

/* Nobody was there to take over: nothing is let go, and hosts are told again. */
/* covers: TMR-10 FSM-A10 */
static void stalled_master_alone(void **unused)
{
	struct fixture f;
	mono_t last;

	(void)unused;
	for (uint8_t version = 2; version <= 3; version++) {
		fixture_init(&f, version);
		fixture_master(&f);
		last = f.now;
		stall_until(&f, mono_add(last, DOWN));
		expect_outcome(&f, "BACKUP 1.00390625 until | stalled");
		assert_int_equal(find_record(&f, VR_RECORD_STALLED)->duration, DOWN);
		assert_true(mono_before(f.vr.timer, f.vr.hold_deadline));
		run_until(&f, f.vr.timer);
		expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | stall-over announced");
	}
}

/* As long as no router of our priority can have taken over, it goes on as RFC 9568 says. */
static void short_stall_of_a_master(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	run_until(&f, mono_add(f.now, 100 * DUR_MS));
	stall_until(&f, mono_add(f.vr.timer, DOWN - DUR_S - 1));
	expect_outcome(&f, "MASTER 1 all | advert:100");
	/* At 10 ms a busy machine is late for longer than that, and nothing comes of it. */
	f.config.advert_interval = 10 * DUR_MS;
	fixture_reinit(&f);
	fixture_master(&f);
	stall_until(&f, mono_add(f.vr.timer, 99 * DUR_MS));
	assert_int_equal(f.vr.state, VR_MASTER);
	stall_until(&f, mono_add(f.vr.timer, 100 * DUR_MS));
	assert_int_equal(f.vr.state, VR_BACKUP);
}

/* Its successor's adverts wait in the socket. A better one is followed without a word, and so is any with nopreempt... */
/* covers: AMB-19 */
static void stalled_master_yields_silently(void **unused)
{
	struct fixture f;
	mono_t last;

	(void)unused;
	for (int preempt = 0; preempt <= 1; preempt++) {
		fixture_init(&f, 3);
		f.config.preempt = preempt == 1;
		fixture_reinit(&f);
		fixture_master(&f);
		last = f.now;
		f.now = mono_add(last, 3700 * DUR_MS);
		hear(&f, 20, preempt == 1 ? 100 : 50, DUR_S);
		expect_outcome(&f, "BACKUP 3.609375 routes | remove-addresses | "
				   "stalled new-master-heard successor-heard released-addresses");
	}
}

/* ...and a lower one is preempted as by any Backup: after the wait, not at once. */
static void stalled_master_preempts_in_order(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	f.now = mono_add(f.now, 3700 * DUR_MS);
	hear(&f, 20, 50, DUR_S);
	expect_outcome(&f, "BACKUP 1.00390625 routes | remove-addresses | "
			   "stalled new-master-heard successor-heard released-addresses");
	run_until(&f, f.vr.timer);
	expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | preempted-lower announced");
}

/* Whatever else comes first after a stall finds it listening. */
static void stalled_master_hears_of_a_fault(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	pass(&f, 10 * DUR_S);
	input_track(&f, 0, false);
	expect_outcome(&f, "FAULT - until | stalled blocked");
}

static void owner_goes_on(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.priority = VR_PRIORITY_OWNER;
	fixture_reinit(&f);
	fixture_master(&f);
	stall_until(&f, mono_add(f.now, 100 * DUR_S));
	assert_int_equal(f.vr.state, VR_MASTER);
}

/* timer_expired_backup 150: a nopreempt router asks itself whether one of priority 150 can have taken over, and then waits
 * as long as any Backup. */
static void stalled_nopreempt_steps_down(void **unused)
{
	struct fixture f;
	mono_t last;

	(void)unused;
	fixture_init(&f, 3);
	f.config.preempt = false;
	f.config.stalled_steps_down = 150;
	fixture_reinit(&f);
	fixture_master(&f);
	last = f.now;
	run_until(&f, mono_add(last, 100 * DUR_MS));
	stall_until(&f, mono_add(last, 3 * DUR_S + 106 * DUR_S / 256 - 1));
	assert_int_equal(f.vr.state, VR_MASTER);
	last = f.now;
	stall_until(&f, mono_add(last, 3 * DUR_S + 106 * DUR_S / 256));
	expect_outcome(&f, "BACKUP 3.609375 until | stalled");
}

/* covers: FSM-I2 */
static void start_up_hold_down(void **unused)
{
	struct fixture f;
	mono_t end;

	(void)unused;
	fixture_init(&f, 3);
	fixture_interface(&f);
	end = mono_add(f.now, 20 * DUR_S);
	input(&f, &(struct vr_event){.type = VR_EVENT_STARTUP, .quiet_until = end});
	expect_outcome(&f, "BACKUP 23.609375 nothing | started held-down");
	assert_int_equal(find_record(&f, VR_RECORD_HELD_DOWN)->duration, 20 * DUR_S);
	/* Adverts count; their silence does not, before the end. */
	pass(&f, 10 * DUR_S);
	hear(&f, 20, 200, DUR_S);
	assert_int_equal(f.vr.timer.ns, end.ns);
	hear(&f, 20, 0, DUR_S);
	assert_int_equal(f.vr.timer.ns, end.ns);
	pass(&f, 9 * DUR_S);
	hear(&f, 20, 200, DUR_S);
	expect_outcome(&f, "BACKUP 3.609375 nothing");
}

static void hold_down_is_not_for_the_owner(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.priority = VR_PRIORITY_OWNER;
	f.extra.link_up_delay = 10 * DUR_S;
	fixture_reinit(&f);
	fixture_start(&f);
	assert_int_equal(f.vr.state, VR_MASTER);
	hear(&f, 20, VR_PRIORITY_OWNER, DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, f.now), 3 * DUR_S + DUR_S / 256);
}

/* After the start and whenever carrier comes back, but not for an engine that replaces a dead one. */
static void link_up_hold_down(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.extra.link_up_delay = 10 * DUR_S;
	fixture_reinit(&f);
	fixture_start(&f);
	expect_outcome(&f, "BACKUP 13.609375 nothing | started held-down");
	pass(&f, 60 * DUR_S);
	input_interface(&f, true, false, 10);
	input_interface(&f, true, true, 0); /* carrier, not yet an address */
	pass(&f, 4 * DUR_S);
	input_interface(&f, true, true, 10);
	expect_outcome(&f, "BACKUP 9.609375 nothing | started held-down");

	fixture_reinit(&f);
	fixture_interface(&f);
	input(&f, &(struct vr_event){
			  .type = VR_EVENT_STARTUP, .adopt = true, .quiet_until = mono_add(f.now, DUR_S)});
	expect_outcome(&f, "BACKUP 3.609375 until | adopted started");
}

static void start_nopreempt(struct fixture *f)
{
	fixture_init(f, 3);
	f->config.preempt = false;
	fixture_reinit(f);
	fixture_start(f);
}

/* The Master's kernel asks once per second who has our address: its adverts, ten in that time, wait for the answer. */
static void unicast_waits_until_peers_can_speak(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.extra.unicast.enabled = true;
	f.config.advert_interval = 100 * DUR_MS;
	f.extra.preempt_delay = 60 * DUR_S;
	fixture_reinit(&f);
	fixture_start(&f);
	expect_outcome(&f, "BACKUP 1.4859375 nothing | started");
	run_until(&f, mono_add(f.now, DUR_S));
	hear(&f, 20, 50, 100 * DUR_MS);
	assert_int_equal(f.vr.state, VR_BACKUP);
	assert_true(f.vr.preempt_at.ns - f.now.ns >= 60 * DUR_S);

	/* Nobody is there. */
	fixture_reinit(&f);
	fixture_start(&f);
	run_until(&f, f.vr.timer);
	expect_outcome(&f, "MASTER 0.1 all | install advert:100 announce:5 | neighbour-wait announced");

	/* Twice the down interval is enough; and who asked to be fast is. */
	f.config.preempt = false;
	f.config.advert_interval = DUR_S;
	fixture_reinit(&f);
	fixture_start(&f);
	expect_outcome(&f, "BACKUP 7.21875 nothing | started");
	f.config.preempt = f.config.start_as_master = true;
	fixture_reinit(&f);
	fixture_start(&f);
	expect_outcome(&f, "BACKUP 1.609375 nothing | started");
}

/* It must not take over from a Master that runs, and whose adverts do not come through yet. */
/* covers: OPS-06 */
static void nopreempt_waits_longer_for_the_first_advert(void **unused)
{
	struct fixture f;

	(void)unused;
	start_nopreempt(&f);
	expect_outcome(&f, "BACKUP 7.21875 nothing | started");
	run_until(&f, f.vr.timer);
	expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | long-wait announced");

	start_nopreempt(&f);
	run_until(&f, mono_add(f.now, 5 * DUR_S));
	hear(&f, 20, 50, DUR_S);
	expect_outcome(&f, "BACKUP 3.609375 nothing | new-master-heard");
	/* A tracked fault that goes takes no proof away, a link that went does. */
	input_track(&f, 0, false);
	input_track(&f, 0, true);
	expect_outcome(&f, "BACKUP 3.609375 nothing | started");
	input_interface(&f, true, false, 10);
	input_interface(&f, true, true, 10);
	expect_outcome(&f, "BACKUP 7.21875 nothing | started");
}

/* Asked over, and no answer: the timer waits; an answer, or any advert, opens the path, and an advert's time is listened. */
static void unproven_link(void **unused)
{
	struct vr_event event = {.type = VR_EVENT_INTERFACE,
		.interface = {.exists = true, .up = true, .primary = ip_v4(192, 168, 1, 10), .unproven = true}};
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_start(&f);
	input_interface(&f, true, false, 10);
	input(&f, &event);
	run_until(&f, mono_add(f.now, DOWN));
	expect_outcome(&f, "BACKUP 1 nothing | unproven");
	run_until(&f, mono_add(f.now, 10 * DUR_S));
	expect_outcome(&f, "BACKUP 1 nothing");
	event.interface.unproven = false;
	input(&f, &event);
	expect_outcome(&f, "BACKUP 1.609375 nothing");
	run_until(&f, f.vr.timer);
	assert_int_equal(f.vr.state, VR_MASTER);
	input_interface(&f, true, false, 10);
	event.interface.unproven = true;
	input(&f, &event);
	hear(&f, 20, 200, DUR_S);
	run_until(&f, f.vr.timer);
	assert_int_equal(f.vr.state, VR_MASTER);
}

/* Packets were lost before this process read them, and the Master's adverts may have been among them. */
/* covers: TMR-16 */
static void silence_with_losses_is_none(void **unused)
{
	struct vr_event loss = {.type = VR_EVENT_LOSS};
	struct fixture f;
	mono_t end;

	(void)unused;
	for (uint8_t version = 2; version <= 3; version++) {
		backup(&f, version);
		end = f.vr.timer;
		/* So long ago that an advert should have been heard since. */
		run_until(&f, mono_add(end, -1));
		loss.until = mono_add(end, -(DUR_S + SKEW));
		input(&f, &loss);
		expect_actions(&f, "");
		assert_int_equal(f.vr.timer.ns, end.ns);
		for (int i = 0; i < 3; i++) {
			loss.until = f.now;
			input(&f, &loss);
			expect_actions(&f, "| packets-lost");
			assert_int_equal(f.vr.timer.ns, mono_add(f.now, DUR_S + SKEW).ns);
			run_until(&f, mono_add(f.vr.timer, -1));
		}
		/* Enough: perhaps nobody is there. */
		loss.until = f.now;
		input(&f, &loss);
		expect_actions(&f, "");
		pass(&f, 1);
		tick(&f);
		expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | down-timer announced");
		/* A Master waits for nobody's silence. */
		input(&f, &loss);
		expect_actions(&f, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backup_listens_again),
		cmocka_unit_test(silence_with_losses_is_none),
		cmocka_unit_test(living_master_is_heard_after_a_stall),
		cmocka_unit_test(waiting_adverts_tell_of_the_master),
		cmocka_unit_test(stall_amid_the_wait),
		cmocka_unit_test(lateness_is_no_stall),
		cmocka_unit_test(sleeps_again_and_again),
		cmocka_unit_test(stall_delays_preemption),
		cmocka_unit_test(stalled_master_alone),
		cmocka_unit_test(short_stall_of_a_master),
		cmocka_unit_test(stalled_master_yields_silently),
		cmocka_unit_test(stalled_master_preempts_in_order),
		cmocka_unit_test(stalled_master_hears_of_a_fault),
		cmocka_unit_test(owner_goes_on),
		cmocka_unit_test(stalled_nopreempt_steps_down),
		cmocka_unit_test(start_up_hold_down),
		cmocka_unit_test(hold_down_is_not_for_the_owner),
		cmocka_unit_test(link_up_hold_down),
		cmocka_unit_test(unproven_link),
		cmocka_unit_test(nopreempt_waits_longer_for_the_first_advert),
		cmocka_unit_test(unicast_waits_until_peers_can_speak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
