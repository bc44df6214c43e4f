/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON writer (RFC 8259). What it writes is always valid JSON as long as it fits: names and texts may
 * hold any bytes, since they come from configurations and packets; octets that are not UTF-8 become U+FFFD.
 */
#include "base/text.h"

#include <string.h>

#define JSON_DEPTH_MAX 32

/* The length of the well-formed UTF-8 sequence (Unicode table 3-7) at the start of bytes; 0: none is there.
 */
static size_t utf8_length(const unsigned char *bytes)
{
	unsigned first = bytes[0], low = 0x80, high = 0xbf;
	size_t length;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < length; i++) {
		/* The NUL at the end stops this too. */
		if (bytes[i] < low || bytes[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

static void write_control(struct text *text, unsigned char c)
{
	if (c == '\n') {
		text_str(text, "\\n");
	} else if (c == '\t') {
		text_str(text, "\\t");
	} else {
		text_str(text, "\\u");
		text_hex(text, c, 4);
	}
}

static void write_quoted(struct text *text, const char *value)
{
	const unsigned char *at = (const unsigned char *)value;

	text_char(text, '"');
	while (*at != '\0') {
		size_t length = utf8_length(at);

		if (length == 0) {
			text_str(text, "\xef\xbf\xbd");
			at++;
			continue;
		}
		if (*at < 0x20) {
			write_control(text, *at);
		} else {
			if (*at == '"' || *at == '\\')
				text_char(text, '\\');
			text_bytes(text, (const char *)at, length);
		}
		at += length;
	}
	text_char(text, '"');
}

void json_out_begin(struct json_out *json, struct text *text)
{
	*json = (struct json_out){.text = text};
}

/* The comma and the key in front of any value. */
static void begin_value(struct json_out *json, const char *key)
{
	if (json->depth > 0 && json->depth <= JSON_DEPTH_MAX) {
		uint32_t bit = 1u << (json->depth - 1);

		if (json->has_member & bit)
			text_char(json->text, ',');
		json->has_member |= bit;
	}
	if (key != NULL) {
		write_quoted(json->text, key);
		text_char(json->text, ':');
	}
}

static void open_level(struct json_out *json, const char *key, bool array)
{
	uint32_t bit;

	begin_value(json, key);
	text_char(json->text, array ? '[' : '{');
	json->depth++;
	if (json->depth > JSON_DEPTH_MAX) {
		json->text->overflow = true;
		return;
	}
	bit = 1u << (json->depth - 1);
	json->has_member &= ~bit;
	json->is_array = array ? json->is_array | bit : json->is_array & ~bit;
}

void json_out_object(struct json_out *json, const char *key)
{
	open_level(json, key, false);
}

void json_out_array(struct json_out *json, const char *key)
{
	open_level(json, key, true);
}

void json_out_end(struct json_out *json)
{
	bool array;

	if (json->depth == 0)
		return;
	json->depth--;
	array = json->depth < JSON_DEPTH_MAX && (json->is_array & 1u << json->depth);
	text_char(json->text, array ? ']' : '}');
}

void json_out_string(struct json_out *json, const char *key, const char *value)
{
	if (value == NULL) {
		json_out_null(json, key);
		return;
	}
	begin_value(json, key);
	write_quoted(json->text, value);
}

void json_out_u64(struct json_out *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	text_u64(json->text, value);
}

void json_out_i64(struct json_out *json, const char *key, int64_t value)
{
	begin_value(json, key);
	text_i64(json->text, value);
}

void json_out_bool(struct json_out *json, const char *key, bool value)
{
	begin_value(json, key);
	text_str(json->text, value ? "true" : "false");
}

void json_out_null(struct json_out *json, const char *key)
{
	begin_value(json, key);
	text_str(json->text, "null");
}

void json_out_ip(struct json_out *json, const char *key, const struct ip_addr *addr)
{
	char buffer[IP_ADDR_TEXT_SIZE];

	json_out_string(json, key, ip_is_set(addr) ? ip_format(addr, buffer) : NULL);
}

void json_out_ip_prefix(struct json_out *json, const char *key, const struct ip_prefix *prefix)
{
	char buffer[IP_PREFIX_TEXT_SIZE];

	json_out_string(json, key, ip_is_set(&prefix->addr) ? ip_prefix_format(prefix, buffer) : NULL);
}

void json_out_seconds(struct json_out *json, const char *key, dur_t length)
{
	begin_value(json, key);
	text_seconds(json->text, length);
}

void json_out_mono(struct json_out *json, const char *key, mono_t at)
{
	if (at.ns == MONO_NEVER.ns)
		json_out_null(json, key);
	else
		json_out_i64(json, key, at.ns);
}

void json_out_raw(struct json_out *json, const char *key, const char *value, size_t length)
{
	begin_value(json, key);
	text_bytes(json->text, value, length);
}
