/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigia lab exec: one argument is split as a POSIX shell splits words (but no shell runs), several are the
 * command as it is. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lab/commands.h"
#include "lab/lab.h"
#include "lab/memory.h"
#include "lab/state.h"
#include "lab/supervisor.h"
#include "lab/words.h"

static int usage(void)
{
	fputs("usage: vigia lab exec [-d DIR] [--wait] DEVICE COMMAND...\n", stderr);
	return 2;
}

static int wait_for_startup(struct lab *lab, const char *name)
{
	struct lab_error error;
	char line[SUPERVISOR_LINE_SIZE];
	int fd = supervisor_connect(lab, &error), result = fd < 0 ? fd : 0;
	while (result == 0) {
		struct lab_device *device =
			lab_refresh(lab, &error) < 0 ? NULL : lab_device(lab, name, &error);
		if (device == NULL || device->ready || device->pid == 0)
			break;
		result = supervisor_line(fd, 1000, line, sizeof line) < 0 ? -ENOENT : 0;
	}
	return result;
}

static int exit_status(pid_t child)
{
	int status;
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return 126;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(struct lab *lab, const char *name, char **command, bool wait_first)
{
	struct lab_error error;
	if (wait_first)
		wait_for_startup(lab, name);
	struct lab_device *device = lab_device(lab, name, &error);
	pid_t child = device == NULL ? -ENODEV : lab_spawn(device, command, 0, 1, 2, &error);
	if (child < 0) {
		complain("%s", error.text);
		return 1;
	}
	/* the keyboard's signals are the program's */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	return exit_status(child);
}

int command_exec(int argc, char **argv)
{
	static const struct option options[] = {{"directory", required_argument, NULL, 'd'},
		{"wait", no_argument, NULL, 'w'}, {NULL, 0, NULL, 0}};
	const char *directory = NULL;
	bool wait_first = false;
	struct lab lab;
	struct lab_error error;
	/* +: options behind the device are the command's */
	for (int option; (option = getopt_long(argc, argv, "+d:w", options, NULL)) != -1;) {
		if (option == 'd')
			directory = optarg;
		else if (option == 'w')
			wait_first = true;
		else
			return usage();
	}
	if (argc - optind < 2)
		return usage();
	char **command = argv + optind + 1, **words = NULL;
	if (argc - optind == 2) {
		words = split_words(argv[optind + 1]);
		if (words == NULL || words[0] == NULL) {
			complain(words == NULL ? "the command has a quote that is never closed"
					       : "the command is empty");
			free_words(words);
			return 2;
		}
		command = words;
	}
	int status = 1;
	if (lab_find(directory, &lab, &error) < 0)
		complain("%s", error.text);
	else
		status = run(&lab, argv[optind], command, wait_first);
	free_words(words);
	lab_free(&lab);
	return status;
}
