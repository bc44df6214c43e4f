/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace file: see recorder.h. */
#include "front/recorder.h"

#include <errno.h>
#include <string.h>

#include "front/log.h"

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

int recorder_open(struct recorder *recorder, struct loop *loop, const char *path, bool append)
{
	recorder->loop = loop;
	recorder->path = path;
	recorder->flush.fire = flush_now;
	recorder->file = fopen(path, append ? "ae" : "we");
	return recorder->file ? 0 : -errno;
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
