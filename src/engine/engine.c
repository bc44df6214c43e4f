/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine as a whole: made, started, driven by the clock of others, stopped. */
#include "engine/engine.h"

#include <stdlib.h>

#include "engine/bfd.h"
#include "engine/look_ahead.h"
#include "engine/orders.h"
#include "engine/readiness.h"
#include "engine/state.h"

static bool init_tables(struct engine *engine)
{
	return hash_init(&engine->links_by_index) && hash_init(&engine->interfaces_by_name) &&
	       objects_init(&engine->objects) &&
	       hash_init(&engine->holdings);
}

static bool make_instances(struct engine *engine, mono_t now)
{
	if (!objects_prepare(engine, engine->conf))
		return false;
	for (size_t i = 0; i < engine->conf->instance_count; i++)
		if (instance_new(engine, &engine->conf->instances[i].vr, now) == NULL)
			return false;
	return statics_prepare(engine) && virtual_addresses_rebuild(engine) && waiters_reserve(engine) &&
	       tracking_rebuild(engine, now) && sync_groups_rebuild(engine);
}

struct engine *engine_new(
	const struct conf *conf, const struct port *port, const struct engine_options *options, mono_t now)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (engine == NULL)
		return NULL;
	engine->conf = conf;
	engine->port = port;
	engine->options = *options;
	engine->recording = options->record;
	engine->lateness.due = MONO_NEVER;
	engine->unheard_after = MONO_NEVER;
	engine->restore_at = MONO_NEVER;
	engine->pace_at = MONO_NEVER;
	engine->devices_at = MONO_NEVER;
	firewall_watch_init(&engine->firewall_watch);
	if (!init_tables(engine) || !bfd_init(engine, now) || !make_instances(engine, now)) {
		engine_free(engine);
		return NULL;
	}
	return engine;
}

static void free_holdings(struct engine *engine)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		for (size_t k = 0; k < claim_count(engine->instances[i]->config); k++)
			if (engine->instances[i]->claims[k].holding != NULL)
				holding_drop(engine, engine->instances[i]->claims[k].holding);
}

void engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	pace_end(engine, false);
	orders_free(engine);
	bfd_free(engine);
	free_holdings(engine);
	statics_free(engine);
	sync_groups_free(engine);
	/* The world outside may be gone already. */
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		interface->link = NULL;
	devices_free(engine);
	for (size_t i = 0; i < engine->instance_count; i++)
		instance_free(engine, engine->instances[i]);
	while (engine->interfaces != NULL)
		interface_free(engine, engine->interfaces);
	while (engine->links != NULL) {
		struct link *link = engine->links;

		engine->links = link->next;
		link_free(link);
	}
	hash_free(&engine->links_by_index);
	hash_free(&engine->interfaces_by_name);
	objects_free(&engine->objects);
	hash_free(&engine->holdings);
	virtual_addresses_free(engine);
	free(engine->silences.ifindexes);
	backlog_free(engine);
	ops_free(engine);
	free(engine->held);
	free(engine->firewall.ops);
	free(engine->instances);
	free(engine->slots);
	free(engine->heap.entries);
	free(engine);
}

static bool has_leftovers(const struct engine *engine, const struct instance *instance)
{
	for (size_t i = 0; i < instance->config->address_count; i++)
		if (instance_has_leftover(engine, instance, i))
			return true;
	return false;
}

/* A dead predecessor's addresses and routes stay until a successor speaks. */
static bool adopt(struct engine *engine, struct instance *instance)
{
	if (!engine->options.adopt || !has_leftovers(engine, instance))
		return false;
	for (size_t i = 0; i < claim_count(instance->config); i++)
		if (i >= instance->config->address_count || instance_has_leftover(engine, instance, i))
			claim_adopt(engine, instance, i);
	return true;
}

/* The delays of the file as it is now: a reload holds nobody down who runs. */
static mono_t end_of_hold_down(const struct engine *engine, mono_t now)
{
	const struct conf_global *global = &engine->conf->global;
	mono_t end = {0};

	if (global->startup_delay > 0)
		end = mono_add(now, global->startup_delay);
	if (global->delay_after_boot > 0)
		end = mono_max(end, mono_add(engine->options.booted, global->delay_after_boot));
	return mono_before(now, end) ? end : (mono_t){0};
}

void engine_start(struct engine *engine, mono_t now)
{
	if (engine->started)
		return;
	devices_start(engine, now);
	engine->started = true;
	engine->quiet_until = end_of_hold_down(engine, now);
	if (engine->recording)
		recording_header(engine);
	for (size_t i = 0; i < engine->instance_count; i++)
		engine->instances[i]->adopted = adopt(engine, engine->instances[i]);
	if (engine->options.adopt) {
		firewall_adopt(engine, now);
		devices_silence(engine);
	}
	for (size_t i = 0; i < engine->instance_count; i++)
		if (!engine->instances[i]->adopted)
			instance_clean_up(engine, engine->instances[i], now);
	ops_run(engine, now);
	/* What they left is silent until it is gone. */
	lifetimes_plan(engine, now);
	if (engine->options.bury || engine->options.adopt)
		orphans_remove_routes(engine);
	statics_install(engine, now);
	if (engine->options.bury || engine->options.adopt)
		orphans_remove(engine, now);
	orphans_remove_devices(engine, now);
	if (engine->options.adopt)
		tracking_presume_good(engine, now);
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		interface_refresh(engine, interface, now);
	for (size_t i = 0; i < engine->instance_count; i++)
		instance_start(engine, engine->instances[i], engine->instances[i]->adopted, now);
	bfd_start(engine, now);
	turn_end(engine, now);
	/* Of the rules of a predecessor nothing else is left. */
	if (engine->options.adopt || engine->options.bury)
		engine->port->firewall(engine->port->user, NULL, 0);
}

/* Some of those who are due, taken out of the heap. How many. */
static size_t take_group(struct engine *engine, struct waiter *group[LOOK_AHEAD_GROUP], mono_t now)
{
	size_t count = 0;

	while (count < LOOK_AHEAD_GROUP && mono_due(heap_first_deadline(&engine->heap), now)) {
		group[count] = (struct waiter *)heap_take_first(&engine->heap);
		look_ahead_waiter(group[count++]);
	}
	return count;
}

/* Whoever is due, taken out of the heap: masters and interfaces, whose work is short, apart from the others. */
static struct waiter *take_due(struct engine *engine, mono_t now)
{
	struct waiter *quick = NULL, **end = &quick, *group[LOOK_AHEAD_GROUP];
	size_t count;

	while ((count = take_group(engine, group, now)) > 0)
		for (size_t i = 0; i < count; i++) {
			struct waiter *waiter = group[i];

			if (waiter->owner == WAITER_INSTANCE && !instance_is_master(waiter_instance(waiter))) {
				backlog_due(engine, waiter);
				continue;
			}
			/* One that waits in the backlog and has become Master meanwhile is served there. */
			if (waiter->waits)
				continue;
			look_ahead_instance(waiter);
			waiter->next_due = NULL;
			*end = waiter;
			end = &waiter->next_due;
		}
	return quick;
}

static void run_waiter(struct engine *engine, struct waiter *waiter, mono_t now)
{
	switch ((enum waiter_owner)waiter->owner) {
	case WAITER_INTERFACE:
		interface_tick(engine, (struct interface *)waiter, now);
		break;
	case WAITER_INSTANCE:
		instance_tick(engine, waiter_instance(waiter), now);
		break;
	case WAITER_BFD:
		bfd_tick(engine, (struct bfd_peer *)waiter, now);
		break;
	}
}

static void run_quick(struct engine *engine, struct waiter *waiter, mono_t now)
{
	for (; waiter; waiter = waiter->next_due)
		run_waiter(engine, waiter, now);
}

void engine_tick(struct engine *engine, mono_t now)
{
	if (!engine->started)
		return;
	overruns_tick(&engine->overruns, engine->port, now);
	orders_tick(engine, now);
	readiness_tick(engine, now);
	run_quick(engine, take_due(engine, now), now);
	turn_run(engine, now);
	backlog_run_due(engine, now);
	devices_tick(engine, now);
	holdings_restore(engine, now);
	firewall_restore(engine, now);
	statics_tick(engine, now);
	lifetimes_tick(engine, now);
	if (mono_due(engine->pace_at, now)) {
		pace_run(engine, now);
		small_frames_flush(engine);
	}
	turn_run(engine, now);
	status_step(engine, now);
	backlog_run(engine);
	turn_end(engine, now);
}

static mono_t first_deadline(const struct engine *engine)
{
	mono_t deadline = mono_min(engine->lifetimes.renew_at, heap_first_deadline(&engine->heap));

	deadline = mono_min(deadline, mono_min(engine->restore_at, mono_min(engine->devices_at, engine->firewall_watch.again_at)));
	deadline = mono_min(deadline, mono_min(engine->statics.retry_at, mono_min(orders_deadline(engine), readiness_deadline(engine))));
	return mono_min(deadline, engine->pace_at);
}

mono_t engine_deadline(struct engine *engine)
{
	if (!engine->started)
		return MONO_NEVER;
	engine->lateness.due = first_deadline(engine);
	return backlog_waits(engine) ? (mono_t){0} : mono_min(engine->lateness.due, status_deadline(engine));
}

dur_t engine_lateness(struct engine *engine, mono_t at)
{
	return lateness_measure(&engine->lateness, at);
}

void engine_unheard(struct engine *engine, mono_t after)
{
	engine->unheard_after = after;
}

void engine_events_lost(struct engine *engine, mono_t now)
{
	overruns_events_lost(&engine->overruns, now);
}

void engine_stop(struct engine *engine, bool now_or_never, mono_t now)
{
	struct vr_event event = {.type = now_or_never ? VR_EVENT_SHUTDOWN_NOW : VR_EVENT_SHUTDOWN};

	engine->stopping = true;
	engine->someone_gone = true;
	for (size_t i = 0; i < engine->instance_count; i++)
		if (engine->instances[i]->started && !engine->instances[i]->gone)
			instance_input(engine, engine->instances[i], &event, now);
	bfd_stop(engine, now);
	turn_end(engine, now);
}
