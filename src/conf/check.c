/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration must fulfil as a whole, and what follows from several settings together. Where keepalived
 * quietly sets something aside, so do we, with a warning; what cannot work is an error.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"

#define ADVERTISED_MAX 255 /* RFC 3768 5.3.5, RFC 9568 5.2.5: the count is one octet */
#define V2_INTERVAL_MIN DUR_S
#define V2_INTERVAL_MAX (255 * DUR_S)
#define V3_INTERVAL_MAX (4095 * DUR_CS) /* RFC 9568 5.2.7: 12 bits of centiseconds */

static bool given(const struct draft *draft, enum instance_keyword keyword)
{
	return draft->set[keyword].place.line != 0;
}

/* The place of the setting, or that of the instance's name. */
static const struct spot *spot_of(const struct draft *draft, enum instance_keyword keyword)
{
	return given(draft, keyword) ? &draft->set[keyword] : &draft->spot;
}

static bool wrong(const struct draft *draft, enum instance_keyword keyword)
{
	return draft->wrong[keyword];
}

static void check_required(struct reader *reader, const struct draft *draft)
{
	for (size_t i = 0; i < instance_keywords.count; i++) {
		const struct keyword *row = &instance_keywords.rows[i];
		if (!(row->traits & KEYWORD_REQUIRED) || given(draft, (enum instance_keyword)i) ||
			draft->broken)
			continue;
		reader_error(reader, &draft->spot, "'%s' has no %s: add \"%s %s\"",
			draft->vr.name ? draft->vr.name : "?", row->word, row->word, row->argument);
	}
}

static void check_interval(struct reader *reader, const struct draft *draft)
{
	dur_t interval = draft->vr.advert_interval;
	const struct spot *spot = spot_of(draft, INSTANCE_ADVERT_INT);
	char text[40];
	struct text out;
	text_init(&out, text, sizeof text);
	text_seconds(&out, interval);
	if (draft->vr.version == 2 &&
		(interval < V2_INTERVAL_MIN || interval > V2_INTERVAL_MAX || interval % DUR_S))
		reader_error(reader, spot,
			"version 2 cannot say %s seconds: its advertisements carry whole seconds, 1 to 255;"
			" write such a number, or \"version 3\" on all routers for 0.01 to 40.95",
			text);
	if (draft->vr.version == 3 && (interval > V3_INTERVAL_MAX || interval % DUR_CS))
		reader_error(reader, spot,
			"version 3 cannot say %s seconds: its advertisements carry hundredths, 0.01 to"
			" 40.95; write such a number",
			text);
}

static void check_state(struct reader *reader, struct draft *draft)
{
	bool owner = draft->vr.priority == VR_PRIORITY_OWNER;
	if (owner && given(draft, INSTANCE_STATE) && !draft->vr.start_as_master)
		reader_warning(reader, spot_of(draft, INSTANCE_STATE),
			"state BACKUP has no effect with priority 255: the owner"
			" of the addresses is master whenever it runs");
	draft->vr.start_as_master |= owner;
	if (owner && !given(draft, INSTANCE_PRIORITY))
		reader_warning(reader, spot_of(draft, INSTANCE_STATE),
			"state MASTER without priority means 255, the owner of"
			" the addresses, whom tracking cannot lower; write a priority if that is not meant");
}

static void check_preemption(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	bool owner = vr->priority == VR_PRIORITY_OWNER;
	const char *reason = owner ? "priority 255" : "state MASTER";
	if (!vr->preempt && vr->start_as_master) {
		reader_warning(reader, spot_of(draft, INSTANCE_NOPREEMPT),
			"nopreempt has no effect with %s; write \"state BACKUP\" on all routers and a "
			"priority below 255",
			reason);
		vr->preempt = true;
	}
	if (!vr->preempt_delay)
		return;
	if (vr->start_as_master || !vr->preempt) {
		reader_warning(reader, spot_of(draft, INSTANCE_PREEMPT_DELAY),
			"preempt_delay has no effect with %s, as in keepalived",
			vr->preempt ? reason : "nopreempt");
		vr->preempt_delay = 0;
	}
}

static void check_weights(struct reader *reader, const struct draft *draft)
{
	int priority = draft->vr.priority;
	for (const struct draft_track *entry = draft->tracks; entry; entry = entry->next) {
		int weight = entry->track.weight;
		if (!weight)
			continue;
		if (priority == VR_PRIORITY_OWNER)
			reader_warning(reader, &entry->spot,
				"the weight has no effect: priority 255 stays what it is");
		else if (priority + weight > 254 || priority + weight < 1)
			reader_warning(reader, &entry->spot,
				"priority %d and weight %d make %d, which is cut to %d", priority, weight,
				priority + weight, weight > 0 ? 254 : 1);
		else if (!draft->vr.preempt)
			reader_warning(reader, &entry->spot,
				"with nopreempt on all routers a weight never moves the addresses;"
				" without weight the loss of the interface takes this router out");
	}
}

static void check_addresses(struct reader *reader, struct draft *draft)
{
	if (draft->advertised_count == 0 && !draft->broken && !wrong(draft, INSTANCE_VIRTUAL_IPADDRESS)) {
		const struct spot *spot = spot_of(draft, INSTANCE_VIRTUAL_IPADDRESS);
		if (draft->vr.version == 3)
			reader_error(reader, spot,
				"'%s' has no address: version 3 needs at least one in virtual_ipaddress",
				draft->vr.name);
		else
			reader_warning(reader, spot,
				"'%s' has no address in virtual_ipaddress, so there is nothing to advertise",
				draft->vr.name);
	}
	if (draft->advertised_count <= ADVERTISED_MAX)
		return;
	reader_warning(reader, spot_of(draft, INSTANCE_VIRTUAL_IPADDRESS),
		"%zu addresses: an advertisement carries %d, so the rest is held but not advertised, as in"
		" virtual_ipaddress_excluded",
		draft->advertised_count, ADVERTISED_MAX);
	struct draft_address **last = &draft->advertised;
	for (size_t i = 0; i < ADVERTISED_MAX; i++)
		last = &(*last)->next;
	for (struct draft_address *entry = *last; entry; entry = entry->next)
		entry->address.excluded = true;
	*draft->advertised_end = draft->excluded;
	draft->excluded = *last;
	*last = NULL;
	draft->excluded_count += draft->advertised_count - ADVERTISED_MAX;
	draft->advertised_count = ADVERTISED_MAX;
}

static void check_instance(struct reader *reader, struct draft *draft)
{
	check_required(reader, draft);
	if (draft->vr.interface && strcmp(draft->vr.interface, "lo") == 0)
		reader_error(reader, spot_of(draft, INSTANCE_INTERFACE),
			"no other router can be heard on lo; name the interface"
			" of the network");
	if (!wrong(draft, INSTANCE_VERSION) && !wrong(draft, INSTANCE_ADVERT_INT))
		check_interval(reader, draft);
	if (!wrong(draft, INSTANCE_STATE) && !wrong(draft, INSTANCE_PRIORITY)) {
		check_state(reader, draft);
		check_preemption(reader, draft);
		check_weights(reader, draft);
	}
	check_addresses(reader, draft);
}

static int by_index(const struct draft *a, const struct draft *b)
{
	return a->index < b->index ? -1 : a->index > b->index;
}

static int by_name(const void *left, const void *right)
{
	const struct draft *a = *(const struct draft *const *)left;
	const struct draft *b = *(const struct draft *const *)right;
	int order = strcmp(a->vr.name, b->vr.name);
	return order ? order : by_index(a, b);
}

static int by_identity_only(const struct draft *a, const struct draft *b)
{
	if (a->vr.vrid != b->vr.vrid)
		return a->vr.vrid < b->vr.vrid ? -1 : 1;
	return strcmp(a->vr.interface, b->vr.interface);
}

static int by_identity(const void *left, const void *right)
{
	const struct draft *a = *(const struct draft *const *)left;
	const struct draft *b = *(const struct draft *const *)right;
	int order = by_identity_only(a, b);
	return order ? order : by_index(a, b);
}

static void check_names(struct reader *reader, struct draft **drafts, size_t count)
{
	if (count)
		qsort(drafts, count, sizeof *drafts, by_name);
	for (size_t i = 1; i < count; i++)
		if (strcmp(drafts[i - 1]->vr.name, drafts[i]->vr.name) == 0)
			reader_error(reader, &drafts[i]->spot,
				"the name '%s' is taken by the instance at %s:%u; choose another",
				drafts[i]->vr.name, drafts[i - 1]->spot.place.file,
				drafts[i - 1]->spot.place.line);
}

static void check_identities(struct reader *reader, struct draft **drafts, size_t count)
{
	if (count)
		qsort(drafts, count, sizeof *drafts, by_identity);
	for (size_t i = 1; i < count; i++)
		if (by_identity_only(drafts[i - 1], drafts[i]) == 0)
			reader_error(reader, spot_of(drafts[i], INSTANCE_VIRTUAL_ROUTER_ID),
				"%s already has a virtual router %u ('%s' at %s:%u); choose another "
				"virtual_router_id",
				drafts[i]->vr.interface, drafts[i]->vr.vrid, drafts[i - 1]->vr.name,
				drafts[i - 1]->spot.place.file, drafts[i - 1]->spot.place.line);
}

/* An address with where it stands, for finding it twice. */
struct held {
	const struct draft *draft;
	const struct draft_address *entry;
	size_t order;
};

static int by_address(const void *left, const void *right)
{
	const struct held *a = left;
	const struct held *b = right;
	int order = ip_compare(&a->entry->address.prefix.addr, &b->entry->address.prefix.addr);
	return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

static void report_twice(struct reader *reader, const struct held *first, const struct held *second)
{
	char text[IP_ADDR_TEXT_SIZE];
	ip_format(&second->entry->address.prefix.addr, text);
	if (first->draft == second->draft)
		reader_error(reader, &second->entry->spot,
			"%s stands here already, on line %u; remove one of them", text,
			first->entry->spot.place.line);
	else
		reader_warning(reader, &second->entry->spot,
			"%s is also an address of '%s' (%s:%u): when two machines are"
			" master, both answer for it",
			text, first->draft->vr.name, first->entry->spot.place.file,
			first->entry->spot.place.line);
}

static void check_addresses_once(struct reader *reader)
{
	size_t count = 0;
	for (const struct draft *draft = reader->drafts; draft; draft = draft->next)
		count += draft->advertised_count + draft->excluded_count;
	struct held *held = count ? reader_scratch(reader, count * sizeof *held) : NULL;
	if (!held)
		return;
	size_t used = 0;
	for (const struct draft *draft = reader->drafts; draft; draft = draft->next) {
		const struct draft_address *lists[] = {draft->advertised, draft->excluded};
		for (size_t i = 0; i < 2; i++)
			for (const struct draft_address *entry = lists[i]; entry; entry = entry->next, used++)
				held[used] = (struct held){draft, entry, used};
	}
	qsort(held, used, sizeof *held, by_address);
	for (size_t i = 1; i < used; i++)
		if (ip_equal(&held[i - 1].entry->address.prefix.addr, &held[i].entry->address.prefix.addr))
			report_twice(reader, &held[i - 1], &held[i]);
}

static int by_interface_name(const void *left, const void *right)
{
	const struct draft_track *a = *(const struct draft_track *const *)left;
	const struct draft_track *b = *(const struct draft_track *const *)right;
	int order = strcmp(a->track.name, b->track.name);
	return order ? order
		     : (int)(a->spot.place.line > b->spot.place.line) -
			       (a->spot.place.line < b->spot.place.line);
}

static void check_tracks_once(struct reader *reader, const struct draft *draft)
{
	if (draft->track_count < 2)
		return;
	const struct draft_track **tracks = reader_scratch(reader, draft->track_count * sizeof *tracks);
	if (!tracks)
		return;
	size_t used = 0;
	for (const struct draft_track *entry = draft->tracks; entry; entry = entry->next)
		tracks[used++] = entry;
	qsort(tracks, used, sizeof *tracks, by_interface_name);
	for (size_t i = 1; i < used; i++)
		if (strcmp(tracks[i - 1]->track.name, tracks[i]->track.name) == 0)
			reader_error(reader, &tracks[i]->spot,
				"'%s' is tracked already, on line %u; remove one of them",
				tracks[i]->track.name, tracks[i - 1]->spot.place.line);
}

void check_all(struct reader *reader)
{
	size_t count = reader->draft_count;
	struct draft **drafts = count ? reader_scratch(reader, count * sizeof *drafts) : NULL;
	if (count && !drafts)
		return;
	size_t named = 0;
	size_t identified = 0;
	for (struct draft *draft = reader->drafts; draft; draft = draft->next) {
		check_instance(reader, draft);
		check_tracks_once(reader, draft);
		if (draft->vr.name)
			drafts[named++] = draft;
	}
	check_names(reader, drafts, named);
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		if (draft->vr.name && draft->vr.interface && draft->vr.vrid)
			drafts[identified++] = draft;
	check_identities(reader, drafts, identified);
	check_addresses_once(reader);
}
