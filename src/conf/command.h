/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line language of commands: words parted by blanks; '...' and "..." keep blanks together and may stand in the middle
 * of a word. No escapes: the reader of the file has resolved those already. No shell is asked.
 */
#ifndef VIGIA_CONF_COMMAND_H
#define VIGIA_CONF_COMMAND_H

#include <stddef.h>

#define COMMAND_MAX 1023 /* bytes: as long as a line of keepalived's */
#define COMMAND_WORDS_MAX 256

/* Cuts line, which is overwritten, into words, which point into it; a NULL follows the last one, so words has room for
 * COMMAND_WORDS_MAX + 1. The number of words; 0: there is none; -1: a quotation mark is not closed; -2: too many words. */
int command_split(char *line, char **words);

#endif
