/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network addresses: IPv4, IPv6 and Ethernet, held in network byte order, compared as unsigned numbers
 * (RFC 9568 6.4.3 compares primary addresses so), read and written as text without the C library.
 */
#ifndef VIGIA_BASE_ADDR_H
#define VIGIA_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Values are our own; linux/ maps them to AF_INET and AF_INET6. */
enum ip_family {
	IP_NONE = 0,
	IP_V4 = 4,
	IP_V6 = 6,
};

struct ip_addr {
	uint8_t family; /* enum ip_family; IP_NONE: no address */
	uint8_t bytes[16]; /* network order; an IPv4 address fills the first 4, the rest is 0 */
};

struct ip_prefix {
	struct ip_addr addr; /* host bits are kept: 192.168.1.5/24 stays what it is */
	uint8_t length; /* 0..32, 0..128 */
};

struct mac_addr {
	uint8_t bytes[6];
};

#define IP_ADDR_TEXT_SIZE 46 /* longest IPv6 text and its NUL */
#define IP_PREFIX_TEXT_SIZE (IP_ADDR_TEXT_SIZE + 4)
#define MAC_ADDR_TEXT_SIZE 18

static inline struct ip_addr ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ip_addr){.family = IP_V4, .bytes = {a, b, c, d}};
}

/* The IPv4 address whose network-order octets stand at bytes. */
static inline struct ip_addr ip_v4_from(const uint8_t bytes[4])
{
	return ip_v4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

struct ip_addr ip_v6_from(const uint8_t bytes[16]);

static inline bool ip_is_set(const struct ip_addr *addr)
{
	return addr->family != IP_NONE;
}

/* 4 or 16; 0 for IP_NONE. */
static inline unsigned ip_size(const struct ip_addr *addr)
{
	if (addr->family == IP_V4)
		return 4;
	return addr->family == IP_V6 ? 16 : 0;
}

/* 32 or 128; 0 for IP_NONE. */
uint8_t ip_max_length(const struct ip_addr *addr);
/* <0, 0, >0: by family, then unsigned in network order. */
int ip_compare(const struct ip_addr *a, const struct ip_addr *b);
static inline bool ip_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == IP_V4)
		return memcmp(a->bytes, b->bytes, 4) == 0;
	return a->family != IP_V6 || memcmp(a->bytes, b->bytes, 16) == 0;
}

static inline bool ip_is_multicast(const struct ip_addr *addr)
{
	if (addr->family == IP_V4)
		return (addr->bytes[0] & 0xf0) == 0xe0;
	return addr->family == IP_V6 && addr->bytes[0] == 0xff;
}

bool ip_is_unspecified(const struct ip_addr *addr);
bool ip_is_link_local(const struct ip_addr *addr); /* fe80::/10; IPv4: 169.254/16 */
bool ip_is_loopback(const struct ip_addr *addr);
/* Whether addr lies in the network of prefix. Families must agree, else false. */
bool ip_in_prefix(const struct ip_addr *addr, const struct ip_prefix *prefix);
bool ip_prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b);
/* prefix with its host bits cleared. */
struct ip_prefix ip_network(const struct ip_prefix *prefix);

/* Text -> address, of exactly length bytes of text (no NUL needed). false: not an address; *out untouched.
 * IPv4 is four decimal numbers without leading zeros; IPv6 is RFC 4291 2.2 with an optional embedded IPv4 tail. */
bool ip_parse(const char *text, size_t length, struct ip_addr *out);
/* "ADDR" or "ADDR/LEN"; a missing length becomes 32 or 128. */
bool ip_prefix_parse(const char *text, size_t length, struct ip_prefix *out);
bool mac_parse(const char *text, size_t length, struct mac_addr *out);

/* Address -> text, NUL-terminated; returns buffer. IPv6 as RFC 5952 says. IP_NONE prints "none". */
const char *ip_format(const struct ip_addr *addr, char buffer[IP_ADDR_TEXT_SIZE]);
const char *ip_prefix_format(const struct ip_prefix *prefix, char buffer[IP_PREFIX_TEXT_SIZE]);
const char *mac_format(const struct mac_addr *mac, char buffer[MAC_ADDR_TEXT_SIZE]);

#endif
