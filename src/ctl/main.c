/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vigia`: finds the subcommand and runs it. Adding one is a row here, a prototype in command.h and a file.
 */
#include "ctl/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"

static int command_help(int argc, char **argv);

static const struct command commands[] = {
	{"status", "what every virtual router does, and why", command_status},
	{"metrics", "states and counters for Prometheus", command_metrics},
	{"check", "what is wrong with configurations, and what will hardly do what is meant", command_check},
	{"reload", "vigiad reads its configuration again", command_reload},
	{"drain", "hand over to another router, for maintenance, and lose no packet", command_drain},
	{"resume", "in service again after drain; end of a takeover", command_resume},
	{"takeover", "become master in place of the present one", command_takeover},
	{"upgrade", "the programs that are installed now go on in place of those that run", command_upgrade},
	{"decode", "what the VRRP packets of a capture say, and who would accept them", command_decode},
	{"replay", "does this version decide as the one that recorded a trace did", command_replay},
	{"lab", "run a network of virtual machines made of namespaces (a Kathara directory)", command_lab},
	{"sim", "let routers live in a simulated network, and judge what becomes of it", command_sim},
	{"whatif", "who becomes master when one thing fails, given the configuration of each router",
		command_whatif},
	{"help", "this list, or what one command does: vigia help COMMAND", command_help},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fputs("usage: vigia COMMAND [ARGUMENTS]\n\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n`vigia help COMMAND` says more about one of them; `vigia --version` prints the version.\n",
		out);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* The command most like `name`, or NULL when none is. */
static const char *nearest_command(const char *name)
{
	struct nearest nearest;

	nearest_begin(&nearest, name);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		nearest_consider(&nearest, commands[i].name);
	return nearest.best;
}

static int unknown_command(const char *name)
{
	const char *nearest = nearest_command(name);

	fprintf(stderr, "vigia: there is no command \"%s\"", name);
	if (nearest)
		fprintf(stderr, "; did you mean \"%s\"?", nearest);
	fputs(nearest ? " `vigia help` lists them.\n" : "; `vigia help` lists them.\n", stderr);
	return COMMAND_USAGE;
}

static int command_help(int argc, char **argv)
{
	char help_option[] = "--help";
	char *arguments[] = {argc > 1 ? argv[1] : argv[0], help_option, NULL};
	const struct command *command;

	if (argc < 2 || strcmp(argv[1], "help") == 0 || argv[1][0] == '-') {
		print_usage(stdout);
		return COMMAND_OK;
	}
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return command->run(2, arguments);
}

/* An answer that did not arrive, on a full disk for example, is no success. */
static int finish(int status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "vigia: the output could not be written%s%s\n", errno ? ": " : "",
		errno ? strerror(errno) : "");
	return status == COMMAND_OK ? COMMAND_FAILED : status;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_usage(stderr);
		return COMMAND_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0) {
		puts("vigia " VIGIA_VERSION);
		return COMMAND_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_usage(stdout);
		return COMMAND_OK;
	}
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return finish(command->run(argc - 1, argv + 1));
}
