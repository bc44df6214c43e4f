/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of the runner: see runner.h. */
#include "runner/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error_name.h"
#include "conf/memory.h"
#include "linux/channel.h"
#include "runner/notify.h"
#include "runner/stop.h"

static void disconnect(struct runner *runner, struct event_source *source)
{
	if (source->fd < 0)
		return;
	event_loop_remove(&runner->loop.events, source);
	close(source->fd);
	source->fd = -1;
}

/* Takes fd over, in place of the socket that there was. */
static void connect_source(
	struct runner *runner, struct event_source *source, int fd, void (*ready)(void *user, uint32_t events))
{
	disconnect(runner, source);
	*source = (struct event_source){fd, ready, runner};
	if (fd >= 0 && event_loop_add(&runner->loop.events, source, EPOLLIN) < 0)
		disconnect(runner, source);
}

static void report_load_failure(struct runner *runner, const char *why)
{
	report_line(runner, REPORT_ERROR, "the runner cannot read the configuration it was given: %s", why);
}

/* Strings of script_user, which outlive the configuration that they come from. */
static void set_rules(struct runner *runner, const struct conf_run *run)
{
	free(runner->rules_user);
	free(runner->rules_group);
	runner->rules_user = run->user ? strdup(run->user) : NULL;
	runner->rules_group = run->group ? strdup(run->group) : NULL;
	runner->rules = (struct command_rules){.vouched = &runner->vouched,
		.user = runner->rules_user,
		.group = runner->rules_group,
		.supplementary = run->supplementary,
		.guarded = run->security,
		.keep_links = run->keep_links};
}

/* The startup_script before all others, once in the life of the daemon. */
static void run_startup(struct runner *runner)
{
	if (runner->options.again || !once_start(&runner->startup))
		return;
	while (!runner->startup.done && !runner->stop_now && run_loop_turn(&runner->loop) == 0)
		if (runner->stopping)
			job_end(&runner->startup.job, false);
}

/* The file's own rules, if it can be read; without, security is not lowered. */
static void vouch(struct runner *runner, const struct conf_run *run)
{
	const bool guarded = runner->rules.guarded;
	struct conf_result result = {0};
	const struct conf_run *own = runner->vouched.file ? vouched_read(&runner->vouched, &result) : run;

	set_rules(runner, own ? own : run);
	if (!own) {
		runner->rules.guarded |= guarded;
		report_line(runner, REPORT_ERROR,
			"the runner cannot read %s, or it has errors: what it has not said before is not run",
			runner->vouched.file);
	}
	if (runner->vouched.out_of_memory)
		report_load_failure(runner, "there is no memory for what the file says");
	if (runner->vouched.file)
		conf_result_free(&result);
}

static void apply(struct runner *runner, const struct conf *conf)
{
	const struct conf_run *run = &conf->global.run;
	bool first = !runner->configured && !runner->options.again;
	bool complete;

	vouch(runner, run);
	complete = once_load(runner, run);
	if (!runner->configured) {
		runner->configured = true;
		run_startup(runner);
	}
	complete = scripts_load(runner, conf) && complete;
	complete = files_load(runner, conf, first) && complete;
	complete = processes_load(runner, conf) && complete;
	complete = links_load(runner, conf) && complete;
	complete = notify_load(runner, conf) && complete;
	complete = fifos_load(runner, run) && complete;
	if (!complete)
		report_load_failure(runner, "there is no memory for all of it");
	runner->fifo_repeats = run->fifo_repeats;
}

static int load(struct runner *runner, int fd)
{
	struct conf_result result;
	int error = conf_load_memory(fd, "configuration", &result);

	if (error) {
		report_load_failure(runner, error_name(error));
		return error;
	}
	if (result.conf)
		apply(runner, result.conf);
	else
		report_load_failure(runner, "it has errors");
	error = result.conf ? 0 : -EINVAL;
	conf_result_free(&result);
	return error;
}

static void take_config(struct runner *runner, int fd)
{
	if (runner->stopping || load(runner, fd) != 0)
		return;
	if (runner->configured_by_engine && runner->fifo_repeats)
		fifos_repeat(runner);
	runner->configured_by_engine = true;
}

static void hear_engine(void *user, uint32_t epoll_events)
{
	struct runner *runner = user;
	struct channel_message message;
	int got = channel_receive(runner->engine.fd, &message, runner->body);

	(void)epoll_events;
	if (got == -EAGAIN)
		return;
	if (got <= 0) {
		disconnect(runner, &runner->engine);
		return;
	}
	if (message.type == MESSAGE_NEW_CONFIG && message.fd >= 0)
		take_config(runner, message.fd);
	if (message.type == MESSAGE_NOTIFY)
		notify_heard(runner, runner->body, message.length);
	if (message.fd >= 0)
		close(message.fd);
}

static void answer_status(struct runner *runner)
{
	scripts_status(runner);
	notify_status(runner);
	fifos_status(runner);
	files_status(runner);
	processes_status(runner);
	links_status(runner);
	channel_send(runner->front.fd, MESSAGE_RUNNER_STATUS_END, NULL, 0, -1);
}

static void hear_front(void *user, uint32_t epoll_events)
{
	struct runner *runner = user;
	struct channel_message message;
	int got = channel_receive(runner->front.fd, &message, runner->body);

	(void)epoll_events;
	if (got == -EAGAIN)
		return;
	if (got <= 0) {
		disconnect(runner, &runner->front);
		report_connect(runner, -1);
		return;
	}
	if (message.type == MESSAGE_STATUS_REQUEST)
		answer_status(runner);
	if (message.fd >= 0)
		close(message.fd);
}

static void take_guard_message(struct runner *runner, struct channel_message *message)
{
	struct message_fifo fifo;

	if (message->type == MESSAGE_QUIT)
		runner->replaced = true;
	else if (message->type == MESSAGE_STOP || message->type == MESSAGE_STOP_NOW)
		runner->replaced = false;
	if (message->type == MESSAGE_STOP || message->type == MESSAGE_STOP_NOW || message->type == MESSAGE_QUIT)
		stop_begin(runner, message->type == MESSAGE_STOP_NOW);
	if (message->type == MESSAGE_ENGINE && message->fd >= 0) {
		connect_source(runner, &runner->engine, message->fd, hear_engine);
		runner->configured_by_engine = false;
		objects_tell(runner, false);
		return;
	}
	if (message->type == MESSAGE_FRONT && message->fd >= 0) {
		connect_source(runner, &runner->front, message->fd, hear_front);
		report_connect(runner, runner->front.fd);
		return;
	}
	if (message->type == MESSAGE_FIFO && message->fd >= 0 && message->length == sizeof(fifo)) {
		memcpy(&fifo, runner->body, sizeof(fifo));
		fifos_take(runner, &fifo, message->fd);
		return;
	}
	if (message->fd >= 0)
		close(message->fd);
}

static void hear_guard(void *user, uint32_t epoll_events)
{
	struct runner *runner = user;
	struct channel_message message;
	int got = channel_receive(runner->guard.fd, &message, runner->body);

	(void)epoll_events;
	if (got == -EAGAIN)
		return;
	if (got <= 0) {
		/* Nobody would start us again, or stop us. */
		disconnect(runner, &runner->guard);
		stop_begin(runner, false);
		return;
	}
	take_guard_message(runner, &message);
}

static void hear_signals(void *user, uint32_t epoll_events)
{
	struct runner *runner = user;
	struct signalfd_siginfo information;

	(void)epoll_events;
	while (read(runner->signals.fd, &information, sizeof(information)) == sizeof(information))
		;
	jobs_reap(&runner->jobs);
}

/* What a terminal sends to all, and SIGTERM of a guard that died, is said by the guard's channel, too. */
static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (int number = 1; number <= SIGRTMAX; number++)
		if (number != SIGCHLD && number != SIGKILL && number != SIGSTOP && number != SIGSEGV &&
			number != SIGABRT && number != SIGBUS && number != SIGFPE && number != SIGILL)
			signal(number, SIG_IGN);
	return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int open_all(struct runner *runner)
{
	int error;
	int signals;

	runner->body = malloc(MESSAGE_BODY_MAX + 1);
	if (!runner->body)
		return -ENOMEM;
	error = run_loop_open(&runner->loop);
	if (error)
		return error;
	signals = open_signals();
	if (signals < 0)
		return -errno;
	if (!stop_init(runner))
		return -ENOMEM;
	connect_source(runner, &runner->signals, signals, hear_signals);
	connect_source(runner, &runner->guard, runner->options.guard_fd, hear_guard);
	return runner->signals.fd < 0 || runner->guard.fd < 0 ? -EIO : 0;
}

static void close_all(struct runner *runner)
{
	channel_send(runner->guard.fd, MESSAGE_STOPPED, NULL, 0, -1);
	fifos_free(runner);
	notify_free(runner);
	scripts_free(runner);
	once_free(runner);
	files_free(runner);
	processes_free(runner);
	links_free(runner);
	objects_free(runner);
	run_timer_drop(&runner->loop, &runner->stop_timer);
	disconnect(runner, &runner->engine);
	disconnect(runner, &runner->front);
	disconnect(runner, &runner->guard);
	disconnect(runner, &runner->signals);
	run_loop_close(&runner->loop);
	free(runner->rules_user);
	free(runner->rules_group);
	vouched_free(&runner->vouched);
	free(runner->body);
}

int runner_run(const struct runner_options *options)
{
	static struct runner runner;
	int error;

	runner = (struct runner){.options = *options,
		.engine.fd = -1,
		.front.fd = -1,
		.guard.fd = -1,
		.signals.fd = -1,
		.report.socket = -1,
		.vouched = {.file = options->config, .how = options->how}};
	runner.jobs.loop = &runner.loop;
	error = open_all(&runner);
	if (error) {
		fprintf(stderr, "vigiad: the runner cannot begin: %s\n", error_name(error));
		return 1;
	}
	leftovers_end(options->former);
	error = load(&runner, options->config_fd);
	close(options->config_fd);
	channel_send(runner.guard.fd, MESSAGE_READY, NULL, 0, -1);
	while (!error && !stop_is_done(&runner)) {
		error = run_loop_turn(&runner.loop);
		objects_tell(&runner, true);
	}
	close_all(&runner);
	return error ? 1 : 0;
}
