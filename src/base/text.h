/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text building without stdio: a bounded builder over memory somebody else owns, and a JSON writer on top of it.
 *
 * A builder never writes past its buffer and always ends in NUL; when the text does not fit, it is cut and
 * `overflow` stays true. It is what the core-side rooms, the traces and the status of the engine write with.
 */
#ifndef VIGIA_BASE_TEXT_H
#define VIGIA_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"

/* NULL equals NULL alone. */
bool string_equal(const char *a, const char *b);
/* As strcmp; NULL is before all others. */
int string_compare(const char *a, const char *b);

struct text {
	char *start;
	size_t size; /* bytes at start, NUL included; at least 1 */
	size_t length; /* without the NUL */
	bool overflow; /* something did not fit */
};

void text_init(struct text *text, char *buffer, size_t size);
void text_char(struct text *text, char c);
void text_str(struct text *text, const char *string); /* NULL prints nothing */
void text_bytes(struct text *text, const char *bytes, size_t length);
void text_u64(struct text *text, uint64_t value);
void text_i64(struct text *text, int64_t value);
/* At least `digits` hexadecimal digits, lower case, no 0x. */
void text_hex(struct text *text, uint64_t value, unsigned digits);
void text_ip(struct text *text, const struct ip_addr *addr);
void text_ip_prefix(struct text *text, const struct ip_prefix *prefix);
void text_mac(struct text *text, const struct mac_addr *mac);
/* A length for people: "613.3 ms", "3.61 s", "40 us". */
void text_duration(struct text *text, dur_t length);
/* Seconds with as many decimals as needed, no trailing zeros: 1, 0.1, 3.609375. For configuration and JSON. */
void text_seconds(struct text *text, dur_t length);

/*
 * JSON writer: commas and escaping are its business. Nesting up to 32 deep. The names keep clear of those of jansson,
 * which front and ctl link as well.
 *
 *	json_out_begin(&json, &text);
 *	json_out_object(&json, NULL);
 *	json_out_string(&json, "name", "VI_1");
 *	json_out_end(&json);
 *
 * A key of NULL is for array elements and for the outermost value.
 */
struct json_out {
	struct text *text;
	uint32_t has_member; /* bit per depth */
	uint32_t is_array; /* bit per depth */
	unsigned depth;
};

void json_out_begin(struct json_out *json, struct text *text);
void json_out_object(struct json_out *json, const char *key);
void json_out_array(struct json_out *json, const char *key);
void json_out_end(struct json_out *json); /* closes the innermost object or array */
void json_out_string(struct json_out *json, const char *key, const char *value); /* NULL value: null */
void json_out_u64(struct json_out *json, const char *key, uint64_t value);
void json_out_i64(struct json_out *json, const char *key, int64_t value);
void json_out_bool(struct json_out *json, const char *key, bool value);
void json_out_null(struct json_out *json, const char *key);
void json_out_ip(struct json_out *json, const char *key, const struct ip_addr *addr); /* IP_NONE: null */
void json_out_ip_prefix(struct json_out *json, const char *key, const struct ip_prefix *prefix);
/* A length in seconds as a JSON number (text_seconds). */
void json_out_seconds(struct json_out *json, const char *key, dur_t length);
/* A point in time in nanoseconds as a JSON number; MONO_NEVER: null. */
void json_out_mono(struct json_out *json, const char *key, mono_t at);
/* A value that is already JSON. */
void json_out_raw(struct json_out *json, const char *key, const char *value, size_t length);

#endif
