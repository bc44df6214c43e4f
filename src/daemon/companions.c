/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See companions.h. */
#include "daemon/companions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/start.h"
#include "linux/child_process.h"

#define VARIABLE "VIGIA_UPGRADE_TEST"
#define ANSWER_SIZE 128

bool companions_are_asked_for(void)
{
	return getenv(VARIABLE) != NULL;
}

void companions_ask_for(bool wanted)
{
	if (wanted)
		setenv(VARIABLE, "1", 1);
	else
		unsetenv(VARIABLE);
}

static void read_all(int fd, char *answer, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while (length < size - 1 && (got = read(fd, answer + length, size - 1 - length)) != 0) {
		if (got > 0)
			length += (size_t)got;
		else if (errno != EINTR)
			break;
	}
	answer[length] = '\0';
}

/* What it prints, and how it ends. 0 or -errno. */
static int ask_version(const char *name, char *answer, size_t size, struct child_end *end)
{
	char *arguments[] = {(char *)(uintptr_t)name, (char *)(uintptr_t) "--version", NULL};
	struct child_program program = {.executable = start_find_program(name), .arguments = arguments, .errors = -1};
	struct child_process child;
	int ends[2];
	int error;

	if (program.executable < 0)
		return program.executable;
	error = pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
	if (!error) {
		program.output = ends[1];
		error = child_start(&program, &child);
		close(ends[1]);
		if (!error) {
			read_all(ends[0], answer, size);
			*end = child_reap(&child);
		}
		close(ends[0]);
	}
	close(program.executable);
	return error;
}

static bool starts(const char *name)
{
	char answer[ANSWER_SIZE], wanted[ANSWER_SIZE];
	struct child_end end = {.exit_code = -1};
	const int error = ask_version(name, answer, sizeof(answer), &end);

	snprintf(wanted, sizeof(wanted), "%s %s\n", name, VIGIA_VERSION);
	if (error)
		fprintf(stderr, "vigiad: %s cannot be run: %s\n", name, strerror(-error));
	else if (end.exit_code != 0)
		fprintf(stderr, "vigiad: %s does not start: it ended with %s %d\n", name, end.exit_code < 0 ? "signal" : "code",
			end.exit_code < 0 ? end.signal : end.exit_code);
	else if (strcmp(answer, wanted) != 0)
		fprintf(stderr, "vigiad: %s is not that of vigiad %s\n", name, VIGIA_VERSION);
	return !error && end.exit_code == 0 && strcmp(answer, wanted) == 0;
}

bool companions_start(void)
{
	const bool runner = starts("vigiad-runner");
	const bool mail = starts("vigiad-mail");

	return runner && mail;
}
