/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/state_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NUMBER_SIZE 16

int state_memory_write(int fd, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno != EINTR)
			return -errno;
		bytes += written > 0 ? written : 0;
		size -= written > 0 ? (size_t)written : 0;
	}
	return 0;
}

const uint8_t *state_memory_map(int fd, size_t *size)
{
	struct stat status;
	void *bytes;

	if (fstat(fd, &status) < 0)
		return NULL;
	*size = (size_t)status.st_size;
	bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0); /* EINVAL when it is empty */
	return bytes == MAP_FAILED ? NULL : bytes;
}

void state_memory_pass(const char *variable, int fd)
{
	char number[NUMBER_SIZE];

	snprintf(number, sizeof(number), "%d", fd);
	if (fd < 0)
		unsetenv(variable);
	else
		setenv(variable, number, 1);
}

int state_memory_inherited(const char *variable)
{
	const char *number = getenv(variable);
	const int fd = number ? atoi(number) : -1;

	unsetenv(variable);
	return fd > STDERR_FILENO ? fd : -1;
}
