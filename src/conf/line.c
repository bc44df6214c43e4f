/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From line to line: its end, conditions, and who reads what else it may begin with. See line.h. */
#include "conf/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct spot spot_at(const struct source *source, const char *at)
{
	return (struct spot){.place = {source->path, source->line_number, (unsigned)(at - source->line) + 1},
		.line = source->line,
		.origin = source->origin};
}

void line_error(struct reader *reader, struct source *source, const char *at, const char *format, ...)
{
	char text[400];
	va_list arguments;
	struct spot spot = spot_at(source, at);
	reader->line_broken = true;
	if (reader->skipping)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	reader_error(reader, &spot, "%s", text);
}

bool line_quote_follows(const char *at, const char *stop, char quote)
{
	return memchr(at, quote, (size_t)(stop - at));
}

const char *line_content_end(const char *at, const char *stop)
{
	char quote = 0;
	bool begins_word = true;
	for (; at < stop; at++) {
		char c = *at;
		bool escapes = c == '\\' && at + 1 < stop &&
			       (!quote || (at[1] == quote && line_quote_follows(at + 2, stop, quote)));
		if (escapes)
			at++;
		else if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || (c == '\'' && begins_word))
			quote = c;
		else if (c == '#' || c == '!')
			return at;
		begins_word = is_blank(c);
	}
	return stop;
}

/* What makes the line unreadable as a whole. */
static void check_line(struct reader *reader, struct source *source)
{
	size_t length = (size_t)(source->stop - source->line);
	if (length > READER_LINE_MAX) {
		line_error(reader, source, source->line,
			"the line has %zu bytes; at most %d are read, so it was left out", length,
			READER_LINE_MAX);
		source->at = source->stop;
		return;
	}
	const char *zero = source->has_nul ? memchr(source->line, '\0', length) : NULL;
	if (!zero || reader->skipping)
		return;
	struct spot spot = spot_at(source, zero);
	reader_error(
		reader, &spot, "there is a NUL byte in the line; is the file damaged, or not a text file?");
}

/* A text that is no file: what it and others stand for must end somewhere. */
static bool count_made(struct reader *reader, const struct source *source)
{
	if (source->file == source || reader->made_lines++ < READER_MADE_MAX)
		return true;
	struct spot spot = spot_at(source, source->line);
	reader_error(reader, &spot,
		"the definitions and loops up to here stand for more than %d lines; nothing more is read",
		READER_MADE_MAX);
	reader->stopped = true;
	return false;
}

/* false: the text has ended. */
static bool begin_line(struct reader *reader, struct source *source)
{
	if (source->loop)
		return loop_next(source) && count_made(reader, source);
	if (source->next_line >= source->end)
		return false;
	const char *start = source->next_line;
	const char *end = memchr(start, '\n', (size_t)(source->end - start));
	source->line = source->at = start;
	source->stop = end ? end : source->end;
	source->next_line = end ? end + 1 : source->end;
	source->line_number++;
	if (source->continued) {
		source->stop = trim_blank(start, source->stop);
		source->stop -= source->stop > start && source->stop[-1] == '\\';
	}
	if (!count_made(reader, source))
		return false;
	check_line(reader, source);
	return true;
}

/* Whoever writes a condition before a block means the block, but it is only about the line. */
static void warn_of_lost_brace(struct reader *reader, const struct source *source, const char *at)
{
	int depth = 0;
	const char *end = line_content_end(source->at, source->stop);
	for (const char *c = source->at; c < end; c++)
		depth += (*c == '{') - (*c == '}');
	if (depth == 0 || reader->skipping)
		return;
	struct spot spot = spot_at(source, at);
	reader_warning(reader, &spot,
		"the condition leaves out this line alone, with its brace, and not the rest of the block");
}

/* "@ID ..." or "@^ID ...". false: the identifier must be replaced first. */
static bool read_condition(struct reader *reader, struct source *source)
{
	const char *mark = source->at;
	bool negated = mark + 1 < source->stop && mark[1] == '^';
	const char *id = mark + 1 + negated;
	const char *end = id;
	while (end < source->stop && !is_blank(*end))
		end++;
	if (end == id) {
		line_error(reader, source, mark, "a condition needs the name of a machine: @NAME or @^NAME");
		return true;
	}
	if (!source->is_replaced && memchr(id, '$', (size_t)(end - id)))
		return false;
	bool is_own = strlen(reader->config_id) == (size_t)(end - id) &&
		      memcmp(reader->config_id, id, (size_t)(end - id)) == 0;
	source->at = skip_blank(end, source->stop);
	if (is_own != negated)
		return true;
	warn_of_lost_brace(reader, source, mark);
	source->at = source->stop;
	return true;
}

/* Marks at the beginning of the line, then references. */
static void prepare_line(struct reader *reader, struct source *source)
{
	while (source->at < source->stop && *source->at == '@' && !reader->line_broken)
		if (!read_condition(reader, source))
			break;
	if (source->at == source->stop)
		return;
	if (*source->at == '~' && loop_read(reader, source))
		return;
	if (source->is_replaced || (*source->at == '$' && definition_read(reader, source)))
		return;
	if (memchr(source->at, '$', (size_t)(source->stop - source->at)))
		replace_line(reader, source);
}

bool line_advance(struct reader *reader)
{
	while (!reader->out_of_memory && !reader->stopped) {
		struct source *source = reader->top;
		if (!begin_line(reader, source)) {
			if (source->file == source || reader->stopped)
				return false;
			source_close(reader);
			continue;
		}
		source->at = skip_blank(source->at, source->stop);
		if (source->has_marks && source->at < source->stop && !reader->line_broken)
			prepare_line(reader, source);
		if (reader->line_broken || (reader->top == source && source->at < source->stop))
			return true;
	}
	return false;
}
