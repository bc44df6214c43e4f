/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory files: see memory_file.h. pread and pwrite, so that the offset, which every holder shares, stays at the start. */
#include "front/memory_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int memory_append(int fd, const char *bytes, size_t length)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	for (size_t done = 0; done < length;) {
		ssize_t written = pwrite(fd, bytes + done, length - done, status.st_size + (off_t)done);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0)
			done += (size_t)written;
	}
	return 0;
}

int memory_write(const char *name, const char *bytes, size_t length)
{
	const int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const int error = fd < 0 ? -errno : memory_append(fd, bytes, length);

	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	return error;
}

char *memory_read(int fd, size_t *length)
{
	struct stat status;
	char *bytes;
	ssize_t got = 1;

	*length = 0;
	if (fstat(fd, &status) < 0)
		return NULL;
	bytes = malloc((size_t)status.st_size + 1);
	while (bytes && got > 0 && *length < (size_t)status.st_size) {
		got = pread(fd, bytes + *length, (size_t)status.st_size - *length, (off_t)*length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			*length += (size_t)got;
	}
	if (bytes)
		bytes[*length] = '\0';
	return bytes;
}
