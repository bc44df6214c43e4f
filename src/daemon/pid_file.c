/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pid files: see pid_file.h. */
#include "daemon/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/own_file.h"

#define PID_TEXT_SIZE 16

static void make_directory(const char *path)
{
	char *copy = strdup(path);

	if (copy)
		mkdir(dirname(copy), 0755);
	free(copy);
}

/* Whether the file that was opened still stands at its path: a daemon that ends takes it away. */
static bool still_there(int fd, const char *path)
{
	struct stat opened;
	struct stat named;

	return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
	       opened.st_ino == named.st_ino;
}

static pid_t read_owner(int fd)
{
	char text[PID_TEXT_SIZE] = {0};

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

int pid_file_claim(struct pid_file *file, const char *path, pid_t *owner)
{
	int error;

	*file = (struct pid_file){.path = path, .fd = -1};
	*owner = 0;
	make_directory(path);
	do {
		if (file->fd >= 0)
			close(file->fd);
		file->fd = own_file_open(path, O_RDWR | O_NOFOLLOW, 0644);
		if (file->fd < 0)
			return file->fd;
		if (flock(file->fd, LOCK_EX | LOCK_NB) < 0) {
			error = -errno;
			*owner = read_owner(file->fd);
			close(file->fd);
			file->fd = -1;
			return error;
		}
	} while (!still_there(file->fd, path));
	file->left = read_owner(file->fd) != 0;
	return 0;
}

int pid_file_write(const struct pid_file *file, pid_t pid)
{
	char text[PID_TEXT_SIZE];
	int length = snprintf(text, sizeof(text), "%d\n", (int)pid);

	if (ftruncate(file->fd, 0) < 0 || pwrite(file->fd, text, (size_t)length, 0) != length)
		return -errno;
	return 0;
}

void pid_file_remove(struct pid_file *file)
{
	if (file->fd < 0)
		return;
	unlink(file->path);
	close(file->fd);
	file->fd = -1;
}
