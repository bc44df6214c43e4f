/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options "KEYWORD [ARGUMENT]" of a line, and the lines of track_interface. */
#include <string.h>

#include "conf/draft.h"

enum option_result option_read(struct reader *reader, const struct keyword_table *table,
	const struct statement *statement, size_t *at, void *object, const struct keyword **row)
{
	const struct token *token = &statement->words[*at];
	const struct keyword *keyword = keyword_find(table, token->text);
	if (!keyword || token->quoted)
		return OPTION_UNKNOWN;
	if (row)
		*row = keyword;
	++*at;
	if (!value_wants_argument(keyword))
		return value_read(reader, keyword, NULL, object) ? OPTION_READ : OPTION_WRONG;
	if (*at == statement->count) {
		reader_error(reader, &token->spot, "'%s' needs a value: %s %s", keyword->word, keyword->word,
			keyword->argument);
		return OPTION_WRONG;
	}
	return value_read(reader, keyword, &statement->words[(*at)++], object) ? OPTION_READ : OPTION_WRONG;
}

bool track_line(struct reader *reader, struct draft *draft, const struct statement *statement)
{
	struct draft_track *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return false;
	entry->spot = statement->words[0].spot;
	if (!value_read_interface(reader, &statement->words[0], &entry->track.name))
		return false;
	bool has_weight = false;
	for (size_t at = 1; at < statement->count;) {
		const struct token *token = &statement->words[at];
		const struct keyword *row = NULL;
		enum option_result result =
			option_read(reader, &track_keywords, statement, &at, &entry->track, &row);
		if (result == OPTION_UNKNOWN)
			parse_unknown(reader, &track_keywords, token);
		if (result != OPTION_READ)
			return false;
		if (row->kind == KEYWORD_FLAG && !has_weight) {
			reader_error(reader, &token->spot,
				"'reverse' stands after a weight: NAME weight NUMBER reverse");
			return false;
		}
		has_weight = true;
	}
	*draft->tracks_end = entry;
	draft->tracks_end = &entry->next;
	draft->track_count++;
	return true;
}
