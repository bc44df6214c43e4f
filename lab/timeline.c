/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/timeline.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define BEFORE_ZERO (2 * DUR_S)
#define LAST_WORDS (50 * DUR_MS)

void timeline_init(struct timeline *timeline, mono_t zero, mono_t end)
{
	*timeline = (struct timeline){.zero = zero, .end = end};
}

void timeline_free(struct timeline *timeline)
{
	free(timeline->entries);
	timeline->entries = NULL;
	timeline->count = timeline->capacity = 0;
}

/* NULL when the entry lies outside, or there is no memory. */
static struct timeline_entry *add(struct timeline *timeline, mono_t at, enum timeline_kind kind)
{
	struct timeline_entry *entry;

	if (mono_before(at, mono_add(timeline->zero, -BEFORE_ZERO)) || mono_before(timeline->end, at))
		return NULL;
	if (timeline->count == timeline->capacity) {
		size_t capacity = timeline->capacity ? timeline->capacity * 2 : 64;
		struct timeline_entry *entries = reallocarray(timeline->entries, capacity, sizeof(*entries));

		if (!entries) {
			timeline->no_memory = true;
			return NULL;
		}
		timeline->entries = entries;
		timeline->capacity = capacity;
	}
	entry = &timeline->entries[timeline->count++];
	memset(entry, 0, sizeof(*entry));
	entry->at = at;
	entry->kind = kind;
	return entry;
}

static void copy_text(char *to, size_t size, const char *from)
{
	struct text text;

	text_init(&text, to, size);
	text_str(&text, from);
}

void timeline_add_fault(struct timeline *timeline, mono_t at, const char *text)
{
	struct timeline_entry *entry = add(timeline, at, TIMELINE_FAULT);

	if (entry)
		copy_text(entry->text, sizeof(entry->text), text);
}

static bool sent_by(const struct capture_event *event, const char *port)
{
	size_t length = strlen(event->device);

	return strncmp(port, event->device, length) == 0 && port[length] == ':' &&
	       strcmp(port + length + 1, event->interface) == 0;
}

void timeline_add_packets(
	struct timeline *timeline, const struct capture_event *events, size_t count, const char *silent)
{
	for (size_t i = 0; i < count; i++) {
		struct timeline_entry *entry = add(timeline, events[i].at, TIMELINE_PACKET);

		if (!entry)
			continue;
		entry->packet = events[i];
		memcpy(entry->device, events[i].device, sizeof(entry->device));
		entry->swallowed =
			silent && sent_by(&events[i], silent) && !mono_before(events[i].at, timeline->zero);
	}
}

void timeline_add_outages(struct timeline *timeline, const struct probe_summary *summary)
{
	for (size_t i = 0; i < summary->outage_count; i++) {
		const struct probe_outage *outage = &summary->outages[i];
		struct timeline_entry *entry = add(timeline, outage->start, TIMELINE_OUTAGE);

		if (!entry)
			continue;
		entry->length = probe_outage_length(outage);
		entry->lost = outage->lost;
		entry->open = outage->open;
		if (!outage->open)
			add(timeline, outage->end, TIMELINE_ANSWERED);
	}
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static void add_history(struct timeline *timeline, const char *device, const json_t *record)
{
	mono_t at = {json_integer_value(json_object_get(record, "at"))};
	struct timeline_entry *entry = add(timeline, at, TIMELINE_HISTORY);

	if (!entry)
		return;
	copy_text(entry->device, sizeof(entry->device), device);
	copy_text(entry->code, sizeof(entry->code), string_of(record, "code"));
	copy_text(entry->from, sizeof(entry->from), string_of(record, "from"));
	copy_text(entry->to, sizeof(entry->to), string_of(record, "to"));
	copy_text(entry->text, sizeof(entry->text), string_of(record, "text"));
}

bool timeline_add_status(struct timeline *timeline, const char *device, const char *json)
{
	json_t *answer = json_loads(json, JSON_DISABLE_EOF_CHECK, NULL);
	json_t *instances, *instance, *record;
	size_t i, k;
	bool valid;

	/* The command prints the status; the socket wraps it. */
	instances = json_object_get(answer, "instances");
	if (!instances)
		instances = json_object_get(json_object_get(answer, "status"), "instances");
	valid = json_is_array(instances);
	json_array_foreach(instances, i, instance)
	{
		json_array_foreach(json_object_get(instance, "history"), k, record)
		{
			add_history(timeline, device, record);
		}
	}
	json_decref(answer);
	return valid;
}

static int compare_entries(const void *left, const void *right)
{
	const struct timeline_entry *a = left, *b = right;

	if (a->at.ns != b->at.ns)
		return a->at.ns < b->at.ns ? -1 : 1;
	return (int)a->kind - (int)b->kind;
}

static bool is_heard_advert(const struct timeline_entry *entry)
{
	return entry->kind == TIMELINE_PACKET && entry->packet.kind == CAPTURE_ADVERT && !entry->swallowed;
}

/* A master that yields may say so with one more advert, right behind that of the better one. */
static void mark_last_words(struct timeline *timeline)
{
	const struct timeline_entry *previous = NULL;

	for (size_t i = 0; i < timeline->count; i++) {
		struct timeline_entry *entry = &timeline->entries[i];

		if (!is_heard_advert(entry))
			continue;
		entry->last_words = previous && entry->packet.priority > 0 &&
				    entry->packet.priority <= previous->packet.priority &&
				    strcmp(entry->device, previous->device) != 0 &&
				    mono_sub(entry->at, previous->at) < LAST_WORDS;
		if (!entry->last_words)
			previous = entry;
	}
}

void timeline_sort(struct timeline *timeline)
{
	if (timeline->count)
		qsort(timeline->entries, timeline->count, sizeof(*timeline->entries), compare_entries);
	mark_last_words(timeline);
}
