/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts: the lines of vrrp_script and track_script, and who tracks which. As in keepalived, a script is defined above
 * what tracks it, and its weight counts where a tracker has none of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/keyword_rows.h"

#define SEARCHED_MAX 1000 /* scripts among which a misspelt name is looked for */

bool script_weight_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_script *draft = owner;
	struct draft_track entry = {.next = NULL};
	if (!read_weight(reader, &script_weight_keywords, statement, 0, &entry))
		return false;
	draft->script.weight = entry.track.weight;
	draft->script.reverse = entry.track.reverse;
	return true;
}

bool script_user_line(struct reader *reader, void *owner, const struct statement *statement)
{
	static const struct keyword user = {
		.word = "user", .kind = KEYWORD_STRING, .maximum = 255, SCRIPT(user)};
	static const struct keyword group = {
		.word = "the group", .kind = KEYWORD_STRING, .maximum = 255, SCRIPT(group)};
	struct draft_script *draft = owner;
	draft->script.group = NULL;
	if (statement->count > 3) {
		reader_error(reader, &statement->words[3].spot, "'%.60s' is too much: user USER [GROUP]",
			statement->words[3].text);
		return false;
	}
	return value_read(reader, &user, &statement->words[1], &draft->script) &&
	       (statement->count < 3 || value_read(reader, &group, &statement->words[2], &draft->script));
}

static bool read_tracker(
	struct reader *reader, struct draft_tracks *tracks, const struct statement *statement)
{
	const struct token *name = &statement->words[0];
	struct draft_track *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return false;
	entry->spot = name->spot;
	entry->scripts_before = reader->script_count;
	entry->track.name = reader_keep_string(reader, name->text, name->length);
	if (!entry->track.name || !read_weight(reader, &track_script_keywords, statement, 1, entry))
		return false;
	draft_tracks_add(tracks, entry);
	return true;
}

bool track_script_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	return read_tracker(reader, &draft->scripts, statement);
}

bool group_track_script_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_group *group = owner;
	return read_tracker(reader, &group->scripts, statement);
}

/* The scripts with a name, sorted by it. */
struct named {
	struct draft_script **drafts;
	size_t count;
};

static int by_name(const void *left, const void *right)
{
	const struct draft_script *a = *(struct draft_script *const *)left;
	const struct draft_script *b = *(struct draft_script *const *)right;
	int order = strcmp(a->script.name, b->script.name);
	return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int compare_key(const void *key, const void *element)
{
	const struct draft_script *draft = *(struct draft_script *const *)element;
	return strcmp(key, draft->script.name);
}

static struct draft_script *find(const struct named *named, const char *name)
{
	struct draft_script **found =
		named->count ? bsearch(name, named->drafts, named->count, sizeof *named->drafts, compare_key)
			     : NULL;
	return found ? *found : NULL;
}

static bool sort_by_name(struct reader *reader, struct named *named)
{
	*named =
		(struct named){reader_scratch(reader, (reader->script_count + 1) * sizeof *named->drafts), 0};
	if (!named->drafts)
		return false;
	for (struct draft_script *draft = reader->scripts; draft; draft = draft->next)
		if (draft->script.name)
			named->drafts[named->count++] = draft;
	qsort(named->drafts, named->count, sizeof *named->drafts, by_name);
	for (size_t i = 1; i < named->count; i++)
		if (strcmp(named->drafts[i - 1]->script.name, named->drafts[i]->script.name) == 0)
			reader_error(reader, &named->drafts[i]->spot,
				"the name '%s' is taken by the script at %s:%u; choose another",
				named->drafts[i]->script.name, named->drafts[i - 1]->spot.place.file,
				named->drafts[i - 1]->spot.place.line);
	return true;
}

static void report_unknown(struct reader *reader, const struct named *named, const struct draft_track *entry)
{
	struct search search;
	search_begin(&search, entry->track.name);
	if (!reader_is_full(reader) && named->count <= SEARCHED_MAX)
		for (size_t i = 0; i < named->count; i++)
			search_consider(&search, named->drafts[i]->script.name);
	reader_error(reader, &entry->spot, "there is no vrrp_script '%.60s'%s%s%s", entry->track.name,
		search.best ? "; did you mean '" : "", search.best ? search.best : "",
		search.best ? "'?" : "");
}

static void settle_trackers(
	struct reader *reader, const struct named *named, const struct draft_tracks *trackers)
{
	for (struct draft_track *entry = trackers->first; entry; entry = entry->next) {
		struct draft_script *script = find(named, entry->track.name);
		if (!script) {
			report_unknown(reader, named, entry);
			continue;
		}
		script->tracked = true;
		if (script->index >= entry->scripts_before)
			reader_error(reader, &entry->spot,
				"'%.60s' is defined further down, at %s:%u; a vrrp_script stands above what "
				"tracks it: move it up",
				entry->track.name, script->spot.place.file, script->spot.place.line);
		if (!entry->has_weight)
			entry->track.weight = script->script.weight;
		if (!entry->has_reverse)
			entry->track.reverse = script->script.reverse;
	}
}

static void settle_script(struct reader *reader, struct draft_script *draft)
{
	if (!draft->script.command && !draft->broken)
		reader_error(reader, &draft->spot, "'%s' has no script: add \"script COMMAND\"",
			draft->script.name);
	fill_defaults(&script_keywords, draft->set, &draft->script, &reader->global);
}

void settle_scripts(struct reader *reader)
{
	struct named named;
	if (!reader->reads_scripts || !sort_by_name(reader, &named))
		return;
	for (struct draft_script *draft = reader->scripts; draft; draft = draft->next)
		settle_script(reader, draft);
	for (struct draft_group *group = reader->groups; group; group = group->next)
		settle_trackers(reader, &named, &group->scripts);
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		settle_trackers(reader, &named, &draft->scripts);
	for (const struct draft_script *draft = reader->scripts; draft; draft = draft->next)
		if (!draft->tracked && !reader->messages.error_count)
			reader_warning(reader, &draft->spot,
				"nothing tracks '%s', so it is left out, as in keepalived: track_script { %s "
				"}",
				draft->script.name, draft->script.name);
}
