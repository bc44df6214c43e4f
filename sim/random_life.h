/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A life drawn at random, written as a scenario: one to four routers, their configurations, a network, and an hour or less in
 * which everything that the language knows goes wrong. It ends in peace: everything is healed and started, and then one
 * router must be master and the client be served. So a life that fails is a file that a person can read and run.
 */
#ifndef VIGIA_SIM_RANDOM_LIFE_H
#define VIGIA_SIM_RANDOM_LIFE_H

#include <stdint.h>

#include "base/text.h"

#define RANDOM_LIFE_SIZE 65536
#define RANDOM_LIFE_PEACE "# peace" /* the line behind which nothing goes wrong any more */

/* text: at least RANDOM_LIFE_SIZE. The same seed writes the same life. */
void random_life_write(struct text *text, uint64_t seed);

#endif
