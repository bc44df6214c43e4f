/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbor Discovery: RFC 4861. The unsolicited advertisement of a virtual address (RFC 9568 6.4: ND-01), and the question
 * to a next hop that proves a link (core/link_proof.h). What wire/arp.h is to IPv4.
 */
#ifndef VIGIA_WIRE_ND_H
#define VIGIA_WIRE_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ND_FRAME_SIZE 86
#define ND_SOLICITATION 135 /* Neighbor Solicitation, NS */
#define ND_ADVERTISEMENT 136 /* Neighbor Advertisement, NA */

struct nd_packet {
	uint8_t type; /* ND_SOLICITATION or ND_ADVERTISEMENT */
	struct ip_addr source; /* unspecified: duplicate address detection */
	struct ip_addr destination;
	struct ip_addr target;
	bool router; /* R, S and O of an advertisement */
	bool solicited;
	bool override;
	bool has_mac;
	struct mac_addr
		mac; /* link-layer address option: target's of an advertisement, source's of a solicitation */
};

/* A whole Ethernet frame to all nodes: target is at mac, and is a router. R=1 S=0 O=1; neighbours that know the target
 * override their entry at once. source: an address of ours on the link, or target itself. */
size_t nd_encode_announcement(const struct mac_addr *mac, const struct ip_addr *source,
	const struct ip_addr *target, uint8_t *frame, size_t size);
/* Who has target? Tell source. To the target's solicited-node group. */
size_t nd_encode_solicitation(const struct mac_addr *mac, const struct ip_addr *source,
	const struct ip_addr *target, uint8_t *frame, size_t size);
/* Decodes from the IPv6 header on. false: no NS and no NA, or one that RFC 4861 7.1 says is not valid (hop limit,
 * checksum, code, length, target, options). */
bool nd_decode(const uint8_t *packet, size_t length, struct nd_packet *out);

/* ff02::1:ffXX:XXXX: RFC 4291 2.7.1 */
struct ip_addr nd_solicited_node_group(const struct ip_addr *target);

#endif
