/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Monotonic time, and wall-clock stamps made monotonic: see turn_clock.h. */
#include "linux/turn_clock.h"

#include <stdlib.h>

/* Reading two clocks one after the other is this inexact when the process is interrupted in between each time, and
 * slewing moves the wall clock by at most 500 us in a second. What goes beyond is a step. */
#define READING_NOISE (5 * DUR_MS)
#define READING_TIME (DUR_MS / 10)
#define READINGS 5 /* whoever has no real-time priority is interrupted for long, but seldom twice in a row */
#define SLEW_DIVISOR 1000

static int64_t nanoseconds(const struct timespec *time)
{
	return (int64_t)time->tv_sec * DUR_S + time->tv_nsec;
}

static int64_t read_clock(clockid_t which)
{
	struct timespec time;

	clock_gettime(which, &time);
	return nanoseconds(&time);
}

mono_t mono_now(void)
{
	return (mono_t){read_clock(CLOCK_MONOTONIC)};
}

mono_t mono_booted(void)
{
	return (mono_t){read_clock(CLOCK_MONOTONIC) - read_clock(CLOCK_BOOTTIME)};
}

void turn_clock_read(struct turn_clock *clock)
{
	const bool first = clock->now.ns == 0;
	int64_t wall;
	dur_t offset;
	mono_t began;
	int tries = 0;

	clock->before = clock->now;
	if (!clock->behind)
		clock->emptied = clock->before;
	clock->behind = false;
	do {
		began = mono_now();
		wall = read_clock(CLOCK_REALTIME);
		clock->now = mono_now();
	} while (mono_sub(clock->now, began) > READING_TIME && ++tries < READINGS);
	offset = wall - clock->now.ns;
	clock->stepped = !first && llabs(offset - clock->offset) >
					   READING_NOISE + mono_sub(clock->now, clock->before) / SLEW_DIVISOR;
	clock->offset = offset;
}

mono_t turn_clock_received(const struct turn_clock *clock, int64_t stamp)
{
	const mono_t received = {stamp - clock->offset};

	/* What does not fit was stamped after the wall clock had been set within this very turn. */
	if (clock->stepped || mono_before(clock->now, received) ||
		mono_before(mono_add(received, READING_NOISE), clock->emptied))
		return clock->now;
	return received;
}
