/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may stand only once: names, addresses, tracked interfaces; and, in identities.c, virtual routers. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/draft.h"

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
	reader_code(reader, "address-used-twice");
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

static int by_object_name(const void *left, const void *right)
{
	const struct draft_track *a = *(const struct draft_track *const *)left;
	const struct draft_track *b = *(const struct draft_track *const *)right;
	int order = strcmp(a->track.name, b->track.name);
	return order ? order
		     : (int)(a->spot.place.line > b->spot.place.line) -
			       (a->spot.place.line < b->spot.place.line);
}

static void check_tracked_once(struct reader *reader, const struct draft_tracks *list)
{
	if (list->count < 2)
		return;
	const struct draft_track **tracks = reader_scratch(reader, list->count * sizeof *tracks);
	if (!tracks)
		return;
	size_t used = 0;
	for (const struct draft_track *entry = list->first; entry; entry = entry->next)
		tracks[used++] = entry;
	qsort(tracks, used, sizeof *tracks, by_object_name);
	for (size_t i = 1; i < used; i++)
		if (strcmp(tracks[i - 1]->track.name, tracks[i]->track.name) == 0)
			reader_error(reader, &tracks[i]->spot,
				"'%s' is tracked already, on line %u; remove one of them",
				tracks[i]->track.name, tracks[i - 1]->spot.place.line);
}

static void check_tracks_once(struct reader *reader, const struct draft_tracks lists[TRACK_KIND_COUNT])
{
	for (size_t kind = 0; kind < TRACK_KIND_COUNT; kind++)
		check_tracked_once(reader, &lists[kind]);
}

void check_unique(struct reader *reader)
{
	size_t count = reader->draft_count;
	struct draft **drafts = count ? reader_scratch(reader, count * sizeof *drafts) : NULL;
	if (count && !drafts)
		return;
	size_t named = 0;
	for (const struct draft_group *group = reader->groups; group; group = group->next) {
		check_tracks_once(reader, group->tracks);
	}
	for (struct draft *draft = reader->drafts; draft; draft = draft->next) {
		check_tracks_once(reader, draft->tracks);
		if (draft->vr.name)
			drafts[named++] = draft;
	}
	check_names(reader, drafts, named);
	check_identities(reader);
	check_addresses_once(reader);
}
