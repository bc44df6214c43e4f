/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vigia status`: asks the daemon and shows the answer. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/control_client.h"
#include "ctl/status_text.h"

#define STATUS_WAIT_SECONDS 5

static const char usage[] =
	"usage: vigia status [--json] [--control PATH] [NAME...]\n\n"
	"Shows every virtual router, or those that are named: its state and why, its priority, the router "
	"heard last,\n"
	"timers, addresses and routes held, dropped packets, and what happened lately.\n\n"
	"  --json          the whole answer as JSON (doc/control-protocol.md)\n"
	"  --control PATH  the control socket of vigiad; " CONTROL_PATH_DEFAULT "\n\n"
	"Exit status: 0 vigiad and its engine answer, 1 the engine is dead or silent or a name is unknown,\n"
	"2 wrong arguments, 3 vigiad is not running.\n";

static json_t *instance_named(const json_t *instances, const char *name)
{
	size_t i;
	json_t *instance;

	json_array_foreach(
		instances, i, instance) if (strcmp(text_of(instance, "name", ""), name) == 0) return instance;
	return NULL;
}

static void list_names(const json_t *instances)
{
	size_t i;
	json_t *instance;

	json_array_foreach(instances, i, instance)
		fprintf(stderr, "%s %s", i == 0 ? "" : ",", text_of(instance, "name", "?"));
	fputc('\n', stderr);
}

/* Leaves the named ones alone in status. false: one of them is unknown, and that has been said. */
static bool select_instances(json_t *status, char **names, int count)
{
	json_t *all = json_object_get(status, "instances");
	json_t *chosen;

	if (count == 0)
		return true;
	chosen = json_array();
	for (int i = 0; i < count; i++) {
		json_t *instance = instance_named(all, names[i]);

		if (!instance) {
			fprintf(stderr, "vigia: there is no instance \"%s\"; there are:", names[i]);
			list_names(all);
			json_decref(chosen);
			return false;
		}
		json_array_append(chosen, instance);
	}
	json_object_set_new(status, "instances", chosen);
	return true;
}

static size_t screen_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void show(const json_t *status, bool as_json)
{
	struct status_style style = {0};
	char *text;

	if (isatty(STDOUT_FILENO)) {
		style.width = screen_width();
		style.colour = getenv("NO_COLOR") == NULL;
	}
	if (as_json)
		text = json_dumps(status, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	else
		text = status_text(status, &style);
	if (text)
		fputs(text, stdout);
	if (as_json)
		fputc('\n', stdout);
	free(text);
}

static enum command_exit show_answer(json_t *answer, bool as_json, char **names, int count)
{
	json_t *status = json_object_get(answer, "status");
	const char *engine;

	if (!json_is_true(json_object_get(answer, "ok")) || !status) {
		fprintf(stderr, "vigia: vigiad refuses: %s\n",
			text_of(answer, "error", "it does not say why"));
		return COMMAND_FAILED;
	}
	if (!select_instances(status, names, count))
		return COMMAND_FAILED;
	show(status, as_json);
	engine = text_of(json_object_get(status, "daemon"), "engine", "");
	return strcmp(engine, "running") == 0 ? COMMAND_OK : COMMAND_FAILED;
}

int command_status(int argc, char **argv)
{
	struct control_line line = {.flag = "json", .takes_names = true};
	json_t *answer;
	int exit;

	if (!control_parse(argc, argv, usage, &line, &exit))
		return exit;

	enum command_exit result = control_request(line.path, "status", STATUS_WAIT_SECONDS, &answer);

	if (result != COMMAND_OK)
		return (int)result;
	result = show_answer(answer, line.flag_given, argv + optind, argc - optind);
	json_decref(answer);
	return (int)result;
}
