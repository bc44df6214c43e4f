/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Internet checksum (RFC 1071) of IPv4 headers, VRRP and ICMPv6 messages. Carries gather in the upper half of the
 * sum: an IP packet (65535 octets) is far from filling it, so one fold at the end is enough.
 */
#include "wire/checksum.h"

uint32_t checksum_add(uint32_t sum, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (; length >= 2; length -= 2, at += 2)
		sum += (uint32_t)at[0] << 8 | at[1];
	if (length > 0)
		sum += (uint32_t)at[0] << 8;
	return sum;
}

uint16_t checksum_finish(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}
