/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands into words: see command.h. */
#include "conf/command.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int octal_digit(char c)
{
	return c >= '0' && c <= '7' ? c - '0' : -1;
}

/* Up to `most` digits; each makes `base` of what was before. */
static int read_code(char **from, int (*digit)(char), int base, int most)
{
	int value = 0;

	for (int i = 0; i < most && digit(**from) >= 0; i++)
		value = value * base + digit(*(*from)++);
	return value;
}

/* What the escape behind a '\\' stands for; 0: no character, or NUL. */
static int read_escape(char **from)
{
	static const char plain[] = "abEefnrtv";
	static const char meaning[] = "\a\b\x1b\x1b\f\n\r\t\v";
	const char c = **from;
	const char *found;

	if (!c)
		return 0;
	if (octal_digit(c) >= 0)
		return read_code(from, octal_digit, 8, 3);
	++*from;
	if (c == 'x' && hex_digit(**from) >= 0)
		return read_code(from, hex_digit, 16, 2);
	if (c == 'c' && **from)
		return *(*from)++ & 0x1f;
	found = strchr(plain, c);
	return found ? meaning[found - plain] : c;
}

/* Moves the word at *from to its place at `to`, without its quotation marks and escapes. Its end there; NULL: a mark is
 * not closed, or an escape stands for nothing. */
static char *take_word(char **from, char *to)
{
	char quote = 0;

	while (**from && (quote || !is_blank(**from))) {
		const char c = *(*from)++;

		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
		} else if (c == '\\') {
			const int meant = read_escape(from);

			if (meant == 0 || meant > 255)
				return NULL;
			*to++ = (char)meant;
		} else {
			*to++ = c;
		}
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
