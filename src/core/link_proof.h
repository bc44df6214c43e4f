/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When may the carrier of a tracked interface be believed?
 *
 * Loss of carrier is believed at once. Its return is not: a bridge port or a switch may still drop everything for a
 * while. So a returned link is proven: the next hop behind it must answer an ARP request. Asked every 10 ms for the
 * first second, then once per `slow_probe`. Without a next hop to ask, carrier must stand for `hold_down`. A link that
 * already had carrier when we started, and whose next hop stays silent, is believed after `hold_down` too; a link that
 * returned and whose next hop stays silent is believed after `give_up`, with a warning, because two routers that
 * both distrust a mute next hop would leave the network without any master.
 *
 * Pure: time and events come in, probes and the verdict go out.
 */
#ifndef VIGIA_CORE_LINK_PROOF_H
#define VIGIA_CORE_LINK_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define LINK_PROOF_FAST_PROBE (10 * DUR_MS)
#define LINK_PROOF_FAST_PHASE (1 * DUR_S)
#define LINK_PROOF_HOLD_DOWN (1 * DUR_S)
#define LINK_PROOF_GIVE_UP (30 * DUR_S)

enum link_proof_state {
	LINK_DOWN, /* no carrier, or no such interface */
	LINK_PROVING, /* carrier, nothing heard yet */
	LINK_GOOD,
};

/* Why the link is in its state; for status and logs. */
enum link_proof_reason {
	LINK_REASON_NO_CARRIER,
	LINK_REASON_WAITING_NEXT_HOP, /* LINK_PROVING with a next hop */
	LINK_REASON_WAITING_HOLD_DOWN, /* LINK_PROVING without one */
	LINK_REASON_ANSWERED, /* the next hop answered */
	LINK_REASON_HELD_DOWN, /* carrier stood for hold_down */
	LINK_REASON_GAVE_UP, /* believed although the next hop is silent */
};

struct link_proof {
	enum link_proof_state state;
	enum link_proof_reason reason;
	bool has_next_hop;
	bool seen_down; /* carrier has been missing since the start: this is a return, not a start */
	dur_t slow_probe;
	mono_t carrier_since;
	mono_t next_probe; /* MONO_NEVER unless LINK_PROVING with a next hop */
};

enum link_proof_event {
	LINK_EVENT_TICK,
	LINK_EVENT_CARRIER_UP,
	LINK_EVENT_CARRIER_DOWN,
	LINK_EVENT_ANSWER, /* the next hop answered on this interface */
};

struct link_proof_result {
	bool changed; /* state differs from before the call */
	bool probe; /* ask the next hop now */
};

/* slow_probe: the advert interval of the tracking virtual routers, at least LINK_PROOF_FAST_PROBE. */
void link_proof_init(struct link_proof *proof, bool has_next_hop, dur_t slow_probe);
struct link_proof_result link_proof_input(struct link_proof *proof, enum link_proof_event event, mono_t now);
mono_t link_proof_deadline(const struct link_proof *proof);
/* A configuration or address change gave or took the next hop. */
void link_proof_set_next_hop(struct link_proof *proof, bool has_next_hop, mono_t now);

#endif
