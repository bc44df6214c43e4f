/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a stall. A process, or the whole machine, that was stopped for a while has missed adverts; what it believed before
 * is worth nothing. There is no clock to ask here: a stall shows by a tick that comes much later than the moment it was
 * asked for.
 *
 * A Backup asks to be woken once for every advert that it misses (check_at), not only when Active_Down_Timer ends: the
 * silence that lets it take over must have been listened to. Woken late, it listens for one more
 * Advertisement_Interval + Skew_Time, in which every living Master speaks. That does nothing to a timer that runs longer
 * anyway, so a busy machine delays no takeover, unless it slept through an advert; and it is bounded, for a machine that
 * sleeps again and again must take over, too, when it is the last one.
 *
 * A Master that was silent for so long that a Backup of its own priority has taken over goes on only after it has listened
 * for an interval: as a Backup that keeps what it holds (VR_HOLD_UNTIL_SUCCESSOR). The owner need not: none is better.
 * Adverts that wait are given to it with the times of their arrival, so those of its successor find it listening.
 *
 * The same is so of packets that came and found no room to wait (VR_EVENT_LOSS): a silence that is shorter than an interval and
 * Skew_Time since the last such loss is none. It counts as one of the times that a Backup listens again, so that a flood does
 * not keep the last router from taking over.
 *
 * RFC 9568 knows no stalls; by the letter of 6.4.3 such a Master would go on sending.
 */
#include "core/vr_internal.h"

#define STALL_SHORTEST (100 * DUR_MS) /* a busy machine lets a Master wait so long at times, and nobody is worse off */
#define LISTEN_AGAIN_MAX 3
_Static_assert(LISTEN_AGAIN_MAX <= VR_FEW, "the machine can count them");

dur_t vr_heard_interval(const struct vr *vr)
{
	return vr->config->version == 2 ? vr->config->advert_interval : vr->active_adver_interval;
}

mono_t vr_first_check(const struct vr *vr, mono_t now)
{
	mono_t check = mono_add(now, vr_heard_interval(vr) + vr_heard_interval(vr) / 4);

	return mono_before(check, vr->timer) ? check : MONO_NEVER;
}

static void listen_until(struct vr *vr, mono_t enough, mono_t now)
{
	vr->listened_again++;
	vr->timer = enough;
	vr->check_at = vr_first_check(vr, now);
	if (vr->preempt_at.ns != MONO_NEVER.ns)
		vr->preempt_at = mono_max(vr->preempt_at, enough);
	vr_hold_beyond_timer(vr);
}

void vr_backup_was_awake(struct vr *vr, mono_t now, struct actions *out)
{
	dur_t interval = vr_heard_interval(vr);
	dur_t late = vr_elapsed(mono_min(vr->check_at, vr->timer), now);
	mono_t enough = mono_add(now, interval + vr_present_skew_time(vr));
	struct vr_record record;

	if (mono_due(vr->check_at, now)) {
		vr->check_at = vr_next_period(vr->check_at, interval, now);
		if (!mono_before(vr->check_at, vr->timer))
			vr->check_at = MONO_NEVER;
	}
	if (late < interval / 4 * 3 || !mono_before(vr->timer, enough) ||
		vr->listened_again == LISTEN_AGAIN_MAX)
		return;
	record = vr_record_make_peer(vr, VR_RECORD_LISTENS_AGAIN, late);
	listen_until(vr, enough, now);
	vr_record_push(out, &record);
}

void vr_backup_missed(struct vr *vr, mono_t at, mono_t now, struct actions *out)
{
	mono_t enough = mono_add(at, vr_heard_interval(vr) + vr_present_skew_time(vr));
	struct vr_record record = vr_record_make_peer(vr, VR_RECORD_PACKETS_LOST, vr_elapsed(now, enough));

	if (vr->state != VR_BACKUP || vr_is_owner(vr) || !mono_before(now, enough) || !mono_before(vr->timer, enough) ||
		vr->listened_again == LISTEN_AGAIN_MAX)
		return;
	listen_until(vr, enough, now);
	vr_record_push(out, &record);
}

/* Since its last advert. A router of this priority has taken over by then, or there is none. */
static bool has_stalled(const struct vr *vr, mono_t now, dur_t *silence)
{
	const struct vr_config *config = vr->config;
	dur_t late = vr_elapsed(vr->timer, now);
	uint8_t priority = vr->priority;

	if (config->stalled_steps_down > 0 && !vr_preempts(vr))
		priority = config->stalled_steps_down;
	*silence = late + config->advert_interval;
	return late >= STALL_SHORTEST && *silence >= vr_down_interval(config->version, priority,
							     config->advert_interval,
							     config->down_timer_adverts);
}

void vr_master_was_awake(struct vr *vr, mono_t now, struct actions *out)
{
	struct vr_record record;
	dur_t silence;

	if (vr_is_owner(vr) || !has_stalled(vr, now, &silence))
		return;
	record = vr_record_make(vr, VR_RECORD_STALLED);
	record.duration = silence;
	vr_stall_listen(vr, &record, now, out);
}

void vr_stall_listen(struct vr *vr, const struct vr_record *cause, mono_t now, struct actions *out)
{
	const struct vr_config *config = vr->config;
	dur_t wait = config->advert_interval +
		     vr_skew_time(config->version, VR_PRIORITY_OWNER, config->advert_interval);

	if (config->stalled_steps_down > 0 && !vr_preempts(vr))
		wait = vr_present_down_interval(vr);
	vr_change_state(vr, VR_BACKUP, cause, now, out);
	vr_hold_begin(vr, VR_HOLD_UNTIL_SUCCESSOR, now, now);
	vr_backup_listen(vr, VR_RECORD_STALL_OVER, wait, now);
}
