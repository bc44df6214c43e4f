/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References: $NAME and ${NAME}, replaced by what they are defined as, which may have references itself. A bare $NAME
 * counts only before a blank, a comma, a ')' or the end of the line, as in keepalived; "\$" is never one. What is not
 * defined stays as it is, because keepalived leaves it too, and scripts and passwords may need it.
 */
#include <stdio.h>
#include <string.h>

#include "conf/line.h"

#define DEPTH_MAX 32
#define PARTS_MAX 1024

/* A line while it is made. */
struct making {
	struct reader *reader;
	struct source *source;
	const char *place; /* of the outermost reference, for messages */
	char bytes[READER_LINE_MAX + 1];
	size_t length;
	struct made_part parts[PARTS_MAX];
	size_t part_count;
	char quote; /* the open one, or 0 */
	char last; /* byte */
	bool changed; /* something was replaced */
};

/* The reference whose '$' is at `at`; `following`: the byte that will stand behind stop. */
static bool read_reference(const char *at, const char *stop, char following, struct name_reference *out)
{
	const char *name = at + 1;
	bool braced = name < stop && *name == '{';
	name += braced;
	const char *end = name;
	while (end < stop && is_name_character(*end))
		end++;
	if (end == name || (*name >= '0' && *name <= '9'))
		return false;
	*out = (struct name_reference){.at = at,
		.name = name,
		.name_length = (size_t)(end - name),
		.arguments = end,
		.arguments_end = end,
		.after = end,
		.is_braced = braced};
	if (!braced) {
		char next = end < stop ? *end : following;
		return is_blank(next) || next == ',' || next == ')';
	}
	const char *brace = memchr(end, '}', (size_t)(stop - end));
	if (!brace || (brace > end && !is_blank(*end)))
		return false;
	out->arguments_end = brace;
	out->after = brace + 1;
	return true;
}

bool replace_is_builtin(const char *at, const char *stop)
{
	struct name_reference reference;
	return read_reference(at, stop, '"', &reference) && builtin_is(reference.name, reference.name_length);
}

static bool is_known(const struct reader *reader, const struct name_reference *reference)
{
	return definition_find(reader, reference->name, reference->name_length) ||
	       builtin_is(reference->name, reference->name_length);
}

/* As tokens.c reads them. */
static void follow_quotes(struct making *making, char c, char before)
{
	bool begins_part = is_blank(before) || before == '"' || before == '\'';
	if (making->quote)
		making->quote = c == making->quote ? 0 : making->quote;
	else if (c == '"' || (c == '\'' && begins_part))
		making->quote = c;
}

static bool append(struct making *making, const char *bytes, size_t length)
{
	if (making->length + length > READER_LINE_MAX) {
		line_error(making->reader, making->source, making->place,
			"the line becomes longer than %d bytes", READER_LINE_MAX);
		return false;
	}
	for (size_t i = 0; i < length; i++)
		follow_quotes(making, bytes[i], i ? bytes[i - 1] : making->last);
	making->last = length ? bytes[length - 1] : making->last;
	memcpy(making->bytes + making->length, bytes, length);
	making->length += length;
	return true;
}

/* Not all set to 0: there is one for each line with a reference. */
static void begin_making(struct making *making, struct reader *reader, struct source *source)
{
	making->reader = reader;
	making->source = source;
	making->place = NULL;
	making->length = making->part_count = 0;
	making->quote = making->last = '\0';
	making->changed = false;
}

static void begin_part(struct making *making, const char *written, bool is_reference)
{
	if (making->part_count < PARTS_MAX)
		making->parts[making->part_count++] = (struct made_part){(uint16_t)(making->length + 1),
			(uint16_t)(written - making->source->line + 1), is_reference};
}

static bool expand(struct making *making, const char *at, const char *stop, char following, unsigned depth);

static bool expand_definition(
	struct making *making, const struct definition *definition, char following, unsigned depth)
{
	struct reader *reader = making->reader;
	if (definition->has_lines) {
		line_error(reader, making->source, making->place,
			"'$%.*s' stands for several lines (%s:%u): put it on a line of its own",
			(int)definition->name_length, definition->name, definition->path,
			definition->line_number);
		return false;
	}
	if (depth == DEPTH_MAX) {
		line_error(reader, making->source, making->place,
			"the definition of '$%.*s' leads back to itself, or others are nested more than %d "
			"deep",
			(int)definition->name_length, definition->name, DEPTH_MAX);
		return false;
	}
	return expand(
		making, definition->value, definition->value + definition->length, following, depth + 1);
}

static bool expand_reference(
	struct making *making, const struct name_reference *reference, char following, unsigned depth)
{
	struct reader *reader = making->reader;
	char value[READER_LINE_MAX];
	making->changed = true;
	if (reader->replacements++ == READER_REPLACEMENTS_MAX) {
		line_error(reader, making->source, making->place,
			"more than %d references were replaced up to here; nothing more is read",
			READER_REPLACEMENTS_MAX);
		reader->stopped = true;
		return false;
	}
	const struct definition *definition =
		definition_find(reader, reference->name, reference->name_length);
	if (definition)
		return expand_definition(making, definition, following, depth);
	switch (builtin_write(
		reader, making->source, making->place, reference, making->quote, value, sizeof value)) {
	case BUILTIN_DONE:
		return append(making, value, strlen(value));
	case BUILTIN_NONE:
	case BUILTIN_WRONG:
		break;
	}
	return false;
}

/* A '$' that is none of a known reference. false: reported as an error. */
static bool check_unknown(struct making *making, const char *at, const char *stop, unsigned depth)
{
	struct reader *reader = making->reader;
	struct name_reference reference;
	/* it becomes a loop, which is read again with its variable */
	if (making->length && making->bytes[0] == '~')
		return true;
	bool can_warn = depth == 0 && !reader->skipping;
	/* what would be a reference if a blank followed */
	bool complete = read_reference(at, stop, ' ', &reference);
	if (!complete) {
		const char *end = at + 1;
		while (end < stop && is_name_character(*end))
			end++;
		complete = end < stop && *end != '}' && read_reference(at, end, ' ', &reference);
	}
	if (!complete)
		return true;
	struct spot spot = spot_at(making->source, making->place ? making->place : at);
	int length = (int)reference.name_length;
	if (is_known(reader, &reference)) {
		if (can_warn)
			reader_warning(reader, &spot,
				"'$%.*s' is not replaced here, because no blank follows it; write ${%.*s}, "
				"or "
				"'\\$' for what it is",
				length, reference.name, length, reference.name);
		return true;
	}
	const struct definition *near = definition_suggest(reader, reference.name, reference.name_length);
	const char *did_you_mean = near ? "; did you mean '$" : "";
	int near_length = near ? (int)near->name_length : 0;
	if (reference.is_braced && !making->quote) {
		line_error(reader, making->source, spot.line + spot.place.column - 1,
			"there is no definition of '$%.*s'%s%.*s%s", length, reference.name, did_you_mean,
			near_length, near ? near->name : "", near ? "'?" : "");
		return false;
	}
	if (can_warn && near)
		reader_warning(reader, &spot, "'$%.*s' is not defined, so it stays as it is%s%.*s'?", length,
			reference.name, did_you_mean, near_length, near->name);
	return true;
}

/* "\$NAME" of a reference that would be replaced: the '\' goes, the rest stays. Its end, or NULL. */
static const char *kept_reference(
	const struct making *making, const char *at, const char *stop, char following)
{
	struct name_reference reference;
	bool is_reference = at[0] == '\\' && at + 1 < stop && at[1] == '$' &&
			    read_reference(at + 1, stop, following, &reference);
	return is_reference && is_known(making->reader, &reference) ? reference.after : NULL;
}

static bool expand(struct making *making, const char *at, const char *stop, char following, unsigned depth)
{
	while (at < stop) {
		struct name_reference reference;
		const char *kept_end = kept_reference(making, at, stop, following);
		if (kept_end) {
			making->changed = true;
			if (depth == 0)
				begin_part(making, at + 1, false);
			if (!append(making, at + 1, (size_t)(kept_end - at) - 1))
				return false;
			at = kept_end;
			continue;
		}
		bool is_reference = *at == '$' && read_reference(at, stop, following, &reference) &&
				    is_known(making->reader, &reference);
		if (!is_reference) {
			const char *end = at + 1;
			while (end < stop && *end != '$' && *end != '\\')
				end++;
			if ((*at == '$' && !check_unknown(making, at, stop, depth)) ||
				!append(making, at, (size_t)(end - at)))
				return false;
			at = end;
			continue;
		}
		char next = reference.after < stop ? *reference.after : following;
		if (depth == 0) {
			making->place = at;
			begin_part(making, at, true);
		}
		if (!expand_reference(making, &reference, next, depth))
			return false;
		at = reference.after;
		if (depth == 0) {
			making->place = NULL;
			begin_part(making, at, false);
		}
	}
	return true;
}

static const struct origin *make_origin(struct making *making)
{
	struct reader *reader = making->reader;
	size_t size = making->part_count * sizeof *making->parts;
	struct origin *origin = reader_scratch(reader, sizeof *origin);
	struct made_part *parts = reader_scratch(reader, size);
	if (!origin || !parts)
		return NULL;
	memcpy(parts, making->parts, size);
	*origin = (struct origin){.kind = ORIGIN_REPLACED,
		.part_count = (uint16_t)making->part_count,
		.parts = parts,
		.at = spot_at(making->source, making->source->line)};
	return origin;
}

static void push_made(struct making *making)
{
	struct reader *reader = making->reader;
	struct source *source = making->source;
	const struct origin *origin = make_origin(making);
	char *text = arena_string(&reader->scratch, making->bytes, making->length);
	if (!origin || !text) {
		reader->out_of_memory = true;
		return;
	}
	struct source *made = source_push_text(reader, source, text, text + making->length);
	source->at = source->stop;
	if (!made)
		return;
	made->origin = origin;
	made->line_number--;
	made->is_replaced = true;
}

/* "$NAME" alone, which stands for lines: they are read where they are written. */
static bool push_lines(struct reader *reader, struct source *source, const char *stop)
{
	struct name_reference reference;
	if (*source->at != '$' || !read_reference(source->at, stop, ' ', &reference) ||
		reference.after != stop)
		return false;
	struct definition *definition = definition_find(reader, reference.name, reference.name_length);
	if (!definition || !definition->has_lines)
		return false;
	if (definition->in_use) {
		line_error(reader, source, source->at, "the definition of '$%.*s' leads back to itself",
			(int)definition->name_length, definition->name);
		return true;
	}
	struct origin *origin = reader_scratch(reader, sizeof *origin);
	if (!origin)
		return true;
	*origin = (struct origin){.kind = ORIGIN_DEFINITION, .at = spot_at(source, source->at)};
	struct source *lines =
		source_push_text(reader, source, definition->value, definition->value + definition->length);
	source->at = source->stop;
	if (!lines)
		return true;
	lines->origin = origin;
	lines->path = definition->path;
	lines->line_number = definition->line_number;
	lines->continued = true;
	lines->definition = definition;
	definition->in_use = true;
	return true;
}

void replace_line(struct reader *reader, struct source *source)
{
	const char *stop = trim_blank(source->at, line_content_end(source->at, source->stop));
	if (source->at == stop || push_lines(reader, source, stop))
		return;
	struct making making;
	begin_making(&making, reader, source);
	begin_part(&making, source->at, false);
	if (expand(&making, source->at, stop, '\0', 0) && making.changed)
		push_made(&making);
}

bool replace_part(struct reader *reader, struct source *source, const char **at, const char **stop)
{
	if (!memchr(*at, '$', (size_t)(*stop - *at)))
		return true;
	struct making making;
	begin_making(&making, reader, source);
	if (!expand(&making, *at, *stop, ')', 0))
		return false;
	char *text = arena_string(&reader->scratch, making.bytes, making.length);
	if (!text) {
		reader->out_of_memory = true;
		return false;
	}
	*at = text;
	*stop = text + making.length;
	return true;
}
