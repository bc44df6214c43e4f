/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/readiness.h"

#include <stdlib.h>
#include <string.h>

#define HOPS_MAX 8 /* of one virtual router */
#define PATHS_MAX (2 * HOPS_MAX + 1)

struct asked_hop {
	struct interface *interface;
	struct ip_addr address;
	bool answered;
};

/* By which packets come that are to be passed on. */
struct path {
	struct interface *interface;
	uint8_t family;
};

struct readiness {
	struct readiness *next;
	struct instance *instance;
	mono_t ask_at;
	mono_t gives_up_at;
	struct asked_hop hops[HOPS_MAX];
	size_t count;
	struct path paths[PATHS_MAX];
	size_t path_count;
	bool told; /* what it waits for */
};

static void add_hop(
	const struct engine *engine, struct readiness *readiness, const struct ip_addr *address, const char *device)
{
	struct interface *interface = tracking_interface_of_hop(engine, address, device);

	if (interface == NULL || readiness->count == HOPS_MAX)
		return;
	for (size_t i = 0; i < readiness->count; i++)
		if (readiness->hops[i].interface == interface && ip_equal(&readiness->hops[i].address, address))
			return;
	readiness->hops[readiness->count++] = (struct asked_hop){.interface = interface, .address = *address};
}

static void list_hops(const struct engine *engine, struct readiness *readiness)
{
	const struct vr_config *config = readiness->instance->config;

	for (size_t i = 0; i < config->extra->route_count; i++) {
		const struct virtual_route *route = &config->extra->routes[i];

		if (ip_is_set(&route->gateway))
			add_hop(engine, readiness, &route->gateway, route->device);
		for (size_t k = 0; k < route->hop_count; k++)
			if (ip_is_set(&route->hops[k].gateway))
				add_hop(engine, readiness, &route->hops[k].gateway, route->hops[k].device);
	}
}

static void add_path(struct readiness *readiness, struct interface *interface, uint8_t family)
{
	if (interface == NULL || readiness->path_count == PATHS_MAX)
		return;
	for (size_t i = 0; i < readiness->path_count; i++)
		if (readiness->paths[i].interface == interface && readiness->paths[i].family == family)
			return;
	readiness->paths[readiness->path_count++] = (struct path){interface, family};
}

static bool is_tracked_interface(const struct tracked_object *tracked)
{
	return tracked->kind == TRACK_INTERFACE;
}

/* The LAN, the links of the next hops, and those that are tracked. */
static void list_paths(const struct engine *engine, struct readiness *readiness)
{
	const struct vr_config *config = readiness->instance->config;

	add_path(readiness, readiness->instance->interface, config->family);
	for (size_t i = 0; i < readiness->count; i++)
		add_path(readiness, readiness->hops[i].interface, readiness->hops[i].address.family);
	for (size_t i = 0; i < config->extra->tracked_count; i++)
		if (is_tracked_interface(&config->extra->tracked[i]))
			add_path(readiness, interface_by_name(engine, config->extra->tracked[i].name), config->family);
}

static bool has_to_look(const struct vr_config *config)
{
	if (config->extra->route_count > 0)
		return true;
	for (size_t i = 0; i < config->extra->tracked_count; i++)
		if (is_tracked_interface(&config->extra->tracked[i]))
			return true;
	return false;
}

static void hear(struct engine *engine, const struct readiness *readiness, bool on)
{
	for (size_t i = 0; i < readiness->count; i++) {
		struct interface *interface = readiness->hops[i].interface;
		size_t *asked = &interface->asked[family_index(readiness->hops[i].address.family)];

		*asked = on ? *asked + 1 : *asked - 1;
		tracking_hear(engine, interface);
	}
}

static void ask(struct engine *engine, const struct readiness *readiness)
{
	for (size_t i = 0; i < readiness->count; i++) {
		const struct asked_hop *hop = &readiness->hops[i];

		if (!hop->answered && tracking_can_be_asked(hop->interface, &hop->address))
			probe_send(engine, hop->interface, NULL, &hop->address);
	}
}

static void say(struct engine *engine, struct instance *instance, bool ready, mono_t now)
{
	instance_input(engine, instance, &(struct vr_event){.type = VR_EVENT_READY, .ready = ready}, now);
}

/* Out of the list, and freed. */
static void drop(struct engine *engine, struct readiness *readiness)
{
	struct readiness **at = &engine->readiness;

	while (*at != readiness)
		at = &(*at)->next;
	*at = readiness->next;
	instance_rare(readiness->instance)->readiness = NULL;
	instance_rare_tidy(readiness->instance);
	hear(engine, readiness, false);
	free(readiness);
}

static void end(struct engine *engine, struct readiness *readiness, mono_t now)
{
	struct instance *instance = readiness->instance;

	drop(engine, readiness);
	say(engine, instance, true, now);
}

void readiness_end_all(struct engine *engine, mono_t now)
{
	while (engine->readiness != NULL)
		end(engine, engine->readiness, now);
}

void readiness_forget(struct engine *engine, struct instance *instance)
{
	if (instance->rare->readiness != NULL)
		drop(engine, instance->rare->readiness);
}

static bool forwards(const struct interface *interface, uint8_t family)
{
	return interface->link == NULL || !interface->link->forwards_nothing[family_index(family)];
}

/* No event tells that the setting has changed. Thousands may ask at once. */
static void look_at_forwarding(struct engine *engine, const struct readiness *readiness, bool first, mono_t now)
{
	for (size_t i = 0; i < readiness->path_count; i++) {
		struct interface *interface = readiness->paths[i].interface;

		if (interface->link == NULL || (!first && forwards(interface, readiness->paths[i].family)) ||
			!mono_due(interface->look_again, now))
			continue;
		interface->look_again = mono_add(now, READINESS_SPACING);
		engine->port->query_link(engine->port->user, interface->link->ifindex);
	}
}

/* What forwards by none of its links, and has no next hop, is no gateway. */
static bool all_forward(const struct readiness *readiness)
{
	size_t count = 0;

	for (size_t i = 0; i < readiness->path_count; i++)
		count += forwards(readiness->paths[i].interface, readiness->paths[i].family);
	return count == readiness->path_count || (count == 0 && readiness->count == 0);
}

static bool all_answered(const struct readiness *readiness)
{
	for (size_t i = 0; i < readiness->count; i++)
		if (!readiness->hops[i].answered)
			return false;
	return true;
}

static void begin(struct engine *engine, struct instance *instance, mono_t now)
{
	struct readiness *readiness = calloc(1, sizeof(*readiness));

	instance->was_asked = true;
	if (readiness == NULL)
		return;
	readiness->instance = instance;
	list_hops(engine, readiness);
	list_paths(engine, readiness);
	if ((readiness->count == 0 && readiness->path_count < 2) || instance_rare(instance) == NULL) {
		free(readiness);
		return;
	}
	readiness->ask_at = mono_add(now, READINESS_SPACING);
	readiness->gives_up_at = mono_add(now, READINESS_PATIENCE);
	readiness->next = engine->readiness;
	engine->readiness = readiness;
	instance_rare(instance)->readiness = readiness;
	hear(engine, readiness, true);
	ask(engine, readiness);
	look_at_forwarding(engine, readiness, true, now);
	say(engine, instance, false, now);
}

/* When this one will preempt; MONO_NEVER: it will not. */
static mono_t preempts_at(const struct vr *vr)
{
	if (vr->state != VR_BACKUP || vr->priority == VR_PRIORITY_OWNER || vr->config->strict)
		return MONO_NEVER;
	if (vr_preempts_at(vr).ns != MONO_NEVER.ns)
		return vr_preempts_at(vr);
	return vr->timer_cause == VR_RECORD_PREEMPTED_LOWER ? vr->timer : MONO_NEVER;
}

void readiness_follow(struct engine *engine, struct instance *instance, mono_t now)
{
	const struct vr *vr = &instance->vr;
	mono_t at = preempts_at(vr);
	/* Nothing is looked at between two adverts of the other one. */
	dur_t before = READINESS_PATIENCE + vr->active_adver_interval;

	if (!has_to_look(instance->config) || !instance->started || instance->gone)
		return;
	if (at.ns == MONO_NEVER.ns && vr->agrees)
		return; /* a member that waits for its group */
	if (at.ns == MONO_NEVER.ns) {
		instance->was_asked = false;
		if (instance->rare->readiness != NULL)
			end(engine, instance->rare->readiness, now);
	} else if (!instance->was_asked && mono_due(at, mono_add(now, before))) {
		begin(engine, instance, now);
	}
}

/* What is missing: waited for, or no longer. */
static void remark_missing(
	struct engine *engine, const struct readiness *readiness, enum remark hop, enum remark forwarding, mono_t now)
{
	struct history_entry entry = {.remark = forwarding};

	for (size_t i = 0; i < readiness->path_count && !all_forward(readiness); i++) {
		if (forwards(readiness->paths[i].interface, readiness->paths[i].family))
			continue;
		strncpy(entry.device, readiness->paths[i].interface->link->name, sizeof(entry.device) - 1);
		history_remark(engine, readiness->instance, &entry, now);
	}
	entry = (struct history_entry){.remark = hop};
	for (size_t i = 0; i < readiness->count; i++) {
		if (readiness->hops[i].answered)
			continue;
		entry.next_hop = readiness->hops[i].address;
		history_remark(engine, readiness->instance, &entry, now);
	}
}

/* The moment to take over has come, and goes by. */
static void tell(struct engine *engine, struct readiness *readiness, mono_t now)
{
	if (readiness->told || !readiness->instance->vr.waits_ready)
		return;
	readiness->told = true;
	remark_missing(engine, readiness, REMARK_WAITS_FOR_HOP, REMARK_WAITS_FOR_FORWARDING, now);
}

void readiness_tick(struct engine *engine, mono_t now)
{
	struct readiness *next;

	for (struct readiness *readiness = engine->readiness; readiness != NULL; readiness = next) {
		next = readiness->next;
		if (mono_due(readiness->gives_up_at, now)) {
			remark_missing(engine, readiness, REMARK_HOP_SILENT, REMARK_NOT_FORWARDING, now);
			end(engine, readiness, now);
		} else if (mono_due(readiness->ask_at, now)) {
			readiness->ask_at = mono_add(now, READINESS_SPACING);
			ask(engine, readiness);
			look_at_forwarding(engine, readiness, false, now);
			if (all_answered(readiness) && all_forward(readiness))
				end(engine, readiness, now);
			else
				tell(engine, readiness, now);
		}
	}
}

mono_t readiness_deadline(const struct engine *engine)
{
	mono_t deadline = MONO_NEVER;

	for (const struct readiness *readiness = engine->readiness; readiness; readiness = readiness->next)
		deadline = mono_min(deadline, mono_min(readiness->ask_at, readiness->gives_up_at));
	return deadline;
}

void readiness_answered(
	struct engine *engine, const struct interface *interface, const struct ip_addr *address, mono_t now)
{
	struct readiness *next;

	for (struct readiness *readiness = engine->readiness; readiness != NULL; readiness = next) {
		next = readiness->next;
		for (size_t i = 0; i < readiness->count; i++)
			if (readiness->hops[i].interface == interface && ip_equal(&readiness->hops[i].address, address))
				readiness->hops[i].answered = true;
		if (all_answered(readiness) && all_forward(readiness))
			end(engine, readiness, now);
	}
}
