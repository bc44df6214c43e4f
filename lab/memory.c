/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *checked(void *memory)
{
	if (memory == NULL) {
		fputs("vigia lab: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

void *must_alloc(size_t size)
{
	return checked(calloc(1, size == 0 ? 1 : size));
}

void *must_grow(void *array, size_t count, size_t item_size)
{
	return checked(reallocarray(array, count == 0 ? 1 : count, item_size));
}

char *must_dup(const char *string)
{
	return checked(strdup(string));
}

char *must_dup_bytes(const char *bytes, size_t length)
{
	char *copy = must_alloc(length + 1);
	if (length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

char *must_print(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return checked(length < 0 ? NULL : text);
}

char *make_printable(char *text)
{
	for (char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	}
	return text;
}

void *must_append(void *array, size_t count, size_t item_size)
{
	if ((count & (count - 1)) == 0)
		array = must_grow(array, count == 0 ? 1 : 2 * count, item_size);
	memset((char *)array + count * item_size, 0, item_size);
	return array;
}

static int read_all(int fd, size_t limit, char **text, size_t *length)
{
	size_t room = 4096, used = 0;
	char *bytes = must_alloc(room + 1);
	for (;;) {
		if (used == room) {
			room *= 2;
			bytes = must_grow(bytes, room + 1, 1);
		}
		ssize_t got = read(fd, bytes + used, room - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || used > limit) {
			int error = got < 0 ? -errno : -EFBIG;
			free(bytes);
			return error;
		}
		if (got == 0)
			break;
		used += (size_t)got;
	}
	bytes[used] = '\0';
	*text = bytes;
	*length = used;
	return 0;
}

int read_whole_file(int directory_fd, const char *path, size_t limit, char **text, size_t *length)
{
	int fd = openat(directory_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int result = read_all(fd, limit, text, length);
	close(fd);
	return result;
}

int write_whole_file(int directory_fd, const char *path, const char *text, size_t length)
{
	int fd = openat(directory_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	int result = 0;
	while (length > 0 && result == 0) {
		ssize_t put = write(fd, text, length);
		if (put < 0 && errno != EINTR)
			result = -errno;
		if (put > 0) {
			text += put;
			length -= (size_t)put;
		}
	}
	if (close(fd) < 0 && result == 0)
		result = -errno;
	return result;
}
