/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The starter: the process that executes for the guard, which has given up for good what the others begin with. The guard leaves it
 * behind before that; it holds no capability itself and does nothing but wait for orders (start.h). What it starts is the guard's
 * child, not its own. Programs, paths and users it knows from the start; an order names none. It also ends those of the
 * guard's children that became other users, whom the guard may not signal.
 *
 * In an upgrade it executes the new vigiad as the starter that comes after it.
 */
#ifndef VIGIA_DAEMON_STARTER_H
#define VIGIA_DAEMON_STARTER_H

#include "daemon/start.h"
#include "linux/child_process.h"

/* As the guard sees it. */
struct starter {
	struct child_process process; /* pidfd -1: it does not run */
	int channel; /* -1: it takes no orders */
};

/* Of the process whose child it is to be. Returns when it waits for orders. 0 or -errno: then nothing is left of it. */
int starter_open(struct starter *starter, const struct start_knowledge *knowledge);
/* A vigiad that was executed as one: the descriptor that it finds what it is to know in; -1: it was not. */
int starter_inherited(void);
/* Until the guard ends, or has another starter. */
_Noreturn void starter_go_on(struct daemon_options *options, int state);

#endif
