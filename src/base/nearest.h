/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The word somebody may have meant: the nearest by edits, as long as it is near. */
#ifndef VIGIA_BASE_NEAREST_H
#define VIGIA_BASE_NEAREST_H

/* A search among words. */
struct nearest {
	const char *word; /* that was written */
	const char *best; /* NULL: none is near */
	unsigned distance; /* of best; only nearer ones replace it */
};

void nearest_begin(struct nearest *nearest, const char *word);
/* nearest is a struct nearest *. */
void nearest_consider(void *nearest, const char *candidate);
/* Edits (insert, delete, replace, swap of neighbours) between two words; words over 64 bytes count as far apart. */
unsigned edit_distance(const char *left, const char *right);

#endif
