/* SPDX-License-Identifier: GPL-2.0-or-later */
/* openat2(2) that does not let a path out of a directory. */
#include "lab/open_confined.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES 1000

int open_confined(int directory, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.mode = (flags & O_CREAT) != 0 ? 0644 : 0,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	/* EAGAIN: something was renamed or mounted, anywhere on the machine, while ".." was walked. Other devices that
	 * boot do that all the time. */
	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
		if (fd >= 0 || errno != EAGAIN)
			break;
		sched_yield();
	}
	return fd < 0 ? -errno : (int)fd;
}
