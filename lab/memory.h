/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for a short-lived command: running out of it ends the program with a message, so that callers read
 * as what they do.
 */
#ifndef VIGIA_LAB_MEMORY_H
#define VIGIA_LAB_MEMORY_H

#include <stddef.h>

void *must_alloc(size_t size); /* zeroed */
void *must_grow(void *array, size_t count, size_t item_size);
char *must_dup(const char *string);
char *must_dup_bytes(const char *bytes, size_t length);
char *must_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Control characters become ?, so that text from a file cannot command a terminal. Returns text. */
char *make_printable(char *text);

/* Appends a slot to an array kept as pointer and count, doubling at powers of two; the slot is zeroed. */
#define MUST_APPEND(array, count)                                                                            \
	((array) = must_append((array), (count), sizeof(*(array))), &(array)[(count)++])
void *must_append(void *array, size_t count, size_t item_size);

/* A whole file, NUL behind it, into *text and *length; 0 or a negative errno. At most limit bytes (-EFBIG). */
int read_whole_file(int directory_fd, const char *path, size_t limit, char **text, size_t *length);
/* Writes a (short) file; creates it with mode 0644, or replaces what it holds. */
int write_whole_file(int directory_fd, const char *path, const char *text, size_t length);

#endif
