/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way into a virtual router: which event means what, and entering and leaving service. A router serves (is Backup
 * or Master) exactly while nothing blocks it; Startup and Shutdown of RFC 9568 6.4 are the going and coming of the
 * last and the first blocker (FSM-I5).
 */
#include "core/vr_internal.h"

#include <string.h>

#include "core/track.h"

bool vr_is_owner(const struct vr *vr)
{
	return vr->priority == VR_PRIORITY_OWNER;
}

/* tracked: what the tracked objects and the configuration make of it. changed: the object that moved it, or SIZE_MAX. */
static void set_priority(struct vr *vr, uint8_t tracked, size_t changed, struct actions *out)
{
	struct vr_record record = vr_record_make(vr, VR_RECORD_PRIORITY_CHANGED);
	int priority = tracked;

	if (tracked != VR_PRIORITY_OWNER && priority + vr->bonus > VR_PRIORITY_OWNER - 1)
		priority = VR_PRIORITY_OWNER - 1;
	else if (tracked != VR_PRIORITY_OWNER)
		priority += vr->bonus;
	if (priority == vr->priority)
		return;
	record.peer_priority = vr->priority;
	record.own_priority = (uint8_t)priority;
	record.track_index = changed;
	record.track_value = vr_track_value(vr, changed);
	vr->priority = (uint8_t)priority;
	if ((vr->blockers & VR_BLOCKER_NOT_STARTED) == 0)
		vr_record_push(out, &record);
}

static void stop_timers(struct vr *vr)
{
	vr->preempt_at = MONO_NEVER;
	vr->check_at = MONO_NEVER;
	vr->stop_advert_at = MONO_NEVER;
}

void vr_stand_aside(struct vr *vr, mono_t now)
{
	vr->timer_length = 0;
	vr->hold_since = now;
	vr->hold_deadline = MONO_NEVER;
	vr->successor_from = (mono_t){INT64_MIN};
	stop_timers(vr);
}

void vr_serve(struct vr *vr)
{
	vr->announce_delayed = MONO_NEVER;
	vr->announce_refresh = MONO_NEVER;
	vr->rival = (struct vr_rival){.gone_at = MONO_NEVER, .again_at = MONO_NEVER, .announce_at = {INT64_MIN}};
}

void vr_change_state(
	struct vr *vr, enum vr_state state, const struct vr_record *cause, mono_t now, struct actions *out)
{
	struct vr_record record = *cause;

	record.from = vr->state;
	record.to = state;
	vr_record_push(out, &record);
	vr->state = state;
	if (mono_before(vr->since, now))
		vr->since = now;
	if (state != VR_INITIALIZE)
		vr->served_before = true;
	vr->stop_adverts_left = 0;
	vr->timer = MONO_NEVER;
	if (state == VR_MASTER)
		vr_serve(vr);
	else if (record.from == VR_MASTER)
		vr_stand_aside(vr, now);
	else
		stop_timers(vr);
	vr->announces_again = false;
	vr->waits_ready = false;
	vr->agrees = false;
	vr_follows(vr, record.from == VR_MASTER && state == VR_BACKUP ? now : MONO_NEVER);
	vr_gave_up(vr, MONO_NEVER);
	if (record.from == VR_MASTER && vr->bonus != 0) {
		vr->bonus = 0;
		set_priority(vr, track_evaluate(vr->config, vr->track_values).priority, SIZE_MAX, out);
	}
}

/* ended: what kept it out until now, so that the record says whether it comes from INIT or from FAULT. */
static void enter_service(struct vr *vr, uint32_t ended, mono_t now, struct actions *out)
{
	if (vr_is_owner(vr) && !vr_is_member(vr)) {
		struct vr_record record = vr_record_make(vr, VR_RECORD_OWNER_STARTED);

		record.blockers = ended;
		vr->active_adver_interval = vr->config->advert_interval;
		vr_master_start(vr, &record, now, out);
	} else {
		vr_backup_start(vr, ended, now, out);
	}
	if (vr->returns && vr->state == VR_BACKUP)
		vr_return(vr, now, out);
}

/* Shutdown of RFC 9568 6.4. Planned, or for a tracked object: the means to hand over are there. Otherwise one try of
 * priority 0, and everything goes (AMB-21). */
static void leave_service(
	struct vr *vr, enum vr_record_code code, bool hand_over, mono_t now, struct actions *out)
{
	bool was_master = vr->state == VR_MASTER;
	bool crossing = vr_adverts_may_cross(vr, &vr->peer.address, now);
	struct vr_record record = vr_record_make(vr, code);

	vr_change_state(vr, VR_INITIALIZE, &record, now, out);
	if (was_master) {
		vr_stop_adverts_begin(vr, hand_over, now, out);
		if ((vr->blockers & VR_BLOCKERS_INTERFACE) == 0)
			vr_remark(vr, VR_RECORD_PRIORITY_ZERO_SENT, out);
		vr_hold_until_successor(vr, crossing, now);
	}
	if (!hand_over)
		vr_release_all(vr, now, out);
}

void vr_set_blockers(struct vr *vr, uint32_t blockers, size_t blocking_track, mono_t now, struct actions *out)
{
	enum track_state state = blockers & VR_BLOCKER_TRACK ? vr_track_value(vr, blocking_track).state : TRACK_UNKNOWN;
	bool same = vr->blockers == blockers && vr->blocking_track == blocking_track && vr->blocking_state == state;
	bool interface_lost = (blockers & VR_BLOCKERS_INTERFACE) != 0;
	uint32_t quiet = VR_BLOCKER_NOT_STARTED;
	uint32_t ended;

	/* A group that has not spoken yet is no fault. */
	if (vr_blocking_sibling(vr)->name[0] == '\0')
		quiet |= VR_BLOCKER_SYNC_GROUP;
	ended = vr->blockers & ~quiet;
	vr->blockers = (uint16_t)blockers;
	vr->blocking_track = (uint32_t)blocking_track;
	vr->blocking_state = state;
	if (same)
		return;
	if (vr->state != VR_INITIALIZE) {
		if (blockers != 0)
			leave_service(vr, VR_RECORD_BLOCKED, !interface_lost, now, out);
		return;
	}
	if (blockers == 0) {
		enter_service(vr, ended, now, out);
		return;
	}
	if (interface_lost)
		vr_release_all(vr, now, out);
	if ((blockers & VR_BLOCKER_NOT_STARTED) == 0 && (blockers & ~quiet) != 0)
		vr_remark(vr, VR_RECORD_BLOCKERS_CHANGED, out);
}

void vr_evaluate_tracking(struct vr *vr, size_t changed, mono_t now, struct actions *out)
{
	struct track_result result = track_evaluate(vr->config, vr->track_values);
	uint32_t blockers = vr->blockers & ~(uint32_t)VR_BLOCKER_TRACK;

	set_priority(vr, result.priority, changed, out);
	if (result.fault)
		blockers |= VR_BLOCKER_TRACK;
	vr_set_blockers(vr, blockers, result.fault ? result.fault_index : 0, now, out);
}

/* What keeps an interface that exists from giving us a source address; 0: it has one. */
static uint32_t address_blocker(const struct vr_interface *interface)
{
	if (ip_is_set(&interface->primary))
		return 0;
	if (interface->tentative)
		return VR_BLOCKER_TENTATIVE;
	return interface->duplicate ? VR_BLOCKER_DUPLICATE : VR_BLOCKER_NO_ADDRESS;
}

static void interface_event(
	struct vr *vr, const struct vr_interface *interface, mono_t now, struct actions *out)
{
	uint32_t blockers = vr->blockers & ~(uint32_t)(VR_BLOCKERS_INTERFACE | VR_BLOCKER_BAD_DEVICE);
	bool was_down = (vr->blockers & (VR_BLOCKER_NO_INTERFACE | VR_BLOCKER_LINK_DOWN)) != 0;

	if (was_down && interface->exists && interface->up) {
		vr->path_proven = false;
		if (vr->config->extra->link_up_delay > 0)
			vr->quiet_until =
				mono_max(vr->quiet_until, mono_add(now, vr->config->extra->link_up_delay));
	}
	if (vr->unproven && !interface->unproven)
		vr_backup_path_open(vr, now);
	vr->unproven_told = vr->unproven_told && interface->unproven;
	vr->unproven = interface->unproven;
	if (!interface->exists) {
		blockers |= VR_BLOCKER_NO_INTERFACE;
	} else {
		if (!interface->up)
			blockers |= VR_BLOCKER_LINK_DOWN;
		blockers |= address_blocker(interface);
		if (interface->no_device)
			blockers |= VR_BLOCKER_NO_DEVICE;
		if (interface->bad_device)
			blockers |= VR_BLOCKER_BAD_DEVICE;
	}
	/* The last try of priority 0 still goes out under the address that was lost. */
	if (interface->exists && ip_is_set(&interface->primary))
		vr->primary = interface->primary;
	vr_set_blockers(vr, blockers, vr->blocking_track, now, out);
}

/* One that takes over from a dead engine was in service before: nothing holds it down, and its link is no new one. */
static void startup(struct vr *vr, const struct vr_event *event, mono_t now, struct actions *out)
{
	uint32_t blockers = vr->blockers & ~(uint32_t)VR_BLOCKER_NOT_STARTED;
	bool adopt = event->adopt;

	if ((vr->blockers & VR_BLOCKER_NOT_STARTED) == 0)
		return;
	vr->stopping = false;
	vr->quiet_until = adopt ? (mono_t){INT64_MIN} : mono_max(vr->quiet_until, event->quiet_until);
	vr->path_proven = vr->path_proven || adopt;
	if (adopt && vr->config->address_count > 0 && vr->hold == VR_HOLD_NOTHING) {
		vr_hold_begin(vr, VR_HOLD_UNTIL_SUCCESSOR,
			mono_add(now, vr_present_down_interval(vr) + VR_HOLD_MARGIN), now);
		vr_remark(vr, VR_RECORD_ADOPTED, out);
	}
	vr_set_blockers(vr, blockers, vr->blocking_track, now, out);
}

static void shut_down(struct vr *vr, bool at_once, mono_t now, struct actions *out)
{
	vr->stopping = true;
	vr->blockers |= VR_BLOCKER_NOT_STARTED;
	if (vr->state != VR_INITIALIZE)
		leave_service(vr, VR_RECORD_SHUTDOWN, !at_once, now, out);
	else if (at_once)
		vr_release_all(vr, now, out);
	vr_hold_hurry(vr, now);
}

static void advert_event(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	if (vr_peer_repeats_itself(vr, advert, now))
		return;
	switch (vr->state) {
	case VR_INITIALIZE: /* FSM-I4: no effect, but the successor may speak */
		if (vr->hold == VR_HOLD_UNTIL_SUCCESSOR) {
			vr_peer_heard(vr, advert, now, out);
			vr_hold_advert(vr, advert, now, out);
		}
		break;
	case VR_BACKUP:
		vr_backup_advert(vr, advert, now, out);
		break;
	case VR_MASTER:
		vr_master_advert(vr, advert, now, out);
		break;
	}
}

static void tick(struct vr *vr, mono_t now, struct actions *out)
{
	/* The state's timer first: a router alone becomes Master again rather than let go of what it adopted. */
	switch (vr->state) {
	case VR_INITIALIZE:
		break;
	case VR_BACKUP:
		vr_backup_tick(vr, now, out);
		break;
	case VR_MASTER:
		vr_master_tick(vr, now, out);
		break;
	}
	vr_hold_tick(vr, now, out);
}

static void route_event(struct vr *vr, bool refused, mono_t now, struct actions *out)
{
	uint32_t blockers = vr->blockers & ~(uint32_t)VR_BLOCKER_ROUTE;

	if (refused)
		blockers |= VR_BLOCKER_ROUTE;
	vr_set_blockers(vr, blockers, vr->blocking_track, now, out);
}

static void install_result(struct vr *vr, int error, struct actions *out)
{
	struct vr_record record =
		vr_record_make(vr, error == 0 ? VR_RECORD_INSTALLED : VR_RECORD_INSTALL_FAILED);

	record.error = error;
	vr_record_push(out, &record);
}

void vr_input(struct vr *vr, const struct vr_event *event, mono_t now, struct actions *out)
{
	out->count = 0;
	if (vr->state == VR_MASTER)
		vr_master_was_awake(vr, now, out);
	switch (event->type) {
	case VR_EVENT_TICK:
		tick(vr, now, out);
		break;
	case VR_EVENT_STARTUP:
		startup(vr, event, now, out);
		break;
	case VR_EVENT_SHUTDOWN:
		shut_down(vr, false, now, out);
		break;
	case VR_EVENT_SHUTDOWN_NOW:
		shut_down(vr, true, now, out);
		break;
	case VR_EVENT_ADVERT:
		advert_event(vr, event->advert, now, out);
		break;
	case VR_EVENT_INTERFACE:
		interface_event(vr, &event->interface, now, out);
		break;
	case VR_EVENT_TRACK:
		if (event->track_index >= vr->config->extra->tracked_count)
			break;
		vr->track_values[event->track_index] = event->track_value;
		vr_evaluate_tracking(vr, event->track_index, now, out);
		break;
	case VR_EVENT_CONFIG:
		vr_reload(vr, event, now, out);
		break;
	case VR_EVENT_INSTALL_RESULT:
		install_result(vr, event->error, out);
		break;
	case VR_EVENT_GROUP:
		vr_group_decision(vr, &event->group, now, out);
		break;
	case VR_EVENT_ROUTE:
		route_event(vr, event->refused, now, out);
		break;
	case VR_EVENT_LOSS:
		vr_backup_missed(vr, event->until, now, out);
		break;
	case VR_EVENT_READY:
		vr_backup_ready(vr, event->ready, now);
		break;
	case VR_EVENT_DRAIN:
		vr_drain(vr, event->until, now, out);
		break;
	case VR_EVENT_RESUME:
		vr_resume(vr, now, out);
		break;
	case VR_EVENT_TAKEOVER:
		vr_takeover(vr, now, out);
		break;
	}
	if (vr->stopping && vr->hold == VR_HOLD_NOTHING) {
		vr->stopping = false;
		vr_remark(vr, VR_RECORD_STOPPED, out);
	}
	vr_records_last(out);
}

bool vr_needs_rare(const struct vr_config *config)
{
	return config->extra->sync_group != NULL || config->version_2_too;
}

void vr_lend(struct vr *vr, struct vr_rare *rare)
{
	vr->rare = rare;
	vr_follows(vr, MONO_NEVER);
	vr_gave_up(vr, MONO_NEVER);
}

const struct vr_sibling *vr_blocking_sibling(const struct vr *vr)
{
	static const struct vr_sibling nobody;

	return vr->rare != NULL ? &vr->rare->sibling : &nobody;
}

void vr_move_config(struct vr *vr, const struct vr_config *config)
{
	vr->config = config;
}

void vr_init(struct vr *vr, const struct vr_config *config, struct track_value *track_values, mono_t now)
{
	struct track_result track = track_evaluate(config, track_values);

	memset(vr, 0, sizeof(*vr));
	vr->config = config;
	vr->track_values = track_values;
	vr->state = VR_INITIALIZE;
	vr->since = now;
	vr->blockers = VR_BLOCKER_NOT_STARTED | VR_BLOCKER_NO_INTERFACE;
	if (track.fault) {
		vr->blockers |= VR_BLOCKER_TRACK;
		vr->blocking_track = (uint32_t)track.fault_index;
		vr->blocking_state = track_values[track.fault_index].state;
	}
	if (vr_is_member(vr))
		vr->blockers |= VR_BLOCKER_SYNC_GROUP;
	vr->priority = track.priority;
	vr->active_adver_interval = config->advert_interval;
	vr->timer = MONO_NEVER;
	vr->quiet_until = (mono_t){INT64_MIN};
	vr_stand_aside(vr, now);
	vr->answer_at = (mono_t){INT64_MIN};
	vr->own_address_answer_at = (mono_t){INT64_MIN};
}
