/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A runner without a process: its parts are driven in turns, and what it tells the engine is looked at. */
#ifndef VIGIA_TESTS_RUNNER_RIG_H
#define VIGIA_TESTS_RUNNER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "runner/runner.h"

struct rig {
	struct runner runner;
	struct conf_result conf;
	int engine; /* our end */
	char body[MESSAGE_BODY_MAX + 1];
};

/* Definitions alone; an instance that tracks them all is added. trackers: "track_file {\n a\n }". first: the daemon begins. */
void rig_load(struct rig *rig, const char *definitions, const char *trackers, bool first);
void rig_open(struct rig *rig);
void rig_close(struct rig *rig);
/* Turns until the engine is told exactly this of the object; what it is told of it before does not matter. */
void rig_expect(struct rig *rig, enum track_kind kind, const char *name, enum track_state state, int32_t value);
/* Turns for so long; nothing must be told. */
void rig_expect_nothing(struct rig *rig, dur_t length);

#endif
