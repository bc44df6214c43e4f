/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See nearest.h. */
#include "base/nearest.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

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

void nearest_begin(struct nearest *nearest, const char *word)
{
	size_t length = strlen(word);
	*nearest = (struct nearest){.word = word, .distance = (unsigned)(length < 9 ? length / 3 + 1 : 4)};
}

void nearest_consider(void *user, const char *candidate)
{
	struct nearest *nearest = user;
	unsigned distance = edit_distance(nearest->word, candidate);
	if (distance >= nearest->distance)
		return;
	nearest->distance = distance;
	nearest->best = candidate;
}
