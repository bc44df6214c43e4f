/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the kernel schedules a process: nice value, real-time priority, processors. A process that finds itself late may raise
 * itself step by step.
 */
#ifndef VIGIA_LINUX_PROCESS_SCHEDULE_H
#define VIGIA_LINUX_PROCESS_SCHEDULE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/time.h"

#define PROCESS_CPUS_MAX 4096

enum schedule_part {
	SCHEDULE_NICE = 1,
	SCHEDULE_CPUS = 2,
	SCHEDULE_REAL_TIME = 4,
};

/* Without pointers: it is a message, too. */
struct process_schedule {
	uint32_t parts; /* bits of enum schedule_part: what is to be changed */
	int32_t nice; /* -20..19 */
	int32_t rt_priority; /* SCHED_RR, 1..99; 0: none */
	uint32_t rt_limit; /* RLIMIT_RTTIME in microseconds, while real-time */
	uint8_t cpus[PROCESS_CPUS_MAX / 8]; /* bits; none: all */
};

/* The parts in which they differ; all of them when `before` is NULL. */
uint32_t process_schedule_changes(const struct process_schedule *schedule, const struct process_schedule *before);
/* pid 0: this process. Does what `parts` says; takes effect at once. 0, or -errno of the first thing that failed; the others are
 * done. */
int process_schedule(pid_t pid, const struct process_schedule *schedule);

/* Raises this process when it is late. */
struct process_raise {
	int maximum; /* SCHED_RR priority that it may get; below 1: never */
	dur_t threshold; /* so late raises it by one */
	int priority; /* that it has now; 0: not real-time */
	uint32_t rt_limit;
};

/* late: how long after its time the turn came. The priority that it should have from now on; 0: what it has. */
int process_raise_when_late(struct process_raise *raise, dur_t late);

#endif
