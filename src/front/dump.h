/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps: the files that keepalived writes when it gets a signal, for the exporters and scripts that read them. dump.c asks
 * for the status and has the clerk put the files in place; each kind is written by one file, from the status (doc/control-protocol.md) and
 * the configuration in force. A virtual router about which nothing is known, because the engine is dead, is in state INIT.
 */
#ifndef VIGIA_FRONT_DUMP_H
#define VIGIA_FRONT_DUMP_H

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/time.h"
#include "conf/conf.h"

/* keepalived's numbers of states. */
enum dump_state {
	DUMP_STATE_INIT = 0,
	DUMP_STATE_BACKUP = 1,
	DUMP_STATE_MASTER = 2,
	DUMP_STATE_FAULT = 3,
};

/* One virtual router: what it is configured to be, and its entry of the status. */
struct dump_instance {
	const struct vr_config *config;
	const json_t *status;
};

/* All that a dump is written from. */
struct dump_source {
	struct conf_result whole; /* what the instances point into */
	const struct conf *conf;
	const json_t *status;
	struct dump_instance *instances; /* in the order of the status */
	size_t instance_count;
	int64_t wall_minus_mono; /* ns: turns a time of the status into one of the wall clock */
};

/* Each writes the whole file. */
void dump_stats(FILE *out, const struct dump_source *source); /* keepalived.stats */
void dump_data(FILE *out, const struct dump_source *source); /* keepalived.data */
void dump_json(FILE *out, const struct dump_source *source); /* keepalived.json */

/* dump.c, for them */
enum dump_state dump_state_of(const struct dump_instance *instance);
/* A number of the status by the names of its objects; 0 when it is not there. */
long long dump_number(const json_t *object, const char *member, const char *name);
long long dump_released_master(const struct dump_instance *instance);
/* "192.168.1.200/24 dev eth0 scope global set", of address number `index`; buffer is returned. */
const char *dump_address(const struct dump_instance *instance, size_t index, char *buffer, size_t size);
/* When it came into its state, in seconds since 1970; 0: not known. */
double dump_last_transition(const struct dump_source *source, const struct dump_instance *instance);

#endif
