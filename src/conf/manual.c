/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf-manual: puts the keyword tables into the reference manual, so that it cannot say anything else than the reader
 * does. A manual is written by hand but for the lines between two marks, which this program replaces:
 *
 *	Markdown	<!-- table CONTEXT --> ... <!-- end -->
 *	mdoc		.\" table CONTEXT ... .\" end
 *
 * CONTEXT "*" stands for all tables that have no marks of their own in the file, each with a heading; "compat" (in
 * Markdown) for what becomes of every keyword of keepalived.
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
#define REMARKS_SIZE 600
#define LINE_SIZE 4096

struct format {
	const char *begin;
	const char *begin_tail;
	const char *end;
	void (*print)(const struct keyword_table *table, FILE *out);
	const char *heading; /* a format for printf */
};

/* The word of the global table whose value is the default of this row. */
static const char *inherited_word(const struct keyword *row)
{
	for (size_t i = 0; i < global_keywords.count; i++)
		if (global_keywords.rows[i].stored.offset == row->inherited.offset)
			return global_keywords.rows[i].word;
	return "?";
}

static bool is_acted_on(const struct keyword_table *table, const struct keyword *row)
{
	bool kept = table->kept || (row->kind == KEYWORD_BLOCK && row->block->kept) || (row->traits & KEYWORD_KEPT);
	return !kept || (row->traits & KEYWORD_ALWAYS_SO);
}

static bool is_duration(const struct keyword *row)
{
	return row->kind == KEYWORD_SECONDS || row->kind == KEYWORD_TIMER || row->kind == KEYWORD_MILLISECONDS;
}

static void append_value(const struct keyword *row, int64_t value, struct text *out)
{
	if (row->kind == KEYWORD_MILLISECONDS)
		text_seconds(out, value * 1000);
	else if (is_duration(row))
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

static const char *default_of(
	const struct keyword_table *table, const struct keyword *row, char *buffer, size_t size)
{
	struct text out;
	text_init(&out, buffer, size);
	if (row->traits & KEYWORD_REQUIRED)
		return "required";
	if (!is_acted_on(table, row))
		return "";
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
			   (row->kind == KEYWORD_NUMBER && row->fallback <= row->maximum && (row->fallback || row->minimum < 0));
	if (has_default)
		append_value(row, row->fallback, &out);
	return buffer;
}

/* What is to be said of a row beside its meaning: sentences, each with a blank before it. */
static const char *remarks_on(
	const struct keyword_table *table, const struct keyword *row, char *buffer, size_t size)
{
	struct text out;
	text_init(&out, buffer, size);
	text_str(&out, table->kept || is_acted_on(table, row) ? "" : " Not acted on.");
	text_str(&out, row->traits & KEYWORD_DEPRECATED ? " Deprecated." : "");
	text_str(&out, row->differs ? " Differs: " : "");
	text_str(&out, row->differs ? row->differs : "");
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
	char remarks[REMARKS_SIZE];
	fprintf(out, "| keyword | range | default | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < table->count; i++) {
		const struct keyword *row = &table->rows[i];
		fprintf(out, "| `%s%s", row->word, row->argument ? " " : "");
		print_cell(row->argument ? row->argument : "", out);
		fprintf(out, "` | %s", range_of(row, buffer, sizeof buffer));
		fprintf(out, " | %s | ", default_of(table, row, buffer, sizeof buffer));
		print_cell(row->meaning, out);
		print_cell(remarks_on(table, row, remarks, sizeof remarks), out);
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
	char remarks[REMARKS_SIZE];
	fprintf(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < table->count; i++) {
		const struct keyword *row = &table->rows[i];
		fprintf(out, ".It Ic %s", row->word);
		if (row->argument)
			fprintf(out, " Ar \"%s\"", row->argument);
		fprintf(out, "\n");
		print_sentences(row->meaning, out);
		print_sentences(remarks_on(table, row, remarks, sizeof remarks) + (*remarks == ' '), out);
		const char *range = range_of(row, buffer, sizeof buffer);
		if (*range)
			fprintf(out, "Range: %s.\n", range);
		const char *fallback = default_of(table, row, buffer, sizeof buffer);
		if (strcmp(fallback, "required") == 0)
			fprintf(out, "Must be given.\n");
		else if (*fallback)
			fprintf(out, "Default: %s.\n", fallback);
	}
	fprintf(out, ".El\n");
}

/* Has a row of its own in the comparison. */
static bool is_compared(const struct keyword *row)
{
	return row->differs || (row->traits & KEYWORD_OWN);
}

static void print_words(const struct keyword_table *table, bool acted_on, const char *title, FILE *out)
{
	const char *before = title;
	for (size_t i = 0; i < table->count; i++) {
		const struct keyword *row = &table->rows[i];
		if (is_compared(row) || is_acted_on(table, row) != acted_on)
			continue;
		fprintf(out, "%s`%s`%s", before, row->word,
			row->traits & KEYWORD_DEPRECATED ? " (deprecated)" : "");
		before = ", ";
	}
	fputs(before == title ? "" : ".\n", out);
}

/* Every keyword in one of its contexts: those with nothing to say of them in a row, then a table of the others. */
static void print_compat_of(const struct keyword_table *table, FILE *out)
{
	char remarks[REMARKS_SIZE];
	const char *head = "\n| keyword | |\n|---|---|\n";
	fprintf(out, "\n### In %s\n", table->title);
	print_words(table, true, "\nThe same: ", out);
	print_words(table, false, "\nChecked, not acted on: ", out);
	for (size_t i = 0; i < table->count; i++) {
		const struct keyword *row = &table->rows[i];
		if (!is_compared(row))
			continue;
		fprintf(out, "%s| `%s` | ", head, row->word);
		head = "";
		print_cell(row->traits & KEYWORD_OWN ? row->meaning
						     : remarks_on(table, row, remarks, sizeof remarks) + 1,
			out);
		fprintf(out, " |\n");
	}
}

static const struct format markdown = {
	"<!-- table ", " -->\n", "<!-- end -->\n", print_markdown, "\n### %s%s\n\n"};
static const struct format mdoc = {".\\\" table ", "\n", ".\\\" end\n", print_mdoc, ".Ss %s%s\n"};

/* Whether the line is the mark for this word. */
static bool begins(const struct format *format, const char *line, const char *word)
{
	size_t begin = strlen(format->begin);
	size_t length = strlen(word);
	return strncmp(line, format->begin, begin) == 0 && strncmp(line + begin, word, length) == 0 &&
	       strcmp(line + begin + length, format->begin_tail) == 0;
}

/* The table that a line of marks names, or NULL. */
static const struct keyword_table *table_begun(const struct format *format, const char *line)
{
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		if (begins(format, line, (*table)->context))
			return *table;
	return NULL;
}

static bool has_marks(FILE *in, const struct format *format, const struct keyword_table *table)
{
	char line[LINE_SIZE];
	long at = ftell(in);
	bool found = false;
	rewind(in);
	while (!found && fgets(line, sizeof line, in))
		found = table_begun(format, line) == table;
	fseek(in, at, SEEK_SET);
	return found;
}

static void print_rest(FILE *in, const struct format *format, FILE *out)
{
	for (const struct keyword_table *const *table = keyword_tables; *table; table++) {
		if (has_marks(in, format, *table))
			continue;
		fprintf(out, format->heading, (*table)->title, (*table)->kept ? " (not acted on)" : "");
		format->print(*table, out);
	}
}

static void print_compat(FILE *out)
{
	for (const struct keyword_table *const *table = described_tables; *table; table++)
		print_compat_of(*table, out);
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		print_compat_of(*table, out);
}

static void rewrite(FILE *in, const struct format *format, FILE *out)
{
	char line[LINE_SIZE];
	bool inside = false;
	while (fgets(line, sizeof line, in)) {
		if (strcmp(line, format->end) == 0)
			inside = false;
		if (inside)
			continue;
		fputs(line, out);
		const struct keyword_table *table = table_begun(format, line);
		inside = true;
		if (table)
			format->print(table, out);
		else if (begins(format, line, "*"))
			print_rest(in, format, out);
		else if (begins(format, line, "compat"))
			print_compat(out);
		else
			inside = false;
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
