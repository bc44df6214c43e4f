/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracked interfaces, and when a link is believed. A virtual router's own interface counts by carrier; but when carrier has
 * come back and there is somebody to ask on it (the gateway of one of its virtual routes, or the master that was heard
 * until carrier went), silence counts only after an answer, or after anything that was heard of another router, or when the
 * doubt has lasted too long. Any other tracked interface is proven (core/link_proof.h): its next hop, the gateway of the
 * virtual routes over it, is asked by ARP or, over IPv6, by neighbour solicitations. Events of carrier may be late, so links
 * that are tracked are asked for, once per advert interval: doc/linux.md section 2.
 *
 * How long to doubt: a router alone with a gateway that does not answer must not make an outage of it. Nobody else was ever
 * heard: three seconds, most of which a Backup with the usual interval would wait anyway, and long enough for a switch port
 * that need not listen. Others are known: ten seconds, for one of them is probably serving.
 * Spanning tree can hold a port back for thirty; waiting as long would be worse than what it guards against, for a Master
 * behind a blocked port harms nobody, and when the port opens the lesser of two yields to the first advert.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/readiness.h"

#define DOUBT_SHORT (3 * DUR_S)
#define DOUBT_LONG (10 * DUR_S)

static struct track_value link_value(const struct instance *instance, const struct interface *interface)
{
	if (instance->interface == interface || !interface->proven)
		return track_up(interface->running);
	if (interface->proof.state == LINK_PROVING)
		return (struct track_value){.state = TRACK_UNPROVEN};
	return track_up(interface->proof.state == LINK_GOOD);
}

struct track_value tracking_value(
	const struct engine *engine, const struct instance *instance, const struct tracked_object *tracked)
{
	const struct interface *interface;

	if (tracked->kind != TRACK_INTERFACE)
		return object_value(engine, tracked);
	interface = interface_by_name(engine, tracked->name);
	return interface != NULL ? link_value(instance, interface) : track_begin(TRACK_INTERFACE);
}

/* Without an address of our own there is nobody to ask in the name of. */
static bool can_be_asked(const struct interface *interface, const struct ip_addr *gateway)
{
	return ip_is_set(gateway) &&
	       ip_is_set(&interface->families[family_index(gateway->family)].now.primary);
}

bool tracking_can_be_asked(const struct interface *interface, const struct ip_addr *hop)
{
	return interface->link != NULL && interface->running && link_has_arp(interface->link) && can_be_asked(interface, hop);
}

struct interface *tracking_interface_of_hop(const struct engine *engine, const struct ip_addr *hop, const char *device)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next) {
		bool over = device != NULL ? strcmp(device, interface->name) == 0
					   : interface->link != NULL && !ip_is_link_local(hop) &&
						     link_reaches(interface->link, hop);

		if (over && tracking_can_be_asked(interface, hop))
			return interface;
	}
	return NULL;
}

/* The gateway of one of this virtual router's routes, when it lies on the interface. A link-local one lies on every link:
 * the route must say which it means. */
static struct ip_addr gateway_over(const struct vr_config *config, const struct interface *interface)
{
	for (size_t i = 0; i < config->extra->route_count; i++) {
		const struct virtual_route *route = &config->extra->routes[i];
		bool over = route->device != NULL ? strcmp(route->device, interface->name) == 0
						  : !ip_is_link_local(&route->gateway) &&
							    link_reaches(interface->link, &route->gateway);

		if (over && can_be_asked(interface, &route->gateway))
			return route->gateway;
	}
	return (struct ip_addr){0};
}

/* Whom virtual routers can ask on their own interface. */
static struct ip_addr own_next_hop(const struct interface *interface)
{
	struct ip_addr gateway = {0};

	for (const struct instance *instance = interface_first(interface); instance && !ip_is_set(&gateway);
		instance = interface_next(instance))
		gateway = gateway_over(instance->config, interface);
	if (!ip_is_set(&gateway) && !interface->proven && can_be_asked(interface, &interface->heard_peer))
		gateway = interface->heard_peer;
	return gateway;
}

static struct ip_addr next_hop(const struct interface *interface)
{
	struct ip_addr gateway = {0};

	if (interface->link == NULL || !link_has_arp(interface->link))
		return gateway;
	for (size_t i = 0; i < interface->trackers.count && !ip_is_set(&gateway); i++)
		if (interface->trackers.list[i].instance->interface != interface)
			gateway = gateway_over(interface->trackers.list[i].instance->config, interface);
	return ip_is_set(&gateway) ? gateway : own_next_hop(interface);
}

/* A master that a Backup had not missed yet. */
static struct ip_addr peer_until_now(const struct interface *interface, mono_t now)
{
	for (const struct instance *instance = interface_first(interface); instance;
		instance = interface_next(instance)) {
		const struct vr *vr = &instance->vr;

		if (vr->state == VR_BACKUP && ip_is_set(&vr->peer.address) && vr->peer.priority != VR_PRIORITY_STOP &&
			mono_before(now, mono_add(vr->peer.heard, vr_down_interval(vr->config->version, vr->priority,
									  vr->active_adver_interval,
									  vr->config->down_timer_adverts))))
			return vr->peer.address;
	}
	return (struct ip_addr){0};
}

/* Whether any other router was ever heard here; then it may serve. */
static bool others_known(const struct interface *interface)
{
	for (const struct instance *instance = interface_first(interface); instance;
		instance = interface_next(instance))
		if (ip_is_set(&instance->vr.peer.address))
			return true;
	return false;
}

void tracking_lost(struct interface *interface, mono_t now)
{
	if (!interface->running && interface->proof.state != LINK_DOWN)
		interface->heard_peer = peer_until_now(interface, now);
}

static bool is_watched(const struct interface *interface)
{
	return interface->proven || interface->instance_count > 0;
}

bool tracking_in_doubt(const struct interface *interface)
{
	return interface->running && interface->proof.state == LINK_PROVING && interface->proof.seen_down &&
	       ip_is_set(&interface->next_hop) && interface->doubt_ends.ns != MONO_NEVER.ns;
}

void tracking_hear(struct engine *engine, struct interface *interface)
{
	const struct port *port = engine->port;

	for (enum ip_family family = IP_V4; interface->link != NULL; family = IP_V6) {
		bool *hearing = &interface->hearing[family_index(family)];
		bool proves = is_watched(interface) && interface->proof.state == LINK_PROVING &&
			      interface->next_hop.family == family;
		bool wanted = proves || interface->asked[family_index(family)] > 0;

		if (wanted != *hearing)
			*hearing = port->hear_neighbours(port->user, interface->link->ifindex, family, wanted) == 0 && wanted;
		if (family == IP_V6)
			break;
	}
}

static void remark_link(
	struct engine *engine, const struct interface *interface, const struct tracker *tracker, mono_t now)
{
	struct history_entry entry = {.remark = REMARK_LINK,
		.record.track_index = tracker->index,
		.link_reason = (uint8_t)interface->proof.reason,
		.next_hop = interface->next_hop};

	history_remark(engine, tracker->instance, &entry, now);
}

static void tell_trackers(struct engine *engine, struct interface *interface, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_TRACK};

	for (size_t i = 0; i < interface->trackers.count; i++) {
		const struct tracker *tracker = &interface->trackers.list[i];
		struct instance *instance = tracker->instance;

		event.track_index = tracker->index;
		event.track_value = link_value(instance, interface);
		if (instance->started && !instance->gone &&
			!track_value_equal(instance->vr.track_values[tracker->index], event.track_value))
			instance_input(engine, instance, &event, now);
	}
}

static void follow_proof(struct engine *engine, struct interface *interface, struct link_proof_result result,
	enum link_proof_reason before, mono_t now)
{
	if (result.probe) {
		tracking_hear(engine, interface);
		probe_send(engine, interface, NULL, &interface->next_hop);
	}
	if (interface->proof.reason != before)
		for (size_t i = 0; i < interface->trackers.count; i++)
			if (interface->trackers.list[i].instance->interface != interface)
				remark_link(engine, interface, &interface->trackers.list[i], now);
	if (result.changed) {
		tell_trackers(engine, interface, now);
		interface_tell(engine, interface, now);
	}
	tracking_hear(engine, interface);
}

static void proof_event(
	struct engine *engine, struct interface *interface, enum link_proof_event event, mono_t now)
{
	enum link_proof_reason before = interface->proof.reason;

	follow_proof(engine, interface, link_proof_input(&interface->proof, event, now), before, now);
}

static void refresh_proof(struct engine *engine, struct interface *interface, mono_t now)
{
	struct ip_addr hop = next_hop(interface);
	bool was_running = interface->proof.state != LINK_DOWN;

	if (!ip_equal(&hop, &interface->next_hop)) {
		interface->next_hop = hop;
		link_proof_set_next_hop(&interface->proof, ip_is_set(&hop), now);
		tracking_hear(engine, interface);
	}
	/* What is down from the start is a return when it comes. */
	if (!interface->running && (was_running || !interface->proof.seen_down)) {
		interface->doubt_ends = MONO_NEVER;
		proof_event(engine, interface, LINK_EVENT_CARRIER_DOWN, now);
	} else if (interface->running && !was_running) {
		interface->doubt_ends = mono_add(now, others_known(interface) ? DOUBT_LONG : DOUBT_SHORT);
		proof_event(engine, interface, LINK_EVENT_CARRIER_UP, now);
	}
}

void tracking_heard(struct engine *engine, struct interface *interface, mono_t now)
{
	if (interface->proof.state == LINK_PROVING)
		proof_event(engine, interface, LINK_EVENT_ANSWER, now);
}

void tracking_refresh(struct engine *engine, struct interface *interface, mono_t now)
{
	if (is_watched(interface))
		refresh_proof(engine, interface, now);
	if (interface->trackers.count == 0)
		return;
	tell_trackers(engine, interface, now);
	if (interface->link == NULL)
		interface->poll_at = MONO_NEVER;
	else if (interface->poll_at.ns == MONO_NEVER.ns)
		interface->poll_at = mono_add(now, interface->poll_every);
}

void tracking_tick(struct engine *engine, struct interface *interface, mono_t now)
{
	if (is_watched(interface) && mono_due(link_proof_deadline(&interface->proof), now))
		proof_event(engine, interface, LINK_EVENT_TICK, now);
	if (mono_due(interface->doubt_ends, now)) {
		interface->doubt_ends = MONO_NEVER;
		interface_tell(engine, interface, now);
	}
	if (!mono_due(interface->poll_at, now))
		return;
	interface->poll_at = mono_add(now, interface->poll_every);
	if (interface->link != NULL && interface->trackers.count > 0)
		engine->port->query_link(engine->port->user, interface->link->ifindex);
	else
		interface->poll_at = MONO_NEVER;
}

mono_t tracking_deadline(const struct engine *engine, const struct interface *interface)
{
	mono_t poll_at = interface->trackers.count > 0 ? interface->poll_at : MONO_NEVER;

	if (!engine->started)
		return MONO_NEVER;
	if (!is_watched(interface))
		return poll_at;
	return mono_min(mono_min(poll_at, interface->doubt_ends), link_proof_deadline(&interface->proof));
}

/* A reload begins to track a link that has been up: it is no reason to hand over. */
static void presume_good(struct interface *interface, mono_t now)
{
	link_proof_init(&interface->proof, false, interface->proof.slow_probe);
	interface->next_hop = (struct ip_addr){0};
	if (!interface->running)
		return;
	link_proof_input(&interface->proof, LINK_EVENT_CARRIER_UP, (mono_t){now.ns - LINK_PROOF_HOLD_DOWN});
	link_proof_input(&interface->proof, LINK_EVENT_TICK, now);
}

void tracking_presume_good(struct engine *engine, mono_t now)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		if (is_watched(interface))
			presume_good(interface, now);
}

static void learn_intervals(struct engine *engine, struct interface *interface, mono_t now)
{
	dur_t shortest = POLL_LONGEST;
	bool was_proven = interface->proven;

	interface->proven = false;
	for (size_t i = 0; i < interface->trackers.count; i++) {
		const struct instance *instance = interface->trackers.list[i].instance;

		if (instance->config->advert_interval < shortest)
			shortest = instance->config->advert_interval;
		if (instance->interface != interface)
			interface->proven = true;
	}
	interface->poll_every = shortest < POLL_SHORTEST ? POLL_SHORTEST : shortest;
	interface->proof.slow_probe = shortest < LINK_PROOF_FAST_PROBE ? LINK_PROOF_FAST_PROBE : shortest;
	if (engine->started && interface->proven && !was_proven)
		presume_good(interface, now);
}

bool tracking_rebuild(struct engine *engine, mono_t now)
{
	bool complete = objects_rebuild(engine);

	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		interface->trackers.count = 0;
	for (size_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = engine->instances[i];

		for (size_t k = 0; k < instance->config->extra->tracked_count; k++) {
			const struct tracked_object *tracked = &instance->config->extra->tracked[k];
			struct interface *interface;

			if (tracked->kind != TRACK_INTERFACE)
				continue;
			interface = interface_get(engine, tracked->name);
			complete = interface != NULL && trackers_add(&interface->trackers, instance, k) && complete;
		}
	}
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next) {
		learn_intervals(engine, interface, now);
		if (engine->started)
			interface_refresh(engine, interface, now);
	}
	return complete;
}

/* Somebody on the link answered a question for `address`. */
static void answered(struct engine *engine, int ifindex, const struct ip_addr *address, mono_t now)
{
	const struct link *link = link_by_index(engine, ifindex);
	struct interface *interface = link != NULL ? link->interface : NULL;

	if (interface == NULL || !interface->hearing[family_index(address->family)])
		return;
	readiness_answered(engine, interface, address, now);
	if (ip_equal(address, &interface->next_hop)) {
		proof_event(engine, interface, LINK_EVENT_ANSWER, now);
		interface_refresh(engine, interface, now);
	}
	turn_end(engine, now);
}

void engine_arp(struct engine *engine, int ifindex, const uint8_t *bytes, size_t length, mono_t now)
{
	struct arp_packet packet;

	if (arp_decode(bytes, length, &packet) && packet.operation == ARP_REPLY)
		answered(engine, ifindex, &packet.sender, now);
}

void engine_nd(struct engine *engine, int ifindex, const uint8_t *bytes, size_t length, mono_t now)
{
	struct nd_packet packet;

	if (nd_decode(bytes, length, &packet) && packet.type == ND_ADVERTISEMENT)
		answered(engine, ifindex, &packet.target, now);
}
