/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The supervisor of a lab: one process that owns the hub and all devices and nothing outlives.
 *
 * It listens on the control socket (seqpacket, one line a message). Requests: "start [NAME...]" (no name:
 * every device that is off), "stop [NAME...]" (with shutdown scripts; no name: the whole lab), "kill NAME".
 * Every connected client hears of everything:
 *
 *	booted NAME		its namespaces and cables are there, its scripts run
 *	ready NAME		its startup scripts have ended
 *	gone NAME		its pid 1 has ended
 *	warning NAME: TEXT
 *	done			the request of this client has been carried out: all are booted, or gone
 *	error TEXT		it has not
 */
#ifndef VIGIA_LAB_SUPERVISOR_H
#define VIGIA_LAB_SUPERVISOR_H

#include "lab/lab.h"
#include "lab/lab_conf.h"

/* Forks the supervisor of the lab that conf describes; returns when it listens. -EWOULDBLOCK: one is
 * running already. */
int supervisor_start(const struct lab_conf *conf, const struct lab *lab, struct lab_error *error);

/* The client's side. Descriptor of a connection, or -ENOENT and the like. */
int supervisor_connect(const struct lab *lab, struct lab_error *error);
int supervisor_request(int fd, const char *verb, char *const *names, size_t count, struct lab_error *error);
/* The next line, within timeout_ms (-1: for ever). 1: a line; 0: timeout; negative: the supervisor is gone. */
int supervisor_line(int fd, int timeout_ms, char *line, size_t size);

#define SUPERVISOR_LINE_SIZE 1024

#endif
