/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has asked for it is told what state a virtual router or a sync group is in, through port.notify: at the end of a batch,
 * so after its adverts, and once for each state that outlives its batch. The states are keepalived's: there is none before
 * the first one, STOP at the end of the daemon, and DELETED, or FAULT, at that of a virtual router alone.
 */
#include <string.h>

#include "engine/state.h"

/* At its start: what it depends on has not been heard of yet, or a link is being tried that has carrier. */
static bool waits_for_track(const struct engine *engine, const struct instance *instance)
{
	const size_t index = instance->vr.blocking_track;
	const struct tracked_object *tracked = &instance->config->extra->tracked[index];
	const struct interface *interface;

	if (tracked->kind != TRACK_INTERFACE)
		return instance->vr.track_values[index].state == TRACK_UNKNOWN;
	interface = interface_by_name(engine, tracked->name);
	return interface != NULL && interface->running && interface->proof.state == LINK_PROVING;
}

bool notify_waits(const struct engine *engine, const struct instance *instance)
{
	const uint32_t own = instance->vr.blockers & ~(uint32_t)VR_BLOCKER_SYNC_GROUP;

	if (own & ~(uint32_t)(VR_BLOCKER_TRACK | VR_BLOCKER_TENTATIVE))
		return false;
	return !(own & VR_BLOCKER_TRACK) || waits_for_track(engine, instance);
}

/* It has not been able to serve yet, and that is no fault so far. */
static bool is_starting(const struct engine *engine, const struct instance *instance)
{
	return instance->notified == NOTIFY_STATE_NONE && notify_waits(engine, instance) &&
	       (instance->rare->sync_group == NULL || sync_group_waits(engine, instance->rare->sync_group));
}

static enum notify_state state_of(const struct engine *engine, const struct instance *instance)
{
	if (instance->leaving)
		return instance->config->extra->says_deleted ? NOTIFY_STATE_DELETED : NOTIFY_STATE_FAULT;
	if (engine->stopping)
		return NOTIFY_STATE_STOP;
	switch (instance->vr.state) {
	case VR_INITIALIZE:
		/* Drained is no fault; and until somebody has taken over, nothing has changed. */
		if (instance->vr.blockers & VR_BLOCKER_DRAINED)
			return instance->vr.hold == VR_HOLD_UNTIL_SUCCESSOR ? instance->notified : NOTIFY_STATE_BACKUP;
		if (is_starting(engine, instance))
			return NOTIFY_STATE_NONE;
		return instance->vr.blockers & ~(uint32_t)VR_BLOCKER_NOT_STARTED ? NOTIFY_STATE_FAULT
										 : NOTIFY_STATE_NONE;
	case VR_BACKUP:
		return NOTIFY_STATE_BACKUP;
	case VR_MASTER:
		return NOTIFY_STATE_MASTER;
	}
	return NOTIFY_STATE_NONE;
}

static void tell(const struct engine *engine, const struct instance *instance, enum notify_event event, bool again)
{
	const struct port_notify notify = {.event = event,
		.state = instance->notified,
		.name = instance->config->name,
		.priority = instance->vr.priority,
		.again = again};

	if (engine->port->notify && instance->notified != NOTIFY_STATE_NONE)
		engine->port->notify(engine->port->user, &notify);
}

void notify_instance(const struct engine *engine, struct instance *instance)
{
	const enum notify_state state = state_of(engine, instance);

	if (!instance->config->extra->notifies || !instance->started || state == instance->notified)
		return;
	instance->notified = state;
	tell(engine, instance, NOTIFY_EVENT_STATE, false);
}

void notify_record(const struct engine *engine, const struct instance *instance, const struct vr_record *record)
{
	if (!instance->config->extra->notifies)
		return;
	if (record->code == VR_RECORD_LOWER_HEARD)
		tell(engine, instance, NOTIFY_EVENT_LOWER_HEARD, false);
	if ((record->code == VR_RECORD_PRIORITY_CHANGED || record->code == VR_RECORD_PRIORITY_RAISED) &&
		instance->config->extra->notifies_priority &&
		instance->vr.state != VR_INITIALIZE)
		tell(engine, instance, NOTIFY_EVENT_PRIORITY, false);
}

static bool group_notifies(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->conf->sync_group_count; i++)
		if (strcmp(engine->conf->sync_groups[i].name, name) == 0)
			return engine->conf->sync_groups[i].notifies;
	return false;
}

static enum notify_state group_state(const struct engine *engine, const char *state)
{
	static const struct {
		const char *name;
		enum notify_state state;
	} states[] = {{"MASTER", NOTIFY_STATE_MASTER}, {"BACKUP", NOTIFY_STATE_BACKUP}, {"DRAINED", NOTIFY_STATE_BACKUP},
		{"FAULT", NOTIFY_STATE_FAULT}};

	if (engine->stopping)
		return NOTIFY_STATE_STOP;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (state && strcmp(states[i].name, state) == 0)
			return states[i].state;
	return NOTIFY_STATE_NONE;
}

void notify_group(
	const struct engine *engine, const char *name, const char *state, enum notify_state *notified, bool again)
{
	const struct port_notify notify = {.event = NOTIFY_EVENT_STATE,
		.state = group_state(engine, state),
		.group = true,
		.name = name,
		.again = again};

	if (!engine->port->notify || notify.state == NOTIFY_STATE_NONE || (notify.state == *notified && !again) ||
		!group_notifies(engine, name))
		return;
	*notified = notify.state;
	engine->port->notify(engine->port->user, &notify);
}

void engine_notify_all(struct engine *engine)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (engine->instances[i]->config->extra->notifies)
			tell(engine, engine->instances[i], NOTIFY_EVENT_STATE, true);
	sync_groups_notify(engine, true);
}
