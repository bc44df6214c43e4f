/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handing over before letting go. A router that leaves Master of its own will says priority 0 (more than once, for one
 * may be lost) and keeps addresses and routes until another router has spoken, so that there is no moment at which
 * nobody forwards. Then the addresses go, and the routes a little later, for what is still on its way. It cannot
 * know whether any other router exists, so a deadline ends the wait: the Skew_Time of the lowest priority there is,
 * and a margin.
 */
#include "core/vr_internal.h"

_Static_assert(VR_STOP_ADVERTS - 1 <= VR_FEW, "the machine can count them");

void vr_hold_begin(struct vr *vr, enum vr_hold hold, mono_t deadline, mono_t now)
{
	vr->hold = hold;
	vr->returns = false;
	if (vr->state == VR_MASTER)
		return;
	vr->hold_since = now;
	vr->hold_deadline = deadline;
	vr->successor_from = (mono_t){INT64_MIN};
}

void vr_stop_adverts_end(struct vr *vr)
{
	vr->stop_adverts_left = 0;
	if (vr->state != VR_MASTER)
		vr->stop_advert_at = MONO_NEVER;
}

void vr_stop_adverts_begin(struct vr *vr, bool repeat, mono_t now, struct actions *out)
{
	vr_act_advert(out, VR_PRIORITY_STOP, 0);
	vr_stop_adverts_end(vr);
	if (repeat && VR_STOP_ADVERTS > 1) {
		vr->stop_adverts_left = VR_STOP_ADVERTS - 1;
		vr->stop_advert_at = mono_add(now, VR_STOP_ADVERT_SPACING);
	}
}

bool vr_adverts_may_cross(const struct vr *vr, const struct ip_addr *peer, mono_t now)
{
	return vr_elapsed(vr->since, now) < VR_CROSSING ||
	       (ip_equal(&vr->peer.address, peer) && vr_elapsed(vr->peer.heard, now) < VR_CROSSING);
}

bool vr_has_said_better(const struct vr *vr, const struct vrrp_advert *advert)
{
	return vr->said_priority > advert->priority ||
	       (vr->said_priority == advert->priority && ip_compare(&vr->primary, &advert->source) > 0);
}

/* How long the slowest Backup may wait after priority 0. */
static dur_t slowest_successor(const struct vr *vr)
{
	const dur_t slowest = vr_skew_time(vr->config->version, 1, vr->config->advert_interval);
	const dur_t of_version_2 = vr_skew_time(2, 1, vr->config->advert_interval);

	/* That of version 2 does not shrink with the interval. */
	return vr->config->version_2_too && slowest < of_version_2 ? of_version_2 : slowest;
}

void vr_hold_until_successor(struct vr *vr, bool crossing, mono_t now)
{
	vr_hold_begin(vr, VR_HOLD_UNTIL_SUCCESSOR,
		mono_add(now, slowest_successor(vr) + VR_HOLD_MARGIN), now);
	if (crossing)
		vr->successor_from = mono_add(now, VR_CROSSING);
}

void vr_hold_hurry(struct vr *vr, mono_t now)
{
	if (vr->hold == VR_HOLD_UNTIL_SUCCESSOR)
		vr->hold_deadline = mono_min(
			vr->hold_deadline, mono_add(now, slowest_successor(vr) + VR_HOLD_MARGIN));
}

static void remove_addresses(struct vr *vr, struct actions *out)
{
	vr_act(out, VR_ACTION_REMOVE_ADDRESSES);
	if (vr->config->address_count > 0)
		vr_remark(vr, VR_RECORD_RELEASED_ADDRESSES, out);
}

static void remove_routes(struct vr *vr, struct actions *out)
{
	vr_act(out, VR_ACTION_REMOVE_ROUTES);
	if (vr->config->extra->route_count > 0 || vr->config->extra->rule_count > 0)
		vr_remark(vr, VR_RECORD_RELEASED_ROUTES, out);
}

void vr_release_addresses(struct vr *vr, mono_t now, struct actions *out)
{
	remove_addresses(vr, out);
	vr_hold_begin(vr, VR_HOLD_ROUTES, mono_add(now, VR_HOLD_ROUTES_LONGER), now);
}

void vr_release_all(struct vr *vr, mono_t now, struct actions *out)
{
	/* Nothing is handed over any more. */
	vr_stop_adverts_end(vr);
	switch (vr->hold) {
	case VR_HOLD_NOTHING:
		return;
	case VR_HOLD_ALL:
	case VR_HOLD_UNTIL_SUCCESSOR:
		remove_addresses(vr, out);
		break;
	case VR_HOLD_ROUTES:
		break;
	}
	remove_routes(vr, out);
	vr_hold_begin(vr, VR_HOLD_NOTHING, MONO_NEVER, now);
}

void vr_hold_advert(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	if (vr->hold != VR_HOLD_UNTIL_SUCCESSOR || advert->priority == VR_PRIORITY_STOP)
		return;
	if (ip_equal(&advert->source, &vr->primary) || /* not another router, as far as we can see */
		(mono_before(now, vr->successor_from) && vr_has_said_better(vr, advert)))
		return;
	/* One more priority 0 would only make the new master answer. */
	vr_stop_adverts_end(vr);
	vr_remark_peer(vr, VR_RECORD_SUCCESSOR_HEARD, vr_elapsed(vr->hold_since, now), out);
	vr_release_addresses(vr, now, out);
}

void vr_hold_tick(struct vr *vr, mono_t now, struct actions *out)
{
	if (vr->state == VR_MASTER)
		return;
	if (mono_due(vr->stop_advert_at, now)) {
		vr_act_advert(out, VR_PRIORITY_STOP, 0);
		vr->stop_adverts_left--;
		vr->stop_advert_at =
			vr->stop_adverts_left > 0 ? mono_add(now, VR_STOP_ADVERT_SPACING) : MONO_NEVER;
	}
	if (!mono_due(vr->hold_deadline, now))
		return;
	if (vr->hold == VR_HOLD_UNTIL_SUCCESSOR) {
		struct vr_record record = vr_record_make(vr, VR_RECORD_NO_SUCCESSOR);

		record.duration = mono_sub(vr->hold_deadline, vr->hold_since);
		vr_record_push(out, &record);
	}
	vr_release_all(vr, now, out);
}
