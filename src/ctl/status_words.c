/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small words of the status: lengths of time, members that may be missing, colours. */
#include "ctl/status_text.h"

#include <stdint.h>
#include <string.h>

/* Cut off, not rounded, so that 59.99 s does not become 60.0 s. */
const char *length_text(double seconds, char text[AGE_SIZE])
{
	unsigned long long whole = seconds > 0 ? (unsigned long long)seconds : 0;
	unsigned long long tenths = seconds > 0 ? (unsigned long long)(seconds * 10) : 0;

	if (seconds < 1)
		snprintf(text, AGE_SIZE, "%d ms", seconds > 0 ? (int)(seconds * 1000) : 0);
	else if (seconds < 60 && tenths % 10 != 0)
		snprintf(text, AGE_SIZE, "%llu.%llu s", whole, tenths % 10);
	else if (seconds < 60)
		snprintf(text, AGE_SIZE, "%llu s", whole);
	else if (seconds < 3600)
		snprintf(text, AGE_SIZE, "%llu min %02llu s", whole / 60, whole % 60);
	else if (seconds < 86400)
		snprintf(text, AGE_SIZE, "%llu h %02llu min", whole / 3600, whole / 60 % 60);
	else
		snprintf(text, AGE_SIZE, "%llu d %llu h", whole / 86400, whole / 3600 % 24);
	return text;
}

const char *age_text(const json_t *object, const char *key, json_int_t now, char text[AGE_SIZE])
{
	const json_t *at = json_object_get(object, key);

	if (!json_is_integer(at))
		return "?";
	return length_text((double)(now - json_integer_value(at)) / 1e9, text);
}

const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : otherwise;
}

const char *cause_text(const json_t *instance, const char *otherwise)
{
	return text_of(
		json_object_get(instance, "cause"), "text", text_of(instance, "blockers_text", otherwise));
}

double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

json_int_t whole_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *state_colour(const char *state, const struct status_style *style)
{
	if (!style->colour)
		return "";
	if (strcmp(state, "MASTER") == 0)
		return "\033[1;32m";
	if (strcmp(state, "BACKUP") == 0)
		return "\033[36m";
	if (strcmp(state, "DRAINED") == 0)
		return "\033[33m";
	return "\033[1;31m";
}

const char *colour_end(const struct status_style *style)
{
	return style->colour ? "\033[0m" : "";
}

static bool begins_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t columns_of(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += begins_character(*text);
	return columns;
}

size_t bytes_of_columns(const char *text, size_t columns)
{
	size_t bytes = 0;

	for (; text[bytes]; bytes++)
		if (begins_character(text[bytes]) && columns-- == 0)
			break;
	return bytes;
}

bool counts_text(FILE *out, const char *before, const json_t *counts)
{
	const char *name;
	json_t *count;
	bool any = false;

	json_object_foreach((json_t *)(uintptr_t)counts, name, count)
	{
		if (json_integer_value(count) == 0)
			continue;
		fprintf(out, "%s%s %lld", any ? ", " : before, name, (long long)json_integer_value(count));
		any = true;
	}
	if (any)
		fputc('\n', out);
	return any;
}
