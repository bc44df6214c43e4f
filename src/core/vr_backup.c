/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backup: RFC 9568 6.4.2, RFC 3768 6.4.2. One timer runs, Active_Down_Timer (Master_Down_Timer in RFC 3768);
 * vr->timer_cause says what it will mean when it fires. Additions to the RFC: preempt_delay; a hold-down after the start and
 * after carrier came back, in which adverts count and silence does not; a first wait twice as long for a router that must not
 * preempt and has heard nobody since the link came up, since the Master may be there and only the path not yet open; the same by
 * NEIGHBOUR_RETRY for unicast, whose Master cannot speak before it knows our hardware address, and asks for it no more often. A
 * member of a sync group does not act on its timer, but tells its group that it agrees (vr_ready).
 */
#include "core/vr_internal.h"

/* RFC 4861 RETRANS_TIMER, over IPv4, too; Linux's timers of a second fire up to an eighth later. */
#define NEIGHBOUR_RETRY (DUR_S + DUR_S / 8)

bool vr_preempts(const struct vr *vr)
{
	return vr->config->preempt || vr_is_owner(vr);
}

static void start_timer(struct vr *vr, enum vr_record_code cause, dur_t length, mono_t now)
{
	vr->timer = mono_add(now, length);
	if (!vr_is_owner(vr))
		vr->timer = mono_max(vr->timer, vr->quiet_until);
	vr->timer_cause = cause;
	vr->timer_length = length;
	vr->agrees = false;
	vr->check_at = vr_first_check(vr, now);
}

void vr_hold_beyond_timer(struct vr *vr)
{
	mono_t enough = mono_add(vr->timer, VR_HOLD_MARGIN);

	if (vr->hold == VR_HOLD_UNTIL_SUCCESSOR && mono_before(vr->hold_deadline, enough))
		vr->hold_deadline = enough;
}

/* Silence counts from the end of the hold-down on. */
void vr_backup_listen(struct vr *vr, enum vr_record_code cause, dur_t length, mono_t now)
{
	mono_t start = vr_is_owner(vr) ? now : mono_max(now, vr->quiet_until);

	start_timer(vr, cause, length, start);
	vr->check_at = vr_first_check(vr, now);
	vr->listened_again = 0;
	vr_hold_beyond_timer(vr);
}

static void listen_for_the_first_time(struct vr *vr, mono_t now)
{
	enum vr_record_code cause = VR_RECORD_DOWN_TIMER;
	dur_t down = vr_present_down_interval(vr), length = down;
	bool distrusts_silence = !vr->path_proven && !vr->config->strict;

	if (distrusts_silence && !vr_preempts(vr)) {
		cause = VR_RECORD_LONG_WAIT;
		length = 2 * down;
	}
	if (distrusts_silence && vr->config->extra->unicast.enabled && length < down + NEIGHBOUR_RETRY) {
		cause = VR_RECORD_NEIGHBOUR_WAIT;
		length = down + NEIGHBOUR_RETRY;
	}
	vr_backup_listen(vr, cause, length, now);
}

void vr_backup_start(struct vr *vr, uint32_t ended, mono_t now, struct actions *out)
{
	struct vr_record record = vr_record_make(vr, VR_RECORD_STARTED);
	bool hasty = vr->config->start_as_master && !vr->served_before;

	record.blockers = ended;
	vr_change_state(vr, VR_BACKUP, &record, now, out);
	vr->active_adver_interval = vr->config->advert_interval;
	if (mono_before(now, vr->quiet_until)) {
		record = vr_record_make(vr, VR_RECORD_HELD_DOWN);
		record.duration = mono_sub(vr->quiet_until, now);
		vr_record_push(out, &record);
	}
	/* An owner is here for its group: alone it would be Master already. */
	if (vr_is_owner(vr))
		vr_ready(vr, VR_RECORD_OWNER_STARTED, 0, now, out);
	else if (hasty)
		vr_backup_listen(vr, VR_RECORD_FIRST_WAIT,
			vr->config->advert_interval + vr_present_skew_time(vr), now);
	else
		listen_for_the_first_time(vr, now);
}

static void learn_interval(struct vr *vr, const struct vrrp_advert *advert, struct actions *out)
{
	if (vr->config->version == 2 || vr->active_adver_interval == advert->interval)
		return;
	vr->active_adver_interval = advert->interval;
	vr_remark_peer(vr, VR_RECORD_INTERVAL_LEARNED, advert->interval, out);
}

void vr_backup_follow(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	learn_interval(vr, advert, out);
	start_timer(vr, VR_RECORD_DOWN_TIMER, vr_present_down_interval(vr), now);
	vr_hold_beyond_timer(vr);
	vr_follows(vr, now);
}

/* Two gateways, each the better one at one member of their sync groups, that become Master at one moment throw each other back
 * at one moment, with priority 0 at the other member; and after equal Skew_Times again, without end. So of two that have
 * just left Master the one with the greater address goes first. */
static dur_t courtesy(const struct vr *vr)
{
	const bool was_master = vr->hold != VR_HOLD_NOTHING;

	return vr_is_member(vr) && was_master && ip_compare(&vr->peer.address, &vr->primary) > 0
		       ? vr_heard_interval(vr)
		       : 0;
}

/* FSM-B9, B14, B15: set literally to Skew_Time, whatever remained; nothing is learned (AMB-03). */
static void hear_priority_zero(struct vr *vr, bool news, mono_t now, struct actions *out)
{
	dur_t skew = vr_present_skew_time(vr) + courtesy(vr);

	vr->preempt_at = MONO_NEVER;
	start_timer(vr, VR_RECORD_SKEW_TIMER, skew, now);
	vr_hold_beyond_timer(vr);
	vr_gave_up(vr, now);
	if (news)
		vr_remark_peer(vr, VR_RECORD_PRIORITY_ZERO_HEARD, skew, out);
}

/* A master of lower priority, and we preempt. Without preempt_delay its adverts count for nothing (FSM-B12): the timer
 * runs out. With it they count as any master's until the delay is over, and the delay begins where that timer would
 * have ended: it never makes preemption faster (keepalived.conf(5) says so, and measures so). */
static void hear_lower(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	dur_t delay = vr_is_owner(vr) ? 0 : vr->config->extra->preempt_delay;

	if (delay == 0) {
		vr->timer_cause = VR_RECORD_PREEMPTED_LOWER;
		return;
	}
	if (vr->preempt_at.ns == MONO_NEVER.ns) {
		vr->preempt_at = mono_add(vr->timer, delay);
		vr_remark_peer(vr, VR_RECORD_PREEMPT_WAIT, vr_elapsed(now, vr->preempt_at), out);
	}
	vr_backup_follow(vr, advert, now, out);
}

void vr_backup_advert(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	bool new_master =
		!ip_equal(&vr->peer.address, &advert->source) && advert->priority != VR_PRIORITY_STOP;
	bool news = vr_peer_heard(vr, advert, now, out);

	vr->listened_again = 0;
	if (new_master)
		vr_remark_peer(vr, VR_RECORD_NEW_MASTER_HEARD, 0, out);
	if (news && vr_is_owner(vr) && advert->priority == VR_PRIORITY_OWNER)
		vr_remark_peer(vr, VR_RECORD_OWNER_CONFLICT, 0, out);
	vr_hold_advert(vr, advert, now, out);
	/* Who gave up has a successor, be it a lower one. */
	vr_gave_up(vr, MONO_NEVER);

	if (advert->priority == VR_PRIORITY_STOP) {
		hear_priority_zero(vr, news, now, out);
	} else if (vr_preempts(vr) && advert->priority < vr->priority) {
		hear_lower(vr, advert, now, out);
	} else {
		vr->preempt_at = MONO_NEVER;
		vr_backup_follow(vr, advert, now, out);
	}
}

void vr_backup_path_open(struct vr *vr, mono_t now)
{
	mono_t enough = mono_add(now, vr_heard_interval(vr) + vr_present_skew_time(vr));

	if (vr->state != VR_BACKUP || vr_is_owner(vr) || !mono_before(vr->timer, enough))
		return;
	vr->timer = enough;
	vr->check_at = vr_first_check(vr, now);
	vr_hold_beyond_timer(vr);
}

/* Not Master before the link is proven. Whoever asks over it gives up some time, so this ends. */
static void wait_for_path(struct vr *vr, mono_t now, struct actions *out)
{
	vr->timer = mono_add(now, vr_heard_interval(vr));
	vr_hold_beyond_timer(vr);
	if (!vr->unproven_told)
		vr_remark_peer(vr, VR_RECORD_UNPROVEN, 0, out);
	vr->unproven_told = true;
}

void vr_backup_ready(struct vr *vr, bool ready, mono_t now)
{
	vr->unready = !ready;
	if (!ready || !vr->waits_ready || vr->state != VR_BACKUP)
		return;
	vr->waits_ready = false;
	if (vr->preempt_at.ns != MONO_NEVER.ns)
		vr->preempt_at = now;
	else
		vr->timer = now;
}

/* A living master of lower priority serves well enough until this router is known to be able to. */
static bool must_be_ready(const struct vr *vr, mono_t now)
{
	bool preempts = mono_due(vr->preempt_at, now) ||
			(mono_due(vr->timer, now) && vr->timer_cause == VR_RECORD_PREEMPTED_LOWER);

	return vr->unready && preempts && !vr_is_owner(vr) &&
	       vr_elapsed(vr->peer.heard, now) < vr_present_down_interval(vr);
}

static void wait_for_next_hops(struct vr *vr, mono_t now, struct actions *out)
{
	/* Or until that one falls silent. */
	mono_t later = mono_min(mono_add(now, vr_heard_interval(vr)),
		mono_add(vr->peer.heard, vr_present_down_interval(vr)));

	if (mono_due(vr->preempt_at, now))
		vr->preempt_at = later;
	if (mono_due(vr->timer, now))
		vr->timer = later;
	vr_hold_beyond_timer(vr);
	if (!vr->waits_ready)
		vr_remark_peer(vr, VR_RECORD_NOT_READY, 0, out);
	vr->waits_ready = true;
}

void vr_backup_tick(struct vr *vr, mono_t now, struct actions *out)
{
	vr_backup_was_awake(vr, now, out);
	if (must_be_ready(vr, now)) {
		wait_for_next_hops(vr, now, out);
		return;
	}
	if (mono_due(vr->preempt_at, now)) {
		vr->preempt_at = MONO_NEVER;
		/* Our priority may have sunk since the peer was heard; then it is no longer a lower one. */
		if (vr->peer.priority < vr->priority) {
			vr_ready(vr, VR_RECORD_PREEMPT_DELAY, vr->config->extra->preempt_delay, now, out);
			return;
		}
	}
	if (mono_due(vr->timer, now) && vr->unproven && !vr_is_owner(vr)) {
		wait_for_path(vr, now, out);
		return;
	}
	if (mono_due(vr->timer, now))
		vr_ready(vr, vr->timer_cause, vr->timer_length, now, out);
}
