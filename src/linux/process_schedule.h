/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the kernel schedules a process: nice value, real-time priority, processors. A process that finds itself late may raise
 * itself step by step.
 */
#ifndef VIGIA_LINUX_PROCESS_SCHEDULE_H
#define VIGIA_LINUX_PROCESS_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

struct process_schedule {
	int nice; /* -20..19 */
	int rt_priority; /* SCHED_RR, 1..99; 0: none */
	uint32_t rt_limit; /* RLIMIT_RTTIME in microseconds, while real-time */
	const uint16_t *cpus; /* NULL: all */
	size_t cpu_count;
};

/* What differs from `before`, which is in force; all of it when that is NULL. 0, or -errno of the first thing that failed; the
 * others are done. */
int process_schedule(const struct process_schedule *schedule, const struct process_schedule *before);

/* Raises this process when it is late. */
struct process_raise {
	int maximum; /* SCHED_RR priority that it may get; below 1: never */
	dur_t threshold; /* so late raises it by one */
	int priority; /* that it has now; 0: not real-time */
	uint32_t rt_limit;
};

/* late: how long after its time the turn came. The new priority when it changed; 0: nothing to tell; -errno: it was refused,
 * and is not tried again. */
int process_raise_when_late(struct process_raise *raise, dur_t late);

#endif
