/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adverts as they stand on the wire, from the IP header on. All of VRID 51, priority 100, 1 s; the IPv4 ones of
 * 192.168.1.2, for 10.0.0.1 and 10.0.0.2. Checksums were verified by Wireshark (tshark -o vrrp.v3_checksum_as_in_v2).
 */
#ifndef VIGIA_TESTS_UNIT_WIRE_PACKETS_H
#define VIGIA_TESTS_UNIT_WIRE_PACKETS_H

#include <stdint.h>

static const uint8_t packet_v2[] = {
	0x45, 0xc0, 0x00, 0x2c, 0x00, 0x00, 0x40, 0x00, 0xff, 0x70, 0xd8, 0xe4, /* IP header */
	192, 168, 1, 2, 224, 0, 0, 18, /* source, destination */
	0x21, 51, 100, 2, 0, 1, 0x66,
	0xc6, /* version and type, VRID, priority, count, auth type, interval, checksum */
	10, 0, 0, 1, 10, 0, 0, 2, /* addresses */
	0, 0, 0, 0, 0, 0, 0, 0, /* authentication data */
};

static const uint8_t packet_v3_message_only[] = {
	0x45, 0xc0, 0x00, 0x24, 0x00, 0x00, 0x40, 0x00, 0xff, 0x70, 0xd8, 0xec, /* IP header */
	192, 168, 1, 2, 224, 0, 0, 18, /* source, destination */
	0x31, 51, 100, 2, 0x00, 0x64, 0x56,
	0x63, /* version and type, VRID, priority, count, interval, checksum */
	10, 0, 0, 1, 10, 0, 0, 2, /* addresses */
};

static const uint8_t packet_v3_pseudo_header[] = {
	0x45, 0xc0, 0x00, 0x24, 0x00, 0x00, 0x40, 0x00, 0xff, 0x70, 0xd8, 0xec, /* IP header */
	192, 168, 1, 2, 224, 0, 0, 18, /* source, destination */
	0x31, 51, 100, 2, 0x00, 0x64, 0xb4,
	0x25, /* version and type, VRID, priority, count, interval, checksum */
	10, 0, 0, 1, 10, 0, 0, 2, /* addresses */
};

/* Of fe80::2, for fe80::100 and 2001:db8::1. Made by scapy. */
/* clang-format off */
static const uint8_t packet_ipv6[] = {
	0x6c, 0x00, 0x00, 0x00, 0x00, 0x28, 0x70, 0xff, /* IPv6 header */
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, /* source */
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, /* destination */
	0x31, 51, 100, 2, 0x00, 0x64, 0x3e, 0xfb, /* version and type, VRID, priority, count, interval, checksum */
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x00, /* addresses */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01,
};
/* clang-format on */

/* Offsets in the IPv4 ones. */
enum {
	AT_TOTAL_LENGTH = 2,
	AT_FRAGMENT = 6,
	AT_TTL = 8,
	AT_PROTOCOL = 9,
	AT_IP_CHECKSUM = 10,
	AT_SOURCE = 12,
	AT_DESTINATION = 16,
	AT_MESSAGE = 20,
	AT_COUNT = 23,
	AT_INTERVAL = 24,
	AT_CHECKSUM = 26,
	AT_ADDRESSES = 28,
};

#endif
