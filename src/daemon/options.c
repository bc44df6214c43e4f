/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of vigiad: see options.h. */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/signals.h"

#define SOCKET_SUFFIX ".sock"

/* Long options without a letter; above every character. */
enum {
	OPTION_CONTROL = 256,
	OPTION_CONTROL_GROUP,
	OPTION_RUNNER_SOCKET,
	OPTION_USER,
	OPTION_RECORD,
	OPTION_SIGNUM,
	OPTION_IGNORE_SIGINT,
	OPTION_FLUSH_LOG,
	OPTION_ALL,
	OPTION_CONFIG_FD,
	OPTION_DEVELOPER,
};

/* The value of those that have a letter is the letter. */
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
	{"control-group", required_argument, NULL, OPTION_CONTROL_GROUP},
	{"runner-socket", required_argument, NULL, OPTION_RUNNER_SOCKET},
	{"user", required_argument, NULL, OPTION_USER},
	{"record", required_argument, NULL, OPTION_RECORD},
	{"vrrp", no_argument, NULL, 'P'},
	{"check", no_argument, NULL, 'C'},
	{"no_bfd", no_argument, NULL, 'B'},
	{"all", no_argument, NULL, OPTION_ALL},
	{"log-facility", required_argument, NULL, 'S'},
	{"log-file", optional_argument, NULL, 'g'},
	{"flush-log-file", no_argument, NULL, OPTION_FLUSH_LOG},
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
	{"config-fd", required_argument, NULL, OPTION_CONFIG_FD},
	{"genhash", no_argument, NULL, 'T'},
	{"no-mem-check", no_argument, NULL, OPTION_DEVELOPER},
	{"mem-check-log", no_argument, NULL, 'L'},
	{"openssl-mem-check", no_argument, NULL, 'O'},
	{"perf", optional_argument, NULL, OPTION_DEVELOPER},
	{"debug", optional_argument, NULL, OPTION_DEVELOPER},
	{NULL, 0, NULL, 0},
};

static const char short_options[] = ":f:nlDt::p:r:dvhPCBS:g::Gu:XVIRc:b:axA:s:mM::ei:TLO";

/* Those that change nothing here, and why: NULL, because so it is anyway. */
static const struct {
	int option;
	const char *why;
} without_effect[] = {
	{'P', NULL},
	{OPTION_ALL, NULL},
	{'X', NULL},
	{'I', "this build has no virtual servers"},
	{'c', "this build has no health checkers"},
	{'b', "BFD sessions live in the engine, whose process id --vrrp_pid is about"},
	{'x', "this build has no SNMP"},
	{'A', "this build has no SNMP"},
};

/* Those with which nothing sensible would run. */
static const struct {
	int option;
	const char *why;
} refused[] = {
	{'C', "this build has no health checkers: without VRRP nothing would run"},
	{'T', "this build has no health checkers that would need a digest"},
	{OPTION_CONFIG_FD, "only keepalived's own processes use it among themselves"},
	{OPTION_DEVELOPER, "it belongs to keepalived's developer builds"},
	{'L', "it belongs to keepalived's developer builds"},
	{'O', "it belongs to keepalived's developer builds"},
};

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
	"      --control-group GROUP who may ask for the status there, beside root (default vigia, if there\n"
	"                            is such a group)\n"
	"      --runner-socket PATH  what listens there runs the scripts (vigiad-runner.socket of systemd)\n"
	"      --user USER           whom the parts become that hear the network and clients (default vigia-vrrp\n"
	"                            and vigia, or numbers without a name; root: nobody else)\n"
	"  -S, --log-facility NAME   0 to 7, local0 to local7, user, or daemon, which is usual\n"
	"  -g, --log-file[=FILE]     also log to FILE (default " DEFAULT_LOG_FILE "); --flush-log-file: at once\n"
	"  -G, --no-syslog           do not log to syslog\n"
	"  -a, --address-monitoring  log addresses that come and go on any interface\n"
	"  -u, --umask MASK          of files that are written, whatever the configuration says\n"
	"  -s, --namespace NAME      run in this network namespace, whatever the configuration says\n"
	"  -V, --dont-release-vrrp   at the end, leave addresses, routes and rules behind\n"
	"  -B, --no_bfd              no session of BFD runs; all of them count as down\n"
	"  -R, --dont-respawn        when a part of vigiad dies, end all of it\n"
	"  -m, --core-dump           a part that dies leaves a core dump; -M, --core-dump-pattern[=PATTERN]: there\n"
	"      --signum=NAME         print the number of a signal: " SIGNAL_NAMES "\n"
	"      --ignore-sigint       for debuggers\n"
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

static void print_name(int option, int index)
{
	if (option < OPTION_CONTROL)
		fprintf(stderr, "vigiad: option -%c/--%s ", option, long_name(option));
	else
		fprintf(stderr, "vigiad: option --%s ", long_options[index].name);
}

static bool is_refused(int option, int index)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (refused[i].option != option)
			continue;
		print_name(option, index);
		fprintf(stderr, "is not for vigiad: %s\n", refused[i].why);
		return true;
	}
	return false;
}

static bool has_no_effect(int option, int index)
{
	for (size_t i = 0; i < sizeof(without_effect) / sizeof(without_effect[0]); i++) {
		if (without_effect[i].option != option)
			continue;
		if (without_effect[i].why) {
			print_name(option, index);
			fprintf(stderr, "has no effect: %s\n", without_effect[i].why);
		}
		return true;
	}
	return false;
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

/* "0" to "7", "local0" to "local7", "user" or "daemon". */
static bool read_facility(const char *text, int *facility)
{
	const char *digit = strncmp(text, "local", 5) == 0 ? text + 5 : text;

	if (digit[0] >= '0' && digit[0] <= '7' && digit[1] == '\0')
		*facility = LOG_LOCAL0 + ((digit[0] - '0') << 3);
	else if (strcmp(text, "user") == 0)
		*facility = LOG_USER;
	else if (strcmp(text, "daemon") == 0)
		*facility = LOG_DAEMON;
	else
		return false;
	return true;
}

static bool read_umask(const char *text, const char **mask)
{
	char *end;
	unsigned long number = strtoul(text, &end, 8);

	*mask = strdup(text);
	return text[0] >= '0' && text[0] <= '7' && *end == '\0' && number <= 0777;
}

static enum options_action wrong_value(const char *what, const char *wanted)
{
	fprintf(stderr, "vigiad: '%s' is no %s: %s\n", optarg, what, wanted);
	return OPTIONS_WRONG;
}

/* How it logs and runs. */
static enum options_action take_more(int option, struct daemon_options *options)
{
	switch (option) {
	case 'S':
		if (!read_facility(optarg, &options->log_facility))
			return wrong_value("log facility", "0 to 7, local0 to local7, user or daemon");
		break;
	case 'g':
		options->log_file = optarg ? absolute(optarg + (optarg[0] == '=')) : strdup(DEFAULT_LOG_FILE);
		break;
	case OPTION_FLUSH_LOG:
		options->log_flushed = true;
		break;
	case 'G':
		options->no_syslog = true;
		break;
	case 'u':
		if (!read_umask(optarg, &options->umask))
			return wrong_value("umask", "an octal number up to 777");
		break;
	case 'B':
		options->no_bfd = true;
		break;
	case 'V':
		options->keep_addresses = true;
		break;
	case 'R':
		options->dont_respawn = true;
		break;
	case 'a':
		options->log_addresses = true;
		break;
	case 's':
		options->net_namespace = strdup(optarg);
		break;
	case 'M':
		options->core_pattern = strdup(optarg ? optarg + (optarg[0] == '=') : DEFAULT_CORE_PATTERN);
		options->core_dump = true;
		break;
	case 'm':
		options->core_dump = true;
		break;
	case OPTION_IGNORE_SIGINT:
		options->ignore_sigint = true;
		break;
	}
	return OPTIONS_RUN;
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
	case OPTION_CONTROL_GROUP:
		options->control_group = strdup(optarg);
		break;
	case OPTION_USER:
		options->user = strdup(optarg);
		break;
	case OPTION_RUNNER_SOCKET:
		options->runner_socket = absolute(optarg);
		break;
	case OPTION_RECORD:
		options->record = absolute(optarg);
		break;
	default:
		return take_more(option, options);
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
	enum options_action taken;
	int index = 0;
	int option;

	*options = (struct daemon_options){
		.log_facility = LOG_DAEMON,
		.argument_count = count,
		.arguments = arguments};
	opterr = 0;
	while (action != OPTIONS_WRONG &&
		(option = getopt_long(count, arguments, short_options, long_options, &index)) != -1) {
		if (option == '?' || option == ':')
			return complain(option, arguments);
		if (option == 'v' || option == 'h' || option == OPTION_SIGNUM)
			return say(option);
		if (is_refused(option, index))
			return OPTIONS_WRONG;
		if (has_no_effect(option, index))
			continue;
		taken = take(option, options);
		if (taken != OPTIONS_RUN)
			action = taken;
	}
	if (action == OPTIONS_WRONG)
		return action;
	if (optind < count) {
		fprintf(stderr, "vigiad: '%s' is no option; a configuration is named by -f FILE\n",
			arguments[optind]);
		return OPTIONS_WRONG;
	}
	if (!options->config)
		options->config = strdup(DEFAULT_CONFIG);
	if (!options->config_id)
		options->config_id = host_name();
	return options->config && options->config_id ? action : OPTIONS_WRONG;
}

bool options_settle_places(struct daemon_options *options, const char *name)
{
	char *control;

	if (!options->control && !name[0])
		options->control = strdup(DEFAULT_CONTROL);
	if (!options->control && asprintf(&control, NAMED_CONTROL, name) > 0)
		options->control = control;
	if (options->control && !options->pid_file)
		options->pid_file = beside_control(options->control, ".pid");
	if (options->control && !options->vrrp_pid_file)
		options->vrrp_pid_file = beside_control(options->control, "-vrrp.pid");
	return options->pid_file && options->vrrp_pid_file;
}
