/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unicast: adverts to listed routers. Each packet is made for its receiver, since the pseudo-header of the checksum has the
 * receiver's address, and the digest of AH the whole IP header. They are made when they are sent: a few for each advert.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/accept.h"
#include "engine/state.h"

/* Through the interface of the virtual router; without one, as the routing table (of the VRF) says. */
static int way_out(const struct engine *engine, const struct instance *instance)
{
	const struct vr_config *config = instance->config;

	if (config->interface != NULL)
		return instance->interface->link->ifindex;
	return config->extra->unicast.vrf != NULL ? interface_index(engine, config->extra->unicast.vrf) : 0;
}

/* The advert to some of the peers, from number `first` on. */
static size_t build(struct engine *engine, const struct batch_advert *advert, const struct vrrp_signature *signature,
	size_t first, size_t room, struct port_datagram *datagrams, uint8_t (*bytes)[UNICAST_PACKET_SIZE], mono_t now)
{
	struct instance *instance = advert->instance;
	const struct unicast_config *unicast = &instance->config->extra->unicast;
	struct ip_addr listed[VRRP_ADDRESSES_MAX];
	struct vrrp_encode_request request;
	size_t count = unicast->peer_count - first < room ? unicast->peer_count - first : room;

	advert_request(engine, instance, advert, &request, listed, signature, now);
	for (size_t i = 0; i < count; i++) {
		size_t length;

		request.destination = unicast->peers[first + i].address;
		length = vrrp_encode(&request, bytes[i], sizeof(bytes[i]));
		datagrams[i] = (struct port_datagram){.ifindex = way_out(engine, instance),
			.source = request.source,
			.destination = request.destination,
			.bytes = bytes[i] + ETHERNET_HEADER_SIZE,
			.length = length > 0 ? length - ETHERNET_HEADER_SIZE : 0};
	}
	return count;
}

static bool can_speak(const struct instance *instance)
{
	return instance->interface->link != NULL && ip_is_set(&instance->vr.primary);
}

void unicast_send(struct engine *engine, const struct batch_advert *advert, mono_t now)
{
	struct instance *instance = advert->instance;
	const size_t peers = instance->config->extra->unicast.peer_count;
	int error = can_speak(instance) ? 0 : -ENODEV;
	struct vrrp_signature signature; /* one advert, however many hear it */

	signature_make(engine, instance, advert_version(advert), &signature);
	for (size_t first = 0; first < peers && can_speak(instance);) {
		size_t count = build(engine, advert, &signature, first, UNICAST_BATCH, engine->datagrams,
			engine->datagram_bytes, now);

		engine->port->send_datagrams(engine->port->user, engine->datagrams, count);
		for (size_t i = 0; i < count; i++)
			if (engine->datagrams[i].error != 0)
				error = engine->datagrams[i].error;
		first += count;
	}
	signature_was_sent(instance, &signature);
	advert_was_sent(engine, advert, error, now);
}

struct port_datagram *unicast_last_words(
	struct engine *engine, struct instance *instance, size_t *count, mono_t now)
{
	const struct batch_advert advert = {.instance = instance, .priority = VR_PRIORITY_STOP};
	const size_t peers = instance->config->extra->unicast.peer_count;
	struct port_datagram *datagrams =
		calloc(peers + 1, sizeof(*datagrams) + sizeof(uint8_t[UNICAST_PACKET_SIZE]));
	struct vrrp_signature signature;

	signature_make(engine, instance, advert_version(&advert), &signature);
	*count = 0;
	if (datagrams != NULL && can_speak(instance))
		*count = build(engine, &advert, &signature, 0, peers, datagrams, (void *)(datagrams + peers + 1), now);
	return datagrams;
}

static struct ip_addr global_address(const struct engine *engine, const struct link *link)
{
	for (size_t i = 0; i < link->address_count; i++) {
		const struct link_address *address = &link->addresses[i];
		bool owner;

		if (address->prefix.addr.family == IP_V6 && !ip_is_link_local(&address->prefix.addr) &&
			address->protocol != VIGIA_KERNEL_PROTOCOL &&
			!is_virtual_address(engine, &address->prefix.addr, &owner))
			return address->prefix.addr;
	}
	return (struct ip_addr){0};
}

/* A configured source must be there. Without it the answers to unicast would go astray, and this router would think itself
 * alone; and an advert by multicast would bear an address that is nobody's on the link: IPH-01. */
static struct ip_addr configured_source(const struct instance *instance)
{
	const struct ip_addr *source = &instance->config->extra->source;
	const struct link *link = instance->interface->link;

	return link != NULL && link_has_foreign(link, source) ? *source : (struct ip_addr){0};
}

/* Where a unicast router speaks from when nothing else is configured. */
static struct ip_addr unicast_source(
	const struct engine *engine, const struct instance *instance, const struct ip_addr *primary)
{
	const struct vr_config *config = instance->config;
	const struct link *link = instance->interface->link;

	if (config->family == IP_V6 && link != NULL && !ip_is_link_local(&config->extra->unicast.peers[0].address))
		return global_address(engine, link);
	return *primary;
}

struct vr_interface instance_interface(const struct engine *engine, const struct instance *instance)
{
	const struct vr_config *config = instance->config;
	struct vr_interface now = instance->interface->families[family_index(config->family)].now;

	if (!config->extra->unicast.enabled && !ip_is_set(&config->extra->source))
		return now;
	if (config->extra->unicast.enabled && config->extra->unicast.peer_count == 0)
		now.primary = (struct ip_addr){0};
	else if (ip_is_set(&config->extra->source))
		now.primary = configured_source(instance);
	else
		now.primary = unicast_source(engine, instance, &now.primary);
	now.tentative = now.tentative && !ip_is_set(&now.primary) && !ip_is_set(&config->extra->source);
	now.duplicate = now.duplicate && !ip_is_set(&now.primary) && !ip_is_set(&config->extra->source);
	return now;
}

struct instance *instance_for(const struct interface *interface, const struct vrrp_advert *advert)
{
	struct instance *best = instance_find(interface, advert->source.family, advert->vrid);
	struct instance *other = best != NULL ? instance_next(best) : NULL;
	unsigned most;

	if (other == NULL)
		return best;
	most = advert_fitness(best->config, &best->vr.primary, advert);
	for (; other; other = instance_next(other)) {
		unsigned fits = advert_fitness(other->config, &other->vr.primary, advert);

		if (fits > most) {
			best = other;
			most = fits;
		}
	}
	return best;
}

struct instance *anchored_instance_for(const struct engine *engine, const struct vrrp_advert *advert)
{
	for (const struct interface *interface = engine->anchored ? engine->interfaces : NULL; interface;
		interface = interface->next)
		if (ip_is_set(&interface->anchor) && ip_equal(&interface->anchor, &advert->destination))
			return instance_for(interface, advert);
	return NULL;
}
