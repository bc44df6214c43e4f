/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lab/memory.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Reads one word from *text on into out (as long as the text at most); false when a quote stays open. */
static bool read_word(const char **text, char *out)
{
	const char *at = *text;
	char quote = '\0';
	for (; *at != '\0' && (quote != '\0' || !is_blank(*at)); at++) {
		if (quote == '\0' && (*at == '\'' || *at == '"')) {
			quote = *at;
		} else if (*at == quote) {
			quote = '\0';
		} else if (*at == '\\' && quote != '\'' && (quote == '\0' || strchr("\"\\", at[1]) != NULL)) {
			if (at[1] == '\0')
				return false;
			*out++ = *++at;
		} else {
			*out++ = *at;
		}
	}
	*out = '\0';
	*text = at;
	return quote == '\0';
}

char **split_words(const char *text)
{
	char **words = NULL;
	size_t count = 0;
	for (;;) {
		while (is_blank(*text))
			text++;
		*MUST_APPEND(words, count) = NULL;
		if (*text == '\0')
			return words;
		words[count - 1] = must_alloc(strlen(text) + 1);
		if (!read_word(&text, words[count - 1])) {
			*MUST_APPEND(words, count) = NULL;
			free_words(words);
			return NULL;
		}
	}
}

void free_words(char **words)
{
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		free(words[i]);
	free(words);
}
