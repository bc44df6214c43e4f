/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where others can change our tables (before Linux 6.9), who puts them back must be quicker than the one who changed them: at the end
 * of that one nf_tables is locked for a grace period of RCU (doc/linux.md, "Rules"), and nft(8) ends 0.1 ms after its transaction,
 * before an engine on another, idle processor is awake. So a thread waits on each processor for changes that are made there. It is
 * real-time: who made the change does not go on before the thread waits again.
 *
 * They touch nothing but the firewall. The engine hears of the change, too, lets them go first, and asks what came of it
 * (firewall_put_back).
 */
#ifndef VIGIA_LINUX_FIREWALL_SENTRIES_H
#define VIGIA_LINUX_FIREWALL_SENTRIES_H

#include "linux/firewall.h"

struct firewall_sentry;

/* All zero: none. */
struct firewall_sentries {
	struct firewall *firewall;
	int end; /* eventfd: readable when they are to end */
	struct firewall_sentry *list;
	size_t count;
};

/* One for each processor that this process may use now. firewall must stay until firewall_sentries_stop. Without memory, sockets or threads,
 * or a right to real-time (RLIMIT_RTPRIO), there are fewer or slower ones, and the engine puts back what they leave. */
void firewall_sentries_start(struct firewall_sentries *sentries, struct firewall *firewall);
/* When they are done with what they are at, and what waits; there may be none. */
void firewall_sentries_stop(struct firewall_sentries *sentries);

#endif
