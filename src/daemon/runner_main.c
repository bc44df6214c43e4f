/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigiad-runner: the runner as a program of its own (runner/runner.h). Started by vigiad only. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/exit_codes.h"
#include "linux/process_setup.h"
#include "runner/runner.h"

enum {
	OPTION_GUARD = 1,
	OPTION_CONFIG,
	OPTION_AGAIN,
	OPTION_PROCESS_EVENTS,
};

static const struct option long_options[] = {
	{"guard-fd", required_argument, NULL, OPTION_GUARD},
	{"config-fd", required_argument, NULL, OPTION_CONFIG},
	{"process-events-fd", required_argument, NULL, OPTION_PROCESS_EVENTS},
	{"again", no_argument, NULL, OPTION_AGAIN},
	{NULL, 0, NULL, 0},
};

static bool parse(int count, char **arguments, struct runner_options *options)
{
	int option;

	while ((option = getopt_long(count, arguments, "", long_options, NULL)) != -1) {
		if (option == OPTION_GUARD)
			options->guard_fd = atoi(optarg);
		else if (option == OPTION_CONFIG)
			options->config_fd = atoi(optarg);
		else if (option == OPTION_PROCESS_EVENTS)
			options->process_events_fd = atoi(optarg);
		else if (option == OPTION_AGAIN)
			options->again = true;
		else
			return false;
	}
	return options->guard_fd > 2 && options->config_fd > 2 && optind == count;
}

int main(int count, char **arguments)
{
	struct runner_options options = {.guard_fd = -1, .config_fd = -1, .process_events_fd = -1};

	if (!parse(count, arguments, &options)) {
		fprintf(stderr, "vigiad-runner is started by vigiad; it is of no use alone\n");
		return EXIT_FATAL;
	}
	process_set_title(count, arguments, "vigiad: runner");
	return runner_run(&options) == 0 ? EXIT_OK : EXIT_FATAL;
}
