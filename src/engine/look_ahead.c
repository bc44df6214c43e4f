/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/look_ahead.h"

#include "engine/state.h"
#include "wire/ip_packet.h"

#define CACHE_LINE 64
#define VRID_OFFSET 1 /* in the message */

static void fetch(const void *start, size_t size)
{
	for (size_t at = 0; at < size; at += CACHE_LINE)
		__builtin_prefetch((const char *)start + at);
}

struct guess {
	const struct interface *interface;
	uint8_t family;
	uint8_t vrid;
};

/* The usual case: no extension headers, no virtual MAC. */
static struct guess guess(const struct engine *engine, const struct engine_packet *packet)
{
	const struct link *link = link_by_index(engine, packet->ifindex);
	const uint8_t first = packet->length > 0 ? packet->bytes[0] : 0;
	const size_t header = first >> 4 == 6 ? IPV6_HEADER_SIZE : (first & 0x0fu) * 4u;
	struct guess guess = {.interface = link != NULL ? link->interface : NULL, .family = first >> 4};

	if (packet->length > header + VRID_OFFSET)
		guess.vrid = packet->bytes[header + VRID_OFFSET];
	return guess;
}

static struct instance **bucket(const struct guess *guess)
{
	return guess->interface != NULL ? instance_bucket(guess->interface, guess->family, guess->vrid) : NULL;
}

static struct instance *find(const struct guess *guess)
{
	return guess->interface != NULL ? instance_find(guess->interface, guess->family, guess->vrid) : NULL;
}

void look_ahead_packets(const struct engine *engine, const struct engine_packet *packets, size_t count)
{
	struct guess guesses[LOOK_AHEAD_GROUP];
	const struct instance *found[LOOK_AHEAD_GROUP];
	struct instance **buckets[LOOK_AHEAD_GROUP];

	for (size_t i = 0; i < count; i++) {
		guesses[i] = guess(engine, &packets[i]);
		buckets[i] = bucket(&guesses[i]);
		__builtin_prefetch(buckets[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (buckets[i] != NULL)
			__builtin_prefetch(*buckets[i]);
	for (size_t i = 0; i < count; i++) {
		found[i] = find(&guesses[i]);
		if (found[i] != NULL)
			fetch(found[i], sizeof(*found[i]));
	}
	for (size_t i = 0; i < count; i++)
		if (found[i] != NULL)
			fetch(found[i]->config, sizeof(*found[i]->config));
	for (size_t i = 0; i < count; i++)
		if (found[i] != NULL)
			__builtin_prefetch(found[i]->config->addresses);
}

/* Most are of instances, and beyond the others there is nothing to be afraid of. */
void look_ahead_waiter(const struct waiter *waiter)
{
	fetch(waiter, sizeof(struct instance));
}

void look_ahead_instance(const struct waiter *waiter)
{
	const struct instance *instance = (const struct instance *)waiter;

	if (waiter->owner != WAITER_INSTANCE)
		return;
	fetch(instance->config, sizeof(*instance->config));
	__builtin_prefetch(instance->advert_bytes);
}
