/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia lab`, `vigia sim` and `vigia whatif`: hand over to the programs vigia-lab and vigia-sim. They are programs of their own because
 * nothing may include the lab runner or the simulator; they stand beside this one in a build folder and in the libexec
 * folder once installed.
 */
#include "ctl/command.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The path of the file `name` in the folder of this program; false when that cannot be told. */
static bool beside_this_program(const char *name, char *path, size_t size)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		return false;
	self[length] = '\0';

	char *slash = strrchr(self, '/');

	if (!slash)
		return false;
	*slash = '\0';

	int written = snprintf(path, size, "%s/%s", self, name);

	return written > 0 && (size_t)written < size;
}

/* Comes back only when it cannot be run. */
static int run_program(const char *name, const char *what, char **argv)
{
	char beside[PATH_MAX], installed[PATH_MAX];
	bool known = beside_this_program(name, beside, sizeof(beside));

	if (known)
		execv(beside, argv);
	snprintf(installed, sizeof(installed), "%s/%s", VIGIA_LIBEXECDIR, name);
	execv(installed, argv);
	fprintf(stderr, "vigia: the %s is not there: neither %s nor %s can be run (%s)\n", what,
		known ? beside : name, installed, strerror(errno));
	return COMMAND_FAILED;
}

int command_lab(int argc, char **argv)
{
	(void)argc;
	return run_program("vigia-lab", "lab runner", argv);
}

int command_sim(int argc, char **argv)
{
	(void)argc;
	return run_program("vigia-sim", "simulator", argv);
}

/* The simulator looks at what it is called. */
int command_whatif(int argc, char **argv)
{
	return command_sim(argc, argv);
}
