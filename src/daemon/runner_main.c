/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigiad-runner: the runner as a program of its own (runner/runner.h). Started by vigiad only. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/exit_codes.h"
#include "linux/privileges.h"
#include "linux/process_schedule.h"
#include "linux/process_setup.h"
#include "runner/connection.h"
#include "runner/runner.h"

enum {
	OPTION_GUARD = 1,
	OPTION_CONFIG,
	OPTION_FILE,
	OPTION_FILE_ID,
	OPTION_ALL_FILES,
	OPTION_AGAIN,
	OPTION_PROCESS_EVENTS,
	OPTION_FORMER,
	OPTION_SCHEDULE,
	OPTION_PROCESS,
	OPTION_CONNECTION,
	OPTION_INFORMED,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"guard-fd", required_argument, NULL, OPTION_GUARD},
	{"config-fd", required_argument, NULL, OPTION_CONFIG},
	{"process-events-fd", required_argument, NULL, OPTION_PROCESS_EVENTS},
	{"file", required_argument, NULL, OPTION_FILE},
	{"file-id", required_argument, NULL, OPTION_FILE_ID},
	{"all-files", no_argument, NULL, OPTION_ALL_FILES},
	{"again", no_argument, NULL, OPTION_AGAIN},
	{"former", required_argument, NULL, OPTION_FORMER},
	{"schedule-fd", required_argument, NULL, OPTION_SCHEDULE},
	{"process", required_argument, NULL, OPTION_PROCESS},
	{"connection", no_argument, NULL, OPTION_CONNECTION},
	{"informed", no_argument, NULL, OPTION_INFORMED},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

/* What the guard needs done once and may not do itself; then there is no runner. */
struct errand {
	int schedule_fd; /* a struct process_schedule can be read there; -1: none */
	pid_t process;
};

/* The errno of what failed is the exit code. */
static int run_errand(const struct errand *errand)
{
	struct process_schedule schedule;

	if (read(errand->schedule_fd, &schedule, sizeof(schedule)) != sizeof(schedule))
		return EINVAL;
	return -process_schedule(errand->process, &schedule);
}

static bool parse(int count, char **arguments, struct runner_options *options, struct errand *errand,
	bool *connection, bool *version)
{
	int option;

	while ((option = getopt_long(count, arguments, "", long_options, NULL)) != -1) {
		if (option == OPTION_GUARD)
			options->guard_fd = atoi(optarg);
		else if (option == OPTION_CONFIG)
			options->config_fd = atoi(optarg);
		else if (option == OPTION_PROCESS_EVENTS)
			options->process_events_fd = atoi(optarg);
		else if (option == OPTION_FILE)
			options->config = strdup(optarg);
		else if (option == OPTION_FILE_ID)
			options->how.config_id = strdup(optarg);
		else if (option == OPTION_ALL_FILES)
			options->how.all_includes = true;
		else if (option == OPTION_AGAIN)
			options->again = true;
		else if (option == OPTION_FORMER)
			options->former = atoi(optarg);
		else if (option == OPTION_SCHEDULE)
			errand->schedule_fd = atoi(optarg);
		else if (option == OPTION_PROCESS)
			errand->process = atoi(optarg);
		else if (option == OPTION_CONNECTION)
			*connection = true;
		else if (option == OPTION_INFORMED)
			options->informed = true;
		else if (option == OPTION_VERSION)
			*version = true;
		else
			return false;
	}
	if (errand->schedule_fd > 2 && errand->process > 0)
		return optind == count;
	if (*connection || *version)
		return optind == count;
	return options->guard_fd > 2 && options->config_fd > 2 && options->config && optind == count;
}

int main(int count, char **arguments)
{
	struct runner_options options = {.guard_fd = -1, .config_fd = -1, .process_events_fd = -1};
	struct errand errand = {.schedule_fd = -1};
	bool connection = false, version = false;

	if (!parse(count, arguments, &options, &errand, &connection, &version)) {
		fprintf(stderr, "vigiad-runner is started by vigiad; it is of no use alone\n");
		return EXIT_FATAL;
	}
	if (version) {
		puts("vigiad-runner " VIGIA_VERSION);
		return EXIT_OK;
	}
	if (errand.schedule_fd >= 0)
		return run_errand(&errand);
	if (connection && !connection_accept(&options))
		return EXIT_FATAL;
	if (!connection)
		privileges_follow_parent();
	privileges_keep(PRIVILEGES_RUNNER);
	process_set_title(count, arguments, "vigiad: runner");
	return runner_run(&options) == 0 ? EXIT_OK : EXIT_FATAL;
}
