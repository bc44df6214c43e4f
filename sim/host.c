/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts, and what they believe of their neighbours: gratuitous ARP and unsolicited neighbour advertisements change an entry
 * that is there; one that does not work any more is given up after SIM_NEIGHBOUR_TIMEOUT and asked for anew. What a host
 * sends is not simulated packet by packet: reach.c asks whether it would arrive.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"
#include "wire/arp.h"
#include "wire/nd.h"

#define STREAMS_MAX (sizeof(((struct host *)0)->streams) / sizeof(struct stream))

struct host *host_new(struct world *world, const char *name, struct segment *segment)
{
	struct host *host = calloc(1, sizeof(*host));
	struct host **end = &world->hosts;

	if (host == NULL)
		return NULL;
	host->world = world;
	strncpy(host->name, name, sizeof(host->name) - 1);
	host->mac = (struct mac_addr){{2, 1, 0, 0, 0, (uint8_t)++world->host_count}};
	host->port = port_new(segment, FAR_HOST);
	host->retry_at = MONO_NEVER;
	if (host->port == NULL) {
		free(host);
		return NULL;
	}
	host->port->host = host;
	while (*end != NULL)
		end = &(*end)->next;
	*end = host;
	world->changed = true;
	return host;
}

struct host *host_find(const struct world *world, const char *name)
{
	for (struct host *host = world->hosts; host; host = host->next)
		if (strcmp(host->name, name) == 0)
			return host;
	return NULL;
}

struct stream *host_stream(struct host *host, const struct ip_addr *via, const struct ip_addr *destination)
{
	struct stream *stream;

	if (host->stream_count == STREAMS_MAX)
		return NULL;
	stream = &host->streams[host->stream_count++];
	*stream = (struct stream){.via = *via, .destination = *destination};
	host->world->changed = true;
	return stream;
}

static void believe(struct host *host, const struct ip_addr *address, const struct mac_addr *mac)
{
	for (size_t i = 0; i < host->neighbour_count; i++) {
		struct neighbour *neighbour = &host->neighbours[i];

		/* One that is being asked for is content with this, too. */
		if (!ip_equal(&neighbour->address, address))
			continue;
		if (!neighbour->valid || memcmp(&neighbour->mac, mac, sizeof(*mac)) != 0)
			host->world->changed = true;
		neighbour->valid = true;
		neighbour->mac = *mac;
		neighbour->fails_at = MONO_NEVER;
	}
}

static void hear_advertisement(struct host *host, const struct packet *packet)
{
	struct nd_packet nd;

	if (nd_decode(packet->bytes + 14, packet->length - 14, &nd) && nd.type == ND_ADVERTISEMENT &&
		nd.override && nd.has_mac)
		believe(host, &nd.target, &nd.mac);
}

static void hear_arp(struct host *host, const struct packet *packet)
{
	struct arp_packet arp;

	if (arp_decode(packet->bytes + 14, packet->length - 14, &arp) && !ip_is_unspecified(&arp.sender))
		believe(host, &arp.sender, &arp.sender_mac);
}

void host_frame(struct host *host, const struct packet *packet)
{
	struct ip_addr target;

	if (packet->bytes[12] == 0x08)
		hear_arp(host, packet);
	else
		hear_advertisement(host, packet);
	if (!host->mute && neighbour_question(packet, &target) &&
		(ip_equal(&target, &host->address.addr) || ip_equal(&target, &host->address6.addr)))
		neighbour_answer(host->port, &host->mac, packet);
}

/* An entry that did not work for long enough is forgotten; whoever needs it asks again. */
void host_retry(struct host *host)
{
	const mono_t now = host->world->now;

	if (!mono_due(host->retry_at, now))
		return;
	host->retry_at = MONO_NEVER;
	for (size_t i = 0; i < host->neighbour_count; i++)
		if (mono_due(host->neighbours[i].fails_at, now))
			host->neighbours[i] = (struct neighbour){
				.address = host->neighbours[i].address, .fails_at = MONO_NEVER};
	host->world->changed = true;
}
