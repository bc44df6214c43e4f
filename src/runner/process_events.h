/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel tells of each process that begins, becomes another program, changes its name or ends: the netlink proc connector.
 * It exists only in the first network namespace, from which the guard hands over a socket when the daemon leaves it, and is deaf in pid
 * namespaces: doc/linux.md.
 */
#ifndef VIGIA_RUNNER_PROCESS_EVENTS_H
#define VIGIA_RUNNER_PROCESS_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum process_event {
	PROCESS_EVENTS_READY, /* they are told of from now on */
	PROCESS_BEGUN, /* or another program, or another name */
	PROCESS_ENDED,
	PROCESS_EVENTS_LOST, /* too many at once: look at everything */
};

/* A socket that was asked to tell, or -errno. from: a socket of the first network namespace, of which this is a copy, or -1: one
 * of our own. buffer: octets, 0: the kernel's default. */
int process_events_open(int from, uint32_t buffer, bool forced);
/* Nothing more is told, even if somebody else has a copy of it. */
void process_events_close(int fd);
/* Reads all that waits. 0 or -errno. */
int process_events_read(int fd, void (*tell)(void *user, enum process_event event, pid_t pid), void *user);

#endif
