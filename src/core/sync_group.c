/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/sync_group.h"

#include <string.h>

#include "core/vr_internal.h"

static uint32_t own_blockers(const struct vr *vr)
{
	return vr->blockers & ~(uint32_t)VR_BLOCKER_SYNC_GROUP;
}

static struct vr_sibling sibling_of(const struct vr *vr)
{
	struct vr_sibling sibling = {.blockers = own_blockers(vr)};
	size_t length = strlen(vr->config->name);

	if (length >= VR_NAME_SIZE)
		length = VR_NAME_SIZE - 1;
	memcpy(sibling.name, vr->config->name, length);
	return sibling;
}

static bool same_sibling(const struct vr_sibling *a, const struct vr_sibling *b)
{
	return a->blockers == b->blockers && strcmp(a->name, b->name) == 0;
}

/* The first member besides number `but` that is blocked for a reason of its own; count: there is none. */
static size_t blocked_member(const struct vr *const *members, size_t count, size_t but)
{
	for (size_t i = 0; i < count; i++)
		if (i != but && own_blockers(members[i]) != 0)
			return i;
	return count;
}

/* Blocked members are told of the others, too: else one that recovers first would start for a moment. */
static bool decide_blockers(
	const struct vr *const *members, size_t count, struct vr_group_decision *decisions)
{
	bool some = false;

	for (size_t i = 0; i < count; i++) {
		size_t blocker = blocked_member(members, count, i);
		struct vr_group_decision *decision = &decisions[i];

		if (blocker < count) {
			decision->sibling = sibling_of(members[blocker]);
			if ((members[i]->blockers & VR_BLOCKER_SYNC_GROUP) == 0 ||
				!same_sibling(&decision->sibling, vr_blocking_sibling(members[i])))
				decision->order = VR_GROUP_BLOCK;
		} else if (members[i]->blockers & VR_BLOCKER_SYNC_GROUP) {
			decision->order = VR_GROUP_CLEAR;
		}
		some = some || decision->order != VR_GROUP_NOTHING;
	}
	return some;
}

/* In its present state. */
static bool has_heard(const struct vr *vr)
{
	return ip_is_set(&vr->peer.address) && !mono_before(vr->peer.heard, vr->since);
}

/* A Backup that has a reason to stay one. */
static bool objects(const struct vr *vr)
{
	return !vr->agrees && vr->rare->membership.followed.ns != MONO_NEVER.ns;
}

/* Some are Master and others Backup: one has just left Master, or a new one has come. */
static bool decide_together(
	const struct vr *const *members, size_t count, struct vr_group_decision *decisions)
{
	const struct vr *master = NULL, *objector = NULL;
	size_t backups = 0;

	for (size_t i = 0; i < count; i++) {
		if (members[i]->state == VR_MASTER)
			master = members[i];
		else
			backups++;
		/* Whoever spoke up last is the one that changed. */
		if (members[i]->state == VR_BACKUP && objects(members[i]) &&
			(objector == NULL ||
				mono_before(objector->rare->membership.followed, members[i]->rare->membership.followed)))
			objector = members[i];
	}
	if (master == NULL || backups == 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct vr_group_decision *decision = &decisions[i];

		if (objector == NULL && members[i]->state == VR_BACKUP) {
			decision->order = VR_GROUP_MASTER;
			decision->sibling = sibling_of(master);
		} else if (objector != NULL && members[i]->state == VR_MASTER) {
			decision->order = VR_GROUP_BACKUP;
			decision->sibling = sibling_of(objector);
			if (has_heard(objector)) {
				decision->peer = objector->peer.address;
				decision->peer_priority = objector->peer.priority;
			}
		}
	}
	return true;
}

/* Whether the priority 0 that `witness` heard, and whose Skew_Time is over, speaks for this member as well. */
static bool goes_along(const struct vr *vr, const struct vr *witness)
{
	if (vr->agrees)
		return true;
	return vr->rare->membership.followed.ns == MONO_NEVER.ns ||
	       mono_before(vr->rare->membership.followed, witness->rare->membership.given_up);
}

static bool all_go_along(const struct vr *const *members, size_t count, const struct vr *witness)
{
	for (size_t i = 0; i < count; i++)
		if (!goes_along(members[i], witness))
			return false;
	return true;
}

static bool all_agree(const struct vr *const *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!members[i]->agrees)
			return false;
	return true;
}

static bool decide_take_over(
	const struct vr *const *members, size_t count, struct vr_group_decision *decisions)
{
	const struct vr *witness = NULL;

	for (size_t i = 0; i < count; i++) {
		if (members[i]->state != VR_BACKUP)
			return false;
		if (witness == NULL && members[i]->agrees &&
			members[i]->rare->membership.given_up.ns != MONO_NEVER.ns &&
			all_go_along(members, count, members[i]))
			witness = members[i];
	}
	if (witness == NULL && !all_agree(members, count))
		return false;
	for (size_t i = 0; i < count; i++) {
		decisions[i].order = VR_GROUP_MASTER;
		if (witness != NULL) {
			decisions[i].sibling = sibling_of(witness);
			decisions[i].peer = witness->peer.address;
			decisions[i].peer_priority = VR_PRIORITY_STOP;
		}
	}
	return true;
}

/* What a dead engine left, or this one held before a stall, stands until the slowest member has listened: then all are
 * Master again, and nothing was ever missing. Once a master is heard, each lets go in its own time. */
static bool decide_hold(const struct vr *const *members, size_t count, struct vr_group_decision *decisions)
{
	mono_t until = {0};
	bool some = false;

	for (size_t i = 0; i < count; i++) {
		if (members[i]->state != VR_BACKUP || has_heard(members[i]))
			return false;
		if (!members[i]->agrees)
			until = mono_max(until, mono_add(members[i]->timer, VR_HOLD_MARGIN));
	}
	for (size_t i = 0; i < count; i++) {
		if (members[i]->hold != VR_HOLD_UNTIL_SUCCESSOR || !mono_before(members[i]->hold_deadline, until))
			continue;
		decisions[i].order = VR_GROUP_HOLD;
		decisions[i].until = until;
		some = true;
	}
	return some;
}

bool sync_group_decide(const struct vr *const *members, size_t count, struct vr_group_decision *decisions)
{
	for (size_t i = 0; i < count; i++)
		decisions[i] = (struct vr_group_decision){.order = VR_GROUP_NOTHING};
	if (count == 0)
		return false;
	if (decide_blockers(members, count, decisions))
		return true;
	if (blocked_member(members, count, count) < count)
		return false;
	return decide_together(members, count, decisions) || decide_take_over(members, count, decisions) ||
	       decide_hold(members, count, decisions);
}

const char *sync_group_state_name(const struct vr *const *members, size_t count, size_t *culprit)
{
	uint32_t blockers = 0;

	*culprit = blocked_member(members, count, count);
	for (size_t i = 0; i < count; i++)
		blockers |= own_blockers(members[i]);
	return vr_state_name(count > 0 ? members[0]->state : VR_INITIALIZE, blockers);
}
