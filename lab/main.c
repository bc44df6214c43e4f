/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigia-lab, executed by `vigia lab`: Kathará labs on network namespaces. One function for each verb, in a
 * file of its own. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lab/commands.h"

#define READ_ONLY_MARK "VIGIA_LAB_READ_ONLY"

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *help;
	bool long_help; /* the verb itself has more to say */
};

static const struct verb verbs[] = {
	{"start", command_start, "[-q] [-t SECONDS] [-d DIR | DIR] [DEVICE...]",
		"start a lab, or some of its devices"},
	{"exec", command_exec, "[-d DIR] [--wait] DEVICE COMMAND...",
		"run a command in a device; its exit status is ours"},
	{"connect", command_connect, "[-d DIR] [--shell SHELL] DEVICE", "open a shell in a device"},
	{"list", command_list, "[--json]", "show the running labs and their devices"},
	{"stop", command_stop, "[-d DIR | DIR | --all] [DEVICE...]",
		"run the shutdown scripts and take the lab away"},
	{"fault", command_fault, "pull|plug|silent|heal|power TARGET",
		"break a cable or a device, and mend it", true},
	{"probe", command_probe, "FROM TO [--duration S]", "measure outages: 1000 echo requests a second",
		true},
	{"demo", command_demo, "[-d DIR]", "the gateway lab: break it, measure, explain", true},
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
	fputs("usage: vigia lab VERB ...\n\nRuns a Kathará lab (a directory with a lab.conf) on network "
	      "namespaces.\n\n",
		out);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		fprintf(out, "  %-9s%-46s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].help);
	fputs("\nWithout -d, the lab is the running one of the current directory, else the only one that "
	      "runs.\n",
		out);
}

/*
 * Starts this program again from a read-only mount of its own file, in a mount namespace of its own. A
 * device can make us run our own file inside of it (a script that begins with #!/proc/self/exe) and would
 * then hold a descriptor of the host's file: not one to write with.
 */
static void run_from_read_only_file(char **argv)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
	if (getenv(READ_ONLY_MARK) != NULL || length <= 0)
		return;
	path[length] = '\0';
	if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
		mount(path, path, NULL, MS_BIND, NULL) == 0 &&
		mount(path, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0 &&
		setenv(READ_ONLY_MARK, "1", 1) == 0)
		execv(path, argv);
	complain("cannot run from a read-only mount of %s: %s", path, strerror(errno));
	exit(1);
}

static bool is_help(const char *word)
{
	return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	if (argc == 3 && is_help(argv[2])) {
		if (verb->long_help)
			return verb->run(argc - 1, argv + 1);
		printf("usage: vigia lab %s %s\n\n%s\n", verb->name, verb->arguments, verb->help);
		return 0;
	}
	if (geteuid() != 0) {
		complain("labs are made of namespaces and need root: use sudo");
		return 1;
	}
	/* a caller may have left it ignored, and then no child would leave a status */
	signal(SIGCHLD, SIG_DFL);
	run_from_read_only_file(argv);
	return verb->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	if (argc >= 2 && is_help(argv[1])) {
		usage(stdout);
		return 0;
	}
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			return run_verb(&verbs[i], argc, argv);
	}
	complain("there is no verb '%s'", argv[1]);
	usage(stderr);
	return 2;
}
