/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subcommands of `vigia`: one row of the table in main.c and one file for each. A subcommand gets its own
 * name as argv[0], answers --help itself, and returns the exit status of the program.
 */
#ifndef VIGIA_CTL_COMMAND_H
#define VIGIA_CTL_COMMAND_H

enum command_exit {
	COMMAND_OK = 0,
	COMMAND_FAILED = 1, /* it was tried and did not work, or a difference was found */
	COMMAND_USAGE = 2, /* the command line makes no sense */
	COMMAND_NOT_RUNNING = 3, /* no daemon answers */
	COMMAND_INCOMPLETE = 4, /* the input ends in the middle; what there was of it was taken */
};

struct command {
	const char *name;
	const char *help; /* one line */
	int (*run)(int argc, char **argv);
};

int command_status(int argc, char **argv);
int command_metrics(int argc, char **argv);
int command_check(int argc, char **argv);
int command_upgrade(int argc, char **argv);
int command_reload(int argc, char **argv);
int command_drain(int argc, char **argv);
int command_resume(int argc, char **argv);
int command_takeover(int argc, char **argv);
int command_decode(int argc, char **argv);
int command_lab(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_sim(int argc, char **argv);
int command_whatif(int argc, char **argv);

#endif
