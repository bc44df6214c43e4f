/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Announcements that may not follow each other too closely, for switches that drop what comes in bursts: vrrp_garp_interval
 * and vrrp_gna_interval for each interface, garp_group for several that share a limit. Whatever has a limit goes through
 * a queue, ARP and NA each through one of its own; the others never come here. The queue goes round: every address is
 * announced once before any is announced again. What is no longer held when its turn comes is left out.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

struct pace_entry {
	struct instance *instance;
	size_t index; /* of the address */
	uint16_t left; /* announcements */
};

struct pace_queue {
	dur_t every; /* 0: no limit */
	mono_t next; /* not before */
	struct pace_entry *entries; /* the next one first */
	size_t count;
	size_t capacity;
};

struct pace {
	struct pace *next;
	const struct announce_limit *group; /* of the configuration; NULL: a single interface */
	char *interface; /* with group NULL */
	struct pace_queue queues[2]; /* ARP, NA */
};

static struct pace *pace_new(struct engine *engine, dur_t arp, dur_t na)
{
	struct pace *pace = calloc(1, sizeof(*pace));

	if (pace == NULL)
		return NULL;
	pace->queues[0] = (struct pace_queue){.every = arp, .next = {INT64_MIN}};
	pace->queues[1] = (struct pace_queue){.every = na, .next = {INT64_MIN}};
	pace->next = engine->paces;
	engine->paces = pace;
	return pace;
}

static bool is_in_group(const struct announce_limit *group, const char *interface)
{
	for (size_t i = 0; i < group->interface_count; i++)
		if (strcmp(group->interfaces[i], interface) == 0)
			return true;
	return false;
}

static const struct announce_limit *group_of(const struct engine *engine, const char *interface)
{
	for (size_t i = 0; i < engine->conf->announce_limit_count; i++)
		if (is_in_group(&engine->conf->announce_limits[i], interface))
			return &engine->conf->announce_limits[i];
	return NULL;
}

static struct pace *find(const struct engine *engine, const struct announce_limit *group, const char *interface)
{
	for (struct pace *pace = engine->paces; pace; pace = pace->next)
		if (group != NULL ? pace->group == group
				  : pace->group == NULL && pace->interface != NULL &&
					    strcmp(pace->interface, interface) == 0)
			return pace;
	return NULL;
}

/* NULL: no limit here, or no memory for one. */
static struct pace *pace_of(struct engine *engine, const char *interface)
{
	const struct conf_global *global = &engine->conf->global;
	const struct announce_limit *group = group_of(engine, interface);
	struct pace *pace;

	if (group == NULL && global->garp_interval == 0 && global->gna_interval == 0)
		return NULL;
	pace = find(engine, group, interface);
	if (pace != NULL)
		return pace;
	if (group != NULL)
		pace = pace_new(engine, group->arp_interval, group->na_interval);
	else
		pace = pace_new(engine, global->garp_interval, global->gna_interval);
	if (pace == NULL)
		return NULL;
	pace->group = group;
	pace->interface = strdup(interface);
	return pace->interface != NULL ? pace : NULL;
}

static struct pace_entry *add_entry(struct pace_queue *queue)
{
	if (queue->count == queue->capacity) {
		size_t capacity = queue->capacity > 0 ? 2 * queue->capacity : 16;
		struct pace_entry *entries = realloc(queue->entries, capacity * sizeof(*entries));

		if (entries == NULL)
			return NULL;
		queue->entries = entries;
		queue->capacity = capacity;
	}
	return &queue->entries[queue->count++];
}

static void remove_entry(struct pace_queue *queue, size_t at)
{
	queue->count--;
	memmove(&queue->entries[at], &queue->entries[at + 1], (queue->count - at) * sizeof(queue->entries[0]));
}

bool pace_hold_back(
	struct engine *engine, const struct link *link, struct instance *instance, size_t index, uint16_t count)
{
	enum ip_family family = instance->config->addresses[index].prefix.addr.family;
	struct pace *pace = link->name != NULL ? pace_of(engine, link->name) : NULL;
	struct pace_queue *queue = pace != NULL ? &pace->queues[family_index((uint8_t)family)] : NULL;
	struct pace_entry *entry;

	if (queue == NULL || queue->every == 0)
		return false;
	for (size_t i = 0; i < queue->count; i++)
		if (queue->entries[i].instance == instance && queue->entries[i].index == index) {
			if (queue->entries[i].left < count)
				queue->entries[i].left = count;
			return true;
		}
	entry = add_entry(queue);
	if (entry == NULL)
		return false;
	*entry = (struct pace_entry){.instance = instance, .index = index, .left = count};
	return true;
}

static bool still_announced(const struct pace_entry *entry)
{
	return instance_is_master(entry->instance) && entry->index < entry->instance->config->address_count &&
	       entry->instance->claims[entry->index].holding != NULL;
}

static void run_queue(struct engine *engine, struct pace_queue *queue, mono_t now)
{
	while (queue->count > 0 && mono_due(queue->next, now)) {
		struct pace_entry entry = queue->entries[0];

		remove_entry(queue, 0);
		if (!still_announced(&entry))
			continue;
		announce_address(engine, entry.instance, entry.index);
		queue->next = mono_add(now, queue->every);
		if (--entry.left > 0)
			*add_entry(queue) = entry; /* there is room: one was just removed */
	}
	if (queue->count > 0)
		engine->pace_at = mono_min(engine->pace_at, queue->next);
}

void pace_run(struct engine *engine, mono_t now)
{
	engine->pace_at = MONO_NEVER;
	for (struct pace *pace = engine->paces; pace; pace = pace->next)
		for (size_t i = 0; i < 2; i++)
			run_queue(engine, &pace->queues[i], now);
}

void pace_forget(struct engine *engine, const struct instance *instance)
{
	for (struct pace *pace = engine->paces; pace; pace = pace->next)
		for (size_t i = 0; i < 2; i++)
			for (size_t k = pace->queues[i].count; k > 0; k--)
				if (pace->queues[i].entries[k - 1].instance == instance)
					remove_entry(&pace->queues[i], k - 1);
}

/* Everything that waits, unless its sending is over. */
static void send_rest(struct engine *engine, struct pace_queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		if (still_announced(&queue->entries[i]))
			announce_address(engine, queue->entries[i].instance, queue->entries[i].index);
	queue->count = 0;
}

void pace_end(struct engine *engine, bool send)
{
	while (engine->paces != NULL) {
		struct pace *pace = engine->paces;

		engine->paces = pace->next;
		for (size_t i = 0; i < 2; i++) {
			if (send)
				send_rest(engine, &pace->queues[i]);
			free(pace->queues[i].entries);
		}
		free(pace->interface);
		free(pace);
	}
	engine->pace_at = MONO_NEVER;
}
