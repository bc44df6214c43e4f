/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/arp.h"

#include <string.h>

#include "base/cursor.h"
#include "wire/message.h"

#define ARP_HARDWARE_ETHERNET 1

static size_t encode(const struct arp_packet *packet, uint8_t *frame, size_t size)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct writer writer = writer_over(frame, size);

	if (packet->sender.family != IP_V4 || packet->target.family != IP_V4)
		return 0;
	write_bytes(&writer, broadcast, sizeof(broadcast));
	write_bytes(&writer, packet->sender_mac.bytes, 6);
	write_u16(&writer, ETHERTYPE_ARP);
	write_u16(&writer, ARP_HARDWARE_ETHERNET);
	write_u16(&writer, ETHERTYPE_IPV4);
	write_u8(&writer, 6);
	write_u8(&writer, 4);
	write_u16(&writer, packet->operation);
	write_bytes(&writer, packet->sender_mac.bytes, 6);
	write_bytes(&writer, packet->sender.bytes, 4);
	write_bytes(&writer, packet->target_mac.bytes, 6);
	write_bytes(&writer, packet->target.bytes, 4);
	return writer.failed ? 0 : writer.length;
}

size_t arp_encode_gratuitous(
	const struct mac_addr *mac, const struct ip_addr *addr, uint8_t *frame, size_t size)
{
	struct arp_packet packet = {
		.operation = ARP_REQUEST,
		.sender_mac = *mac,
		.sender = *addr,
		.target_mac = *mac,
		.target = *addr,
	};

	return encode(&packet, frame, size);
}

size_t arp_encode_request(const struct mac_addr *mac, const struct ip_addr *sender,
	const struct ip_addr *target, uint8_t *frame, size_t size)
{
	struct arp_packet packet = {
		.operation = ARP_REQUEST,
		.sender_mac = *mac,
		.sender = *sender,
		.target = *target,
	};

	return encode(&packet, frame, size);
}

static struct mac_addr read_mac(struct reader *reader)
{
	const uint8_t *bytes = read_bytes(reader, 6);
	struct mac_addr mac = {{0}};

	if (bytes != NULL)
		memcpy(mac.bytes, bytes, sizeof(mac.bytes));
	return mac;
}

static struct ip_addr read_ip(struct reader *reader)
{
	const uint8_t *bytes = read_bytes(reader, 4);

	return bytes != NULL ? ip_v4_from(bytes) : (struct ip_addr){.family = IP_NONE};
}

bool arp_decode(const uint8_t *packet, size_t length, struct arp_packet *out)
{
	struct reader reader = reader_over(packet, length);
	uint16_t hardware = read_u16(&reader);
	uint16_t protocol = read_u16(&reader);
	uint16_t sizes = read_u16(&reader);
	struct arp_packet arp = {.operation = read_u16(&reader)};

	arp.sender_mac = read_mac(&reader);
	arp.sender = read_ip(&reader);
	arp.target_mac = read_mac(&reader);
	arp.target = read_ip(&reader);
	if (reader.failed || hardware != ARP_HARDWARE_ETHERNET || protocol != ETHERTYPE_IPV4 ||
		sizes != 0x0604)
		return false;
	*out = arp;
	return true;
}
