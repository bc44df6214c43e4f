/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vigiad-vrrp: the engine as a program of its own, which links little, so that all of it can be kept in memory. Started
 * by vigiad only, with descriptors for everything that it needs.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine_process.h"
#include "daemon/exit_codes.h"
#include "linux/privileges.h"
#include "linux/process_setup.h"

enum {
	OPTION_GUARD = 1,
	OPTION_FRONT,
	OPTION_CONFIG,
	OPTION_TESTAMENT,
	OPTION_ADOPT,
	OPTION_BURY,
	OPTION_BY_MARKS,
	OPTION_LEFT,
	OPTION_NO_BFD,
	OPTION_RECORD,
	OPTION_KEEP,
	OPTION_BRIEF,
	OPTION_LOG_ADDRESSES,
	OPTION_NAME,
	OPTION_SUCCESSOR,
	OPTION_FIREWALL,
	OPTION_FIREWALL_NAME,
	OPTION_USER
};

static const struct option long_options[] = {
	{"guard-fd", required_argument, NULL, OPTION_GUARD},
	{"front-fd", required_argument, NULL, OPTION_FRONT},
	{"config-fd", required_argument, NULL, OPTION_CONFIG},
	{"testament-fd", required_argument, NULL, OPTION_TESTAMENT},
	{"adopt", no_argument, NULL, OPTION_ADOPT},
	{"bury", no_argument, NULL, OPTION_BURY},
	{"by-marks", no_argument, NULL, OPTION_BY_MARKS},
	{"left-fd", required_argument, NULL, OPTION_LEFT},
	{"successor", no_argument, NULL, OPTION_SUCCESSOR},
	{"no-bfd", no_argument, NULL, OPTION_NO_BFD},
	{"record", no_argument, NULL, OPTION_RECORD},
	{"keep", no_argument, NULL, OPTION_KEEP},
	{"brief", no_argument, NULL, OPTION_BRIEF},
	{"log-addresses", no_argument, NULL, OPTION_LOG_ADDRESSES},
	{"name", required_argument, NULL, OPTION_NAME},
	{"firewall-fd", required_argument, NULL, OPTION_FIREWALL},
	{"firewall-name", required_argument, NULL, OPTION_FIREWALL_NAME},
	{"user", required_argument, NULL, OPTION_USER},
	{NULL, 0, NULL, 0},
};

static int descriptor(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return *end == '\0' && end != text && number >= 0 && number < 1 << 20 ? (int)number : -1;
}

static bool parse(int count, char **arguments, struct engine_process_options *options)
{
	int option;

	while ((option = getopt_long(count, arguments, "", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_GUARD:
			options->guard_fd = descriptor(optarg);
			break;
		case OPTION_FRONT:
			options->front_fd = descriptor(optarg);
			break;
		case OPTION_CONFIG:
			options->config_fd = descriptor(optarg);
			break;
		case OPTION_TESTAMENT:
			options->testament_fd = descriptor(optarg);
			break;
		case OPTION_ADOPT:
			options->adopt = true;
			break;
		case OPTION_BURY:
			options->bury = true;
			break;
		case OPTION_BY_MARKS:
			options->by_marks = true;
			break;
		case OPTION_LEFT:
			if (options->left_count < INHERITANCE_MAX)
				options->left_fds[options->left_count++] = descriptor(optarg);
			break;
		case OPTION_SUCCESSOR:
			options->successor = true;
			break;
		case OPTION_NO_BFD:
			options->no_bfd = true;
			break;
		case OPTION_RECORD:
			options->record = true;
			break;
		case OPTION_KEEP:
			options->keep = true;
			break;
		case OPTION_BRIEF:
			options->brief = true;
			break;
		case OPTION_LOG_ADDRESSES:
			options->log_addresses = true;
			break;
		case OPTION_NAME:
			options->name = strdup(optarg);
			break;
		case OPTION_FIREWALL:
			options->firewall_fd = descriptor(optarg);
			break;
		case OPTION_FIREWALL_NAME:
			options->firewall_name = strdup(optarg);
			break;
		case OPTION_USER:
			if (!service_user_read(optarg, &options->user))
				return false;
			break;
		default:
			return false;
		}
	}
	return options->guard_fd >= 0 && options->config_fd >= 0 && options->testament_fd >= 0 &&
	       optind == count;
}

int main(int count, char **arguments)
{
	struct engine_process_options options = {
		.guard_fd = -1, .front_fd = -1, .config_fd = -1, .testament_fd = -1, .firewall_fd = -1};
	static struct engine_process process;

	if (!parse(count, arguments, &options)) {
		fprintf(stderr, "vigiad-vrrp is started by vigiad; it is of no use alone\n");
		return EXIT_FATAL;
	}
	privileges_follow_parent();
	options.argument_count = count;
	options.arguments = arguments;
	process_set_title(count, arguments, "vigiad: vrrp");
	return engine_process_run(&process, &options);
}
