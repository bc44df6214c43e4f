/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switches, hubs and cables. The whole way of a frame is decided when it is put on the cable: what is lost, which ports it
 * leaves by, when it arrives at each end; only arrivals are events. So a switch learns an address, and a cut cable swallows
 * a frame, a cable's delay earlier than outside: microseconds, unless a scenario makes cables slow.
 *
 * A cable keeps the order of frames, whatever its jitter, unless it is told to reorder.
 */
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

#define TRUNKS_MAX 8 /* a frame that passed more segments goes in a circle */
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

struct flight {
	struct world *world;
	struct packet *packet;
	struct router *from;
	int ifindex; /* by which it said it */
	const uint8_t *destination; /* of the frame */
	bool advert;
	unsigned depth;
};

static uint64_t mac_number(const uint8_t *bytes)
{
	uint64_t number = 0;

	for (int i = 0; i < 6; i++)
		number = number << 8 | bytes[i];
	return number;
}

static bool is_group(const uint8_t *mac)
{
	return (mac[0] & 1) != 0;
}

static void copy_name(char name[SIM_NAME_SIZE], const char *from)
{
	strncpy(name, from, SIM_NAME_SIZE - 1);
	name[SIM_NAME_SIZE - 1] = '\0';
}

struct segment *segment_new(struct world *world, const char *name, bool hub)
{
	struct segment *segment = calloc(1, sizeof(*segment));
	struct segment **end = &world->segments;

	if (segment == NULL)
		return NULL;
	copy_name(segment->name, name);
	segment->world = world;
	segment->hub = hub;
	segment->ageing = SIM_MAC_AGEING;
	while (*end != NULL)
		end = &(*end)->next;
	*end = segment;
	return segment;
}

struct segment *segment_find(const struct world *world, const char *name)
{
	for (struct segment *segment = world->segments; segment; segment = segment->next)
		if (strcmp(segment->name, name) == 0)
			return segment;
	return NULL;
}

struct port_end *port_new(struct segment *segment, enum far_end far)
{
	struct port_end *port = calloc(1, sizeof(*port));
	struct port_end **end = &segment->ports;

	if (port == NULL)
		return NULL;
	port->segment = segment;
	port->far = far;
	port->plugged = true;
	port->in.delay = SIM_CABLE_DELAY;
	port->out.delay = SIM_CABLE_DELAY;
	while (*end != NULL)
		end = &(*end)->next;
	*end = port;
	return port;
}

struct port_end *trunk_new(struct segment *a, struct segment *b)
{
	struct port_end *here = port_new(a, FAR_SEGMENT);
	struct port_end *there = port_new(b, FAR_SEGMENT);

	if (here == NULL || there == NULL)
		return NULL;
	here->peer = there;
	there->peer = here;
	return here;
}

void port_forget(struct port_end *port)
{
	struct segment *segment = port->segment;

	for (size_t i = 0; i < segment->table_count;)
		if (segment->table[i].port == port)
			segment->table[i] = segment->table[--segment->table_count];
		else
			i++;
	segment->world->changed = true;
}

void port_plug(struct port_end *port, bool plugged)
{
	if (port->plugged == plugged)
		return;
	port->plugged = plugged;
	port->segment->world->changed = true;
	if (port->peer != NULL)
		port->peer->plugged = plugged;
	if (!plugged)
		port_forget(port);
	if (!plugged && port->peer != NULL)
		port_forget(port->peer);
	if (port->far == FAR_ROUTER)
		kernel_port_changed(port->router, port);
}

static struct mac_entry *find_entry(struct segment *segment, uint64_t mac)
{
	for (size_t i = 0; i < segment->table_count; i++)
		if (segment->table[i].mac == mac)
			return &segment->table[i];
	return NULL;
}

static void learn(struct segment *segment, struct port_end *port, const uint8_t *source)
{
	uint64_t mac = mac_number(source);
	struct mac_entry *entry;

	if (segment->hub)
		return;
	entry = find_entry(segment, mac);
	if (entry == NULL && segment->table_count == segment->table_capacity) {
		size_t capacity = 2 * segment->table_capacity + 16;
		struct mac_entry *table = reallocarray(segment->table, capacity, sizeof(*table));

		if (table == NULL)
			return;
		segment->table = table;
		segment->table_capacity = capacity;
	}
	if (entry == NULL) {
		entry = &segment->table[segment->table_count++];
		*entry = (struct mac_entry){.mac = mac};
	}
	if (entry->port != port)
		segment->world->changed = true;
	entry->port = port;
	entry->seen = segment->world->now;
}

/* The port that the switch would send it to; NULL: all of them. */
static struct port_end *lookup(struct segment *segment, const uint8_t *mac)
{
	struct mac_entry *entry = is_group(mac) ? NULL : find_entry(segment, mac_number(mac));

	if (entry == NULL || mono_due(mono_add(entry->seen, segment->ageing), segment->world->now))
		return NULL;
	return entry->port;
}

static bool is_lost(struct world *world, const struct way *way)
{
	return way->cut || (way->loss > 0 && random_chance(&world->random, way->loss, SIM_PPM));
}

/* When a frame that enters the cable after `delay` arrives. */
static mono_t arrival(struct world *world, struct way *way, dur_t delay)
{
	mono_t at = mono_add(world->now, delay + way->delay);

	if (way->jitter > 0)
		at = mono_add(at, (dur_t)random_below(&world->random, (uint64_t)way->jitter + 1));
	if (way->reorder > 0 && random_chance(&world->random, way->reorder, SIM_PPM))
		return at;
	if (!mono_before(way->last, at))
		at = mono_add(way->last, 1);
	way->last = at;
	return at;
}

void network_lost(struct world *world, const struct router *from, int ifindex, const struct router *to, mono_t at)
{
	world->lost[from->number][to->number][ifindex % SIM_LINKS] = at;
}

mono_t network_last_lost(const struct world *world, const struct router *from, int ifindex, const struct router *to)
{
	return world->lost[from->number][to->number][ifindex % SIM_LINKS];
}

static unsigned ethertype(const struct packet *packet)
{
	return (unsigned)packet->bytes[12] << 8 | packet->bytes[13];
}

static bool is_neighbour_discovery(const struct packet *packet)
{
	return ethertype(packet) == ETHERTYPE_IPV6 && packet->length > 54 && packet->bytes[20] == 58;
}

static void schedule(struct flight *flight, struct event *event, mono_t at)
{
	flight->packet->references++;
	event->packet = flight->packet;
	event_schedule(flight->world, event, at);
}

static bool is_for(const struct router *router, const struct nic *nic, const uint8_t *destination)
{
	if (is_group(destination) || memcmp(nic->mac.bytes, destination, 6) == 0)
		return true;
	for (size_t i = 0; i < router->rule_count; i++)
		if (router->rules[i].type == FIREWALL_VMAC && router->rules[i].ifindex == nic->ifindex &&
			memcmp(router->rules[i].mac.bytes, destination, 6) == 0)
			return true;
	return false;
}

/* One interface of the machine at the end of the cable, or a device over it. false: it is deaf. */
static bool arrive_at_nic(struct flight *flight, struct router *router, struct nic *nic, mono_t at)
{
	const struct packet *packet = flight->packet;
	const unsigned type = ethertype(packet);
	enum event_type what = EVENT_PACKET;
	struct event *event;

	if (!nic->up || !is_for(router, nic, packet->bytes))
		return false;
	if (type == ETHERTYPE_ARP || is_neighbour_discovery(packet)) {
		what = EVENT_ARP;
		if (type == ETHERTYPE_ARP ? !nic->hears_arp : !nic->hears_neighbours)
			what = EVENT_KERNEL_FRAME;
		if (what == EVENT_KERNEL_FRAME && nic->parent != 0)
			return false;
	} else if (is_group(packet->bytes) && !nic_is_member(nic, type == ETHERTYPE_IPV6 ? IP_V6 : IP_V4)) {
		return false;
	}
	if (what != EVENT_KERNEL_FRAME && router->process == PROCESS_NONE)
		return false;
	event = event_new(flight->world, what);
	if (event == NULL)
		return false;
	event->router = router;
	event->ifindex = nic->ifindex;
	event->life = router->life;
	schedule(flight, event, at);
	return true;
}

static void arrive_at_router(struct flight *flight, struct port_end *port, mono_t at)
{
	struct router *router = port->router;
	bool heard = false;

	for (size_t i = 0; i < router->nic_count && router->powered; i++)
		if (router->nics[i]->ifindex != 0 && router->nics[i]->port == port)
			heard = arrive_at_nic(flight, router, router->nics[i], at) || heard;
	if (!heard)
		return;
	port->mark = flight->world->mark;
	if (flight->advert && flight->from != NULL && mono_sub(at, flight->world->now) > SIM_LATE)
		network_lost(flight->world, flight->from, flight->ifindex, router, at);
}

static void arrive_at_host(struct flight *flight, struct port_end *port, mono_t at)
{
	struct event *event;

	/* Hosts care for nothing but neighbours. */
	if (ethertype(flight->packet) != ETHERTYPE_ARP && !is_neighbour_discovery(flight->packet))
		return;
	event = event_new(flight->world, EVENT_HOST_FRAME);
	if (event == NULL)
		return;
	event->host = port->host;
	schedule(flight, event, at);
}

static void enter_segment(struct flight *flight, struct port_end *port, dur_t delay);

static void leave_by(struct flight *flight, struct port_end *port, dur_t delay)
{
	struct world *world = flight->world;
	unsigned copies = 1;

	if (!port->plugged || is_lost(world, &port->out))
		return;
	if (port->out.duplicate > 0 && random_chance(&world->random, port->out.duplicate, SIM_PPM))
		copies = 2;
	for (unsigned i = 0; i < copies; i++) {
		/* No dice and no event for whom it does not concern. */
		if (port->far == FAR_HOST && flight->advert)
			return;

		mono_t at = arrival(world, &port->out, delay);

		switch (port->far) {
		case FAR_ROUTER:
			arrive_at_router(flight, port, at);
			break;
		case FAR_HOST:
			arrive_at_host(flight, port, at);
			break;
		case FAR_SEGMENT:
			enter_segment(flight, port->peer, mono_sub(at, world->now));
			break;
		}
	}
}

static void enter_segment(struct flight *flight, struct port_end *port, dur_t delay)
{
	struct segment *segment = port->segment;
	struct port_end *only = lookup(segment, flight->packet->bytes);

	if (flight->depth == TRUNKS_MAX)
		return;
	flight->depth++;
	learn(segment, port, flight->packet->bytes + 6);
	for (struct port_end *out = segment->ports; out; out = out->next)
		if (out != port && out->part == port->part && (only == NULL || only == out))
			leave_by(flight, out, delay);
	flight->depth--;
}

/* What is sent to one router is not for the others to hear. */
static bool concerns(const struct router *router, const struct flight *flight)
{
	if (is_group(flight->destination))
		return true;
	for (size_t i = 0; i < router->nic_count; i++)
		if (router->nics[i]->ifindex != 0 && memcmp(router->nics[i]->mac.bytes, flight->destination, 6) == 0)
			return true;
	return false;
}

/* Routers that would have heard it, had the network been whole. */
static void note_the_deaf(struct flight *flight, const struct segment *segment, unsigned depth)
{
	for (const struct port_end *port = segment->ports; port; port = port->next) {
		if (port->far == FAR_ROUTER && port->mark != flight->world->mark && concerns(port->router, flight))
			network_lost(flight->world, flight->from, flight->ifindex, port->router, flight->world->now);
		if (port->far == FAR_SEGMENT && depth < TRUNKS_MAX)
			note_the_deaf(flight, port->peer->segment, depth + 1);
	}
}

void network_send(
	struct port_end *port, struct router *from, const uint8_t *bytes, size_t length, bool advert)
{
	struct world *world = port->segment->world;
	struct flight flight = {.world = world, .from = from,
		.ifindex = port->ifindex,
		.destination = bytes,
		.advert = advert};

	world->frames++;
	world->mark++;
	port->mark = world->mark;
	if (port->plugged && !is_lost(world, &port->in)) {
		flight.packet = packet_new(world, bytes, length);
		if (flight.packet == NULL)
			return;
		enter_segment(&flight, port, mono_sub(arrival(world, &port->in, 0), world->now));
		packet_drop(world, flight.packet);
	}
	if (advert && from != NULL)
		note_the_deaf(&flight, port->segment, 1);
}

static bool passes(const struct way *way)
{
	return !way->cut && way->loss < SIM_PPM;
}

static bool both_ways(const struct port_end *port)
{
	return port->plugged && passes(&port->in) && passes(&port->out);
}

static bool walk(struct port_end *from, const uint8_t *to, bool (*each)(void *user, struct port_end *port),
	void *user, unsigned depth)
{
	struct port_end *only = lookup(from->segment, to);

	for (struct port_end *port = from->segment->ports; port; port = port->next) {
		if (port == from || port->part != from->part || (only != NULL && only != port) ||
			!both_ways(port))
			continue;
		if (port->far != FAR_SEGMENT) {
			if (each(user, port))
				return true;
		} else if (depth < TRUNKS_MAX && walk(port->peer, to, each, user, depth + 1)) {
			return true;
		}
	}
	return false;
}

bool network_reaches(struct port_end *from, const struct mac_addr *to,
	bool (*each)(void *user, struct port_end *port), void *user)
{
	return both_ways(from) && walk(from, to->bytes, each, user, 1);
}

bool network_broadcast_reaches(
	struct port_end *from, bool (*each)(void *user, struct port_end *port), void *user)
{
	static const struct mac_addr all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

	return network_reaches(from, &all, each, user);
}
