/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scheduling of a process: see process_schedule.h. */
#include "linux/process_schedule.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#define CPUS_MAX 4096

static int set_cpus(const struct process_schedule *schedule)
{
	cpu_set_t *set = CPU_ALLOC(CPUS_MAX);
	const size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
	int error;

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(size, set);
	for (size_t i = 0; i < CPUS_MAX; i++)
		if (schedule->cpu_count == 0)
			CPU_SET_S(i, size, set);
	for (size_t i = 0; i < schedule->cpu_count; i++)
		CPU_SET_S(schedule->cpus[i], size, set);
	error = sched_setaffinity(0, size, set) < 0 ? -errno : 0;
	CPU_FREE(set);
	return error;
}

static int set_real_time(int priority, uint32_t limit)
{
	/* The soft limit sends a warning, the hard one ends us. */
	const struct rlimit time = priority > 0 ? (struct rlimit){limit / 2, limit}
						: (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	const struct sched_param parameters = {.sched_priority = priority};

	if (setrlimit(RLIMIT_RTTIME, &time) < 0 && priority > 0)
		return -errno;
	if (sched_setscheduler(0, (priority > 0 ? SCHED_RR : SCHED_OTHER) | SCHED_RESET_ON_FORK, &parameters) < 0)
		return -errno;
	return 0;
}

static bool same_cpus(const struct process_schedule *a, const struct process_schedule *b)
{
	return a->cpu_count == b->cpu_count &&
	       (a->cpu_count == 0 || memcmp(a->cpus, b->cpus, a->cpu_count * sizeof(*a->cpus)) == 0);
}

int process_schedule(const struct process_schedule *schedule, const struct process_schedule *before)
{
	int nice = 0, cpus = 0, real_time = 0;

	if (!before || before->nice != schedule->nice)
		nice = setpriority(PRIO_PROCESS, 0, schedule->nice) < 0 ? -errno : 0;
	if (!before || !same_cpus(before, schedule))
		cpus = set_cpus(schedule);
	if (!before || before->rt_priority != schedule->rt_priority || before->rt_limit != schedule->rt_limit)
		real_time = set_real_time(schedule->rt_priority, schedule->rt_limit);
	return nice ? nice : cpus ? cpus : real_time;
}

int process_raise_when_late(struct process_raise *raise, dur_t late)
{
	int error;

	if (raise->priority >= raise->maximum || late < raise->threshold)
		return 0;
	error = set_real_time(raise->priority + 1, raise->rt_limit);
	if (error) {
		raise->maximum = 0;
		return error;
	}
	return ++raise->priority;
}
