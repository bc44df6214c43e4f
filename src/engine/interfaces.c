/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that the configuration mentions, by name. Such a name may wait for its link, lose it and find another
 * one with a new index: the virtual routers on it are told, the group is joined again, nothing is left for a human to
 * clear.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

static uint64_t name_value(const char *name)
{
	return hash_bytes(HASH_START, name, strlen(name));
}

struct interface *interface_by_name(const struct engine *engine, const char *name)
{
	for (struct hash_node *node = hash_first(&engine->interfaces_by_name, name_value(name)); node;
		node = hash_next(node)) {
		struct interface *interface =
			(struct interface *)(void *)((char *)node - offsetof(struct interface, node));

		if (strcmp(interface->name, name) == 0)
			return interface;
	}
	return NULL;
}

static struct link *link_by_name(const struct engine *engine, const char *name)
{
	for (struct link *link = engine->links; link; link = link->next)
		if (link->name != NULL && strcmp(link->name, name) == 0)
			return link;
	return NULL;
}

static void look(const struct engine *engine, struct interface *interface)
{
	const struct link *link = interface->link;

	interface->running = link != NULL && link->up && link->carrier;
	interface->primary = link != NULL ? link_primary(engine, link) : (struct ip_addr){0};
}

struct interface *interface_get(struct engine *engine, const char *name)
{
	struct interface *interface = interface_by_name(engine, name);

	if (interface != NULL)
		return interface;
	interface = calloc(1, sizeof(*interface));
	if (interface == NULL)
		return NULL;
	interface->name = strdup(name);
	if (interface->name == NULL) {
		free(interface);
		return NULL;
	}
	interface->waiter = (struct waiter){.item.deadline = MONO_NEVER, .interface = interface};
	interface->join_again = MONO_NEVER;
	interface->poll_at = MONO_NEVER;
	link_proof_init(&interface->proof, false, LINK_PROOF_FAST_PROBE);
	hash_insert(&engine->interfaces_by_name, &interface->node, name_value(name));
	interface->next = engine->interfaces;
	engine->interfaces = interface;
	interface->link = link_by_name(engine, name);
	if (interface->link != NULL)
		interface->link->interface = interface;
	look(engine, interface);
	return interface;
}

void interface_free(struct engine *engine, struct interface *interface)
{
	struct interface **at = &engine->interfaces;

	while (*at != interface)
		at = &(*at)->next;
	*at = interface->next;
	hash_remove(&engine->interfaces_by_name, &interface->node);
	heap_remove(&engine->heap, &interface->waiter.item);
	if (interface->link != NULL) {
		if (interface->joined)
			engine->port->leave(engine->port->user, interface->link->ifindex, IP_V4);
		if (interface->hearing)
			engine->port->hear_arp(engine->port->user, interface->link->ifindex, false);
		interface->link->interface = NULL;
	}
	free(interface->trackers);
	free(interface->name);
	free(interface);
}

int interface_index(const struct engine *engine, const char *name)
{
	const struct interface *interface = interface_by_name(engine, name);

	return interface != NULL && interface->link != NULL ? interface->link->ifindex : 0;
}

void interface_bind(struct engine *engine, struct interface *interface, struct link *link, mono_t now)
{
	/* The older link of this name must have been renamed or removed: its event is still to come. */
	if (interface->link != NULL)
		interface_unbind(engine, interface, now);
	interface->link = link;
	link->interface = interface;
	interface_refresh(engine, interface, now);
	if (engine->started && link->up)
		holdings_link_up(engine, link->ifindex, now);
}

void interface_unbind(struct engine *engine, struct interface *interface, mono_t now)
{
	int ifindex = interface->link->ifindex;

	if (interface->joined)
		engine->port->leave(engine->port->user, ifindex, IP_V4);
	if (interface->hearing)
		engine->port->hear_arp(engine->port->user, ifindex, false);
	interface->joined = false;
	interface->hearing = false;
	interface->link->interface = NULL;
	interface->link = NULL;
	interface_refresh(engine, interface, now);
}

static void join(struct engine *engine, struct interface *interface, mono_t now)
{
	bool wanted = interface->link != NULL && interface->instances != NULL;

	if (wanted == interface->joined || (wanted && mono_before(now, interface->join_again) &&
						   interface->join_again.ns != MONO_NEVER.ns))
		return;
	interface->join_again = MONO_NEVER;
	if (!wanted) {
		if (interface->link != NULL)
			engine->port->leave(engine->port->user, interface->link->ifindex, IP_V4);
		interface->joined = false;
		return;
	}
	interface->joined = engine->port->join(engine->port->user, interface->link->ifindex, IP_V4) == 0;
	if (!interface->joined)
		interface->join_again = mono_add(now, JOIN_RETRY);
}

static void tell_instances(struct engine *engine, struct interface *interface, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_INTERFACE};

	event.interface.exists = interface->link != NULL;
	event.interface.up = interface->running;
	event.interface.primary = interface->primary;
	for (struct instance *instance = interface->instances; instance;
		instance = instance->next_on_interface) {
		const struct vr_interface *told = &instance->told;

		if (!instance->started ||
			(told->exists == event.interface.exists && told->up == event.interface.up &&
				ip_equal(&told->primary, &event.interface.primary)))
			continue;
		instance->told = event.interface;
		instance_input(engine, instance, &event, now);
	}
}

void interface_refresh(struct engine *engine, struct interface *interface, mono_t now)
{
	look(engine, interface);
	if (!engine->started)
		return;
	join(engine, interface, now);
	tell_instances(engine, interface, now);
	tracking_refresh(engine, interface, now);
	/* A testament holds the source and the hardware address. */
	for (struct instance *instance = interface->instances; instance;
		instance = instance->next_on_interface)
		batch_touch(engine, instance);
	heap_set(&engine->heap, &interface->waiter.item,
		mono_min(interface->join_again, tracking_deadline(engine, interface)));
}

void interface_tick(struct engine *engine, struct interface *interface, mono_t now)
{
	if (mono_due(interface->join_again, now))
		join(engine, interface, now);
	tracking_tick(engine, interface, now);
	heap_set(&engine->heap, &interface->waiter.item,
		mono_min(interface->join_again, tracking_deadline(engine, interface)));
}

static void keep(const struct engine *engine, const char *name)
{
	struct interface *interface = name != NULL ? interface_by_name(engine, name) : NULL;

	if (interface != NULL)
		interface->wanted = true;
}

void interfaces_drop_unused(struct engine *engine)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		interface->wanted = interface->instances != NULL || interface->tracker_count > 0;
	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct vr_config *config = engine->instances[i]->config;

		for (size_t k = 0; k < config->address_count; k++)
			keep(engine, config->addresses[k].device);
		for (size_t k = 0; k < config->route_count; k++)
			keep(engine, config->routes[k].device);
	}
	for (struct interface *interface = engine->interfaces, *next; interface; interface = next) {
		next = interface->next;
		if (!interface->wanted)
			interface_free(engine, interface);
	}
}
