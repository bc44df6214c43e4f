/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line and the pid files of vigiad. */
#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/options.h"
#include "daemon/pid_file.h"

static struct daemon_options options;

/* Their strings live as long as the program, as they do in the daemon. */
static struct daemon_options kept[64];
static size_t kept_count;

/* Words of a command line, separated by blanks; what it prints goes to a file that is read back. */
static char printed[8192];

static enum options_action parse(const char *line)
{
	char *copy = strdup(line);
	char *arguments[16] = {(char *)(uintptr_t) "vigiad"};
	enum options_action action;
	FILE *file = tmpfile();
	int count = 1;
	int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};

	for (char *rest = NULL, *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		arguments[count++] = word;
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	optind = 0;
	action = options_parse(count, arguments, &options);
	assert_true(kept_count < sizeof(kept) / sizeof(kept[0]));
	kept[kept_count++] = options;
	fflush(stdout);
	dup2(saved[0], STDOUT_FILENO);
	dup2(saved[1], STDERR_FILENO);
	rewind(file);
	printed[fread(printed, 1, sizeof(printed) - 1, file)] = '\0';
	fclose(file);
	close(saved[0]);
	close(saved[1]);
	free(copy);
	return action;
}

static bool settle(const char *name)
{
	bool done = options_settle_places(&options, name);

	kept[kept_count - 1] = options;
	return done;
}

static void nothing_given_means_the_usual_places(void **state)
{
	(void)state;
	assert_int_equal(parse(""), OPTIONS_RUN);
	assert_true(settle(""));
	assert_string_equal(options.config, "/etc/keepalived/keepalived.conf");
	assert_string_equal(options.control, "/run/vigia/vigiad.sock");
	assert_string_equal(options.pid_file, "/run/vigia/vigiad.pid");
	assert_string_equal(options.vrrp_pid_file, "/run/vigia/vigiad-vrrp.pid");
	assert_false(options.foreground || options.log_console || options.log_detail || options.dump ||
		     options.record);
}

static void short_and_long_names(void **state)
{
	char here[4096];
	char expected[5000];

	(void)state;
	assert_int_equal(parse("-nlDDd -f /a -p /b -r /c"), OPTIONS_RUN);
	assert_true(options.foreground && options.log_console && options.dump);
	assert_int_equal(options.log_detail, 2);
	assert_string_equal(options.config, "/a");
	assert_string_equal(options.pid_file, "/b");
	assert_string_equal(options.vrrp_pid_file, "/c");
	assert_int_equal(
		parse("--use-file=x.conf --dont-fork --log-console --log-detail --dump-conf --pid /b "
		      "--vrrp_pid /c --control /tmp/one.sock --record t.json"),
		OPTIONS_RUN);
	assert_true(options.foreground && options.log_console && options.dump && options.log_detail == 1);
	snprintf(expected, sizeof(expected), "%s/x.conf", getcwd(here, sizeof(here)));
	assert_string_equal(options.config, expected);
	assert_string_equal(options.control, "/tmp/one.sock");
	assert_non_null(strstr(options.record, "/t.json"));
	assert_int_equal(parse("--control /tmp/odd"), OPTIONS_RUN);
	assert_true(settle(""));
	assert_string_equal(options.pid_file, "/tmp/odd.pid");
}

static void a_test_of_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(parse("-t -f /x"), OPTIONS_TEST);
	assert_null(options.test_output);
	assert_int_equal(parse("-t/out"), OPTIONS_TEST);
	assert_string_equal(options.test_output, "/out");
	assert_int_equal(parse("--config-test=/out"), OPTIONS_TEST);
	assert_string_equal(options.test_output, "/out");
	assert_int_equal(parse("-t=/out"), OPTIONS_TEST);
	assert_string_equal(options.test_output, "/out");
	assert_false(options.all_includes);
	assert_null(strchr(options.config_id, '.'));
	assert_int_equal(parse("-e -i web"), OPTIONS_RUN);
	assert_true(options.all_includes);
	assert_string_equal(options.config_id, "web");
	assert_int_equal(parse("--all-config --config-id=web.x"), OPTIONS_RUN);
	assert_string_equal(options.config_id, "web.x");
}

static void what_makes_no_sense_here_is_refused_by_name(void **state)
{
	const char *const lines[][3] = {{"-C", "-C/--check is not for vigiad", "health checkers"},
		{"--check", "-C/--check is not for vigiad", "health checkers"}, {"-T", "-T/--genhash", "digest"},
		{"--config-fd=3", "--config-fd is not", "own processes"}, {"--debug", "--debug is not", "developer"},
		{"-L", "-L/--mem-check-log is not", "developer"}};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(lines[i][0]), OPTIONS_WRONG);
		assert_non_null(strstr(printed, lines[i][1]));
		assert_non_null(strstr(printed, lines[i][2]));
	}
}

static void what_changes_nothing_is_passed_over_and_said(void **state)
{
	const char *const lines[][2] = {{"-x", "-x/--snmp has no effect"}, {"-A s", "-A/--snmp-agent-socket has no"},
		{"-I", "-I/--dont-release-ipvs has no"}, {"-c f", "-c/--checkers_pid has no"}, {"-b f", "-b/--bfd_pid has no"}};
	const char *const silent[] = {"-P", "--all", "-X"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(lines[i][0]), OPTIONS_RUN);
		assert_non_null(strstr(printed, lines[i][1]));
	}
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		assert_int_equal(parse(silent[i]), OPTIONS_RUN);
		assert_string_equal(printed, "");
	}
}

static void how_it_logs_and_runs(void **state)
{
	(void)state;
	assert_int_equal(parse("-S 3 -g/f --flush-log-file -G -u 022 -V -R -a -s blue -m -B"), OPTIONS_RUN);
	assert_int_equal(options.log_facility, LOG_LOCAL3);
	assert_string_equal(options.log_file, "/f");
	assert_true(options.log_flushed && options.no_syslog && options.keep_addresses && options.dont_respawn);
	assert_true(options.log_addresses && options.core_dump && options.no_bfd);
	assert_string_equal(options.umask, "022");
	assert_string_equal(options.net_namespace, "blue");
	assert_int_equal(parse("-S local7 -g -M"), OPTIONS_RUN);
	assert_int_equal(options.log_facility, LOG_LOCAL7);
	assert_string_equal(options.log_file, DEFAULT_LOG_FILE);
	assert_string_equal(options.core_pattern, DEFAULT_CORE_PATTERN);
	assert_int_equal(parse("-S local9"), OPTIONS_WRONG);
	assert_int_equal(parse("-u 999"), OPTIONS_WRONG);
	assert_non_null(strstr(printed, "octal"));
}

static void several_daemons_have_places_of_their_own(void **state)
{
	(void)state;
	assert_int_equal(parse(""), OPTIONS_RUN);
	assert_true(settle("blue"));
	assert_string_equal(options.control, "/run/vigia/vigiad-blue.sock");
	assert_string_equal(options.pid_file, "/run/vigia/vigiad-blue.pid");
	assert_int_equal(parse("--control /c.sock"), OPTIONS_RUN);
	assert_true(settle("blue"));
	assert_string_equal(options.control, "/c.sock");
}

static void what_nobody_has_is_a_mistake(void **state)
{
	const char *const lines[] = {
		"-Z", "--bogus", "-f", "--use-file", "--control", "file.conf", "--dont-fork=yes"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(lines[i]), OPTIONS_WRONG);
		assert_non_null(strstr(printed, "vigiad: "));
		assert_null(strstr(printed, "known to keepalived"));
	}
}

static void help_and_version(void **state)
{
	(void)state;
	assert_int_equal(parse("-v"), OPTIONS_END);
	assert_non_null(strstr(printed, "vigiad " VIGIA_VERSION));
	assert_int_equal(parse("--help"), OPTIONS_END);
	assert_non_null(strstr(printed, "--config-test"));
}

static void a_pid_file_has_one_owner(void **state)
{
	char directory[] = "/tmp/vigia-pid-XXXXXX";
	char path[64];
	char command[128];
	struct pid_file file;
	struct pid_file second;
	pid_t owner = 0;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/new/x.pid", directory);
	assert_int_equal(pid_file_claim(&file, path, &owner), 0);
	assert_false(file.left);
	assert_int_equal(pid_file_write(&file, 123456), 0);
	assert_int_equal(pid_file_write(&file, 42), 0);
	assert_int_equal(pid_file_claim(&second, path, &owner), -EWOULDBLOCK);
	assert_int_equal(owner, 42);
	pid_file_remove(&second);
	assert_int_equal(access(path, F_OK), 0);
	pid_file_remove(&file);
	assert_int_equal(access(path, F_OK), -1);

	/* One left by a crash. */
	snprintf(command, sizeof(command), "echo 77 > %s", path);
	assert_int_equal(system(command), 0);
	assert_int_equal(pid_file_claim(&file, path, &owner), 0);
	assert_true(file.left);
	pid_file_remove(&file);
	assert_int_equal(pid_file_claim(&file, "/proc/nowhere/x.pid", &owner), -ENOENT);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_means_the_usual_places),
		cmocka_unit_test(short_and_long_names),
		cmocka_unit_test(a_test_of_the_configuration),
		cmocka_unit_test(what_makes_no_sense_here_is_refused_by_name),
		cmocka_unit_test(what_changes_nothing_is_passed_over_and_said),
		cmocka_unit_test(how_it_logs_and_runs),
		cmocka_unit_test(several_daemons_have_places_of_their_own),
		cmocka_unit_test(what_nobody_has_is_a_mistake),
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(a_pid_file_has_one_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
