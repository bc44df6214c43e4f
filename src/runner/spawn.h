/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new process for a script, by vfork: the time it takes does not grow with our memory, and exec's error comes back. */
#ifndef VIGIA_RUNNER_SPAWN_H
#define VIGIA_RUNNER_SPAWN_H

#include "conf/account.h"

struct spawn {
	const char *path;
	char *const *words;
	/* A script without "#!": what a shell would do with it. */
	char *const *shell_words;
	char *const *environment;
	const struct account *account;
};

/* The process, which leads a group of its own; or -errno of what it could not do. */
pid_t spawn_process(const struct spawn *spawn);

#endif
