/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigiad(8) names every keyword that the reader accepts. */
#include "conf/keyword.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char page[65536];

/* As a word of its own: "preempt" is not named by "nopreempt". */
static bool names(const char *word)
{
	const size_t length = strlen(word);

	for (const char *at = page; (at = strstr(at, word)); at += length)
		if (strchr(" \n", at[-1]) && strchr(" \n", at[length]))
			return true;
	return false;
}

static void expect_rows(const struct keyword_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (!names(table->rows[i].word))
			fail_msg("%s of %s is not in vigiad.8", table->rows[i].word, table->title);
}

static void every_keyword_is_in_the_manual(void **state)
{
	(void)state;
	expect_rows(&root_keywords);
	expect_rows(&global_keywords);
	expect_rows(&instance_keywords);
	expect_rows(&address_keywords);
	expect_rows(&route_keywords);
	expect_rows(&track_keywords);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_keyword_is_in_the_manual),
	};
	FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;

	if (!file)
		return 2;
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	return cmocka_run_group_tests_name("manual", tests, NULL, NULL);
}
