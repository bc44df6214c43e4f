/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seeded random numbers (xoshiro256** fed by splitmix64): the same seed gives the same run on every machine. */
#ifndef VIGIA_BASE_RANDOM_H
#define VIGIA_BASE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed);
uint64_t random_u64(struct random *random);
/* Uniform in 0..bound-1; bound 0 gives 0. */
uint64_t random_below(struct random *random, uint64_t bound);
/* true with probability numerator / denominator. */
bool random_chance(struct random *random, uint32_t numerator, uint32_t denominator);

#endif
