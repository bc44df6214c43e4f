/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time as the whole of Vigia means it.
 *
 * A mono_t is a point on the monotonic clock, a dur_t a length; both in nanoseconds. The point is a struct so that
 * a length cannot be taken for it by accident. Nothing below engine/ reads a clock: time is always an argument, and a
 * deadline is an absolute mono_t in the state of whoever waits for it.
 */
#ifndef VIGIA_BASE_TIME_H
#define VIGIA_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	int64_t ns;
} mono_t;

typedef int64_t dur_t;

#define DUR_US INT64_C(1000)
#define DUR_MS INT64_C(1000000)
#define DUR_CS INT64_C(10000000) /* centisecond: the unit of VRRPv3 intervals */
#define DUR_S INT64_C(1000000000)

/* The deadline of somebody who waits for nothing. */
#define MONO_NEVER ((mono_t){INT64_MAX})
#define MONO_LONG_AGO ((mono_t){INT64_MIN / 2}) /* before anything, and durations can be added to it and taken off */

static inline mono_t mono_add(mono_t at, dur_t length)
{
	if (at.ns == INT64_MAX)
		return at;
	return (mono_t){at.ns + length};
}

/* later - earlier; negative when the order is the other way round. */
static inline dur_t mono_sub(mono_t later, mono_t earlier)
{
	return later.ns - earlier.ns;
}

static inline bool mono_before(mono_t a, mono_t b)
{
	return a.ns < b.ns;
}

/* A deadline is due when the clock has reached it. */
static inline bool mono_due(mono_t deadline, mono_t now)
{
	return deadline.ns <= now.ns;
}

static inline mono_t mono_min(mono_t a, mono_t b)
{
	return a.ns < b.ns ? a : b;
}

static inline mono_t mono_max(mono_t a, mono_t b)
{
	return a.ns < b.ns ? b : a;
}

#endif
