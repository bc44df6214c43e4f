/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process makes of itself at its start: see process_setup.h. */
#include "linux/process_setup.h"

#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_TO_TOUCH (32u << 10)
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

/* What stands in a file: the text and the constants of the program or of one of its libraries. */
static int touch_object(struct dl_phdr_info *object, size_t size, void *user)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)user;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		const volatile char *bytes = (const volatile char *)(object->dlpi_addr + part->p_vaddr);

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_R))
			continue;
		for (size_t at = 0; at < part->p_filesz; at += page)
			(void)bytes[at];
		if (part->p_filesz > 0)
			(void)bytes[part->p_filesz - 1];
	}
	return 0;
}

int process_lock_memory(void)
{
	struct rlimit limit;
	bool limited;

	if (mapped() > LOCKABLE_MAX)
		return -E2BIG;
	touch_stack();
	/* Under a limit, memory that comes later could not be had at all. */
	limited = getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY;
	if (mlockall(MCL_CURRENT | MCL_ONFAULT | (limited ? 0 : MCL_FUTURE)) < 0)
		return -errno;
	dl_iterate_phdr(touch_object, NULL);
	return limited ? -EPERM : 0;
}
