/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world as a whole: made, driven from event to event, freed. */
#include "sim/world.h"

#include <stdlib.h>

struct world *world_new(uint64_t seed)
{
	struct world *world = calloc(1, sizeof(*world));

	if (world == NULL)
		return NULL;
	world->now = WORLD_START;
	random_seed(&world->random, seed);
	heap_init(&world->timers, world->timer_entries, SIM_ROUTERS_MAX);
	return world;
}

static void segment_free(struct segment *segment)
{
	while (segment->ports != NULL) {
		struct port_end *port = segment->ports;

		segment->ports = port->next;
		free(port);
	}
	free(segment->table);
	free(segment);
}

void world_free(struct world *world)
{
	if (world == NULL)
		return;
	for (size_t i = 0; i < world->router_count; i++)
		router_free(world->routers[i]);
	while (world->hosts != NULL) {
		struct host *host = world->hosts;

		world->hosts = host->next;
		free(host);
	}
	while (world->segments != NULL) {
		struct segment *segment = world->segments;

		world->segments = segment->next;
		segment_free(segment);
	}
	events_free(world);
	free(world);
}

static void run_event(struct world *world, struct event *event)
{
	switch (event->type) {
	case EVENT_PACKET:
	case EVENT_ARP:
	case EVENT_LINK:
	case EVENT_LINK_GONE:
	case EVENT_ADDRESS:
	case EVENT_ADDRESS_GONE:
	case EVENT_ROUTE_GONE:
	case EVENT_RULE_GONE:
	case EVENT_FIREWALL:
	case EVENT_OBJECT:
		router_event(event->router, event);
		return;
	case EVENT_KERNEL_FRAME:
		kernel_frame(event->router, event->ifindex, event->packet);
		break;
	case EVENT_HOST_FRAME:
		host_frame(event->host, event->packet);
		break;
	case EVENT_HOST_RETRY:
		host_retry(event->host);
		break;
	case EVENT_CALL:
		event->call(world, event->router, event->argument);
		break;
	}
	event_free(world, event);
}

mono_t world_next(const struct world *world)
{
	return mono_min(heap_first_deadline(&world->queue), heap_first_deadline(&world->timers));
}

static struct router *router_of_timer(struct heap_item *item)
{
	return (struct router *)(void *)((char *)item - offsetof(struct router, timer));
}

/* The earliest thing; of two at the same moment, what came from outside before what a clock says. */
static void run_one(struct world *world, mono_t at)
{
	struct heap_item *event = heap_first(&world->queue);

	if (mono_before(world->now, at))
		world->now = at;
	world->events++;
	if (event != NULL && heap_first_deadline(&world->queue).ns == at.ns) {
		heap_remove(&world->queue, event);
		run_event(world, (struct event *)event);
	} else {
		router_tick(router_of_timer(heap_first(&world->timers)));
	}
}

/* Whoever made a change from outside has not asked what comes of it. */
static void settle(struct world *world)
{
	if (world->changed)
		streams_judge(world);
	if (world->masters > 1 && !world->lawless)
		laws_after_event(world);
}

void world_run_until(struct world *world, mono_t end)
{
	settle(world);
	for (mono_t next = world_next(world); mono_due(next, end); next = world_next(world)) {
		run_one(world, next);
		settle(world);
		if (world->watcher.step != NULL)
			world->watcher.step(world->watcher.user);
		if (world->out_of_memory || world->stop)
			return;
	}
	if (mono_before(world->now, end))
		world->now = end;
	if (!world->lawless)
		laws_after_event(world);
}
