/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ARP and neighbour discovery out: announcements of held addresses (gratuitous ARP, unsolicited NA) and the questions to
 * next hops and peers, through one small queue. A burst goes round by round, so that the last address is announced for the first time before the first for the second.
 */
#include <string.h>

#include "engine/state.h"

void small_frames_flush(struct engine *engine)
{
	size_t count = engine->small_frame_count;

	if (count == 0)
		return;
	engine->small_frame_count = 0;
	engine->port->send_frames(engine->port->user, engine->small_frames, count);
	for (size_t i = 0; i < count; i++) {
		struct instance *instance = engine->small_frame_owners[i];

		if (instance == NULL)
			continue;
		if (engine->small_frames[i].error != 0)
			instance->counters.send_errors++;
		else
			instance->counters.announcements_sent++;
	}
}

/* The next free place; its length is to be filled in. */
static struct port_frame *next_frame(struct engine *engine, int ifindex, struct instance *instance)
{
	size_t at;

	if (engine->small_frame_count == SMALL_FRAMES_SIZE)
		small_frames_flush(engine);
	at = engine->small_frame_count++;
	engine->small_frame_owners[at] = instance;
	engine->small_frames[at] =
		(struct port_frame){.ifindex = ifindex, .bytes = engine->small_frame_bytes[at]};
	return &engine->small_frames[at];
}

void probe_send(
	struct engine *engine, const struct interface *interface, const struct ip_addr *source, const struct ip_addr *asked)
{
	struct port_frame *frame = next_frame(engine, interface->link->ifindex, NULL);
	uint8_t *bytes = engine->small_frame_bytes[frame - engine->small_frames];

	if (source == NULL)
		source = &interface->families[family_index(asked->family)].now.primary;
	if (asked->family == IP_V6)
		frame->length =
			nd_encode_solicitation(&interface->link->mac, source, asked, bytes, SMALL_FRAME_SIZE);
	else
		frame->length = arp_encode_request(&interface->link->mac, source, asked, bytes, SMALL_FRAME_SIZE);
}

/* ND-02: the link-local virtual address, by which hosts know their router; else the interface's own; else the address
 * itself. */
static struct ip_addr announcement_source(
	const struct instance *instance, const struct link *link, const struct ip_addr *address)
{
	const struct ip_addr *first = &instance->config->addresses[0].prefix.addr;
	const struct holding *holding = instance->claims[0].holding;
	const struct vr_interface *own =
		link->interface != NULL ? &link->interface->families[family_index(IP_V6)].now : NULL;

	if (first->family == IP_V6 && ip_is_link_local(first) && holding != NULL &&
		holding->ifindex == link->ifindex)
		return *first;
	return own != NULL && ip_is_set(&own->primary) ? own->primary : *address;
}

void announce_address(struct engine *engine, struct instance *instance, size_t index)
{
	const struct ip_addr *address = &instance->config->addresses[index].prefix.addr;
	const struct claim *claim = &instance->claims[index];
	const struct link *link =
		claim->holding != NULL ? link_by_index(engine, claim->holding->ifindex) : NULL;
	struct port_frame *frame;
	struct mac_addr mac;
	uint8_t *bytes;

	/* A group (autojoin) has a hardware address that all know. */
	if (link == NULL || !link_has_arp(link) || ip_is_multicast(address))
		return;
	mac = instance_mac(instance, link);
	frame = next_frame(engine, link->ifindex, instance);
	bytes = engine->small_frame_bytes[frame - engine->small_frames];
	if (address->family == IP_V6) {
		struct ip_addr source = announcement_source(instance, link, address);

		frame->length = nd_encode_announcement(&mac, &source, address, bytes, SMALL_FRAME_SIZE);
	} else {
		frame->length = arp_encode_gratuitous(&mac, address, bytes, SMALL_FRAME_SIZE);
	}
}

/* garp_extra_if: adverts keep the place of the MAC known to the switches of the virtual router's own interface, not to those
 * of others; with garp_extra_if all also where the MAC is that of the interface itself. */
static bool stands_elsewhere(const struct instance *instance, size_t index)
{
	const struct address_options *options = address_options(&instance->config->addresses[index]);

	return options->device != NULL && !string_equal(options->device, instance->config->interface) &&
	       (instance->config->extra->announce.extra_all || options->use_vmac);
}

static bool is_paced(struct engine *engine, struct instance *instance, size_t index, uint16_t count)
{
	const struct holding *holding = instance->claims[index].holding;
	const struct link *link = holding != NULL ? link_by_index(engine, holding->ifindex) : NULL;

	return link != NULL && pace_hold_back(engine, link, instance, index, count);
}

/* Round by round. Nothing is left for a second round of what goes through a queue. */
static void announce_all(struct engine *engine, struct instance *instance, uint16_t count, bool elsewhere)
{
	for (unsigned round = 0; round < count; round++)
		for (size_t k = 0; k < instance->config->address_count; k++)
			if ((!elsewhere || stands_elsewhere(instance, k)) &&
				!is_paced(engine, instance, k, count))
				announce_address(engine, instance, k);
}

void announce_round(struct engine *engine, struct instance *instance)
{
	announce_all(engine, instance, 1, false);
}

/* So many that what they repeat is better left for later. Where there are limits, the queue of those sees to that. */
static bool is_flood(const struct engine *engine)
{
	const struct batch *batch = &engine->batch;
	const struct conf_global *global = &engine->conf->global;
	size_t frames = 0;

	if (global->garp_interval > 0 || global->gna_interval > 0 || engine->conf->announce_limit_count > 0)
		return false;
	for (size_t i = 0; i < batch->announcement_count; i++)
		frames += batch->announcements[i].count * batch->announcements[i].instance->config->address_count;
	return frames > SMALL_FRAMES_SIZE;
}

void announcements_send(struct engine *engine, mono_t now)
{
	struct batch *batch = &engine->batch;
	const bool flood = is_flood(engine);

	for (size_t i = 0; i < batch->announcement_count; i++) {
		const struct batch_announcement *announcement = &batch->announcements[i];
		uint16_t count = announcement->count;

		if (batch_holds_announcement(engine, announcement))
			continue;
		if (flood && count > 1 && !announcement->elsewhere &&
			backlog_burst(engine, announcement->instance, (uint16_t)(count - 1)))
			count = 1;
		announce_all(engine, announcement->instance, count, announcement->elsewhere);
	}
	batch->announcement_count = 0;
	pace_run(engine, now);
	small_frames_flush(engine);
}
