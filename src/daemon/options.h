/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of vigiad: keepalived's options under keepalived's names, so that the unit and the defaults file of
 * keepalived go on working. One that asks for what this build has not got, such as SNMP, is told so and passed over; one
 * without which nothing sensible would run is refused.
 */
#ifndef VIGIA_DAEMON_OPTIONS_H
#define VIGIA_DAEMON_OPTIONS_H

#include <stdbool.h>

#define DEFAULT_CONFIG "/etc/keepalived/keepalived.conf"
#define DEFAULT_CONTROL "/run/vigia/vigiad.sock"
#define NAMED_CONTROL "/run/vigia/vigiad-%s.sock"
#define DEFAULT_PID_FILE "/run/vigia/vigiad.pid" /* beside it */

#define DEFAULT_LOG_FILE "/tmp/keepalived.log"
#define DEFAULT_CORE_PATTERN "core"

enum options_action {
	OPTIONS_RUN,
	OPTIONS_TEST, /* read the configuration and say what is wrong with it */
	OPTIONS_END, /* help or version were printed */
	OPTIONS_WRONG, /* a message was printed */
};

/* Paths are absolute; all strings are malloc'd, for an upgrade frees some. What was not given is NULL. */
struct daemon_options {
	const char *config;
	int argument_count; /* of main(), for the process's name */
	char **arguments;
	char **own_arguments; /* the same, and not written over by the name */
	const char *control;
	const char *control_group;
	const char *user; /* whom front and engine become; NULL: their own ones */
	const char *runner_socket; /* NULL: the guard starts the runner itself */
	const char *pid_file;
	const char *vrrp_pid_file;
	const char *record; /* NULL: no trace */
	const char *test_output; /* NULL: messages of a test go to standard error */
	const char *config_id; /* for conditional lines; never NULL */
	bool all_includes; /* every include must find its files */
	bool no_bfd; /* no session of BFD runs */
	bool foreground;
	bool log_console;
	unsigned log_detail; /* how often it was given */
	bool dump;
	bool ignore_sigint; /* for debuggers */
	int log_facility; /* as in syslog(3) */
	const char *log_file; /* NULL: none */
	bool log_flushed; /* every line of it reaches the disk at once */
	bool no_syslog;
	const char *umask; /* octal; NULL: that of the configuration */
	bool keep_addresses; /* --dont-release-vrrp: what was added to the kernel stays behind at the end */
	bool dont_respawn; /* when a part of vigiad dies, all of it ends */
	bool log_addresses; /* that come and go on any interface */
	const char *net_namespace; /* NULL: that of the configuration, or ours */
	bool core_dump;
	const char *core_pattern; /* NULL: that of the system */
};

/* Gives the places that were not given their usual ones; name: of this daemon among several, empty when there is one. false:
 * no memory. */
bool options_settle_places(struct daemon_options *options, const char *name);
enum options_action options_parse(int count, char **arguments, struct daemon_options *options);

#endif
