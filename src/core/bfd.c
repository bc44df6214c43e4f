/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/bfd.h"

#include <string.h>

#define REMOTE_MIN_RX_FIRST DUR_US /* bfd.RemoteMinRxInterval before anything was heard: RFC 5880 6.8.1 */
#define TTL_MAX 255

void bfd_session_init(
	struct bfd_session *session, const struct bfd_config *config, uint32_t discriminator, uint64_t seed)
{
	memset(session, 0, sizeof(*session));
	session->config = config;
	session->local_discriminator = discriminator;
	session->state = BFD_ADMIN_DOWN;
	session->remote_state = BFD_DOWN;
	session->remote_min_rx = REMOTE_MIN_RX_FIRST;
	session->announced_tx = session->used_tx = config->idle_tx;
	session->announced_rx = session->used_rx = config->min_rx;
	session->next_tx = MONO_NEVER;
	session->detection_ends = MONO_NEVER;
	random_seed(&session->random, seed);
}

enum bfd_drop bfd_session_accept(const struct bfd_session *session, const struct bfd_packet *packet,
	const struct ip_addr *source, int hops)
{
	int max_hops = session->config->max_hops;

	if (!ip_equal(source, &session->config->neighbor))
		return BFD_DROP_SOURCE;
	if (max_hops != BFD_ANY_HOPS && hops < TTL_MAX - max_hops)
		return BFD_DROP_HOPS;
	if (packet->authentication)
		return BFD_DROP_AUTHENTICATION;
	return session->state == BFD_ADMIN_DOWN ? BFD_DROP_ADMIN_DOWN : BFD_DROP_NONE;
}

/* 6.8.7: who may not send unasked. */
static bool is_silent(const struct bfd_session *session)
{
	if (session->state == BFD_ADMIN_DOWN)
		return true;
	if (session->config->passive && session->remote_discriminator == 0)
		return true;
	if (session->remote_min_rx == 0)
		return true;
	return session->remote_demand && session->state == BFD_UP && session->remote_state == BFD_UP &&
	       !session->polling;
}

dur_t bfd_session_interval(const struct bfd_session *session)
{
	if (is_silent(session))
		return 0;
	return session->used_tx > session->remote_min_rx ? session->used_tx : session->remote_min_rx;
}

dur_t bfd_session_detection_time(const struct bfd_session *session)
{
	dur_t slower = session->used_rx > session->remote_min_tx ? session->used_rx : session->remote_min_tx;

	return session->remote_discriminator != 0 ? session->remote_multiplier * slower : 0;
}

void bfd_session_was_deaf(struct bfd_session *session, mono_t now)
{
	if (session->detection_ends.ns != MONO_NEVER.ns)
		session->detection_ends = mono_max(session->detection_ends, mono_add(now, bfd_session_detection_time(session)));
}

mono_t bfd_session_deadline(const struct bfd_session *session)
{
	return mono_min(session->next_tx, session->detection_ends);
}

/* 6.8.7: 75 to 100 % of the interval, or to 90 % where a single lost packet is one too many. */
static dur_t jittered(struct bfd_session *session, dur_t interval)
{
	unsigned percent = session->config->multiplier == 1 ? 15 : 25;
	dur_t least = interval - interval / 4;

	return least + (dur_t)random_below(&session->random, (uint64_t)interval * percent / 100 + 1);
}

/* The next periodic packet, an interval after the last one. */
static void schedule(struct bfd_session *session, mono_t now)
{
	session->interval = bfd_session_interval(session);
	if (session->interval == 0)
		session->next_tx = MONO_NEVER;
	else if (!session->sent)
		session->next_tx = now;
	else
		session->next_tx =
			mono_max(now, mono_add(session->last_tx, jittered(session, session->interval)));
}

static void reschedule(struct bfd_session *session, mono_t now)
{
	if (session->interval != bfd_session_interval(session))
		schedule(session, now);
}

/* What it says of itself, with neither Poll nor Final. */
static struct bfd_packet contents(const struct bfd_session *session)
{
	return (struct bfd_packet){
		.state = session->state,
		.diag = session->diag,
		.multiplier = session->config->multiplier,
		.my_discriminator = session->local_discriminator,
		.your_discriminator = session->remote_discriminator,
		.desired_min_tx = (uint32_t)(session->announced_tx / DUR_US),
		.required_min_rx = (uint32_t)(session->announced_rx / DUR_US),
	};
}

static void say(struct bfd_session *session, bool final, struct bfd_actions *actions)
{
	actions->send = true;
	actions->packet = session->said = contents(session);
	actions->packet.final = final;
	actions->packet.poll = session->polling && !final;
}

/* A periodic packet, or one between two because it says something new. */
static void send(struct bfd_session *session, mono_t now, struct bfd_actions *actions)
{
	say(session, false, actions);
	session->sent = true;
	session->last_tx = now;
	schedule(session, now);
}

static bool has_news(const struct bfd_session *session)
{
	struct bfd_packet next = contents(session);
	const struct bfd_packet *said = &session->said;

	return !session->sent || next.state != said->state || next.diag != said->diag ||
	       next.multiplier != said->multiplier || next.your_discriminator != said->your_discriminator ||
	       next.desired_min_tx != said->desired_min_tx || next.required_min_rx != said->required_min_rx;
}

/* News is told between two periodic packets, if anything may be told at all: 6.8.7, last paragraph. */
static void send_news(struct bfd_session *session, mono_t now, struct bfd_actions *actions)
{
	if (has_news(session) && !is_silent(session))
		send(session, now, actions);
}

/* 6.8.3: what the neighbor has to know of before it is used. */
static void announce(struct bfd_session *session)
{
	dur_t tx = session->state == BFD_UP ? session->config->min_tx : session->config->idle_tx;
	dur_t rx = session->config->min_rx;

	if (tx == session->announced_tx && rx == session->announced_rx)
		return;
	session->announced_tx = tx;
	session->announced_rx = rx;
	if (tx < session->used_tx || session->state != BFD_UP)
		session->used_tx = tx;
	if (rx > session->used_rx || session->state != BFD_UP)
		session->used_rx = rx;
	if (session->remote_discriminator == 0)
		return; /* nobody to ask */
	session->poll_again = session->polling;
	session->polling = true;
}

static void polled(struct bfd_session *session)
{
	if (session->poll_again) {
		session->poll_again = false; /* an answer to what was said before */
		return;
	}
	session->polling = false;
	session->used_tx = session->announced_tx;
	session->used_rx = session->announced_rx;
}

/* The only writer of state. */
static void enter(struct bfd_session *session, enum bfd_state state, uint8_t diag, enum bfd_cause cause,
	mono_t now, struct bfd_actions *actions)
{
	session->cause = (struct bfd_record){.at = now, .from = session->state, .to = state, .cause = cause};
	if (cause == BFD_CAUSE_DETECTION_EXPIRED)
		session->cause.silence = mono_sub(now, session->last_rx);
	session->state = state;
	session->diag = diag;
	actions->changed = true;
	announce(session);
}

static void forget_remote(struct bfd_session *session)
{
	session->remote_discriminator = 0;
	session->remote_demand = false;
	session->remote_min_rx = REMOTE_MIN_RX_FIRST;
	session->detection_ends = MONO_NEVER;
	session->polling = false;
	session->poll_again = false;
	session->used_tx = session->announced_tx;
	session->used_rx = session->announced_rx;
}

static void tick(struct bfd_session *session, mono_t now, struct bfd_actions *actions)
{
	if (mono_due(session->detection_ends, now)) {
		forget_remote(session);
		if (session->state == BFD_INIT || session->state == BFD_UP) {
			enter(session, BFD_DOWN, BFD_DIAG_DETECTION_EXPIRED, BFD_CAUSE_DETECTION_EXPIRED, now,
				actions);
			send_news(session, now, actions);
		}
		reschedule(session, now);
	}
	if (!actions->send && mono_due(session->next_tx, now))
		send(session, now, actions);
}

/* The table of 6.8.6. */
static void follow(struct bfd_session *session, mono_t now, struct bfd_actions *actions)
{
	enum bfd_state heard = session->remote_state;

	if (heard == BFD_ADMIN_DOWN) {
		if (session->state != BFD_DOWN)
			enter(session, BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN, BFD_CAUSE_NEIGHBOR_ADMIN_DOWN, now,
				actions);
		return;
	}
	switch (session->state) {
	case BFD_ADMIN_DOWN:
		break;
	case BFD_DOWN:
		if (heard == BFD_DOWN)
			enter(session, BFD_INIT, session->diag, BFD_CAUSE_HEARD_DOWN, now, actions);
		else if (heard == BFD_INIT)
			enter(session, BFD_UP, BFD_DIAG_NONE, BFD_CAUSE_HEARD_INIT, now, actions);
		break;
	case BFD_INIT:
		if (heard == BFD_INIT || heard == BFD_UP)
			enter(session, BFD_UP, BFD_DIAG_NONE,
				heard == BFD_UP ? BFD_CAUSE_HEARD_UP : BFD_CAUSE_HEARD_INIT, now, actions);
		break;
	case BFD_UP:
		if (heard == BFD_DOWN)
			enter(session, BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN, BFD_CAUSE_NEIGHBOR_DOWN, now,
				actions);
		break;
	}
}

static void hear(
	struct bfd_session *session, const struct bfd_packet *packet, mono_t now, struct bfd_actions *actions)
{
	session->remote_discriminator = packet->my_discriminator;
	session->remote_state = packet->state;
	session->remote_diag = packet->diag;
	session->remote_demand = packet->demand;
	session->remote_multiplier = packet->multiplier;
	session->remote_min_tx = packet->desired_min_tx * DUR_US;
	session->remote_min_rx = packet->required_min_rx * DUR_US;
	session->last_rx = now;
	if (packet->final && session->polling)
		polled(session);
	follow(session, now, actions);
	session->detection_ends = mono_add(now, bfd_session_detection_time(session));
	if (packet->poll)
		say(session, true, actions); /* whatever the timer says, and without moving it */
	else
		send_news(session, now, actions);
	reschedule(session, now);
}

static void configure(
	struct bfd_session *session, const struct bfd_config *config, mono_t now, struct bfd_actions *actions)
{
	session->config = config;
	if (session->state == BFD_ADMIN_DOWN) {
		session->announced_tx = session->used_tx = config->idle_tx;
		session->announced_rx = session->used_rx = config->min_rx;
		return;
	}
	announce(session);
	if (session->remote_discriminator != 0)
		session->detection_ends = mono_add(session->last_rx, bfd_session_detection_time(session));
	send_news(session, now, actions);
	reschedule(session, now);
}

void bfd_session_input(
	struct bfd_session *session, const struct bfd_event *event, mono_t now, struct bfd_actions *actions)
{
	*actions = (struct bfd_actions){0};
	switch (event->type) {
	case BFD_EVENT_START:
		if (session->state != BFD_ADMIN_DOWN)
			return;
		enter(session, BFD_DOWN, BFD_DIAG_NONE, BFD_CAUSE_START, now, actions);
		send_news(session, now, actions);
		return;
	case BFD_EVENT_TICK:
		tick(session, now, actions);
		return;
	case BFD_EVENT_PACKET:
		hear(session, event->packet, now, actions);
		return;
	case BFD_EVENT_CONFIG:
		configure(session, event->config, now, actions);
		return;
	case BFD_EVENT_STOP:
		if (session->state == BFD_ADMIN_DOWN)
			return;
		enter(session, BFD_ADMIN_DOWN, BFD_DIAG_ADMIN_DOWN, BFD_CAUSE_STOP, now, actions);
		if (session->remote_discriminator != 0)
			say(session, false, actions);
		forget_remote(session);
		session->next_tx = MONO_NEVER;
		session->sent = false;
		return;
	}
}

const char *bfd_cause_name(enum bfd_cause cause)
{
	switch (cause) {
	case BFD_CAUSE_NONE:
		return "none";
	case BFD_CAUSE_START:
		return "start";
	case BFD_CAUSE_HEARD_DOWN:
		return "heard-down";
	case BFD_CAUSE_HEARD_INIT:
		return "heard-init";
	case BFD_CAUSE_HEARD_UP:
		return "heard-up";
	case BFD_CAUSE_NEIGHBOR_DOWN:
		return "neighbor-down";
	case BFD_CAUSE_NEIGHBOR_ADMIN_DOWN:
		return "neighbor-admin-down";
	case BFD_CAUSE_DETECTION_EXPIRED:
		return "detection-expired";
	case BFD_CAUSE_STOP:
		return "stop";
	}
	return "unknown";
}

const char *bfd_cause_text(enum bfd_cause cause)
{
	switch (cause) {
	case BFD_CAUSE_NONE:
		return "nothing has happened yet";
	case BFD_CAUSE_START:
		return "the session was started";
	case BFD_CAUSE_HEARD_DOWN:
		return "the neighbor speaks";
	case BFD_CAUSE_HEARD_INIT:
	case BFD_CAUSE_HEARD_UP:
		return "the neighbor hears us";
	case BFD_CAUSE_NEIGHBOR_DOWN:
		return "the neighbor says that the session is down";
	case BFD_CAUSE_NEIGHBOR_ADMIN_DOWN:
		return "the neighbor was shut down on purpose";
	case BFD_CAUSE_DETECTION_EXPIRED:
		return "nothing was heard for the detection time";
	case BFD_CAUSE_STOP:
		return "the session was shut down here";
	}
	return "unknown";
}
