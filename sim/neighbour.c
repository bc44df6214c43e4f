/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions for neighbours, ARP and neighbour solicitations, as the kernels of routers and hosts answer them. */
#include <string.h>

#include "sim/world.h"
#include "wire/arp.h"
#include "wire/nd.h"

#define ETHERNET_HEADER 14

static bool is_arp(const struct packet *packet)
{
	return packet->bytes[12] == 0x08;
}

bool neighbour_question(const struct packet *packet, struct ip_addr *target)
{
	const uint8_t *bytes = packet->bytes + ETHERNET_HEADER;
	const size_t length = packet->length - ETHERNET_HEADER;
	struct arp_packet arp;
	struct nd_packet nd;

	if (is_arp(packet)) {
		if (!arp_decode(bytes, length, &arp) || arp.operation != ARP_REQUEST)
			return false;
		*target = arp.target;
		return !ip_equal(&arp.sender, &arp.target);
	}
	if (!nd_decode(bytes, length, &nd) || nd.type != ND_SOLICITATION || !nd.has_mac)
		return false;
	*target = nd.target;
	return true;
}

static size_t answer_arp(const struct mac_addr *mac, const struct packet *packet, uint8_t *frame)
{
	struct arp_packet question;

	arp_decode(packet->bytes + ETHERNET_HEADER, packet->length - ETHERNET_HEADER, &question);
	arp_encode_request(mac, &question.target, &question.sender, frame, ARP_FRAME_SIZE);
	frame[ETHERNET_HEADER + 7] = ARP_REPLY;
	memcpy(frame + ETHERNET_HEADER + 18, question.sender_mac.bytes, 6);
	return ARP_FRAME_SIZE;
}

void neighbour_answer(struct port_end *port, const struct mac_addr *mac, const struct packet *packet)
{
	const struct watcher *watcher = &port->segment->world->watcher;
	uint8_t frame[ND_FRAME_SIZE];
	struct ip_addr target;
	size_t length;

	if (!neighbour_question(packet, &target))
		return;
	length = is_arp(packet) ? answer_arp(mac, packet, frame)
				: nd_encode_announcement(mac, &target, &target, frame, sizeof(frame));
	/* To the one who asked. */
	memcpy(frame, packet->bytes + 6, 6);
	if (length == 0)
		return;
	if (port->far == FAR_ROUTER && watcher->frame != NULL)
		watcher->frame(watcher->user, port->router, port->ifindex, frame, length, NULL);
	network_send(port, NULL, frame, length, false);
}
