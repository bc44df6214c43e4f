/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines -> statements: the words of a line, up to its end or to a brace. As keepalived reads it: '#' and '!' begin a
 * comment anywhere outside quotes, braces stand alone wherever they are, so that a block may be on one line, and the
 * '{' may stand on a line after its keyword.
 *
 * A word that begins with " or ' goes to the next one and may go on with another quoted part. Inside a word ' is an
 * ordinary character (auth_pass it's), and so is a backslash, but before '#' and '!' and, as far as another quotation mark
 * follows, before the one of its own part. The commands of scripts have
 * quotes and escapes of their own (command.h): only the outermost quotes are taken away from them here, and in them
 * \" does not end anything.
 */
#include <string.h>

#include "conf/line.h"

/* One complaint for each statement: what follows it on the line would mostly be its echo. */
static bool complain(struct reader *reader)
{
	if (reader->statement.broken)
		return false;
	reader->statement.broken = true;
	return !reader->skipping;
}

/* Those whose argument is a command or a pattern. */
static bool takes_command(const char *word)
{
	static const char *const words[] = {"script", "notify", "notify_backup", "notify_deleted",
		"notify_down", "notify_fault", "notify_fifo_script", "notify_master",
		"notify_master_rx_lower_pri", "notify_stop", "notify_up", "misc_path", "quorum_down",
		"quorum_up", "regex", "shutdown_script", "startup_script", "vrrp_notify_fifo_script",
		"lvs_notify_fifo_script"};
	if (!strchr("snmqrvl", word[0]))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

struct word {
	struct source *source;
	char *bytes; /* in the statement: a line and the NULs of its words fit */
	size_t length;
	bool is_command;
	bool keep_braces;
	bool quoted; /* some part of it is */
};

static void take(struct word *word)
{
	word->bytes[word->length++] = *word->source->at++;
}

/* A quoted part, from its quotation mark to the other one; kept: with both of them. */
static void read_quoted(struct reader *reader, struct word *word, bool kept)
{
	struct source *source = word->source;
	const char *opened = source->at;
	char quote = *opened;
	if (kept)
		take(word);
	else
		source->at++;
	while (source->at < source->stop && *source->at != quote) {
		bool is_escape = *source->at == '\\' && source->at + 1 < source->stop;
		if (is_escape && word->is_command)
			take(word);
		else if (is_escape && source->at[1] == quote &&
			 line_quote_follows(source->at + 2, source->stop, quote))
			source->at++;
		take(word);
	}
	word->quoted |= !kept;
	if (source->at < source->stop) {
		if (kept)
			take(word);
		else
			source->at++;
		return;
	}
	struct spot spot = spot_at(source, opened);
	if (complain(reader))
		reader_error(reader, &spot, "the quotation mark %c is not closed on this line", quote);
}

static bool ends_word(const struct word *word)
{
	char c = *word->source->at;
	return is_blank(c) || c == '#' || c == '!' || (!word->keep_braces && (c == '{' || c == '}'));
}

static void read_parts(struct reader *reader, struct word *word)
{
	struct source *source = word->source;
	bool can_open = true; /* here a ' opens a quoted part */
	while (source->at < source->stop && !ends_word(word)) {
		char c = *source->at;
		bool is_quote = c == '"' || (c == '\'' && (can_open || word->is_command));
		if (is_quote) {
			bool kept = word->is_command && !can_open;
			read_quoted(reader, word, kept);
			can_open |= !kept;
			continue;
		}
		can_open = false;
		char next = c == '\\' && source->at + 1 < source->stop ? source->at[1] : 0;
		if (next && word->is_command)
			take(word);
		else if (next == '#' || next == '!')
			source->at++;
		take(word);
	}
}

static void read_word(struct reader *reader, struct source *source, bool keep_braces, struct token *token)
{
	struct statement *statement = &reader->statement;
	struct word word = {.source = source,
		.bytes = statement->bytes + statement->used,
		.is_command = statement->count && !statement->words[0].quoted &&
			      takes_command(statement->words[0].text),
		.keep_braces = keep_braces};
	token->spot = spot_at(source, source->at);
	read_parts(reader, &word);
	token->quoted = word.quoted;
	token->length = word.length;
	token->text = word.bytes;
	word.bytes[word.length] = '\0';
	statement->used += word.length + 1;
}

static void skip_blanks(struct source *source)
{
	source->at = skip_blank(source->at, source->stop);
	if (source->at < source->stop && (*source->at == '#' || *source->at == '!'))
		source->at = source->stop;
}

static void end_statement(struct statement *statement, struct source *source, enum statement_end end)
{
	statement->end = end;
	statement->end_spot = spot_at(source, source->at);
	statement->source = source->file;
}

static void read_include(struct reader *reader, struct source *source, const struct token *keyword)
{
	skip_blanks(source);
	struct token pattern;
	bool has_pattern = source->at < source->stop && *source->at != '}';
	if (has_pattern)
		read_word(reader, source, true, &pattern);
	if (!reader->skipping && !reader->statement.broken)
		include_files(reader, keyword, has_pattern ? &pattern : NULL);
	reader->statement.count = 0;
}

static void add_word(struct reader *reader, struct source *source)
{
	struct statement *statement = &reader->statement;
	struct token token;
	if (statement->count == 0)
		statement->used = 0;
	if (statement->count == READER_WORDS_MAX) {
		struct spot spot = spot_at(source, source->at);
		if (complain(reader))
			reader_error(reader, &spot, "more than %d words on one line", READER_WORDS_MAX);
		source->at = source->stop;
		return;
	}
	read_word(reader, source, false, &token);
	if (statement->count == 0 && !token.quoted && include_is_keyword(token.text)) {
		read_include(reader, source, &token);
		return;
	}
	statement->words[statement->count++] = token;
}

/* The line has ended. true: a statement with it, or the file; false: there is another line. */
static bool end_line(struct reader *reader)
{
	struct statement *statement = &reader->statement;
	struct source *source = reader->top;
	if (statement->count || statement->broken) {
		end_statement(statement, source, STATEMENT_LINE);
		return true;
	}
	if (line_advance(reader)) {
		statement->broken = reader->line_broken;
		reader->line_broken = false;
		return false;
	}
	if (reader->out_of_memory || reader->stopped)
		return false;
	end_statement(statement, reader->top, STATEMENT_FILE);
	source_close(reader);
	return true;
}

bool reader_next(struct reader *reader)
{
	struct statement *statement = &reader->statement;
	if (reader->unread) {
		reader->unread = false;
		return true;
	}
	statement->count = 0;
	statement->broken = reader->line_broken;
	reader->line_broken = false;
	while (reader->top && !reader->out_of_memory && !reader->stopped) {
		struct source *source = reader->top;
		skip_blanks(source);
		if (source->at == source->stop) {
			if (end_line(reader))
				return true;
		} else if (*source->at == '{' || *source->at == '}') {
			end_statement(
				statement, source, *source->at == '{' ? STATEMENT_OPEN : STATEMENT_CLOSE);
			source->at++;
			return true;
		} else {
			add_word(reader, source);
		}
	}
	return false;
}

void reader_unread(struct reader *reader)
{
	reader->unread = true;
}

bool reader_take_open(struct reader *reader)
{
	do {
		struct source *source = reader->top;
		skip_blanks(source);
		if (source->at == source->stop)
			continue;
		if (*source->at != '{')
			return false;
		source->at++;
		return true;
	} while (!reader->line_broken && line_advance(reader));
	return false;
}

void reader_unclosed(struct reader *reader, const struct spot *opened, const struct source *source)
{
	reader_unread(reader);
	if (reader->statement.source->unclosed || reader->statement.source != source)
		return;
	reader->statement.source->unclosed = true;
	reader_error(reader, opened, "the block that begins here is not closed: its '}' is missing");
}

void reader_skip_block(struct reader *reader, const struct spot *opened)
{
	unsigned depth = 1;
	const struct source *source = reader->statement.source;
	reader->skipping = true;
	while (depth && reader_next(reader)) {
		switch (reader->statement.end) {
		case STATEMENT_OPEN:
			depth++;
			break;
		case STATEMENT_CLOSE:
			depth--;
			break;
		case STATEMENT_LINE:
			break;
		case STATEMENT_FILE:
			reader_unclosed(reader, opened, source);
			depth = 0;
			break;
		}
	}
	reader->skipping = false;
}
