/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's lines for people: see events.h. */
#include "front/events.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "front/loop.h"

/* How a remark is logged; one that is not listed is a detail, and logged as often as it comes. */
static const struct remark {
	const char *code;
	enum log_level level;
	bool repeats; /* comes with each advert of another router */
} remarks[] = {
	{"remove-failed", LOG_LEVEL_ERROR, false},
	{"refused", LOG_LEVEL_ERROR, false},
	{"send-failed", LOG_LEVEL_WARNING, true},
	{"restored", LOG_LEVEL_WARNING, true},
	{"membership-restored", LOG_LEVEL_WARNING, true},
	{"addresses-omitted", LOG_LEVEL_WARNING, true},
	{"firewall-failed", LOG_LEVEL_WARNING, false},
	{"firewall-works", LOG_LEVEL_NOTICE, false},
	{"rules-restored", LOG_LEVEL_WARNING, true},
	{"rules-lost", LOG_LEVEL_ERROR, false},
	{"device-failed", LOG_LEVEL_ERROR, false},
	{"device-settings", LOG_LEVEL_WARNING, false},
	{"device-restored", LOG_LEVEL_WARNING, true},
	{"link", LOG_LEVEL_NOTICE, false},
	{"install-failed", LOG_LEVEL_ERROR, false},
	{"owner-conflict", LOG_LEVEL_WARNING, true},
	{"interval-differs", LOG_LEVEL_WARNING, true},
	{"addresses-differ", LOG_LEVEL_WARNING, true},
	{"checksum-mixed", LOG_LEVEL_WARNING, true},
	{"tie-held", LOG_LEVEL_WARNING, true},
	{"lower-heard", LOG_LEVEL_DETAIL, true},
	{"rival-gone", LOG_LEVEL_NOTICE, false},
	{"no-successor", LOG_LEVEL_WARNING, false},
	{"priority-changed", LOG_LEVEL_NOTICE, false},
	{"blockers-changed", LOG_LEVEL_NOTICE, false},
	{"new-master-heard", LOG_LEVEL_NOTICE, false},
	{"preempt-wait", LOG_LEVEL_NOTICE, false},
	{"adopted", LOG_LEVEL_NOTICE, false},
	{"orphan-removed", LOG_LEVEL_NOTICE, false},
	{"not-silent-after-death", LOG_LEVEL_WARNING, false},
	{"recording-refused", LOG_LEVEL_WARNING, false},
	{"stopped", LOG_LEVEL_NOTICE, false},
	{"group-ready", LOG_LEVEL_NOTICE, false},
	{"group-state", LOG_LEVEL_NOTICE, false},
	{"bfd-open-failed", LOG_LEVEL_ERROR, false},
	{"bfd-send-failed", LOG_LEVEL_WARNING, true},
	{"bfd-dropped", LOG_LEVEL_WARNING, true},
};

static struct remark remark_of(const char *code)
{
	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++)
		if (strcmp(remarks[i].code, code) == 0)
			return remarks[i];
	return (struct remark){code, LOG_LEVEL_DETAIL, false};
}

/*
 * Some remarks come with each advert of another router, which may be a hundred in a second. The same words
 * are logged again after REPEAT_AFTER at the earliest, then with the number of times that were left out.
 */
#define REPEAT_AFTER (60 * DUR_S)
#define REPEATS_KEPT 256

struct repeat {
	uint64_t hash; /* of the text; 0: free */
	mono_t again;
	unsigned left_out;
};

static uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return hash | 1;
}

bool remark_is_due(const char *text, mono_t now, unsigned *left_out)
{
	static struct repeat repeats[REPEATS_KEPT];
	uint64_t hash = hash_text(text);
	struct repeat *repeat = &repeats[(hash >> 8) % REPEATS_KEPT];

	if (repeat->hash == hash && mono_before(now, repeat->again)) {
		repeat->left_out++;
		return false;
	}
	*left_out = repeat->hash == hash ? repeat->left_out : 0;
	*repeat = (struct repeat){.hash = hash, .again = mono_add(now, REPEAT_AFTER)};
	return true;
}

static const char *member(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

enum log_level event_text(const char *line, size_t length, char text[EVENT_TEXT_SIZE], bool *repeats)
{
	json_t *event = json_loadb(line, length, 0, NULL);
	enum log_level level = LOG_LEVEL_NOTICE;
	const char *vr = member(event, "vr");
	const char *group = member(event, "group");
	const char *bfd = member(event, "bfd");

	*repeats = false;
	if (!json_is_object(event)) {
		snprintf(text, EVENT_TEXT_SIZE, "the engine said: %.*s", (int)(length < 512 ? length : 512),
			line);
	} else if (strcmp(member(event, "from"), member(event, "to")) != 0) {
		snprintf(text, EVENT_TEXT_SIZE, "%s%s: %s -> %s: %s",
			*group ? "sync group " : *bfd ? "BFD session " : "", *group ? group : *bfd ? bfd : vr,
			member(event, "from"), member(event, "to"), member(event, "text"));
	} else {
		struct remark remark = remark_of(member(event, "code"));

		level = remark.level;
		*repeats = remark.repeats;
		/* Those of no virtual router are the engine's. */
		snprintf(text, EVENT_TEXT_SIZE, "%s%s%s%s", *bfd ? "BFD session " : "", *bfd ? bfd : vr,
			*vr || *bfd ? ": " : "", member(event, "text"));
	}
	json_decref(event);
	return level;
}

enum log_level drop_text(const char *line, size_t length, char text[EVENT_TEXT_SIZE])
{
	json_t *drop = json_loadb(line, length, 0, NULL);
	const char *vr = member(drop, "vr");
	const char *source = member(drop, "source");
	json_int_t count = json_integer_value(json_object_get(drop, "count"));
	bool kept = json_is_true(json_object_get(drop, "kept"));
	/* While a router is out of service the others go on speaking: nothing is wrong with that. */
	bool expected = strcmp(member(drop, "reason"), "not-running") == 0;
	char number[32] = "a packet";

	if (count > 1)
		snprintf(number, sizeof(number), "%lld packets", (long long)count);
	if (!json_is_object(drop))
		snprintf(text, EVENT_TEXT_SIZE, "packets dropped: %.*s", (int)(length < 512 ? length : 512),
			line);
	else
		snprintf(text, EVENT_TEXT_SIZE, "%s%s%s: %s%s%s %s: %s", member(drop, "interface"),
			*vr ? ", " : "", vr, number, *source ? " from " : "", source,
			kept ? "noticed" : "dropped", member(drop, "text"));
	json_decref(drop);
	return expected ? LOG_LEVEL_DETAIL : LOG_LEVEL_WARNING;
}

void event_log(const char *line, size_t length)
{
	char text[EVENT_TEXT_SIZE];
	bool repeats;
	unsigned left_out = 0;
	enum log_level level = event_text(line, length, text, &repeats);

	if (repeats && !remark_is_due(text, clock_now(), &left_out))
		return;
	if (left_out > 0)
		log_line(level, "%s (and %u times since this was last said)", text, left_out);
	else
		log_line(level, "%s", text);
}

void drop_log(const char *line, size_t length)
{
	char text[EVENT_TEXT_SIZE];
	enum log_level level = drop_text(line, length, text);

	log_line(level, "%s", text);
}
