/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files under names that others know: see own_file.h. */
#include "linux/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder that the file is in, or -errno. */
static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	const int fd = folder ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	const int error = folder ? -errno : -ENOMEM;

	free(folder);
	return fd < 0 ? error : fd;
}

static bool is_shared(int folder)
{
	struct stat about;

	return fstat(folder, &about) < 0 || about.st_mode & S_IWOTH;
}

static bool is_ours_alone(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() && about.st_nlink == 1;
}

/* A pipe of somebody else's would have us wait. */
static int open_shared(int folder, const char *name, int flags, mode_t mode)
{
	const int fd = openat(folder, name,
		(flags & ~O_TRUNC) | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (!is_ours_alone(fd))
		error = -EPERM;
	else if (flags & O_TRUNC && ftruncate(fd, 0) < 0)
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

int own_file_open(const char *path, int flags, mode_t mode)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const int folder = open_folder(path);
	int fd;

	if (folder < 0)
		return folder;
	if (is_shared(folder)) {
		fd = open_shared(folder, name, flags, mode);
	} else {
		fd = openat(folder, name, flags | O_CREAT | O_CLOEXEC, mode);
		fd = fd < 0 ? -errno : fd;
	}
	close(folder);
	return fd;
}
