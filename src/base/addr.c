/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses: comparing, classes and prefixes. Reading and writing them as text is addr_text.c.
 */
#include "base/addr.h"

#include <string.h>

struct ip_addr ip_v6_from(const uint8_t bytes[16])
{
	struct ip_addr addr = {.family = IP_V6};

	memcpy(addr.bytes, bytes, sizeof(addr.bytes));
	return addr;
}

uint8_t ip_max_length(const struct ip_addr *addr)
{
	return (uint8_t)(8 * ip_size(addr));
}

int ip_compare(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, ip_size(a));
}

bool ip_is_unspecified(const struct ip_addr *addr)
{
	static const uint8_t zero[16];

	return ip_is_set(addr) && memcmp(addr->bytes, zero, ip_size(addr)) == 0;
}

bool ip_is_link_local(const struct ip_addr *addr)
{
	if (addr->family == IP_V4)
		return addr->bytes[0] == 169 && addr->bytes[1] == 254;
	return addr->family == IP_V6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

bool ip_is_loopback(const struct ip_addr *addr)
{
	static const uint8_t one[16] = {[15] = 1};

	if (addr->family == IP_V4)
		return addr->bytes[0] == 127;
	return addr->family == IP_V6 && memcmp(addr->bytes, one, sizeof(one)) == 0;
}

/* The bits of octet `index` that belong to a network of `length` bits. */
static uint8_t network_bits(unsigned index, unsigned length)
{
	unsigned before = index * 8;

	if (length >= before + 8)
		return 0xff;
	if (length <= before)
		return 0;
	return (uint8_t)(0xff00u >> (length - before));
}

bool ip_in_prefix(const struct ip_addr *addr, const struct ip_prefix *prefix)
{
	if (!ip_is_set(addr) || addr->family != prefix->addr.family)
		return false;
	for (unsigned i = 0; i < ip_size(addr); i++) {
		if ((addr->bytes[i] ^ prefix->addr.bytes[i]) & network_bits(i, prefix->length))
			return false;
	}
	return true;
}

bool ip_prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->length == b->length && ip_equal(&a->addr, &b->addr);
}

struct ip_prefix ip_network(const struct ip_prefix *prefix)
{
	struct ip_prefix network = *prefix;

	for (unsigned i = 0; i < ip_size(&network.addr); i++)
		network.addr.bytes[i] &= network_bits(i, network.length);
	return network;
}
