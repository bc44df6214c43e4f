/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long an engine that has handed its state to another one may wait for it: see engine_still_until. The others on the network
 * know nothing of an upgrade. They give a master up after Active_Down_Interval, and a BFD session after its detection time. Two
 * thirds of that silence are for the other engine; what is left is for taking back what it did not take, and for what is late by
 * then.
 */
#include "engine/bfd.h"
#include "engine/state.h"

#define SILENCE_SHARE(longest) ((longest) / 3 * 2)

static mono_t instance_limit(const struct vr *vr, mono_t now)
{
	const struct vr_config *config = vr->config;

	switch (vr->state) {
	case VR_MASTER: /* its last advert was an interval before the one that is due */
		return mono_add(
			vr->timer, SILENCE_SHARE(config->down_timer_adverts * config->advert_interval) - config->advert_interval);
	case VR_BACKUP: /* if its master dies just now, no more than that is lost */
		return mono_add(now, SILENCE_SHARE(config->down_timer_adverts * vr->active_adver_interval));
	case VR_INITIALIZE:
		break;
	}
	return MONO_NEVER;
}

static mono_t session_limit(const struct bfd_session *session)
{
	if (session->state != BFD_UP || bfd_session_interval(session) == 0)
		return MONO_NEVER;
	return mono_add(session->last_tx, SILENCE_SHARE(session->config->multiplier * bfd_session_interval(session)));
}

mono_t engine_still_until(const struct engine *engine, mono_t now)
{
	mono_t limit = MONO_NEVER;

	for (size_t i = 0; i < engine->instance_count; i++)
		limit = mono_min(limit, instance_limit(&engine->instances[i]->vr, now));
	for (const struct bfd_peer *peer = engine->bfd->first; peer; peer = peer->next)
		limit = mono_min(limit, session_limit(&peer->session));
	return limit;
}
