/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's side of the control socket (doc/control-protocol.md). */
#ifndef VIGIA_CTL_CONTROL_CLIENT_H
#define VIGIA_CTL_CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctl/command.h"

#define CONTROL_PATH_DEFAULT "/run/vigia/vigiad.sock"

/*
 * Sends {"command": command} to the daemon at path and waits for the answer, at most timeout_seconds.
 * COMMAND_OK with *answer to be freed, which may still be a refusal; COMMAND_NOT_RUNNING when nobody is
 * there; COMMAND_FAILED. All but the first have said why on stderr.
 */
enum command_exit control_request(
	const char *path, const char *command, unsigned timeout_seconds, json_t **answer);
/* The same with more than a command. timeout_seconds 0: waits as long as the daemon lives. */
enum command_exit control_ask(const char *path, const json_t *request, unsigned timeout_seconds, json_t **answer);

/* The same; that nobody is there is not said. false: no answer. */
bool control_try(const char *path, const char *command, unsigned timeout_seconds, json_t **answer);

/* What a command that asks vigiad has on its line: --control, --help, perhaps one flag, perhaps names. */
struct control_line {
	const char *path;
	const char *flag; /* its long option; NULL: it has none */
	bool flag_given;
	bool takes_names; /* from optind on */
};
/* false: the command ends with *exit; its usage is printed. */
bool control_parse(int argc, char **argv, const char *usage, struct control_line *line, int *exit);

#endif
