/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See close_first.h. */
#include "linux/close_first.h"

#include <fcntl.h>
#include <unistd.h>

#define ABOVE_ALL_OTHERS 1000 /* below the usual limit of 1024 */

int close_first(int fd)
{
	const int high = fcntl(fd, F_DUPFD_CLOEXEC, ABOVE_ALL_OTHERS);

	if (high < 0)
		return fd;
	close(fd);
	return high;
}
