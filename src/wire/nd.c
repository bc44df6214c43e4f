/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nd.h"

#include <string.h>

#include "wire/checksum.h"
#include "wire/ip_packet.h"

#define ICMPV6 58
#define ICMPV6_CHECKSUM_OFFSET 2
#define HOP_LIMIT 255
#define MESSAGE_SIZE 24 /* type to target */
#define LINK_LAYER_OPTION_SIZE 8 /* for Ethernet */
#define FLAG_ROUTER (1u << 31)
#define FLAG_SOLICITED (1u << 30)
#define FLAG_OVERRIDE (1u << 29)
#define OPTION_SOURCE_LINK_LAYER 1
#define OPTION_TARGET_LINK_LAYER 2

static uint8_t link_layer_option(uint8_t type)
{
	return type == ND_SOLICITATION ? OPTION_SOURCE_LINK_LAYER : OPTION_TARGET_LINK_LAYER;
}

static size_t encode(const struct nd_packet *packet, uint32_t flags, uint8_t *frame, size_t size)
{
	struct writer writer = writer_over(frame, size);
	struct ip_header header = {.source_mac = packet->mac,
		.source = packet->source,
		.destination = packet->destination,
		.hops = HOP_LIMIT,
		.protocol = ICMPV6,
		.payload_length = MESSAGE_SIZE + LINK_LAYER_OPTION_SIZE};
	size_t start;
	uint32_t sum;

	if (packet->source.family != IP_V6 || packet->target.family != IP_V6)
		return 0;
	ip_header_write(&writer, &header);
	start = writer.length;
	write_u8(&writer, packet->type);
	write_u8(&writer, 0);
	write_u16(&writer, 0);
	write_u32(&writer, flags);
	write_bytes(&writer, packet->target.bytes, 16);
	write_u8(&writer, link_layer_option(packet->type));
	write_u8(&writer, 1); /* in units of 8 octets */
	write_bytes(&writer, packet->mac.bytes, sizeof(packet->mac.bytes));
	if (writer.failed)
		return 0;
	sum = ip_pseudo_header_sum(&header.source, &header.destination, ICMPV6, header.payload_length);
	sum = checksum_add(sum, frame + start, header.payload_length);
	write_u16_at(&writer, start + ICMPV6_CHECKSUM_OFFSET, checksum_finish(sum));
	return writer.length;
}

size_t nd_encode_announcement(const struct mac_addr *mac, const struct ip_addr *source,
	const struct ip_addr *target, uint8_t *frame, size_t size)
{
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 0x01};
	struct nd_packet packet = {.type = ND_ADVERTISEMENT,
		.source = *source,
		.destination = ip_v6_from(all_nodes),
		.target = *target,
		.mac = *mac};

	return encode(&packet, FLAG_ROUTER | FLAG_OVERRIDE, frame, size);
}

size_t nd_encode_solicitation(const struct mac_addr *mac, const struct ip_addr *source,
	const struct ip_addr *target, uint8_t *frame, size_t size)
{
	struct nd_packet packet = {.type = ND_SOLICITATION,
		.source = *source,
		.destination = nd_solicited_node_group(target),
		.target = *target,
		.mac = *mac};

	return encode(&packet, 0, frame, size);
}

struct ip_addr nd_solicited_node_group(const struct ip_addr *target)
{
	uint8_t bytes[16] = {0xff, 0x02, [11] = 0x01, [12] = 0xff};

	memcpy(bytes + 13, target->bytes + 13, 3);
	return ip_v6_from(bytes);
}

/* RFC 4861 4.6: an option of length 0 makes the whole packet invalid, unknown ones are passed over. */
static bool decode_options(struct reader *options, struct nd_packet *out)
{
	while (options->left > 0) {
		uint8_t type = read_u8(options);
		size_t length = read_u8(options) * 8u;
		const uint8_t *bytes = length > 0 ? read_bytes(options, length - 2) : NULL;

		if (bytes == NULL)
			return false;
		if (type != link_layer_option(out->type) || length != LINK_LAYER_OPTION_SIZE)
			continue;
		out->has_mac = true;
		memcpy(out->mac.bytes, bytes, sizeof(out->mac.bytes));
	}
	return true;
}

static bool checksum_is_right(const struct ip_packet *ip)
{
	uint32_t sum = ip_pseudo_header_sum(&ip->source, &ip->destination, ICMPV6, ip->length);

	return checksum_finish(checksum_add(sum, ip->payload, ip->length)) == 0;
}

bool nd_decode(const uint8_t *packet, size_t length, struct nd_packet *out)
{
	struct ip_packet ip;
	struct nd_packet nd = {0};
	struct reader message;
	const uint8_t *target;
	uint32_t flags;
	uint8_t code;

	if (ip_packet_decode(packet, length, &ip) != DROP_NONE || ip.source.family != IP_V6 ||
		ip.protocol != ICMPV6 || ip.hops != HOP_LIMIT || !checksum_is_right(&ip))
		return false;
	message = reader_over(ip.payload, ip.length);
	nd.type = read_u8(&message);
	code = read_u8(&message);
	read_skip(&message, 2);
	flags = read_u32(&message);
	target = read_bytes(&message, 16);
	if (target == NULL || code != 0 || (nd.type != ND_SOLICITATION && nd.type != ND_ADVERTISEMENT))
		return false;
	nd.source = ip.source;
	nd.destination = ip.destination;
	nd.target = ip_v6_from(target);
	if (nd.type == ND_ADVERTISEMENT) {
		nd.router = flags & FLAG_ROUTER;
		nd.solicited = flags & FLAG_SOLICITED;
		nd.override = flags & FLAG_OVERRIDE;
	}
	if (ip_is_multicast(&nd.target) || !decode_options(&message, &nd))
		return false;
	*out = nd;
	return true;
}
