/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace file of --record: lines from the engine, buffered, on disk about a second later. The first write
 * error is logged and ends the recording, because a trace with a hole cannot be replayed.
 */
#ifndef VIGIA_FRONT_RECORDER_H
#define VIGIA_FRONT_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "front/loop.h"

struct recorder {
	struct loop *loop;
	const char *path;
	FILE *file; /* NULL: not recording */
	struct timer flush;
};

/* append: goes on with a file of the same run, else it starts anew. 0 or -errno. */
int recorder_open(struct recorder *recorder, struct loop *loop, const char *path, bool append);
void recorder_line(struct recorder *recorder, const char *line, size_t length);
void recorder_close(struct recorder *recorder);

#endif
