/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xoshiro256** 1.0 and splitmix64, after the public-domain descriptions by D. Blackman and S. Vigna. */
#include "base/random.h"

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

/* Spreads a seed with few bits set over the whole state. */
static uint64_t splitmix64(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void random_seed(struct random *random, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++)
		random->state[i] = splitmix64(&seed);
}

uint64_t random_u64(struct random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate_left(s[3], 45);
	return result;
}

/* Numbers below 2^64 mod bound are thrown away: the rest divides evenly. */
uint64_t random_below(struct random *random, uint64_t bound)
{
	uint64_t uneven, value;

	if (bound == 0)
		return 0;
	uneven = (0 - bound) % bound;
	do
		value = random_u64(random);
	while (value < uneven);
	return value % bound;
}

bool random_chance(struct random *random, uint32_t numerator, uint32_t denominator)
{
	return random_below(random, denominator) < numerator;
}
