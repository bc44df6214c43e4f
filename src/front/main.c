/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vigiad-front: the order in which the front starts and ends. What needs privileges comes first: the
 * configuration is read, log and trace file opened, the control socket made, the clerk left behind; then all capabilities
 * go, and root's user with them, and only then does anybody get served.
 */
#include "front/front.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/memory.h"
#include "front/configuration.h"
#include "front/control_socket.h"
#include "front/log.h"
#include "front/past.h"
#include "front/saved.h"
#include "front/script_check.h"
#include "front/reload_schedule.h"
#include "linux/own_file.h"
#include "linux/privileges.h"
#include "linux/process_blocks.h"
#include "linux/syscall_filter.h"

#define LOG_REPORT_EVERY (10 * DUR_S)

/* As keepalived has them, where it has the case. */
enum front_exit {
	FRONT_FINE = 0,
	FRONT_FAILED = 1,
	FRONT_TEST_FAILED = 4, /* the test itself could not be done */
	FRONT_CONFIG_ERRORS = 5,
	FRONT_CONFIG_MISSING = 6, /* the file, or one that it must include */
	FRONT_SECURITY = 6, /* -t: root runs scripts without enable_script_security */
};

static enum front_exit exit_of(const struct conf_result *result)
{
	if (result->file_missing || result->include_missing)
		return FRONT_CONFIG_MISSING;
	return result->conf ? FRONT_FINE : FRONT_CONFIG_ERRORS;
}

static void dump_to(FILE *out, const struct conf *conf)
{
	size_t length;
	char *text = conf_print_alloc(conf, CONF_SECRETS_MASKED, &length);

	if (text)
		fwrite(text, 1, length, out);
	free(text);
}

static enum front_exit test_configuration(
	const struct front_options *options, const struct conf_result *result)
{
	const int fd = options->test_file ? own_file_open(options->test_file, O_WRONLY | O_TRUNC, 0666) : STDERR_FILENO;
	FILE *out = options->test_file ? fd < 0 ? NULL : fdopen(fd, "w") : stderr;
	char *messages = configuration_messages(options, result);
	enum script_verdict scripts = SCRIPTS_FINE;

	if (!out || !messages) {
		fprintf(stderr, "vigiad: %s: %s\n", options->test_file ? options->test_file : "messages",
			strerror(fd < 0 ? -fd : ENOMEM));
		free(messages);
		return FRONT_TEST_FAILED;
	}
	fputs(messages, out);
	free(messages);
	if (result->conf)
		scripts = script_check(result->conf, out);
	if (result->conf && options->dump)
		dump_to(stdout, result->conf);
	if (result->conf && scripts == SCRIPTS_FINE)
		printf("%s: configuration is fine: %zu virtual router%s\n", options->config,
			result->conf->instance_count, result->conf->instance_count == 1 ? "" : "s");
	if (out != stderr && fclose(out) != 0)
		return FRONT_TEST_FAILED;
	if (scripts == SCRIPTS_VIOLATE)
		return FRONT_SECURITY;
	return scripts == SCRIPTS_WRONG ? FRONT_CONFIG_ERRORS : exit_of(result);
}

/* Errors go to stderr, where the person who started vigiad is, and to the log; warnings to the log. */
static void report_messages(const struct front *front)
{
	const bool fine = front->config->conf != NULL;

	if (!front->warnings)
		return;
	if (!fine && !front->options.log_console)
		fputs(front->warnings, stderr);
	log_text(fine ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, front->warnings);
}

static void dump_to_log(const struct conf *conf)
{
	size_t length;
	char *text = conf_print_alloc(conf, CONF_SECRETS_MASKED, &length);

	log_text(LOG_LEVEL_NOTICE, text ? text : "");
	free(text);
}

/* A front that replaces a dead one takes the configuration in force, not the file, which may have changed
 * since. */
static int load(struct front *front)
{
	const struct front_options *options = &front->options;
	int error;

	front->config_fd = front->reload.pending_fd = -1;
	front->config = calloc(1, sizeof(*front->config));
	if (!front->config)
		return -ENOMEM;
	if (options->in_force_fd < 0) {
		configuration_read(options, &front->inputs, front->config);
		front->warnings = configuration_messages(options, front->config);
		front->config_loaded = clock_now();
		return 0;
	}
	error = conf_load_memory(options->in_force_fd, options->config, front->config);
	front->config_loaded = file_written_at(options->in_force_fd);
	front->config_fd = options->in_force_fd;
	return error;
}

static void report_left_out(struct timer *timer)
{
	struct front *front = container_of(timer, struct front, log_report);

	log_report_left_out();
	loop_set_timer(&front->loop, timer, mono_add(clock_now(), LOG_REPORT_EVERY));
}

/* The guard ends the front; what a terminal or systemd sends to the whole group is the guard's business. */
static void ignore_signals(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		signal(number, SIG_IGN);
}

/* The first configuration goes to the guard while we are root still: later it would take none from us. */
static int tell_configuration(struct front *front)
{
	char warning[256];
	int error;
	int fd;

	if (front->options.in_force_fd >= 0)
		return 0;
	saved_configuration(front, front->config->conf, true);
	fd = configuration_memfd(front->config->conf, warning, sizeof(warning));
	log_text(LOG_LEVEL_WARNING, warning);
	error = fd < 0 ? fd : guard_send_config(front, front->config->conf, fd);
	front->config_fd = fd < 0 ? -1 : fd;
	return error;
}

/* Leaves the clerk behind, who is root and does what takes that; and becomes who may do next to nothing. 0 or -errno. */
static int give_up_privileges(struct front *front, const struct control_place *place)
{
	int error = clerk_start(front, place);

	if (error)
		return error;
	inputs_free(&front->inputs);
	error = tell_configuration(front);
	if (error)
		return error;
	error = privileges_become(&front->options.user);
	if (error)
		log_line(LOG_LEVEL_WARNING, "the front stays root: %s", strerror(-error));
	return privileges_seal(0);
}

static void finish(struct front *front)
{
	struct clerk_answer answer;

	engine_drain(front);
	schedule_close(front);
	mail_stop(front);
	control_stop(front);
	clerk_ask(front, &(struct clerk_request){.errand = CLERK_REMOVE_SOCKET}, -1, &answer, NULL);
	recorder_close(&front->recorder);
	log_report_left_out();
}

static bool fail(const char *what, int error)
{
	fprintf(stderr, "vigiad: %s: %s\n", what, strerror(-error));
	log_line(LOG_LEVEL_ERROR, "%s: %s", what, strerror(-error));
	return false;
}

/* A file that cannot be written is no reason to leave a network without its routers. */
static void open_log(const struct front_options *options)
{
	const struct log_options log = {.console = options->log_console ? STDERR_FILENO : -1,
		.detail = options->log_detail,
		.syslog_path = options->no_syslog ? NULL : "/dev/log",
		.facility = options->log_facility,
		.file = options->log_file,
		.flushed = options->log_flushed};
	int error = log_open(&log);

	if (error < 0)
		fail(options->log_file, error);
}

/* Without a filter it runs, too, but says so. */
static void confine(struct front *front)
{
	const int error = syscall_filter_install(syscalls_of_front, front->guard.watch.fd);

	front->filtered = error == 0;
	if (error < 0)
		log_line(LOG_LEVEL_WARNING, "the front runs without a filter of system calls: %s", strerror(-error));
}

/* Everything up to the first client. false: what failed has been said. */
static bool start(struct front *front, struct control_place *place)
{
	const struct front_options *options = &front->options;
	char problem[512];
	int listener;
	int error;

	if (options->record) {
		error = recorder_open(
			&front->recorder, &front->loop, options->record, options->in_force_fd >= 0);
		if (error < 0)
			return fail(options->record, error);
	}
	error = guard_attach(front, options->guard_fd);
	if (error == 0 && !options->control)
		error = guard_find_place(front);
	if (error == -ECANCELED)
		return false;
	if (error < 0)
		return fail("the front cannot start", error);
	listener = control_socket_listen(options->control, options->control_group, place, problem, sizeof(problem));
	if (listener < 0) {
		fprintf(stderr, "vigiad: %s\n", problem);
		log_line(LOG_LEVEL_ERROR, "%s", problem);
		return false;
	}
	if (place->group_missing)
		log_line(LOG_LEVEL_ERROR, "the control socket cannot be given to group %s: it is for root alone",
			options->control_group ? options->control_group : "vigia");
	error = control_start(front, listener, place->group);
	if (error == 0)
		error = give_up_privileges(front, place);
	if (error == 0)
		confine(front);
	if (error == 0)
		log_start_thread(clerk_open_log, front);
	if (error == 0)
		error = guard_send(front, MESSAGE_FRONT_READY);
	if (error < 0) {
		control_socket_remove(place);
		return fail("the front cannot start", error);
	}
	schedule_follow(front);
	front->log_report.fire = report_left_out;
	loop_set_timer(&front->loop, &front->log_report, mono_add(clock_now(), LOG_REPORT_EVERY));
	return true;
}

static enum front_exit serve(struct front *front)
{
	struct control_place place;
	size_t count = front->config->conf->instance_count;
	int error = loop_open(&front->loop);

	if (error < 0) {
		fail("epoll", error);
		return FRONT_FAILED;
	}
	if (!mail_open(front, front->options.mail_fd)) {
		fail("the mail that waits", -ENOMEM);
		return FRONT_FAILED;
	}
	if (!start(front, &place))
		return FRONT_FAILED;
	log_line(LOG_LEVEL_NOTICE, "vigiad " VIGIA_VERSION ": %s%s, %zu virtual router%s",
		front->options.config, front->options.in_force_fd < 0 ? " is fine" : " as it was read before",
		count, count == 1 ? "" : "s");
	if (front->options.dump)
		dump_to_log(front->config->conf);
	front->instance_count = count;
	configuration_rest(front->config, front->config_fd);
	error = loop_run(&front->loop);
	finish(front);
	return error < 0 || front->clerk.lost ? FRONT_FAILED : FRONT_FINE;
}

/* What a leak checker would otherwise report. */
static void free_all(struct front *front)
{
	clerk_stop(front);
	engine_close(front);
	runner_close(front);
	reload_free(front);
	free(front->engine.death);
	free(front->guard.control);
	if (front->config)
		conf_result_free(front->config);
	free(front->config);
	log_close();
}

int main(int argc, char **argv)
{
	static struct front front = {.clerk = {.watch.fd = -1, .log = -1}, .engine.watch.fd = -1, .runner.watch.fd = -1, .mail.answers.fd = -1};
	enum front_exit result;
	int error;

	if (!front_options_read(argc, argv, &front.options))
		return FRONT_FAILED;
	if (!front.options.test)
		privileges_follow_parent();
	ignore_signals();
	process_map_large_blocks();
	front.started = parent_started_at();
	if (!front.options.test)
		open_log(&front.options);
	error = load(&front);
	if (error < 0) {
		fail(front.options.config, error);
		result = FRONT_FAILED;
	} else if (front.options.test) {
		result = test_configuration(&front.options, front.config);
	} else {
		if (front.config->conf)
			log_set_name(front.config->conf->global.process.instance_name);
		report_messages(&front);
		result = exit_of(front.config);
		if (result == FRONT_FINE)
			result = serve(&front);
	}
	free_all(&front);
	return (int)result;
}
