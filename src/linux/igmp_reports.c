/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A setting of the kernel: see igmp_reports.h. */
#include "linux/igmp_reports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SETTING "/proc/sys/net/ipv4/igmp_link_local_mcast_reports"

int igmp_reports_read(void)
{
	char text[16] = "";
	int fd = open(SETTING, O_RDONLY | O_CLOEXEC);
	int result = fd < 0 ? -errno : 0;

	if (fd < 0)
		return result;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		result = -EIO;
	close(fd);
	return result ? result : atoi(text);
}

int igmp_reports_write(int value)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", value);
	int fd = open(SETTING, O_WRONLY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)length) != length)
		error = -errno;
	close(fd);
	return error;
}
