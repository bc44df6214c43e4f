/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of vigiad: keepalived's options under keepalived's names. One that keepalived has and vigiad has not
 * yet is refused by name, because passing over it would run something else than was asked for.
 */
#ifndef VIGIA_DAEMON_OPTIONS_H
#define VIGIA_DAEMON_OPTIONS_H

#include <stdbool.h>

#define DEFAULT_CONFIG "/etc/keepalived/keepalived.conf"
#define DEFAULT_CONTROL "/run/vigia/vigiad.sock"
#define DEFAULT_PID_FILE "/run/vigia/vigiad.pid" /* beside it */

enum options_action {
	OPTIONS_RUN,
	OPTIONS_TEST, /* read the configuration and say what is wrong with it */
	OPTIONS_END, /* help or version were printed */
	OPTIONS_WRONG, /* a message was printed */
};

/* Paths are absolute; all strings are malloc'd or constants. */
struct daemon_options {
	const char *config;
	const char *control;
	const char *pid_file;
	const char *vrrp_pid_file;
	const char *record; /* NULL: no trace */
	const char *test_output; /* NULL: messages of a test go to standard error */
	const char *config_id; /* for conditional lines; never NULL */
	bool all_includes; /* every include must find its files */
	bool foreground;
	bool log_console;
	unsigned log_detail; /* how often it was given */
	bool dump;
	bool ignore_sigint; /* for debuggers */
};

enum options_action options_parse(int count, char **arguments, struct daemon_options *options);

#endif
