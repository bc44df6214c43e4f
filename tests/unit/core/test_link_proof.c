/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/link_proof.h"

static mono_t at(dur_t since_start)
{
	return (mono_t){500 * DUR_S + since_start};
}

static void expect(const struct link_proof *proof, struct link_proof_result result,
	enum link_proof_state state, enum link_proof_reason reason, bool changed, bool probe)
{
	assert_int_equal(proof->state, state);
	assert_int_equal(proof->reason, reason);
	assert_int_equal(result.changed, changed);
	assert_int_equal(result.probe, probe);
}

static void returned(struct link_proof *proof, bool has_next_hop, dur_t slow_probe)
{
	link_proof_init(proof, has_next_hop, slow_probe);
	link_proof_input(proof, LINK_EVENT_CARRIER_DOWN, at(-DUR_S));
	assert_true(proof->seen_down);
}

static void starts_down(void **unused)
{
	struct link_proof proof;

	(void)unused;
	link_proof_init(&proof, true, DUR_S);
	expect(&proof, (struct link_proof_result){false, false}, LINK_DOWN, LINK_REASON_NO_CARRIER, false,
		false);
	assert_int_equal(link_proof_deadline(&proof).ns, MONO_NEVER.ns);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_TICK, at(0)), LINK_DOWN, LINK_REASON_NO_CARRIER,
		false, false);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_ANSWER, at(0)), LINK_DOWN, LINK_REASON_NO_CARRIER,
		false, false);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_CARRIER_DOWN, at(0)), LINK_DOWN,
		LINK_REASON_NO_CARRIER, false, false);
}

static void answer_proves(void **unused)
{
	struct link_proof proof;

	(void)unused;
	returned(&proof, true, DUR_S);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(0)), LINK_PROVING,
		LINK_REASON_WAITING_NEXT_HOP, true, true);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(DUR_MS)), LINK_PROVING,
		LINK_REASON_WAITING_NEXT_HOP, false, false);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_ANSWER, at(2 * DUR_MS)), LINK_GOOD,
		LINK_REASON_ANSWERED, true, false);
	assert_int_equal(link_proof_deadline(&proof).ns, MONO_NEVER.ns);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(DUR_S)), LINK_GOOD,
		LINK_REASON_ANSWERED, false, false);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_CARRIER_DOWN, at(2 * DUR_S)), LINK_DOWN,
		LINK_REASON_NO_CARRIER, true, false);
}

/* Every 10 ms for a second, then slowly; a tick in between changes nothing. */
static void probes(void **unused)
{
	struct link_proof proof;
	unsigned fast = 0, slow = 0;

	(void)unused;
	returned(&proof, true, DUR_S);
	link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(0));
	for (;;) {
		struct link_proof before = proof;
		mono_t next = link_proof_deadline(&proof);

		link_proof_input(&proof, LINK_EVENT_TICK, mono_add(next, -1));
		assert_memory_equal(&before, &proof, sizeof(proof));
		if (!link_proof_input(&proof, LINK_EVENT_TICK, next).probe)
			break;
		if (mono_sub(next, at(0)) <= DUR_S)
			fast++;
		else
			slow++;
	}
	assert_int_equal(fast, 100);
	assert_int_equal(slow, 28); /* 2 s .. 29 s; at 30 s it gives up */
	assert_int_equal(proof.state, LINK_GOOD);
	assert_int_equal(proof.reason, LINK_REASON_GAVE_UP);
}

static void slow_probe_is_not_faster_than_fast(void **unused)
{
	struct link_proof proof;

	(void)unused;
	link_proof_init(&proof, true, DUR_MS);
	assert_int_equal(proof.slow_probe, LINK_PROOF_FAST_PROBE);
}

static void hold_down_without_next_hop(void **unused)
{
	struct link_proof proof;

	(void)unused;
	returned(&proof, false, DUR_S);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(0)), LINK_PROVING,
		LINK_REASON_WAITING_HOLD_DOWN, true, false);
	assert_int_equal(link_proof_deadline(&proof).ns, at(LINK_PROOF_HOLD_DOWN).ns);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_TICK, at(LINK_PROOF_HOLD_DOWN - 1)), LINK_PROVING,
		LINK_REASON_WAITING_HOLD_DOWN, false, false);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_TICK, at(LINK_PROOF_HOLD_DOWN)), LINK_GOOD,
		LINK_REASON_HELD_DOWN, true, false);
}

/* A flap begins the hold-down anew. */
static void flap_restarts_hold_down(void **unused)
{
	struct link_proof proof;

	(void)unused;
	returned(&proof, false, DUR_S);
	link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(0));
	link_proof_input(&proof, LINK_EVENT_CARRIER_DOWN, at(900 * DUR_MS));
	link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(901 * DUR_MS));
	assert_int_equal(link_proof_deadline(&proof).ns, at(901 * DUR_MS + LINK_PROOF_HOLD_DOWN).ns);
}

/* Carrier from the start and a silent next hop: believed after the hold-down. */
static void mute_next_hop_at_start(void **unused)
{
	struct link_proof proof;

	(void)unused;
	link_proof_init(&proof, true, DUR_S);
	link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(0));
	expect(&proof, link_proof_input(&proof, LINK_EVENT_TICK, at(LINK_PROOF_HOLD_DOWN - 1)), LINK_PROVING,
		LINK_REASON_WAITING_NEXT_HOP, false, true);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_TICK, at(LINK_PROOF_HOLD_DOWN)), LINK_GOOD,
		LINK_REASON_GAVE_UP, true, false);
	/* A late answer still tells the better reason. */
	expect(&proof, link_proof_input(&proof, LINK_EVENT_ANSWER, at(2 * DUR_S)), LINK_GOOD,
		LINK_REASON_ANSWERED, false, false);
}

static void mute_next_hop_after_return(void **unused)
{
	struct link_proof proof;

	(void)unused;
	returned(&proof, true, 60 * DUR_S);
	link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(0));
	link_proof_input(&proof, LINK_EVENT_TICK, at(LINK_PROOF_GIVE_UP - 1));
	assert_int_equal(proof.state, LINK_PROVING);
	assert_int_equal(link_proof_deadline(&proof).ns, at(LINK_PROOF_GIVE_UP).ns);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_TICK, at(LINK_PROOF_GIVE_UP)), LINK_GOOD,
		LINK_REASON_GAVE_UP, true, false);
}

static void next_hop_comes_and_goes(void **unused)
{
	struct link_proof proof;

	(void)unused;
	returned(&proof, false, DUR_S);
	link_proof_set_next_hop(&proof, true, at(-DUR_MS)); /* down: nothing to ask yet */
	assert_int_equal(link_proof_deadline(&proof).ns, MONO_NEVER.ns);
	link_proof_set_next_hop(&proof, false, at(-DUR_MS));
	link_proof_input(&proof, LINK_EVENT_CARRIER_UP, at(0));
	link_proof_set_next_hop(&proof, true, at(DUR_MS));
	assert_int_equal(proof.reason, LINK_REASON_WAITING_NEXT_HOP);
	assert_int_equal(link_proof_deadline(&proof).ns, at(DUR_MS).ns);
	expect(&proof, link_proof_input(&proof, LINK_EVENT_TICK, at(DUR_MS)), LINK_PROVING,
		LINK_REASON_WAITING_NEXT_HOP, false, true);
	link_proof_set_next_hop(&proof, true, at(2 * DUR_MS)); /* the same: nothing restarts */
	assert_int_equal(link_proof_deadline(&proof).ns, at(11 * DUR_MS).ns);
	link_proof_set_next_hop(&proof, false, at(3 * DUR_MS));
	assert_int_equal(proof.reason, LINK_REASON_WAITING_HOLD_DOWN);
	assert_int_equal(link_proof_deadline(&proof).ns, at(LINK_PROOF_HOLD_DOWN).ns);
	link_proof_input(&proof, LINK_EVENT_TICK, at(LINK_PROOF_HOLD_DOWN));
	assert_int_equal(proof.state, LINK_GOOD);
	link_proof_set_next_hop(&proof, true, at(5 * DUR_S)); /* a good link stays good */
	assert_int_equal(proof.state, LINK_GOOD);
	assert_int_equal(link_proof_deadline(&proof).ns, MONO_NEVER.ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_down),
		cmocka_unit_test(answer_proves),
		cmocka_unit_test(probes),
		cmocka_unit_test(slow_probe_is_not_faster_than_fast),
		cmocka_unit_test(hold_down_without_next_hop),
		cmocka_unit_test(flap_restarts_hold_down),
		cmocka_unit_test(mute_next_hop_at_start),
		cmocka_unit_test(mute_next_hop_after_return),
		cmocka_unit_test(next_hop_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
