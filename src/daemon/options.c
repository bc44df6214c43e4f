/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of vigiad: see options.h. */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "daemon/signals.h"

#define SOCKET_SUFFIX ".sock"

/* Long options without a letter; above every character. */
enum { OPTION_CONTROL = 256, OPTION_RECORD, OPTION_SIGNUM, OPTION_IGNORE_SIGINT, OPTION_REFUSED };

/* The value of those that vigiad has is their letter; the others are refused by name. */
static const struct option long_options[] = {
	{"use-file", required_argument, NULL, 'f'},
	{"dont-fork", no_argument, NULL, 'n'},
	{"log-console", no_argument, NULL, 'l'},
	{"log-detail", no_argument, NULL, 'D'},
	{"config-test", optional_argument, NULL, 't'},
	{"pid", required_argument, NULL, 'p'},
	{"vrrp_pid", required_argument, NULL, 'r'},
	{"dump-conf", no_argument, NULL, 'd'},
	{"version", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"control", required_argument, NULL, OPTION_CONTROL},
	{"record", required_argument, NULL, OPTION_RECORD},
	{"vrrp", no_argument, NULL, 'P'},
	{"check", no_argument, NULL, 'C'},
	{"no_bfd", no_argument, NULL, 'B'},
	{"all", no_argument, NULL, OPTION_REFUSED},
	{"log-facility", required_argument, NULL, 'S'},
	{"log-file", optional_argument, NULL, 'g'},
	{"flush-log-file", no_argument, NULL, OPTION_REFUSED},
	{"no-syslog", no_argument, NULL, 'G'},
	{"umask", required_argument, NULL, 'u'},
	{"release-vips", no_argument, NULL, 'X'},
	{"dont-release-vrrp", no_argument, NULL, 'V'},
	{"dont-release-ipvs", no_argument, NULL, 'I'},
	{"dont-respawn", no_argument, NULL, 'R'},
	{"checkers_pid", required_argument, NULL, 'c'},
	{"bfd_pid", required_argument, NULL, 'b'},
	{"address-monitoring", no_argument, NULL, 'a'},
	{"snmp", no_argument, NULL, 'x'},
	{"snmp-agent-socket", required_argument, NULL, 'A'},
	{"namespace", required_argument, NULL, 's'},
	{"core-dump", no_argument, NULL, 'm'},
	{"core-dump-pattern", optional_argument, NULL, 'M'},
	{"all-config", no_argument, NULL, 'e'},
	{"config-id", required_argument, NULL, 'i'},
	{"ignore-sigint", no_argument, NULL, OPTION_IGNORE_SIGINT},
	{"signum", required_argument, NULL, OPTION_SIGNUM},
	{"config-fd", required_argument, NULL, OPTION_REFUSED},
	{"genhash", no_argument, NULL, 'T'},
	{"no-mem-check", no_argument, NULL, OPTION_REFUSED},
	{"mem-check-log", no_argument, NULL, 'L'},
	{"openssl-mem-check", no_argument, NULL, 'O'},
	{"perf", optional_argument, NULL, OPTION_REFUSED},
	{"debug", optional_argument, NULL, OPTION_REFUSED},
	{NULL, 0, NULL, 0},
};

static const char short_options[] = ":f:nlDt::p:r:dvhPCBS:g::Gu:XVIRc:b:axA:s:mM::ei:TLO";

static const char help[] =
	"Usage: vigiad [OPTION]...\n"
	"Keeps virtual routers (VRRP) as keepalived.conf describes them.\n\n"
	"  -f, --use-file FILE       configuration (default " DEFAULT_CONFIG ")\n"
	"  -n, --dont-fork           stay in the foreground\n"
	"  -l, --log-console         also log to standard error\n"
	"  -D, --log-detail          log in detail\n"
	"  -t, --config-test[=FILE]  check the configuration and end; messages to standard error or FILE\n"
	"  -d, --dump-conf           log the configuration as it was understood\n"
	"  -p, --pid FILE            process id of the daemon\n"
	"  -r, --vrrp_pid FILE       process id of the engine\n"
	"  -i, --config-id ID        what lines of the configuration with '@' are for\n"
	"                            (default: the host's name up to its first dot)\n"
	"  -e, --all-config          a file that an include does not find is an error\n"
	"      --control PATH        control socket (default " DEFAULT_CONTROL ");\n"
	"                            the pid files stand beside it unless -p and -r say otherwise\n"
	"      --record FILE         write what the virtual routers hear and do, for 'vigia replay'\n"
	"  -v, --version             print the version\n"
	"  -h, --help                print this\n\n"
	"SIGTERM and SIGINT hand over and end (a second one ends at once), SIGHUP reads the configuration "
	"again.\n"
	"'vigia status' shows what is going on.\n";

/* The long name of a letter, or NULL. */
static const char *long_name(int letter)
{
	for (const struct option *option = long_options; option->name; option++)
		if (option->val == letter)
			return option->name;
	return NULL;
}

static enum options_action refuse(int option, int index)
{
	char letter[] = {'-', (char)option, '/', '\0'};

	fprintf(stderr,
		"vigiad: option %s--%s is known to keepalived but this vigiad does not have it yet; "
		"leave it out to run without it\n",
		option < OPTION_CONTROL ? letter : "",
		option < OPTION_CONTROL ? long_name(option) : long_options[index].name);
	return OPTIONS_WRONG;
}

static enum options_action complain(int kind, char **arguments)
{
	const char *given = arguments[optind - 1];

	if (kind == ':' && strncmp(given, "--", 2) != 0)
		fprintf(stderr, "vigiad: option -%c needs a value", optopt);
	else if (kind == ':')
		fprintf(stderr, "vigiad: option %s needs a value", given);
	else if (optopt && optopt < OPTION_CONTROL && !long_name(optopt))
		fprintf(stderr, "vigiad: there is no option -%c", optopt);
	else
		fprintf(stderr, "vigiad: there is no option %s, or it takes no value", given);
	fprintf(stderr, "; 'vigiad --help' lists what there is\n");
	return OPTIONS_WRONG;
}

/* The daemon changes to the root directory; what was meant from here must still be found. */
static const char *absolute(const char *path)
{
	char *here;
	char *whole;

	if (path[0] == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	if (!here || asprintf(&whole, "%s/%s", here, path) < 0)
		whole = strdup(path);
	free(here);
	return whole;
}

/* "/run/x.sock" and ".pid" make "/run/x.pid". */
static const char *beside_control(const char *control, const char *suffix)
{
	const size_t length = strlen(control);
	const size_t ending = sizeof(SOCKET_SUFFIX) - 1;
	size_t keep = length;
	char *path;

	if (length > ending && strcmp(control + length - ending, SOCKET_SUFFIX) == 0)
		keep -= ending;
	return asprintf(&path, "%.*s%s", (int)keep, control, suffix) < 0 ? NULL : path;
}

static enum options_action take(int option, struct daemon_options *options)
{
	switch (option) {
	case 'f':
		options->config = absolute(optarg);
		break;
	case 'n':
		options->foreground = true;
		break;
	case 'l':
		options->log_console = true;
		break;
	case 'D':
		options->log_detail++;
		break;
	case 't':
		/* "-t=FILE" is what the help seems to say, and what people type. */
		options->test_output = optarg ? absolute(optarg + (optarg[0] == '=')) : NULL;
		return OPTIONS_TEST;
	case 'p':
		options->pid_file = absolute(optarg);
		break;
	case 'r':
		options->vrrp_pid_file = absolute(optarg);
		break;
	case 'd':
		options->dump = true;
		break;
	case 'e':
		options->all_includes = true;
		break;
	case 'i':
		options->config_id = strdup(optarg);
		break;
	case OPTION_CONTROL:
		options->control = absolute(optarg);
		break;
	case OPTION_IGNORE_SIGINT:
		options->ignore_sigint = true;
		break;
	case OPTION_RECORD:
		options->record = absolute(optarg);
		break;
	}
	return OPTIONS_RUN;
}

static enum options_action say_signal(const char *name)
{
	int number = signal_number(name);

	if (number == 0) {
		fprintf(stderr, "vigiad: there is no signal '%s'; there are " SIGNAL_NAMES "\n", name);
		return OPTIONS_WRONG;
	}
	printf("%d\n", number);
	return OPTIONS_END;
}

/* One that lasts, whatever the host is called at a later reload. */
static const char *host_name(void)
{
	struct utsname host;

	return uname(&host) < 0 ? "" : strndup(host.nodename, strcspn(host.nodename, "."));
}

static enum options_action say(int option)
{
	if (option == OPTION_SIGNUM)
		return say_signal(optarg);
	if (option == 'v')
		printf("vigiad %s\n", VIGIA_VERSION);
	else
		fputs(help, stdout);
	return OPTIONS_END;
}

enum options_action options_parse(int count, char **arguments, struct daemon_options *options)
{
	enum options_action action = OPTIONS_RUN;
	int index = 0;
	int option;

	*options = (struct daemon_options){.config = DEFAULT_CONFIG, .control = DEFAULT_CONTROL};
	opterr = 0;
	while ((option = getopt_long(count, arguments, short_options, long_options, &index)) != -1) {
		if (option == '?' || option == ':')
			return complain(option, arguments);
		if (option == 'v' || option == 'h' || option == OPTION_SIGNUM)
			return say(option);
		if (option == OPTION_REFUSED || (option < OPTION_CONTROL && !strchr("fnlDtprdei", option)))
			return refuse(option, index);
		if (take(option, options) == OPTIONS_TEST)
			action = OPTIONS_TEST;
	}
	if (optind < count) {
		fprintf(stderr, "vigiad: '%s' is no option; a configuration is named by -f FILE\n",
			arguments[optind]);
		return OPTIONS_WRONG;
	}
	if (!options->config_id)
		options->config_id = host_name();
	if (!options->pid_file)
		options->pid_file = beside_control(options->control, ".pid");
	if (!options->vrrp_pid_file)
		options->vrrp_pid_file = beside_control(options->control, "-vrrp.pid");
	return options->config_id && options->pid_file && options->vrrp_pid_file ? action : OPTIONS_WRONG;
}
