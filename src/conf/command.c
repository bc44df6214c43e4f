/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands into words: see command.h. */
#include "conf/command.h"

#include <stdbool.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Moves the word at *from to its place at `to`, without its quotation marks. Its end there; NULL: one is not closed. */
static char *take_word(char **from, char *to)
{
	char quote = 0;

	for (; **from && (quote || !is_blank(**from)); ++*from) {
		const char c = **from;

		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? 0 : c;
		else
			*to++ = c;
	}
	return quote ? NULL : to;
}

int command_split(char *line, char **words)
{
	char *to = line;
	int count = 0;

	for (char *from = line;;) {
		while (is_blank(*from))
			from++;
		if (!*from)
			break;
		if (count == COMMAND_WORDS_MAX)
			return -2;
		words[count++] = to;
		to = take_word(&from, to);
		if (!to)
			return -1;
		/* The blank behind the word, if there is one, may be where its NUL goes. */
		if (*from)
			from++;
		*to++ = '\0';
	}
	words[count] = NULL;
	return count;
}
