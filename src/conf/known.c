/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keywords of keepalived that are not built here, told from mistakes; and where a word belongs. */
#include <stdlib.h>
#include <string.h>

#include "conf/keyword.h"

struct known {
	const char *context;
	const char *word;
};

static const struct known known[] = {
#include "conf/known_keywords.inc"
};

#define KNOWN_COUNT (sizeof known / sizeof *known)

static int compare(const void *left, const void *right)
{
	const struct known *a = left;
	const struct known *b = right;
	int by_context = strcmp(a->context, b->context);
	return by_context ? by_context : strcmp(a->word, b->word);
}

bool known_keyword(const char *context, const char *word)
{
	const struct known key = {context, word};
	return bsearch(&key, known, KNOWN_COUNT, sizeof *known, compare) != NULL;
}

static bool stands_in(const char *context, const char *word)
{
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		if (strcmp((*table)->context, context) == 0 && keyword_find(*table, word))
			return true;
	return known_keyword(context, word);
}

/* "NAME-entry", "-args" and "-values" are parts of a line, not blocks. */
static bool is_block(const char *context)
{
	return !strchr(context, '-');
}

const char *known_elsewhere(const char *word)
{
	static const char *const preferred[] = {"vrrp_instance", "global_defs", "(root)", "vrrp_sync_group"};
	for (size_t i = 0; i < sizeof preferred / sizeof *preferred; i++)
		if (stands_in(preferred[i], word))
			return preferred[i];
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		if (is_block((*table)->context) && keyword_find(*table, word))
			return (*table)->context;
	for (size_t i = 0; i < KNOWN_COUNT; i++)
		if (is_block(known[i].context) && strcmp(known[i].word, word) == 0)
			return known[i].context;
	return NULL;
}

void known_each(const char *context, void (*each)(void *user, const char *word), void *user)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++)
		if (strcmp(known[i].context, context) == 0)
			each(user, known[i].word);
}
