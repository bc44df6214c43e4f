/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard of a router's process: keeps what the engine wrote into the testament, says priority 0 for one that died, starts
 * another one, and, if none comes, undoes what the dead one held.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

#define REMOVALS_MAX 64
#define DATAGRAMS_MAX 8

/* Copies: what an entry points to belongs to the engine, which may be gone. */
struct testament_slot {
	bool active;
	int ifindex;
	size_t frame_length;
	uint8_t frame[VRRP_FRAME_MAX];
	size_t datagram_count;
	struct port_datagram datagrams[DATAGRAMS_MAX];
	uint8_t datagram_bytes[DATAGRAMS_MAX][VRRP_FRAME_MAX];
	size_t removal_count;
	struct kernel_op removals[REMOVALS_MAX];
	struct virtual_address addresses[REMOVALS_MAX];
	struct virtual_route routes[REMOVALS_MAX];
	struct virtual_rule rules[REMOVALS_MAX];
	dur_t release_after;
};

static bool make_room(struct router *router, size_t slot)
{
	struct testament_slot *slots;

	if (slot < router->testament_count)
		return true;
	slots = reallocarray(router->testament, slot + 1, sizeof(*slots));
	if (slots == NULL)
		return false;
	memset(slots + router->testament_count, 0, (slot + 1 - router->testament_count) * sizeof(*slots));
	router->testament = slots;
	router->testament_count = slot + 1;
	return true;
}

static void keep_removal(struct testament_slot *slot, const struct kernel_op *op)
{
	const size_t at = slot->removal_count;

	if (at == REMOVALS_MAX)
		return;
	slot->removals[at] = *op;
	/* Names of devices are not looked at: the index says it. */
	if (op->address != NULL) {
		slot->addresses[at] = *op->address;
		slot->addresses[at].options = NULL;
	}
	if (op->route != NULL) {
		slot->routes[at] = *op->route;
		slot->routes[at].device = slot->routes[at].vrf = NULL;
		slot->routes[at].hops = NULL;
		slot->routes[at].hop_count = 0;
		slot->routes[at].encap = NULL;
	}
	if (op->rule != NULL) {
		slot->rules[at] = *op->rule;
		slot->rules[at].in = slot->rules[at].out = slot->rules[at].track_group = NULL;
	}
	slot->removal_count++;
}

static void keep_datagram(struct testament_slot *slot, const struct port_datagram *datagram)
{
	const size_t at = slot->datagram_count;

	if (at == DATAGRAMS_MAX || datagram->length > VRRP_FRAME_MAX)
		return;
	slot->datagrams[at] = *datagram;
	memcpy(slot->datagram_bytes[at], datagram->bytes, datagram->length);
	slot->datagram_count++;
}

void guard_write(struct router *router, size_t number, const struct testament_entry *entry)
{
	struct testament_slot *slot;

	if (!make_room(router, number))
		return;
	slot = &router->testament[number];
	slot->active = entry->active;
	slot->ifindex = entry->ifindex;
	slot->frame_length = 0;
	slot->datagram_count = 0;
	slot->removal_count = 0;
	slot->release_after = entry->release_after;
	if (!entry->active)
		return;
	if (entry->stop_frame != NULL && entry->stop_frame_length <= sizeof(slot->frame)) {
		slot->frame_length = entry->stop_frame_length;
		memcpy(slot->frame, entry->stop_frame, slot->frame_length);
	}
	for (size_t i = 0; i < entry->stop_datagram_count; i++)
		keep_datagram(slot, &entry->stop_datagrams[i]);
	for (size_t i = 0; i < entry->removal_count; i++)
		keep_removal(slot, &entry->removals[i]);
}

void guard_forget(struct router *router)
{
	for (size_t i = 0; i < router->testament_count; i++)
		router->testament[i].active = false;
}

static void say_stop(struct world *world, struct router *router, uint64_t life)
{
	(void)world;
	if (router->life != life || router->process != PROCESS_NONE)
		return;
	for (size_t i = 0; i < router->testament_count; i++) {
		struct testament_slot *slot = &router->testament[i];
		struct port_frame frame = {
			.ifindex = slot->ifindex, .bytes = slot->frame, .length = slot->frame_length};

		if (slot->active && slot->frame_length > 0)
			frame_send(router, &frame);
		for (size_t k = 0; k < slot->datagram_count && slot->active; k++) {
			slot->datagrams[k].bytes = slot->datagram_bytes[k];
			datagram_send(router, &slot->datagrams[k]);
		}
	}
}

static void start_again(struct world *world, struct router *router, uint64_t life)
{
	(void)world;
	if (router->life == life)
		router_boot(router, true);
}

static void undo(struct world *world, struct router *router, uint64_t life)
{
	(void)world;
	if (router->life != life || router->process != PROCESS_NONE)
		return;
	for (size_t i = 0; i < router->testament_count; i++) {
		struct testament_slot *slot = &router->testament[i];

		for (size_t k = 0; k < slot->removal_count && slot->active; k++) {
			struct kernel_op *op = &slot->removals[k];

			op->address = op->address != NULL ? &slot->addresses[k] : NULL;
			op->route = op->route != NULL ? &slot->routes[k] : NULL;
			op->rule = op->rule != NULL ? &slot->rules[k] : NULL;
			kernel_run(router, op, 1);
		}
		slot->active = false;
	}
}

void guard_process_died(struct router *router, bool for_good)
{
	struct world *world = router->world;
	dur_t release_after = 0;

	for (size_t i = 0; i < router->testament_count; i++)
		if (router->testament[i].active && router->testament[i].release_after > release_after)
			release_after = router->testament[i].release_after;
	for (int i = 0; i < VR_STOP_ADVERTS; i++)
		call_later(world, router, SIM_GUARD_REACTION + i * VR_STOP_ADVERT_SPACING, say_stop,
			router->life);
	if (for_good)
		call_later(world, router, SIM_GUARD_REACTION + release_after, undo, router->life);
	else
		call_later(world, router, SIM_RESTART, start_again, router->life);
}

void guard_keep_drained(struct router *router, const char *line, size_t length)
{
	char *names = realloc(router->drained, length);

	if (names == NULL) {
		router->world->out_of_memory = true;
		return;
	}
	/* All names of a scenario fit into one line. */
	memcpy(names, line, length);
	router->drained = names;
	router->drained_length = length;
}

void guard_say_drained(const struct router *router)
{
	engine_keep_drained(router->engine, router->drained, router->drained_length);
}
