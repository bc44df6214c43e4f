/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a word belongs that stands somewhere else. */
#include <string.h>

#include "conf/keyword.h"

static bool stands_in(const char *context, const char *word)
{
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		if (strcmp((*table)->context, context) == 0 && keyword_find(*table, word))
			return true;
	return false;
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
	return NULL;
}
