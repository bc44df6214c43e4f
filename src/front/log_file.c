/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "front/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "linux/own_file.h"

#define STACK_SIZE (64 << 10)

int log_file_open_path(const char *path)
{
	return own_file_open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0640);
}

int log_file_open(struct log_file *file, const char *path, bool flushed)
{
	*file = (struct log_file){.path = path, .flushed = flushed, .fd = -1};
	if (path)
		file->fd = log_file_open_path(path);
	return path && file->fd < 0 ? file->fd : 0;
}

static size_t line_length(const char *text, size_t length)
{
	const char *end = memchr(text, '\n', length);

	return end ? (size_t)(end - text) + 1 : length;
}

static uint64_t count_lines(const char *text, size_t length)
{
	uint64_t lines = 0;

	for (size_t at = 0; at < length; at += line_length(text + at, length - at))
		lines++;
	return lines;
}

/* Returns how many lines were lost. */
static uint64_t write_lines(const struct log_file *file, const char *text, size_t length)
{
	uint64_t lost = 0;

	for (size_t at = 0; at < length;) {
		const size_t portion = file->flushed ? line_length(text + at, length - at) : length - at;
		const ssize_t written = write(file->fd, text + at, portion);

		if (written != (ssize_t)portion)
			lost += count_lines(text + at, portion) - count_lines(text + at, written > 0 ? (size_t)written : 0);
		else if (file->flushed)
			fdatasync(file->fd);
		at += portion;
	}
	return lost;
}

/* 0; -errno: the file that had the name goes on. */
static int follow_name(struct log_file *file)
{
	struct stat opened, named;
	const int fd = file->open ? file->open(file->open_user) : log_file_open_path(file->path);

	if (fd < 0)
		return fd;
	if (fstat(file->fd, &opened) == 0 && fstat(fd, &named) == 0 && named.st_dev == opened.st_dev &&
		named.st_ino == opened.st_ino) {
		close(fd);
		return 0;
	}
	close(file->fd);
	file->fd = fd;
	return 0;
}

/* Does what there is to do. The mutex is held before and after. */
static void work(struct log_file *file)
{
	char *text = file->waiting;
	const size_t length = file->waiting_length;
	const bool rotate = file->rotate;
	const size_t old = rotate ? file->rotate_at : length; /* what was said before the file was to be another one */
	uint64_t lost;
	int error;

	file->waiting = NULL;
	file->waiting_length = 0;
	file->waiting_size = 0;
	file->rotate = false;
	file->writing = true;
	pthread_mutex_unlock(&file->mutex);
	lost = write_lines(file, text, old);
	error = rotate ? follow_name(file) : 0;
	if (length > old)
		lost += write_lines(file, text + old, length - old);
	free(text);
	pthread_mutex_lock(&file->mutex);
	file->writing = false;
	file->lost += lost;
	if (error)
		file->rotate_error = error;
}

static void *run(void *argument)
{
	struct log_file *file = argument;

	pthread_mutex_lock(&file->mutex);
	for (;;) {
		while (file->waiting || file->rotate)
			work(file);
		if (file->end)
			break;
		pthread_cond_wait(&file->work, &file->mutex);
	}
	pthread_cond_signal(&file->idle);
	pthread_mutex_unlock(&file->mutex);
	return NULL;
}

static void init_locks(struct log_file *file)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&file->mutex, NULL);
	pthread_cond_init(&file->work, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&file->idle, &attributes);
	pthread_condattr_destroy(&attributes);
}

void log_file_start_thread(struct log_file *file, int (*open)(void *user), void *user)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	if (file->fd < 0 || file->threaded)
		return;
	file->open = open;
	file->open_user = user;
	init_locks(file);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	file->threaded = pthread_create(&file->thread, &attributes, run, file) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
}

/* false: there is no room. */
static bool append(struct log_file *file, const char *line, size_t length)
{
	const size_t needed = file->waiting_length + length;

	if (needed > LOG_FILE_WAITING_MAX)
		return false;
	if (needed > file->waiting_size) {
		char *waiting = realloc(file->waiting, 2 * needed);

		if (!waiting)
			return false;
		file->waiting = waiting;
		file->waiting_size = 2 * needed;
	}
	memcpy(file->waiting + file->waiting_length, line, length);
	file->waiting_length = needed;
	return true;
}

void log_file_write(struct log_file *file, const char *line, size_t length)
{
	if (file->fd < 0)
		return;
	if (!file->threaded) {
		file->lost += write_lines(file, line, length);
		return;
	}
	pthread_mutex_lock(&file->mutex);
	if (append(file, line, length))
		pthread_cond_signal(&file->work);
	else
		file->lost++;
	pthread_mutex_unlock(&file->mutex);
}

void log_file_rotate(struct log_file *file)
{
	if (file->fd < 0)
		return;
	if (!file->threaded) {
		file->rotate_error = follow_name(file);
		return;
	}
	pthread_mutex_lock(&file->mutex);
	file->rotate = true;
	file->rotate_at = file->waiting_length;
	pthread_cond_signal(&file->work);
	pthread_mutex_unlock(&file->mutex);
}

uint64_t log_file_lost(struct log_file *file, int *rotate_error)
{
	uint64_t lost;

	if (file->threaded)
		pthread_mutex_lock(&file->mutex);
	lost = file->lost;
	*rotate_error = file->rotate_error;
	file->lost = 0;
	file->rotate_error = 0;
	if (file->threaded)
		pthread_mutex_unlock(&file->mutex);
	return lost;
}

/* true: the thread has ended. */
static bool end_thread(struct log_file *file, int64_t wait)
{
	struct timespec until;
	int error = 0;
	bool ended;

	clock_gettime(CLOCK_MONOTONIC, &until);
	wait += until.tv_nsec;
	until.tv_sec += wait / DUR_S;
	until.tv_nsec = wait % DUR_S;
	pthread_mutex_lock(&file->mutex);
	file->end = true;
	pthread_cond_signal(&file->work);
	while ((file->waiting || file->rotate || file->writing) && !error)
		error = pthread_cond_timedwait(&file->idle, &file->mutex, &until);
	ended = !file->waiting && !file->rotate && !file->writing;
	pthread_mutex_unlock(&file->mutex);
	if (ended)
		pthread_join(file->thread, NULL);
	else
		pthread_detach(file->thread);
	return ended;
}

void log_file_close(struct log_file *file, int64_t wait)
{
	if (file->fd < 0)
		return;
	/* A thread that is stuck uses all of it still. */
	if (file->threaded && !end_thread(file, wait))
		return;
	if (file->threaded) {
		pthread_cond_destroy(&file->idle);
		pthread_cond_destroy(&file->work);
		pthread_mutex_destroy(&file->mutex);
	}
	close(file->fd);
	*file = (struct log_file){.fd = -1};
}
