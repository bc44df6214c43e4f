/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of vigiad-front. Its only caller is the guard, and `vigiad -t`. */
#ifndef VIGIA_FRONT_OPTIONS_H
#define VIGIA_FRONT_OPTIONS_H

#include <stdbool.h>

#include "linux/privileges.h"

struct front_options {
	const char *config; /* the file to read */
	const char *control; /* path of the control socket */
	const char *control_group; /* who may ask there for the status; NULL: vigia, if there is such a group */
	const char *config_id; /* for its conditional lines; NULL: the host's name */
	bool all_includes; /* every include must find its files */
	bool no_bfd; /* no session of BFD runs: said where there would be one */
	const char *record; /* trace file, or NULL */
	const char *test_file; /* where --test writes its messages; NULL: stderr */
	bool test; /* only say whether the configuration is fine */
	bool dump; /* show the canonical configuration */
	bool log_console;
	bool log_detail;
	bool log_flushed;
	bool no_syslog;
	int log_facility; /* as in syslog(3) */
	const char *log_file; /* NULL: none */
	struct service_user user; /* whom the front becomes */
	int umask; /* that files are written with; -1: as the configuration says */
	int guard_fd; /* socket to the guard; -1: not given */
	int mail_fd; /* memory file of the mail that waits: front/mail.h; -1: not given */
	int in_force_fd; /* memfd of the configuration in force: this front replaces a dead one; -1: not given
			  */
};

/* false: a message has been printed. */
bool front_options_read(int argc, char **argv, struct front_options *options);

#endif
