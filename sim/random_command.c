/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia sim --random`: lives drawn from seed, seed + 1, ... until the routers in them have lived for so many years. The
 * first that fails is made short, and written down as a scenario, with a capture and a trace of each router.
 */
#include "sim/random_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/minimise.h"
#include "sim/random_life.h"
#include "sim/scenario.h"

#define YEAR (365.25 * 86400)
#define YEARS_DEFAULT 0.1
#define YEARS_MAX 1e6
#define STEM_SIZE 4096

struct random_options {
	uint64_t seed;
	double years;
	const char *folder;
	bool print; /* the life of this seed, and do not run it */
};

static const char usage[] = "usage: vigia sim --random [--seed S] [--years Y] [--folder FOLDER]\n"
			    "       vigia sim --random --seed S --print\n"
			    "\n"
			    "Draws networks, configurations and faults at random and lets the routers live "
			    "in them, Y years in all (0.1 if not\n"
			    "given), all laws watched. The first life that fails is written to FOLDER (the "
			    "present one), as short as it can be\n"
			    "made: random-S.scenario, .pcap and a trace of each router. The same S gives the "
			    "same life. --print shows it.\n";

static double processor_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	bool good = file != NULL && fputs(text, file) >= 0;

	if (file != NULL)
		good = fclose(file) == 0 && good;
	if (!good)
		fprintf(stderr, "vigia sim: %s cannot be written: %s\n", path, strerror(errno));
	return good;
}

/* Once more, watched: capture and traces. */
static void record(const char *stem, const char *path, const char *text)
{
	char pcap[STEM_SIZE + 8];
	struct run_options options = {.pcap = pcap, .trace = stem};
	struct scenario *scenario = malloc(sizeof(*scenario));
	struct timeline *timeline;
	struct run run;

	snprintf(pcap, sizeof(pcap), "%s.pcap", stem);
	timeline = timeline_new(&options);
	if (scenario == NULL || timeline == NULL) {
		fprintf(stderr, "vigia sim: %s cannot be written: %s\n", pcap, strerror(errno));
	} else if (scenario_read(scenario, path, text, strlen(text), NULL)) {
		scenario_run(&run, scenario, timeline);
		printf("%s\n", run.reason);
	}
	if (timeline != NULL)
		timeline_free(timeline);
	if (scenario != NULL)
		scenario_free(scenario);
	free(scenario);
}

static void write_failure(const struct random_options *options, uint64_t seed, char *text)
{
	char stem[STEM_SIZE], path[STEM_SIZE + 16];

	scenario_minimise(text);
	snprintf(stem, sizeof(stem), "%s/random-%llu", options->folder, (unsigned long long)seed);
	snprintf(path, sizeof(path), "%s.scenario", stem);
	if (!write_file(path, text))
		return;
	record(stem, path, text);
	printf("not ok: seed %llu: %s, %s.pcap and traces are written\n", (unsigned long long)seed, path,
		stem);
}

static int live(const struct random_options *options, char *buffer)
{
	double lived = 0, begin = processor_seconds(), used;
	char kind[FAILURE_KIND_SIZE];
	uint64_t seed = options->seed;

	for (; lived < options->years * YEAR; seed++) {
		struct text text;
		double seconds;

		text_init(&text, buffer, RANDOM_LIFE_SIZE);
		random_life_write(&text, seed);
		if (scenario_fails(buffer, text.length, kind, &seconds)) {
			write_failure(options, seed, buffer);
			return 1;
		}
		if (seconds <= 0) {
			fprintf(stderr, "vigia sim: seed %llu gives a life that makes no sense\n",
				(unsigned long long)seed);
			return 1;
		}
		lived += seconds;
	}
	used = processor_seconds() - begin;
	printf("ok: seeds %llu to %llu, %.3f router-years in %.1f s: %.0f router-seconds per second\n",
		(unsigned long long)options->seed, (unsigned long long)seed - 1, lived / YEAR, used,
		used > 0 ? lived / used : 0);
	return 0;
}

static bool read_years(const char *word, double *years)
{
	char *end;

	if (word == NULL)
		return false;
	*years = strtod(word, &end);
	return end != word && *end == '\0' && *years > 0 && *years <= YEARS_MAX;
}

static bool read_seed(const char *word, uint64_t *seed)
{
	char *end;

	if (word == NULL || *word < '0' || *word > '9')
		return false;
	errno = 0;
	*seed = strtoull(word, &end, 10);
	return *end == '\0' && errno == 0;
}

/* 0: go on. */
static int read_random_options(int count, char **arguments, struct random_options *options)
{
	for (int i = 0; i < count; i++) {
		const char *word = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;

		if (strcmp(word, "--print") == 0) {
			options->print = true;
			continue;
		}
		if (strcmp(word, "--seed") == 0 && read_seed(value, &options->seed)) {
			i++;
		} else if (strcmp(word, "--years") == 0 && read_years(value, &options->years)) {
			i++;
		} else if (strcmp(word, "--folder") == 0 && value != NULL) {
			options->folder = value;
			i++;
		} else {
			fprintf(stderr, "vigia sim: '%s' is not understood, or what follows it\n%s", word,
				usage);
			return 2;
		}
	}
	return 0;
}

int random_command(int count, char **arguments)
{
	struct random_options options = {.seed = 1, .years = YEARS_DEFAULT, .folder = "."};
	struct text text;
	char *buffer;
	int status;

	if (count == 1 && strcmp(arguments[0], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	status = read_random_options(count, arguments, &options);
	if (status != 0)
		return status;
	buffer = malloc(RANDOM_LIFE_SIZE);
	if (buffer == NULL) {
		fputs("vigia sim: there is not enough memory\n", stderr);
		return 1;
	}
	if (options.print) {
		text_init(&text, buffer, RANDOM_LIFE_SIZE);
		random_life_write(&text, options.seed);
		fputs(buffer, stdout);
	} else {
		status = live(&options, buffer);
	}
	free(buffer);
	return status;
}
