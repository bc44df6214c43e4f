/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that takes another one's place: see fresh_file.h. */
#include "conf/fresh_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int fresh_file_open(struct fresh_file *file, const char *path)
{
	int error;

	if (asprintf(&file->name, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	file->fd = mkostemp(file->name, O_CLOEXEC);
	if (file->fd >= 0)
		return 0;
	error = -errno;
	free(file->name);
	return error;
}

int fresh_file_close(struct fresh_file *file, const char *path, mode_t mode, int error)
{
	if (!error && fchmod(file->fd, mode) < 0)
		error = -errno;
	if (close(file->fd) < 0 && !error)
		error = -errno;
	if (!error && rename(file->name, path) < 0)
		error = -errno;
	if (error)
		unlink(file->name);
	free(file->name);
	return error;
}
