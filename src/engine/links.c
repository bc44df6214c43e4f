/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's interfaces and their addresses, as far as they were told. All of them are kept, not only those that the
 * configuration mentions: one of the others may be renamed to such a name.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

struct link *link_by_index(const struct engine *engine, int ifindex)
{
	for (struct hash_node *node = hash_first(&engine->links_by_index, (uint64_t)ifindex); node;
		node = hash_next(node)) {
		struct link *link = (struct link *)node;

		if (link->ifindex == ifindex)
			return link;
	}
	return NULL;
}

void link_free(struct link *link)
{
	free(link->addresses);
	free(link->name);
	free(link);
}

static struct link *link_new(struct engine *engine, int ifindex)
{
	struct link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	link->ifindex = ifindex;
	link->next = engine->links;
	engine->links = link;
	hash_insert(&engine->links_by_index, &link->node, (uint64_t)ifindex);
	return link;
}

/* The name decides which interface of the configuration this link is. */
static void link_rename(struct engine *engine, struct link *link, const char *name, mono_t now)
{
	char *copy = strdup(name);

	if (copy == NULL)
		return;
	if (link->interface != NULL)
		interface_unbind(engine, link->interface, now);
	free(link->name);
	link->name = copy;

	struct interface *interface = interface_by_name(engine, name);

	if (interface != NULL)
		interface_bind(engine, interface, link, now);
}

/* The hardware address of an interface changed: a master's clients and those who speak to a backup alone believe the old one. */
static void link_announce_again(struct engine *engine, const struct link *link, mono_t now)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		for (struct instance *instance = interface->link == link ? interface_first(interface) : NULL; instance;
			instance = interface_next(instance)) {
			if (instance_is_master(instance))
				batch_announce(engine, instance, vr_announce_burst(instance->config));
			peer_questions_begin(engine, instance, now);
		}
}

void engine_link(struct engine *engine, const struct engine_link *event, mono_t now)
{
	struct link *link = link_by_index(engine, event->ifindex);

	engine->anchors_stale = true;
	if (link == NULL)
		link = link_new(engine, event->ifindex);
	if (link == NULL)
		return;

	bool came_up = event->up && !link->up, went_down = !event->up && link->up;
	bool other_mtu = event->mtu != link->mtu; /* one that is too small for IPv6 loses groups */
	bool other_mac = memcmp(&link->mac, &event->mac, sizeof(link->mac)) != 0;

	link->stale = false;
	link->mac = event->mac;
	link->mtu = event->mtu;
	link->up = event->up;
	link->carrier = event->carrier;
	link->vrf = event->vrf;
	link->vrf_table = event->vrf_table;
	link->ours = event->ours;
	link->maker = event->maker;
	link->forwards_nothing[family_index(IP_V4)] = event->forwards_no_ipv4;
	link->forwards_nothing[family_index(IP_V6)] = event->forwards_no_ipv6;
	if (link->name == NULL || strcmp(link->name, event->name) != 0)
		link_rename(engine, link, event->name, now);
	if (engine->started && came_up)
		holdings_link_up(engine, link->ifindex, now);
	if (engine->started && went_down)
		holdings_link_down(engine, now);
	if (engine->started && other_mac)
		link_announce_again(engine, link, now);
	if (link->interface != NULL)
		interface_refresh(engine, link->interface, now);
	if (engine->started && link->interface != NULL && (came_up || other_mtu))
		interface_check_groups(engine, link->interface, now);
	devices_link_changed(engine, link, other_mac, now);
	turn_end(engine, now);
}

static void link_remove(struct engine *engine, struct link *link, mono_t now)
{
	struct link **at = &engine->links;

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	hash_remove(&engine->links_by_index, &link->node);
	holdings_link_gone(engine, link->ifindex, now);
	anchors_leave(engine, link, now);
	if (link->interface != NULL)
		interface_link_gone(engine, link->interface, now);
	devices_link_gone(engine, link->ifindex, now);
	link_free(link);
}

void engine_link_gone(struct engine *engine, int ifindex, mono_t now)
{
	struct link *link = link_by_index(engine, ifindex);

	if (link == NULL)
		return;
	link_remove(engine, link, now);
	turn_end(engine, now);
}

static struct link_address *find_address(const struct link *link, const struct ip_prefix *prefix)
{
	for (size_t i = 0; i < link->address_count; i++)
		if (ip_prefix_equal(&link->addresses[i].prefix, prefix))
			return &link->addresses[i];
	return NULL;
}

static struct link_address *add_address(struct link *link)
{
	if (link->address_count == link->address_capacity) {
		size_t capacity = link->address_capacity > 0 ? 2 * link->address_capacity : 4;
		struct link_address *addresses = realloc(link->addresses, capacity * sizeof(*addresses));

		if (addresses == NULL)
			return NULL;
		link->addresses = addresses;
		link->address_capacity = capacity;
	}
	return &link->addresses[link->address_count++];
}

static void remove_address(struct link *link, struct link_address *address)
{
	size_t behind = (size_t)(link->addresses + link->address_count - (address + 1));

	memmove(address, address + 1, behind * sizeof(*address));
	link->address_count--;
}

void engine_address(struct engine *engine, const struct engine_address *event, mono_t now)
{
	struct link *link = link_by_index(engine, event->ifindex);
	struct holding *holding = holding_find_address(engine, event->ifindex, &event->prefix);
	struct link_address *address = link != NULL ? find_address(link, &event->prefix) : NULL;
	bool is_new = false;

	engine->anchors_stale = true;
	if (address != NULL)
		address->stale = false;
	if (holding != NULL) {
		holding->missing = false;
		holding->stale = false;
		/* What we put there ourselves is known well enough. */
		if (!holding->foreign)
			return;
	}
	if (link == NULL)
		return;
	if (address == NULL) {
		address = add_address(link);
		is_new = true;
	}
	if (address == NULL)
		return;
	*address = (struct link_address){.prefix = event->prefix,
		.secondary = event->secondary,
		.tentative = event->tentative,
		.duplicate = event->duplicate,
		.deprecated = event->deprecated,
		.protocol = event->protocol};
	if (engine->started && is_new)
		holdings_hurry(engine, now);
	if (link->interface != NULL)
		interface_refresh(engine, link->interface, now);
	turn_end(engine, now);
}

/* An owner's real address is gone, with whatever prefix length it had: from now on it is the daemon's to keep (AMB-12). */
static void owners_lose(
	struct engine *engine, const struct link *link, const struct ip_addr *address, mono_t now)
{
	struct instance *instance = link->interface != NULL ? interface_first(link->interface) : NULL;

	for (; instance; instance = interface_next(instance))
		for (size_t i = 0; i < instance->config->address_count; i++) {
			struct holding *holding = instance->claims[i].holding;

			if (holding != NULL && holding->foreign && ip_equal(&holding->prefix.addr, address) &&
				!link_has_foreign(link, address))
				holding_missing(engine, holding, false, now);
		}
}

static void address_gone(struct engine *engine, struct link *link, const struct ip_prefix *prefix, mono_t now)
{
	struct holding *holding = holding_find_address(engine, link->ifindex, prefix);
	struct link_address *address = find_address(link, prefix);

	engine->anchors_stale = true;
	devices_address_gone(engine, link->ifindex, prefix, now);
	if (holding != NULL && !holding->foreign)
		holding_missing(engine, holding, false, now);
	if (address == NULL)
		return;
	remove_address(link, address);
	owners_lose(engine, link, &prefix->addr, now);
	if (link->interface != NULL)
		interface_refresh(engine, link->interface, now);
}

void engine_address_gone(struct engine *engine, const struct engine_address *event, mono_t now)
{
	struct link *link = link_by_index(engine, event->ifindex);

	if (link == NULL)
		return;
	address_gone(engine, link, &event->prefix, now);
	turn_end(engine, now);
}

void engine_resync_begin(struct engine *engine, mono_t now)
{
	for (struct link *link = engine->links; link; link = link->next) {
		link->stale = true;
		for (size_t i = 0; i < link->address_count; i++)
			link->addresses[i].stale = true;
	}
	holdings_resync(engine, true, now);
}

static void drop_stale_addresses(struct engine *engine, struct link *link, mono_t now)
{
	size_t i = 0;

	while (i < link->address_count)
		if (link->addresses[i].stale) {
			struct ip_prefix prefix = link->addresses[i].prefix;

			address_gone(engine, link, &prefix, now);
		} else {
			i++;
		}
}

void engine_resync_end(struct engine *engine, mono_t now)
{
	for (struct link *link = engine->links, *next; link; link = next) {
		next = link->next;
		if (link->stale)
			link_remove(engine, link, now);
		else
			drop_stale_addresses(engine, link, now);
	}
	holdings_resync(engine, false, now);
	turn_end(engine, now);
}

/* Not what Vigia put there, nor a virtual address, unless it is an owner's real one. */
static bool may_be_source(const struct engine *engine, const struct link_address *address)
{
	bool owner = false;

	return address->protocol != VIGIA_KERNEL_PROTOCOL &&
	       (!is_virtual_address(engine, &address->prefix.addr, &owner) || owner);
}

/* When the primary address is deleted, the kernel tells so before it tells which secondary one it has promoted: until
 * then, a secondary one must do, or the virtual router would end its service for a moment. */
static void look_v4(const struct engine *engine, const struct link *link, struct vr_interface *out)
{
	for (size_t i = 0; i < link->address_count; i++) {
		const struct link_address *address = &link->addresses[i];

		if (address->prefix.addr.family != IP_V4 || !may_be_source(engine, address))
			continue;
		if (!address->secondary) {
			out->primary = address->prefix.addr;
			return;
		}
		if (!ip_is_set(&out->primary))
			out->primary = address->prefix.addr;
	}
}

/* fe80::200:5eff:fe00:1XX and 2XX: the same on all routers of a virtual one, so no address to be told by (VMAC-06). */
static bool is_of_virtual_mac(const struct ip_addr *address)
{
	static const uint8_t identifier[] = {0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00};

	return memcmp(address->bytes + 8, identifier, sizeof(identifier)) == 0 &&
	       (address->bytes[14] == 1 || address->bytes[14] == 2);
}

static void look_v6(const struct engine *engine, const struct link *link, struct vr_interface *out)
{
	bool is_deprecated = false;

	for (size_t i = 0; i < link->address_count; i++) {
		const struct link_address *address = &link->addresses[i];
		const struct ip_addr *addr = &address->prefix.addr;

		if (addr->family != IP_V6 || !ip_is_link_local(addr) || is_of_virtual_mac(addr) ||
			!may_be_source(engine, address))
			continue;
		if (address->duplicate) {
			out->duplicate = true;
		} else if (address->tentative) {
			out->tentative = true;
		} else if (!ip_is_set(&out->primary) || (is_deprecated && !address->deprecated)) {
			out->primary = *addr;
			is_deprecated = address->deprecated;
		}
	}
}

void link_look(const struct engine *engine, const struct link *link, uint8_t family, struct vr_interface *out)
{
	if (family == IP_V6)
		look_v6(engine, link, out);
	else
		look_v4(engine, link, out);
}

bool link_has_arp(const struct link *link)
{
	static const struct mac_addr none;

	return memcmp(&link->mac, &none, sizeof(none)) != 0;
}

bool link_reaches(const struct link *link, const struct ip_addr *address)
{
	for (size_t i = 0; i < link->address_count; i++)
		if (ip_in_prefix(address, &link->addresses[i].prefix))
			return true;
	return false;
}

bool link_has_foreign(const struct link *link, const struct ip_addr *address)
{
	for (size_t i = 0; i < link->address_count; i++)
		if (link->addresses[i].protocol != VIGIA_KERNEL_PROTOCOL &&
			ip_equal(&link->addresses[i].prefix.addr, address))
			return true;
	return false;
}

enum standing link_standing(const struct link *link, const struct ip_prefix *prefix)
{
	const struct link_address *address = find_address(link, prefix);

	if (address == NULL)
		return STANDING_NOT;
	if (address->protocol == VIGIA_KERNEL_PROTOCOL)
		return STANDING_OURS;
	return address->protocol == 0 ? STANDING_UNMARKED : STANDING_FOREIGN;
}
