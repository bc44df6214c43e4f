/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions, "$NAME=value": the table of them, and reading one. See line.h. */
#include <string.h>

#include "base/nearest.h"
#include "conf/keyword.h"
#include "conf/line.h"

#define DEFINITIONS_MAX 65536
#define BUCKETS 4096
#define SUGGEST_AMONG_MAX 1000
#define NAME_MAX_SHOWN 60

struct definitions {
	struct definition *buckets[BUCKETS];
	size_t count;
};

static size_t bucket_of(const char *name, size_t length)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	return hash % BUCKETS;
}

static struct definition *find_in(const struct definitions *all, const char *name, size_t length)
{
	struct definition *at = all->buckets[bucket_of(name, length)];
	while (at && (at->name_length != length || memcmp(at->name, name, length) != 0))
		at = at->next;
	return at;
}

struct definition *definition_find(const struct reader *reader, const char *name, size_t length)
{
	struct definition *found = reader->definitions ? find_in(reader->definitions, name, length) : NULL;
	return found && found->is_set ? found : NULL;
}

bool definition_any(const struct reader *reader)
{
	return reader->definitions != NULL;
}

struct definition *definition_get(
	struct reader *reader, struct source *source, const char *name, size_t length)
{
	if (!reader->definitions)
		reader->definitions = reader_scratch(reader, sizeof *reader->definitions);
	struct definitions *all = reader->definitions;
	struct definition *definition = all ? find_in(all, name, length) : NULL;
	if (!all || definition)
		return definition;
	if (all->count == DEFINITIONS_MAX) {
		line_error(reader, source, name, "more than %d definitions; nothing more is read",
			DEFINITIONS_MAX);
		reader->stopped = true;
		return NULL;
	}
	definition = reader_scratch(reader, sizeof *definition);
	if (!definition)
		return NULL;
	struct definition **bucket = &all->buckets[bucket_of(name, length)];
	*definition = (struct definition){.next = *bucket, .name = name, .name_length = length};
	*bucket = definition;
	all->count++;
	return definition;
}

const struct definition *definition_suggest(const struct reader *reader, const char *name, size_t length)
{
	const struct definition *best = NULL;
	char word[NAME_MAX_SHOWN + 1];
	char candidate[NAME_MAX_SHOWN + 1];
	struct nearest nearest;
	if (!reader->definitions || reader->definitions->count > SUGGEST_AMONG_MAX || length > NAME_MAX_SHOWN)
		return NULL;
	memcpy(word, name, length);
	word[length] = '\0';
	nearest_begin(&nearest, word);
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct definition *at = reader->definitions->buckets[i]; at; at = at->next) {
			if (at->name_length > NAME_MAX_SHOWN || !at->is_set)
				continue;
			memcpy(candidate, at->name, at->name_length);
			candidate[at->name_length] = '\0';
			nearest.best = NULL;
			nearest_consider(&nearest, candidate);
			if (nearest.best)
				best = at;
		}
	return best;
}

/* The line from start to its end; whether a '\' ends it, which is cut off. */
static bool is_continued(const char *start, const char **stop)
{
	*stop = trim_blank(start, *stop);
	if (*stop == start || (*stop)[-1] != '\\')
		return false;
	--*stop;
	return true;
}

/*
 * The lines of a definition: up to the first that no '\' ends. An empty line does not end it inside a block, as
 * keepalived's manual has it in an example, though its reader ends there.
 */
static void read_lines(struct source *source, struct definition *definition)
{
	const char *at = source->next_line;
	unsigned lines = 0;
	int depth = 0;
	bool goes_on = true;
	definition->value = at;
	definition->path = source->path;
	definition->line_number = source->line_number;
	while (goes_on && at < source->end) {
		const char *newline = memchr(at, '\n', (size_t)(source->end - at));
		const char *stop = newline ? newline : source->end;
		bool is_empty = skip_blank(at, stop) == stop;
		goes_on = is_continued(at, &stop) || (is_empty && depth > 0);
		const char *content = line_content_end(at, stop);
		for (const char *c = at; c < content; c++)
			depth += (*c == '{') - (*c == '}');
		at = newline ? newline + 1 : source->end;
		lines++;
	}
	definition->length = (size_t)(at - definition->value);
	source->next_line = at;
	source->line_number += lines;
}

static void set_value(
	struct reader *reader, struct source *source, struct definition *definition, const char *at)
{
	const char *stop = trim_blank(at, source->stop);
	bool continued = source->file == source && is_continued(at, &stop);
	stop = trim_blank(at, line_content_end(at, stop));
	if (continued && stop > at) {
		line_error(reader, source, at,
			"a definition of several lines has nothing behind its '=' but the '\\'; "
			"one of a single line has no '\\' at its end");
		return;
	}
	definition->is_set = true;
	definition->has_lines = continued;
	definition->value = at;
	definition->length = (size_t)(stop - at);
	if (continued)
		read_lines(source, definition);
}

bool definition_read(struct reader *reader, struct source *source)
{
	const char *name = source->at + 1;
	const char *end = name;
	while (end < source->stop && is_name_character(*end))
		end++;
	if (end == name || end == source->stop || *end != '=' || (*name >= '0' && *name <= '9'))
		return false;
	size_t length = (size_t)(end - name);
	const char *start = source->at;
	source->at = source->stop;
	if (builtin_is(name, length)) {
		line_error(reader, source, start,
			"'$%.*s' is built in and cannot be defined; choose another name", (int)length, name);
		return true;
	}
	struct definition *definition = definition_get(reader, source, name, length);
	if (definition && definition->in_use)
		line_error(reader, source, start, "'$%.*s' is defined by its own lines", (int)length, name);
	else if (definition)
		set_value(reader, source, definition, skip_blank(end + 1, source->stop));
	return true;
}
