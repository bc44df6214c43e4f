/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of vigiad-front: see options.h. */
#include "front/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
	"usage: vigiad-front --config FILE --control PATH --guard-fd N [--in-force-fd N] [--record FILE]\n"
	"                    [--config-id ID] [--all-config] [--log-console] [--log-detail] [--dump]\n"
	"       vigiad-front --config FILE --test[=FILE] [--config-id ID] [--all-config] [--dump]\n"
	"This is a part of vigiad, which starts it.\n";

enum option_code {
	OPTION_CONFIG = 256,
	OPTION_CONFIG_ID,
	OPTION_ALL_CONFIG,
	OPTION_CONTROL,
	OPTION_TEST,
	OPTION_DUMP,
	OPTION_LOG_CONSOLE,
	OPTION_LOG_DETAIL,
	OPTION_RECORD,
	OPTION_GUARD_FD,
	OPTION_IN_FORCE_FD,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"config-id", required_argument, NULL, OPTION_CONFIG_ID},
	{"all-config", no_argument, NULL, OPTION_ALL_CONFIG},
	{"control", required_argument, NULL, OPTION_CONTROL},
	{"test", optional_argument, NULL, OPTION_TEST},
	{"dump", no_argument, NULL, OPTION_DUMP},
	{"log-console", no_argument, NULL, OPTION_LOG_CONSOLE},
	{"log-detail", no_argument, NULL, OPTION_LOG_DETAIL},
	{"record", required_argument, NULL, OPTION_RECORD},
	{"guard-fd", required_argument, NULL, OPTION_GUARD_FD},
	{"in-force-fd", required_argument, NULL, OPTION_IN_FORCE_FD},
	{NULL, 0, NULL, 0},
};

static bool read_fd(const char *text, int *fd)
{
	char *end;

	errno = 0;

	long value = strtol(text, &end, 10);

	if (errno != 0 || *end != '\0' || end == text || value < 0 || value > INT_MAX)
		return false;
	*fd = (int)value;
	return true;
}

static bool take_option(int option, const char *value, struct front_options *options)
{
	switch (option) {
	case OPTION_CONFIG:
		options->config = value;
		return true;
	case OPTION_CONFIG_ID:
		options->config_id = value;
		return true;
	case OPTION_ALL_CONFIG:
		options->all_includes = true;
		return true;
	case OPTION_CONTROL:
		options->control = value;
		return true;
	case OPTION_TEST:
		options->test = true;
		options->test_file = value;
		return true;
	case OPTION_DUMP:
		options->dump = true;
		return true;
	case OPTION_LOG_CONSOLE:
		options->log_console = true;
		return true;
	case OPTION_LOG_DETAIL:
		options->log_detail = true;
		return true;
	case OPTION_RECORD:
		options->record = value;
		return true;
	case OPTION_GUARD_FD:
		return read_fd(value, &options->guard_fd);
	case OPTION_IN_FORCE_FD:
		return read_fd(value, &options->in_force_fd);
	default: /* '?' of getopt */
		return false;
	}
}

bool front_options_read(int argc, char **argv, struct front_options *options)
{
	int option;
	bool good = true;

	*options = (struct front_options){.guard_fd = -1, .in_force_fd = -1};
	while (good && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		good = take_option(option, optarg, options);
	if (good && optind == argc && options->config &&
		(options->test || (options->control && options->guard_fd >= 0)))
		return true;
	fputs(usage, stderr);
	return false;
}
