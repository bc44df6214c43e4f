/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace file: see recorder.h. */
#include "front/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "front/log.h"
#include "linux/own_file.h"

#define FLUSH_AFTER DUR_S

static void give_up(struct recorder *recorder, int error)
{
	log_line(LOG_LEVEL_ERROR, "recording to %s ended: %s; what was written before stands", recorder->path,
		strerror(error));
	fclose(recorder->file);
	recorder->file = NULL;
	loop_set_timer(recorder->loop, &recorder->flush, MONO_NEVER);
}

static void flush_now(struct timer *timer)
{
	struct recorder *recorder = container_of(timer, struct recorder, flush);

	if (fflush(recorder->file) != 0)
		give_up(recorder, errno);
}

/* A front that was killed may have written half a line: what it and its buffer took with them is one gap. */
static void cut_torn_line(const char *path)
{
	int fd = own_file_open(path, O_RDWR | O_NONBLOCK, 0666);
	const off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t end = size;
	char last;

	while (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n')
		end--;
	if (end < size && ftruncate(fd, end) < 0)
		log_line(LOG_LEVEL_WARNING, "half a line remains in %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

int recorder_open(struct recorder *recorder, struct loop *loop, const char *path, bool append)
{
	int fd;

	recorder->loop = loop;
	recorder->path = path;
	recorder->flush.fire = flush_now;
	if (append)
		cut_torn_line(path);
	fd = own_file_open(path, O_WRONLY | (append ? O_APPEND : O_TRUNC), 0666);
	if (fd < 0)
		return fd;
	recorder->file = fdopen(fd, append ? "a" : "w");
	if (recorder->file)
		return 0;
	close(fd);
	return -ENOMEM;
}

void recorder_line(struct recorder *recorder, const char *line, size_t length)
{
	if (!recorder->file)
		return;
	if (fwrite(line, 1, length, recorder->file) < length || fputc('\n', recorder->file) == EOF) {
		give_up(recorder, errno);
		return;
	}
	if (!timer_is_set(&recorder->flush))
		loop_set_timer(recorder->loop, &recorder->flush, mono_add(clock_now(), FLUSH_AFTER));
}

void recorder_close(struct recorder *recorder)
{
	if (!recorder->file)
		return;
	if (fflush(recorder->file) != 0) {
		give_up(recorder, errno);
		return;
	}
	fclose(recorder->file);
	recorder->file = NULL;
}
