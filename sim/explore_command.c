/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `vigia sim --explore`. */
#include "sim/explore_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/explore.h"

#define STATES_DEFAULT 200000
#define STATES_MAX 100000000
#define CASES_MAX 64

static const char usage[] = "usage: vigia sim --explore [--states N] [CASE...]\n"
			    "\n"
			    "Visits every state that two or three routers on one LAN can get into when "
			    "adverts are lost or late, links, routers\n"
			    "and priorities change, in every order; up to N states of each case (default "
			    "200000). Prints the shortest trace to a\n"
			    "broken rule. Cases:";

static void print_usage(FILE *out)
{
	fputs(usage, out);
	for (unsigned i = 0; explore_case_at(i) != NULL; i++)
		fprintf(out, " %s", explore_case_at(i)->name);
	fputs(".\n", out);
}

static const struct explore_case *find_case(const char *name)
{
	for (unsigned i = 0; explore_case_at(i) != NULL; i++)
		if (strcmp(explore_case_at(i)->name, name) == 0)
			return explore_case_at(i);
	return NULL;
}

static bool read_number(const char *text, uint64_t *number)
{
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *number >= 1 && *number <= STATES_MAX;
}

/* false: a rule is broken, or there was no memory. */
static bool explore_one(const struct explore_case *setting, uint64_t states, uint64_t *total, FILE *out)
{
	struct explore_case copy = *setting;
	struct explore_result result;
	struct timespec begin, end;
	double seconds;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	if (!explore_run(&copy, states, out, &result)) {
		fprintf(stderr, "vigia sim: there is not enough memory for %llu states\n",
			(unsigned long long)states);
		return false;
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	*total += result.states;
	fprintf(out, "%s %s: %llu states%s, %llu steps, up to %u steps from the start, %.1f s\n",
		result.broken == NULL ? "ok" : "not ok", setting->name, (unsigned long long)result.states,
		result.complete ? ", all there are" : "", (unsigned long long)result.steps, result.depth,
		seconds);
	fflush(out);
	return result.broken == NULL;
}

int explore_command(int count, char **arguments, FILE *out)
{
	const struct explore_case *chosen[CASES_MAX];
	uint64_t states = STATES_DEFAULT, total = 0;
	unsigned cases = 0;
	bool good = true;

	for (int i = 0; i < count; i++) {
		if (strcmp(arguments[i], "--help") == 0) {
			print_usage(out);
			return 0;
		}
		if (strcmp(arguments[i], "--states") == 0) {
			if (!read_number(i + 1 < count ? arguments[i + 1] : NULL, &states)) {
				fprintf(stderr, "vigia sim: --states takes a number from 1 to %d\n",
					STATES_MAX);
				return 2;
			}
			i++;
			continue;
		}
		if (cases == CASES_MAX || (chosen[cases++] = find_case(arguments[i])) == NULL) {
			fprintf(stderr, "vigia sim: there is no case '%s' to explore\n", arguments[i]);
			print_usage(stderr);
			return 2;
		}
	}
	for (unsigned i = 0; cases == 0 ? explore_case_at(i) != NULL : i < cases; i++)
		good = explore_one(cases == 0 ? explore_case_at(i) : chosen[i], states, &total, out) && good;
	fprintf(out, "%llu distinct states in all\n", (unsigned long long)total);
	return good ? 0 : 1;
}
