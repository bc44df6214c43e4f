/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real file system, for conf_load. Files may be pipes, so that `-f <(command)` works; a directory may not. A file that somebody
 * is writing is waited for: half of it, or nothing, may be a configuration as well, and taking it would end virtual routers.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/reader.h"

/* Reads to the end; grows as needed because the size of a pipe is not known. */
static char *read_all(int fd, size_t hint, size_t *length)
{
	size_t size = hint + 1;
	size_t used = 0;
	char *bytes = malloc(size + 1);
	while (bytes) {
		ssize_t got = read(fd, bytes + used, size - used);
		if (got == 0)
			break;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			goto fail;
		used += (size_t)got;
		if (used > READER_FILE_MAX) {
			errno = EFBIG;
			goto fail;
		}
		if (used < size)
			continue;
		char *larger = realloc(bytes, size * 2 + 1);
		if (!larger)
			goto fail;
		bytes = larger;
		size *= 2;
	}
	if (bytes) {
		bytes[used] = '\0';
		*length = used;
	}
	return bytes;
fail:
	free(bytes);
	return NULL;
}

#define WRITER_LOOK_MS 5
#define WRITER_LOOKS 400 /* 2 s; who holds a file open for longer than that may never close it */

/* The kernel gives no lease for reading while somebody has the file open for writing. Where it gives none at all (another's file,
 * some network file systems), nobody knows, and the file is read as it is. */
static bool is_being_written(int fd)
{
	/* A writer who comes between the two calls is told of by a signal: one that nobody minds. */
	if (fcntl(fd, F_SETSIG, SIGURG) < 0)
		return false;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

static bool same_moment(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Whether what was read of the file since `before` is all from one moment. */
static bool is_whole(int fd, const struct stat *before)
{
	struct stat now;

	return fstat(fd, &now) == 0 && now.st_size == before->st_size && same_moment(&now.st_mtim, &before->st_mtim) &&
	       !is_being_written(fd);
}

/* As read_all, after whoever writes the file; at last as it is. */
static char *read_regular(int fd, size_t *length)
{
	struct stat before;
	char *bytes = NULL;

	for (int looks = 0; looks <= WRITER_LOOKS; looks++) {
		const bool last = looks == WRITER_LOOKS;

		if (!last && is_being_written(fd)) {
			poll(NULL, 0, WRITER_LOOK_MS);
			continue;
		}
		if (lseek(fd, 0, SEEK_SET) < 0 || fstat(fd, &before) < 0)
			return NULL;
		bytes = read_all(fd, (size_t)before.st_size, length);
		if (bytes == NULL || last || is_whole(fd, &before))
			break;
		free(bytes);
	}
	return bytes;
}

static char *system_read(void *user, const char *path, size_t *length)
{
	(void)user;
	/* O_NONBLOCK: a FIFO nobody writes to must not hold the daemon's start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	char *bytes = NULL;
	struct stat status;
	if (fstat(fd, &status) < 0)
		goto out;
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		goto out;
	}
	if (status.st_size > (off_t)READER_FILE_MAX) {
		errno = EFBIG;
		goto out;
	}
	if (fcntl(fd, F_SETFL, 0) < 0)
		goto out;
	bytes = S_ISREG(status.st_mode) ? read_regular(fd, length) : read_all(fd, 4096, length);
out:;
	int error = errno;
	close(fd);
	errno = error;
	return bytes;
}

static int system_glob(
	void *user, const char *pattern, int (*each)(void *each_user, const char *path), void *each_user)
{
	(void)user;
	glob_t found;
	int result = glob(pattern, 0, NULL, &found);
	if (result == GLOB_NOMATCH) {
		globfree(&found);
		return 0;
	}
	if (result)
		return result == GLOB_NOSPACE ? -ENOMEM : -EIO;
	int count = 0;
	for (size_t i = 0; i < found.gl_pathc && count >= 0; i++) {
		int error = each(each_user, found.gl_pathv[i]);
		count = error < 0 ? error : count + 1;
	}
	globfree(&found);
	return count;
}

/* As in keepalived: what can be executed was meant to be, and is no configuration. */
static int system_check(void *user, const char *path)
{
	struct stat status;
	(void)user;
	/* What else is wrong, reading it tells. */
	if (stat(path, &status) < 0 || S_ISDIR(status.st_mode))
		return 0;
	if (!S_ISREG(status.st_mode))
		return ENODEV;
	return status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH) ? ENOEXEC : 0;
}

const struct conf_files conf_files_system = {
	.read = system_read, .glob = system_glob, .check = system_check};
