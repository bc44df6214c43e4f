/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vigiad: keeps virtual routers as keepalived.conf describes them. This program is the guard; the front and the engine
 * are programs of their own (doc/architecture.md, "The processes").
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/companions.h"
#include "daemon/exit_codes.h"
#include "daemon/guard.h"
#include "daemon/options.h"
#include "daemon/starter.h"

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

/* Waits in the invoking process until the daemon is ready or has ended; never returns. */
static _Noreturn void wait_for_daemon(pid_t daemon, int report)
{
	unsigned char code;
	int status;

	if (read(report, &code, sizeof(code)) == sizeof(code))
		_exit(code);
	if (waitpid(daemon, &status, 0) == daemon && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EXIT_FATAL);
}

/* What is opened later must not come to stand where people print to. */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Returns in the daemon only: the pipe by which it says that it is ready, or -1. */
static int go_into_background(void)
{
	int ends[2];
	pid_t daemon;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	daemon = fork();
	if (daemon < 0) {
		perror("vigiad: cannot go into the background");
		_exit(EXIT_FATAL);
	}
	if (daemon > 0) {
		close(ends[1]);
		wait_for_daemon(daemon, ends[0]);
	}
	/* What the invoker had open is not ours to keep; its three streams go when we are ready. */
	close_range(STDERR_FILENO + 1, (unsigned)ends[1] - 1, 0);
	close_range((unsigned)ends[1] + 1, ~0u, 0);
	ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (ends[0] >= 0) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
	}
	setsid();
	return ends[1];
}

/* Of all parts of vigiad, which inherit it. */
static void allow_core_dumps(void)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	if (setrlimit(RLIMIT_CORE, &unlimited) < 0)
		perror("vigiad: core dumps are not to be had");
}

/* The pattern is the whole machine's: what it was is written to old, of `size` bytes, to be put back. */
static void change_core_pattern(const char *fresh, char *old, size_t size)
{
	int fd = open(CORE_PATTERN, O_RDWR | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : old ? read(fd, old, size - 1) : 0;

	if (old)
		old[length > 0 ? length : 0] = '\0';
	if (fd < 0 || length < 0 || pwrite(fd, fresh, strlen(fresh), 0) < 0)
		fprintf(stderr, "vigiad: cannot change %s: %s\n", CORE_PATTERN, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* NULL without memory. */
static char **copy_arguments(int count, char **arguments)
{
	char **copy = calloc((size_t)count + 1, sizeof(*copy));

	for (int i = 0; copy && i < count; i++) {
		copy[i] = strdup(arguments[i]);
		if (!copy[i])
			return NULL;
	}
	return copy;
}

static int run(struct daemon_options *options, int invoker, int state)
{
	char pattern[256];
	int code;

	if (options->core_dump)
		allow_core_dumps();
	if (options->core_pattern)
		change_core_pattern(options->core_pattern, pattern, sizeof(pattern));
	code = guard_run(options, invoker, state);
	if (options->core_pattern && pattern[0])
		change_core_pattern(pattern, NULL, 0);
	return code;
}

int main(int count, char **arguments)
{
	static struct daemon_options options;
	int invoker = -1;

	fill_standard_streams();
	switch (options_parse(count, arguments, &options)) {
	case OPTIONS_END:
		return EXIT_OK;
	case OPTIONS_WRONG:
		return EXIT_FATAL;
	case OPTIONS_TEST:
		if (companions_are_asked_for() && !companions_start())
			return EXIT_FATAL;
		return guard_test_configuration(&options);
	case OPTIONS_RUN:
		break;
	}
	const int state = guard_inherited_state();
	const int starter = starter_inherited();

	options.own_arguments = copy_arguments(count, arguments);
	if (!options.own_arguments)
		return EXIT_FATAL;
	if (starter >= 0)
		starter_go_on(&options, starter);

	if (!options.foreground && state < 0) {
		invoker = go_into_background();
		if (chdir("/") < 0)
			return EXIT_FATAL;
	}
	umask(022);
	return run(&options, invoker, state);
}
