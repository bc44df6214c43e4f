/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IP packet around a message: RFC 791 and RFC 8200, as a packet socket shows it. Nobody has looked at such a packet
 * before: version, lengths, the IPv4 checksum, fragments and extension headers are checked here. Writing makes the
 * Ethernet frame too, since a packet socket fills in nothing.
 */
#ifndef VIGIA_WIRE_IP_PACKET_H
#define VIGIA_WIRE_IP_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "wire/drop.h"

#define ETHERNET_HEADER_SIZE 14
#define IPV4_HEADER_SIZE 20 /* without options */
#define IPV6_HEADER_SIZE 40

struct ip_packet {
	struct ip_addr source;
	struct ip_addr destination;
	uint8_t hops; /* TTL or hop limit */
	uint8_t protocol; /* of the payload: what follows the last IPv6 extension header */
	const uint8_t
		*payload; /* in the packet; as long as the IP header says, so without Ethernet padding */
	size_t length;
};

/* From the IP header on. DROP_NONE; DROP_IP_HEADER: unsound or cut short; DROP_FRAGMENT; DROP_DESTINATION: an IPv6 routing
 * header has still to send it on. On a drop *out holds what had been read by then, the rest zero. */
enum drop_reason ip_packet_decode(const uint8_t *packet, size_t length, struct ip_packet *out);

/* The unfinished sum of the pseudo-header: RFC 8200 8.1, and in the same shape with IPv4 addresses. length is that of
 * the message. */
uint32_t ip_pseudo_header_sum(
	const struct ip_addr *source, const struct ip_addr *destination, uint8_t protocol, size_t length);

struct ip_header {
	struct mac_addr source_mac;
	struct ip_addr source;
	struct ip_addr destination; /* of the same family; the frame goes to the MAC of this group */
	uint8_t hops;
	uint8_t protocol;
	uint8_t traffic_class; /* TOS octet of IPv4 */
	size_t payload_length;
};

/* The Ethernet header and the IP header; the payload is to follow. */
void ip_header_write(struct writer *frame, const struct ip_header *header);

#endif
