/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyword tables against the list of what keepalived 2.4.3 knows: nothing of it is missing, nothing else is there
 * but what is marked as our own, the same words are deprecated, and all works but for load balancing, health checks, SNMP and
 * D-Bus.
 *
 *	test_reference keepalived.tsv
 *
 * It has context, keyword, deprecated, area.
 */
#include <stdio.h>
#include <string.h>

#include "conf/keyword.h"

#define LINE_MAX_LENGTH 200
#define COLUMNS 4

struct list {
	char lines[1200][LINE_MAX_LENGTH];
	char *cells[1200][COLUMNS];
	size_t count;
};

static struct list reference;
static unsigned failures;

static void fail(const char *context, const char *word, const char *what)
{
	printf("%s: %s %s\n", context, word, what);
	failures++;
}

static bool read_list(const char *path, struct list *list)
{
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	while (list->count < sizeof list->lines / sizeof *list->lines &&
		fgets(list->lines[list->count], LINE_MAX_LENGTH, file)) {
		char *rest = list->lines[list->count];
		rest[strcspn(rest, "\n")] = '\0';
		for (size_t i = 0; i < COLUMNS; i++)
			list->cells[list->count][i] = rest ? strsep(&rest, "\t") : "";
		list->count++;
	}
	bool all = feof(file);
	fclose(file);
	return all;
}

static char *const *find(const struct list *list, const char *context, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->cells[i][0], context) == 0 && strcmp(list->cells[i][1], word) == 0)
			return list->cells[i];
	return NULL;
}

/* *row is NULL for what lines begin with. */
static bool in_tables(
	const char *context, const char *word, const struct keyword_table **table, const struct keyword **row)
{
	const struct keyword_table *const *const lists[] = {keyword_tables, described_tables};
	*row = NULL;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (const struct keyword_table *const *at = lists[i]; *at; at++) {
			if (strcmp((*at)->context, context) != 0)
				continue;
			*table = *at;
			*row = keyword_find(*at, word);
			if (*row || ((*at)->first && strcmp((*at)->first, word) == 0))
				return true;
		}
	return false;
}

static bool must_work(const char *context, const char *area)
{
	static const char *const areas[] = {"vrrp", "track", "global", "parser", "bfd"};
	for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
		if (strcmp(areas[i], area) == 0)
			return strncmp(context, "virtual_server", strlen("virtual_server")) != 0;
	return false;
}

static bool works(const struct keyword_table *table, const struct keyword *row)
{
	bool kept = table->kept || (row->kind == KEYWORD_BLOCK && row->block->kept) || (row->traits & KEYWORD_KEPT);
	return !kept || (row->traits & KEYWORD_ALWAYS_SO);
}

static void check_reference_row(char *const *cells)
{
	const struct keyword_table *table;
	const struct keyword *row;
	bool there = in_tables(cells[0], cells[1], &table, &row);
	if (!there)
		fail(cells[0], cells[1], "is missing in the keyword tables");
	if (row && (strcmp(cells[2], "yes") == 0) != !!(row->traits & KEYWORD_DEPRECATED))
		fail(cells[0], cells[1], "is deprecated here or in keepalived, but not in both");
	if (row && must_work(cells[0], cells[3]) && !works(table, row))
		fail(cells[0], cells[1], "does not work");
}

static void check_table(const struct keyword_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct keyword *row = &table->rows[i];
		if (!!(row->traits & KEYWORD_OWN) == !!find(&reference, table->context, row->word))
			fail(table->context, row->word, "must be one of keepalived's, or KEYWORD_OWN");
	}
	if (table->first && !find(&reference, table->context, table->first))
		fail(table->context, table->first, "is not what keepalived has there");
}

int main(int argc, char **argv)
{
	if (argc != 2 || !read_list(argv[1], &reference)) {
		printf("usage: test_reference keepalived.tsv\n");
		return 2;
	}
	for (size_t i = 1; i < reference.count; i++)
		check_reference_row(reference.cells[i]);
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		check_table(*table);
	for (const struct keyword_table *const *table = described_tables; *table; table++)
		check_table(*table);
	printf("%zu rows, %u failures\n", reference.count - 1, failures);
	return failures || reference.count < 800;
}
