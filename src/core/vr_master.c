/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Master: RFC 9568 6.4.3 (Active there), RFC 3768 6.4.3. One timer runs, Adver_Timer, with our own interval. The
 * announcements (gratuitous ARP) are repeated, for one may be lost or overtaken by an answer of the old master.
 */
#include "core/vr_internal.h"

#define OWN_ADDRESS_ANSWER_SPACING (1 * DUR_S) /* AMB-06 */

uint16_t vr_announce_burst(const struct vr_config *config)
{
	return config->strict && config->extra->announce.repeat > 1 ? 1 : config->extra->announce.repeat;
}

/* An advert of a Master. */
static void say(struct vr *vr, struct actions *out)
{
	vr_act_advert(out, vr->priority, 0);
	vr->said_priority = vr->priority;
}

static void announce(struct vr *vr, uint16_t count, struct actions *out)
{
	if (count == 0 || vr->config->address_count == 0)
		return;
	vr_act_announce(out, count);
}

static void start_announcing(struct vr *vr, mono_t now, struct actions *out)
{
	const struct announce_config *config = &vr->config->extra->announce;

	announce(vr, vr_announce_burst(vr->config), out);
	if (vr->config->strict) /* ARP-03: no repeats */
		return;
	if (config->repeat > 0) {
		vr->announces_again = true;
		if (config->delay > 0)
			vr->announce_delayed = mono_add(now, config->delay);
	}
	if (config->refresh > 0)
		vr->announce_refresh = mono_add(now, config->refresh);
}

void vr_master_start(struct vr *vr, const struct vr_record *cause, mono_t now, struct actions *out)
{
	/* Routes and addresses first: the old master lets go on hearing our advert, and by then we must forward. */
	vr_act(out, VR_ACTION_INSTALL);
	say(vr, out);
	vr_change_state(vr, VR_MASTER, cause, now, out);
	vr_hold_begin(vr, VR_HOLD_ALL, MONO_NEVER, now);
	vr->timer = mono_add(now, vr->config->advert_interval);
	start_announcing(vr, now, out);
	if (vr->config->extra->announce.repeat > 0 && vr->config->address_count > 0)
		vr_remark(vr, VR_RECORD_ANNOUNCED, out);
}

/* The advert deviates from RFC 9568 6.4.3 (FSM-A12: no advert; TX-06: only the Master sends), unless vrrp_strict or
 * vrrp_higher_prio_send_advert off: when a parted network is whole again and the better Master is the first to be heard,
 * it would never learn of this one, whose hardware address the hosts keep. It goes out before the addresses do, as a
 * Master's last. Backups hear it, too, and a faster interval learnt from it would let them take over before the better Master
 * speaks again: so it says the interval of that one. */
static void say_last(struct vr *vr, const struct vrrp_advert *advert, struct actions *out)
{
	bool differs = vr->config->version == 3 && advert->interval != vr->config->advert_interval;

	vr_act_advert(out, vr->priority, differs ? advert->interval : 0);
	vr->said_priority = vr->priority;
}

/* FSM-A12, A13. The addresses go at once, since the successor is heard already; unless that may have been its last
 * word, said before it knew of us: both would let go, and nobody serve for an Active_Down_Interval. */
static void yield_to(struct vr *vr, const struct vrrp_advert *advert, enum vr_record_code cause, bool crossing,
	mono_t now, struct actions *out)
{
	struct vr_record record = vr_record_make_peer(vr, cause, 0);

	if (!vr->config->strict && !vr->config->yield_silent)
		say_last(vr, advert, out);
	vr_change_state(vr, VR_BACKUP, &record, now, out);
	if (crossing)
		vr_hold_until_successor(vr, true, now);
	else
		vr_release_addresses(vr, now, out);
	vr_backup_follow(vr, advert, now, out);
}

bool vr_answers_lower(const struct vr_config *config)
{
	return config->version == 3 && (config->strict || !config->lower_priority_silent);
}

/* FSM-A15: in version 3 a router that claims what is ours is answered at once; Adver_Timer is not touched. Two
 * routers with one address (or a looped switch) would answer each other without end, so that is limited: AMB-06. And who forges a
 * hundred thousand adverts a second shall not make as many of ours: AMB-22. Version 2
 * does not know the answer (FSM-A16), lower_prio_no_advert forbids it, and vrrp_strict, other than keepalived's, does not:
 * RFC 9568 demands it (AMB-17). */
static void answer(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	if (!vr_answers_lower(vr->config) || !mono_due(vr->answer_at, now))
		return;
	if (advert->priority == vr->priority && ip_equal(&advert->source, &vr->primary)) {
		if (!mono_due(vr->own_address_answer_at, now))
			return;
		vr->own_address_answer_at = mono_add(now, OWN_ADDRESS_ANSWER_SPACING);
	}
	say(vr, out);
	vr->answer_at = mono_add(now, VR_ANSWER_SPACING);
}

/* FSM-A11: at once, or as soon as the limit allows: Backups that have heard it, too, wait for no longer than their Skew_Time. */
static void answer_stop(struct vr *vr, mono_t now, struct actions *out)
{
	if (!mono_due(vr->answer_at, now)) {
		if (mono_before(vr->answer_at, vr->timer)) {
			vr->timer = vr->answer_at;
			vr->answer_at = mono_add(vr->answer_at, VR_ANSWER_SPACING); /* what the timer says then is an answer */
		}
		return;
	}
	say(vr, out);
	vr->timer = mono_add(now, vr->config->advert_interval);
	vr->answer_at = mono_add(now, VR_ANSWER_SPACING);
}

static bool answers_rivals(const struct vr_config *config)
{
	return !config->strict && config->extra->announce.rival_repeat > 0 && config->address_count > 0;
}

/* Two Masters: hosts and switches believe whichever announced itself last, for hours if nobody corrects them. */
static void hear_rival(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	dur_t interval = vr->config->advert_interval;
	dur_t slower = advert->interval > interval ? advert->interval : interval;
	struct vr_rival *rival = &vr->rival;

	if (!answers_rivals(vr->config) || ip_equal(&advert->source, &vr->primary))
		return;
	if (mono_due(rival->announce_at, now)) {
		announce(vr, 1, out);
		rival->announce_at = mono_add(now, interval > VR_RIVAL_SPACING ? interval : VR_RIVAL_SPACING);
	}
	rival->gone_at = mono_add(now, slower + VR_RIVAL_MARGIN);
	rival->address = advert->source;
	rival->priority = advert->priority;
	rival->lasting = vr_elapsed(vr->since, now) >= interval;
}

/* It has let go of the addresses, so nobody answers for them but us. */
static void rival_tick(struct vr *vr, mono_t now, struct actions *out)
{
	struct vr_record record;

	if (mono_due(vr->rival.again_at, now)) {
		vr->rival.again_at = MONO_NEVER;
		if (answers_rivals(vr->config))
			announce(vr, vr->config->extra->announce.rival_repeat, out);
	}
	if (!mono_due(vr->rival.gone_at, now))
		return;
	vr->rival.gone_at = MONO_NEVER;
	if (!answers_rivals(vr->config))
		return;
	announce(vr, vr->config->extra->announce.rival_repeat, out);
	if (vr->config->extra->announce.rival_delay > 0)
		vr->rival.again_at = mono_add(now, vr->config->extra->announce.rival_delay);
	if (!vr->rival.lasting)
		return;
	record = vr_record_make(vr, VR_RECORD_RIVAL_GONE);
	record.peer = vr->rival.address;
	record.peer_priority = vr->rival.priority;
	vr_record_push(out, &record);
}

void vr_master_advert(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	bool crossing = vr_adverts_may_cross(vr, &advert->source, now) && vr_has_said_better(vr, advert);
	bool news = vr_peer_heard(vr, advert, now, out);
	bool tie = advert->priority == vr->priority;

	if (news && tie && vr_is_owner(vr))
		vr_remark_peer(vr, VR_RECORD_OWNER_CONFLICT, 0, out);

	if (advert->priority == VR_PRIORITY_STOP) {
		answer_stop(vr, now, out);
	} else if (advert->priority > vr->priority) {
		yield_to(vr, advert, VR_RECORD_HIGHER_PRIORITY, crossing, now, out);
	} else if (tie && ip_compare(&advert->source, &vr->primary) > 0) {
		yield_to(vr, advert, VR_RECORD_TIE_LOST, crossing, now, out);
	} else {
		answer(vr, advert, now, out);
		hear_rival(vr, advert, now, out);
		if (news)
			vr_remark_peer(vr, tie ? VR_RECORD_TIE_HELD : VR_RECORD_LOWER_HEARD, 0, out);
	}
}

static void announce_tick(struct vr *vr, mono_t now, struct actions *out)
{
	const struct announce_config *config = &vr->config->extra->announce;

	if (mono_due(vr_announces_again_at(vr), now)) {
		vr->announces_again = false;
		announce(vr, 1, out);
	}
	if (mono_due(vr->announce_delayed, now)) {
		vr->announce_delayed = MONO_NEVER;
		announce(vr, config->repeat, out);
		vr_remark(vr, VR_RECORD_ANNOUNCED, out);
	}
	if (mono_due(vr->announce_refresh, now)) {
		vr->announce_refresh = vr_next_period(vr->announce_refresh, config->refresh, now);
		announce(vr, config->refresh_repeat, out);
	}
}

void vr_master_tick(struct vr *vr, mono_t now, struct actions *out)
{
	if (mono_due(vr->timer, now)) {
		say(vr, out);
		vr->timer = vr_next_period(vr->timer, vr->config->advert_interval, now);
	}
	announce_tick(vr, now, out);
	rival_tick(vr, now, out);
}
