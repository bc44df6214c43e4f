/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pid files. Each stays open and locked while its owner lives, so that a second daemon with the same file refuses to
 * start, and one left by a crash is no obstacle.
 */
#ifndef VIGIA_DAEMON_PID_FILE_H
#define VIGIA_DAEMON_PID_FILE_H

#include <stdbool.h>
#include <sys/types.h>

struct pid_file {
	const char *path;
	int fd;
	bool left; /* its last owner died without removing it */
};

/* Opens and locks; makes the last directory of the path when it is missing. 0; -EWOULDBLOCK: held by a living process,
 * *owner says which (0: unknown); or another -errno. path is kept. */
int pid_file_claim(struct pid_file *file, const char *path, pid_t *owner);
/* 0 or -errno. */
int pid_file_write(const struct pid_file *file, pid_t pid);
void pid_file_remove(struct pid_file *file);

#endif
