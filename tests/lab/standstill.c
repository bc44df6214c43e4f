/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When does this machine itself stand still? A thread of the highest real-time priority that does nothing but wake up twice in a
 * millisecond, on the processor that it was started on (taskset). What holds it up is no program's priority: the kernel, or what
 * the machine runs on. Prints "FROM LATE" in nanoseconds, CLOCK_MONOTONIC, whenever it was later than so many microseconds.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PERIOD 500000
#define SECOND INT64_C(1000000000)

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

int main(int argc, char **argv)
{
	const struct sched_param highest = {.sched_priority = sched_get_priority_max(SCHED_FIFO)};
	const int64_t limit = argc > 1 ? 1000 * strtoll(argv[1], NULL, 10) : 2000000;
	int64_t next = now();

	if (sched_setscheduler(0, SCHED_FIFO, &highest) < 0 || mlockall(MCL_CURRENT | MCL_FUTURE) < 0) {
		perror("standstill: a real-time priority and locked memory");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	for (;;) {
		int64_t late;

		next += PERIOD;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
			&(struct timespec){.tv_sec = next / SECOND, .tv_nsec = next % SECOND}, NULL);
		late = now() - next;
		if (late <= limit)
			continue;
		printf("%lld %lld\n", (long long)next, (long long)late);
		next = now();
	}
}
