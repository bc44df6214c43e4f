/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an administrator asks of a virtual router: to go out of service, to come back, to become Master.
 *
 * drain	Out of service until told otherwise, in Initialize as at a stop: a Master says priority 0 and holds everything
 *		until its successor speaks. If nobody does, whoever asked decides by then: VR_EVENT_RESUME takes it back to
 *		Master at once, without a moment in which it let go; or else it lets go when the time is over.
 * resume	In service again. One that still holds what it had as Master, since nobody has taken over, is Master again.
 * takeover	Master now, with a priority above that of the master, whatever `nopreempt` says: by RFC 9568 6.4.3 every Master
 *		yields to a higher priority. What is added to the priority stays while this router is Master, so that the
 *		other one does not preempt it; tracked objects go on counting. It is gone with the state, or with a resume.
 *		Who decides whether it can be done, and for all members of a sync group at once, is the engine.
 */
#include "core/vr_internal.h"

static void set_drained(struct vr *vr, bool drained, mono_t now, struct actions *out)
{
	uint32_t blockers = vr->blockers & ~(uint32_t)VR_BLOCKER_DRAINED;

	if (drained)
		blockers |= VR_BLOCKER_DRAINED;
	vr_set_blockers(vr, blockers, vr->blocking_track, now, out);
}

void vr_drain(struct vr *vr, mono_t until, mono_t now, struct actions *out)
{
	bool was_master = vr->state == VR_MASTER;

	vr->returns = false;
	set_drained(vr, true, now, out);
	if (was_master && vr->hold == VR_HOLD_UNTIL_SUCCESSOR)
		vr->hold_deadline = mono_max(vr->hold_deadline, mono_add(until, VR_HOLD_MARGIN));
}

void vr_resume(struct vr *vr, mono_t now, struct actions *out)
{
	bool drained = (vr->blockers & VR_BLOCKER_DRAINED) != 0;

	if (vr->bonus != 0) {
		vr->bonus = 0;
		vr_evaluate_tracking(vr, SIZE_MAX, now, out);
	}
	if (!drained)
		return;
	/* A sync group may have to clear its members first, in this same turn. */
	vr->returns = vr->hold == VR_HOLD_UNTIL_SUCCESSOR;
	set_drained(vr, false, now, out);
}

void vr_return(struct vr *vr, mono_t now, struct actions *out)
{
	vr->returns = false;
	vr_ready(vr, VR_RECORD_NOT_HANDED_OVER, vr_elapsed(vr->hold_since, now), now, out);
}

uint8_t vr_takeover_priority(const struct vr *vr)
{
	const struct vr_peer *peer = &vr->peer;

	if (!ip_is_set(&peer->address) || peer->priority < vr->priority)
		return vr->priority;
	if (peer->priority < VR_PRIORITY_OWNER - 1)
		return (uint8_t)(peer->priority + 1);
	if (peer->priority == VR_PRIORITY_OWNER - 1 && ip_compare(&vr->primary, &peer->address) > 0)
		return peer->priority;
	return 0;
}

void vr_takeover(struct vr *vr, mono_t now, struct actions *out)
{
	uint8_t priority = vr_takeover_priority(vr);

	if (vr->state != VR_BACKUP || priority == 0)
		return;
	if (priority > vr->priority) {
		struct vr_record record = vr_record_make_peer(vr, VR_RECORD_PRIORITY_RAISED, 0);

		vr->bonus = (uint8_t)(vr->bonus + priority - vr->priority); /* never more than that priority */
		vr->priority = priority;
		record.own_priority = priority;
		vr_record_push(out, &record);
	}
	vr_ready(vr, VR_RECORD_TAKEN_OVER, 0, now, out);
}
