/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigia lab stop: shutdown scripts, then the end. Works without a readable lab.conf, and after the
 * supervisor was killed. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/commands.h"
#include "lab/memory.h"
#include "lab/state.h"
#include "lab/supervisor.h"

/* Repeats warnings until the request is done, or, when everything stops, until the supervisor is gone. */
static int ask_to_stop(struct lab *lab, char *const *devices, size_t count)
{
	struct lab_error error;
	char line[SUPERVISOR_LINE_SIZE];
	int fd = supervisor_connect(lab, &error);
	if (fd < 0 || supervisor_request(fd, "stop", devices, count, &error) < 0) {
		complain("%s", error.text);
		if (fd >= 0)
			close(fd);
		return 1;
	}
	int status = 0, result;
	while ((result = supervisor_line(fd, -1, line, sizeof line)) >= 0) {
		if (result == 0)
			continue;
		if (strncmp(line, "warning ", 8) == 0)
			complain("%s", line + 8);
		if (strncmp(line, "error ", 6) == 0) {
			complain("%s", line + 6);
			status = 1;
			break;
		}
		if (count > 0 && strcmp(line, "done") == 0)
			break;
	}
	close(fd);
	while (count == 0 && lab_is_running(lab))
		poll(NULL, 0, 1);
	return status;
}

static int stop_lab(struct lab *lab, void *user)
{
	int *status = user;
	*status |= ask_to_stop(lab, NULL, 0);
	return 0;
}

static int usage(void)
{
	fputs("usage: vigia lab stop [-d DIR | DIR | --all] [DEVICE...]\n", stderr);
	return 2;
}

/* A lab that does not run: what a killed supervisor left goes. */
static int clean_up(const char *directory, const struct lab_error *error)
{
	char *real = realpath(directory == NULL ? "." : directory, NULL);
	struct lab lab;
	bool found = false;
	if (real != NULL) {
		lab_name(&lab, real);
		found = lab_clean(&lab);
		lab_free(&lab);
	}
	free(real);
	if (!found)
		complain("%s", error->text);
	return found ? 0 : 1;
}

int command_stop(int argc, char **argv)
{
	static const struct option options[] = {{"directory", required_argument, NULL, 'd'},
		{"all", no_argument, NULL, 'a'}, {NULL, 0, NULL, 0}};
	const char *directory = NULL;
	int status = 0;
	for (int option; (option = getopt_long(argc, argv, "d:a", options, NULL)) != -1;) {
		if (option == 'd')
			directory = optarg;
		else if (option == 'a')
			return lab_each(stop_lab, &status), status;
		else
			return usage();
	}
	if (directory == NULL && optind < argc && names_lab_directory(argv[optind]))
		directory = argv[optind++];
	struct lab lab;
	struct lab_error error;
	if (lab_find(directory, &lab, &error) < 0)
		return clean_up(directory, &error);
	status = ask_to_stop(&lab, argv + optind, (size_t)(argc - optind));
	lab_free(&lab);
	return status;
}
