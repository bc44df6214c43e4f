/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets to single routers: the kernel finds the way. Here it knows all neighbours, and goes
 * by the networks of its own addresses: what is not on one of its links is unreachable.
 */
#include <errno.h>
#include <string.h>

#include "sim/world.h"

#define ETHERNET_HEADER 14

/* The first one whose network the address is in. */
static const struct kernel_address *find_own(
	const struct router *router, const struct ip_addr *address, int ifindex)
{
	for (size_t i = 0; i < router->address_count; i++) {
		const struct kernel_address *own = &router->addresses[i];

		if (ip_in_prefix(address, &own->prefix) && own->prefix.length < ip_max_length(address) &&
			(ifindex == 0 || ifindex == own->ifindex))
			return own;
	}
	return NULL;
}

static const struct nic *on_link(const struct router *router, const struct ip_addr *address, int ifindex)
{
	const struct kernel_address *own = find_own(router, address, ifindex);

	return own != NULL ? nic_by_index(router, own->ifindex) : NULL;
}

struct ip_addr datagram_source(const struct router *router, const struct ip_addr *destination)
{
	const struct kernel_address *own = find_own(router, destination, 0);

	return own != NULL ? own->prefix.addr : (struct ip_addr){0};
}

/* Whose address it is; the kernel would have asked. */
static const struct nic *find_neighbour(const struct world *world, const struct ip_addr *address)
{
	for (size_t r = 0; r < world->router_count; r++) {
		const struct router *router = world->routers[r];

		for (size_t i = 0; i < router->address_count; i++)
			if (ip_equal(&router->addresses[i].prefix.addr, address))
				return nic_by_index(router, router->addresses[i].ifindex);
	}
	return NULL;
}

static size_t build(
	const struct port_datagram *datagram, const struct nic *from, const struct nic *to, uint8_t *frame)
{
	const bool four = datagram->destination.family == IP_V4;

	if (ETHERNET_HEADER + datagram->length > VRRP_FRAME_MAX)
		return 0;
	memcpy(frame, to->mac.bytes, 6);
	memcpy(frame + 6, from->mac.bytes, 6);
	frame[12] = four ? 0x08 : 0x86;
	frame[13] = four ? 0x00 : 0xdd;
	memcpy(frame + ETHERNET_HEADER, datagram->bytes, datagram->length);
	return ETHERNET_HEADER + datagram->length;
}

/* The process has said it, though nobody is there. */
static void said_to_nobody(struct router *router, const struct port_datagram *datagram)
{
	struct vrrp_advert advert;

	if (vrrp_decode(datagram->bytes, datagram->length, &advert) == DROP_NONE)
		laws_advert(router, datagram->ifindex, &advert);
}

void datagram_send(struct router *router, struct port_datagram *datagram)
{
	const struct nic *from = on_link(router, &datagram->destination, datagram->ifindex);
	const struct nic *to = find_neighbour(router->world, &datagram->destination);
	uint8_t bytes[VRRP_FRAME_MAX];
	struct port_frame frame = {.bytes = bytes};

	datagram->error = from == NULL ? -ENETUNREACH : 0;
	/* No way there, or nobody answers who has it: the kernel took it, and will throw it away. */
	if (from == NULL || to == NULL) {
		said_to_nobody(router, datagram);
		return;
	}
	frame.length = build(datagram, from, to, bytes);
	frame.ifindex = from->ifindex;
	if (frame.length == 0)
		datagram->error = -EMSGSIZE;
	else
		frame_send(router, &frame);
	if (frame.error != 0)
		datagram->error = frame.error;
}
