/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/ip_packet.h"

#include "wire/checksum.h"
#include "wire/message.h"

#define IPV4_FRAGMENT_BITS 0x3fff /* more fragments, and the offset */
/* Don't Fragment. Such a datagram needs no identification (RFC 6864 4.1), so the encoder keeps no counter. */
#define IPV4_DONT_FRAGMENT 0x4000
#define IPV4_CHECKSUM_OFFSET 10
#define IPV6_FRAGMENT_BITS 0xfff9 /* the offset, and more fragments */

/* IPv6 extension headers: RFC 8200 4 */
#define HOP_BY_HOP_OPTIONS 0
#define ROUTING_HEADER 43
#define FRAGMENT_HEADER 44
#define DESTINATION_OPTIONS 60

static enum drop_reason decode_v4(const uint8_t *packet, size_t length, struct ip_packet *out)
{
	struct reader ip = reader_over(packet, length);
	size_t header_length = (read_u8(&ip) & 0x0fu) * 4u;
	uint16_t total_length, fragment;
	const uint8_t *addresses;

	read_skip(&ip, 1);
	total_length = read_u16(&ip);
	read_skip(&ip, 2);
	fragment = read_u16(&ip);
	out->hops = read_u8(&ip);
	out->protocol = read_u8(&ip);
	read_skip(&ip, 2);
	addresses = read_bytes(&ip, 8);
	if (ip.failed) {
		/* What stood where a TTL should be means nothing. */
		out->hops = 0;
		return DROP_IP_HEADER;
	}
	out->source = ip_v4_from(addresses);
	out->destination = ip_v4_from(addresses + 4);
	if (header_length < IPV4_HEADER_SIZE || total_length < header_length || total_length > length)
		return DROP_IP_HEADER;
	/* A packet socket stands in front of the kernel's own check, and version 2 does not cover the addresses. */
	if (checksum_finish(checksum_add(0, packet, header_length)) != 0)
		return DROP_IP_HEADER;
	if (fragment & IPV4_FRAGMENT_BITS)
		return DROP_FRAGMENT;
	out->payload = packet + header_length;
	out->length = total_length - header_length;
	return DROP_NONE;
}

/* An extension header, from its second octet on; *next is its type and becomes that of the following one. */
static enum drop_reason skip_extension(struct reader *ip, uint8_t *next)
{
	uint8_t type = *next;

	*next = read_u8(ip);
	if (type == FRAGMENT_HEADER) {
		read_skip(ip, 1);
		/* Neither offset nor more fragments: a whole packet all the same (RFC 8200 4.5). */
		if (read_u16(ip) & IPV6_FRAGMENT_BITS)
			return DROP_FRAGMENT;
		read_skip(ip, 4);
	} else {
		size_t rest = read_u8(ip) * 8u + 6;

		if (type == ROUTING_HEADER) {
			read_skip(ip, 1);
			if (read_u8(ip) != 0) /* segments left */
				return DROP_DESTINATION;
			rest -= 2;
		}
		read_skip(ip, rest);
	}
	return ip->failed ? DROP_IP_HEADER : DROP_NONE;
}

static bool is_extension(uint8_t next_header)
{
	return next_header == HOP_BY_HOP_OPTIONS || next_header == ROUTING_HEADER ||
	       next_header == FRAGMENT_HEADER || next_header == DESTINATION_OPTIONS;
}

static enum drop_reason decode_v6(const uint8_t *packet, size_t length, struct ip_packet *out)
{
	struct reader ip = reader_over(packet, length);
	uint16_t payload_length;
	const uint8_t *addresses;

	read_skip(&ip, 4);
	payload_length = read_u16(&ip);
	out->protocol = read_u8(&ip);
	out->hops = read_u8(&ip);
	addresses = read_bytes(&ip, 32);
	if (ip.failed) {
		out->hops = 0;
		return DROP_IP_HEADER;
	}
	out->source = ip_v6_from(addresses);
	out->destination = ip_v6_from(addresses + 16);
	/* 0: a jumbogram, or nothing at all. */
	if (payload_length == 0 || payload_length > ip.left)
		return DROP_IP_HEADER;
	ip = reader_over(ip.at, payload_length);
	while (is_extension(out->protocol)) {
		enum drop_reason reason = skip_extension(&ip, &out->protocol);

		if (reason != DROP_NONE)
			return reason;
	}
	out->payload = ip.at;
	out->length = ip.left;
	return DROP_NONE;
}

enum drop_reason ip_packet_decode(const uint8_t *packet, size_t length, struct ip_packet *out)
{
	*out = (struct ip_packet){0};
	if (length > 0 && packet[0] >> 4 == 4)
		return decode_v4(packet, length, out);
	if (length > 0 && packet[0] >> 4 == 6)
		return decode_v6(packet, length, out);
	return DROP_IP_HEADER;
}

uint32_t ip_pseudo_header_sum(
	const struct ip_addr *source, const struct ip_addr *destination, uint8_t protocol, size_t length)
{
	uint32_t sum = checksum_add(0, source->bytes, ip_size(source));

	return checksum_add(sum, destination->bytes, ip_size(destination)) + protocol + (uint32_t)length;
}

/* RFC 1112 6.4, RFC 2464 7: where frames for a group go. Zeros for an address that is no group. */
static struct mac_addr group_mac(const struct ip_addr *group)
{
	const uint8_t *bytes = group->bytes;

	if (!ip_is_multicast(group))
		return (struct mac_addr){{0}};
	if (group->family == IP_V6)
		return (struct mac_addr){{0x33, 0x33, bytes[12], bytes[13], bytes[14], bytes[15]}};
	return (struct mac_addr){{0x01, 0x00, 0x5e, bytes[1] & 0x7f, bytes[2], bytes[3]}};
}

static void write_v4(struct writer *frame, const struct ip_header *header)
{
	size_t start = frame->length;

	write_u8(frame, 0x45);
	write_u8(frame, header->traffic_class);
	write_u16(frame, (uint16_t)(IPV4_HEADER_SIZE + header->payload_length));
	write_u16(frame, 0);
	write_u16(frame, IPV4_DONT_FRAGMENT);
	write_u8(frame, header->hops);
	write_u8(frame, header->protocol);
	write_u16(frame, 0);
	write_bytes(frame, header->source.bytes, 4);
	write_bytes(frame, header->destination.bytes, 4);
	if (frame->failed)
		return;
	write_u16_at(frame, start + IPV4_CHECKSUM_OFFSET,
		checksum_finish(checksum_add(0, frame->start + start, IPV4_HEADER_SIZE)));
}

static void write_v6(struct writer *frame, const struct ip_header *header)
{
	write_u32(frame, 6u << 28 | (uint32_t)header->traffic_class << 20);
	write_u16(frame, (uint16_t)header->payload_length);
	write_u8(frame, header->protocol);
	write_u8(frame, header->hops);
	write_bytes(frame, header->source.bytes, 16);
	write_bytes(frame, header->destination.bytes, 16);
}

void ip_header_write(struct writer *frame, const struct ip_header *header)
{
	struct mac_addr destination_mac = group_mac(&header->destination);
	bool is_v6 = header->source.family == IP_V6;

	write_bytes(frame, destination_mac.bytes, sizeof(destination_mac.bytes));
	write_bytes(frame, header->source_mac.bytes, sizeof(header->source_mac.bytes));
	write_u16(frame, is_v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	if (is_v6)
		write_v6(frame, header);
	else
		write_v4(frame, header);
}
