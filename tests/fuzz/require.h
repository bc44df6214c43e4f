/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_TESTS_FUZZ_REQUIRE_H
#define VIGIA_TESTS_FUZZ_REQUIRE_H

#include <stdio.h>
#include <stdlib.h>

/* What a fuzz target knows must hold; unlike assert() it also holds in a build with NDEBUG. */
#define REQUIRE(condition)                                                                                   \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);       \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

#endif
