/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who tracks which of the defined objects: the lines of track_script and its like. As in keepalived, an object is defined above what tracks it, and its weight counts where a tracker has none of its
 * own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "conf/draft.h"
#include "conf/keyword_rows.h"

#define SEARCHED_MAX 1000 /* objects among which a misspelt name is looked for */

static const struct {
	const struct keyword_table *block; /* of the definition; NULL: there is none */
	const char *word; /* of the trackers */
	const struct keyword_table *line; /* of their options */
	const char *loss;
} kinds[TRACK_KIND_COUNT] = {
	[TRACK_INTERFACE] = {NULL, "track_interface", &track_keywords, "the loss of the interface"},
	[TRACK_SCRIPT] = {&script_keywords, "track_script", &track_script_keywords, "the failure of the script"},
	[TRACK_FILE] = {&file_keywords, "track_file", &track_file_keywords, "another number than 0 in the file"},
	[TRACK_PROCESS] = {&process_keywords, "track_process", &track_process_keywords, "the end of the process"},
	[TRACK_BFD] = {&bfd_keywords, "track_bfd", &track_bfd_keywords, "the end of the BFD session"},
};

const char *track_loss(enum track_kind kind)
{
	return kinds[kind].loss;
}

const char *track_word(enum track_kind kind)
{
	return kinds[kind].word;
}

bool object_kind_of(const struct keyword_table *block, enum track_kind *kind)
{
	if (block == &old_file_keywords)
		block = &file_keywords;
	for (size_t i = 0; i < TRACK_KIND_COUNT; i++)
		if (block && kinds[i].block == block) {
			*kind = (enum track_kind)i;
			return true;
		}
	return false;
}

struct draft_object *draft_object_new(
	struct reader *reader, const struct keyword_table *block, void **object, struct spot **set)
{
	enum track_kind kind = TRACK_INTERFACE;
	struct draft_object *draft =
		object_kind_of(block, &kind) ? definition_new(reader, kind, object, set) : NULL;
	if (!draft)
		return NULL;
	draft->kind = kind;
	*reader->objects_end = draft;
	reader->objects_end = &draft->next;
	draft->index = reader->object_count++;
	return draft;
}

bool object_weight_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_object *object = owner;
	struct draft_track entry = {.next = NULL};
	const struct keyword_table *words =
		object->kind == TRACK_SCRIPT ? &script_weight_keywords : &file_weight_keywords;
	if (!read_weight(reader, words, statement, 0, &entry))
		return false;
	*object->weight = entry.track.weight;
	*object->reverse = entry.track.reverse;
	return true;
}

bool object_refer(struct reader *reader, enum track_kind kind, const struct token *name)
{
	struct draft_track *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return false;
	if (!reader->referring) {
		reader->referring = reader_scratch(reader, TRACK_KIND_COUNT * sizeof *reader->referring);
		if (!reader->referring)
			return false;
		draft_tracks_begin(reader->referring);
	}
	*entry = (struct draft_track){.spot = name->spot,
		.objects_before = reader->object_count,
		.track = {.kind = kind, .name = reader_keep_string(reader, name->text, name->length)}};
	draft_tracks_add(&reader->referring[kind], entry);
	return entry->track.name != NULL;
}

static bool read_tracker(struct reader *reader, struct draft_tracks tracks[TRACK_KIND_COUNT], enum track_kind kind,
	const struct statement *statement)
{
	const struct token *name = &statement->words[0];
	struct draft_track *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return false;
	entry->spot = name->spot;
	entry->objects_before = reader->object_count;
	entry->track.kind = kind;
	entry->track.name = reader_keep_string(reader, name->text, name->length);
	if (!entry->track.name || !read_weight(reader, kinds[kind].line, statement, 1, entry))
		return false;
	draft_tracks_add(&tracks[kind], entry);
	return true;
}

static bool read_own(struct reader *reader, void *owner, enum track_kind kind, const struct statement *statement)
{
	struct draft *draft = owner;
	return read_tracker(reader, draft->tracks, kind, statement);
}

static bool read_of_group(struct reader *reader, void *owner, enum track_kind kind, const struct statement *statement)
{
	struct draft_group *group = owner;
	return read_tracker(reader, group->tracks, kind, statement);
}

bool track_script_line(struct reader *reader, void *owner, const struct statement *statement)
{
	return read_own(reader, owner, TRACK_SCRIPT, statement);
}

bool track_file_line(struct reader *reader, void *owner, const struct statement *statement)
{
	return read_own(reader, owner, TRACK_FILE, statement);
}

bool track_process_line(struct reader *reader, void *owner, const struct statement *statement)
{
	return read_own(reader, owner, TRACK_PROCESS, statement);
}

bool group_track_script_line(struct reader *reader, void *owner, const struct statement *statement)
{
	return read_of_group(reader, owner, TRACK_SCRIPT, statement);
}

bool group_track_file_line(struct reader *reader, void *owner, const struct statement *statement)
{
	return read_of_group(reader, owner, TRACK_FILE, statement);
}

bool group_track_process_line(struct reader *reader, void *owner, const struct statement *statement)
{
	return read_of_group(reader, owner, TRACK_PROCESS, statement);
}

bool track_bfd_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	return read_tracker(reader, draft->tracks, TRACK_BFD, statement);
}

bool group_track_bfd_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_group *group = owner;
	return read_tracker(reader, group->tracks, TRACK_BFD, statement);
}

/* The objects with a name, sorted by kind and name. */
struct named {
	struct draft_object **objects;
	size_t count;
};

static int compare(enum track_kind a_kind, const char *a_name, enum track_kind b_kind, const char *b_name)
{
	int order = (a_kind > b_kind) - (a_kind < b_kind);
	return order ? order : strcmp(a_name, b_name);
}

static int by_name(const void *left, const void *right)
{
	const struct draft_object *a = *(struct draft_object *const *)left;
	const struct draft_object *b = *(struct draft_object *const *)right;
	int order = compare(a->kind, *a->name, b->kind, *b->name);
	return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int compare_key(const void *key, const void *element)
{
	const struct tracked_object *wanted = key;
	const struct draft_object *object = *(struct draft_object *const *)element;
	return compare(wanted->kind, wanted->name, object->kind, *object->name);
}

static struct draft_object *find(const struct named *named, const struct tracked_object *wanted)
{
	struct draft_object **found =
		named->count ? bsearch(wanted, named->objects, named->count, sizeof *named->objects, compare_key)
			     : NULL;
	return found ? *found : NULL;
}

static bool sort_by_name(struct reader *reader, struct named *named)
{
	*named = (struct named){
		reader_scratch(reader, (reader->object_count + 1) * sizeof *named->objects), 0};
	if (!named->objects)
		return false;
	for (struct draft_object *object = reader->objects; object; object = object->next)
		if (*object->name)
			named->objects[named->count++] = object;
	qsort(named->objects, named->count, sizeof *named->objects, by_name);
	for (size_t i = 1; i < named->count; i++) {
		const struct draft_object *before = named->objects[i - 1], *object = named->objects[i];
		if (compare(before->kind, *before->name, object->kind, *object->name) == 0)
			reader_error(reader, &object->spot,
				"the name '%s' is taken by the %s at %s:%u; choose another", *object->name,
				kinds[object->kind].block->context, before->spot.place.file,
				before->spot.place.line);
	}
	return true;
}

static void report_unknown(struct reader *reader, const struct named *named, const struct draft_track *entry)
{
	struct nearest nearest;
	nearest_begin(&nearest, entry->track.name);
	if (!reader_is_full(reader) && named->count <= SEARCHED_MAX)
		for (size_t i = 0; i < named->count; i++)
			if (named->objects[i]->kind == entry->track.kind)
				nearest_consider(&nearest, *named->objects[i]->name);
	reader_error(reader, &entry->spot, "there is no %s '%.60s'%s%s%s",
		kinds[entry->track.kind].block->context, entry->track.name, nearest.best ? "; did you mean '" : "",
		nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
}

static void settle_trackers(
	struct reader *reader, const struct named *named, const struct draft_tracks *trackers)
{
	for (struct draft_track *entry = trackers->first; entry; entry = entry->next) {
		struct draft_object *object = find(named, &entry->track);
		if (!object) {
			report_unknown(reader, named, entry);
			continue;
		}
		object->tracked = true;
		if (object->index >= entry->objects_before)
			reader_error(reader, &entry->spot,
				"'%.60s' is defined further down, at %s:%u; a %s stands above what "
				"tracks it: move it up",
				entry->track.name, object->spot.place.file, object->spot.place.line,
				kinds[object->kind].block->context);
		if (!entry->has_weight)
			entry->track.weight = *object->weight;
		if (!entry->has_reverse)
			entry->track.reverse = *object->reverse;
		entry->track.inherits_weight = !entry->has_weight;
		entry->track.inherits_sense = !entry->has_reverse;
	}
}

static void settle_all_trackers(
	struct reader *reader, const struct named *named, const struct draft_tracks lists[TRACK_KIND_COUNT])
{
	for (size_t kind = 0; kind < TRACK_KIND_COUNT; kind++)
		if (kinds[kind].block)
			settle_trackers(reader, named, &lists[kind]);
}

void settle_objects(struct reader *reader)
{
	struct named named;
	if (!sort_by_name(reader, &named))
		return;
	for (struct draft_object *object = reader->objects; object; object = object->next)
		definition_settle(reader, object);
	check_bfd_neighbors(reader);
	for (struct draft_group *group = reader->groups; group; group = group->next)
		settle_all_trackers(reader, &named, group->tracks);
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		settle_all_trackers(reader, &named, draft->tracks);
	if (reader->referring)
		settle_all_trackers(reader, &named, reader->referring);
	for (const struct draft_object *object = reader->objects; object; object = object->next)
		if (!object->tracked && !reader->messages.error_count)
			reader_warning(reader, &object->spot,
				"nothing tracks '%s', so it is left out, as in keepalived: %s { %s }",
				*object->name, kinds[object->kind].word, *object->name);
}
