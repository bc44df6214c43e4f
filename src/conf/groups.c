/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sync groups: who their members are, and what being in one means. */
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "conf/draft.h"

#define SEARCHED_MAX 1000 /* instances among which a misspelt name is looked for */

static int by_name(const void *left, const void *right)
{
	const struct draft *a = *(struct draft *const *)left;
	const struct draft *b = *(struct draft *const *)right;
	return strcmp(a->vr.name, b->vr.name);
}

static int compare_key(const void *key, const void *element)
{
	const struct draft *draft = *(struct draft *const *)element;
	return strcmp(key, draft->vr.name);
}

/* The instances with a name, sorted by it. */
struct named {
	struct draft **drafts;
	size_t count;
};

static struct draft *find(const struct named *named, const char *name)
{
	struct draft **found =
		named->count ? bsearch(name, named->drafts, named->count, sizeof *named->drafts, compare_key)
			     : NULL;
	return found ? *found : NULL;
}

static const char *nearest(const struct named *named, const char *name)
{
	struct nearest nearest;
	nearest_begin(&nearest, name);
	for (size_t i = 0; i < named->count; i++)
		nearest_consider(&nearest, named->drafts[i]->vr.name);
	return nearest.best;
}

static void report_unknown(struct reader *reader, const struct named *named, const struct draft_name *member)
{
	bool too_many = reader_is_full(reader) || named->count > SEARCHED_MAX;
	const char *near = too_many ? NULL : nearest(named, member->name);
	reader_error(reader, &member->spot, "there is no vrrp_instance '%.60s'%s%s%s", member->name,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void join(struct reader *reader, const struct named *named, struct draft_group *group)
{
	for (const struct draft_name *member = group->members.first; member; member = member->next) {
		struct draft *draft = find(named, member->name);
		if (!draft)
			report_unknown(reader, named, member);
		else if (draft->group == group)
			reader_error(reader, &member->spot,
				"'%s' stands in this group already; remove one of them", member->name);
		else if (draft->group)
			reader_error(reader, &member->spot,
				"'%s' is in the group '%s' (%s:%u) already; an instance can be in one alone",
				member->name, draft->group->group.name ? draft->group->group.name : "?",
				draft->group->spot.place.file, draft->group->spot.place.line);
		else
			draft->group = group;
		if (draft && draft->group == group)
			draft->extra.sync_group = group->group.name;
	}
}

/* Members go up and down together, so a priority of one's own says nothing: as in keepalived. */
static void drop_weights_of(
	struct reader *reader, const struct draft_group *group, struct draft_tracks *tracks, enum track_kind kind)
{
	for (struct draft_track *entry = tracks->first; entry; entry = entry->next) {
		if (!entry->track.weight)
			continue;
		reader_warning(reader, &entry->spot,
			"the weight is set aside, as in keepalived, because of the sync group '%s': %s takes "
			"the group out; \"sync_group_tracking_weight\" there keeps it",
			group->group.name ? group->group.name : "?", track_loss(kind));
		entry->track.weight = 0;
		entry->track.inherits_weight = false;
	}
}

static void drop_weights(
	struct reader *reader, const struct draft_group *group, struct draft_tracks tracks[TRACK_KIND_COUNT])
{
	for (size_t kind = 0; kind < TRACK_KIND_COUNT && !group->group.tracking_weight; kind++)
		drop_weights_of(reader, group, &tracks[kind], (enum track_kind)kind);
}

static void settle_group(struct reader *reader, const struct named *named, struct draft_group *group)
{
	if (!group->members.count) {
		group->dropped = true;
		if (!group->broken)
			reader_warning(reader, &group->spot,
				"the group has no member, so it is left out, as in keepalived: group { NAME "
				"NAME }");
		return;
	}
	if (group->members.count == 1 && !group->broken)
		reader_warning(
			reader, &group->spot, "the group has one member, so there is nothing to do together");
	if (group->set[SYNC_GROUP_GLOBAL_TRACKING].place.line)
		reader_warning(reader, &group->set[SYNC_GROUP_GLOBAL_TRACKING],
			"global_tracking is an old word; write sync_group_tracking_weight");
	drop_weights(reader, group, group->tracks);
	join(reader, named, group);
}

static bool tracks(const struct draft_tracks *list, const char *name)
{
	for (const struct draft_track *entry = list->first; entry; entry = entry->next)
		if (strcmp(entry->track.name, name) == 0)
			return true;
	return false;
}

/* What the group tracks, each member tracks; what it says of an object itself wins. */
static void share_tracks(
	struct reader *reader, const struct draft_tracks *of_group, struct draft_tracks *of_member)
{
	for (const struct draft_track *entry = of_group->first; entry; entry = entry->next) {
		if (tracks(of_member, entry->track.name))
			continue;
		struct draft_track *shared = reader_scratch(reader, sizeof *shared);
		if (!shared)
			return;
		*shared = *entry;
		shared->next = NULL;
		shared->track.of_group = true;
		draft_tracks_add(of_member, shared);
	}
}

/* It may be meant so, but then a better router on one side gets nothing, unless the other one fails. */
static void check_priority(struct reader *reader, const struct draft *draft)
{
	struct draft_group *group = draft->group;
	const struct draft *first = group->first_member;
	if (!first)
		group->first_member = draft;
	if (!first || group->uneven || draft->vr.priority == first->vr.priority)
		return;
	group->uneven = true;
	reader_warning(reader, &group->spot,
		"'%.60s' has priority %d and '%.60s' %d: a group preempts only when each member may; give all "
		"the same priority",
		first->vr.name ? first->vr.name : "?", first->vr.priority,
		draft->vr.name ? draft->vr.name : "?", draft->vr.priority);
}

static int by_group_name(const void *left, const void *right)
{
	const struct draft_group *a = *(struct draft_group *const *)left;
	const struct draft_group *b = *(struct draft_group *const *)right;
	int order = strcmp(a->group.name, b->group.name);
	return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void check_names(struct reader *reader)
{
	size_t count = 0;
	struct draft_group **groups = reader_scratch(reader, reader->group_count * sizeof *groups);
	if (!groups)
		return;
	for (struct draft_group *group = reader->groups; group; group = group->next)
		if (group->group.name)
			groups[count++] = group;
	qsort(groups, count, sizeof *groups, by_group_name);
	for (size_t i = 1; i < count; i++)
		if (strcmp(groups[i - 1]->group.name, groups[i]->group.name) == 0)
			reader_error(reader, &groups[i]->spot,
				"the name '%s' is taken by the group at %s:%u; choose another",
				groups[i]->group.name, groups[i - 1]->spot.place.file,
				groups[i - 1]->spot.place.line);
}

void settle_groups(struct reader *reader)
{
	if (!reader->groups)
		return;
	struct named named = {.drafts = NULL};
	named.drafts = reader_scratch(reader, (reader->draft_count + 1) * sizeof *named.drafts);
	if (!named.drafts)
		return;
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		if (draft->vr.name)
			named.drafts[named.count++] = draft;
	if (named.count)
		qsort(named.drafts, named.count, sizeof *named.drafts, by_name);
	check_names(reader);
	for (struct draft_group *group = reader->groups; group; group = group->next)
		settle_group(reader, &named, group);
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		if (draft->group) {
			drop_weights(reader, draft->group, draft->tracks);
			for (size_t kind = 0; kind < TRACK_KIND_COUNT; kind++)
				share_tracks(reader, &draft->group->tracks[kind], &draft->tracks[kind]);
			check_priority(reader, draft);
		}
}
