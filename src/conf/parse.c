/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statements -> settings, by the keyword tables. Errors are reported and reading goes on; where a '}' was forgotten
 * the block is ended at the first line that can only belong to the outer one, so that one mistake is one message.
 */
#include <string.h>

#include "conf/draft.h"

/* A block of rows while it is read. */
struct block {
	const struct keyword_table *table;
	const struct keyword_table *outer; /* of the block around it */
	const char *word; /* that begins it */
	void *object; /* what the rows' fields lie in */
	void *owner; /* what the readers of lines fill */
	struct spot *set; /* by row */
	bool *wrong; /* by row, or NULL */
	bool *broken; /* something in it could not be read, or NULL */
	struct kept_list *kept; /* what is only kept goes here; NULL: there is no such row */
	bool of_instance; /* its name is forgotten with the instances */
	struct spot opened;
	const struct source *source;
};


static const char *context_title(const char *context)
{
	return strcmp(context, "(root)") == 0 ? "the top level" : context;
}

static void read_block(struct reader *reader, struct block *block);
static void read_kept(struct reader *reader, const struct keyword *keyword, struct block *around);

static void mark_wrong(struct block *block, size_t row)
{
	if (block->wrong)
		block->wrong[row] = true;
	else if (block->broken)
		*block->broken = true;
}

static void mark_broken(struct block *block)
{
	if (block->broken)
		*block->broken = true;
}

/* The keyword somebody misspelt counts as given, so that it is not reported as missing too. */
static void count_as_given(struct block *block, const char *word, const struct spot *spot)
{
	const struct keyword *keyword = word ? keyword_find(block->table, word) : NULL;
	if (!keyword || !block->wrong || block->set[keyword - block->table->rows].place.line)
		return;
	block->set[keyword - block->table->rows] = *spot;
	block->wrong[keyword - block->table->rows] = true;
}

/* Returns the word that was meant, as far as one is near. */
static const char *unknown_keyword(
	struct reader *reader, const struct keyword_table *table, const struct token *token)
{
	const char *at_top = table == &root_keywords ? "at" : "in";
	if (reader_is_full(reader)) {
		reader_error(reader, &token->spot, "unknown keyword");
		return NULL;
	}
	const char *elsewhere = known_elsewhere(token->text);
	if (elsewhere) {
		reader_error(reader, &token->spot, "'%s' cannot stand %s %s; it belongs %s %s%s", token->text,
			at_top, table->title, strcmp(elsewhere, root_keywords.context) ? "in" : "at",
			context_title(elsewhere),
			table == &root_keywords ? " (is there a '}' too early?)" : "");
		return NULL;
	}
	const char *near = suggest(table, token->text);
	reader_error(reader, &token->spot, "unknown keyword '%.60s' %s %s%s%s%s", token->text, at_top,
		table->title, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return near;
}

void parse_unknown(struct reader *reader, const struct keyword_table *table, const struct token *token)
{
	if (reader_is_full(reader)) {
		reader_error(reader, &token->spot, "unknown word");
		return;
	}
	const char *near = suggest(table, token->text);
	reader_error(reader, &token->spot, "unknown word '%.60s' in %s%s%s%s", token->text, table->title,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* A block that nothing can be done with: passed over, also when its '{' is on the next line. */
static void skip_block_after(struct reader *reader, enum statement_end end, const struct spot *spot)
{
	if (end == STATEMENT_OPEN || (end == STATEMENT_LINE && reader_take_open(reader)))
		reader_skip_block(reader, spot);
}

/* Whether the '{' of a block keyword is there; else reports it. */
static bool block_opened(struct reader *reader, const struct keyword *keyword, const struct spot *spot)
{
	enum statement_end end = reader->statement.end;
	if (end == STATEMENT_OPEN || (end == STATEMENT_LINE && reader_take_open(reader)))
		return true;
	reader_error(
		reader, spot, "'%s' begins a block: %s %s", keyword->word, keyword->word, keyword->argument);
	return false;
}

/* A word of a line that must not be shown may be the secret. */
static const char *shown(const struct token *token)
{
	return token->spot.line ? token->text : "...";
}

void report_extra(struct reader *reader, const struct statement *statement, size_t first)
{
	if (statement->count > first)
		reader_error(reader, &statement->words[first].spot,
			"'%.60s' is too much: nothing may follow here", shown(&statement->words[first]));
}

/* A '}' that the statement ended with. false: it does not close a block of this file; reported. */
static bool closes(struct reader *reader, const struct source *source, const struct source *opened_in,
	const struct spot *spot)
{
	if (source == opened_in)
		return true;
	reader_error(
		reader, spot, "a '}' without its '{': a block must be closed in the file it was opened in");
	return false;
}

/* The line belongs to the block around this one: says so, and gives the line again. */
static void report_missing_close(struct reader *reader, const struct token *token, const char *belongs_in,
	const char *block, const struct spot *opened)
{
	reader_error(reader, &token->spot,
		"'%s' is a keyword of %s: the '}' of '%s' (line %u) is missing before it", token->text,
		belongs_in, block, opened->place.line);
	reader_unread(reader);
}

/* The context the line belongs in, when it belongs around the block of lines. */
static const struct keyword_table *outer_table(
	const struct keyword *lines, const struct block *block, const struct statement *statement)
{
	const char *word = statement->words[0].text;
	const struct keyword_table *table = NULL;
	if (keyword_find(block->table, word))
		table = block->table;
	else if (keyword_find(&root_keywords, word))
		table = &root_keywords;
	/* "state" alone in track_interface is an interface of that name */
	bool may_be_name = lines->traits & KEYWORD_NAMES;
	if (may_be_name && statement->count != 2 && statement->end != STATEMENT_OPEN)
		return NULL;
	return table;
}

/* Other languages end their lines so; here it would become part of the last word. */
static bool refuse_semicolon(struct reader *reader, const struct statement *statement)
{
	for (size_t i = 0; i < statement->count; i++) {
		const struct token *token = &statement->words[i];
		if (token->quoted || !token->length || token->text[token->length - 1] != ';')
			continue;
		reader_error(reader, &token->spot,
			"'%.60s': there are no semicolons here; each setting stands on its own line",
			shown(token));
		return true;
	}
	return false;
}

static void read_lines(
	struct reader *reader, const struct keyword *lines, struct block *block, const struct spot *opened)
{
	const struct statement *statement = &reader->statement;
	const struct source *source = statement->source;
	size_t row = (size_t)(lines - block->table->rows);
	while (reader_next(reader)) {
		if (statement->end == STATEMENT_FILE) {
			if (statement->source != source)
				continue;
			reader_unclosed(reader, opened, source);
			return;
		}
		bool has_words = statement->count && !statement->broken;
		const struct keyword_table *outer = has_words ? outer_table(lines, block, statement) : NULL;
		if (outer) {
			report_missing_close(reader, &statement->words[0], outer->title, lines->word, opened);
			return;
		}
		if (statement->end == STATEMENT_OPEN) {
			struct spot inner = statement->end_spot;
			reader_error(reader, &inner, "there are no blocks in %s", lines->word);
			reader_skip_block(reader, &inner);
			continue;
		}
		if (statement->broken ||
			(has_words && (refuse_semicolon(reader, statement) ||
					      !lines->line(reader, block->owner, statement))))
			mark_wrong(block, row);
		if (statement->end == STATEMENT_CLOSE &&
			closes(reader, statement->source, source, &statement->end_spot))
			return;
	}
}

static void mark_given(
	struct reader *reader, const struct keyword *keyword, struct spot *set, const struct token *token)
{
	bool adds = keyword->kind == KEYWORD_LINES || keyword->kind == KEYWORD_BLOCK ||
		    (keyword->traits & KEYWORD_ADDS);
	if (set->place.line && !adds)
		reader_warning(reader, &token->spot, "'%s' was given before, on line %u; this one counts",
			token->text, set->place.line);
	*set = token->spot;
}

static bool is_kept(const struct block *block, const struct keyword *keyword)
{
	return block->table->kept || (keyword->traits & KEYWORD_KEPT);
}

static void warn_kept(struct reader *reader, const struct spot *spot, const struct keyword *keyword)
{
	reader_warning(reader, spot, "'%s' is checked, but this vigiad does not act on it%s%s", keyword->word,
		keyword->differs ? ": " : "", keyword->differs ? keyword->differs : "");
}

/* KEYWORD [VALUE] */
static bool read_setting(struct reader *reader, const struct keyword *keyword, struct block *block)
{
	const struct statement *statement = &reader->statement;
	const struct token *argument = statement->count > 1 ? &statement->words[1] : NULL;
	bool wants = value_wants_argument(keyword);
	if (!argument && wants && keyword->kind != KEYWORD_BOOL && !(keyword->traits & KEYWORD_OPTIONAL)) {
		reader_error(reader, &statement->words[0].spot, "'%s' needs a value: %s %s", keyword->word,
			keyword->word, keyword->argument);
		return false;
	}
	if (argument && !wants) {
		reader_error(reader, &argument->spot, "'%s' takes no value", keyword->word);
		return false;
	}
	if (keyword->kind == KEYWORD_WORDS)
		return keyword->line(reader, block->owner, statement);
	if (keyword->kind == KEYWORD_STRING && statement->count > 2)
		reader_error(reader, &statement->words[2].spot,
			"'%.60s' is too much: %s is one word; put quotes around one with blanks",
			shown(&statement->words[2]), keyword->word);
	else
		report_extra(reader, statement, 2);
	if (is_kept(block, keyword))
		return value_check(reader, keyword, argument) && statement->count <= 2;
	return value_read(reader, keyword, argument, block->object) && statement->count <= 2;
}

/* A word that is no row of this block. false: the statement does not belong to the block, which is ended. */
static bool foreign_statement(struct reader *reader, struct block *block)
{
	const struct token *token = &reader->statement.words[0];
	const struct spot spot = token->spot;
	const enum statement_end end = reader->statement.end;
	const struct keyword_table *outer = block->outer;
	bool belongs = keyword_find(outer, token->text);
	if (!belongs && outer != &root_keywords) {
		outer = &root_keywords;
		belongs = keyword_find(outer, token->text);
	}
	const struct keyword *row = keyword_find(outer, token->text);
	bool ends_block = outer != &root_keywords || end == STATEMENT_OPEN ||
			  (row && (row->kind == KEYWORD_BLOCK || row->kind == KEYWORD_LINES));
	if (belongs && ends_block) {
		report_missing_close(reader, token, outer->title, block->word, &block->opened);
		if (!block->wrong)
			mark_broken(block);
		return false;
	}
	count_as_given(block, unknown_keyword(reader, block->table, token), &spot);
	if (!block->wrong)
		mark_broken(block);
	skip_block_after(reader, end, &spot);
	return true;
}

static void read_lines_of(struct reader *reader, const struct keyword *keyword, struct block *block)
{
	const struct spot spot = reader->statement.words[0].spot;
	if (!block_opened(reader, keyword, &spot)) {
		mark_wrong(block, (size_t)(keyword - block->table->rows));
		return;
	}
	report_extra(reader, &reader->statement, 1);
	read_lines(reader, keyword, block, &spot);
}

static void read_inner_block(struct reader *reader, const struct keyword *keyword, struct block *block)
{
	size_t row = (size_t)(keyword - block->table->rows);
	struct block inner = {.table = keyword->block,
		.outer = block->table,
		.word = keyword->word,
		.object = block->object,
		.owner = block->owner,
		.set = reader_scratch(reader, keyword->block->count * sizeof *inner.set),
		.broken = block->wrong ? &block->wrong[row] : block->broken,
		.opened = reader->statement.words[0].spot,
		.source = reader->statement.source};
	if (!inner.set)
		return;
	if (!block_opened(reader, keyword, &inner.opened)) {
		mark_wrong(block, row);
		return;
	}
	report_extra(reader, &reader->statement, 1);
	read_block(reader, &inner);
}

/* The line has something secret in it: no message shows it. */
static void hide_line(struct statement *statement)
{
	for (size_t i = 0; i < statement->count; i++)
		statement->words[i].spot.line = NULL;
	statement->end_spot.line = NULL;
}

/* Inside a block that is kept as a whole nothing more is said about it. */
static void keep_setting(struct reader *reader, const struct keyword *keyword, struct block *block)
{
	if (!block->table->kept && !(keyword->traits & KEYWORD_ALWAYS_SO))
		warn_kept(reader, &reader->statement.words[0].spot, keyword);
	if (!keep_statement(reader, block->kept, block->table, keyword, &reader->statement))
		mark_broken(block);
}

static void read_other_line(struct reader *reader, struct block *block)
{
	const struct statement *statement = &reader->statement;
	if (!block->table->other_line(reader, block->owner, statement) ||
		!keep_statement(reader, block->kept, block->table, NULL, statement))
		mark_broken(block);
}

/* false: the statement does not belong to this block, which is ended. */
static bool block_statement(struct reader *reader, struct block *block)
{
	struct statement *statement = &reader->statement;
	const struct token *token = &statement->words[0];
	const struct keyword *keyword = keyword_find(block->table, token->text);
	if (block->table->secret || (keyword && keyword->kind == KEYWORD_BLOCK && keyword->block->secret))
		hide_line(statement);
	const struct spot spot = token->spot;
	const enum statement_end end = statement->end;
	if (refuse_semicolon(reader, statement)) {
		mark_broken(block);
		skip_block_after(reader, end, &spot);
		return true;
	}
	if (!keyword && block->table->other_line && end != STATEMENT_OPEN &&
		!keyword_find(&root_keywords, token->text)) {
		read_other_line(reader, block);
		return true;
	}
	if (!keyword)
		return foreign_statement(reader, block);
	size_t row = (size_t)(keyword - block->table->rows);
	mark_given(reader, keyword, &block->set[row], token);
	if (keyword->kind == KEYWORD_LINES) {
		read_lines_of(reader, keyword, block);
		return true;
	}
	if (keyword->kind == KEYWORD_BLOCK && keyword->block->kept) {
		read_kept(reader, keyword, block);
		return true;
	}
	if (keyword->kind == KEYWORD_BLOCK) {
		read_inner_block(reader, keyword, block);
		return true;
	}
	if (!read_setting(reader, keyword, block))
		mark_wrong(block, row);
	else if (is_kept(block, keyword))
		keep_setting(reader, keyword, block);
	if (end == STATEMENT_OPEN) {
		reader_error(reader, &statement->end_spot, "'%s' takes no block", keyword->word);
		reader_skip_block(reader, &spot);
	}
	return true;
}

static void read_block(struct reader *reader, struct block *block)
{
	const struct statement *statement = &reader->statement;
	while (reader_next(reader)) {
		const struct source *source = statement->source;
		const enum statement_end end = statement->end;
		const struct spot end_spot = statement->end_spot;
		if (end == STATEMENT_FILE) {
			if (source != block->source)
				continue;
			reader_unclosed(reader, &block->opened, block->source);
			return;
		}
		if (statement->broken) {
			mark_broken(block);
			skip_block_after(reader, end == STATEMENT_OPEN ? end : STATEMENT_CLOSE, &end_spot);
		} else if (statement->count) {
			if (!block_statement(reader, block))
				return;
		} else if (end == STATEMENT_OPEN) {
			reader_error(reader, &end_spot, "a '{' without a keyword before it");
			reader_skip_block(reader, &end_spot);
		}
		if (end == STATEMENT_CLOSE && closes(reader, source, block->source, &end_spot))
			return;
	}
}

/* A block that is kept as a whole. */
static void read_kept(struct reader *reader, const struct keyword *keyword, struct block *around)
{
	const struct statement *statement = &reader->statement;
	struct kept_block kept = {.keyword = keyword,
		.outer = around->table->kept ? around->owner : NULL,
		.opened = statement->words[0].spot,
		.set = reader_scratch(reader, keyword->block->count * sizeof *kept.set)};
	struct block block = {.table = keyword->block,
		.outer = around->table,
		.word = keyword->word,
		.owner = &kept,
		.set = kept.set,
		.broken = &kept.broken,
		.kept = &kept.inner,
		.opened = kept.opened,
		.source = statement->source};
	if (!kept.set)
		return;
	kept_list_begin(&kept.inner);
	if (!block_opened(reader, keyword, &kept.opened)) {
		mark_broken(around);
		return;
	}
	if (!keyword->line)
		report_extra(reader, statement, 1);
	else if (!keyword->line(reader, &kept, statement))
		kept.broken = true;
	kept.statement = keep_statement(reader, around->kept, around->table, keyword, statement);
	if (!kept.statement)
		return;
	read_block(reader, &block);
	kept.statement->inner = kept.inner.first;
	check_kept_block(reader, &kept);
	if (kept.broken)
		mark_broken(around);
}

static struct draft *add_draft(struct reader *reader)
{
	struct draft *draft = reader_scratch(reader, sizeof *draft);
	if (!draft)
		return NULL;
	draft->vr.extra = &draft->extra;
	draft->advertised_end = &draft->advertised;
	draft->excluded_end = &draft->excluded;
	draft->routes_end = &draft->routes;
	draft->rules.end = &draft->rules.first;
	draft_tracks_begin(draft->tracks);
	draft->peers_end = &draft->peers;
	draft->keys_end = &draft->keys;
	kept_list_begin(&draft->kept);
	*reader->drafts_end = draft;
	reader->drafts_end = &draft->next;
	draft->index = reader->draft_count++;
	return draft;
}

/* "KEYWORD NAME {", one of which more than `count` are there; false: the block was passed over. */
static bool named_block_begins(struct reader *reader, const struct keyword *keyword, size_t count)
{
	const struct statement *statement = &reader->statement;
	struct spot spot = statement->words[0].spot;
	if (statement->count >= 2 && count < READER_INSTANCES_MAX)
		return true;
	if (statement->count < 2)
		reader_error(
			reader, &spot, "a %s needs a name: %s NAME { ... }", keyword->word, keyword->word);
	else if (!reader->too_much)
		reader_error(reader, &spot, "more than %d blocks of %s", READER_INSTANCES_MAX, keyword->word);
	if (statement->count >= 2)
		reader->too_much = true;
	skip_block_after(reader, statement->end, &spot);
	return false;
}

static bool read_name(struct reader *reader, const struct token *token, bool of_instance, const char **name)
{
	static const struct keyword row = {.word = "a name", .kind = KEYWORD_STRING, .maximum = 255};
	if (!value_check_string(reader, &row, token))
		return false;
	*name = of_instance ? reader_keep_bulk_string(reader, token->text, token->length)
			    : reader_keep_string(reader, token->text, token->length);
	return *name != NULL;
}

/* The name goes to *name and its place to *spot; `block` has what is the caller's. */
static void read_named_block(struct reader *reader, const struct keyword *keyword, const char **name,
	struct spot *spot, struct block block)
{
	const struct statement *statement = &reader->statement;
	block.table = keyword->block;
	block.outer = &root_keywords;
	block.word = keyword->word;
	block.opened = statement->words[0].spot;
	block.source = statement->source;
	*spot = statement->words[1].spot;
	*block.broken = !read_name(reader, &statement->words[1], block.of_instance, name);
	report_extra(reader, statement, 2);
	if (block_opened(reader, keyword, &block.opened))
		read_block(reader, &block);
	else
		*block.broken = true;
}

static void read_instance(struct reader *reader, const struct keyword *keyword)
{
	if (!named_block_begins(reader, keyword, reader->draft_count))
		return;
	struct draft *draft = add_draft(reader);
	if (!draft)
		return;
	struct block block = {.object = &draft->whole,
		.owner = draft,
		.set = draft->set,
		.wrong = draft->wrong,
		.broken = &draft->broken,
		.kept = &draft->kept,
		.of_instance = true};
	read_named_block(reader, keyword, &draft->vr.name, &draft->spot, block);
}

static struct draft_group *add_group(struct reader *reader)
{
	struct draft_group *group = reader_scratch(reader, sizeof *group);
	if (!group)
		return NULL;
	group->members.end = &group->members.first;
	draft_tracks_begin(group->tracks);
	*reader->groups_end = group;
	reader->groups_end = &group->next;
	group->index = reader->group_count++;
	return group;
}

static void read_group(struct reader *reader, const struct keyword *keyword)
{
	if (!named_block_begins(reader, keyword, reader->group_count))
		return;
	struct draft_group *group = add_group(reader);
	if (!group)
		return;
	struct block block = {
		.object = &group->group, .owner = group, .set = group->set, .broken = &group->broken};
	read_named_block(reader, keyword, &group->group.name, &group->spot, block);
}

static void read_track_group(struct reader *reader, const struct keyword *keyword)
{
	if (!named_block_begins(reader, keyword, reader->statics->group_count))
		return;
	struct draft_track_group *group = draft_track_group_new(reader);
	if (!group)
		return;
	struct block block = {.owner = group, .set = group->set, .broken = &group->broken};
	read_named_block(reader, keyword, &group->name, &group->spot, block);
}

/* What instances can track. */
static void read_object(struct reader *reader, const struct keyword *keyword)
{
	if (!named_block_begins(reader, keyword, reader->object_count))
		return;
	struct block block = {.set = NULL};
	struct draft_object *object = draft_object_new(reader, keyword->block, &block.object, &block.set);
	if (!object)
		return;
	block.owner = object;
	block.broken = &object->broken;
	read_named_block(reader, keyword, object->name, &object->spot, block);
}

static void read_limit(struct reader *reader, const struct keyword *keyword)
{
	struct spot spot = reader->statement.words[0].spot;
	struct draft_limit *limit = reader_scratch(reader, sizeof *limit);
	if (!limit)
		return;
	limit->spot = spot;
	limit->interfaces.end = &limit->interfaces.first;
	*reader->limits_end = limit;
	reader->limits_end = &limit->next;
	reader->limit_count++;
	struct block block = {.table = keyword->block,
		.outer = &root_keywords,
		.word = keyword->word,
		.object = &limit->limit,
		.owner = limit,
		.set = limit->set,
		.broken = &limit->broken,
		.opened = spot,
		.source = reader->statement.source};
	limit->broken = !block_opened(reader, keyword, &spot);
	if (limit->broken)
		return;
	report_extra(reader, &reader->statement, 1);
	read_block(reader, &block);
}

static void read_global(struct reader *reader, const struct keyword *keyword)
{
	const struct statement *statement = &reader->statement;
	struct block block = {.table = keyword->block,
		.outer = &root_keywords,
		.word = keyword->word,
		.object = &reader->global,
		.owner = &reader->global,
		.set = reader->global_set,
		.kept = &reader->global_kept,
		.opened = statement->words[0].spot,
		.source = statement->source};
	if (!block_opened(reader, keyword, &block.opened))
		return;
	report_extra(reader, statement, 1);
	read_block(reader, &block);
}

/* What stands at the top level itself, and blocks that are only kept. */
static void read_at_top(struct reader *reader, const struct keyword *keyword)
{
	struct block top = {.table = &root_keywords,
		.outer = &root_keywords,
		.object = &reader->global,
		.owner = &reader->global,
		.set = reader->root_set,
		.kept = &reader->kept,
		.opened = reader->statement.words[0].spot};
	const struct spot spot = top.opened;
	if (keyword->kind != KEYWORD_BLOCK) {
		block_statement(reader, &top);
		return;
	}
	warn_kept(reader, &spot, keyword);
	if (!reader->first_kept.place.line)
		reader->first_kept = spot;
	read_kept(reader, keyword, &top);
}

static void root_statement(struct reader *reader)
{
	const struct statement *statement = &reader->statement;
	const struct token *token = &statement->words[0];
	const struct keyword *keyword = keyword_find(&root_keywords, token->text);
	enum track_kind kind;
	if (!keyword) {
		struct spot spot = token->spot;
		unknown_keyword(reader, &root_keywords, token);
		skip_block_after(reader, statement->end, &spot);
	} else if (keyword->kind != KEYWORD_BLOCK || keyword->block->kept) {
		read_at_top(reader, keyword);
	} else if (keyword->block == &instance_keywords) {
		read_instance(reader, keyword);
	} else if (keyword->block == &sync_group_keywords) {
		read_group(reader, keyword);
	} else if (keyword->block == &track_group_keywords) {
		read_track_group(reader, keyword);
	} else if (keyword->block == &garp_group_keywords) {
		read_limit(reader, keyword);
	} else if (object_kind_of(keyword->block, &kind)) {
		read_object(reader, keyword);
	} else {
		read_global(reader, keyword);
	}
}

void parse_all(struct reader *reader)
{
	const struct statement *statement = &reader->statement;
	while (reader_next(reader)) {
		const enum statement_end end = statement->end;
		const struct spot end_spot = statement->end_spot;
		if (statement->count && !statement->broken) {
			root_statement(reader);
		} else if (end == STATEMENT_OPEN) {
			if (!statement->broken)
				reader_error(reader, &end_spot, "a '{' without a keyword before it");
			reader_skip_block(reader, &end_spot);
		}
		if (end == STATEMENT_CLOSE)
			reader_error(reader, &end_spot, "a '}' without its '{'");
	}
}
