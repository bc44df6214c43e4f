/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ARP for IPv4 over Ethernet (RFC 826): the gratuitous announcement of a virtual address (RFC 9568 6.4, AMB-07) and the
 * question to a next hop that proves a link (core/link_proof.h).
 */
#ifndef VIGIA_WIRE_ARP_H
#define VIGIA_WIRE_ARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ARP_FRAME_SIZE 42
#define ARP_REQUEST 1
#define ARP_REPLY 2

struct arp_packet {
	uint16_t operation;
	struct mac_addr sender_mac;
	struct ip_addr sender;
	struct mac_addr target_mac;
	struct ip_addr target;
};

/* A whole Ethernet frame, broadcast: an ARP request for the address itself, from it. Linux neighbours override
 * their entry at once for these. mac: what clients shall believe; it is the frame source and both hardware addresses. */
size_t arp_encode_gratuitous(const struct mac_addr *mac, const struct ip_addr *addr, uint8_t *frame, size_t size);
/* Who has target? Tell sender. Target hardware address is zero. Broadcast. */
size_t arp_encode_request(const struct mac_addr *mac, const struct ip_addr *sender, const struct ip_addr *target,
	uint8_t *frame, size_t size);
/* Decodes the ARP packet that follows the Ethernet header. false: not ARP for IPv4 over Ethernet, or short. */
bool arp_decode(const uint8_t *packet, size_t length, struct arp_packet *out);

#endif
