/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_LAB_WORDS_H
#define VIGIA_LAB_WORDS_H

/*
 * Splits text into words by the quoting rules of a POSIX shell (' " \), without expanding anything. A
 * NULL-terminated array, or NULL when a quote is not closed or a \ ends the text. Free with free_words(),
 * which takes NULL as well.
 */
char **split_words(const char *text);
void free_words(char **words);

#endif
