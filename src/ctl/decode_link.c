/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a captured frame to the packet in it. */
#include "ctl/decode.h"

#include <pcap/dlt.h>
#include <string.h>

#include "base/cursor.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_SERVICE_VLAN 0x88a8
#define VLAN_ID_MASK 0x0fff
#define HARDWARE_ETHERNET 1

bool link_type_is_known(int link_type)
{
	return link_type == DLT_EN10MB || link_type == DLT_LINUX_SLL || link_type == DLT_LINUX_SLL2 ||
	       link_type == DLT_RAW || link_type == DLT_IPV4;
}

static void take_mac(const uint8_t *bytes, struct link_payload *out)
{
	if (bytes == NULL)
		return;
	out->has_mac = true;
	memcpy(out->mac.bytes, bytes, sizeof(out->mac.bytes));
}

static void read_ethernet(struct reader *frame, struct link_payload *out)
{
	read_skip(frame, 6);
	take_mac(read_bytes(frame, 6), out);
	out->ethertype = read_u16(frame);
	while (out->ethertype == ETHERTYPE_VLAN || out->ethertype == ETHERTYPE_SERVICE_VLAN) {
		out->vlan = read_u16(frame) & VLAN_ID_MASK;
		out->ethertype = read_u16(frame);
	}
}

/* The address field has 8 octets, of which the first address_length count. */
static void read_cooked_address(
	struct reader *frame, unsigned hardware, unsigned address_length, struct link_payload *out)
{
	const uint8_t *address = read_bytes(frame, 8);

	if (hardware == HARDWARE_ETHERNET && address_length == 6)
		take_mac(address, out);
}

static void read_cooked(struct reader *frame, struct link_payload *out)
{
	unsigned hardware, address_length;

	read_skip(frame, 2);
	hardware = read_u16(frame);
	address_length = read_u16(frame);
	read_cooked_address(frame, hardware, address_length, out);
	out->ethertype = read_u16(frame);
}

static void read_cooked_2(struct reader *frame, struct link_payload *out)
{
	unsigned hardware, address_length;

	out->ethertype = read_u16(frame);
	read_skip(frame, 6);
	hardware = read_u16(frame);
	read_skip(frame, 1);
	address_length = read_u8(frame);
	read_cooked_address(frame, hardware, address_length, out);
}

bool link_payload_of(int link_type, const uint8_t *frame, size_t length, struct link_payload *out)
{
	struct reader reader = reader_over(frame, length);

	*out = (struct link_payload){0};
	if (link_type == DLT_EN10MB)
		read_ethernet(&reader, out);
	else if (link_type == DLT_LINUX_SLL)
		read_cooked(&reader, out);
	else if (link_type == DLT_LINUX_SLL2)
		read_cooked_2(&reader, out);
	else
		out->ethertype = length > 0 && frame[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
	out->bytes = reader.at;
	out->length = reader.left;
	return !reader.failed;
}
