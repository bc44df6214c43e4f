/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_SIM_EXPLORE_COMMAND_H
#define VIGIA_SIM_EXPLORE_COMMAND_H

#include <stdio.h>

/* What stands behind --explore. 0: no rule is broken; 1: one is, its trace is in out; 2: wrong usage. */
int explore_command(int count, char **arguments, FILE *out);

#endif
