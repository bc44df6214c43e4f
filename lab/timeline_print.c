/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/timeline.h"

#include <string.h>

#include "lab/clock.h"

/* A packet like one printed before adds nothing but its number: adverts go on for ever. */
static bool same_packet(const struct timeline_entry *a, const struct timeline_entry *b)
{
	return a->kind == TIMELINE_PACKET && b->kind == TIMELINE_PACKET && a->packet.kind == b->packet.kind &&
	       a->swallowed == b->swallowed && a->last_words == b->last_words &&
	       strcmp(a->device, b->device) == 0 && a->packet.priority == b->packet.priority &&
	       a->packet.vrid == b->packet.vrid && ip_equal(&a->packet.source, &b->packet.source) &&
	       ip_equal(&a->packet.target, &b->packet.target);
}

/* Adverts begin a new line when another router has spoken in between. */
static bool ends_run(const struct timeline_entry *first, const struct timeline_entry *other)
{
	return other->kind == TIMELINE_PACKET && first->packet.kind == CAPTURE_ADVERT &&
	       other->packet.kind == CAPTURE_ADVERT && !same_packet(first, other);
}

static bool is_advert(const struct timeline_entry *entry)
{
	return entry->kind == TIMELINE_PACKET && entry->packet.kind == CAPTURE_ADVERT && !entry->last_words;
}

/* The last advert before the fault, and what the routers said after it. Other ARP is the daily life of a network; of it only
 * the questions of routers count, as long as nobody has taken over: they ask whether a link works. */
static bool is_of_interest(const struct timeline *timeline, size_t place)
{
	const struct timeline_entry *entry = &timeline->entries[place];
	bool before = mono_before(entry->at, timeline->zero), router = false;

	if (entry->packet.kind == CAPTURE_ARP_REPLY || (before && !is_advert(entry)))
		return false;
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *other = &timeline->entries[i];
		bool other_before = mono_before(other->at, timeline->zero);

		if (!is_advert(other))
			continue;
		if (before && other_before && i > place)
			return false;
		if (entry->packet.kind == CAPTURE_ARP_REQUEST && !other_before &&
			other->packet.priority > 0 && i < place && strcmp(other->device, entry->device) == 0)
			return false;
		router |= strcmp(other->device, entry->device) == 0;
	}
	return router;
}

static bool continues_run(const struct timeline *timeline, size_t place)
{
	const struct timeline_entry *entry = &timeline->entries[place];

	for (size_t i = place; i-- > 0;) {
		if (same_packet(&timeline->entries[i], entry))
			return true;
		if (ends_run(entry, &timeline->entries[i]))
			return false;
		if (timeline->entries[i].kind == TIMELINE_FAULT)
			return false;
	}
	return false;
}

/* How many like it follow; *last is the last of them. */
static size_t run_length(const struct timeline *timeline, size_t place, const struct timeline_entry **last)
{
	const struct timeline_entry *first = &timeline->entries[place];
	size_t length = 1;

	*last = first;
	for (size_t i = place + 1; i < timeline->count; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];

		if (ends_run(first, entry) || entry->kind == TIMELINE_FAULT)
			break;
		if (!same_packet(first, entry))
			continue;
		*last = entry;
		length++;
	}
	return length;
}

static void describe_packet(struct text *text, const struct timeline_entry *entry)
{
	const struct capture_event *packet = &entry->packet;

	switch (packet->kind) {
	case CAPTURE_ADVERT:
		text_str(text, "sends an advert, priority ");
		text_u64(text, packet->priority);
		if (packet->priority == 0)
			text_str(text, ": it gives up being master");
		if (entry->last_words)
			text_str(text, ": its last words as master");
		break;
	case CAPTURE_GRATUITOUS_ARP:
		text_str(text, "announces ");
		text_ip(text, &packet->source);
		text_str(text, " (gratuitous ARP on ");
		text_str(text, packet->interface);
		text_char(text, ')');
		break;
	case CAPTURE_ARP_REQUEST:
		text_str(text, "asks who has ");
		text_ip(text, &packet->target);
		text_str(text, " on ");
		text_str(text, packet->interface);
		break;
	case CAPTURE_ARP_REPLY:
		text_str(text, "answers that it has ");
		text_ip(text, &packet->source);
		break;
	}
	if (entry->swallowed)
		text_str(text, " (the cut swallows it)");
}

static void print_line(const struct timeline *timeline, const struct timeline_entry *entry, const char *who,
	const char *what, FILE *out)
{
	fprintf(out, "  %+11.1f ms  %-7s %s\n", duration_ms(mono_sub(entry->at, timeline->zero)), who, what);
}

static void print_packet(const struct timeline *timeline, size_t place, FILE *out)
{
	const struct timeline_entry *last, *entry = &timeline->entries[place];
	size_t length = run_length(timeline, place, &last);
	char buffer[TIMELINE_TEXT_SIZE], more[64] = "";
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	describe_packet(&text, entry);
	if (length > 1)
		snprintf(more, sizeof(more), "; %zu in all, the last at %+.1f ms", length,
			duration_ms(mono_sub(last->at, timeline->zero)));
	text_str(&text, more);
	print_line(timeline, entry, entry->device, buffer, out);
}

/* What came before the fault is another story; and what the packets show need not be told twice. */
static bool is_news(const struct timeline *timeline, const struct timeline_entry *entry)
{
	return !mono_before(entry->at, timeline->zero) && strcmp(entry->code, "announced") != 0 &&
	       strcmp(entry->code, "priority-zero-sent") != 0;
}

static void print_history(const struct timeline *timeline, const struct timeline_entry *entry, FILE *out)
{
	char buffer[TIMELINE_TEXT_SIZE + 3 * TIMELINE_WORD_SIZE];

	if (strcmp(entry->from, entry->to) == 0)
		snprintf(buffer, sizeof(buffer), "%s", entry->text);
	else
		snprintf(buffer, sizeof(buffer), "%s -> %s: %s", entry->from, entry->to, entry->text);
	print_line(timeline, entry, entry->device, buffer, out);
}

static void print_outage(const struct timeline *timeline, const struct timeline_entry *entry, FILE *out)
{
	char buffer[TIMELINE_TEXT_SIZE];

	snprintf(buffer, sizeof(buffer), "the first of %zu requests without an answer%s", entry->lost,
		entry->open ? "; none is answered after them" : "");
	print_line(timeline, entry, "probe", buffer, out);
}

void timeline_print(const struct timeline *timeline, FILE *out)
{
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];

		switch (entry->kind) {
		case TIMELINE_FAULT:
			print_line(timeline, entry, "fault", entry->text, out);
			break;
		case TIMELINE_PACKET:
			if (is_of_interest(timeline, i) && !continues_run(timeline, i))
				print_packet(timeline, i, out);
			break;
		case TIMELINE_HISTORY:
			if (is_news(timeline, entry))
				print_history(timeline, entry, out);
			break;
		case TIMELINE_OUTAGE:
			print_outage(timeline, entry, out);
			break;
		case TIMELINE_ANSWERED:
			print_line(timeline, entry, "probe", "answered again", out);
			break;
		}
	}
	if (timeline->no_memory)
		fputs("  (no memory for more)\n", out);
}
