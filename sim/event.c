/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events to come and packets on their way: taken from blocks, given back to lists, so that a long life allocates nothing. */
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

#define BLOCK_SIZE 64

struct event_block {
	struct event_block *next;
	struct event events[BLOCK_SIZE];
};

struct packet_block {
	struct packet_block *next;
	struct packet packets[BLOCK_SIZE];
};

static bool grow_events(struct world *world)
{
	struct event_block *block = calloc(1, sizeof(*block));

	if (block == NULL)
		return false;
	block->next = world->event_blocks;
	world->event_blocks = block;
	for (size_t i = 0; i < BLOCK_SIZE; i++) {
		block->events[i].next = world->free_events;
		world->free_events = &block->events[i];
	}
	return true;
}

struct event *event_new(struct world *world, enum event_type type)
{
	struct event *event;

	if (world->free_events == NULL && !grow_events(world)) {
		world->out_of_memory = true;
		return NULL;
	}
	event = world->free_events;
	world->free_events = event->next;
	event->next = NULL;
	event->type = type;
	event->router = NULL;
	event->host = NULL;
	event->packet = NULL;
	event->ifindex = 0;
	event->item = (struct heap_item){0};
	return event;
}

void event_free(struct world *world, struct event *event)
{
	if (event->packet != NULL)
		packet_drop(world, event->packet);
	event->packet = NULL;
	event->next = world->free_events;
	world->free_events = event;
}

void event_schedule(struct world *world, struct event *event, mono_t at)
{
	struct heap *queue = &world->queue;

	if (queue->count == queue->capacity) {
		size_t capacity = 2 * queue->capacity + BLOCK_SIZE;
		struct heap_entry *entries = reallocarray(queue->entries, capacity, sizeof(*entries));

		if (entries == NULL) {
			world->out_of_memory = true;
			event_free(world, event);
			return;
		}
		queue->entries = entries;
		queue->capacity = capacity;
	}
	heap_set(queue, &event->item, at);
}

void call_later(struct world *world, struct router *router, dur_t delay, event_call *call, uint64_t argument)
{
	struct event *event = event_new(world, EVENT_CALL);

	if (event == NULL)
		return;
	event->router = router;
	event->call = call;
	event->argument = argument;
	event_schedule(world, event, mono_add(world->now, delay));
}

static bool grow_packets(struct world *world)
{
	struct packet_block *block = malloc(sizeof(*block));

	if (block == NULL)
		return false;
	block->next = world->packet_blocks;
	world->packet_blocks = block;
	for (size_t i = 0; i < BLOCK_SIZE; i++) {
		block->packets[i].next_free = world->free_packets;
		world->free_packets = &block->packets[i];
	}
	return true;
}

struct packet *packet_new(struct world *world, const uint8_t *bytes, size_t length)
{
	struct packet *packet;

	if (length > sizeof(packet->bytes))
		return NULL;
	if (world->free_packets == NULL && !grow_packets(world)) {
		world->out_of_memory = true;
		return NULL;
	}
	packet = world->free_packets;
	world->free_packets = packet->next_free;
	packet->references = 1;
	packet->length = length;
	memcpy(packet->bytes, bytes, length);
	return packet;
}

void packet_drop(struct world *world, struct packet *packet)
{
	if (--packet->references > 0)
		return;
	packet->next_free = world->free_packets;
	world->free_packets = packet;
}

void events_free(struct world *world)
{
	while (world->event_blocks != NULL) {
		struct event_block *block = world->event_blocks;

		world->event_blocks = block->next;
		free(block);
	}
	while (world->packet_blocks != NULL) {
		struct packet_block *block = world->packet_blocks;

		world->packet_blocks = block->next;
		free(block);
	}
	free(world->queue.entries);
}
