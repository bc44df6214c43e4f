/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a scenario that fails as short as it can be: takes lines out, many at once, then one by one, as long as what is
 * left still fails in the same way. Blocks go as a whole; lines in the block of a router one by one, too.
 */
#ifndef VIGIA_SIM_MINIMISE_H
#define VIGIA_SIM_MINIMISE_H

#include <stdbool.h>
#include <stddef.h>

#define FAILURE_KIND_SIZE 128

/* Runs the scenario unseen. true: it can be read, and fails; kind: in which way, without times and names. seconds: of
 * all routers together; may be NULL. */
bool scenario_fails(const char *text, size_t length, char kind[FAILURE_KIND_SIZE], double *seconds);
/* text fails: it is made shorter, in place. */
void scenario_minimise(char *text);

#endif
