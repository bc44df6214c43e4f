/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the runner ends: what is said at the end is said, within a time, and nothing is left running. */
#ifndef VIGIA_RUNNER_STOP_H
#define VIGIA_RUNNER_STOP_H

#include "runner/runner.h"

bool stop_init(struct runner *runner); /* false: no memory */
/* now: without waiting for anything. */
void stop_begin(struct runner *runner, bool now);
/* Goes on with it; once a turn. true: the process may end. */
bool stop_is_done(struct runner *runner);

#endif
