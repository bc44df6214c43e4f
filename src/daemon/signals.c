/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The signals of the guard: see signals.h. */
#include "daemon/signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	enum { FIXED, FROM_FIRST_REAL_TIME, FROM_LAST_REAL_TIME } counted;
	int number;
	const char *dump;
} rows[] = {
	{"RELOAD", FIXED, SIGHUP, NULL},
	{"STOP", FIXED, SIGTERM, NULL},
	{"DATA", FIXED, SIGUSR1, "data"},
	{"STATS", FIXED, SIGUSR2, "stats"},
	{"STATS_CLEAR", FROM_LAST_REAL_TIME, -1, "stats-clear"},
	{"JSON", FROM_FIRST_REAL_TIME, 2, "json"},
};

/* The limits of real-time signals are no constants. */
static int number_of(size_t row)
{
	const int number = rows[row].number;

	switch (rows[row].counted) {
	case FIXED:
		return number;
	case FROM_FIRST_REAL_TIME:
		return SIGRTMIN + number;
	case FROM_LAST_REAL_TIME:
		return SIGRTMAX + number;
	}
	return number;
}

int signal_number(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return number_of(i);
	return 0;
}

const char *signal_dump(int number)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (number_of(i) == number)
			return rows[i].dump;
	return NULL;
}
