/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process makes of itself at its start: see process_setup.h. */
#include "linux/process_setup.h"

#include <cap-ng.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define STACK_TO_TOUCH (128u << 10)
#define LOCKABLE_MAX (256ul << 20)

int process_keep_engine_privileges(void)
{
	static const unsigned wanted[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_NICE, CAP_IPC_LOCK};
	int keep[4] = {0};

	if (capng_get_caps_process() < 0)
		return -EPERM;
	for (size_t i = 0; i < 4; i++)
		keep[i] = capng_have_capability(CAPNG_PERMITTED, wanted[i]);
	if (!keep[0] || !keep[1])
		return -EPERM;
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < 4; i++)
		if (keep[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, wanted[i]);
	/* The bounding set may only be narrowed with CAP_SETPCAP; without it there is nothing to gain it by either. */
	if (capng_apply(CAPNG_SELECT_BOTH) < 0 && capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
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

int process_lock_memory(void)
{
	if (mapped() > LOCKABLE_MAX)
		return -E2BIG;
	touch_stack();
	if (mlockall(MCL_CURRENT) < 0)
		return -errno;
	return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? -errno : 0;
}
