/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a JSON string: see json_text.h. */
#include "front/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* "\u001f" is the longest that one byte becomes. */
#define BYTE_MAX_LENGTH 6

json_t *json_text(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;
	size_t size;
	char *buffer;
	struct text out;
	struct json_out json;

	if (string)
		return string;
	if (!text)
		return json_null();
	size = strlen(text) * BYTE_MAX_LENGTH + sizeof("\"\"");
	buffer = malloc(size);
	if (!buffer)
		return json_null();
	text_init(&out, buffer, size);
	json_out_begin(&json, &out);
	json_out_string(&json, NULL, text);
	string = json_loadb(buffer, out.length, JSON_DECODE_ANY, NULL);
	free(buffer);
	return string ? string : json_null();
}
