/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process of vigiad may still do once it has started. Each gives up what it does not need as soon as it has opened what
 * takes more: doc/security.md says who keeps what. A library of its own, so that the front links this and the guard nothing
 * else: the kernel's calls, no library's.
 *
 * A root process that gives up capabilities gets all of its bounding set back with the next exec. So the guard, which keeps
 * two, can start an engine and a runner that begin with more; and the engine and the front close that way as well.
 */
#ifndef VIGIA_LINUX_PRIVILEGES_H
#define VIGIA_LINUX_PRIVILEGES_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

#define PRIVILEGE(capability) (UINT64_C(1) << (capability))

/* What moves frames, addresses, routes and rules. */
#define PRIVILEGES_NETWORK (PRIVILEGE(CAP_NET_ADMIN) | PRIVILEGE(CAP_NET_RAW))
/* Becomes other users, ends their processes, makes pipes theirs, reads and makes files in their folders; hears of processes. */
#define PRIVILEGES_RUNNER \
	(PRIVILEGE(CAP_SETUID) | PRIVILEGE(CAP_SETGID) | PRIVILEGE(CAP_KILL) | PRIVILEGE(CAP_CHOWN) | \
		PRIVILEGE(CAP_DAC_OVERRIDE) | PRIVILEGE(CAP_NET_ADMIN))

/* Whether it has all of these. */
bool privileges_have(uint64_t wanted);
/* Keeps those of these that it has; of the calling thread, so before there are others. 0 or -errno. */
int privileges_keep(uint64_t kept);
/* The same for good: nothing that it executes gets more. */
int privileges_seal(uint64_t kept);
/* After exec, for a process that its parent started: exec took this back where it gave it more capabilities than the parent
 * has. It ends with its parent, and may leave a core dump if limits allow one. */
void privileges_follow_parent(void);

#endif
