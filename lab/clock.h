/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One time axis for a whole lab: CLOCK_MONOTONIC is the same in every namespace, so what the devices' daemons tell, what
 * the hub sees and what the probe measures can be laid side by side.
 */
#ifndef VIGIA_LAB_CLOCK_H
#define VIGIA_LAB_CLOCK_H

#include <sys/socket.h>

#include "base/time.h"

mono_t mono_now(void);
static inline double duration_ms(dur_t length)
{
	return (double)length / (double)DUR_MS;
}

/* Kernel time stamps of packets are on the wall clock; the distance to CLOCK_MONOTONIC at this moment turns them. */
dur_t wall_to_mono(void);
/* When the kernel received this message (SO_TIMESTAMPNS is on); now, when it does not say. */
mono_t receive_time(struct msghdr *message, dur_t wall_to_mono);

#endif
