/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Internet checksum (RFC 1071) of IPv4 headers, VRRP and ICMPv6 messages. Carries gather in the upper half of the
 * sum: an IP packet (65535 octets) is far from filling it, so one fold at the end is enough.
 */
#include "wire/checksum.h"

static uint64_t word_at(const uint8_t *at)
{
	return (uint64_t)at[0] << 24 | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 8 | at[3];
}

/* Words of 32 bits are worth their two halves: 65536 is 1, in numbers modulo 65535. */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint64_t words = 0;

	for (; length >= 4; length -= 4, at += 4)
		words += word_at(at);
	if (length >= 2)
		words += (uint64_t)at[0] << 8 | at[1];
	if (length & 1)
		words += (uint64_t)at[length - 1] << 8;
	words = (words >> 32) + (words & 0xffffffff);
	words = (words >> 32) + (words & 0xffffffff);
	return sum + (uint32_t)((words >> 16) + (words & 0xffff));
}

uint16_t checksum_finish(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}
