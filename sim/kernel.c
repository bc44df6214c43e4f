/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel of a router: interfaces, addresses, routes, and what it tells of them. Changes take effect at once; their
 * netlink events reach the process a little later and in order, its own addresses included. doc/linux.md says what is
 * imitated: routes over an interface go without a word when it is set down, addresses stay; with the interface itself
 * everything goes; carrier takes nothing away.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "sim/world.h"

struct nic *nic_by_index(const struct router *router, int ifindex)
{
	if (ifindex <= 0 || (size_t)ifindex > router->nic_count)
		return NULL;
	return router->nics[ifindex - 1]->ifindex != 0 ? router->nics[ifindex - 1] : NULL;
}

struct nic *nic_by_name(const struct router *router, const char *name)
{
	for (size_t i = 0; i < router->nic_count; i++)
		if (router->nics[i]->ifindex != 0 && strcmp(router->nics[i]->name, name) == 0)
			return router->nics[i];
	return NULL;
}

struct nic *nic_new(struct router *router, const char *name, struct segment *segment)
{
	struct nic **nics = reallocarray(router->nics, router->nic_count + 1, sizeof(struct nic *));
	struct nic *nic = calloc(1, sizeof(*nic));

	if (nics != NULL)
		router->nics = nics;
	if (nics == NULL || nic == NULL) {
		free(nic);
		return NULL;
	}
	nic->ifindex = (int)router->nic_count + 1;
	strncpy(nic->name, name, sizeof(nic->name) - 1);
	nic->mac = (struct mac_addr){{2, 0, 0, 0, (uint8_t)(router->number + 1), (uint8_t)nic->ifindex}};
	nic->mtu = 1500;
	nic->up = true;
	router->nics[router->nic_count++] = nic;
	if (segment != NULL) {
		nic->port = port_new(segment, FAR_ROUTER);
		if (nic->port == NULL)
			return NULL;
		nic->port->router = router;
		nic->port->ifindex = nic->ifindex;
	}
	return nic;
}

bool nic_carrier(const struct router *router, const struct nic *nic)
{
	const struct nic *parent = nic->parent != 0 ? nic_by_index(router, nic->parent) : NULL;

	if (nic->parent != 0 && (parent == NULL || !parent->up))
		return false;
	return router->powered && nic->up && nic->port != NULL && nic->port->plugged;
}

/* Events of one router keep their order. */
void kernel_tell(struct router *router, struct event *event)
{
	mono_t at = mono_add(router->world->now, router->netlink_delay);

	if (mono_before(router->world->now, router->netlink_full_until)) {
		event_free(router->world, event);
		return;
	}
	if (!mono_before(router->netlink_last, at))
		at = mono_add(router->netlink_last, 1);
	router->netlink_last = at;
	event->router = router;
	event->life = router->life;
	event_schedule(router->world, event, at);
}

static void overrun_ends(struct world *world, struct router *router, uint64_t argument)
{
	(void)world;
	(void)argument;
	router_events_lost(router);
}

void kernel_overrun(struct router *router, dur_t length)
{
	router->netlink_full_until = mono_add(router->world->now, length);
	call_later(router->world, router, length, overrun_ends, 0);
}

static struct event *new_event(struct router *router, enum event_type type)
{
	return router->process != PROCESS_NONE ? event_new(router->world, type) : NULL;
}

void kernel_answer_link(struct router *router, const struct nic *nic)
{
	struct event *event = new_event(router, EVENT_LINK);

	if (event == NULL)
		return;
	event->ifindex = nic->ifindex;
	memcpy(event->link.name, nic->name, sizeof(event->link.name));
	event->link.mac = nic->mac;
	event->link.mtu = nic->mtu;
	event->link.up = nic->up;
	event->link.carrier = nic_carrier(router, nic);
	event->link.ours = nic->parent != 0;
	kernel_tell(router, event);
}

void kernel_tell_link(struct router *router, const struct nic *nic)
{
	router->world->changed = true;
	kernel_answer_link(router, nic);
}

void kernel_port_changed(struct router *router, const struct port_end *port)
{
	router->disturbed = router->world->now;
	for (size_t i = 0; i < router->nic_count; i++)
		if (router->nics[i]->ifindex != 0 && router->nics[i]->port == port)
			kernel_tell_link(router, router->nics[i]);
}

static void drop_routes_of(struct router *router, int ifindex)
{
	for (size_t i = 0; i < router->route_count;)
		if (router->routes[i].ifindex == ifindex)
			router->routes[i] = router->routes[--router->route_count];
		else
			i++;
}

void nic_set_up(struct router *router, struct nic *nic, bool up)
{
	router->disturbed = router->world->now;
	if (nic->up == up)
		return;
	nic->up = up;
	if (!up)
		drop_routes_of(router, nic->ifindex);
	router->kernel_changed = true;
	kernel_tell_link(router, nic);
	for (size_t i = 0; i < router->nic_count; i++)
		if (router->nics[i]->ifindex != 0 && router->nics[i]->parent == nic->ifindex)
			kernel_tell_link(router, router->nics[i]);
}

void nic_remove(struct router *router, struct nic *nic)
{
	const int ifindex = nic->ifindex;
	struct event *event;

	for (size_t i = 0; i < router->nic_count; i++)
		if (router->nics[i]->ifindex != 0 && router->nics[i]->parent == ifindex)
			nic_remove(router, router->nics[i]);
	drop_routes_of(router, ifindex);
	for (size_t i = 0; i < router->address_count;)
		if (router->addresses[i].ifindex == ifindex)
			router->addresses[i] = router->addresses[--router->address_count];
		else
			i++;
	nic->ifindex = 0;
	router->world->changed = true;
	router->kernel_changed = true;
	event = new_event(router, EVENT_LINK_GONE);
	if (event == NULL)
		return;
	event->ifindex = ifindex;
	kernel_tell(router, event);
}

struct kernel_address *kernel_find_address(
	const struct router *router, int ifindex, const struct ip_prefix *prefix)
{
	for (size_t i = 0; i < router->address_count; i++)
		if (router->addresses[i].ifindex == ifindex &&
			ip_prefix_equal(&router->addresses[i].prefix, prefix))
			return &router->addresses[i];
	return NULL;
}

bool kernel_has_address(const struct router *router, const struct ip_addr *address)
{
	for (size_t i = 0; i < router->address_count; i++)
		if (ip_equal(&router->addresses[i].prefix.addr, address))
			return true;
	return false;
}

static void tell_address(struct router *router, const struct kernel_address *address, bool gone)
{
	struct event *event = new_event(router, gone ? EVENT_ADDRESS_GONE : EVENT_ADDRESS);

	router->world->changed = true;
	router->kernel_changed = true;
	if (event == NULL)
		return;
	event->ifindex = address->ifindex;
	event->address = *address;
	kernel_tell(router, event);
}

int kernel_add_address(struct router *router, int ifindex, const struct ip_prefix *prefix, uint8_t protocol)
{
	const struct kernel_address added = {.ifindex = ifindex, .prefix = *prefix, .protocol = protocol};
	struct kernel_address *address = kernel_find_address(router, ifindex, prefix);

	if (nic_by_index(router, ifindex) == NULL)
		return -ENODEV;
	if (!nic_can(nic_by_index(router, ifindex), prefix->addr.family))
		return -EINVAL;
	if (address != NULL) {
		address->protocol = protocol;
		tell_address(router, &added, false);
		return 0;
	}
	if (router->address_count == router->address_capacity) {
		size_t capacity = 2 * router->address_capacity + 8;

		address = reallocarray(router->addresses, capacity, sizeof(*address));
		if (address == NULL)
			return -ENOMEM;
		router->addresses = address;
		router->address_capacity = capacity;
	}
	router->addresses[router->address_count++] = added;
	tell_address(router, &added, false);
	return 0;
}

bool kernel_delete_address(struct router *router, int ifindex, const struct ip_prefix *prefix)
{
	struct kernel_address *address = kernel_find_address(router, ifindex, prefix);
	struct kernel_address gone;

	if (address == NULL)
		return false;
	gone = *address;
	/* The kernel's order decides which address is the primary one. */
	memmove(address, address + 1,
		(size_t)(router->addresses + router->address_count - (address + 1)) * sizeof(*address));
	router->address_count--;
	tell_address(router, &gone, true);
	return true;
}

/* The device of a route that names none: the one whose network the gateway is in. */
static int device_of(const struct router *router, const struct ip_addr *gateway)
{
	for (size_t i = 0; i < router->address_count; i++)
		if (ip_in_prefix(gateway, &router->addresses[i].prefix) &&
			router->addresses[i].prefix.length < ip_max_length(gateway))
			return router->addresses[i].ifindex;
	return 0;
}

static struct kernel_route *find_route(const struct router *router, const struct kernel_route *route)
{
	for (size_t i = 0; i < router->route_count; i++)
		if (ip_prefix_equal(&router->routes[i].destination, &route->destination) &&
			router->routes[i].metric == route->metric &&
			router->routes[i].table == route->table &&
			(!ip_is_set(&route->gateway) ||
				ip_equal(&router->routes[i].gateway, &route->gateway)))
			return &router->routes[i];
	return NULL;
}

int kernel_add_route(struct router *router, const struct kernel_route *route)
{
	struct kernel_route *old = find_route(router, route);
	struct kernel_route added = *route;

	if (added.ifindex == 0 && ip_is_set(&added.gateway))
		added.ifindex = device_of(router, &added.gateway);
	if (ip_is_set(&added.gateway) && nic_by_index(router, added.ifindex) == NULL)
		return -ENETUNREACH;
	if (added.ifindex != 0 && !nic_by_index(router, added.ifindex)->up)
		return -ENETDOWN;
	router->world->changed = true;
	router->kernel_changed = true;
	if (old != NULL) {
		*old = added;
		return 0;
	}
	if (router->route_count == router->route_capacity) {
		size_t capacity = 2 * router->route_capacity + 8;

		old = reallocarray(router->routes, capacity, sizeof(*old));
		if (old == NULL)
			return -ENOMEM;
		router->routes = old;
		router->route_capacity = capacity;
	}
	router->routes[router->route_count++] = added;
	return 0;
}

bool kernel_delete_route(struct router *router, const struct kernel_route *route)
{
	struct kernel_route *old = find_route(router, route);

	if (old == NULL)
		return false;
	*old = router->routes[--router->route_count];
	router->world->changed = true;
	router->kernel_changed = true;
	return true;
}

bool kernel_lose_route(struct router *router, const struct kernel_route *route)
{
	const struct kernel_route *old = find_route(router, route);
	struct event *event;

	if (old == NULL)
		return false;
	event = new_event(router, EVENT_ROUTE_GONE);
	if (event != NULL) {
		event->ifindex = old->ifindex;
		event->route = *old;
		kernel_tell(router, event);
	}
	return kernel_delete_route(router, route);
}

static struct kernel_route route_of(const struct kernel_op *op)
{
	return (struct kernel_route){.ifindex = op->route->hop_count > 0 ? op->hop_ifindexes[0] : op->ifindex,
		.destination = op->route->destination,
		.gateway = op->route->hop_count > 0 ? op->route->hops[0].gateway : op->route->gateway,
		.metric = op->route->metric,
		.table = op->route->table,
		.virtual_one = true};
}

static void run_op(struct router *router, struct kernel_op *op)
{
	struct kernel_route route;
	struct nic *nic;

	op->error = 0;
	switch (op->type) {
	case KERNEL_ADD_ADDRESS:
		op->error = router->kernel_error;
		if (op->error == 0)
			op->error = kernel_add_address(
				router, op->ifindex, &op->address->prefix, VIGIA_KERNEL_PROTOCOL);
		if (op->error == 0)
			kernel_find_address(router, op->ifindex, &op->address->prefix)->expires =
				op->lifetime > 0 ? mono_add(router->world->now, op->lifetime * DUR_S) : MONO_NEVER;
		break;
	case KERNEL_DELETE_ADDRESS:
		kernel_delete_address(router, op->ifindex, &op->address->prefix);
		break;
	case KERNEL_ADD_ROUTE:
		route = route_of(op);
		op->error =
			router->kernel_error != 0 ? router->kernel_error : kernel_add_route(router, &route);
		break;
	case KERNEL_DELETE_ROUTE:
		route = route_of(op);
		kernel_delete_route(router, &route);
		break;
	case KERNEL_ADD_RULE:
		op->error = router->kernel_error != 0 ? router->kernel_error : kernel_add_rule(router, op->rule);
		break;
	case KERNEL_DELETE_RULE:
		kernel_delete_rule(router, op->rule->preference);
		break;
	case KERNEL_DELETE_DEVICE:
		nic = nic_by_index(router, op->ifindex);
		if (nic != NULL && nic->parent != 0)
			nic_remove(router, nic);
		break;
	case KERNEL_RESTORE_PARENT:
		break;
	}
}

void kernel_run(struct router *router, struct kernel_op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		run_op(router, &ops[i]);
}

void kernel_dump(struct router *router)
{
	const mono_t now = router_local(router, router->world->now);

	for (size_t i = 0; i < router->nic_count; i++) {
		const struct nic *nic = router->nics[i];
		struct engine_link link = {.ifindex = nic->ifindex,
			.name = nic->name,
			.mac = nic->mac,
			.mtu = nic->mtu,
			.up = nic->up,
			.carrier = nic_carrier(router, nic),
			.ours = nic->parent != 0};

		if (nic->ifindex != 0)
			engine_link(router->engine, &link, now);
	}
	for (size_t i = 0; i < router->address_count; i++) {
		struct engine_address address = {.ifindex = router->addresses[i].ifindex,
			.prefix = router->addresses[i].prefix,
			.protocol = router->addresses[i].protocol};

		engine_address(router->engine, &address, now);
	}
}

void kernel_reset(struct router *router)
{
	size_t kept = 0;

	for (size_t i = 0; i < router->nic_count; i++) {
		if (router->nics[i]->parent != 0)
			router->nics[i]->ifindex = 0;
		router->nics[i]->up = true;
	}
	for (size_t i = 0; i < router->address_count; i++)
		if (router->addresses[i].protocol != VIGIA_KERNEL_PROTOCOL)
			router->addresses[kept++] = router->addresses[i];
	router->address_count = kept;
	kept = 0;
	for (size_t i = 0; i < router->route_count; i++)
		if (!router->routes[i].virtual_one)
			router->routes[kept++] = router->routes[i];
	router->route_count = kept;
	router->rule_count = 0;
	router->rules_lost = 0;
	router->policy_count = 0;
	router->world->changed = true;
}

/* A machine answers for the addresses it has: the questions of others about their next hop. */
void kernel_frame(struct router *router, int ifindex, const struct packet *packet)
{
	const struct nic *asked = nic_by_index(router, ifindex);
	const struct mac_addr *named;
	struct ip_addr target;

	if (!router->powered || asked == NULL || !neighbour_question(packet, &target) ||
		firewall_mutes(router, &target))
		return;
	for (size_t i = 0; i < router->address_count; i++) {
		const struct nic *nic = nic_by_index(router, router->addresses[i].ifindex);

		if (nic == NULL || nic->port != asked->port || !nic->up ||
			!ip_equal(&router->addresses[i].prefix.addr, &target))
			continue;
		named = firewall_names(router, &target);
		neighbour_answer(nic->port, named != NULL ? named : &nic->mac, packet);
		return;
	}
}
