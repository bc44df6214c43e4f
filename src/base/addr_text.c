/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as text. Written here and not left to inet_pton, because the rooms that use it see no C library,
 * and because a configuration wants the strict reading everywhere: no octal, no short forms, nothing after
 * the address.
 */
#include "base/addr.h"

#include <string.h>

#include "base/text.h"

static int decimal_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : -1;
}

static int hex_digit(char c)
{
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return decimal_digit(c);
}

/* A decimal number 0..max without leading zeros that fills all of text; -1 otherwise. */
static int parse_number(const char *text, size_t length, int max)
{
	int value = 0;

	if (length == 0 || length > 3 || (length > 1 && text[0] == '0'))
		return -1;
	for (size_t i = 0; i < length; i++) {
		int digit = decimal_digit(text[i]);

		if (digit < 0)
			return -1;
		value = value * 10 + digit;
	}
	return value <= max ? value : -1;
}

static bool parse_v4(const char *text, size_t length, uint8_t bytes[4])
{
	size_t at = 0;

	for (unsigned i = 0; i < 4; i++) {
		size_t end = at;
		int value;

		while (end < length && text[end] != '.')
			end++;
		value = end > at ? parse_number(text + at, end - at, 255) : -1;
		if (value < 0 || (i < 3) != (end < length))
			return false;
		bytes[i] = (uint8_t)value;
		at = end + 1;
	}
	return true;
}

/* One run of 16-bit groups without "::". Returns the octets written, or -1. The last may be an IPv4 tail. */
static int parse_groups(const char *text, size_t length, uint8_t *bytes, unsigned room, bool tail_allowed)
{
	unsigned written = 0;
	size_t at = 0;

	if (length == 0)
		return 0;
	for (;;) {
		unsigned value = 0;
		size_t end = at;

		while (end < length && end - at <= 4 && hex_digit(text[end]) >= 0)
			value = value << 4 | (unsigned)hex_digit(text[end++]);
		if (end < length && text[end] == '.' && tail_allowed && written + 4 <= room)
			return parse_v4(text + at, length - at, bytes + written) ? (int)written + 4 : -1;
		if (end == at || end - at > 4 || written + 2 > room)
			return -1;
		bytes[written++] = (uint8_t)(value >> 8);
		bytes[written++] = (uint8_t)value;
		if (end == length)
			return (int)written;
		if (text[end] != ':')
			return -1;
		at = end + 1;
	}
}

static bool parse_v6(const char *text, size_t length, uint8_t bytes[16])
{
	uint8_t tail[16];
	size_t gap = 0;
	int before, after;

	while (gap + 1 < length && !(text[gap] == ':' && text[gap + 1] == ':'))
		gap++;
	if (gap + 1 >= length)
		return parse_groups(text, length, bytes, 16, true) == 16;
	/* "::" stands for at least one group of zeros. */
	before = parse_groups(text, gap, bytes, 14, false);
	if (before < 0)
		return false;
	after = parse_groups(text + gap + 2, length - gap - 2, tail, 14 - (unsigned)before, true);
	if (after < 0)
		return false;
	memset(bytes + before, 0, 16 - (size_t)before);
	memcpy(bytes + 16 - after, tail, (size_t)after);
	return true;
}

bool ip_parse(const char *text, size_t length, struct ip_addr *out)
{
	struct ip_addr addr = {.family = IP_NONE};
	bool v6 = false;

	for (size_t i = 0; i < length; i++)
		v6 |= text[i] == ':';
	addr.family = v6 ? IP_V6 : IP_V4;
	if (!(v6 ? parse_v6(text, length, addr.bytes) : parse_v4(text, length, addr.bytes)))
		return false;
	*out = addr;
	return true;
}

bool ip_prefix_parse(const char *text, size_t length, struct ip_prefix *out)
{
	struct ip_prefix prefix;
	size_t slash = 0;
	int bits;

	while (slash < length && text[slash] != '/')
		slash++;
	if (!ip_parse(text, slash, &prefix.addr))
		return false;
	bits = ip_max_length(&prefix.addr);
	if (slash < length)
		bits = parse_number(text + slash + 1, length - slash - 1, bits);
	if (bits < 0)
		return false;
	prefix.length = (uint8_t)bits;
	*out = prefix;
	return true;
}

bool mac_parse(const char *text, size_t length, struct mac_addr *out)
{
	struct mac_addr mac;

	if (length != MAC_ADDR_TEXT_SIZE - 1)
		return false;
	for (unsigned i = 0; i < 6; i++) {
		int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*out = mac;
	return true;
}

static void format_v4(struct text *text, const uint8_t bytes[4])
{
	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			text_char(text, '.');
		text_u64(text, bytes[i]);
	}
}

static unsigned group_at(const struct ip_addr *addr, unsigned index)
{
	return (unsigned)addr->bytes[2 * index] << 8 | addr->bytes[2 * index + 1];
}

/* The longest run of two or more zero groups, the first of equals: RFC 5952 4.2. Length 0: none. */
static unsigned longest_zero_run(const struct ip_addr *addr, unsigned *start)
{
	unsigned best = 0;

	for (unsigned i = 0; i < 8;) {
		unsigned end = i;

		while (end < 8 && group_at(addr, end) == 0)
			end++;
		if (end - i >= 2 && end - i > best) {
			best = end - i;
			*start = i;
		}
		i = end + 1;
	}
	return best;
}

static void format_v6(struct text *text, const struct ip_addr *addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	unsigned run_start = 8;
	unsigned run = longest_zero_run(addr, &run_start);

	if (memcmp(addr->bytes, mapped, sizeof(mapped)) == 0) {
		text_str(text, "::ffff:");
		format_v4(text, addr->bytes + 12);
		return;
	}
	for (unsigned i = 0; i < 8; i++) {
		if (i == run_start) {
			text_str(text, "::");
			i += run - 1;
			continue;
		}
		if (i > 0 && i != run_start + run)
			text_char(text, ':');
		text_hex(text, group_at(addr, i), 1);
	}
}

const char *ip_format(const struct ip_addr *addr, char buffer[IP_ADDR_TEXT_SIZE])
{
	struct text text;

	text_init(&text, buffer, IP_ADDR_TEXT_SIZE);
	if (addr->family == IP_V4)
		format_v4(&text, addr->bytes);
	else if (addr->family == IP_V6)
		format_v6(&text, addr);
	else
		text_str(&text, "none");
	return buffer;
}

const char *ip_prefix_format(const struct ip_prefix *prefix, char buffer[IP_PREFIX_TEXT_SIZE])
{
	struct text text;

	text_init(&text, buffer, IP_PREFIX_TEXT_SIZE);
	text_ip_prefix(&text, prefix);
	return buffer;
}

const char *mac_format(const struct mac_addr *mac, char buffer[MAC_ADDR_TEXT_SIZE])
{
	struct text text;

	text_init(&text, buffer, MAC_ADDR_TEXT_SIZE);
	text_mac(&text, mac);
	return buffer;
}
