/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How late the engine is: how long after the deadline that it asked to be woken for a turn looks at the timers. What a turn leaves
 * for later (backlog.c) has no deadline, and does not count; packets that are taken first do, for the adverts wait for them.
 */
#ifndef VIGIA_ENGINE_LATENESS_H
#define VIGIA_ENGINE_LATENESS_H

#include <stdint.h>

#include "base/archive.h"
#include "base/text.h"
#include "base/time.h"

#define LATENESS_BOUNDS 12
#define LATENESS_STALL (100 * DUR_MS) /* a turn that is later counts as a stall */

struct lateness {
	mono_t due; /* what the next turn is to come for; MONO_NEVER: nothing has a time */
	uint64_t counts[LATENESS_BOUNDS + 1]; /* turns, by their lateness; the last one: more than all bounds */
	dur_t sum;
	dur_t last;
	dur_t longest;
	mono_t longest_at;
	uint64_t stalls;
	dur_t last_stall;
	mono_t last_stall_at; /* its end */
};

/* Counts a turn that looks at the timers now. Returns how late it is; 0 when nothing is due. */
dur_t lateness_measure(struct lateness *lateness, mono_t now);
void lateness_clear(struct lateness *lateness); /* all but `due` */
/* The member "lateness" of the engine's part of the status. */
void lateness_write(struct json_out *json, const struct lateness *lateness);
void lateness_archive(struct archive *archive, struct lateness *lateness);

#endif
