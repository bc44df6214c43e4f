/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router's claims on its addresses, routes and rules. Routes go in before the rules that lead to them, and both
 * before the addresses, so that the first packet that an address attracts can be forwarded; only a route that needs one of
 * the addresses waits for it.
 */
#include <errno.h>

#include "engine/state.h"

size_t claim_count(const struct vr_config *config)
{
	return config->address_count + config->extra->route_count + config->extra->rule_count;
}

/* own: what counts without a device; NULL: nothing. */
static int device_index(const struct engine *engine, const struct link *own, const char *device)
{
	int ifindex;

	if (device == NULL)
		ifindex = own != NULL ? own->ifindex : 0;
	else
		ifindex = interface_index(engine, device);
	return ifindex > 0 ? ifindex : -1;
}

/* Where address number index stands; -1: nowhere yet. */
static int address_index(const struct engine *engine, const struct instance *instance, size_t index)
{
	const struct device *device = instance->claims[index].device;

	if (device != NULL)
		return device_is_ready(device) ? device->ifindex : -1;
	return device_index(engine, instance->interface->link, address_options(&instance->config->addresses[index])->device);
}

/* A link-local gateway may be on any link: it is taken for one on the virtual router's own. */
static bool hop_finds_device(const char *device, const struct ip_addr *gateway)
{
	return device == NULL && ip_is_set(gateway) && !(gateway->family == IP_V6 && ip_is_link_local(gateway));
}

static bool route_finds_device(const struct virtual_route *route)
{
	bool has_way = ip_is_set(&route->gateway) || route->device != NULL || route->encap != NULL;

	/* One that drops, or whose next hops say it. */
	return !has_way || hop_finds_device(route->device, &route->gateway);
}

static void find_hops(const struct engine *engine, const struct link *own, struct kernel_op *op)
{
	for (size_t i = 0; i < op->route->hop_count; i++) {
		const struct route_hop *hop = &op->route->hops[i];

		if (hop_finds_device(hop->device, &hop->gateway))
			continue;
		op->hop_ifindexes[i] = device_index(engine, own, hop->device);
		if (op->hop_ifindexes[i] < 0)
			op->ifindex = -1;
	}
}

static void find_table(const struct engine *engine, struct kernel_op *op)
{
	const struct link *link = link_by_index(engine, interface_index(engine, op->route->vrf));

	op->table = link != NULL ? link->vrf_table : 0;
	if (op->table == 0)
		op->ifindex = -1;
}

struct kernel_op address_op(const struct engine *engine, const struct virtual_address *address, bool add)
{
	return (struct kernel_op){.type = add ? KERNEL_ADD_ADDRESS : KERNEL_DELETE_ADDRESS,
		.address = address,
		.ifindex = device_index(engine, NULL, address_options(address)->device)};
}

struct kernel_op route_op(
	const struct engine *engine, const struct link *own, const struct virtual_route *route, bool add)
{
	struct kernel_op op = {.type = add ? KERNEL_ADD_ROUTE : KERNEL_DELETE_ROUTE, .route = route};

	if (!route_finds_device(route))
		op.ifindex = device_index(engine, own, route->device);
	find_hops(engine, own, &op);
	if (route->vrf != NULL)
		find_table(engine, &op);
	return op;
}

struct kernel_op rule_op(const struct virtual_rule *rule, bool add)
{
	return (struct kernel_op){.type = add ? KERNEL_ADD_RULE : KERNEL_DELETE_RULE, .rule = rule};
}

struct kernel_op claim_op(
	const struct engine *engine, const struct instance *instance, size_t index, bool add)
{
	const struct vr_config *config = instance->config;

	if (index < config->address_count)
		return (struct kernel_op){.type = add ? KERNEL_ADD_ADDRESS : KERNEL_DELETE_ADDRESS,
			.address = &config->addresses[index],
			.lifetime = add ? lifetime_of(engine, &config->addresses[index]) : 0,
			.ifindex = address_index(engine, instance, index)};
	index -= config->address_count;
	if (index < config->extra->route_count)
		return route_op(engine, instance->interface->link, &config->extra->routes[index], add);
	return rule_op(&config->extra->rules[index - config->extra->route_count], add);
}

/* The owner's real address stands there by itself: AMB-12. */
static bool stands_already(
	const struct engine *engine, const struct instance *instance, const struct kernel_op *op)
{
	const struct link *link;

	if (op->address == NULL || instance->config->priority != VR_PRIORITY_OWNER)
		return false;
	link = link_by_index(engine, op->ifindex);
	if (link != NULL && link_has_foreign(link, &op->address->prefix.addr))
		return true;
	/* It need not stand on the device for the virtual MAC. */
	link = instance->interface->link;
	return link != NULL && link_has_foreign(link, &op->address->prefix.addr);
}

void claim_adopt(struct engine *engine, struct instance *instance, size_t index)
{
	struct kernel_op op = claim_op(engine, instance, index, true);
	struct claim *claim = &instance->claims[index];

	if (claim->holding == NULL && op.ifindex >= 0)
		claim->holding = holding_take(engine, &op);
	instance->will_is_old = true;
}

static void install_one(struct engine *engine, struct instance *instance, size_t index, mono_t now)
{
	struct kernel_op op = claim_op(engine, instance, index, true);
	struct claim *claim = &instance->claims[index];

	if (claim->holding != NULL && claim->holding->foreign)
		return;
	if (stands_already(engine, instance, &op)) {
		claim_adopt(engine, instance, index);
		if (claim->holding != NULL)
			claim->holding->foreign = true;
		claim->error = 0;
		return;
	}
	/* Where an equal one does not count as this one, what a predecessor left goes first. */
	if (op.route != NULL && claim->holding == NULL && op.route->mode != ROUTE_MODE_USUAL)
		ops_add(engine, instance, index, false, false, now);
	ops_add(engine, instance, index, true, false, now);
}

static bool leads_into(const struct virtual_route *route, const struct ip_prefix *prefix)
{
	if (ip_in_prefix(&route->gateway, prefix))
		return true;
	for (size_t i = 0; i < route->hop_count; i++)
		if (ip_in_prefix(&route->hops[i].gateway, prefix))
			return true;
	return false;
}

static bool route_needs_address(const struct vr_config *config, const struct virtual_route *route)
{
	for (size_t i = 0; i < config->address_count; i++) {
		const struct ip_prefix *prefix = &config->addresses[i].prefix;

		if (ip_equal(&route->source, &prefix->addr) ||
			(prefix->length < ip_max_length(&prefix->addr) && leads_into(route, prefix)))
			return true;
	}
	return false;
}

static void install_routes(
	struct engine *engine, struct instance *instance, bool needing_address, bool failed_only, mono_t now)
{
	const struct vr_config *config = instance->config;

	for (size_t i = 0; i < config->extra->route_count; i++) {
		size_t index = config->address_count + i;

		if (route_needs_address(config, &config->extra->routes[i]) == needing_address &&
			(!failed_only || instance->claims[index].error != 0))
			install_one(engine, instance, index, now);
	}
}

void claims_install(struct engine *engine, struct instance *instance, bool failed_only, mono_t now)
{
	const size_t first_rule = instance->config->address_count + instance->config->extra->route_count;

	install_routes(engine, instance, false, failed_only, now);
	for (size_t i = first_rule; i < claim_count(instance->config); i++)
		if (!failed_only || instance->claims[i].error != 0)
			install_one(engine, instance, i, now);
	for (size_t i = 0; i < instance->config->address_count; i++)
		if (!failed_only || instance->claims[i].error != 0)
			install_one(engine, instance, i, now);
	install_routes(engine, instance, true, failed_only, now);
}

int install_error(const struct instance *instance)
{
	for (size_t i = 0; i < claim_count(instance->config); i++)
		if (instance->claims[i].error != 0)
			return instance->claims[i].error;
	return 0;
}

void install_plan_retry(struct instance *instance, bool first, mono_t now)
{
	if (install_error(instance) == 0 && instance_is_master(instance))
		refused_forget(instance);
	if (install_error(instance) == 0 || !instance_is_master(instance))
		instance->retry_at = MONO_NEVER;
	else
		/* What fails behind the first puts nothing off. */
		instance->retry_at = mono_min(
			instance->retry_at, mono_add(now, first ? INSTALL_RETRY_FIRST : INSTALL_RETRY_LATER));
}

void install_retry(struct engine *engine, struct instance *instance, mono_t now)
{
	if (instance_is_master(instance)) {
		claims_install(engine, instance, true, now);
		ops_run(engine, now);
	}
	instance->retry_at = MONO_NEVER;
	instance->retry_waits = instance->ops_in_flight > 0;
	if (!instance->retry_waits)
		install_retry_answered(engine, instance, now);
}

void install_retry_answered(struct engine *engine, struct instance *instance, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_INSTALL_RESULT};

	instance->retry_waits = false;
	if (instance_is_master(instance))
		refused_look(engine, instance, now);
	install_plan_retry(instance, false, now);
	batch_touch(engine, instance);
	if (!instance_is_master(instance) || install_error(instance) != 0)
		return;
	/* Clients shall learn of what came late. */
	batch_announce(engine, instance, instance->config->extra->announce.repeat);
	instance_input(engine, instance, &event, now);
}

void claim_release(struct engine *engine, struct instance *instance, size_t index, mono_t now)
{
	struct claim *claim = &instance->claims[index];
	struct holding *holding = claim->holding;

	claim->error = 0;
	if (holding == NULL)
		return;
	if (holding->claims == 1 && !holding->foreign && !holding_shares_place(engine, holding))
		ops_add(engine, instance, index, false, false, now);
	claim->holding = NULL;
	instance->will_is_old = true;
	holding_drop(engine, holding);
}

void claims_remove_addresses(struct engine *engine, struct instance *instance, mono_t now)
{
	for (size_t i = 0; i < instance->config->address_count; i++)
		claim_release(engine, instance, i, now);
}

void claims_remove_routes(struct engine *engine, struct instance *instance, mono_t now)
{
	/* The rules first: they lead to the routes. */
	for (size_t i = claim_count(instance->config); i-- > instance->config->address_count;)
		claim_release(engine, instance, i, now);
}
