/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line language of commands: words parted by blanks; '...' and "..." keep blanks together and may stand in the middle
 * of a word. In and outside them \a \b \e \E \f \n \r \t \v \NNN (octal) \xHH and \cC (control and C) are
 * understood, and a '\' before anything else is that character, as in keepalived. No shell is asked. The reader of the
 * file has left all this as it was, but for the outermost quotes.
 */
#ifndef VIGIA_CONF_COMMAND_H
#define VIGIA_CONF_COMMAND_H

#include <stddef.h>

#define COMMAND_MAX 1023 /* bytes: as long as a line of keepalived's */
#define COMMAND_WORDS_MAX 256

/* Cuts line, which is overwritten, into words, which point into it; a NULL follows the last one, so words has room for
 * COMMAND_WORDS_MAX + 1. The number of words; 0: there is none; -1: a quotation mark is not closed, or an escape stands for
 * no character; -2: too many words. */
int command_split(char *line, char **words);

#endif
