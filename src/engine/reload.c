/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new configuration in force. Virtual routers that are the same in both are not touched in any way, but for the place where
 * they read what they are; changed ones go on in their state; removed ones hand over as at a stop and are freed when they have
 * let go; added ones start.
 *
 * What is new of all changed ones goes into the kernel before anything old comes out: a route that only changes its metric
 * leaves no gap, nor does an address that moves from one virtual router to another.
 */
#include <stdlib.h>
#include <string.h>

#include "core/accept.h"
#include "engine/bfd.h"
#include "engine/readiness.h"

/* Something of the old configuration that the new one does not list. */
struct outgoing {
	struct holding *holding;
	struct kernel_op op;
};

/* What a changed one is to have; once that is in force, what it had. */
struct replacement {
	struct replacement *next;
	struct instance *instance;
	const struct vr_config *config;
	struct vr_config *own_config; /* of an instance that a reload before had no memory for */
	struct track_value *track_values;
	struct claim *claims;
	struct device *device;
	struct outgoing *outgoing;
	size_t outgoing_count;
};

static void say_no_memory(struct engine *engine, const char *name, mono_t now)
{
	struct text line;
	struct json_out json;

	text_init(&line, engine->line, sizeof(engine->line));
	json_out_begin(&json, &line);
	json_out_object(&json, NULL);
	json_out_string(&json, "vr", name);
	json_out_mono(&json, "at", now);
	json_out_string(&json, "code", "no-memory");
	json_out_string(&json, "text", "no memory for the new configuration of this virtual router");
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
}

static void remove_instance(struct engine *engine, struct instance *instance, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_SHUTDOWN};

	if (!instance_keep_config(instance))
		event.type = VR_EVENT_SHUTDOWN_NOW;
	if (instance->started)
		instance_input(engine, instance, &event, now);
	instance->leaving = true;
	engine->someone_gone = true;
}

/* It is left as it was. */
static void leave_alone(struct engine *engine, struct instance *instance, mono_t now)
{
	say_no_memory(engine, instance->config->name, now);
	if (!instance_keep_config(instance))
		remove_instance(engine, instance, now);
}

/* One that is still handing over cannot wait any longer when its successor in the configuration is here. */
static void end_leaving(struct engine *engine, struct instance *instance, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_SHUTDOWN_NOW};

	if (instance->started && !instance->gone)
		instance_input(engine, instance, &event, now);
	engine->someone_gone = true;
	turn_end(engine, now);
}

static enum held_kind kind_of(const struct vr_config *config, size_t index)
{
	if (index < config->address_count)
		return HELD_ADDRESS;
	return index < config->address_count + config->extra->route_count ? HELD_ROUTE : HELD_RULE;
}

static bool same_thing(const struct vr_config *old, size_t i, const struct vr_config *new, size_t k)
{
	if (kind_of(old, i) != kind_of(new, k))
		return false;
	switch (kind_of(old, i)) {
	case HELD_ADDRESS:
		break;
	case HELD_ROUTE:
		return virtual_route_equal(
			&old->extra->routes[i - old->address_count], &new->extra->routes[k - new->address_count]);
	case HELD_RULE:
		return virtual_rule_equal(&old->extra->rules[i - old->address_count - old->extra->route_count],
			&new->extra->rules[k - new->address_count - new->extra->route_count]);
	}
	return virtual_address_equal(&old->addresses[i], &new->addresses[k]);
}

/* Most lists change in one place: the same index is the first guess. */
static bool carry_over(
	const struct instance *instance, size_t i, const struct vr_config *new, struct claim *claims)
{
	const struct vr_config *old = instance->config;
	size_t count = claim_count(new);

	for (size_t guess = 0; guess < count; guess++) {
		size_t k = (i + guess) % count;

		if (claims[k].holding == NULL && claims[k].error == 0 && same_thing(old, i, new, k) &&
			claims[k].device == instance->claims[i].device) {
			claims[k].holding = instance->claims[i].holding;
			claims[k].error = instance->claims[i].error;
			return true;
		}
	}
	return false;
}

static void sort_claims(
	const struct engine *engine, const struct instance *instance, struct replacement *replacement)
{
	for (size_t i = 0; i < claim_count(instance->config); i++) {
		struct holding *holding = instance->claims[i].holding;
		struct outgoing *outgoing = &replacement->outgoing[replacement->outgoing_count];

		if (carry_over(instance, i, replacement->config, replacement->claims) || holding == NULL)
			continue;
		outgoing->holding = holding;
		outgoing->op = claim_op(engine, instance, i, false);
		outgoing->op.ifindex = holding->ifindex;
		replacement->outgoing_count++;
	}
}

static bool same_object(const struct tracked_object *a, const struct tracked_object *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

/* Of something that nobody has reported yet. To begin to track it is no reason to leave service. */
static struct track_value presume(const struct instance *instance, const struct tracked_object *tracked)
{
	for (size_t i = 0; i < instance->config->extra->tracked_count; i++)
		if (same_object(&instance->config->extra->tracked[i], tracked))
			return instance->vr.track_values[i];
	return (struct track_value){.state = instance->vr.state != VR_INITIALIZE ? TRACK_UP : TRACK_UNKNOWN};
}

static void fill_track_values(
	const struct engine *engine, const struct instance *instance, struct replacement *replacement)
{
	const struct vr_config *config = replacement->config;

	for (size_t i = 0; i < config->extra->tracked_count; i++) {
		struct track_value value = tracking_value(engine, instance, &config->extra->tracked[i]);

		replacement->track_values[i] =
			value.state == TRACK_UNKNOWN ? presume(instance, &config->extra->tracked[i]) : value;
	}
}

static void free_replacement(struct replacement *replacement)
{
	free(replacement->own_config);
	free(replacement->claims);
	free(replacement->outgoing);
	free(replacement);
}

/* NULL without memory. */
static struct replacement *allocate_replacement(struct instance *instance, const struct vr_config *config)
{
	struct replacement *replacement = calloc(1, sizeof(*replacement));

	if (replacement == NULL)
		return NULL;
	replacement->instance = instance;
	replacement->config = config;
	replacement->outgoing = calloc(claim_count(instance->config) + 1, sizeof(struct outgoing));
	if (instance_make_lists(config, &replacement->claims, &replacement->track_values) && replacement->outgoing != NULL)
		return replacement;
	free_replacement(replacement);
	return NULL;
}

/* It points into a configuration that stays until the kernel has answered, unless the instance had one of its own. */
static void end_outgoing(struct engine *engine, const struct replacement *replacement, struct kernel_op *op)
{
	if (replacement->own_config == NULL)
		ops_give(engine, op, OPS_NOBODYS, false);
	else
		engine->port->kernel(engine->port->user, op, 1);
}

static void remove_outgoing(struct engine *engine, const struct replacement *replacement)
{
	for (size_t i = 0; i < replacement->outgoing_count; i++) {
		struct outgoing *outgoing = &replacement->outgoing[i];

		if (outgoing->holding->claims == 1 && !outgoing->holding->foreign &&
			!holding_shares_place(engine, outgoing->holding))
			end_outgoing(engine, replacement, &outgoing->op);
		holding_drop(engine, outgoing->holding);
	}
}

/* Old records name tracked objects by their place in the old list. */
static void forget_track_places(struct instance *instance)
{
	history_forget_tracks(&instance->history);
}

static bool same_tracked(const struct vr_config *a, const struct vr_config *b)
{
	if (a->extra->tracked_count != b->extra->tracked_count)
		return false;
	for (size_t i = 0; i < a->extra->tracked_count; i++)
		if (!same_object(&a->extra->tracked[i], &b->extra->tracked[i]))
			return false;
	return true;
}

static bool stands_elsewhere(const struct replacement *old, const struct instance *instance)
{
	const struct vr_config *config = instance->config;

	for (size_t i = 0; i < config->address_count; i++)
		if (i >= old->config->address_count || instance->claims[i].device != old->claims[i].device)
			return true;
	return false;
}

/* The core knows nothing of devices: to it, the addresses are what they were. */
static void move_addresses(
	struct engine *engine, struct instance *instance, const struct replacement *old, mono_t now)
{
	if (!instance->started)
		return;
	interface_refresh(engine, instance->interface, now);
	if (!instance_is_master(instance) || !stands_elsewhere(old, instance))
		return;
	instance->install_wanted = true;
	batch_announce(engine, instance, vr_announce_burst(instance->config));
}

static bool needs_rare(const struct instance *instance, const struct replacement *replacement)
{
	return replacement->device != NULL || replacement->own_config != NULL || instance->rare->device != NULL ||
	       instance->rare->own_config != NULL;
}

/* Gives the instance what the replacement has, and the replacement what the instance had; but the new configuration is for the
 * machine to take. */
static void swap(struct instance *instance, struct replacement *replacement)
{
	struct instance_rare *const rare = needs_rare(instance, replacement) ? instance_rare(instance) : NULL;
	const struct replacement old = {.config = instance->config,
		.own_config = instance->rare->own_config,
		.claims = instance->claims,
		.device = instance->rare->device};

	if (rare != NULL)
		rare->own_config = replacement->own_config;
	instance->claims = replacement->claims;
	if (rare != NULL)
		rare->device = replacement->device;
	replacement->config = old.config;
	replacement->own_config = old.own_config;
	replacement->claims = old.claims;
	replacement->device = old.device;
}

/* The interface joins the new one when it is looked at again. */
static bool group_changes(const struct vr_config *old, const struct vr_config *new)
{
	const struct ip_addr left = config_group(old), joined = config_group(new);

	return !ip_equal(&left, &joined);
}

static void put_in_force(
	struct engine *engine, struct instance *instance, struct replacement *replacement, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_CONFIG,
		.config = replacement->config,
		.track_values = replacement->track_values};

	if (!same_tracked(instance->config, replacement->config))
		forget_track_places(instance);
	if (group_changes(instance->config, replacement->config))
		interface_leave_group(engine, instance);
	/* Until the machine has the new configuration, the claims are not those of the one in force, and nothing may run. */
	batch_make_room(engine, now);
	swap(instance, replacement);
	instance->will_is_old = true;
	refused_forget(instance);
	refused_hurry(engine, instance, now);
	if (instance->started) {
		instance_input(engine, instance, &event, now);
	} else {
		instance->vr.track_values = replacement->track_values;
		instance_init_machine(instance, event.config, now);
	}
	instance->changing = true;
	batch_touch(engine, instance);
	move_addresses(engine, instance, replacement, now);
	batch_run(engine, now);
	/* Another source, or the first peer. */
	interface_refresh(engine, instance->interface, now);
}

/* Takes out what the instance had and has no more. */
static void end_change(struct engine *engine, struct replacement *old, mono_t now)
{
	struct instance *instance = old->instance;

	remove_outgoing(engine, old);
	instance->changing = false;
	batch_touch(engine, instance);
	batch_run(engine, now);
	devices_detach(engine, &old->device, old->claims, old->config->address_count);
	free_replacement(old);
}

struct reload {
	struct engine *engine;
	enum conf_change pass;
	struct replacement *changed, **changed_end; /* what they had; in the order of the configuration */
	mono_t now;
};

static void change_instance(struct reload *reload, struct instance *instance, const struct vr_config *config)
{
	struct engine *engine = reload->engine;
	const mono_t now = reload->now;
	struct replacement *replacement;

	/* Nothing that waits may point into the old configuration, nor what the kernel answers to claims of the old one. */
	batch_run(engine, now);
	if (instance->ops_in_flight > 0)
		engine_kernel_settle(engine, now);
	devices_follow_name(engine, instance, config);
	replacement = allocate_replacement(instance, config);
	if (replacement == NULL || !devices_known(engine, config) ||
		!devices_attach(engine, config, &replacement->device, replacement->claims) ||
		!advert_prepare(instance, config) || !firewall_prepare(instance, config) ||
		!instance_lend(instance, config) || (needs_rare(instance, replacement) && instance_rare(instance) == NULL)) {
		if (replacement != NULL) {
			devices_detach(engine, &replacement->device, replacement->claims, config->address_count);
			free_replacement(replacement);
		}
		leave_alone(engine, instance, now);
		return;
	}
	devices_make(engine, replacement->device, replacement->claims, config->address_count, now);
	sort_claims(engine, instance, replacement);
	if (instance->started)
		fill_track_values(engine, instance, replacement);
	put_in_force(engine, instance, replacement, now);
	*reload->changed_end = replacement;
	reload->changed_end = &replacement->next;
}

static void end_changes(struct reload *reload)
{
	struct replacement *next;

	for (struct replacement *old = reload->changed; old != NULL; old = next) {
		next = old->next;
		end_change(reload->engine, old, reload->now);
	}
}

static void apply(void *user, const struct conf_difference *difference)
{
	struct reload *reload = user;
	struct engine *engine = reload->engine;
	const struct conf_instance *named =
		difference->before != NULL ? difference->before : difference->after;
	struct instance *instance = instance_of_config(engine, &named->vr);

	if (difference->change != reload->pass)
		return;
	switch (difference->change) {
	case CONF_SAME:
		if (instance != NULL && !instance->leaving && instance->rare->own_config == NULL)
			vr_move_config(&instance->vr, &difference->after->vr);
		break;
	case CONF_REMOVED:
		if (instance != NULL)
			remove_instance(engine, instance, reload->now);
		break;
	case CONF_CHANGED:
		if (instance != NULL)
			change_instance(reload, instance, &difference->after->vr);
		break;
	case CONF_ADDED:
		if (instance != NULL)
			end_leaving(engine, instance, reload->now);
		if (instance_new(engine, &difference->after->vr, reload->now) == NULL)
			say_no_memory(engine, difference->after->vr.name, reload->now);
		break;
	}
}

/* Order of the configuration first, then those that are leaving. */
static void sort_instances(struct engine *engine)
{
	size_t place = 0;

	for (size_t i = 0; i < engine->conf->instance_count; i++) {
		struct instance *instance = instance_of_config(engine, &engine->conf->instances[i].vr);
		size_t at = place;

		while (at < engine->instance_count && engine->instances[at] != instance)
			at++;
		if (instance == NULL || at == engine->instance_count)
			continue;
		memmove(&engine->instances[place + 1], &engine->instances[place],
			(at - place) * sizeof(engine->instances[0]));
		engine->instances[place++] = instance;
	}
}

static void start_added(struct engine *engine, mono_t now)
{
	if (!engine->started || engine->stopping)
		return;
	devices_plan(engine, now);
	for (size_t i = 0; i < engine->instance_count; i++)
		if (!engine->instances[i]->started && !engine->instances[i]->leaving)
			instance_clean_up(engine, engine->instances[i], now);
	ops_run(engine, now);
	for (size_t i = 0; i < engine->instance_count; i++)
		if (!engine->instances[i]->started && !engine->instances[i]->leaving)
			instance_start(engine, engine->instances[i], false, now);
}

const struct conf *engine_reload(struct engine *engine, const struct conf *conf, mono_t now)
{
	static const enum conf_change passes[] = {CONF_REMOVED, CONF_CHANGED, CONF_ADDED, CONF_SAME};
	const struct conf *old = engine->conf;
	struct reload reload = {.engine = engine, .now = now};

	reload.changed_end = &reload.changed;
	engine_kernel_settle(engine, now);
	status_abandon(engine);
	readiness_end_all(engine, now);
	pace_end(engine, true);
	small_frames_flush(engine);
	engine->conf = conf;
	engine->reloading = true;
	if (engine->recording && engine->started)
		recording_header(engine);
	interfaces_learn(engine);
	objects_prepare(engine, conf);
	bfd_follow(engine, now);
	for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
		reload.pass = passes[i];
		conf_diff(old, conf, apply, &reload);
		if (reload.pass == CONF_CHANGED)
			end_changes(&reload);
	}
	statics_reload(engine, old, now);
	virtual_addresses_rebuild(engine);
	waiters_reserve(engine);
	tracking_rebuild(engine, now);
	objects_drop_untracked(engine);
	interfaces_drop_unused(engine);
	sort_instances(engine);
	if (engine->started && !engine->stopping)
		bfd_start(engine, now);
	if (engine->started && !engine->stopping)
		lifetimes_plan(engine, now);
	start_added(engine, now);
	sync_groups_rebuild(engine);
	interfaces_look_again(engine, now);
	engine->reloading = false;
	engine->drained_changed = true; /* they may have other names */
	turn_end(engine, now);
	return old;
}
