/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia whatif FILE...`: given the configuration of each router, who is master, and who becomes master after each single
 * failure? Nothing here knows the answer: for each question a world is built, the routers are started in it, one thing
 * is broken, and the world is watched. What is not in the files is assumed: the network is a switch, addresses of the
 * routers rise in the order of the files, all scripts succeed.
 *
 *	whatif_plan.c		files -> routers; which of their instances are one virtual router
 *	whatif_part.c		what a file says of one of these
 *	whatif_world.c		a world for them
 *	whatif_try.c		one failure, and what became of it
 *	whatif_print.c		text and JSON
 *	whatif_command.c	the command line
 */
#ifndef VIGIA_SIM_WHATIF_H
#define VIGIA_SIM_WHATIF_H

#include <stdio.h>

#include "base/text.h"
#include "sim/world.h"

#define WHATIF_NAME_SIZE 64

struct whatif_router {
	const char *file;
	char name[WHATIF_NAME_SIZE]; /* what tells it from the others: of NAME=FILE, or from the path */
	struct conf_result result;
};

/* One virtual router, and the instance that stands for it in each file. */
struct whatif_set {
	const struct conf_instance *members[SIM_ROUTERS_MAX]; /* NULL: that router has none */
	unsigned cluster; /* sets that go up and down together, by sync groups, have one number */
};

struct whatif_plan {
	struct whatif_router routers[SIM_ROUTERS_MAX];
	unsigned router_count;
	struct whatif_set *sets;
	size_t set_count;
	unsigned cluster_count;
};

enum whatif_failure_type {
	WHATIF_DIES, /* power */
	WHATIF_STOPS, /* told to */
	WHATIF_INTERFACE, /* carrier lost */
	WHATIF_OBJECT, /* a script or the like fails from now on */
};

struct whatif_failure {
	enum whatif_failure_type type;
	unsigned router;
	enum track_kind kind; /* of the OBJECT */
	const char *name; /* of the INTERFACE or OBJECT */
	struct track_value value; /* of the OBJECT from now on */
	bool tracked; /* on purpose; the instance's own interface counts without being asked to */
	int weight; /* of what is tracked; 0: a fault */
	bool reverse; /* the failure raises the priority */
	dur_t noticed; /* until a failed script counts as failed, at most */
};

#define WHATIF_NOBODY -1
#define WHATIF_SEVERAL -2

/* Of one virtual router. */
struct whatif_view {
	int master; /* router, or one of the above */
	uint8_t priority[SIM_ROUTERS_MAX]; /* effective */
	enum vr_state state[SIM_ROUTERS_MAX];
};

struct whatif_outcome {
	struct whatif_view before;
	struct whatif_view after;
	dur_t took; /* from the failure until somebody else was master, with the time until it was noticed */
	char problem[400]; /* empty: as it should be */
};

/* false: said on stderr why. arguments: FILE or NAME=FILE. The files stay in memory until whatif_free. */
bool whatif_plan_read(struct whatif_plan *plan, unsigned count, char **arguments);
void whatif_plan_free(struct whatif_plan *plan);
/* The failures that concern a virtual router, at most `most` of them. */
size_t whatif_failures(const struct whatif_plan *plan, const struct whatif_set *set,
	struct whatif_failure *failures, size_t most);

/* A world in which the routers of one cluster have just been started; NULL: no memory. */
struct world *whatif_world(const struct whatif_plan *plan, unsigned cluster);
/* How long everything takes to come to rest, at most. */
dur_t whatif_patience(const struct whatif_plan *plan, unsigned cluster);
/* What the router's file says of a cluster alone; malloc'd. NULL: no memory. */
char *whatif_text(const struct whatif_plan *plan, unsigned cluster, unsigned router, size_t *length);
/* Index of the interface `name` of that router in its world. */
int whatif_ifindex(const struct world *world, unsigned router, const char *name);

/* failure NULL: nothing fails, only `before` and problem are filled in. false: no memory. */
bool whatif_try(const struct whatif_plan *plan, const struct whatif_set *set,
	const struct whatif_failure *failure, struct whatif_outcome *outcome);

/* Everything for everyone. false: the output could not be written, or there was no memory. problems: their number. */
bool whatif_print(const struct whatif_plan *plan, bool json, FILE *out, unsigned *problems);

int whatif_command(int argc, char **argv);

#endif
