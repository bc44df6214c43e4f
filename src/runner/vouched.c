/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file's word: see vouched.h. One line of text for each thing that it says, found by halving. */
#include "runner/vouched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* No word of a configuration has a newline in it. NULL without memory. */
static char *join(const char *kind, const char *what, const char *user, const char *group)
{
	char *line;

	return asprintf(&line, "%s\n%s\n%s\n%s", kind, what, user ? user : "", group ? group : "") < 0 ? NULL : line;
}

static char *join_file(const struct conf_tracked_file *file)
{
	char number[32];

	snprintf(number, sizeof(number), "%d", (int)file->initial);
	return join("file", file->path, number, file->overwrite ? "overwrite" : "");
}

static void add(struct vouched *vouched, char *line)
{
	if (line && vouched->count == vouched->capacity) {
		const size_t capacity = vouched->capacity ? 2 * vouched->capacity : 16;
		char **grown = realloc(vouched->lines, capacity * sizeof(*grown));

		if (grown) {
			vouched->lines = grown;
			vouched->capacity = capacity;
		} else {
			free(line);
			line = NULL;
		}
	}
	if (line)
		vouched->lines[vouched->count++] = line;
	else
		vouched->out_of_memory = true;
}

static void add_command(void *user, const struct conf_command_use *use)
{
	add(user, join("command", use->command.line, use->command.user, use->command.group));
}

/* What is there twice stands there once. */
static void sort(struct vouched *vouched)
{
	size_t kept = 0;

	if (vouched->count == 0)
		return;
	qsort(vouched->lines, vouched->count, sizeof(*vouched->lines), compare);
	for (size_t i = 1; i < vouched->count; i++)
		if (strcmp(vouched->lines[i], vouched->lines[kept]) == 0)
			free(vouched->lines[i]);
		else
			vouched->lines[++kept] = vouched->lines[i];
	vouched->count = kept + 1;
}

const struct conf_run *vouched_read(struct vouched *vouched, struct conf_result *result)
{
	const struct conf *conf;

	conf_load_with(vouched->file, NULL, 0, &conf_files_system, &vouched->how, result);
	conf = result->conf;
	if (!conf)
		return NULL;
	conf_each_command(conf, add_command, vouched);
	for (size_t i = 0; i < CONF_FIFO_COUNT; i++) {
		const struct conf_fifo *fifo = &conf->global.run.fifos[i];

		if (fifo->path)
			add(vouched, join("fifo", fifo->path, fifo->user, fifo->group));
	}
	for (size_t i = 0; i < conf->file_count; i++)
		if (conf->files[i].create)
			add(vouched, join_file(&conf->files[i]));
	sort(vouched);
	return &conf->global.run;
}

/* Frees line. */
static bool has(const struct vouched *vouched, char *line)
{
	const bool found = line && vouched->count > 0 &&
			   bsearch(&line, vouched->lines, vouched->count, sizeof(*vouched->lines), compare) != NULL;

	free(line);
	return found || !vouched->file;
}

bool vouched_command(const struct vouched *vouched, const char *line, const char *user, const char *group)
{
	return has(vouched, join("command", line, user, group));
}

bool vouched_fifo(const struct vouched *vouched, const struct conf_fifo *fifo)
{
	return has(vouched, join("fifo", fifo->path, fifo->user, fifo->group));
}

bool vouched_file(const struct vouched *vouched, const struct conf_tracked_file *file)
{
	return has(vouched, join_file(file));
}

void vouched_free(struct vouched *vouched)
{
	for (size_t i = 0; i < vouched->count; i++)
		free(vouched->lines[i]);
	free(vouched->lines);
}
