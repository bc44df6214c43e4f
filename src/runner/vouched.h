/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the configuration file vouches for. A configuration comes to the runner from the front, by the engine, and both hear people
 * from outside. So the runner, which becomes root for some commands, reads the file itself whenever one comes, and runs
 * nothing, and makes no file or pipe, that the file did not say when it was read, here, since the runner began.
 */
#ifndef VIGIA_RUNNER_VOUCHED_H
#define VIGIA_RUNNER_VOUCHED_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

struct vouched {
	const char *file; /* NULL: everything is believed (a test) */
	struct conf_options how; /* it is read */
	char **lines; /* sorted */
	size_t count;
	size_t capacity;
	bool out_of_memory;
};

/* Reads the file. run, of strings that live as long as *result, which the caller frees: what it says of all commands. NULL when
 * there is a file and it cannot be read or has errors; then nothing new is vouched for. */
const struct conf_run *vouched_read(struct vouched *vouched, struct conf_result *result);
/* As the account that it really has: script_user where it names none. */
bool vouched_command(const struct vouched *vouched, const char *line, const char *user, const char *group);
bool vouched_fifo(const struct vouched *vouched, const struct conf_fifo *fifo);
/* init_file */
bool vouched_file(const struct vouched *vouched, const struct conf_tracked_file *file);
void vouched_free(struct vouched *vouched);

#endif
