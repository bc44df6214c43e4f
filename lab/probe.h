/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probe: ICMP echo requests at a steady rate from a device's network, sent by a thread of its own on an absolute
 * schedule, answers taken with the kernel's receive time. probe_log.h says what follows from them.
 */
#ifndef VIGIA_LAB_PROBE_H
#define VIGIA_LAB_PROBE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/time.h"
#include "lab/probe_log.h"

#define PROBE_SOCKET AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP
#define PROBE_RATE 1000 /* requests a second */
#define PROBE_RATE_MAX 10000

struct probe;

/* Starts to ask `to`, through a socket of PROBE_SOCKET that lives in the asking device; it is the probe's from now on, also
 * after an error. rate: 1..PROBE_RATE_MAX. -errno; -ENETUNREACH: the device has no route there. */
int probe_start(int descriptor, struct in_addr to, unsigned rate, struct probe **out);
/* The moment when the last request that has been answered was sent; 0 before there is one. */
mono_t probe_last_answered(const struct probe *probe);
/* Sends nothing more, waits for answers on their way (PROBE_GRACE at most), ends the thread and frees the probe. The log is
 * the caller's then. */
void probe_stop(struct probe *probe, struct probe_log *log);

#endif
