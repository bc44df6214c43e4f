/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scheduling of a process: see process_schedule.h. */
#include "linux/process_schedule.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

static int set_cpus(pid_t pid, const struct process_schedule *schedule)
{
	cpu_set_t *set = CPU_ALLOC(PROCESS_CPUS_MAX);
	const size_t size = CPU_ALLOC_SIZE(PROCESS_CPUS_MAX);
	bool some = false;
	int error;

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(size, set);
	for (size_t i = 0; i < sizeof(schedule->cpus); i++)
		some |= schedule->cpus[i] != 0;
	for (size_t i = 0; i < PROCESS_CPUS_MAX; i++)
		if (!some || schedule->cpus[i / 8] >> i % 8 & 1)
			CPU_SET_S(i, size, set);
	error = sched_setaffinity(pid, size, set) < 0 ? -errno : 0;
	CPU_FREE(set);
	return error;
}

static int set_real_time(pid_t pid, int priority, uint32_t limit)
{
	/* The soft limit sends a warning, the hard one ends us. */
	const struct rlimit time = priority > 0 ? (struct rlimit){limit / 2, limit}
						: (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	const struct sched_param parameters = {.sched_priority = priority};
	int error;

	/* A limit that was set lower before stays, where raising it is not ours. */
	error = prlimit(pid, RLIMIT_RTTIME, &time, NULL) < 0 && priority > 0 ? -errno : 0;
	if (sched_setscheduler(pid, priority > 0 ? SCHED_RR : SCHED_OTHER, &parameters) < 0)
		return -errno;
	return error;
}

uint32_t process_schedule_changes(const struct process_schedule *schedule, const struct process_schedule *before)
{
	uint32_t parts = 0;

	if (!before || before->nice != schedule->nice)
		parts |= SCHEDULE_NICE;
	if (!before || memcmp(before->cpus, schedule->cpus, sizeof(schedule->cpus)) != 0)
		parts |= SCHEDULE_CPUS;
	if (!before || before->rt_priority != schedule->rt_priority || before->rt_limit != schedule->rt_limit)
		parts |= SCHEDULE_REAL_TIME;
	return parts;
}

int process_schedule(pid_t pid, const struct process_schedule *schedule)
{
	int nice = 0, cpus = 0, real_time = 0;

	if (schedule->parts & SCHEDULE_NICE)
		nice = setpriority(PRIO_PROCESS, (id_t)pid, schedule->nice) < 0 ? -errno : 0;
	if (schedule->parts & SCHEDULE_CPUS)
		cpus = set_cpus(pid, schedule);
	if (schedule->parts & SCHEDULE_REAL_TIME)
		real_time = set_real_time(pid, schedule->rt_priority, schedule->rt_limit);
	return nice ? nice : cpus ? cpus : real_time;
}

int process_raise_when_late(struct process_raise *raise, dur_t late)
{
	if (raise->priority >= raise->maximum || late < raise->threshold)
		return 0;
	return ++raise->priority;
}
