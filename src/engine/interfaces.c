/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that the configuration mentions, by name. Such a name may wait for its link, lose it and find another
 * one with a new index: the virtual routers on it are told, the group is joined again, nothing is left for a human to
 * clear.
 */
#include <stdlib.h>
#include <string.h>

#include "core/accept.h"
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

static const uint8_t families[] = {IP_V4, IP_V6};

/* Until its driver has been asked for the first time, what netlink says counts. */
static bool link_runs(const struct engine *engine, const struct interface *interface)
{
	const struct link *link = interface->link;
	bool found;

	if (link == NULL || !link->up)
		return false;
	return interface_polled(engine, interface, &found) ? found : link->carrier;
}

bool interface_polled(const struct engine *engine, const struct interface *interface, bool *link)
{
	struct track_value value;

	if (!interface->polled || !object_known(engine, TRACK_INTERFACE, interface->name, &value))
		return false;
	*link = value.state == TRACK_UP;
	return true;
}

/* What the configuration says of it alone. */
static void learn(const struct engine *engine, struct interface *interface)
{
	interface->polled = conf_polls_link(engine->conf, interface->name);
	interface->down_delay = 0;
	interface->up_delay = 0;
	for (size_t i = 0; i < engine->conf->link_delay_count; i++)
		if (strcmp(engine->conf->link_delays[i].interface, interface->name) == 0) {
			interface->down_delay = engine->conf->link_delays[i].down;
			interface->up_delay = engine->conf->link_delays[i].up;
		}
}

mono_t interface_believed_at(const struct interface *interface)
{
	return mono_add(interface->turned_at, interface->running ? interface->down_delay : interface->up_delay);
}

/* What is gone cannot come back as it was, and at the start there is nothing to keep to. */
static void believe(const struct engine *engine, struct interface *interface, mono_t now)
{
	const bool runs = link_runs(engine, interface);

	if (runs == interface->running) {
		interface->turned_at = MONO_NEVER;
		return;
	}
	if (interface->turned_at.ns == MONO_NEVER.ns)
		interface->turned_at = now;
	if (!engine->started || interface->link == NULL || mono_due(interface_believed_at(interface), now)) {
		interface->running = runs;
		interface->turned_at = MONO_NEVER;
	}
}

static void look(const struct engine *engine, struct interface *interface)
{
	const struct link *link = interface->link;

	for (size_t i = 0; i < 2; i++) {
		struct vr_interface *now = &interface->families[i].now;

		*now = (struct vr_interface){.exists = link != NULL, .up = interface->running};
		if (link != NULL)
			link_look(engine, link, families[i], now);
	}
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
	interface->waiter = (struct waiter){.owner = WAITER_INTERFACE};
	interface->buckets = &interface->only_bucket;
	interface->bucket_count = 1;
	interface->families[0].join_again = MONO_NEVER;
	interface->families[1].join_again = MONO_NEVER;
	interface->poll_at = MONO_NEVER;
	interface->doubt_ends = MONO_NEVER;
	link_proof_init(&interface->proof, false, LINK_PROOF_FAST_PROBE);
	hash_insert(&engine->interfaces_by_name, &interface->node, name_value(name));
	interface->next = engine->interfaces;
	engine->interfaces = interface;
	interface->link = link_by_name(engine, name);
	if (interface->link != NULL)
		interface->link->interface = interface;
	interface->turned_at = MONO_NEVER;
	learn(engine, interface);
	interface->running = link_runs(engine, interface);
	look(engine, interface);
	return interface;
}

void interface_leave_group(struct engine *engine, struct instance *instance)
{
	const struct ip_addr group = config_group(instance->config);

	if (instance->joined)
		engine->port->leave(engine->port->user, instance->interface->link->ifindex, &group);
	instance->joined = false;
}

/* What was asked of the port for the link ends. */
static void let_go_of_link(struct engine *engine, struct interface *interface)
{
	const struct port *port = engine->port;
	int ifindex = interface->link->ifindex;

	for (struct instance *instance = interface_first(interface); instance;
		instance = interface_next(instance))
		interface_leave_group(engine, instance);
	for (size_t i = 0; i < 2; i++) {
		if (interface->hearing[i])
			port->hear_neighbours(port->user, ifindex, i == family_index(IP_V6) ? IP_V6 : IP_V4, false);
		interface->hearing[i] = false;
	}
	if (interface->promoting)
		port->promote_secondaries(port->user, ifindex, false);
	interface->promoting = false;
	if (interface->link->interface == interface)
		interface->link->interface = NULL;
	interface->link = NULL;
}

void interface_free(struct engine *engine, struct interface *interface)
{
	struct interface **at = &engine->interfaces;

	while (*at != interface)
		at = &(*at)->next;
	*at = interface->next;
	hash_remove(&engine->interfaces_by_name, &interface->node);
	heap_remove(&engine->heap, &interface->waiter.item);
	if (interface->link != NULL)
		let_go_of_link(engine, interface);
	free(interface->trackers.list);
	if (interface->buckets != &interface->only_bucket)
		free(interface->buckets);
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
	devices_parent_gone(engine, interface, now);
	let_go_of_link(engine, interface);
	interface_refresh(engine, interface, now);
}

void interface_link_gone(struct engine *engine, struct interface *interface, mono_t now)
{
	for (struct instance *instance = interface_first(interface); instance;
		instance = interface_next(instance))
		instance->group_lost = instance->group_lost || instance->joined;
	interface_unbind(engine, interface, now);
}

static void tell_of_lost_group(
	struct engine *engine, struct instance *instance, const struct ip_addr *group, mono_t now)
{
	const struct history_entry entry = {.remark = REMARK_GROUP_LOST, .prefix.addr = *group};

	history_remark(engine, instance, &entry, now);
}

/* false: it could not be joined. */
static bool join_for(struct engine *engine, struct instance *instance, const struct interface_family *family,
	const struct link *link, mono_t now)
{
	const struct ip_addr group = config_group(instance->config);
	const bool wanted = link != NULL && !instance->config->extra->unicast.enabled;

	if (instance->joined == wanted)
		return true;
	interface_leave_group(engine, instance);
	if (!wanted) {
		instance->group_lost = instance->group_lost && link == NULL;
		return true;
	}
	if (family->join_again.ns != MONO_NEVER.ns && mono_before(now, family->join_again))
		return false;
	if (engine->port->join(engine->port->user, link->ifindex, &group) != 0)
		return false;
	instance->joined = true;
	if (instance->group_lost)
		tell_of_lost_group(engine, instance, &group, now);
	instance->group_lost = false;
	return true;
}

static void join_one(struct engine *engine, struct interface *interface, size_t i, mono_t now)
{
	struct interface_family *family = &interface->families[i];
	bool joined = true;

	for (struct instance *instance = interface_first(interface); instance;
		instance = interface_next(instance))
		if (instance->config->family == families[i])
			joined = join_for(engine, instance, family, interface->link, now) && joined;
	if (joined)
		family->join_again = MONO_NEVER;
	else if (mono_due(family->join_again, now) || family->join_again.ns == MONO_NEVER.ns)
		family->join_again = mono_add(now, JOIN_RETRY);
}

static void wait(struct engine *engine, struct interface *interface)
{
	mono_t join_again = mono_min(interface->families[0].join_again, interface->families[1].join_again);

	heap_set(&engine->heap, &interface->waiter.item,
		mono_min(mono_min(join_again, interface_believed_at(interface)), tracking_deadline(engine, interface)));
}

void interface_not_joined(struct engine *engine, int ifindex, const struct ip_addr *group, mono_t now)
{
	const struct link *link = link_by_index(engine, ifindex);
	struct interface *interface = link != NULL ? link->interface : NULL;
	struct interface_family *family;

	if (interface == NULL)
		return;
	for (struct instance *instance = interface_first(interface); instance; instance = interface_next(instance)) {
		const struct ip_addr own = config_group(instance->config);

		instance->joined = instance->joined && !ip_equal(&own, group);
	}
	family = &interface->families[family_index(group->family)];
	family->join_again = mono_add(now, JOIN_RETRY);
	wait(engine, interface);
}

static void join(struct engine *engine, struct interface *interface, mono_t now)
{
	for (size_t i = 0; i < 2; i++)
		join_one(engine, interface, i, now);
}

/* Each group is looked for once, however many virtual routers share it; all of them tell when it was lost. */
void interface_check_groups(struct engine *engine, struct interface *interface, mono_t now)
{
	const struct port *port = engine->port;
	struct ip_addr checked[2] = {0};
	bool lost[2] = {false};

	if (interface->link == NULL || port->check_group == NULL)
		return;
	for (struct instance *instance = interface_first(interface); instance;
		instance = interface_next(instance)) {
		const struct ip_addr group = config_group(instance->config);
		const size_t i = family_index(instance->config->family);

		if (!instance->joined)
			continue;
		if (!ip_equal(&checked[i], &group))
			lost[i] = port->check_group(port->user, interface->link->ifindex, &group) > 0;
		checked[i] = group;
		if (lost[i])
			tell_of_lost_group(engine, instance, &group, now);
	}
}

static bool is_told(const struct instance *instance, const struct vr_interface *now)
{
	const struct instance_told *told = &instance->told;

	return told->exists == now->exists && told->up == now->up && told->tentative == now->tentative &&
	       told->duplicate == now->duplicate && told->unproven == now->unproven &&
	       told->no_device == now->no_device &&
	       (now->exists && now->bad_device) == ((instance->vr.blockers & VR_BLOCKER_BAD_DEVICE) != 0) &&
	       told->has_address == ip_is_set(&now->primary) &&
	       (!told->has_address || ip_equal(&instance->vr.primary, &now->primary));
}

void interface_note_told(struct instance *instance, const struct vr_interface *now)
{
	instance->told = (struct instance_told){.exists = now->exists,
		.up = now->up,
		.has_address = ip_is_set(&now->primary),
		.tentative = now->tentative,
		.duplicate = now->duplicate,
		.unproven = now->unproven,
		.no_device = now->no_device};
}

void interface_promote(struct engine *engine, struct interface *interface)
{
	bool wanted = false;

	for (const struct instance *instance = interface_first(interface); instance;
		instance = interface_next(instance))
		wanted = wanted || (instance->config->extra->promote_secondaries && !instance->gone);
	if (wanted == interface->promoting || interface->link == NULL ||
		engine->port->promote_secondaries == NULL)
		return;
	engine->port->promote_secondaries(engine->port->user, interface->link->ifindex, wanted);
	interface->promoting = wanted;
}

void interface_tell(struct engine *engine, struct interface *interface, mono_t now)
{
	for (struct instance *instance = interface_first(interface); instance;
		instance = interface_next(instance)) {
		struct vr_event event = {.type = VR_EVENT_INTERFACE,
			.interface = instance_interface(engine, instance)};

		devices_see(instance, &event.interface);
		firewall_see(engine, instance, &event.interface, now);
		event.interface.unproven = tracking_in_doubt(interface);
		if (!instance->started || is_told(instance, &event.interface))
			continue;
		interface_note_told(instance, &event.interface);
		instance_input(engine, instance, &event, now);
	}
}

void interface_refresh(struct engine *engine, struct interface *interface, mono_t now)
{
	believe(engine, interface, now);
	look(engine, interface);
	if (!engine->started)
		return;
	join(engine, interface, now);
	interface_promote(engine, interface);
	tracking_lost(interface, now);
	interface_tell(engine, interface, now);
	tracking_refresh(engine, interface, now);
	interface_tell(engine, interface, now);
	/* A testament holds the source and the hardware address. */
	for (struct instance *instance = interface_first(interface); instance;
		instance = interface_next(instance))
		batch_touch(engine, instance);
	wait(engine, interface);
}

void interfaces_learn(struct engine *engine)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		learn(engine, interface);
}

void interfaces_look_again(struct engine *engine, mono_t now)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		if (link_runs(engine, interface) != interface->running)
			interface_refresh(engine, interface, now);
}

void interface_poll_reported(struct engine *engine, const char *name, mono_t now)
{
	struct interface *interface = interface_by_name(engine, name);

	if (interface != NULL && interface->polled)
		interface_refresh(engine, interface, now);
}

void interface_tick(struct engine *engine, struct interface *interface, mono_t now)
{
	for (size_t i = 0; i < 2; i++)
		if (mono_due(interface->families[i].join_again, now))
			join_one(engine, interface, i, now);
	tracking_tick(engine, interface, now);
	if (mono_due(interface_believed_at(interface), now))
		interface_refresh(engine, interface, now);
	wait(engine, interface);
}

static void keep(const struct engine *engine, const char *name)
{
	struct interface *interface = name != NULL ? interface_by_name(engine, name) : NULL;

	if (interface != NULL)
		interface->wanted = true;
}

static void keep_route(const struct engine *engine, const struct virtual_route *route)
{
	keep(engine, route->device);
	keep(engine, route->vrf);
	for (size_t i = 0; i < route->hop_count; i++)
		keep(engine, route->hops[i].device);
}

void interfaces_drop_unused(struct engine *engine)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		interface->wanted = interface->instance_count > 0 || interface->trackers.count > 0;
	for (struct device *device = engine->devices; device; device = device->next)
		device->parent->wanted = true;
	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct vr_config *config = engine->instances[i]->config;

		for (size_t k = 0; k < config->address_count; k++)
			keep(engine, address_options(&config->addresses[k])->device);
		for (size_t k = 0; k < config->extra->route_count; k++)
			keep_route(engine, &config->extra->routes[k]);
	}
	for (size_t k = 0; k < engine->conf->bfd_count; k++)
		keep(engine, engine->conf->bfd[k].interface);
	for (size_t k = 0; k < engine->conf->statics.address_count; k++)
		keep(engine, address_options(&engine->conf->statics.addresses[k])->device);
	for (size_t k = 0; k < engine->conf->statics.route_count; k++)
		keep_route(engine, &engine->conf->statics.routes[k]);
	for (struct interface *interface = engine->interfaces, *next; interface; interface = next) {
		next = interface->next;
		if (!interface->wanted)
			interface_free(engine, interface);
	}
}
