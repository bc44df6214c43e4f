/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia lab`: hands over to the program vigia-lab. It is a program of its own because nothing may include
 * the lab runner; it stands beside this one in a build folder and in the libexec folder once installed.
 */
#include "ctl/command.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LAB_PROGRAM "vigia-lab"

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

int command_lab(int argc, char **argv)
{
	char beside[PATH_MAX];
	static const char installed[] = VIGIA_LIBEXECDIR "/" LAB_PROGRAM;
	bool known = beside_this_program(LAB_PROGRAM, beside, sizeof(beside));

	(void)argc;
	if (known)
		execv(beside, argv);
	execv(installed, argv);
	fprintf(stderr, "vigia: the lab runner is not there: neither %s nor %s can be run (%s)\n",
		known ? beside : LAB_PROGRAM, installed, strerror(errno));
	return COMMAND_FAILED;
}
