/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stack of texts that are read, and the memory of a reading. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/line.h"

void *reader_scratch(struct reader *reader, size_t size)
{
	void *memory = arena_alloc(&reader->scratch, size);
	if (!memory)
		reader->out_of_memory = true;
	return memory;
}

static void *allocate(struct reader *reader, struct arena *arena, size_t size)
{
	void *memory = arena_alloc(arena, size);
	if (!memory)
		reader->out_of_memory = true;
	return memory;
}

void *reader_keep(struct reader *reader, size_t size)
{
	return allocate(reader, &reader->keep, size);
}

void *reader_keep_bulk(struct reader *reader, size_t size)
{
	return allocate(reader, &reader->bulk, size);
}

static const char *copy_string(struct reader *reader, struct arena *arena, const char *bytes, size_t length)
{
	const char *copy = arena_string(arena, bytes, length);
	if (!copy)
		reader->out_of_memory = true;
	return copy;
}

const char *reader_keep_string(struct reader *reader, const char *bytes, size_t length)
{
	return copy_string(reader, &reader->keep, bytes, length);
}

const char *reader_keep_bulk_string(struct reader *reader, const char *bytes, size_t length)
{
	return copy_string(reader, &reader->bulk, bytes, length);
}

static const char *directory_of(struct reader *reader, const char *path)
{
	const char *slash = strrchr(path, '/');
	return reader_keep_string(reader, path, slash ? (size_t)(slash - path) + 1 : 0);
}

static struct source *push(struct reader *reader, const char *path, struct source *parent,
	const struct spot *included_at, const char *text, size_t length)
{
	struct source *source = reader_scratch(reader, sizeof *source);
	struct origin *origin = reader_scratch(reader, sizeof *origin);
	if (!source || !origin)
		return NULL;
	source->path = reader_keep_string(reader, path, strlen(path));
	if (!source->path)
		return NULL;
	if (included_at)
		origin->at = *included_at;
	source->origin = origin;
	source->at = source->stop = source->line = source->next_line = text;
	source->end = text + length;
	source->has_nul = memchr(text, '\0', length);
	source->has_marks =
		memchr(text, '$', length) || memchr(text, '~', length) || memchr(text, '@', length);
	source->file = source;
	source->outer = reader->top;
	source->parent = parent;
	source->depth = parent ? parent->depth + 1 : 0;
	source->include_rules = parent ? parent->include_rules : reader->include_rules;
	source->next = reader->sources;
	reader->sources = source;
	reader->top = source;
	reader->total_size += length;
	reader->file_count++;
	return source;
}

struct source *source_push_text(
	struct reader *reader, const struct source *from, const char *text, const char *end)
{
	struct source *source = reader->spare;
	if (source)
		reader->spare = source->outer;
	else
		source = reader_scratch(reader, sizeof *source);
	if (!source)
		return NULL;
	*source = (struct source){.outer = reader->top,
		.file = from->file,
		.origin = from->origin,
		.path = from->path,
		.at = text,
		.stop = text,
		.line = text,
		.next_line = text,
		.end = end,
		.line_number = from->line_number,
		.has_marks = true};
	reader->top = source;
	return source;
}

/* The marks some editors put before the text; a file in UTF-16 cannot be read as bytes at all. */
static void check_encoding(struct reader *reader, struct source *source)
{
	const char *text = source->next_line;
	size_t length = (size_t)(source->end - text);
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		source->next_line += 3;
		return;
	}
	if (length < 2 || (memcmp(text, "\xff\xfe", 2) && memcmp(text, "\xfe\xff", 2)))
		return;
	struct spot spot = {.place = {source->path, 1, 1}, .origin = source->origin};
	reader_error(reader, &spot, "the file is in UTF-16; save it as UTF-8 or plain text");
	source->next_line = source->end;
}

bool source_open(struct reader *reader, const char *path, struct source *parent,
	const struct spot *included_at, int *error)
{
	size_t length = 0;
	errno = 0;
	char *text = reader->files->read(reader->files->user, path, &length);
	if (!text) {
		*error = errno ? errno : EIO;
		return false;
	}
	const char *directory = directory_of(reader, path);
	struct source *source = directory ? push(reader, path, parent, included_at, text, length) : NULL;
	if (!source) {
		free(text);
		*error = ENOMEM;
		return false;
	}
	source->owned = text;
	source->directory = directory;
	check_encoding(reader, source);
	return true;
}

/* Copied, because the reading leans on the NUL behind the text. */
bool source_open_text(struct reader *reader, const char *name, const char *text, size_t length)
{
	char *copy = malloc(length + 1);
	if (!copy) {
		reader->out_of_memory = true;
		return false;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	struct source *source = push(reader, name, NULL, NULL, copy, length);
	if (!source) {
		free(copy);
		return false;
	}
	source->owned = copy;
	source->directory = "";
	check_encoding(reader, source);
	return true;
}

void source_close(struct reader *reader)
{
	struct source *source = reader->top;
	reader->top = source->outer;
	if (source->file == source)
		return;
	if (source->definition)
		source->definition->in_use = false;
	source->outer = reader->spare;
	reader->spare = source;
}

void source_free_all(struct reader *reader)
{
	for (struct source *source = reader->sources; source; source = source->next)
		free(source->owned);
	reader->sources = NULL;
	reader->top = NULL;
}
