/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigia-sim, executed by `vigia sim`: runs scenario files, one line of TAP for each; or explores all states. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/explore_command.h"
#include "sim/random_command.h"
#include "sim/scenario.h"
#include "sim/whatif.h"

#define LAST_LINES 12

enum {
	EXIT_GOOD = 0,
	EXIT_BAD = 1, /* something was not as expected */
	EXIT_USAGE = 2, /* the command line or a scenario makes no sense */
};

static const char help[] =
	"usage: vigia sim [--verbose] [--pcap FILE] [--trace STEM] SCENARIO|FOLDER...\n"
	"       vigia sim --random [--seed S] [--years Y]     (see vigia sim --random --help)\n"
	"       vigia sim --explore [--states N] [CASE...]    (see vigia sim --explore --help)\n"
	"\n"
	"Lets routers with the shipped engine live in virtual time, on a simulated network, as the scenario "
	"files say, and\n"
	"prints for each of them whether everything was as expected (TAP). The language: doc/simulator.md.\n"
	"\n"
	"  -v, --verbose     print what happens, when, and why\n"
	"      --pcap FILE   write what the routers send to a capture file (one scenario only)\n"
	"      --trace STEM  write a trace of each router for `vigia replay`: STEM-ROUTER.trace (one "
	"scenario only)\n"
	"      --check       read the scenarios, do not run them\n"
	"\n"
	"Exit status: 0 as expected, 1 not so, 2 a scenario or the command line makes no sense.\n";

struct options {
	struct run_options run;
	bool check;
};

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int print_verdict(const struct run *run, bool good, unsigned number)
{
	const struct scenario *scenario = run->scenario;

	printf("%sok %u - %s%s%s\n", good ? "" : "not ", number, name_of(scenario->path),
		scenario->title ? ": " : "", scenario->title ? scenario->title : "");
	if (good)
		return EXIT_GOOD;
	printf("# %s\n", run->reason);
	timeline_print_last(run->timeline, LAST_LINES);
	return EXIT_BAD;
}

static int run_one(struct scenario *scenario, const struct options *options, unsigned number)
{
	struct timeline *timeline = timeline_new(&options->run);
	struct run run;
	bool good;
	int status;

	if (timeline == NULL) {
		fprintf(stderr, "vigia sim: %s cannot be written: %s\n",
			options->run.pcap != NULL ? options->run.pcap : "memory", strerror(errno));
		return EXIT_BAD;
	}
	good = scenario_run(&run, scenario, timeline);
	status = print_verdict(&run, good, number);
	timeline_free(timeline);
	return status;
}

static int run_file(const char *path, const struct options *options, unsigned number)
{
	struct scenario scenario;
	size_t length;
	char *text = conf_files_system.read(conf_files_system.user, path, &length);
	int status = EXIT_USAGE;

	if (text == NULL) {
		printf("not ok %u - %s\n", number, name_of(path));
		fprintf(stderr, "vigia sim: %s cannot be read: %s\n", path, strerror(errno));
		return EXIT_USAGE;
	}
	if (!scenario_read(&scenario, path, text, length, &conf_files_system)) {
		printf("not ok %u - %s\n", number, name_of(path));
		fputs(scenario.message, stderr);
	} else if (options->check) {
		printf("ok %u - %s\n", number, name_of(path));
		status = EXIT_GOOD;
	} else {
		status = run_one(&scenario, options, number);
	}
	scenario_free(&scenario);
	free(text);
	return status;
}

/* false: *status is what to end with. */
static bool read_options(int argc, char **argv, struct options *options, int *status)
{
	enum { OPTION_PCAP = 256, OPTION_TRACE, OPTION_CHECK };
	static const struct option longs[] = {{"verbose", no_argument, NULL, 'v'},
		{"pcap", required_argument, NULL, OPTION_PCAP},
		{"trace", required_argument, NULL, OPTION_TRACE}, {"check", no_argument, NULL, OPTION_CHECK},
		{"help", no_argument, NULL, 'h'}, {0}};
	int option;

	*status = EXIT_USAGE;
	while ((option = getopt_long(argc, argv, "vh", longs, NULL)) != -1)
		switch (option) {
		case 'v':
			options->run.verbose = true;
			break;
		case OPTION_PCAP:
			options->run.pcap = optarg;
			break;
		case OPTION_TRACE:
			options->run.trace = optarg;
			break;
		case OPTION_CHECK:
			options->check = true;
			break;
		case 'h':
			fputs(help, stdout);
			*status = EXIT_GOOD;
			return false;
		default:
			fputs("`vigia sim --help` lists the options.\n", stderr);
			return false;
		}
	if (optind == argc)
		fputs(help, stderr);
	else if (argc - optind > 1 && (options->run.pcap != NULL || options->run.trace != NULL))
		fputs("vigia sim: --pcap and --trace are for one scenario: name one file\n", stderr);
	else
		return true;
	return false;
}

/* What runs over the files of the command line. */
struct series {
	const struct options *options;
	unsigned count;
	int worst;
};

static int run_next(void *user, const char *path)
{
	struct series *series = user;
	const int status = run_file(path, series->options, ++series->count);

	if (status > series->worst)
		series->worst = status;
	return 0;
}

/* A folder stands for the scenarios in it. */
static void run_path(struct series *series, const char *path)
{
	struct stat status;
	char pattern[PATH_MAX];

	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
		run_next(series, path);
		return;
	}
	snprintf(pattern, sizeof(pattern), "%s/*.scenario", path);
	conf_files_system.glob(conf_files_system.user, pattern, run_next, series);
}

static bool written(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	fputs("vigia sim: the output could not be written\n", stderr);
	return false;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct series series = {.options = &options};
	int status;

	if (strcmp(argv[0], "whatif") == 0)
		return whatif_command(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--random") == 0) {
		status = random_command(argc - 2, argv + 2);
		return written() ? status : EXIT_BAD;
	}
	if (argc > 1 && strcmp(argv[1], "--explore") == 0) {
		status = explore_command(argc - 2, argv + 2, stdout);
		return written() ? status : EXIT_BAD;
	}
	if (!read_options(argc, argv, &options, &status))
		return status;
	for (int i = optind; i < argc; i++)
		run_path(&series, argv[i]);
	printf("1..%u\n", series.count);
	if (!written())
		return EXIT_BAD;
	if (series.count == 0) {
		fputs("vigia sim: there is no file *.scenario\n", stderr);
		return EXIT_USAGE;
	}
	return series.worst;
}
