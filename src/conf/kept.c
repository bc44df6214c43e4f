/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keepalived has and this build does not act on: load balancing and its health checks, SNMP, D-Bus. It is read
 * by the keyword tables like everything else, so that a mistake in it is found; there is no struct for each block,
 * though: a statement that is right is kept as its words, for the canonical form to show. A block says once that
 * nobody acts on it.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"

void kept_list_begin(struct kept_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

/* The place of the one statement of this row; NULL: it may stand more than once, or there is no memory. */
static struct conf_kept **only_one(struct reader *reader, struct kept_list *list,
	const struct keyword_table *table, const struct keyword *keyword)
{
	if (!keyword || keyword->kind == KEYWORD_BLOCK || (keyword->traits & KEYWORD_ADDS))
		return NULL;
	if (!list->by_row)
		list->by_row = reader_scratch(reader, table->count * sizeof *list->by_row);
	return list->by_row ? &list->by_row[keyword - table->rows] : NULL;
}

struct conf_kept *keep_statement(struct reader *reader, struct kept_list *list,
	const struct keyword_table *table, const struct keyword *keyword, const struct statement *statement)
{
	const char **words = reader_keep(reader, statement->count * sizeof *words);
	if (!words)
		return NULL;
	for (size_t i = 0; i < statement->count; i++) {
		const struct token *token = &statement->words[i];
		if (strlen(token->text) < token->length) {
			reader_error(reader, &token->spot, "there is a NUL byte in this word");
			return NULL;
		}
		words[i] = reader_keep_string(reader, token->text, token->length);
		if (!words[i])
			return NULL;
	}
	struct conf_kept **place = only_one(reader, list, table, keyword);
	struct conf_kept *kept = place && *place ? *place : reader_keep(reader, sizeof *kept);
	if (!kept)
		return NULL;
	if (!place || !*place) {
		*list->end = kept;
		list->end = &kept->next;
	}
	if (place)
		*place = kept;
	kept->words = words;
	kept->word_count = statement->count;
	kept->has_block = keyword && keyword->kind == KEYWORD_BLOCK;
	kept->secret = keyword && (keyword->traits & KEYWORD_SECRET);
	return kept;
}

const struct spot *kept_spot(const struct kept_block *block, const char *word)
{
	const struct keyword_table *table = block->keyword->block;
	const struct spot *spot = &block->set[keyword_find(table, word) - table->rows];
	return spot->place.line ? spot : NULL;
}

int64_t kept_number(const struct kept_block *block, const char *word, int64_t fallback)
{
	for (const struct conf_kept *kept = block->inner.first; kept; kept = kept->next)
		if (strcmp(kept->words[0], word) == 0 && kept->word_count > 1)
			return strtoll(kept->words[1], NULL, 10);
	return fallback;
}

bool keep_reference(struct reader *reader, enum reference kind, const struct token *token)
{
	struct kept_reference *reference = reader_scratch(reader, sizeof *reference);
	if (!reference)
		return false;
	*reference = (struct kept_reference){.next = reader->references,
		.kind = kind,
		.name = reader_keep_string(reader, token->text, token->length),
		.spot = token->spot};
	reader->references = reference;
	reader->reference_count++;
	return reference->name != NULL;
}

/* By name, what has it before what refers to it, else in the order of the files. */
static int compare_references(const void *left, const void *right)
{
	const struct kept_reference *a = *(const struct kept_reference *const *)left;
	const struct kept_reference *b = *(const struct kept_reference *const *)right;
	int by_name = strcmp(a->name, b->name);
	if (by_name)
		return by_name;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->spot.place.line < b->spot.place.line ? -1 : a->spot.place.line > b->spot.place.line;
}

static void check_reference(
	struct reader *reader, const struct kept_reference *reference, const struct kept_reference *group)
{
	switch (reference->kind) {
	case REFERENCE_IS_SERVER_GROUP:
		if (group)
			reader_error(reader, &reference->spot,
				"there is a virtual_server_group '%.60s' already, on line %u",
				reference->name, group->spot.place.line);
		return;
	case REFERENCE_TO_SERVER_GROUP:
		if (!group)
			reader_error(reader, &reference->spot, "there is no virtual_server_group '%.60s'",
				reference->name);
		return;
	case REFERENCE_TO_INSTANCE:
		for (const struct draft *draft = reader->drafts; draft; draft = draft->next)
			if (strcmp(draft->vr.name, reference->name) == 0)
				return;
		reader_error(reader, &reference->spot, "there is no vrrp_instance '%.60s'", reference->name);
		return;
	}
}

void check_references(struct reader *reader)
{
	size_t count = 0;
	const struct kept_reference **sorted =
		reader_scratch(reader, reader->reference_count * sizeof *sorted);
	if (!reader->reference_count || !sorted)
		return;
	for (const struct kept_reference *at = reader->references; at; at = at->next)
		sorted[count++] = at;
	qsort(sorted, count, sizeof *sorted, compare_references);
	const struct kept_reference *group = NULL; /* of the current name */
	for (size_t i = 0; i < count; i++) {
		if (group && strcmp(group->name, sorted[i]->name) != 0)
			group = NULL;
		check_reference(reader, sorted[i], group);
		if (sorted[i]->kind == REFERENCE_IS_SERVER_GROUP)
			group = sorted[i];
	}
}

void check_kept_block(struct reader *reader, const struct kept_block *block)
{
	const struct keyword_table *table = block->keyword->block;
	for (size_t i = 0; i < table->count && !block->broken; i++)
		if ((table->rows[i].traits & KEYWORD_REQUIRED) && !block->set[i].place.line)
			reader_error(reader, &block->opened, "'%s' is missing in %s: %s %s",
				table->rows[i].word, table->title, table->rows[i].word,
				table->rows[i].argument);
	if (table->check && !block->broken)
		table->check(reader, block);
}

void check_kept_alone(struct reader *reader)
{
	const struct draft_statics *statics = reader->statics;
	const bool nothing = !reader->draft_count && !statics->addresses && !statics->routes && !statics->rules.first;
	if (reader->first_kept.place.line && nothing && !reader->messages.error_count)
		reader_error(reader, &reader->first_kept,
			"there is nothing in this configuration that vigiad acts on, such as a "
			"vrrp_instance; use keepalived for it");
}

static void print_words(const struct conf_kept *kept, enum conf_secrets secrets, struct text *out)
{
	for (size_t i = 0; i < kept->word_count; i++) {
		text_str(out, i ? " " : "");
		if (i && kept->secret && secrets == CONF_SECRETS_MASKED)
			text_str(out, "********");
		else
			value_print_string(kept->words[i], out);
	}
}

static void print_indent(unsigned depth, struct text *out)
{
	for (unsigned i = 0; i < depth; i++)
		text_str(out, "    ");
}

void kept_print(const struct conf_kept *list, unsigned depth, enum conf_secrets secrets, struct text *out)
{
	for (const struct conf_kept *kept = list; kept; kept = kept->next) {
		print_indent(depth, out);
		print_words(kept, secrets, out);
		text_str(out, kept->has_block ? " {\n" : "\n");
		kept_print(kept->inner, depth + 1, secrets, out);
		if (!kept->has_block)
			continue;
		print_indent(depth, out);
		text_str(out, "}\n");
	}
}
