/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia sim --explore`: visits every state that a small LAN of routers can get into (explore_lan.h), breadth first, and
 * judges each step. So the trace to a broken rule is as short as there is one.
 */
#ifndef VIGIA_SIM_EXPLORE_H
#define VIGIA_SIM_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/explore_lan.h"

struct explore_result {
	uint64_t states; /* distinct ones */
	uint64_t steps; /* tried */
	unsigned depth; /* the longest shortest way to one of them */
	bool complete; /* there are no others: the bound was not needed */
	const char *broken; /* NULL, or the rule */
};

/* Goes on until there is nothing new or most_states are known. The trace of a broken rule goes to out. false: no
 * memory. */
bool explore_run(
	struct explore_case *setting, uint64_t most_states, FILE *out, struct explore_result *result);

/* The cases of the command line, by name; NULL behind the last. */
const struct explore_case *explore_case_at(unsigned index);

#endif
