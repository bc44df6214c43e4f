/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of vigiad-front: see options.h. */
#include "front/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

static const char usage[] =
	"usage: vigiad-front --config FILE --guard-fd N [--control PATH --in-force-fd N] [--record FILE]\n"
	"                    [--config-id ID] [--all-config] [--log-console] [--log-detail] [--log-facility N]\n"
	"                    [--log-file FILE] [--flush-log-file] [--no-syslog] [--umask MASK] [--dump]\n"
	"                    [--control-group GROUP] [--user USER:GROUP:KEEPER] [--no-bfd]\n"
	"       vigiad-front --config FILE --test[=FILE] [--config-id ID] [--all-config] [--dump] [--no-bfd]\n"
	"This is a part of vigiad, which starts it.\n";

enum option_code {
	OPTION_CONFIG = 256,
	OPTION_CONFIG_ID,
	OPTION_ALL_CONFIG,
	OPTION_NO_BFD,
	OPTION_CONTROL,
	OPTION_CONTROL_GROUP,
	OPTION_TEST,
	OPTION_DUMP,
	OPTION_LOG_CONSOLE,
	OPTION_LOG_DETAIL,
	OPTION_LOG_FACILITY,
	OPTION_LOG_FILE,
	OPTION_FLUSH_LOG,
	OPTION_NO_SYSLOG,
	OPTION_UMASK,
	OPTION_RECORD,
	OPTION_GUARD_FD,
	OPTION_IN_FORCE_FD,
	OPTION_MAIL_FD,
	OPTION_USER,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"config-id", required_argument, NULL, OPTION_CONFIG_ID},
	{"all-config", no_argument, NULL, OPTION_ALL_CONFIG},
	{"no-bfd", no_argument, NULL, OPTION_NO_BFD},
	{"control", required_argument, NULL, OPTION_CONTROL},
	{"control-group", required_argument, NULL, OPTION_CONTROL_GROUP},
	{"test", optional_argument, NULL, OPTION_TEST},
	{"dump", no_argument, NULL, OPTION_DUMP},
	{"log-console", no_argument, NULL, OPTION_LOG_CONSOLE},
	{"log-detail", no_argument, NULL, OPTION_LOG_DETAIL},
	{"log-facility", required_argument, NULL, OPTION_LOG_FACILITY},
	{"log-file", required_argument, NULL, OPTION_LOG_FILE},
	{"flush-log-file", no_argument, NULL, OPTION_FLUSH_LOG},
	{"no-syslog", no_argument, NULL, OPTION_NO_SYSLOG},
	{"umask", required_argument, NULL, OPTION_UMASK},
	{"record", required_argument, NULL, OPTION_RECORD},
	{"guard-fd", required_argument, NULL, OPTION_GUARD_FD},
	{"in-force-fd", required_argument, NULL, OPTION_IN_FORCE_FD},
	{"mail-fd", required_argument, NULL, OPTION_MAIL_FD},
	{"user", required_argument, NULL, OPTION_USER},
	{NULL, 0, NULL, 0},
};

static bool read_number(const char *text, int base, int *number)
{
	char *end;

	errno = 0;

	long value = strtol(text, &end, base);

	if (errno != 0 || *end != '\0' || end == text || value < 0 || value > INT_MAX)
		return false;
	*number = (int)value;
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
	case OPTION_NO_BFD:
		options->no_bfd = true;
		return true;
	case OPTION_CONTROL:
		options->control = value;
		return true;
	case OPTION_CONTROL_GROUP:
		options->control_group = value;
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
	case OPTION_LOG_FACILITY:
		return read_number(value, 10, &options->log_facility);
	case OPTION_LOG_FILE:
		options->log_file = value;
		return true;
	case OPTION_FLUSH_LOG:
		options->log_flushed = true;
		return true;
	case OPTION_NO_SYSLOG:
		options->no_syslog = true;
		return true;
	case OPTION_UMASK:
		return read_number(value, 8, &options->umask);
	case OPTION_RECORD:
		options->record = value;
		return true;
	case OPTION_GUARD_FD:
		return read_number(value, 10, &options->guard_fd);
	case OPTION_MAIL_FD:
		return read_number(value, 10, &options->mail_fd);
	case OPTION_IN_FORCE_FD:
		return read_number(value, 10, &options->in_force_fd);
	case OPTION_USER:
		return service_user_read(value, &options->user);
	default: /* '?' of getopt */
		return false;
	}
}

bool front_options_read(int argc, char **argv, struct front_options *options)
{
	int option;
	bool good = true;

	*options = (struct front_options){.guard_fd = -1, .in_force_fd = -1, .mail_fd = -1, .umask = -1, .log_facility = LOG_DAEMON};
	while (good && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		good = take_option(option, optarg, options);
	if (good && optind == argc && options->config &&
		(options->test || options->guard_fd >= 0))
		return true;
	fputs(usage, stderr);
	return false;
}
