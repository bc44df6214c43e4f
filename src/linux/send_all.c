/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/send_all.h"

#include <errno.h>

void send_all(int fd, struct mmsghdr *messages, int *errors, size_t count)
{
	size_t done = 0;

	while (done < count) {
		int sent = sendmmsg(fd, messages + done, (unsigned)(count - done), MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			errors[done++] = -errno;
			continue;
		}
		for (int i = 0; i < sent; i++)
			errors[done++] = 0;
	}
}
