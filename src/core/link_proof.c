/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/link_proof.h"

static const struct link_proof_result nothing;

void link_proof_init(struct link_proof *proof, bool has_next_hop, dur_t slow_probe)
{
	*proof = (struct link_proof){
		.state = LINK_DOWN,
		.reason = LINK_REASON_NO_CARRIER,
		.has_next_hop = has_next_hop,
		.slow_probe = slow_probe < LINK_PROOF_FAST_PROBE ? LINK_PROOF_FAST_PROBE : slow_probe,
		.next_probe = MONO_NEVER,
	};
}

/* When carrier alone will be believed. */
static mono_t patience_end(const struct link_proof *proof)
{
	bool distrust = proof->has_next_hop && proof->seen_down;

	return mono_add(proof->carrier_since, distrust ? LINK_PROOF_GIVE_UP : LINK_PROOF_HOLD_DOWN);
}

mono_t link_proof_deadline(const struct link_proof *proof)
{
	if (proof->state != LINK_PROVING)
		return MONO_NEVER;
	return mono_min(proof->next_probe, patience_end(proof));
}

static struct link_proof_result enter(
	struct link_proof *proof, enum link_proof_state state, enum link_proof_reason reason)
{
	struct link_proof_result result = {.changed = proof->state != state};

	proof->state = state;
	proof->reason = reason;
	proof->next_probe = MONO_NEVER;
	return result;
}

static struct link_proof_result carrier_up(struct link_proof *proof, mono_t now)
{
	struct link_proof_result result;

	if (proof->state != LINK_DOWN)
		return nothing;
	proof->carrier_since = now;
	result = enter(proof, LINK_PROVING,
		proof->has_next_hop ? LINK_REASON_WAITING_NEXT_HOP : LINK_REASON_WAITING_HOLD_DOWN);
	if (proof->has_next_hop) {
		result.probe = true;
		proof->next_probe = mono_add(now, LINK_PROOF_FAST_PROBE);
	}
	return result;
}

static struct link_proof_result answered(struct link_proof *proof)
{
	switch (proof->state) {
	case LINK_DOWN: /* it was on its way when carrier went */
		return nothing;
	case LINK_PROVING:
	case LINK_GOOD:
		break;
	}
	return enter(proof, LINK_GOOD, LINK_REASON_ANSWERED);
}

static struct link_proof_result tick(struct link_proof *proof, mono_t now)
{
	struct link_proof_result result = nothing;
	dur_t period = LINK_PROOF_FAST_PROBE;

	if (proof->state != LINK_PROVING)
		return nothing;
	if (mono_due(patience_end(proof), now))
		return enter(
			proof, LINK_GOOD, proof->has_next_hop ? LINK_REASON_GAVE_UP : LINK_REASON_HELD_DOWN);
	if (mono_due(proof->next_probe, now)) {
		if (mono_due(mono_add(proof->carrier_since, LINK_PROOF_FAST_PHASE), now))
			period = proof->slow_probe;
		proof->next_probe = mono_add(now, period);
		result.probe = true;
	}
	return result;
}

struct link_proof_result link_proof_input(struct link_proof *proof, enum link_proof_event event, mono_t now)
{
	switch (event) {
	case LINK_EVENT_TICK:
		return tick(proof, now);
	case LINK_EVENT_CARRIER_UP:
		return carrier_up(proof, now);
	case LINK_EVENT_CARRIER_DOWN:
		proof->seen_down = true;
		return enter(proof, LINK_DOWN, LINK_REASON_NO_CARRIER);
	case LINK_EVENT_ANSWER:
		return answered(proof);
	}
	return nothing;
}

void link_proof_set_next_hop(struct link_proof *proof, bool has_next_hop, mono_t now)
{
	if (proof->has_next_hop == has_next_hop)
		return;
	proof->has_next_hop = has_next_hop;
	if (proof->state != LINK_PROVING)
		return;
	proof->reason = has_next_hop ? LINK_REASON_WAITING_NEXT_HOP : LINK_REASON_WAITING_HOLD_DOWN;
	proof->next_probe = has_next_hop ? now : MONO_NEVER; /* the next tick asks */
}
