/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/clock.h"

#include <string.h>
#include <time.h>

static dur_t clock_value(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (dur_t)now.tv_sec * DUR_S + now.tv_nsec;
}

mono_t mono_now(void)
{
	return (mono_t){clock_value(CLOCK_MONOTONIC)};
}

dur_t wall_to_mono(void)
{
	/* Read on both sides, so that being interrupted between two reads costs half of the gap at most. */
	dur_t before = clock_value(CLOCK_MONOTONIC);
	dur_t wall = clock_value(CLOCK_REALTIME);
	dur_t after = clock_value(CLOCK_MONOTONIC);

	return before + (after - before) / 2 - wall;
}

mono_t receive_time(struct msghdr *message, dur_t offset)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct timespec stamp;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		return (mono_t){(int64_t)stamp.tv_sec * DUR_S + stamp.tv_nsec + offset};
	}
	return mono_now();
}
