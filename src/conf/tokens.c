/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text -> statements: the words of a line, up to its end or to a brace. As keepalived reads it: '#' and '!' begin a
 * comment anywhere outside quotes, braces stand alone wherever they are, so that a block may be on one line, and the
 * '{' may stand on a line after its keyword. Words are quoted by " or ', wholly or in part, and a backslash escapes
 * like the shell's $'...' .
 *
 * What keepalived's reader can and this one cannot (definitions, ~SEQ and ~LST, @conditions) is named in an error.
 */
#include <string.h>

#include "conf/reader.h"

static const char not_yet[] = "which keepalived has and this vigiad does not have yet";

static struct spot spot_at(const struct source *source, const char *at)
{
	return (struct spot){.place = {source->path, source->line_number, (unsigned)(at - source->line) + 1},
		.line = source->line};
}

/* One complaint for each statement: what follows it on the line would mostly be its echo. */
static bool complain(struct reader *reader)
{
	if (reader->statement.broken)
		return false;
	reader->statement.broken = true;
	return !reader->skipping;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '\0';
}

static void next_line(struct source *source)
{
	source->at++;
	source->line = source->at;
	source->line_number++;
	source->line_checked = false;
}

static void skip_to_line_end(struct source *source)
{
	const char *end = memchr(source->at, '\n', (size_t)(source->end - source->at));
	source->at = end ? end : source->end;
}

/* Once for each line: what makes it unreadable as a whole. */
static void check_line(struct reader *reader, struct source *source)
{
	if (source->line_checked)
		return;
	source->line_checked = true;
	const char *start = source->at;
	skip_to_line_end(source);
	size_t length = (size_t)(source->at - source->line);
	struct spot spot = spot_at(source, source->line);
	if (length > READER_LINE_MAX) {
		if (complain(reader))
			reader_error(reader, &spot,
				"the line has %zu bytes; at most %d are read, so it was left out", length,
				READER_LINE_MAX);
		return;
	}
	const char *zero = memchr(source->line, '\0', length);
	if (zero && !reader->skipping) {
		spot = spot_at(source, zero);
		reader_error(reader, &spot,
			"there is a NUL byte in the line; is the file damaged, or not a text file?");
	}
	source->at = start;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_octal_digit(char c)
{
	return c >= '0' && c <= '7';
}

/* The character that the escape at source->at (after its backslash) stands for; 0: a line end, NUL, or too large. */
static char read_escape(struct source *source)
{
	static const char plain[] = "abEefnrtv";
	static const char meaning[] = "\a\b\x1b\x1b\f\n\r\t\v";
	char c = *source->at;
	if (source->at == source->end || c == '\n' || c == '\r')
		return 0;
	if (is_octal_digit(c)) {
		unsigned value = 0;
		for (int i = 0; i < 3 && source->at < source->end && is_octal_digit(*source->at); i++)
			value = value * 8 + (unsigned)(*source->at++ - '0');
		return value > 255 ? 0 : (char)value;
	}
	source->at++;
	if (c == 'x' && source->at < source->end && hex_digit(*source->at) >= 0) {
		int value = hex_digit(*source->at++);
		if (source->at < source->end && hex_digit(*source->at) >= 0)
			value = value * 16 + hex_digit(*source->at++);
		return (char)value;
	}
	if (c == 'c' && source->at < source->end && !is_blank(*source->at) && *source->at != '\n')
		return (char)(*source->at++ & 0x1f);
	const char *found = strchr(plain, c);
	return c && found ? meaning[found - plain] : c;
}

static bool is_name_character(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* keepalived replaces $NAME and ${NAME} wherever they stand, quotes or not. */
static bool is_substitution(const struct source *source)
{
	if (*source->at != '$' || source->end - source->at < 2)
		return false;
	char c = source->at[1];
	return c == '{' || (is_name_character(c) && (c < '0' || c > '9'));
}

static bool ends_word(char c, bool keep_braces)
{
	return is_blank(c) || c == '\n' || c == '#' || c == '!' || (!keep_braces && (c == '{' || c == '}'));
}

struct word {
	char *bytes; /* in the statement: a line and the NULs of its words fit */
	size_t length;
	char quote; /* the open one, or 0 */
	const char *quote_at;
	bool quoted;
};

/* One character of a word, which may be an escape or a quote that is not part of it. */
static void read_character(struct reader *reader, struct source *source, struct word *word)
{
	char c = *source->at;
	if (c == '\\') {
		struct spot spot = spot_at(source, source->at++);
		c = read_escape(source);
		if (!c && complain(reader))
			reader_error(reader, &spot,
				"a '\\' at the end of the line, or one that stands for no character;"
				" a line cannot be continued, and '\\\\' is the character itself");
		if (!c)
			return;
	} else if (word->quote ? c == word->quote : c == '"' || c == '\'') {
		word->quote = word->quote ? 0 : c;
		word->quote_at = source->at++;
		word->quoted = true;
		return;
	} else {
		if (is_substitution(source) && complain(reader)) {
			struct spot spot = spot_at(source, source->at);
			reader_error(reader, &spot,
				"'$' begins a substitution, %s; write the value itself, or '\\$'"
				" for the character",
				not_yet);
		}
		source->at++;
	}
	word->bytes[word->length++] = c;
}

static void read_word(struct reader *reader, struct source *source, bool keep_braces, struct token *token)
{
	struct statement *statement = &reader->statement;
	struct word word = {.bytes = statement->bytes + statement->used};
	token->spot = spot_at(source, source->at);
	while (source->at < source->end && *source->at != '\n') {
		if (!word.quote && ends_word(*source->at, keep_braces))
			break;
		read_character(reader, source, &word);
	}
	if (word.quote && complain(reader)) {
		struct spot spot = spot_at(source, word.quote_at);
		reader_error(reader, &spot,
			"the quotation mark %c is not closed on this line; '\\%c' is the character itself",
			word.quote, word.quote);
	}
	token->quoted = word.quoted;
	token->length = word.length;
	token->text = word.bytes;
	word.bytes[word.length] = '\0';
	statement->used += word.length + 1;
}

/* "$NAME=" */
static bool begins_definition(const struct source *source)
{
	const char *at = source->at;
	if (*at++ != '$')
		return false;
	while (at < source->end && is_name_character(*at))
		at++;
	return at < source->end && *at == '=' && at > source->at + 1;
}

/* A line that starts with one of the marks of keepalived's preprocessor. true: the whole line was passed over. */
static bool read_mark(struct reader *reader, struct source *source)
{
	const char *at = source->at;
	for (const char *before = source->line; before < at; before++)
		if (!is_blank(*before))
			return false;
	struct spot spot = spot_at(source, at);
	size_t left = (size_t)(source->end - at);
	if (*at == '@' && left > 1 && !is_blank(at[1]) && at[1] != '\n') {
		if (complain(reader))
			reader_error(reader, &spot,
				"'@' begins a conditional line, %s; write the line without it, on the"
				" machines where it belongs",
				not_yet);
		return false;
	}
	bool is_definition = begins_definition(source);
	bool is_loop = left > 4 && (memcmp(at, "~SEQ", 4) == 0 || memcmp(at, "~LST", 4) == 0);
	if (!is_definition && !is_loop)
		return false;
	if (complain(reader))
		reader_error(reader, &spot, "the line begins a %s, %s; write out what it stands for",
			is_loop ? "loop" : "definition", not_yet);
	for (;;) {
		skip_to_line_end(source);
		const char *last = source->at;
		while (last > source->line && is_blank(last[-1]))
			last--;
		if (source->at == source->end || last == source->line || last[-1] != '\\')
			return true;
		next_line(source);
	}
}

static void skip_blanks(struct source *source)
{
	while (source->at < source->end && is_blank(*source->at))
		source->at++;
	if (source->at < source->end && (*source->at == '#' || *source->at == '!'))
		skip_to_line_end(source);
}

static void end_statement(struct statement *statement, struct source *source, enum statement_end end)
{
	statement->end = end;
	statement->end_spot = spot_at(source, source->at);
	statement->source = source;
}

static void read_include(struct reader *reader, struct source *source, const struct token *keyword)
{
	skip_blanks(source);
	struct token pattern;
	bool has_pattern = source->at < source->end && *source->at != '\n' && *source->at != '}';
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
		skip_to_line_end(source);
		return;
	}
	read_word(reader, source, false, &token);
	if (statement->count == 0 && !token.quoted && include_is_keyword(token.text)) {
		read_include(reader, source, &token);
		return;
	}
	statement->words[statement->count++] = token;
}

/* What ends a statement at source->at. true: it is complete. */
static bool read_end(struct reader *reader, struct source *source)
{
	struct statement *statement = &reader->statement;
	bool has_content = statement->count || statement->broken;
	if (source->at == source->end) {
		end_statement(statement, source, has_content ? STATEMENT_LINE : STATEMENT_FILE);
		if (!has_content)
			source_close(reader);
		return true;
	}
	char c = *source->at;
	if (c != '\n' && c != '{' && c != '}')
		return false;
	end_statement(statement, source,
		c == '\n'  ? STATEMENT_LINE
		: c == '{' ? STATEMENT_OPEN
			   : STATEMENT_CLOSE);
	if (c == '\n')
		next_line(source);
	else
		source->at++;
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
	statement->broken = false;
	while (reader->top && !reader->out_of_memory) {
		struct source *source = reader->top;
		check_line(reader, source);
		skip_blanks(source);
		if (source->at < source->end && *source->at == '\n' && !statement->count &&
			!statement->broken) {
			next_line(source);
			continue;
		}
		if (read_end(reader, source))
			return true;
		if (statement->count || !read_mark(reader, source))
			add_word(reader, source);
	}
	return false;
}

void reader_unread(struct reader *reader)
{
	reader->unread = true;
}

bool reader_take_open(struct reader *reader)
{
	struct source *source = reader->top;
	while (source && source->at < source->end) {
		skip_blanks(source);
		if (source->at == source->end)
			return false;
		if (*source->at == '\n') {
			next_line(source);
			continue;
		}
		if (*source->at != '{')
			return false;
		source->at++;
		return true;
	}
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
