/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock of a process that works in turns: read once, after waking up, and told to everybody. The kernel
 * stamps packets with the wall clock; this is where such a stamp becomes a point on the monotonic clock, the
 * only one that the rooms above know.
 */
#ifndef VIGIA_LINUX_TURN_CLOCK_H
#define VIGIA_LINUX_TURN_CLOCK_H

#include <stdbool.h>
#include <time.h>

#include "base/time.h"

struct turn_clock {
	mono_t now;
	mono_t before; /* the turn before */
	mono_t emptied; /* the last turn before this one that left no packet waiting */
	bool behind; /* set by who reads packets: this turn leaves some */
	dur_t offset; /* wall clock - monotonic clock */
	bool stepped; /* somebody set the wall clock since the turn before: older stamps mean nothing */
};

mono_t mono_now(void);
/* When the machine was started, also if it has been suspended since, which the monotonic clock does not count: then before
 * that clock's zero. */
mono_t mono_booted(void);
/* First all zero; then once per turn. */
void turn_clock_read(struct turn_clock *clock);
/* When a packet with this stamp (nanoseconds on the wall clock; 0: none) came: not later than clock->now, nor earlier than
 * clock->emptied. */
mono_t turn_clock_received(const struct turn_clock *clock, int64_t stamp);

#endif
