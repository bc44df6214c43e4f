/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guard has started: which process, how, with which descriptors. It says no more than that. Programs, files and users are those
 * of the command line and of the place that was settled at the start, which whoever starts it knows itself: the starter
 * (starter.h), and the guard until there is one.
 */
#ifndef VIGIA_DAEMON_START_H
#define VIGIA_DAEMON_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/options.h"
#include "daemon/service_users.h"
#include "linux/child_process.h"

#define START_DESCRIPTORS_MAX 24 /* testaments of the dead among them */

enum start_process {
	START_ENGINE,
	START_FRONT,
	START_RUNNER,
	START_ERRAND, /* vigiad-runner, for a moment: guard_errand.c */
	START_CHECKER, /* vigiad, testing a configuration */
	START_STARTER, /* of the vigiad that is installed now */
};

/* What a descriptor is for. */
enum start_role {
	ROLE_CHANNEL, /* to the guard */
	ROLE_OUTPUT,
	ROLE_ERRORS,
	ROLE_CONFIG,
	ROLE_TESTAMENT,
	ROLE_FRONT,
	ROLE_FIREWALL,
	ROLE_LEFT, /* testament of the dead; there may be several */
	ROLE_MAIL,
	ROLE_PROCESS_EVENTS,
	ROLE_SCHEDULE,
};

/* How, one bit each. */
enum start_how {
	START_SUCCESSOR = 1 << 0, /* engine: of one that runs */
	START_ADOPT = 1 << 1,
	START_BURY = 1 << 2,
	START_BY_MARKS = 1 << 3,
	START_DUMP = 1 << 4, /* front: the configuration */
	START_UNPLACED = 1 << 5, /* front: it is to find out where */
	START_AGAIN = 1 << 6, /* runner: after others */
	START_INFORMED = 1 << 7,
	START_INSTALLED = 1 << 8, /* the program that is installed now, not the one that was when the daemon started */
};

struct start {
	uint8_t process;
	uint8_t count; /* of descriptors */
	uint8_t roles[START_DESCRIPTORS_MAX];
	uint16_t how;
	int32_t number; /* runner: the former one; errand: whose schedule */
};

/* With the descriptors, of the process that it is said in. */
struct start_order {
	struct start start;
	int fds[START_DESCRIPTORS_MAX];
};

enum start_program {
	PROGRAM_ENGINE,
	PROGRAM_FRONT,
	PROGRAM_RUNNER,
	PROGRAM_COUNT,
};

struct start_knowledge {
	const struct daemon_options *options;
	struct service_users users;
	const char *firewall_name;
	int programs[PROGRAM_COUNT]; /* open descriptors: an upgrade of the files does not matter any more */
};

/* fd -1 is none. */
void start_add(struct start_order *order, enum start_role role, int fd);
/* Whether it is one that a guard gives: each process has its descriptors and its ways. */
bool start_is_sound(const struct start *start);
/* sibling: of a starter. 0 or -errno. */
int start_execute(const struct start_knowledge *knowledge, const struct start_order *order, bool sibling,
	struct child_process *child);
/* Of the folder where ours is installed; a descriptor or -errno. */
int start_find_program(const char *name);

#endif
