/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigia-lab, executed by `vigia lab`: Kathará labs on network namespaces. One function for each verb, in a file of its own. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/commands.h"

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *help;
};

static const struct verb verbs[] = {
	{"start", command_start, "[-d DIR | DIR] [DEVICE...]", "start a lab, or some of its devices"},
	{"exec", command_exec, "[-d DIR] DEVICE COMMAND...", "run a command in a device; its exit status is ours"},
	{"connect", command_connect, "[-d DIR] DEVICE", "open a shell in a device"},
	{"list", command_list, "[--json]", "show the running labs and their devices"},
	{"stop", command_stop, "[-d DIR | DIR | --all] [DEVICE...]", "run the shutdown scripts and take the lab away"},
	{"fault", command_fault, "pull|plug|silent|heal|power TARGET", "break a cable or a device, and mend it"},
	{"probe", command_probe, "FROM TO [--duration S]", "measure outages: 1000 echo requests a second"},
	{"demo", command_demo, "[-d DIR]", "the gateway lab: break it, measure, explain"},
};

void complain(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("vigia lab: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

static void usage(FILE *out)
{
	fputs("usage: vigia lab VERB ...\n\nRuns a Kathará lab (a directory with a lab.conf) on network namespaces.\n\n", out);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		fprintf(out, "  %-9s%-38s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].help);
	fputs("\nWithout -d, the lab is the running one of the current directory, else the only one that runs.\n", out);
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	if (geteuid() != 0) {
		complain("labs are made of namespaces and need root: use sudo");
		return 1;
	}
	/* a caller may have left it ignored, and then no child would leave a status */
	signal(SIGCHLD, SIG_DFL);
	return verb->run(argc, argv);
}

int main(int argc, char **argv)
{
	if (argc >= 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		usage(stdout);
		return 0;
	}
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			return run_verb(&verbs[i], argc - 1, argv + 1);
	}
	complain("there is no verb '%s'", argv[1]);
	usage(stderr);
	return 2;
}
