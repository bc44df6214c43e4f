/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The word somebody may have meant: the nearest by edits, as long as it is near. */
#include <string.h>

#include "conf/keyword.h"

#define WORD_MAX 64
#define FAR 1000u

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;
	return least < c ? least : c;
}

/* Optimal string alignment; three rows of the matrix suffice. */
unsigned edit_distance(const char *left, const char *right)
{
	size_t left_length = strlen(left);
	size_t right_length = strlen(right);
	if (left_length > WORD_MAX || right_length > WORD_MAX)
		return FAR;
	unsigned rows[3][WORD_MAX + 1];
	for (size_t j = 0; j <= right_length; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= left_length; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i - 1) % 3];
		const unsigned *above2 = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= right_length; j++) {
			bool same = left[i - 1] == right[j - 1];
			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same);
			if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] &&
				above2[j - 2] + 1 < row[j])
				row[j] = above2[j - 2] + 1;
		}
	}
	return rows[left_length % 3][right_length];
}

void search_begin(struct search *search, const char *word)
{
	size_t length = strlen(word);
	*search = (struct search){.word = word, .distance = (unsigned)(length < 9 ? length / 3 + 1 : 4)};
}

void search_consider(void *user, const char *candidate)
{
	struct search *search = user;
	unsigned distance = edit_distance(search->word, candidate);
	if (distance >= search->distance)
		return;
	search->distance = distance;
	search->best = candidate;
}

const char *suggest(const struct keyword_table *table, const char *word)
{
	struct search search;
	search_begin(&search, word);
	if (strlen(word) < 3)
		search.distance = 2;
	for (size_t i = 0; i < table->count; i++)
		search_consider(&search, table->rows[i].word);
	if (table == &route_keywords)
		search_consider(&search, "default"); /* a destination, not a row */
	return search.best;
}
