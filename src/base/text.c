/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded text builder; the JSON writer on top of it is json.c. */
#include "base/text.h"

#include <string.h>

void text_init(struct text *text, char *buffer, size_t size)
{
	*text = (struct text){.start = buffer, .size = size};
	buffer[0] = '\0';
}

void text_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t room = text->size - 1 - text->length;

	if (length > room) {
		length = room;
		text->overflow = true;
	}
	if (length == 0)
		return;
	memcpy(text->start + text->length, bytes, length);
	text->length += length;
	text->start[text->length] = '\0';
}

bool string_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int string_compare(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

void text_char(struct text *text, char c)
{
	text_bytes(text, &c, 1);
}

void text_str(struct text *text, const char *string)
{
	if (string != NULL)
		text_bytes(text, string, strlen(string));
}

static void text_number(struct text *text, uint64_t value, unsigned base, unsigned digits)
{
	char buffer[64];
	size_t at = sizeof(buffer);

	do {
		buffer[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (at > 0 && (value > 0 || sizeof(buffer) - at < digits));
	text_bytes(text, buffer + at, sizeof(buffer) - at);
}

void text_u64(struct text *text, uint64_t value)
{
	text_number(text, value, 10, 1);
}

/* |value|, also of INT64_MIN; writes the sign. */
static uint64_t text_sign(struct text *text, int64_t value)
{
	if (value >= 0)
		return (uint64_t)value;
	text_char(text, '-');
	return 0 - (uint64_t)value;
}

void text_i64(struct text *text, int64_t value)
{
	text_u64(text, text_sign(text, value));
}

void text_hex(struct text *text, uint64_t value, unsigned digits)
{
	text_number(text, value, 16, digits);
}

void text_ip(struct text *text, const struct ip_addr *addr)
{
	char buffer[IP_ADDR_TEXT_SIZE];

	text_str(text, ip_format(addr, buffer));
}

void text_ip_prefix(struct text *text, const struct ip_prefix *prefix)
{
	text_ip(text, &prefix->addr);
	if (ip_is_set(&prefix->addr)) {
		text_char(text, '/');
		text_u64(text, prefix->length);
	}
}

void text_mac(struct text *text, const struct mac_addr *mac)
{
	for (unsigned i = 0; i < 6; i++) {
		if (i > 0)
			text_char(text, ':');
		text_hex(text, mac->bytes[i], 2);
	}
}

/* value / 10^decimals without trailing zeros. */
static void text_decimal(struct text *text, uint64_t value, unsigned decimals)
{
	uint64_t scale = 1;

	while (decimals > 0 && value % 10 == 0) {
		value /= 10;
		decimals--;
	}
	for (unsigned i = 0; i < decimals; i++)
		scale *= 10;
	text_u64(text, value / scale);
	if (decimals > 0) {
		text_char(text, '.');
		text_number(text, value % scale, 10, decimals);
	}
}

static uint64_t round_to(uint64_t value, uint64_t unit)
{
	return value / unit + (value % unit >= unit / 2 ? 1 : 0);
}

/* The unit is chosen after rounding: 999.96 ms is "1 s", not "1000 ms". */
void text_duration(struct text *text, dur_t length)
{
	uint64_t ns = text_sign(text, length);

	if (ns < (uint64_t)DUR_US) {
		text_u64(text, ns);
		text_str(text, " ns");
	} else if (round_to(ns, DUR_US / 10) < 10000) {
		text_decimal(text, round_to(ns, DUR_US / 10), 1);
		text_str(text, " us");
	} else if (round_to(ns, DUR_MS / 10) < 10000) {
		text_decimal(text, round_to(ns, DUR_MS / 10), 1);
		text_str(text, " ms");
	} else {
		text_decimal(text, round_to(ns, DUR_S / 100), 2);
		text_str(text, " s");
	}
}

void text_seconds(struct text *text, dur_t length)
{
	text_decimal(text, text_sign(text, length), 9);
}
