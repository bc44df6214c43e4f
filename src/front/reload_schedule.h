/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reload at a time that a file says (reload_time_file), so that all routers of a network can change at once. The file is
 * watched: it may come, change and go at any time, and so may its directory's contents around it.
 */
#ifndef VIGIA_FRONT_RELOAD_SCHEDULE_H
#define VIGIA_FRONT_RELOAD_SCHEDULE_H

#include <stdbool.h>
#include <time.h>

#define SCHEDULE_TEXT_MAX 32

/* When the text says, not before now; text: HH:MM:SS, with YYYY-MM-DD or YY-MM-DD and a blank before it or not, and a Z behind it
 * for UTC; one line. A time without a date is the next such one. false: it is none of that. *daily: there was no date. */
bool schedule_time(const char *text, time_t now, time_t *when, bool *daily);

struct front;
/* Follows what the configuration in force says. After each change of it, and at the start. */
void schedule_follow(struct front *front);
/* A reload has begun that the schedule wanted: its file has served. */
void schedule_done(struct front *front);
void schedule_close(struct front *front);

#endif
