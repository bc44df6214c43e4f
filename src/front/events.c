/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's lines for people: see events.h. */
#include "front/events.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Remarks that matter without --log-detail; the others are detail. */
static const struct {
	const char *code;
	enum log_level level;
} remark_levels[] = {
	{"install-failed", LOG_LEVEL_ERROR},
	{"owner-conflict", LOG_LEVEL_WARNING},
	{"interval-differs", LOG_LEVEL_WARNING},
	{"addresses-differ", LOG_LEVEL_WARNING},
	{"no-successor", LOG_LEVEL_WARNING},
	{"checksum-mixed", LOG_LEVEL_WARNING},
	{"tie-held", LOG_LEVEL_WARNING},
	{"priority-changed", LOG_LEVEL_NOTICE},
	{"blockers-changed", LOG_LEVEL_NOTICE},
	{"new-master-heard", LOG_LEVEL_NOTICE},
	{"preempt-wait", LOG_LEVEL_NOTICE},
	{"adopted", LOG_LEVEL_NOTICE},
	{"stopped", LOG_LEVEL_NOTICE},
};

static enum log_level remark_level(const char *code)
{
	for (size_t i = 0; i < sizeof(remark_levels) / sizeof(remark_levels[0]); i++)
		if (strcmp(remark_levels[i].code, code) == 0)
			return remark_levels[i].level;
	return LOG_LEVEL_DETAIL;
}

static const char *member(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

enum log_level event_text(const char *line, size_t length, char text[EVENT_TEXT_SIZE])
{
	json_t *event = json_loadb(line, length, 0, NULL);
	enum log_level level = LOG_LEVEL_NOTICE;

	if (!json_is_object(event)) {
		snprintf(text, EVENT_TEXT_SIZE, "the engine said: %.*s", (int)(length < 512 ? length : 512), line);
	} else if (strcmp(member(event, "from"), member(event, "to")) != 0) {
		snprintf(text, EVENT_TEXT_SIZE, "%s: %s -> %s: %s", member(event, "vr"), member(event, "from"),
			member(event, "to"), member(event, "text"));
	} else {
		level = remark_level(member(event, "code"));
		snprintf(text, EVENT_TEXT_SIZE, "%s: %s", member(event, "vr"), member(event, "text"));
	}
	json_decref(event);
	return level;
}

void drop_text(const char *line, size_t length, char text[EVENT_TEXT_SIZE])
{
	json_t *drop = json_loadb(line, length, 0, NULL);
	const char *vr = member(drop, "vr");
	const char *interface = member(drop, "interface");
	json_int_t count = json_integer_value(json_object_get(drop, "count"));

	if (!json_is_object(drop))
		snprintf(text, EVENT_TEXT_SIZE, "packets dropped: %.*s", (int)(length < 512 ? length : 512), line);
	else if (count > 1)
		snprintf(text, EVENT_TEXT_SIZE, "%s%s%s: %lld packets dropped: %s", interface, *vr ? ", " : "", vr,
			(long long)count, member(drop, "text"));
	else
		snprintf(text, EVENT_TEXT_SIZE, "%s%s%s: packet dropped: %s", interface, *vr ? ", " : "", vr,
			member(drop, "text"));
	json_decref(drop);
}

void event_log(const char *line, size_t length)
{
	char text[EVENT_TEXT_SIZE];
	enum log_level level = event_text(line, length, text);

	log_line(level, "%s", text);
}

void drop_log(const char *line, size_t length)
{
	char text[EVENT_TEXT_SIZE];

	drop_text(line, length, text);
	log_line(LOG_LEVEL_WARNING, "%s", text);
}
