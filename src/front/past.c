/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moments before this process: see past.h. */
#include "front/past.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "front/loop.h"

/* A point on the monotonic clock, given as one on another clock. */
static mono_t mono_from(clockid_t clock, const struct timespec *at)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return mono_add(clock_now(), -((now.tv_sec - at->tv_sec) * DUR_S + (now.tv_nsec - at->tv_nsec)));
}

mono_t file_written_at(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? mono_from(CLOCK_REALTIME, &status.st_mtim) : clock_now();
}

/* Field 22 of its stat, in clock ticks since the boot. */
mono_t parent_started_at(void)
{
	char path[64];
	char line[1024] = "";
	unsigned long long ticks = 0;
	unsigned long long per_second = (unsigned long long)sysconf(_SC_CLK_TCK);
	const char *rest;
	FILE *file;
	struct timespec at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
	file = fopen(path, "re");
	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = '\0';
		fclose(file);
	}
	rest = strrchr(line, ')'); /* the name may hold anything */
	if (!rest ||
		sscanf(rest + 1,
			" %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
			&ticks) != 1)
		return clock_now();
	at.tv_sec = (time_t)(ticks / per_second);
	at.tv_nsec = (long)(ticks % per_second * (unsigned long long)DUR_S / per_second);
	return mono_from(CLOCK_BOOTTIME, &at);
}
