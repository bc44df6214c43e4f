/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/anti_replay.h"

/* Seconds, 1/65536 of a second, and a counter that begins with 0: see wire/authentication.h. */
static uint64_t stamp_of(int64_t wall)
{
	uint64_t seconds = (uint64_t)(wall / DUR_S), rest = (uint64_t)(wall % DUR_S);

	return seconds << 32 | (rest << 16) / DUR_S << 16;
}

/* To the second's fraction; the counter is no time. */
static int64_t wall_of(uint64_t stamp)
{
	uint64_t fraction = stamp >> 16 & 0xffff;

	return (int64_t)(stamp >> 32) * DUR_S + (int64_t)(fraction * DUR_S >> 16);
}

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Nobody whose clock is right would take it. */
static bool is_beyond(uint64_t stamp, const struct hmac_config *hmac, int64_t wall)
{
	return !hmac->monotonic && wall_of(stamp) - wall > hmac->time_window;
}

uint64_t anti_replay_next(const struct anti_replay *state, enum vrrp_scheme scheme, const struct hmac_config *hmac,
	int64_t wall)
{
	switch (scheme) {
	case VRRP_SCHEME_NONE:
	case VRRP_SCHEME_PASS:
		break;
	case VRRP_SCHEME_AH:
		/* Begins with the seconds of the wall clock: a router that was restarted goes on above its old numbers. */
		if (state->sent == 0 && state->heard == 0)
			return (uint32_t)(wall / DUR_S) + 1;
		return greater(state->sent, state->heard) + 1;
	case VRRP_SCHEME_HMAC:
		return is_beyond(state->sent + 1, hmac, wall) ? stamp_of(wall)
							      : greater(state->sent + 1, stamp_of(wall));
	}
	return 0;
}

void anti_replay_sent(struct anti_replay *state, uint64_t sequence)
{
	if (sequence != 0)
		state->sent = sequence;
}

/* Two that become master at the same moment say the same number: that one is no repetition. */
static enum drop_reason check_number(struct anti_replay *state, uint32_t number)
{
	if (number <= state->heard || number < state->sent)
		return DROP_REPLAY;
	state->heard = number;
	return DROP_NONE;
}

static struct anti_replay_sender *find_sender(struct anti_replay *state, const struct ip_addr *address)
{
	struct anti_replay_sender *oldest = &state->senders[0];

	for (size_t i = 0; i < ANTI_REPLAY_SENDERS; i++) {
		struct anti_replay_sender *sender = &state->senders[i];

		if (ip_equal(&sender->address, address))
			return sender;
		if (sender->stamp < oldest->stamp)
			oldest = sender;
	}
	*oldest = (struct anti_replay_sender){.address = *address};
	return oldest;
}

static bool is_near(uint64_t stamp, int64_t wall, dur_t window)
{
	int64_t away = wall_of(stamp) - wall;

	return away <= window && away >= -window;
}

enum drop_reason anti_replay_check(struct anti_replay *state, const struct vr_config *config,
	const struct vrrp_advert *advert, int64_t wall)
{
	const struct hmac_config *hmac = &config->extra->hmac;
	struct anti_replay_sender *sender;
	uint64_t stamp;

	if (config->version == 2)
		return config->extra->authentication == AUTHENTICATION_AH
			       ? check_number(state, vrrp_ah_read(advert->ah).sequence)
			       : DROP_NONE;
	if (!hmac->enabled || advert->trailer == NULL)
		return DROP_NONE;
	stamp = vrrp_trailer_read(advert->trailer).stamp;
	if (!hmac->monotonic && !is_near(stamp, wall, hmac->time_window))
		return DROP_REPLAY;
	sender = find_sender(state, &advert->source);
	if (stamp <= sender->stamp && !is_beyond(sender->stamp, hmac, wall))
		return DROP_REPLAY;
	sender->stamp = stamp;
	return DROP_NONE;
}
