/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vigia drain`, `vigia resume`, `vigia takeover`: planned maintenance. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/control_client.h"

#define WITHOUT_LIMIT 0 /* vigiad answers when it is done, or when its engine dies */

static const char common[] = "  --json          the answer as JSON (doc/control-protocol.md)\n"
			     "  --control PATH  the control socket of vigiad; " CONTROL_PATH_DEFAULT "\n\n";

static const char drain_usage[] =
	"usage: vigia drain [--timeout SECONDS] [--force] [--json] [--control PATH] [NAME | all]\n\n"
	"Hands a virtual router, a sync group or all of them over to another router, and stays out of service until\n"
	"`vigia resume`. Nothing is let go before the other router serves. If none takes over in time, this one\n"
	"goes on as master. Answers when it is done.\n\n"
	"  --timeout S     wait so long for another router; as long as one may need, if not given\n"
	"  --force         let go even if nobody takes over\n";
static const char drain_exit[] = "Exit status: 0 all are out of service, 1 not all are, 2 wrong arguments, 3 vigiad is not running.\n";

static const char resume_usage[] =
	"usage: vigia resume [--json] [--control PATH] [NAME | all]\n\n"
	"In service again after `vigia drain`; who is master is decided by the priorities. After `vigia takeover`:\n"
	"back to the configured priority.\n\n";
static const char resume_exit[] = "Exit status: 0 done, 1 not done, 2 wrong arguments, 3 vigiad is not running.\n";

static const char takeover_usage[] =
	"usage: vigia takeover [--json] [--control PATH] [NAME | all]\n\n"
	"Becomes master in place of the present one, whatever the priorities and nopreempt say, with a priority above\n"
	"that of the other router for as long as it is master, or until `vigia resume`. Answers when the other one is\n"
	"silent.\n\n";
static const char takeover_exit[] = "Exit status: 0 this router is master, 1 it is not, 2 wrong arguments, 3 vigiad is not running.\n";

struct order {
	const char *command;
	const char *usage;
	const char *exit_usage;
	bool drains;
	bool as_json;
	const char *control;
	json_t *request;
};

static void print_usage(const struct order *order, FILE *out)
{
	fputs(order->usage, out);
	fputs(common, out);
	fputs(order->exit_usage, out);
}

static bool set_timeout(const struct order *order, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds >= 0.001 && seconds <= 86400)) {
		fprintf(stderr, "vigia: --timeout %s: a number of seconds is wanted, from 0.001 to 86400\n", text);
		return false;
	}
	json_object_set_new(order->request, "timeout", json_real(seconds));
	return true;
}

enum parsed {
	PARSED,
	PARSED_HELP,
	PARSED_WRONG,
};

static enum parsed parse(struct order *order, int argc, char **argv)
{
	static const struct option options[] = {
		{"control", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{"timeout", required_argument, NULL, 't'},
		{"force", no_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h')
			return PARSED_HELP;
		if (option == '?' || ((option == 't' || option == 'f') && !order->drains))
			return PARSED_WRONG;
		if (option == 't' && !set_timeout(order, optarg))
			return PARSED_WRONG;
		if (option == 'f')
			json_object_set_new(order->request, "force", json_true());
		if (option == 'c')
			order->control = optarg;
		order->as_json = order->as_json || option == 'j';
	}
	if (argc - optind > 1)
		return PARSED_WRONG;
	if (optind < argc && strcmp(argv[optind], "all") != 0)
		json_object_set_new(order->request, "name", json_string(argv[optind]));
	return PARSED;
}

static const char *text_in(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "?";
}

static void show_text(const json_t *answer)
{
	const json_t *part;
	size_t i;

	json_array_foreach(json_object_get(answer, "instances"), i, part)
		printf("%s: %s\n", text_in(part, "name"), text_in(part, "text"));
	if (json_object_get(answer, "instances_omitted"))
		printf("and %lld more\n", (long long)json_integer_value(json_object_get(answer, "instances_omitted")));
	if (json_object_get(answer, "error"))
		fprintf(stderr, "vigia: %s\n", text_in(answer, "error"));
}

static enum command_exit show_answer(const json_t *answer, bool as_json)
{
	if (as_json) {
		json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
		putchar('\n');
	} else {
		show_text(answer);
	}
	return json_is_true(json_object_get(answer, "ok")) ? COMMAND_OK : COMMAND_FAILED;
}

static int run(struct order *order, int argc, char **argv)
{
	enum command_exit result = COMMAND_USAGE;
	json_t *answer;
	enum parsed parsed;

	order->control = CONTROL_PATH_DEFAULT;
	order->request = json_pack("{s:s}", "command", order->command);
	parsed = parse(order, argc, argv);
	if (parsed == PARSED) {
		result = control_ask(order->control, order->request, WITHOUT_LIMIT, &answer);
		if (result == COMMAND_OK) {
			result = show_answer(answer, order->as_json);
			json_decref(answer);
		}
	} else {
		print_usage(order, parsed == PARSED_HELP ? stdout : stderr);
		result = parsed == PARSED_HELP ? COMMAND_OK : COMMAND_USAGE;
	}
	json_decref(order->request);
	return (int)result;
}

int command_drain(int argc, char **argv)
{
	struct order order = {.command = "drain", .usage = drain_usage, .exit_usage = drain_exit, .drains = true};

	return run(&order, argc, argv);
}

int command_resume(int argc, char **argv)
{
	struct order order = {.command = "resume", .usage = resume_usage, .exit_usage = resume_exit};

	return run(&order, argc, argv);
}

int command_takeover(int argc, char **argv)
{
	struct order order = {.command = "takeover", .usage = takeover_usage, .exit_usage = takeover_exit};

	return run(&order, argc, argv);
}
