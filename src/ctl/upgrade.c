/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vigia upgrade`: the programs that are installed now go on in place of those that run. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/command.h"
#include "ctl/control_client.h"
#include "ctl/status_text.h"

/* Longer than the guard allows for all of its steps. */
#define UPGRADE_WAIT_SECONDS 60
#define STATUS_WAIT_SECONDS 5
/* The control socket comes back within a moment, when scripts that run have ended. */
#define BACK_TRIES 400
#define BACK_SPACING_MS 100

static const char usage[] =
	"usage: vigia upgrade [--if-new] [--control PATH]\n\n"
	"Starts the programs of vigiad that are installed now in place of those that run, without a failover: a new engine "
	"goes on where\n"
	"the old one stood. If the new programs do not start, or do not accept the configuration that is in force, the old "
	"ones go on.\n\n"
	"  --if-new        do nothing if the programs that run are those that are installed\n"
	"  --control PATH  the control socket of vigiad; " CONTROL_PATH_DEFAULT "\n\n"
	"Exit status: 0 the installed programs run, 1 the old ones still do, 2 wrong arguments, 3 vigiad is not running.\n";

/* Malloc'd by jansson; NULL: no answer, which may have been said. */
static json_t *daemon_of(const char *path, bool quiet)
{
	json_t *status = NULL;
	json_t *daemon;

	if (quiet ? !control_try(path, "status", STATUS_WAIT_SECONDS, &status)
		  : control_request(path, "status", STATUS_WAIT_SECONDS, &status) != COMMAND_OK)
		return NULL;
	daemon = json_incref(json_object_get(json_object_get(status, "status"), "daemon"));
	json_decref(status);
	return daemon;
}

/* The one that answers behind it, or NULL. */
static json_t *wait_until_back(const char *path)
{
	const struct timespec spacing = {.tv_nsec = BACK_SPACING_MS * 1000000};
	json_t *daemon = NULL;

	for (int i = 0; i < BACK_TRIES && !daemon; i++) {
		daemon = daemon_of(path, true);
		if (!daemon)
			nanosleep(&spacing, NULL);
	}
	return daemon;
}

static enum command_exit show_success(const char *path, const json_t *before)
{
	json_t *after = wait_until_back(path);
	const char *old = text_of(before, "version", "?");

	if (!after) {
		fprintf(stderr, "the engine is new and works, but vigiad does not answer at %s: see its log\n", path);
		return COMMAND_FAILED;
	}
	printf("vigiad %s runs", text_of(after, "version", "?"));
	if (strcmp(old, text_of(after, "version", "?")) != 0)
		printf(", in place of %s", old);
	puts("");
	json_decref(after);
	return COMMAND_OK;
}

static enum command_exit upgrade(const char *path, const char *command)
{
	json_t *before = daemon_of(path, false);
	json_t *answer;
	enum command_exit result;

	if (!before)
		return COMMAND_NOT_RUNNING;
	result = control_request(path, command, UPGRADE_WAIT_SECONDS, &answer);
	if (result == COMMAND_OK) {
		if (json_is_true(json_object_get(answer, "ok"))) {
			result = show_success(path, before);
		} else {
			fprintf(stderr, "no upgrade, all goes on as before: %s\n",
				text_of(answer, "error", "vigiad does not say why"));
			result = COMMAND_FAILED;
		}
		json_decref(answer);
	}
	json_decref(before);
	return result;
}

int command_upgrade(int argc, char **argv)
{
	struct control_line line = {.flag = "if-new"};
	int exit;

	if (!control_parse(argc, argv, usage, &line, &exit))
		return exit;
	return (int)upgrade(line.path, line.flag_given ? "upgrade-if-new" : "upgrade");
}
