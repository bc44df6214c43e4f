/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of `vigia lab`. argv[0] is the verb; each returns the exit status of the program: 0, 1 when it could not do what was
 * asked (the reason is on stderr), 2 for a wrong command line.
 */
#ifndef VIGIA_LAB_COMMANDS_H
#define VIGIA_LAB_COMMANDS_H

int command_start(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_connect(int argc, char **argv);
int command_list(int argc, char **argv);
int command_stop(int argc, char **argv);
int command_fault(int argc, char **argv);
int command_probe(int argc, char **argv);
int command_demo(int argc, char **argv);

/* "vigia lab: " and the message, on stderr. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
