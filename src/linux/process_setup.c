/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process makes of itself at its start: see process_setup.h. */
#include "linux/process_setup.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_TO_TOUCH (128u << 10)
#define LARGE_BLOCK (128 << 10) /* bytes */
#define LOCKABLE_MAX (256ul << 20)
#define RT_PRIORITY_MAX 99
#define NICE_LIMIT_MAX 40 /* that is -20 */

/* The hard limit, too, where that is ours to raise. */
static void raise_limit(__rlimit_resource_t resource, rlim_t wanted)
{
	struct rlimit limit = {wanted, wanted};

	if (setrlimit(resource, &limit) == 0 || getrlimit(resource, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(resource, &limit);
}

void process_raise_limits(void)
{
	raise_limit(RLIMIT_RTPRIO, RT_PRIORITY_MAX);
	raise_limit(RLIMIT_NICE, NICE_LIMIT_MAX);
	raise_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
}

/* Bytes of address space, or 0. */
static unsigned long mapped(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (unsigned long)sysconf(_SC_PAGESIZE);
}

static void touch_stack(void)
{
	volatile char stack[STACK_TO_TOUCH];

	for (size_t i = 0; i < sizeof(stack); i += 1024)
		stack[i] = 0;
}

void process_map_large_blocks(void)
{
	/* Left to itself, the C library takes blocks of a size that was freed once from its heap from then on. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
}

int process_lock_memory(void)
{
	struct rlimit limit;

	if (mapped() > LOCKABLE_MAX)
		return -E2BIG;
	touch_stack();
	if (mlockall(MCL_CURRENT) < 0)
		return -errno;
	/* Under a limit, memory that comes later could not be had at all. */
	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY)
		return -EPERM;
	return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? -errno : 0;
}
