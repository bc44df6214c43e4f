/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why did it take so long? Found from the packets alone, so that it holds for every VRRP router; what a vigiad tells about
 * itself is put in where it adds something. The waiting times are those of RFC 3768 6.1 and RFC 9568 6.1.
 */
#include "lab/timeline.h"

#include <string.h>

#define ADVERTS_TO_MISS 3

/* The witnesses of one change of master; NULL: there is none. */
struct handover {
	const struct timeline_entry *before; /* last advert of the old master before zero */
	const struct timeline_entry
		*saw; /* what the old master, or the one that failed, told about the fault */
	const struct timeline_entry *zero; /* its priority 0 */
	const struct timeline_entry *last; /* the last thing the new master heard of the old one */
	const struct timeline_entry *first; /* first advert of the new master */
	const struct timeline_entry *announced; /* its first gratuitous ARP */
	const struct timeline_entry *became; /* BACKUP -> MASTER in its own words */
	const struct timeline_entry *outage;
};

static bool is_advert(const struct timeline_entry *entry)
{
	return entry->kind == TIMELINE_PACKET && entry->packet.kind == CAPTURE_ADVERT && !entry->swallowed &&
	       !entry->last_words;
}

static bool after_zero(const struct timeline *timeline, const struct timeline_entry *entry)
{
	return !mono_before(entry->at, timeline->zero);
}

static bool is_of(const struct timeline_entry *entry, const struct timeline_entry *other)
{
	return strcmp(entry->device, other->device) == 0;
}

static void find_change(const struct timeline *timeline, struct handover *found)
{
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];

		if (!is_advert(entry))
			continue;
		if (!after_zero(timeline, entry)) {
			found->before = entry;
			found->last = entry;
		} else if (found->before && is_of(entry, found->before)) {
			found->last = entry;
			if (entry->packet.priority == 0 && !found->zero)
				found->zero = entry;
		} else if (entry->packet.priority > 0) {
			found->first = entry;
			return;
		}
	}
}

/* The routers' own words, and what the client noticed. */
static void find_remarks(const struct timeline *timeline, struct handover *found)
{
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];

		if (!after_zero(timeline, entry))
			continue;
		if (entry->kind == TIMELINE_OUTAGE &&
			(!found->outage || entry->length > found->outage->length))
			found->outage = entry;
		if (entry->kind == TIMELINE_HISTORY && strcmp(entry->code, "blocked") == 0 && !found->saw)
			found->saw = entry;
		if (entry->kind == TIMELINE_HISTORY && is_of(entry, found->first) &&
			strcmp(entry->to, "MASTER") == 0 && strcmp(entry->from, "MASTER") != 0 &&
			!found->became)
			found->became = entry;
		if (entry->kind == TIMELINE_PACKET && is_of(entry, found->first) &&
			entry->packet.kind == CAPTURE_GRATUITOUS_ARP && !found->announced)
			found->announced = entry;
	}
}

/* "613.3 ms": one form for all, so that numbers can be compared at a glance. */
static void tell_ms(struct text *out, dur_t length)
{
	dur_t tenths;

	if (length < 0) {
		text_char(out, '-');
		length = -length;
	}
	tenths = (length + DUR_MS / 20) / (DUR_MS / 10);
	text_i64(out, tenths / 10);
	text_char(out, '.');
	text_i64(out, tenths % 10);
	text_str(out, " ms");
}

static void tell_offset(struct text *out, const struct timeline *timeline, mono_t at)
{
	text_str(out, " at +");
	tell_ms(out, mono_sub(at, timeline->zero));
}

/* "(256 - 99) / 256 s", or with the interval of version 3 before it. */
static void tell_skew_formula(struct text *out, const struct capture_event *advert)
{
	text_str(out, "(256 - ");
	text_u64(out, advert->priority);
	text_str(out, ") / 256");
	if (advert->version == 2) {
		text_str(out, " s");
		return;
	}
	text_str(out, " * ");
	text_duration(out, advert->interval);
}

static dur_t skew_time(const struct capture_event *advert)
{
	dur_t unit = advert->version == 2 ? DUR_S : advert->interval;

	return (256 - advert->priority) * unit / 256;
}

static void tell_wait(struct text *out, const struct timeline *timeline, const struct handover *found)
{
	const struct capture_event *advert = &found->first->packet;
	mono_t took_over = found->became ? found->became->at : found->first->at;

	text_str(out, found->first->device);
	if (found->last->packet.priority == 0) {
		text_str(out, " waited Skew_Time ");
		tell_ms(out, skew_time(advert));
		text_str(out, " = ");
		tell_skew_formula(out, advert);
		text_str(out, found->last == found->zero ? " from then" : " from the last of these adverts");
	} else {
		text_str(out, " waited Master_Down_Interval ");
		tell_ms(out, ADVERTS_TO_MISS * advert->interval + skew_time(advert));
		text_str(out, " = 3 * ");
		text_duration(out, advert->interval);
		text_str(out, " + ");
		tell_skew_formula(out, advert);
		text_str(out, " from the last advert it had heard, ");
		tell_ms(out, mono_sub(timeline->zero, found->last->at));
		text_str(out, " before the fault");
	}
	text_str(out, " (it took ");
	tell_ms(out, mono_sub(took_over, found->last->at));
	text_str(out, "), became master");
	tell_offset(out, timeline, took_over);
}

static void tell_preemption(struct text *out, const struct timeline *timeline, const struct handover *found)
{
	text_str(out, found->first->device);
	text_str(out, " took over");
	tell_offset(out, timeline, found->became ? found->became->at : found->first->at);
	text_str(out, " because its priority ");
	text_u64(out, found->first->packet.priority);
	text_str(out, " is greater than ");
	text_u64(out, found->before->packet.priority);
	text_str(out, " of ");
	text_str(out, found->before->device);
	if (found->became) {
		text_str(out, " (");
		text_str(out, found->became->text);
		text_char(out, ')');
	}
}

/* The old master was still speaking, or a better one came. */
static bool is_preemption(const struct timeline *timeline, const struct handover *found)
{
	return found->last->packet.priority > 0 &&
	       (after_zero(timeline, found->last) ||
		       found->first->packet.priority > found->last->packet.priority);
}

static void tell_start(struct text *out, const struct timeline *timeline, const struct handover *found)
{
	if (found->saw) {
		text_str(out, found->saw->device);
		text_str(out, " noticed");
		tell_offset(out, timeline, found->saw->at);
		text_str(out, " (");
		text_str(out, found->saw->text);
		text_str(out, "), ");
	}
	if (found->zero) {
		if (!found->saw)
			text_str(out, found->zero->device);
		text_str(out, found->saw ? "sent priority 0" : " sent priority 0");
		tell_offset(out, timeline, found->zero->at);
		text_str(out, ", ");
	}
}

bool timeline_explain(const struct timeline *timeline, struct text *out)
{
	struct handover found = {0};

	find_change(timeline, &found);
	if (!found.before || !found.first)
		return false;
	find_remarks(timeline, &found);
	tell_start(out, timeline, &found);
	if (is_preemption(timeline, &found))
		tell_preemption(out, timeline, &found);
	else
		tell_wait(out, timeline, &found);
	if (found.announced) {
		text_str(out, ", announced ");
		text_ip(out, &found.announced->packet.source);
		tell_offset(out, timeline, found.announced->at);
	}
	if (found.outage && !found.outage->open) {
		text_str(out, "; the client went without for ");
		tell_ms(out, found.outage->length);
	}
	text_char(out, '.');
	return true;
}
