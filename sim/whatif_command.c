/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `vigia whatif`, which executes vigia-sim with it. */
#include <stdlib.h>
#include <string.h>

#include "sim/whatif.h"

enum {
	EXIT_GOOD = 0,
	EXIT_PROBLEMS = 1,
	EXIT_USAGE = 2,
};

static const char usage[] =
	"usage: vigia whatif [--json] [NAME=]FILE...\n"
	"\n"
	"FILE is the keepalived.conf of each router of a network. Lets them live in a simulated network and "
	"prints who is\n"
	"master, who becomes master when one thing fails (each router, each interface that counts, each "
	"tracked script),\n"
	"how long that takes at most, and which failures do not move the addresses though they should.\n"
	"\n"
	"Routers are called by the part of the path that tells the files apart, or by NAME, which is also what lines with\n"
	"'@' are compared with.\n"
	"\n"
	"Exit status: 0 all is well, 1 there are problems (marked with !), 2 files or command line make no "
	"sense.\n";

int whatif_command(int argc, char **argv)
{
	struct whatif_plan plan = {0};
	unsigned problems = 0, count = 0;
	bool json = false;
	int status = EXIT_USAGE;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return EXIT_GOOD;
		}
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (argv[i][0] == '-' && argv[i][1] != '\0') {
			fprintf(stderr, "vigia whatif: there is no option '%s'\n%s", argv[i], usage);
			return EXIT_USAGE;
		} else
			argv[count++] = argv[i];
	}
	if (count == 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (!whatif_plan_read(&plan, count, argv))
		goto out;
	status = EXIT_PROBLEMS;
	if (!whatif_print(&plan, json, stdout, &problems))
		fputs("vigia whatif: there is not enough memory, or the output could not be written\n",
			stderr);
	else if (problems == 0)
		status = EXIT_GOOD;
out:
	whatif_plan_free(&plan);
	return status;
}
