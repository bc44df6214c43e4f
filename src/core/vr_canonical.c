/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router's state with its times counted from now, so that two states that will go on alike have the same
 * bytes: what a search through all states compares.
 */
#include <string.h>

#include "core/vr_internal.h"

/* No rule asks what was longer ago than this many intervals. */
#define PAST_INTERVALS 16

static mono_t future(mono_t at, mono_t now)
{
	return at.ns == MONO_NEVER.ns ? at : (mono_t){at.ns - now.ns};
}

/* A moment that lies behind, or at most as far ahead as a rule has set it. */
static mono_t past(mono_t at, dur_t limit, mono_t now)
{
	dur_t ago = at.ns <= now.ns - limit ? limit : now.ns - at.ns;

	return (mono_t){-ago};
}

static void standing_aside(struct vr *out, const struct vr *vr, dur_t limit, mono_t now)
{
	memset(&out->rival, 0, sizeof(out->rival));
	out->timer_length = vr->timer_length;
	out->preempt_at = future(vr->preempt_at, now);
	out->check_at = future(vr->check_at, now);
	out->hold_since = past(vr->hold_since, limit, now);
	out->hold_deadline = future(vr->hold_deadline, now);
	out->successor_from = past(vr->successor_from, limit, now);
	out->stop_advert_at = future(vr->stop_advert_at, now);
}

static void serving(struct vr *out, const struct vr *vr, dur_t limit, mono_t now)
{
	out->announce_delayed = future(vr->announce_delayed, now);
	out->announce_refresh = future(vr->announce_refresh, now);
	memset(&out->rival, 0, sizeof(out->rival));
	out->rival.gone_at = future(vr->rival.gone_at, now);
	out->rival.announce_at = past(vr->rival.announce_at, limit, now);
	out->rival.address = vr->rival.address;
	out->rival.priority = vr->rival.priority;
	out->rival.lasting = vr->rival.lasting;
}

void vr_canonical(struct vr *out, const struct vr *vr, mono_t now)
{
	dur_t longer = vr->active_adver_interval > vr->config->advert_interval ? vr->active_adver_interval
										 : vr->config->advert_interval;
	dur_t limit = PAST_INTERVALS * longer;

	*out = *vr;
	out->config = NULL;
	out->track_values = NULL;
	out->rare = NULL;
	out->since = past(vr->since, limit, now);
	out->timer = future(vr->timer, now);
	out->quiet_until = past(vr->quiet_until, limit, now);
	out->answer_at = past(vr->answer_at, 0, now);
	out->own_address_answer_at = past(vr->own_address_answer_at, limit, now);
	/* The compiler may leave anything between the members of a struct that is assigned as a whole. */
	memset(&out->peer, 0, sizeof(out->peer));
	out->peer.address = vr->peer.address;
	out->peer.priority = vr->peer.priority;
	out->peer.version = vr->peer.version;
	out->peer.checksum_form = vr->peer.checksum_form;
	out->peer.addresses_differ = vr->peer.addresses_differ;
	out->peer.interval = vr->peer.interval;
	out->peer.heard = past(vr->peer.heard, limit, now);
	if (vr->state == VR_MASTER)
		serving(out, vr, limit, now);
	else
		standing_aside(out, vr, limit, now);
}
