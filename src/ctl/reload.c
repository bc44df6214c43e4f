/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vigia reload`: the daemon reads its configuration again, and says whether it took it. */
#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/control_client.h"

/* Longer than the front waits for the engine. */
#define RELOAD_WAIT_SECONDS 10

static const char usage[] = "usage: vigia reload [--control PATH]\n\n"
			    "vigiad reads its configuration again. If there is an error in it nothing "
			    "changes, and every error is shown.\n\n"
			    "  --control PATH  the control socket of vigiad; " CONTROL_PATH_DEFAULT "\n\n"
			    "Exit status: 0 the new configuration is in force, 1 it is not, 2 wrong "
			    "arguments, 3 vigiad is not running.\n";

static enum command_exit show_answer(const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	size_t length;

	if (json_is_true(json_object_get(answer, "ok"))) {
		puts("reloaded");
		return COMMAND_OK;
	}
	error = error ? error : "vigiad does not say why";
	length = strlen(error);
	fprintf(stderr, "nothing was changed:\n%s%s", error,
		length > 0 && error[length - 1] == '\n' ? "" : "\n");
	return COMMAND_FAILED;
}

int command_reload(int argc, char **argv)
{
	struct control_line line = {.flag = NULL};
	json_t *answer;
	int exit;

	if (!control_parse(argc, argv, usage, &line, &exit))
		return exit;

	enum command_exit result = control_request(line.path, "reload", RELOAD_WAIT_SECONDS, &answer);

	if (result != COMMAND_OK)
		return (int)result;
	result = show_answer(answer);
	json_decref(answer);
	return (int)result;
}
