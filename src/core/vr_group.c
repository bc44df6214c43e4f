/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router as member of a sync group. It runs its machine as any other, but two things are not its own to do: to
 * become Master, and to be in service while another member is not. core/sync_group.h decides both for all members, and
 * the decision comes here as an event, so that a trace of one member alone tells and replays all that happened to it.
 */
#include "core/vr_internal.h"

bool vr_is_member(const struct vr *vr)
{
	return vr->config->extra->sync_group != NULL;
}

void vr_follows(struct vr *vr, mono_t since)
{
	if (vr->rare != NULL)
		vr->rare->membership.followed = since;
}

void vr_gave_up(struct vr *vr, mono_t at)
{
	if (vr->rare != NULL)
		vr->rare->membership.given_up = at;
}

void vr_ready(struct vr *vr, enum vr_record_code cause, dur_t length, mono_t now, struct actions *out)
{
	struct vr_record record = vr_record_make_peer(vr, cause, length);

	if (!vr_is_member(vr)) {
		vr_master_start(vr, &record, now, out);
		return;
	}
	vr->timer = MONO_NEVER;
	vr->check_at = MONO_NEVER;
	vr->preempt_at = MONO_NEVER;
	vr->timer_cause = cause;
	vr->timer_length = length;
	vr->agrees = true;
	vr_remark_peer(vr, VR_RECORD_GROUP_READY, length, out);
}

static struct vr_record make_record(
	const struct vr *vr, enum vr_record_code code, const struct vr_group_decision *decision)
{
	struct vr_record record = vr_record_make(vr, code);

	record.sibling = decision->sibling;
	record.peer = decision->peer;
	record.peer_priority = decision->peer_priority;
	return record;
}

static void block(struct vr *vr, const struct vr_sibling *sibling, mono_t now, struct actions *out)
{
	bool named = vr_blocking_sibling(vr)->name[0] != '\0';

	if (vr->rare != NULL)
		vr->rare->sibling = *sibling;
	if (vr->blockers & VR_BLOCKER_SYNC_GROUP) {
		if (!named && (vr->blockers & VR_BLOCKER_NOT_STARTED) == 0)
			vr_remark(vr, VR_RECORD_BLOCKERS_CHANGED, out);
		return;
	}
	vr_set_blockers(vr, vr->blockers | VR_BLOCKER_SYNC_GROUP, vr->blocking_track, now, out);
}

static void clear(struct vr *vr, mono_t now, struct actions *out)
{
	vr_set_blockers(
		vr, vr->blockers & ~(uint32_t)VR_BLOCKER_SYNC_GROUP, vr->blocking_track, now, out);
	if (vr->rare != NULL)
		vr->rare->sibling = (struct vr_sibling){0};
}

static void become_master(
	struct vr *vr, const struct vr_group_decision *decision, mono_t now, struct actions *out)
{
	struct vr_record record;

	if (vr->state != VR_BACKUP)
		return;
	if (vr->agrees)
		record = vr_record_make_peer(vr, vr->timer_cause, vr->timer_length);
	else
		record = make_record(vr,
			ip_is_set(&decision->peer) ? VR_RECORD_GROUP_GIVEN_UP : VR_RECORD_GROUP_JOINED,
			decision);
	vr_master_start(vr, &record, now, out);
}

static void become_backup(
	struct vr *vr, const struct vr_group_decision *decision, mono_t now, struct actions *out)
{
	bool crossing = vr_adverts_may_cross(vr, &vr->peer.address, now);
	struct vr_record record = make_record(vr, VR_RECORD_GROUP_YIELDED, decision);

	if (vr->state != VR_MASTER)
		return;
	if (!ip_is_set(&decision->peer)) {
		vr_stall_listen(vr, &record, now, out);
		return;
	}
	/* Nobody has spoken here, perhaps nobody will: handed over as at a stop. */
	vr_change_state(vr, VR_BACKUP, &record, now, out);
	vr_backup_listen(vr, VR_RECORD_DOWN_TIMER, vr_present_down_interval(vr), now);
	vr_stop_adverts_begin(vr, true, now, out);
	vr_remark(vr, VR_RECORD_PRIORITY_ZERO_SENT, out);
	vr_hold_until_successor(vr, crossing, now);
}

void vr_group_decision(
	struct vr *vr, const struct vr_group_decision *decision, mono_t now, struct actions *out)
{
	switch (decision->order) {
	case VR_GROUP_NOTHING:
		break;
	case VR_GROUP_BLOCK:
		block(vr, &decision->sibling, now, out);
		break;
	case VR_GROUP_CLEAR:
		clear(vr, now, out);
		break;
	case VR_GROUP_MASTER:
		become_master(vr, decision, now, out);
		break;
	case VR_GROUP_BACKUP:
		become_backup(vr, decision, now, out);
		break;
	case VR_GROUP_HOLD:
		if (vr->hold == VR_HOLD_UNTIL_SUCCESSOR)
			vr->hold_deadline = mono_max(vr->hold_deadline, decision->until);
		break;
	}
}

void vr_group_entered(struct vr *vr)
{
	const bool obeys = !vr_preempts(vr) || vr->peer.priority >= vr->priority || vr->preempt_at.ns != MONO_NEVER.ns;

	if (vr->state == VR_BACKUP && ip_is_set(&vr->peer.address) && vr->peer.priority != VR_PRIORITY_STOP && obeys)
		vr_follows(vr, vr->peer.heard);
}

void vr_group_left(struct vr *vr, mono_t now, struct actions *out)
{
	/* What only the group kept it from happens with the next tick. */
	if (vr->agrees)
		vr->timer = now;
	vr->agrees = false;
	clear(vr, now, out);
}
