/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of the log. A disk may take as long as it likes, and a process that has begun to write to it cannot even be killed: so a
 * thread does that, and nothing else. What it has no time for waits in memory, up to a limit; beyond that, lines are lost, and
 * counted. Until log_file_start_thread, when the process has become what it stays, lines are written at once.
 */
#ifndef VIGIA_FRONT_LOG_FILE_H
#define VIGIA_FRONT_LOG_FILE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_FILE_WAITING_MAX (1 << 20) /* bytes: some thousand lines */

struct log_file {
	const char *path; /* NULL: there is no such file; kept */
	bool flushed; /* each line reaches the disk before the next */
	int fd; /* of the thread, once that runs */
	bool threaded;
	int (*open)(void *user); /* NULL: the path is opened */
	void *open_user;
	pthread_t thread;
	pthread_mutex_t mutex; /* over all that follows */
	pthread_cond_t work;
	pthread_cond_t idle;
	char *waiting; /* lines; NULL: none */
	size_t waiting_length;
	size_t waiting_size;
	bool writing; /* the thread has taken some */
	bool rotate;
	size_t rotate_at; /* bytes of `waiting` that belong to the old file */
	bool end;
	int rotate_error; /* 0; -errno: the old file goes on */
	uint64_t lost;
};

/* 0 or -errno. path is kept. */
int log_file_open(struct log_file *file, const char *path, bool flushed);
/* As the log does. A descriptor or -errno. */
int log_file_open_path(const char *path);
/* Without one, lines are written at once as before. open: in the thread, instead of log_file_open_path, by somebody who may;
 * NULL: this process may. */
void log_file_start_thread(struct log_file *file, int (*open)(void *user), void *user);
/* One line, with its newline. */
void log_file_write(struct log_file *file, const char *line, size_t length);
/* When the file was renamed, goes on in a new one of its name. */
void log_file_rotate(struct log_file *file);
/* How many lines were lost since the last call, and whether a new file could not be opened: 0 or -errno. */
uint64_t log_file_lost(struct log_file *file, int *rotate_error);
/* Waits for what is not written yet, but not longer than `wait` nanoseconds; a thread that is stuck is left as it is. */
void log_file_close(struct log_file *file, int64_t wait);

#endif
