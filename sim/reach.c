/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does what a host sends arrive? Asked whenever something changed that decides it (a switch's table, a neighbour cache, an
 * address, a route, a cable), so outages are exact, and cost nothing while nothing changes.
 *
 * It arrives when the host's neighbour entry of the virtual address leads, by the tables of the switches and cables that are
 * whole in both directions, to a machine that takes frames for this hardware address, and
 *	- for a stream to the virtual address itself: holds it, and refuses nothing;
 *	- for a stream through it: has a route to the destination by an interface that works and a next hop that is there.
 * A router forwards whatever reaches its hardware address, master or not: that is why a careful handover loses nothing. A
 * cable that loses only some frames counts as whole.
 */
#include <string.h>

#include "sim/world.h"

#define NEIGHBOURS_MAX (sizeof(((struct host *)0)->neighbours) / sizeof(struct neighbour))

struct question {
	const struct ip_addr *address;
	const struct mac_addr *mac;
	const struct stream *stream;
	struct router *router; /* out */
	struct mac_addr answer; /* out */
	const struct port_end *found; /* out */
};

static bool takes(const struct router *router, const struct nic *nic, const struct mac_addr *mac)
{
	if (memcmp(&nic->mac, mac, sizeof(*mac)) == 0)
		return true;
	for (size_t i = 0; i < router->rule_count; i++)
		if (router->rules[i].type == FIREWALL_VMAC && router->rules[i].ifindex == nic->ifindex &&
			memcmp(&router->rules[i].mac, mac, sizeof(*mac)) == 0)
			return true;
	return false;
}

/* A machine on this segment with the address, whatever it is. */
static bool has_next_hop(void *user, struct port_end *port)
{
	const struct question *question = user;

	if (port->far == FAR_HOST)
		return ip_equal(&port->host->address.addr, question->address) ||
		       ip_equal(&port->host->address6.addr, question->address);
	if (!port->router->powered)
		return false;
	for (size_t i = 0; i < port->router->address_count; i++) {
		const struct kernel_address *own = &port->router->addresses[i];
		const struct nic *nic = nic_by_index(port->router, own->ifindex);

		if (nic != NULL && nic->port == port && nic->up &&
			ip_equal(&own->prefix.addr, question->address))
			return true;
	}
	return false;
}

/* The interface towards the destination and the next hop there; NULL: no route. */
static const struct nic *route_to(
	const struct router *router, const struct ip_addr *destination, struct ip_addr *next_hop)
{
	const struct nic *best = NULL;
	int longest = -1;

	for (size_t i = 0; i < router->address_count; i++) {
		const struct kernel_address *own = &router->addresses[i];
		const struct nic *nic = nic_by_index(router, own->ifindex);

		if (nic == NULL || !nic->up || own->prefix.length <= longest ||
			!ip_in_prefix(destination, &own->prefix))
			continue;
		longest = own->prefix.length;
		best = nic;
		*next_hop = *destination;
	}
	for (size_t i = 0; i < router->route_count; i++) {
		const struct kernel_route *route = &router->routes[i];

		if (route->destination.length <= longest || !ip_in_prefix(destination, &route->destination))
			continue;
		longest = route->destination.length;
		best = nic_by_index(router, route->ifindex);
		*next_hop = ip_is_set(&route->gateway) ? route->gateway : *destination;
	}
	return best;
}

static bool forwards(const struct router *router, const struct ip_addr *destination)
{
	struct ip_addr next_hop;
	const struct nic *out = route_to(router, destination, &next_hop);
	struct question question = {.address = &next_hop};

	return out != NULL && nic_carrier(router, out) &&
	       network_broadcast_reaches(out->port, has_next_hop, &question);
}

static bool serves(const struct router *router, const struct stream *stream)
{
	if (ip_is_set(&stream->destination))
		return forwards(router, &stream->destination);
	return kernel_has_address(router, &stream->via) && !firewall_refuses(router, &stream->via);
}

static bool takes_and_serves(void *user, struct port_end *port)
{
	struct question *question = user;
	struct router *router = port->router;

	if (port->far != FAR_ROUTER || !router->powered)
		return false;
	for (size_t i = 0; i < router->nic_count; i++) {
		const struct nic *nic = router->nics[i];

		if (nic->ifindex == 0 || nic->port != port || !nic_carrier(router, nic) ||
			!takes(router, nic, question->mac) || !serves(router, question->stream))
			continue;
		question->router = router;
		return true;
	}
	return false;
}

/* What a machine that has the address would say when asked for it. */
static bool answers(void *user, struct port_end *port)
{
	struct question *question = user;
	const struct router *router = port->router;
	const struct mac_addr *named;

	if (port->far != FAR_ROUTER || !router->powered || firewall_mutes(router, question->address))
		return false;
	for (size_t i = 0; i < router->address_count; i++) {
		const struct kernel_address *own = &router->addresses[i];
		const struct nic *nic = nic_by_index(router, own->ifindex);

		if (nic == NULL || nic->port != port || !nic_carrier(router, nic) ||
			!ip_equal(&own->prefix.addr, question->address))
			continue;
		named = firewall_names(router, question->address);
		question->answer = named != NULL ? *named : nic->mac;
		question->found = port;
		return true;
	}
	return false;
}

static void retry_after(struct host *host, dur_t delay)
{
	const mono_t at = mono_add(host->world->now, delay);
	struct event *event;

	if (!mono_before(at, host->retry_at))
		return;
	event = event_new(host->world, EVENT_HOST_RETRY);
	if (event == NULL)
		return;
	host->retry_at = at;
	event->host = host;
	event_schedule(host->world, event, at);
}

static struct neighbour *neighbour_of(struct host *host, const struct ip_addr *address)
{
	for (size_t i = 0; i < host->neighbour_count; i++)
		if (ip_equal(&host->neighbours[i].address, address))
			return &host->neighbours[i];
	if (host->neighbour_count == NEIGHBOURS_MAX)
		return NULL;
	host->neighbours[host->neighbour_count] =
		(struct neighbour){.address = *address, .fails_at = MONO_NEVER};
	return &host->neighbours[host->neighbour_count++];
}

static bool resolve(struct host *host, struct neighbour *neighbour)
{
	struct question question = {.address = &neighbour->address};
	const mono_t now = host->world->now;

	if (!mono_due(neighbour->ask_at, now))
		return false;
	if (!network_broadcast_reaches(host->port, answers, &question)) {
		neighbour->ask_at = mono_add(now, SIM_NEIGHBOUR_RETRY);
		retry_after(host, SIM_NEIGHBOUR_RETRY);
		return false;
	}
	neighbour->valid = true;
	neighbour->mac = question.answer;
	return true;
}

static bool arrives(struct host *host, struct stream *stream)
{
	struct neighbour *neighbour = neighbour_of(host, &stream->via);
	struct question question = {.stream = stream};

	if (neighbour == NULL || (!neighbour->valid && !resolve(host, neighbour)))
		return false;
	question.mac = &neighbour->mac;
	if (network_reaches(host->port, &neighbour->mac, takes_and_serves, &question)) {
		neighbour->fails_at = MONO_NEVER;
		stream->by = question.router;
		return true;
	}
	if (neighbour->fails_at.ns == MONO_NEVER.ns) {
		neighbour->fails_at = mono_add(host->world->now, SIM_NEIGHBOUR_TIMEOUT);
		retry_after(host, SIM_NEIGHBOUR_TIMEOUT);
	} else {
		retry_after(host, mono_sub(neighbour->fails_at, host->world->now));
	}
	return false;
}

static void note(struct host *host, struct stream *stream, bool works)
{
	const struct watcher *watcher = &host->world->watcher;
	const mono_t now = host->world->now;

	if (works == stream->works)
		return;
	stream->works = works;
	if (!works) {
		stream->down_since = now;
		stream->outages++;
	} else if (stream->worked) {
		const dur_t outage = mono_sub(now, stream->down_since);

		stream->total += outage;
		if (outage > stream->longest)
			stream->longest = outage;
	}
	stream->worked = true;
	if (watcher->stream != NULL)
		watcher->stream(watcher->user, host, stream);
}

void streams_judge(struct world *world)
{
	world->changed = false;
	for (struct host *host = world->hosts; host; host = host->next)
		for (size_t i = 0; i < host->stream_count; i++)
			note(host, &host->streams[i], arrives(host, &host->streams[i]));
}

dur_t stream_longest(const struct world *world, const struct stream *stream)
{
	const dur_t present = stream->worked && !stream->works ? mono_sub(world->now, stream->down_since) : 0;

	return present > stream->longest ? present : stream->longest;
}
