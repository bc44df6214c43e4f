/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a device's startup log says for people: which commands failed, where they stand, what they said,
 * what may be missing. */
#ifndef VIGIA_LAB_STARTUP_LOG_H
#define VIGIA_LAB_STARTUP_LOG_H

#include <stdio.h>

#include "lab/lab.h"

struct startup_failure {
	char *where; /* "gw1.startup:3" */
	char *what; /* "exit status 2: ip link ..." */
	char *output; /* last line the command printed; may be empty */
	const char *hint; /* what the kernel or the machine lacks; NULL */
};

struct startup_failures {
	struct startup_failure *items;
	size_t count;
};

/* Reads the text of a log written under set -x. Free with startup_failures_free(). */
void startup_log_read(const char *text, struct startup_failures *out);
void startup_failures_free(struct startup_failures *failures);

/* Prints the failures of a running device; and where its script hangs when it is not ready. */
void startup_log_report(const struct lab_device *device, FILE *out);

#endif
