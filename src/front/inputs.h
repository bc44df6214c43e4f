/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was read to make a configuration: every file, pattern and look at a file, with a hash of the answer. When all the answers
 * are what they were, reading it once more would make the same one, and need not be done.
 */
#ifndef VIGIA_FRONT_INPUTS_H
#define VIGIA_FRONT_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

struct input;

struct inputs {
	struct input *list;
	size_t count;
	size_t capacity;
	bool incomplete; /* there was no memory for one */
};

/* The file system, for conf_load_with, that takes down what it is asked; user is inputs, which stays where it is. */
struct conf_files inputs_files(struct inputs *inputs);
/* Whether there are any, and all the answers would be the same now. */
bool inputs_unchanged(const struct inputs *inputs);
/* For another process, through a memory file. 0 or -errno; false: something is missing in it. */
int inputs_write(const struct inputs *inputs, int fd);
bool inputs_read(struct inputs *inputs, int fd);
void inputs_free(struct inputs *inputs);

#endif
