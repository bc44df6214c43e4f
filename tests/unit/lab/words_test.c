/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lab/words.h"

/* Words joined by |, or "open" for a quote that stays open. */
static const char *split(const char *text)
{
	static char out[256];
	char **words = split_words(text);
	out[0] = '\0';
	if (words == NULL)
		return "open";
	for (size_t i = 0; words[i] != NULL; i++)
		snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i == 0 ? "" : "|", words[i]);
	free_words(words);
	return out;
}

static void words_are_split_as_posix_says(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"ip a", "ip|a"},
		{"  ip\t a \n", "ip|a"},
		{"", ""},
		{"sh -c 'echo a b'", "sh|-c|echo a b"},
		{"a\"b c\"d", "ab cd"},
		{"a\\ b", "a b"},
		{"'a\\b'", "a\\b"},
		{"\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d"},
		{"x '' y", "x||y"},
		{"'open", "open"},
		{"\"open", "open"},
		{"end\\", "open"},
		{"a|b $HOME > x", "a|b|$HOME|>|x"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_string_equal(split(table[i][0]), table[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(words_are_split_as_posix_says)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
