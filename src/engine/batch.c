/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the core asked for during one input of the engine, run together. The order is that of a handover without loss
 * (doc/linux.md section 1): routes and addresses, adverts, announcements; only then what is let go, then what the guard is
 * to know, and at last what people are told.
 *
 * The testament is written before anything is installed, too: an engine that dies in between leaves nothing behind.
 */
#include <stdlib.h>

#include "engine/orders.h"

#define HELD_FIRST 64

void batch_touch(struct engine *engine, struct instance *instance)
{
	if (instance->touched)
		return;
	instance->touched = true;
	instance->next_touched = engine->batch.touched;
	engine->batch.touched = instance;
}

void batch_announce(struct engine *engine, struct instance *instance, uint16_t count)
{
	struct batch *batch = &engine->batch;

	if (batch->announcement_count < BATCH_SIZE && count > 0)
		batch->announcements[batch->announcement_count++] =
			(struct batch_announcement){.instance = instance, .count = count};
}

void batch_announce_elsewhere(struct engine *engine, struct instance *instance)
{
	struct batch *batch = &engine->batch;

	if (batch->announcement_count < BATCH_SIZE)
		batch->announcements[batch->announcement_count++] =
			(struct batch_announcement){.instance = instance, .count = 1, .elsewhere = true};
}

static const struct instance *held_instance(const struct held_send *send)
{
	return send->advert.instance != NULL ? send->advert.instance : send->announcement.instance;
}

static void forget_held(struct engine *engine, const struct instance *instance)
{
	size_t kept = 0;

	for (size_t i = 0; i < engine->held_count; i++)
		if (held_instance(&engine->held[i]) != instance)
			engine->held[kept++] = engine->held[i];
	engine->held_count = kept;
}

void batch_withdraw(struct engine *engine, const struct instance *instance)
{
	struct batch *batch = &engine->batch;
	size_t count = 0;

	for (size_t i = 0; i < batch->advert_count; i++)
		if (batch->adverts[i].instance != instance)
			batch->adverts[count++] = batch->adverts[i];
	batch->advert_count = count;
	count = 0;
	for (size_t i = 0; i < batch->announcement_count; i++)
		if (batch->announcements[i].instance != instance)
			batch->announcements[count++] = batch->announcements[i];
	batch->announcement_count = count;
	forget_held(engine, instance);
}

static bool hold(struct engine *engine, const struct held_send *send)
{
	if (engine->held_count == engine->held_capacity) {
		const size_t capacity = engine->held_capacity > 0 ? 2 * engine->held_capacity : HELD_FIRST;
		struct held_send *grown = realloc(engine->held, capacity * sizeof(*grown));

		if (grown == NULL)
			return false;
		engine->held = grown;
		engine->held_capacity = capacity;
	}
	engine->held[engine->held_count++] = *send;
	return true;
}

bool batch_holds_advert(struct engine *engine, const struct batch_advert *advert)
{
	return advert->instance->advert_waits && advert->priority != VR_PRIORITY_STOP &&
	       hold(engine, &(struct held_send){.advert = *advert});
}

bool batch_holds_announcement(struct engine *engine, const struct batch_announcement *announcement)
{
	return announcement->instance->install_waits &&
	       hold(engine, &(struct held_send){.announcement = *announcement});
}

static bool has_room(const struct batch *batch)
{
	return batch->advert_count < BATCH_SIZE && batch->announcement_count < BATCH_SIZE;
}

bool batch_release_held(struct engine *engine)
{
	struct batch *batch = &engine->batch;
	size_t kept = 0;
	bool more = false;

	for (size_t i = 0; i < engine->held_count; i++) {
		const struct held_send send = engine->held[i];
		const struct instance *instance = held_instance(&send);

		if (instance->install_waits || !has_room(batch)) {
			more = more || !instance->install_waits;
			engine->held[kept++] = send;
		} else if (!instance_is_master(instance)) {
			continue;
		} else if (send.advert.instance != NULL) {
			batch->adverts[batch->advert_count++] = send.advert;
		} else {
			batch->announcements[batch->announcement_count++] = send.announcement;
		}
	}
	engine->held_count = kept;
	/* What a start or a takeover of thousands needed is not kept. */
	if (kept == 0 && engine->held_capacity > HELD_FIRST) {
		free(engine->held);
		engine->held = NULL;
		engine->held_capacity = 0;
	}
	return more;
}

static void collect_one(
	struct engine *engine, struct instance *instance, const struct vr_action *action, mono_t now)
{
	struct batch *batch = &engine->batch;

	switch (action->type) {
	case VR_ACTION_SEND_ADVERT:
		if (batch->advert_count < BATCH_SIZE)
			batch->adverts[batch->advert_count++] =
				(struct batch_advert){.instance = instance,
					.priority = action->priority,
					.interval = action->interval};
		break;
	case VR_ACTION_INSTALL:
		/* What was to go in this same batch stays. */
		instance->install_wanted = true;
		instance->remove_addresses_wanted = false;
		instance->remove_routes_wanted = false;
		break;
	case VR_ACTION_REMOVE_ADDRESSES:
		instance->remove_addresses_wanted = true;
		break;
	case VR_ACTION_REMOVE_ROUTES:
		instance->remove_routes_wanted = true;
		break;
	case VR_ACTION_ANNOUNCE:
		batch_announce(engine, instance, action->count);
		break;
	case VR_ACTION_RECORD:
		orders_record(instance, &action->record, now);
		if (action->record.code == VR_RECORD_ANNOUNCED && instance->install_wanted)
			instance->announced_waits = true;
		else
			history_record(engine, instance, &action->record, now);
		break;
	}
}

void batch_collect(
	struct engine *engine, struct instance *instance, const struct actions *actions, mono_t now)
{
	for (size_t i = 0; i < actions->count; i++)
		collect_one(engine, instance, &actions->list[i], now);
}

void batch_install_answered(struct engine *engine, struct instance *instance, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_INSTALL_RESULT, .error = install_error(instance)};
	const struct vr_record announced = vr_record_make(&instance->vr, VR_RECORD_ANNOUNCED);

	instance->install_waits = false;
	/* Who is no Master any more has asked for the opposite behind it. */
	if (instance_is_master(instance)) {
		install_plan_retry(instance, true, now);
		instance_input(engine, instance, &event, now);
		if (instance->announced_waits)
			history_record(engine, instance, &announced, now);
	}
	instance->announced_waits = false;
}

static void run_installs(struct engine *engine, mono_t now)
{
	const struct batch *batch = &engine->batch;
	bool some = false;

	for (struct instance *instance = batch->touched; instance; instance = instance->next_touched)
		if (instance->install_wanted) {
			instance->install_wanted = false;
			instance->install_result_due = true;
			some = true;
			will_write(engine, instance, true, now);
			devices_follow(engine, instance, now);
			claims_install(engine, instance, false, now);
		}
	if (!some)
		return;
	ops_run(engine, now);
	for (struct instance *instance = batch->touched; instance; instance = instance->next_touched) {
		if (!instance->install_result_due)
			continue;
		instance->install_result_due = false;
		if (instance->ops_in_flight > 0)
			instance->install_waits = instance->advert_waits = true;
		else
			batch_install_answered(engine, instance, now);
	}
}

static void run_removals(struct engine *engine, mono_t now)
{
	const bool keep = engine->options.keep && engine->stopping;

	for (struct instance *instance = engine->batch.touched; instance; instance = instance->next_touched) {
		if (instance->remove_addresses_wanted && !keep)
			claims_remove_addresses(engine, instance, now);
		if (instance->remove_routes_wanted && !keep)
			claims_remove_routes(engine, instance, now);
		instance->remove_addresses_wanted = false;
		instance->remove_routes_wanted = false;
	}
	ops_run(engine, now);
}

static void run_notifies(struct engine *engine)
{
	backlog_notify_fresh(engine);
	/* Those whose record found no room. */
	for (struct instance *instance = engine->batch.touched; instance; instance = instance->next_touched)
		notify_instance(engine, instance);
}

static void release_touched(struct engine *engine)
{
	struct instance *instance = engine->batch.touched;

	engine->batch.touched = NULL;
	while (instance != NULL) {
		struct instance *next = instance->next_touched;

		instance->touched = false;
		instance->advert_waits = false;
		instance->next_touched = NULL;
		instance = next;
	}
}

static void run_sends(struct engine *engine, mono_t now)
{
	adverts_send(engine, now);
	announcements_send(engine, now);
}

void batch_run(struct engine *engine, mono_t now)
{
	struct batch *batch = &engine->batch;

	if (batch->running)
		return;
	batch->running = true;
	devices_follow_silence(engine);
	firewall_before_install(engine, now);
	run_installs(engine, now);
	ops_run(engine, now);
	run_sends(engine, now);
	run_removals(engine, now);
	firewall_after_removal(engine, now);
	for (struct instance *instance = batch->touched; instance; instance = instance->next_touched) {
		devices_follow(engine, instance, now);
		will_write(engine, instance, false, now);
	}
	run_notifies(engine);
	backlog_end_of_batch(engine);
	sync_groups_notify(engine, false);
	sync_groups_tell(engine);
	release_touched(engine);
	batch->running = false;
}

void turn_run(struct engine *engine, mono_t now)
{
	sync_groups_decide(engine, now);
	batch_run(engine, now);
}

void turn_end(struct engine *engine, mono_t now)
{
	anchors_follow(engine, now);
	turn_run(engine, now);
	orders_tell(engine, now);
	instances_reap(engine, now);
}

void batch_make_room(struct engine *engine, mono_t now)
{
	const struct batch *batch = &engine->batch;

	if (batch->advert_count + VR_ACTIONS_MAX <= BATCH_SIZE &&
		batch->announcement_count + VR_ACTIONS_MAX <= BATCH_SIZE)
		return;
	if (!batch->running) {
		batch_run(engine, now);
		return;
	}
	/* Results of installations: what they belong to is done. */
	run_sends(engine, now);
}
