/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has been said with authority is not taken twice. AH numbers its packets, and all routers of a virtual router count
 * together: who speaks goes on from the greatest number that it heard. The trailers of auth_hmac carry stamps, by which each
 * sender counts for itself; with anti_replay time they must also be near our own clock, and a clock that was wrong by more
 * than the window and has been set right begins anew: what was said and heard by the wrong clock would else keep the right
 * one from being believed until it has caught up.
 *
 * The wall clock is an argument, nanoseconds since 1970. Only key holders can move anything here: call it with adverts that
 * core/accept.h has taken.
 */
#ifndef VIGIA_CORE_ANTI_REPLAY_H
#define VIGIA_CORE_ANTI_REPLAY_H

#include "core/config.h"
#include "wire/drop.h"
#include "wire/vrrp.h"

#define ANTI_REPLAY_SENDERS 16

struct anti_replay_sender {
	struct ip_addr address;
	uint64_t stamp;
};

struct anti_replay {
	uint64_t sent; /* greatest number or stamp of ours that has left */
	uint64_t heard; /* AH: greatest number of others */
	struct anti_replay_sender senders[ANTI_REPLAY_SENDERS]; /* HMAC; a new one takes the place of the oldest */
};

/* Number or stamp for the next advert, greater than all before it unless the clock was set back beyond the window. Nothing
 * changes until it is said to be sent. */
uint64_t anti_replay_next(const struct anti_replay *state, enum vrrp_scheme scheme, const struct hmac_config *hmac,
	int64_t wall);
void anti_replay_sent(struct anti_replay *state, uint64_t sequence);
/* DROP_NONE, and remembers it; or DROP_REPLAY. */
enum drop_reason anti_replay_check(struct anti_replay *state, const struct vr_config *config,
	const struct vrrp_advert *advert, int64_t wall);

#endif
