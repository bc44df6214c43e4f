/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing adverts: RFC 3768 5 and 7.2, RFC 9568 5 and 7.2, as whole Ethernet frames. The virtual router's
 * MAC, the TTL and the checksums are ours to fill in, because a packet socket sends what it is given.
 */
#include "wire/vrrp.h"

#include "base/cursor.h"
#include "wire/message.h"

/* Don't Fragment. Such a datagram needs no identification (RFC 6864 4.1), so the encoder keeps no counter. */
#define IP_FLAGS_DONT_FRAGMENT 0x4000

#define IP_CHECKSUM_OFFSET 10
#define VRRP_CHECKSUM_OFFSET 6

static void write_ip_header(
	struct writer *frame, const struct vrrp_encode_request *request, size_t message_length)
{
	struct ip_addr group = vrrp_group_v4();
	size_t start = frame->length;
	uint16_t checksum;

	write_u8(frame, 0x45);
	write_u8(frame, VRRP_TOS);
	write_u16(frame, (uint16_t)(IP_HEADER_SIZE + message_length));
	write_u16(frame, 0);
	write_u16(frame, IP_FLAGS_DONT_FRAGMENT);
	write_u8(frame, VRRP_TTL);
	write_u8(frame, VRRP_IP_PROTOCOL);
	write_u16(frame, 0);
	write_bytes(frame, request->source.bytes, 4);
	write_bytes(frame, group.bytes, 4);
	if (frame->failed)
		return;
	checksum = checksum_finish(checksum_add(0, frame->start + start, IP_HEADER_SIZE));
	write_u16_at(frame, start + IP_CHECKSUM_OFFSET, checksum);
}

static void write_message(struct writer *frame, const struct vrrp_encode_request *request)
{
	struct ip_addr group = vrrp_group_v4();
	size_t start = frame->length, length;
	uint32_t sum = 0;

	write_u8(frame, (uint8_t)(request->version << 4 | VRRP_TYPE_ADVERTISEMENT));
	write_u8(frame, request->vrid);
	write_u8(frame, request->priority);
	write_u8(frame, (uint8_t)request->address_count);
	/* Version 2: authentication type 0 stands in the upper octet. Version 3: the reserve nibble, 0, does.
	 */
	write_u16(frame, (uint16_t)(request->interval / (request->version == 2 ? DUR_S : DUR_CS)));
	write_u16(frame, 0);
	for (size_t i = 0; i < request->address_count; i++)
		write_bytes(frame, request->addresses[i].bytes, 4);
	if (request->version == 2)
		write_zeros(frame, VRRP_AUTH_SIZE);
	if (frame->failed)
		return;
	length = frame->length - start;
	if (request->version == 3 && request->checksum_form == VRRP_CHECKSUM_PSEUDO_HEADER)
		sum = vrrp_pseudo_header_sum(&request->source, &group, length);
	sum = checksum_add(sum, frame->start + start, length);
	write_u16_at(frame, start + VRRP_CHECKSUM_OFFSET, checksum_finish(sum));
}

static bool can_be_said(const struct vrrp_encode_request *request)
{
	dur_t interval_max = request->version == 2 ? 255 * DUR_S : VRRP_V3_INTERVAL_MAX * DUR_CS;

	if (request->version != 2 && request->version != 3)
		return false;
	if (request->source.family != IP_V4 || request->address_count > VRRP_ADDRESSES_MAX)
		return false;
	for (size_t i = 0; i < request->address_count; i++) {
		if (request->addresses[i].family != IP_V4)
			return false;
	}
	return request->interval >= 0 && request->interval <= interval_max;
}

size_t vrrp_encode(const struct vrrp_encode_request *request, uint8_t *frame, size_t size)
{
	static const uint8_t group_mac[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x12};
	struct writer writer = writer_over(frame, size);

	if (!can_be_said(request))
		return 0;
	write_bytes(&writer, group_mac, sizeof(group_mac));
	write_bytes(&writer, request->source_mac.bytes, sizeof(request->source_mac.bytes));
	write_u16(&writer, ETHERTYPE_IPV4);
	write_ip_header(&writer, request,
		8 + 4 * request->address_count + (request->version == 2 ? VRRP_AUTH_SIZE : 0));
	write_message(&writer, request);
	return writer.failed ? 0 : writer.length;
}
