/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keyword somebody may have meant. */
#include <string.h>

#include "base/nearest.h"
#include "conf/keyword.h"

const char *suggest(const struct keyword_table *table, const char *word)
{
	struct nearest nearest;
	nearest_begin(&nearest, word);
	if (strlen(word) < 3)
		nearest.distance = 2;
	for (size_t i = 0; i < table->count; i++)
		nearest_consider(&nearest, table->rows[i].word);
	if (table == &route_keywords)
		nearest_consider(&nearest, "default"); /* a destination, not a row */
	return nearest.best;
}
