/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/bfd.h"

#define LOCAL 0x11111111u
#define REMOTE 0x22222222u
#define START (1000 * DUR_S)

struct fixture {
	struct bfd_config config;
	struct bfd_session session;
	struct bfd_actions actions;
	mono_t now;
	uint64_t seed;
};

static struct fixture fixture;

static int prepare(void **state)
{
	(void)state;
	fixture = (struct fixture){
		.config =
			{
				.name = "peer",
				.neighbor = ip_v4(10, 0, 0, 2),
				.min_rx = 20 * DUR_MS,
				.min_tx = 50 * DUR_MS,
				.idle_tx = DUR_S,
				.multiplier = 3,
				.ttl = 255,
			},
		.now = {START},
		.seed = 7,
	};
	return 0;
}

static void input(enum bfd_event_type type)
{
	struct bfd_event event = {.type = type, .config = &fixture.config};

	bfd_session_input(&fixture.session, &event, fixture.now, &fixture.actions);
}

static void start(void)
{
	bfd_session_init(&fixture.session, &fixture.config, LOCAL, fixture.seed);
	input(BFD_EVENT_START);
}

static struct bfd_packet from_remote(enum bfd_state state)
{
	return (struct bfd_packet){
		.state = state,
		.multiplier = 4,
		.my_discriminator = REMOTE,
		.your_discriminator = LOCAL,
		.desired_min_tx = state == BFD_UP ? 30000 : 1000000,
		.required_min_rx = 40000,
	};
}

static void hear_packet(const struct bfd_packet *packet)
{
	struct bfd_event event = {.type = BFD_EVENT_PACKET, .packet = packet};

	bfd_session_input(&fixture.session, &event, fixture.now, &fixture.actions);
}

static void hear(enum bfd_state state)
{
	struct bfd_packet packet = from_remote(state);

	hear_packet(&packet);
}

static void hear_final(void)
{
	struct bfd_packet packet = from_remote(BFD_UP);

	packet.final = true;
	hear_packet(&packet);
}

/* To the deadline, and over it. */
static void tick(void)
{
	fixture.now = bfd_session_deadline(&fixture.session);
	assert_true(fixture.now.ns != MONO_NEVER.ns);
	input(BFD_EVENT_TICK);
}

static void come_up(void)
{
	start();
	hear(BFD_DOWN);
	hear(BFD_UP);
	assert_int_equal(fixture.session.state, BFD_UP);
	hear_final();
	assert_false(fixture.session.polling);
}

static void expect_state(enum bfd_state state, uint8_t diag, enum bfd_cause cause)
{
	assert_true(fixture.actions.changed);
	assert_int_equal(fixture.session.state, state);
	assert_int_equal(fixture.session.diag, diag);
	assert_int_equal(fixture.session.cause.cause, cause);
	assert_int_equal(fixture.session.cause.to, state);
	assert_int_equal(fixture.session.cause.at.ns, fixture.now.ns);
}

/* covers: BFD-03 BFD-08 */
static void active_speaks_first(void **state)
{
	const struct bfd_packet *packet = &fixture.actions.packet;

	(void)state;
	start();
	expect_state(BFD_DOWN, BFD_DIAG_NONE, BFD_CAUSE_START);
	assert_true(fixture.actions.send);
	assert_int_equal(packet->state, BFD_DOWN);
	assert_int_equal(packet->my_discriminator, LOCAL);
	assert_int_equal(packet->your_discriminator, 0);
	assert_int_equal(packet->multiplier, 3);
	assert_int_equal(packet->desired_min_tx, 1000000);
	assert_int_equal(packet->required_min_rx, 20000);
	assert_int_equal(packet->required_min_echo_rx, 0);
	assert_false(packet->poll || packet->final || packet->demand || packet->authentication);
	for (int i = 0; i < 100; i++) {
		mono_t before = fixture.now;

		tick();
		assert_true(fixture.actions.send);
		assert_in_range(mono_sub(fixture.now, before), 750 * DUR_MS, DUR_S);
	}
}

static void idle_interval_is_configured(void **state)
{
	(void)state;
	fixture.config.idle_tx = 4 * DUR_S;
	start();
	assert_int_equal(fixture.actions.packet.desired_min_tx, 4000000);
	tick();
	assert_in_range(fixture.now.ns - START, 3 * DUR_S, 4 * DUR_S);
}

/* covers: BFD-03 */
static void passive_waits(void **state)
{
	(void)state;
	fixture.config.passive = true;
	start();
	assert_false(fixture.actions.send);
	assert_int_equal(bfd_session_deadline(&fixture.session).ns, MONO_NEVER.ns);
	hear(BFD_DOWN);
	expect_state(BFD_INIT, BFD_DIAG_NONE, BFD_CAUSE_HEARD_DOWN);
	assert_true(fixture.actions.send);
	assert_int_equal(fixture.actions.packet.your_discriminator, REMOTE);
	/* Silence: back to waiting, without a word. */
	while (fixture.session.state == BFD_INIT)
		tick();
	expect_state(BFD_DOWN, BFD_DIAG_DETECTION_EXPIRED, BFD_CAUSE_DETECTION_EXPIRED);
	assert_false(fixture.actions.send);
	assert_int_equal(bfd_session_deadline(&fixture.session).ns, MONO_NEVER.ns);
}

/* Every cell of the table of RFC 5880 6.8.6. */
/* covers: BFD-06 */
static void table(void **unused)
{
	static const enum bfd_state next[BFD_STATE_COUNT][BFD_STATE_COUNT] = {
		/* heard:	AdminDown	Down		Init		Up */
		[BFD_DOWN] = {BFD_DOWN, BFD_INIT, BFD_UP, BFD_DOWN},
		[BFD_INIT] = {BFD_DOWN, BFD_INIT, BFD_UP, BFD_UP},
		[BFD_UP] = {BFD_DOWN, BFD_DOWN, BFD_UP, BFD_UP},
	};

	(void)unused;
	for (enum bfd_state from = BFD_DOWN; from <= BFD_UP; from++) {
		for (enum bfd_state heard = BFD_ADMIN_DOWN; heard <= BFD_UP; heard++) {
			start();
			if (from != BFD_DOWN)
				hear(BFD_DOWN);
			if (from == BFD_UP)
				hear(BFD_UP);
			assert_int_equal(fixture.session.state, from);
			hear(heard);
			assert_int_equal(fixture.session.state, next[from][heard]);
			assert_int_equal(fixture.actions.changed, next[from][heard] != from);
			if (fixture.actions.changed) /* the neighbor hears of it at once */
				assert_true(fixture.actions.send &&
					    fixture.actions.packet.state == next[from][heard]);
			if (fixture.actions.changed && next[from][heard] == BFD_DOWN)
				assert_int_equal(fixture.session.diag, BFD_DIAG_NEIGHBOR_DOWN);
			if (next[from][heard] == BFD_UP && from != BFD_UP)
				assert_int_equal(fixture.session.diag, BFD_DIAG_NONE);
		}
	}
}

static void causes(void **state)
{
	(void)state;
	start();
	hear(BFD_INIT);
	expect_state(BFD_UP, BFD_DIAG_NONE, BFD_CAUSE_HEARD_INIT);
	hear(BFD_DOWN);
	expect_state(BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN, BFD_CAUSE_NEIGHBOR_DOWN);
	hear(BFD_DOWN);
	expect_state(BFD_INIT, BFD_DIAG_NEIGHBOR_DOWN, BFD_CAUSE_HEARD_DOWN); /* still why it went down */
	hear(BFD_UP);
	expect_state(BFD_UP, BFD_DIAG_NONE, BFD_CAUSE_HEARD_UP);
	hear(BFD_ADMIN_DOWN);
	expect_state(BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN, BFD_CAUSE_NEIGHBOR_ADMIN_DOWN);
	for (enum bfd_cause cause = BFD_CAUSE_NONE; cause <= BFD_CAUSE_STOP; cause++) {
		assert_string_not_equal(bfd_cause_name(cause), "unknown");
		assert_string_not_equal(bfd_cause_text(cause), "unknown");
	}
}

/* covers: BFD-07 BFD-09 */
static void silence(void **state)
{
	mono_t last;

	(void)state;
	come_up();
	/* The neighbor's multiplier, and the slower of its sending (30 ms) and our receiving (20 ms). */
	assert_int_equal(bfd_session_detection_time(&fixture.session), 4 * 30 * DUR_MS);
	last = fixture.now;
	while (fixture.session.state == BFD_UP)
		tick();
	expect_state(BFD_DOWN, BFD_DIAG_DETECTION_EXPIRED, BFD_CAUSE_DETECTION_EXPIRED);
	assert_int_equal(mono_sub(fixture.now, last), 120 * DUR_MS);
	assert_int_equal(fixture.session.cause.silence, 120 * DUR_MS);
	assert_true(fixture.actions.send);
	assert_int_equal(fixture.actions.packet.state, BFD_DOWN);
	assert_int_equal(fixture.actions.packet.diag, BFD_DIAG_DETECTION_EXPIRED);
	assert_int_equal(fixture.actions.packet.your_discriminator, 0);
	assert_int_equal(fixture.actions.packet.desired_min_tx, 1000000);
	assert_int_equal(bfd_session_detection_time(&fixture.session), 0);
	last = fixture.now;
	tick();
	assert_in_range(mono_sub(fixture.now, last), 750 * DUR_MS, DUR_S);
}

/* covers: BFD-09 */
static void own_required_interval_is_the_slower(void **state)
{
	(void)state;
	fixture.config.min_rx = 100 * DUR_MS;
	come_up();
	assert_int_equal(bfd_session_detection_time(&fixture.session), 4 * 100 * DUR_MS);
}

/* A session that is Down forgets whom it heard, too. */
/* covers: BFD-07 */
static void forgets_in_down(void **state)
{
	(void)state;
	start();
	hear(BFD_UP);
	assert_int_equal(fixture.session.state, BFD_DOWN);
	assert_int_equal(fixture.actions.packet.your_discriminator, REMOTE);
	while (fixture.session.remote_discriminator != 0)
		tick();
	assert_false(fixture.actions.changed);
	assert_int_equal(fixture.session.diag, BFD_DIAG_NONE);
	assert_int_equal(mono_sub(fixture.now, (mono_t){START}), 4 * 30 * DUR_MS);
}

/* covers: BFD-10 */
static void interval_and_jitter(void **state)
{
	dur_t least = INT64_MAX, most = 0;

	(void)state;
	for (unsigned multiplier = 1; multiplier <= 3; multiplier += 2) {
		prepare(NULL);
		fixture.config.multiplier = (uint8_t)multiplier;
		come_up();
		assert_int_equal(bfd_session_interval(&fixture.session), 50 * DUR_MS); /* ours: 50, its: 40 */
		least = INT64_MAX;
		most = 0;
		tick();
		for (int i = 0; i < 2000; i++) {
			mono_t before = fixture.now;

			hear(BFD_UP);
			tick();
			assert_true(fixture.actions.send);
			if (mono_sub(fixture.now, before) < least)
				least = mono_sub(fixture.now, before);
			if (mono_sub(fixture.now, before) > most)
				most = mono_sub(fixture.now, before);
		}
		assert_in_range(least, 37500 * DUR_US, 38 * DUR_MS);
		if (multiplier == 1)
			assert_in_range(most, 44500 * DUR_US, 45 * DUR_MS);
		else
			assert_in_range(most, 49500 * DUR_US, 50 * DUR_MS);
	}
}

/* covers: BFD-10 */
static void follows_what_the_neighbor_can_take(void **state)
{
	struct bfd_packet packet = from_remote(BFD_UP);
	mono_t before;

	(void)state;
	come_up();
	packet.required_min_rx = 400000;
	hear_packet(&packet);
	assert_int_equal(bfd_session_interval(&fixture.session), 400 * DUR_MS);
	fixture.session.detection_ends = MONO_NEVER;
	tick();
	before = fixture.now;
	fixture.session.detection_ends = MONO_NEVER;
	tick();
	assert_in_range(mono_sub(fixture.now, before), 300 * DUR_MS, 400 * DUR_MS);
	/* Back: what waited for 400 ms is sent after 50 ms. */
	before = fixture.now;
	packet.required_min_rx = 40000;
	hear_packet(&packet);
	tick();
	assert_true(fixture.actions.send);
	assert_in_range(mono_sub(fixture.now, before), 37500 * DUR_US, 50 * DUR_MS);
}

/* covers: BFD-12 */
static void neighbor_wants_nothing(void **state)
{
	struct bfd_packet packet = from_remote(BFD_UP);

	(void)state;
	come_up();
	packet.required_min_rx = 0;
	hear_packet(&packet);
	assert_int_equal(bfd_session_interval(&fixture.session), 0);
	assert_int_equal(bfd_session_deadline(&fixture.session).ns, mono_add(fixture.now, 120 * DUR_MS).ns);
	packet.poll = true; /* but an answer, always */
	hear_packet(&packet);
	assert_true(fixture.actions.send && fixture.actions.packet.final);
	packet.poll = false;
	packet.required_min_rx = 1;
	hear_packet(&packet);
	assert_int_equal(bfd_session_interval(&fixture.session), 50 * DUR_MS);
	/* After silence it is not known what the neighbor wants. */
	packet.required_min_rx = 0;
	hear_packet(&packet);
	tick();
	assert_int_equal(fixture.session.state, BFD_DOWN);
	assert_int_equal(bfd_session_interval(&fixture.session), DUR_S);
}

/* covers: BFD-12 */
static void demand_of_the_neighbor(void **state)
{
	struct bfd_packet packet = from_remote(BFD_UP);

	(void)state;
	come_up();
	packet.demand = true;
	hear_packet(&packet);
	assert_int_equal(bfd_session_interval(&fixture.session), 0);
	assert_int_equal(bfd_session_detection_time(&fixture.session), 120 * DUR_MS); /* of it, as ever */
	/* A change has to be polled all the same. */
	fixture.config.min_tx = 80 * DUR_MS;
	input(BFD_EVENT_CONFIG);
	assert_true(fixture.actions.send && fixture.actions.packet.poll);
	assert_int_equal(bfd_session_interval(&fixture.session), 50 * DUR_MS);
	packet.final = true;
	hear_packet(&packet);
	assert_int_equal(bfd_session_interval(&fixture.session), 0);
	/* No demand mode where the neighbor is not Up. */
	packet.final = false;
	packet.state = BFD_INIT;
	hear_packet(&packet);
	assert_int_equal(bfd_session_interval(&fixture.session), 80 * DUR_MS);
}

/* covers: BFD-11 */
static void poll_is_answered(void **state)
{
	struct bfd_packet packet = from_remote(BFD_UP);
	mono_t due;

	(void)state;
	come_up();
	due = fixture.session.next_tx;
	packet.poll = true;
	hear_packet(&packet);
	assert_true(fixture.actions.send && fixture.actions.packet.final && !fixture.actions.packet.poll);
	assert_int_equal(fixture.session.next_tx.ns, due.ns); /* whatever the timer said, it still says */
	packet.poll = false;
	hear_packet(&packet);
	assert_false(fixture.actions.send);
}

/* With a Poll of our own under way, the Final is not one: never both bits. */
/* covers: BFD-11 */
static void final_is_no_poll(void **state)
{
	struct bfd_packet packet = from_remote(BFD_UP);

	(void)state;
	start();
	hear(BFD_DOWN);
	packet.poll = true;
	hear_packet(&packet);
	expect_state(BFD_UP, BFD_DIAG_NONE, BFD_CAUSE_HEARD_UP);
	assert_true(fixture.actions.send && fixture.actions.packet.final && !fixture.actions.packet.poll);
	assert_int_equal(fixture.actions.packet.state, BFD_UP);
	tick();
	assert_true(fixture.actions.send && fixture.actions.packet.poll && !fixture.actions.packet.final);
}

/* covers: BFD-08 */
static void going_up_is_polled(void **state)
{
	(void)state;
	start();
	hear(BFD_DOWN);
	hear(BFD_UP);
	assert_true(fixture.actions.send && fixture.actions.packet.poll);
	assert_int_equal(fixture.actions.packet.desired_min_tx, 50000);
	for (int i = 0; i < 3; i++) { /* until the Final comes */
		hear(BFD_UP);
		tick();
		assert_true(fixture.actions.packet.poll);
	}
	hear_final();
	tick();
	assert_true(fixture.actions.send && !fixture.actions.packet.poll);
}

/* covers: BFD-08 */
static void slower_after_the_final_only(void **state)
{
	(void)state;
	come_up();
	fixture.config.min_tx = 200 * DUR_MS;
	input(BFD_EVENT_CONFIG);
	assert_true(fixture.actions.send && fixture.actions.packet.poll);
	assert_int_equal(fixture.actions.packet.desired_min_tx, 200000);
	assert_int_equal(bfd_session_interval(&fixture.session), 50 * DUR_MS);
	hear(BFD_UP);
	assert_int_equal(bfd_session_interval(&fixture.session), 50 * DUR_MS);
	hear_final();
	assert_int_equal(bfd_session_interval(&fixture.session), 200 * DUR_MS);
	/* Faster at once. */
	fixture.config.min_tx = 45 * DUR_MS;
	input(BFD_EVENT_CONFIG);
	assert_int_equal(bfd_session_interval(&fixture.session), 45 * DUR_MS);
	assert_true(fixture.actions.packet.poll);
}

/* covers: BFD-08 */
static void shorter_detection_after_the_final_only(void **state)
{
	(void)state;
	fixture.config.min_rx = 100 * DUR_MS;
	come_up();
	fixture.config.min_rx = 10 * DUR_MS;
	input(BFD_EVENT_CONFIG);
	assert_int_equal(fixture.actions.packet.required_min_rx, 10000);
	assert_int_equal(bfd_session_detection_time(&fixture.session), 400 * DUR_MS);
	hear_final();
	assert_int_equal(bfd_session_detection_time(&fixture.session), 120 * DUR_MS);
	assert_int_equal(fixture.session.detection_ends.ns, mono_add(fixture.now, 120 * DUR_MS).ns);
	/* Longer at once. */
	fixture.config.min_rx = 300 * DUR_MS;
	input(BFD_EVENT_CONFIG);
	assert_int_equal(bfd_session_detection_time(&fixture.session), 1200 * DUR_MS);
	assert_int_equal(fixture.session.detection_ends.ns, mono_add(fixture.now, 1200 * DUR_MS).ns);
}

/* A Final may answer what was said before the second change. */
/* covers: BFD-08 */
static void change_during_a_poll(void **state)
{
	(void)state;
	come_up();
	fixture.config.min_tx = 200 * DUR_MS;
	input(BFD_EVENT_CONFIG);
	fixture.config.min_tx = 300 * DUR_MS;
	input(BFD_EVENT_CONFIG);
	hear_final();
	assert_true(fixture.session.polling);
	assert_int_equal(bfd_session_interval(&fixture.session), 50 * DUR_MS);
	hear_final();
	assert_false(fixture.session.polling);
	assert_int_equal(bfd_session_interval(&fixture.session), 300 * DUR_MS);
}

static void same_values_are_not_polled(void **state)
{
	(void)state;
	come_up();
	fixture.config.multiplier = 9;
	input(BFD_EVENT_CONFIG);
	assert_true(fixture.actions.send && !fixture.actions.packet.poll);
	assert_int_equal(fixture.actions.packet.multiplier, 9);
}

static void early_tick_changes_nothing(void **state)
{
	struct bfd_session before;

	(void)state;
	come_up();
	before = fixture.session;
	fixture.now = (mono_t){bfd_session_deadline(&fixture.session).ns - 1};
	input(BFD_EVENT_TICK);
	assert_false(fixture.actions.send || fixture.actions.changed);
	assert_memory_equal(&before, &fixture.session, sizeof(before));
}

static void stop(void **state)
{
	(void)state;
	come_up();
	input(BFD_EVENT_STOP);
	expect_state(BFD_ADMIN_DOWN, BFD_DIAG_ADMIN_DOWN, BFD_CAUSE_STOP);
	assert_true(fixture.actions.send);
	assert_int_equal(fixture.actions.packet.state, BFD_ADMIN_DOWN);
	assert_int_equal(fixture.actions.packet.diag, BFD_DIAG_ADMIN_DOWN);
	assert_int_equal(fixture.actions.packet.your_discriminator, REMOTE);
	assert_int_equal(bfd_session_deadline(&fixture.session).ns, MONO_NEVER.ns);
	input(BFD_EVENT_STOP);
	assert_false(fixture.actions.send || fixture.actions.changed);
	input(BFD_EVENT_START);
	expect_state(BFD_DOWN, BFD_DIAG_NONE, BFD_CAUSE_START);
	assert_true(fixture.actions.send);
}

/* covers: BFD-02 BFD-05 */
static void acceptance(void **state)
{
	struct ip_addr neighbor = ip_v4(10, 0, 0, 2), stranger = ip_v4(10, 0, 0, 3);
	struct bfd_packet packet = from_remote(BFD_UP);
	const struct bfd_session *session = &fixture.session;

	(void)state;
	start();
	assert_int_equal(bfd_session_accept(session, &packet, &neighbor, 255), BFD_DROP_NONE);
	assert_int_equal(bfd_session_accept(session, &packet, &stranger, 255), BFD_DROP_SOURCE);
	assert_int_equal(bfd_session_accept(session, &packet, &neighbor, 254), BFD_DROP_HOPS);
	assert_int_equal(bfd_session_accept(session, &packet, &neighbor, -1), BFD_DROP_HOPS);
	fixture.config.max_hops = 2;
	assert_int_equal(bfd_session_accept(session, &packet, &neighbor, 253), BFD_DROP_NONE);
	assert_int_equal(bfd_session_accept(session, &packet, &neighbor, 252), BFD_DROP_HOPS);
	fixture.config.max_hops = BFD_ANY_HOPS;
	assert_int_equal(bfd_session_accept(session, &packet, &neighbor, 1), BFD_DROP_NONE);
	assert_int_equal(bfd_session_accept(session, &packet, &neighbor, -1), BFD_DROP_NONE);
	packet.authentication = true;
	assert_int_equal(bfd_session_accept(session, &packet, &neighbor, 255), BFD_DROP_AUTHENTICATION);
	packet.authentication = false;
	input(BFD_EVENT_STOP);
	assert_int_equal(bfd_session_accept(session, &packet, &neighbor, 255), BFD_DROP_ADMIN_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(active_speaks_first, prepare),
		cmocka_unit_test_setup(idle_interval_is_configured, prepare),
		cmocka_unit_test_setup(passive_waits, prepare),
		cmocka_unit_test_setup(table, prepare),
		cmocka_unit_test_setup(causes, prepare),
		cmocka_unit_test_setup(silence, prepare),
		cmocka_unit_test_setup(own_required_interval_is_the_slower, prepare),
		cmocka_unit_test_setup(forgets_in_down, prepare),
		cmocka_unit_test_setup(interval_and_jitter, prepare),
		cmocka_unit_test_setup(follows_what_the_neighbor_can_take, prepare),
		cmocka_unit_test_setup(neighbor_wants_nothing, prepare),
		cmocka_unit_test_setup(demand_of_the_neighbor, prepare),
		cmocka_unit_test_setup(poll_is_answered, prepare),
		cmocka_unit_test_setup(final_is_no_poll, prepare),
		cmocka_unit_test_setup(going_up_is_polled, prepare),
		cmocka_unit_test_setup(slower_after_the_final_only, prepare),
		cmocka_unit_test_setup(shorter_detection_after_the_final_only, prepare),
		cmocka_unit_test_setup(change_during_a_poll, prepare),
		cmocka_unit_test_setup(same_values_are_not_polled, prepare),
		cmocka_unit_test_setup(early_tick_changes_nothing, prepare),
		cmocka_unit_test_setup(stop, prepare),
		cmocka_unit_test_setup(acceptance, prepare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
