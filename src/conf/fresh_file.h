/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that takes another one's place as a whole: written under another name beside it, so that nobody reads half of it, and a
 * link that somebody has put in its place in a shared folder is replaced, not followed. */
#ifndef VIGIA_CONF_FRESH_FILE_H
#define VIGIA_CONF_FRESH_FILE_H

#include <sys/types.h>

struct fresh_file {
	char *name; /* until it has the other one */
	int fd;
};

/* 0 or -errno; then fd is to be written to. */
int fresh_file_open(struct fresh_file *file, const char *path);
/* Closes it, and with error 0 gives it its mode and the name `path`; it is removed otherwise. 0, or the error, or another one. */
int fresh_file_close(struct fresh_file *file, const char *path, mode_t mode, int error);

#endif
