/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One BFD session in asynchronous mode: RFC 5880 section 6.8, with the additions of RFC 5881 (single hop) and RFC 5883
 * (multihop). Demand mode is honoured when the neighbor asks for it, and never asked for; no echo, no authentication.
 *
 * Pure, as the virtual router: events and the time come in, at most one packet and one transition go out. The
 * variables of section 6.8.1 are fields of the session under names that tell which they are. Announced values and
 * values in use are kept apart: slower sending and a shorter detection time are used only when the neighbor has
 * answered a Poll Sequence (6.8.3).
 */
#ifndef VIGIA_CORE_BFD_H
#define VIGIA_CORE_BFD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/archive.h"
#include "base/random.h"
#include "base/time.h"
#include "core/config.h"
#include "wire/bfd.h"

/* Why the state changed. */
enum bfd_cause {
	BFD_CAUSE_NONE, /* never has */
	BFD_CAUSE_START,
	BFD_CAUSE_HEARD_DOWN, /* the neighbor is there: Init */
	BFD_CAUSE_HEARD_INIT, /* it hears us: Up */
	BFD_CAUSE_HEARD_UP, /* it knows that we hear it: Up */
	BFD_CAUSE_NEIGHBOR_DOWN, /* says so */
	BFD_CAUSE_NEIGHBOR_ADMIN_DOWN, /* was shut down on purpose */
	BFD_CAUSE_DETECTION_EXPIRED, /* silence */
	BFD_CAUSE_STOP, /* we were shut down on purpose */
};

struct bfd_record {
	mono_t at;
	enum bfd_state from;
	enum bfd_state to;
	enum bfd_cause cause;
	dur_t silence; /* DETECTION_EXPIRED: since the last packet */
};

struct bfd_session {
	const struct bfd_config *config; /* of the caller, which keeps it alive */
	struct random random; /* jitter */
	enum bfd_state state;
	uint8_t diag; /* enum bfd_diag */
	uint32_t local_discriminator;

	/* As the neighbor said last. */
	uint32_t remote_discriminator; /* 0: not heard for a detection time */
	enum bfd_state remote_state;
	uint8_t remote_diag;
	uint8_t remote_multiplier;
	bool remote_demand;
	dur_t remote_min_tx;
	dur_t remote_min_rx;

	dur_t announced_tx; /* Desired Min TX */
	dur_t announced_rx; /* Required Min RX */
	dur_t used_tx; /* what of it counts for the interval */
	dur_t used_rx; /* what of it counts for the detection time */
	bool polling; /* a Poll Sequence is under way... */
	bool poll_again; /* ...and the values changed since its first packet */

	bool sent; /* anything yet... */
	struct bfd_packet said; /* ...and what it was */
	mono_t last_tx; /* the last periodic packet */
	mono_t next_tx; /* MONO_NEVER: none is due */
	dur_t interval; /* that next_tx was made from */
	mono_t last_rx;
	mono_t detection_ends; /* MONO_NEVER: the neighbor is not heard */
	struct bfd_record cause; /* of the last transition */
};

enum bfd_event_type {
	BFD_EVENT_START, /* from AdminDown to Down */
	BFD_EVENT_TICK,
	BFD_EVENT_PACKET, /* one that bfd_session_accept took */
	BFD_EVENT_CONFIG, /* of the same neighbor, with other values */
	BFD_EVENT_STOP, /* to AdminDown */
};

struct bfd_event {
	enum bfd_event_type type;
	const struct bfd_packet *packet; /* PACKET */
	const struct bfd_config *config; /* CONFIG: takes the place of the old one */
};

struct bfd_actions {
	bool send;
	struct bfd_packet packet;
	bool changed; /* the state; why is in session.cause */
};

/* AdminDown until BFD_EVENT_START. discriminator: not 0, no other session's. */
void bfd_session_init(
	struct bfd_session *session, const struct bfd_config *config, uint32_t discriminator, uint64_t seed);
/* The checks that need a session, for a packet found by Your Discriminator or, if that is 0, by its source.
 * hops: TTL or hop limit; -1: the system did not say, which is refused where it matters. */
enum bfd_drop bfd_session_accept(const struct bfd_session *session, const struct bfd_packet *packet,
	const struct ip_addr *source, int hops);
/* *actions is written in any case. The time of an event is never before that of an earlier one. */
void bfd_session_input(
	struct bfd_session *session, const struct bfd_event *event, mono_t now, struct bfd_actions *actions);
/* When the next BFD_EVENT_TICK is due; one that comes early changes nothing. */
mono_t bfd_session_deadline(const struct bfd_session *session);
/* What came until now, nobody has read: the detection time begins again. */
void bfd_session_was_deaf(struct bfd_session *session, mono_t now);
/* As negotiated, before jitter; 0: nothing is sent periodically. */
dur_t bfd_session_interval(const struct bfd_session *session);
/* Silence of that length takes the session down; 0: the neighbor has not been heard. */
dur_t bfd_session_detection_time(const struct bfd_session *session);

/* Writes the state for another process, or reads it into a session of the same configuration. */
void bfd_session_archive(struct archive *archive, struct bfd_session *session);

/* Stable words for JSON: "detection-expired". */
const char *bfd_cause_name(enum bfd_cause cause);
/* For people, behind the change: "nothing was heard for the detection time". */
const char *bfd_cause_text(enum bfd_cause cause);

#endif
