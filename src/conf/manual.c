/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf-manual: puts the keyword tables into the reference manual, so that it cannot say anything else than the reader
 * does. A manual is written by hand but for the lines between two marks, which this program replaces:
 *
 *	Markdown	<!-- table CONTEXT --> ... <!-- end -->
 *	mdoc		.\" table CONTEXT ... .\" end
 *
 *	conf-manual --check FILE	fails when the file is not current
 *	conf-manual --update FILE	makes it current
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/keyword.h"
#include "conf/route_parts.h"

#define COLUMNS 78 /* of running text in mdoc */

struct format {
	const char *begin;
	const char *begin_tail;
	const char *end;
	void (*print)(const struct keyword_table *table, FILE *out);
};

/* The word of the global table whose value is the default of this row. */
static const char *inherited_word(const struct keyword *row)
{
	for (size_t i = 0; i < global_keywords.count; i++)
		if (global_keywords.rows[i].stored.offset == row->inherited.offset)
			return global_keywords.rows[i].word;
	return "?";
}

static bool is_duration(const struct keyword *row)
{
	return row->kind == KEYWORD_SECONDS || row->kind == KEYWORD_TIMER;
}

static void append_value(const struct keyword *row, int64_t value, struct text *out)
{
	if (is_duration(row))
		text_seconds(out, value);
	else
		text_i64(out, value);
}

static const char *range_of(const struct keyword *row, char *buffer, size_t size)
{
	struct text out;
	text_init(&out, buffer, size);
	if (row->kind != KEYWORD_NUMBER && !is_duration(row))
		return "";
	append_value(row, row->minimum, &out);
	text_str(&out, " to ");
	append_value(row, row->maximum, &out);
	return buffer;
}

static const char *default_of(const struct keyword *row, char *buffer, size_t size)
{
	struct text out;
	text_init(&out, buffer, size);
	if (row->traits & KEYWORD_REQUIRED)
		return "required";
	if (row->traits & KEYWORD_INHERITS) {
		text_str(&out, "as ");
		text_str(&out, inherited_word(row));
		return buffer;
	}
	if (row->kind == KEYWORD_BOOL)
		return row->fallback == row->on ? "on" : "off";
	/* an option of a line that is not given is not there at all */
	if (row->traits & KEYWORD_BY_HAND)
		return "";
	bool has_default = (is_duration(row) && row->fallback >= row->minimum) ||
			   (row->kind == KEYWORD_NUMBER && (row->fallback || row->minimum < 0));
	if (has_default)
		append_value(row, row->fallback, &out);
	return buffer;
}

static void print_cell(const char *text, FILE *out)
{
	for (; *text; text++)
		fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
}

static void print_markdown(const struct keyword_table *table, FILE *out)
{
	char buffer[80];
	fprintf(out, "| keyword | range | default | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < table->count; i++) {
		const struct keyword *row = &table->rows[i];
		fprintf(out, "| `%s%s", row->word, row->argument ? " " : "");
		print_cell(row->argument ? row->argument : "", out);
		fprintf(out, "` | %s", range_of(row, buffer, sizeof buffer));
		fprintf(out, " | %s | ", default_of(row, buffer, sizeof buffer));
		print_cell(row->meaning, out);
		fprintf(out, " |\n");
	}
}

/* Running text: a new line for each sentence, and none that is too long. */
static void print_sentences(const char *text, FILE *out)
{
	size_t column = 0;
	while (*text) {
		size_t length = strcspn(text, " ");
		if (column && column + 1 + length > COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		if (column) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, length, out);
		column += length;
		bool ends_sentence = text[length - 1] == '.';
		text += length + (text[length] == ' ');
		if (ends_sentence || !*text) {
			fputc('\n', out);
			column = 0;
		}
	}
}

static void print_mdoc(const struct keyword_table *table, FILE *out)
{
	char buffer[80];
	fprintf(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < table->count; i++) {
		const struct keyword *row = &table->rows[i];
		fprintf(out, ".It Ic %s", row->word);
		if (row->argument)
			fprintf(out, " Ar \"%s\"", row->argument);
		fprintf(out, "\n");
		print_sentences(row->meaning, out);
		const char *range = range_of(row, buffer, sizeof buffer);
		if (*range)
			fprintf(out, "Range: %s.\n", range);
		const char *fallback = default_of(row, buffer, sizeof buffer);
		if (strcmp(fallback, "required") == 0)
			fprintf(out, "Must be given.\n");
		else if (*fallback)
			fprintf(out, "Default: %s.\n", fallback);
	}
	fprintf(out, ".El\n");
}

static const struct format markdown = {"<!-- table ", " -->\n", "<!-- end -->\n", print_markdown};
static const struct format mdoc = {".\\\" table ", "\n", ".\\\" end\n", print_mdoc};

/* The table that a line of marks names, or NULL. */
static const struct keyword_table *table_begun(const struct format *format, const char *line)
{
	size_t length = strlen(format->begin);
	if (strncmp(line, format->begin, length) != 0)
		return NULL;
	for (const struct keyword_table *const *table = keyword_tables; *table; table++) {
		size_t context = strlen((*table)->context);
		if (strncmp(line + length, (*table)->context, context) == 0 &&
			strcmp(line + length + context, format->begin_tail) == 0)
			return *table;
	}
	return NULL;
}

static void rewrite(FILE *in, const struct format *format, FILE *out)
{
	char line[4096];
	bool inside = false;
	while (fgets(line, sizeof line, in)) {
		if (strcmp(line, format->end) == 0)
			inside = false;
		if (inside)
			continue;
		fputs(line, out);
		const struct keyword_table *table = table_begun(format, line);
		if (!table)
			continue;
		format->print(table, out);
		inside = true;
	}
}

static char *read_whole(const char *path)
{
	size_t length;
	return conf_files_system.read(NULL, path, &length);
}

static int finish(const char *path, const char *current, bool update)
{
	char *is = read_whole(path);
	bool same = is && strcmp(is, current) == 0;
	free(is);
	if (same)
		return 0;
	if (!update) {
		printf("%s is not what the keyword tables say; run: conf-manual --update %s\n", path, path);
		return 1;
	}
	FILE *file = fopen(path, "w");
	if (!file || fputs(current, file) < 0 || fclose(file) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3 || (strcmp(argv[1], "--check") && strcmp(argv[1], "--update"))) {
		fprintf(stderr, "usage: conf-manual --check|--update FILE\n");
		return 2;
	}
	const char *path = argv[2];
	const char *dot = strrchr(path, '.');
	FILE *in = fopen(path, "r");
	if (!in) {
		perror(path);
		return 1;
	}
	char *current = NULL;
	size_t size;
	FILE *out = open_memstream(&current, &size);
	if (!out)
		return 1;
	rewrite(in, dot && strcmp(dot, ".md") == 0 ? &markdown : &mdoc, out);
	fclose(in);
	fclose(out);
	int status = finish(path, current, strcmp(argv[1], "--update") == 0);
	free(current);
	return status;
}
