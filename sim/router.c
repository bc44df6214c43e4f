/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A router: its clock, and the life of its one process. A turn is what it is in the daemon: packets that wait, then the
 * kernel's events, then the timers. A stalled process gets no processor; what comes meanwhile waits in buffers that are as
 * small as the real ones, and what does not fit is lost.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

#define TURNS_AT_ONCE_MAX 20000
#define PACKETS_AT_ONCE 64
#define BILLION INT64_C(1000000000)

/* How much further the clock goes in this time than true time does. */
static dur_t drift(int64_t rate, dur_t length)
{
	return length / BILLION * rate + length % BILLION * rate / BILLION;
}

mono_t router_local(const struct router *router, mono_t at)
{
	const dur_t length = mono_sub(at, router->true_base);

	if (router->rate == 0)
		return mono_add(router->local_base, length);
	return mono_add(router->local_base, length + drift(router->rate, length));
}

/* The first moment at which the clock shows that much. */
mono_t router_true(const struct router *router, mono_t local)
{
	const dur_t length = mono_sub(local, router->local_base);
	mono_t at;

	if (local.ns == MONO_NEVER.ns)
		return local;
	at = mono_add(router->true_base, length);
	if (router->rate == 0)
		return at;
	/* A few steps get near, whatever the rate; the rest is rounding. */
	for (int i = 0; i < 8; i++)
		at = mono_add(at, mono_sub(local, router_local(router, at)));
	while (mono_before(router_local(router, at), local))
		at.ns++;
	return at;
}

static void set_timer(struct router *router)
{
	mono_t at = MONO_NEVER;

	if (router->process == PROCESS_RUNS)
		at = router_true(router, engine_deadline(router->engine));
	if (mono_before(at, router->world->now))
		at = router->world->now;
	heap_set(&router->world->timers, &router->timer, at);
}

void router_set_rate(struct router *router, int64_t parts_per_billion)
{
	router->local_base = router_local(router, router->world->now);
	router->true_base = router->world->now;
	router->rate = parts_per_billion;
	set_timer(router);
}

int64_t router_wall(const struct router *router)
{
	return mono_add(router->world->now, router->wall_offset).ns;
}

/* Set back, a new process says stamps that its peers have heard already, until the clock has caught up. */
void router_set_wall(struct router *router, dur_t forward)
{
	const mono_t until = mono_add(router->world->now, forward < 0 ? -forward : 0);

	router->wall_offset += forward;
	if (mono_before(router->wall_doubted, until))
		router->wall_doubted = until;
}

struct router *router_new(struct world *world, const char *name)
{
	struct router *router;

	if (world->router_count == SIM_ROUTERS_MAX)
		return NULL;
	router = calloc(1, sizeof(*router));
	if (router == NULL)
		return NULL;
	router->world = world;
	router->number = (unsigned)world->router_count;
	strncpy(router->name, name, sizeof(router->name) - 1);
	router->powered = true;
	router->true_base = world->now;
	router->local_base = world->now;
	router->netlink_delay = SIM_NETLINK_DELAY;
	router->waiting_end = &router->waiting;
	router->disturbed = world->now;
	router->tampered = (mono_t){0};
	world->routers[world->router_count++] = router;
	return router;
}

struct router *router_find(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->router_count; i++)
		if (strcmp(world->routers[i]->name, name) == 0)
			return world->routers[i];
	return NULL;
}

bool router_configure(struct router *router, const char *text, size_t length)
{
	char *copy = malloc(length + 1);

	if (copy == NULL)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	free(router->conf_text);
	router->conf_text = copy;
	router->conf_length = length;
	return true;
}

static void forget_waiting(struct router *router)
{
	while (router->waiting != NULL) {
		struct event *event = router->waiting;

		router->waiting = event->next;
		event_free(router->world, event);
	}
	router->waiting_end = &router->waiting;
	router->waiting_packets = 0;
	router->waiting_events = 0;
	router->events_lost = false;
}

/* Its sockets are closed with it. */
static void process_gone(struct router *router)
{
	for (size_t i = 0; i < router->nic_count; i++) {
		memset(router->nics[i]->joined, 0, sizeof(router->nics[i]->joined));
		memset(router->nics[i]->lost, 0, sizeof(router->nics[i]->lost));
		router->nics[i]->hears_arp = false;
		router->nics[i]->hears_neighbours = false;
	}
	forget_waiting(router);
	kernel_forget_jobs(router);
	engine_free(router->engine);
	router->engine = NULL;
	conf_result_free(&router->conf);
	conf_result_free(&router->outgoing);
	router->process = PROCESS_NONE;
	router->stopped = false;
	router->upgrade_wanted = false;
	router->stop_pending = false;
	router->reload_pending = false;
	router->ordered_count = 0;
	router->life++;
	router->disturbed = router->world->now;
	router_forget_views(router);
	set_timer(router);
}

void router_free(struct router *router)
{
	guard_forget(router);
	if (router->engine != NULL)
		process_gone(router);
	for (size_t i = 0; i < router->nic_count; i++)
		free(router->nics[i]);
	free(router->nics);
	free(router->addresses);
	free(router->mortal);
	free(router->routes);
	free(router->rules);
	free(router->testament);
	router_forget_objects(router);
	free(router->conf_text);
	free(router->drained);
	free(router);
}

static bool load(struct router *router, struct conf_result *result)
{
	conf_load_text(router->conf_text != NULL ? router->conf_text : "", router->conf_length, router->name,
		NULL, result);
	if (result->conf != NULL)
		return true;
	conf_result_free(result);
	return false;
}

void router_boot(struct router *router, bool adopt)
{
	const struct engine_options options = {
		.adopt = adopt, .bury = !adopt, .by_marks = true, .record = router->world->record, .trace_name = router->name};
	const mono_t now = router_local(router, router->world->now);

	if (!router->powered || router->process != PROCESS_NONE || !load(router, &router->conf))
		return;
	router->orphaned = false;
	port_functions(router);
	router->engine = engine_new(router->conf.conf, &router->port, &options, now);
	if (router->engine == NULL) {
		router->world->out_of_memory = true;
		conf_result_free(&router->conf);
		return;
	}
	router->process = PROCESS_RUNS;
	router->disturbed = router->world->now;
	router->netlink_last = router->world->now;
	kernel_dump(router);
	if (adopt && router->drained != NULL)
		guard_say_drained(router);
	else
		router->drained_length = 0;
	engine_start(router->engine, now);
	router_report_objects(router);
	router_after(router);
}

void router_start(struct router *router)
{
	router_boot(router, false);
}

void router_after(struct router *router)
{
	router_observe(router);
	if (router->stopped) {
		kernel_finish(router);
		process_gone(router);
		guard_forget(router);
		/* The guard ends, and the tables with the socket that owns them. */
		router->rule_count = 0;
		router->world->changed = true;
		return;
	}
	set_timer(router);
	if (!router->world->lawless)
		laws_after_turn(router);
	if (router->upgrade_wanted)
		router_upgrade(router);
}

void router_stop(struct router *router, bool now_or_never)
{
	if (router->process == PROCESS_NONE)
		return;
	if (router->process == PROCESS_STALLED) {
		router->stop_pending = true;
		router->stop_now = now_or_never;
		return;
	}
	router->disturbed = router->world->now;
	engine_stop(router->engine, now_or_never, router_local(router, router->world->now));
	router_after(router);
}

static void order(struct router *router, const struct engine_request *request)
{
	router->disturbed = router->world->now;
	engine_order(router->engine, request, router_local(router, router->world->now));
	router_after(router);
}

void router_order(struct router *router, const struct engine_request *request)
{
	if (router->process == PROCESS_RUNS)
		order(router, request);
	else if (router->process == PROCESS_STALLED && router->ordered_count < SIM_ORDERS_MAX)
		router->ordered[router->ordered_count++] = *request;
}

static void take_orders(struct router *router)
{
	const size_t count = router->ordered_count;

	router->ordered_count = 0;
	for (size_t i = 0; i < count && router->process == PROCESS_RUNS; i++)
		order(router, &router->ordered[i]);
}

void router_crash(struct router *router, bool for_good)
{
	if (router->process == PROCESS_NONE)
		return;
	process_gone(router);
	guard_process_died(router, for_good);
}

/* Backwards, for each that goes moves those behind it. */
static void expire(struct world *world, struct router *router, uint64_t life)
{
	(void)life;
	for (size_t i = router->address_count; i-- > 0;) {
		const struct kernel_address address = router->addresses[i];

		if (address.protocol == VIGIA_KERNEL_PROTOCOL && mono_due(address.expires, world->now))
			kernel_delete_address(router, address.ifindex, &address.prefix);
	}
}

void router_kill(struct router *router)
{
	struct world *world = router->world;

	if (router->process == PROCESS_NONE)
		return;
	process_gone(router);
	guard_forget(router);
	router->rule_count = router->rules_lost = 0;
	router->orphaned = true;
	world->changed = true;
	for (size_t i = 0; i < router->address_count; i++)
		if (router->addresses[i].protocol == VIGIA_KERNEL_PROTOCOL &&
			router->addresses[i].expires.ns != MONO_NEVER.ns)
			call_later(world, router, mono_sub(router->addresses[i].expires, world->now), expire, 0);
}

void router_power(struct router *router, bool on)
{
	if (router->powered == on)
		return;
	if (router->process != PROCESS_NONE)
		process_gone(router);
	guard_forget(router);
	router->life++;
	router->powered = on;
	kernel_reset(router);
	for (size_t i = 0; i < router->nic_count; i++)
		if (router->nics[i]->ifindex != 0 && router->nics[i]->port != NULL)
			port_forget(router->nics[i]->port);
	if (on)
		router_boot(router, false);
}

void router_stall(struct router *router)
{
	if (router->process != PROCESS_RUNS)
		return;
	router->process = PROCESS_STALLED;
	set_timer(router);
}

static void forget_outgoing(struct router *router)
{
	if (engine_kernel_is_settled(router->engine))
		conf_result_free(&router->outgoing);
}

/* What is in flight comes first. */
static void reload(struct router *router)
{
	struct conf_result result;
	const struct conf *old;

	router->reload_pending = !engine_kernel_is_settled(router->engine);
	if (router->reload_pending)
		return;
	router->disturbed = router->world->now;
	if (!load(router, &result))
		return;
	old = engine_reload(router->engine, result.conf, router_local(router, router->world->now));
	router_follow_config(router, old, result.conf);
	if (old == router->conf.conf) {
		router->outgoing = router->conf;
		router->conf = result;
		forget_outgoing(router);
	} else {
		conf_result_free(&result);
	}
	router->kernel_changed = true;
	router_report_objects(router);
	router_after(router);
}

void router_kernel_answered(struct router *router)
{
	router->kernel_answered = false;
	router->kernel_heard = router->world->now;
	engine_kernel_answered(router->engine, router_local(router, router->world->now));
	forget_outgoing(router);
	router->kernel_changed = true;
	router_after(router);
	if (router->reload_pending && router->process == PROCESS_RUNS)
		reload(router);
}

void router_reload(struct router *router, const char *text, size_t length)
{
	if (!router_configure(router, text, length) || router->process == PROCESS_NONE)
		return;
	if (router->process == PROCESS_STALLED)
		router->reload_pending = true;
	else
		reload(router);
}

static void wait_for_process(struct router *router, struct event *event)
{
	size_t *count = event->type == EVENT_PACKET ? &router->waiting_packets : &router->waiting_events;
	const size_t most = event->type == EVENT_PACKET ? SIM_RECEIVE_BUFFER : SIM_NETLINK_BUFFER;

	/* What the runner says is not the kernel's, and is not lost. */
	if (*count >= most && event->type != EVENT_OBJECT) {
		if (event->type == EVENT_PACKET)
			router->packets_lost++;
		else
			router->events_lost = true;
		event_free(router->world, event);
		return;
	}
	++*count;
	event->next = NULL;
	*router->waiting_end = event;
	router->waiting_end = &event->next;
}

static void hand_in(struct router *router, const struct event *event, mono_t now)
{
	struct engine *engine = router->engine;
	const struct packet *packet = event->packet;
	struct engine_packet in = {.ifindex = event->ifindex, .received = event->received};
	struct engine_link link;
	struct engine_address address = {.ifindex = event->ifindex,
		.prefix = event->address.prefix,
		.protocol = event->address.protocol};
	struct virtual_route route = {.destination = event->route.destination,
		.gateway = event->route.gateway,
		.metric = event->route.metric,
		.table = event->route.table};

	switch (event->type) {
	case EVENT_PACKET:
		if (bfd_take(router, event->ifindex, packet->bytes + 14, packet->length - 14, now))
			break;
		laws_heard(router, event->ifindex, packet);
		in.bytes = packet->bytes + 14;
		in.length = packet->length - 14;
		engine_packets(engine, &in, 1, now);
		break;
	case EVENT_ARP:
		if (packet->bytes[12] == 0x86)
			engine_nd(engine, event->ifindex, packet->bytes + 14, packet->length - 14, now);
		else
			engine_arp(engine, event->ifindex, packet->bytes + 14, packet->length - 14, now);
		break;
	case EVENT_LINK:
		link = (struct engine_link){.ifindex = event->ifindex,
			.name = event->link.name,
			.mac = event->link.mac,
			.mtu = event->link.mtu,
			.up = event->link.up,
			.carrier = event->link.carrier,
			.ours = event->link.ours};
		engine_link(engine, &link, now);
		break;
	case EVENT_LINK_GONE:
		engine_link_gone(engine, event->ifindex, now);
		break;
	case EVENT_ADDRESS:
		engine_address(engine, &address, now);
		break;
	case EVENT_ADDRESS_GONE:
		engine_address_gone(engine, &address, now);
		break;
	case EVENT_ROUTE_GONE:
		engine_route_gone(engine, &route, event->ifindex, now);
		break;
	case EVENT_RULE_GONE:
		engine_rule_gone(engine, &event->rule.rule, now);
		break;
	case EVENT_FIREWALL:
		engine_firewall_touched(engine, now);
		break;
	case EVENT_OBJECT:
		router_hand_in_object(router, event->ifindex, now);
		break;
	case EVENT_KERNEL_FRAME:
	case EVENT_HOST_FRAME:
	case EVENT_HOST_RETRY:
	case EVENT_CALL:
		break;
	}
}

void router_event(struct router *router, struct event *event)
{
	const mono_t now = router_local(router, router->world->now);

	/* The sockets it was meant for are closed. */
	if (event->life != router->life || router->process == PROCESS_NONE) {
		event_free(router->world, event);
		return;
	}
	event->received = now;
	if (router->process == PROCESS_STALLED) {
		wait_for_process(router, event);
		return;
	}
	hand_in(router, event, now);
	event_free(router->world, event);
	router->turns_at_once = 0;
	router_after(router);
}

/* A turn whose first act is to take all packets that wait, in batches. */
static void take_packets(struct router *router, mono_t now)
{
	struct engine_packet packets[PACKETS_AT_ONCE];
	size_t count = 0;

	for (const struct event *event = router->waiting; event; event = event->next) {
		if (event->type != EVENT_PACKET ||
			bfd_take(router, event->ifindex, event->packet->bytes + 14, event->packet->length - 14, now))
			continue;
		laws_heard(router, event->ifindex, event->packet);
		packets[count++] = (struct engine_packet){.ifindex = event->ifindex,
			.bytes = event->packet->bytes + 14,
			.length = event->packet->length - 14,
			.received = event->received};
		if (count == PACKETS_AT_ONCE) {
			engine_packets(router->engine, packets, count, now);
			count = 0;
		}
	}
	engine_packets(router->engine, packets, count, now);
}

/* Some of what the kernel told was lost. */
static void ask_again(struct router *router, mono_t now)
{
	engine_events_lost(router->engine, now);
	engine_resync_begin(router->engine, now);
	kernel_dump(router);
	engine_resync_end(router->engine, now);
}

static void take_events(struct router *router, mono_t now)
{
	for (const struct event *event = router->waiting; event; event = event->next)
		if (event->type != EVENT_PACKET)
			hand_in(router, event, now);
	if (router->events_lost)
		ask_again(router, now);
}

void router_events_lost(struct router *router)
{
	if (router->process == PROCESS_STALLED)
		router->events_lost = true;
	if (router->process != PROCESS_RUNS)
		return;
	ask_again(router, router_local(router, router->world->now));
	router_after(router);
}

void router_resume(struct router *router)
{
	const mono_t now = router_local(router, router->world->now);
	bool stop = router->stop_pending;

	if (router->process != PROCESS_STALLED)
		return;
	router->process = PROCESS_RUNS;
	router->disturbed = router->world->now;
	engine_lateness(router->engine, now);
	laws_before_wake(router);
	take_packets(router, now);
	take_events(router, now);
	forget_waiting(router);
	if (router->kernel_answered) {
		router->kernel_heard = router->world->now;
		engine_kernel_answered(router->engine, now);
	}
	router->kernel_answered = false;
	forget_outgoing(router);
	engine_tick(router->engine, now);
	router_after(router);
	laws_after_wake(router);
	router->stop_pending = false;
	if (router->reload_pending && router->process == PROCESS_RUNS)
		reload(router);
	take_orders(router);
	if (stop)
		router_stop(router, router->stop_now);
}

void router_tick(struct router *router)
{
	struct world *world = router->world;

	router->turns_at_once = router->deadline_seen.ns == world->now.ns ? router->turns_at_once + 1 : 0;
	router->deadline_seen = world->now;
	if (router->turns_at_once > TURNS_AT_ONCE_MAX) {
		laws_spins(router);
		router_stall(router);
		return;
	}
	engine_lateness(router->engine, router_local(router, world->now));
	engine_tick(router->engine, router_local(router, world->now));
	router_after(router);
}
