/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard's own life: start, turns, signals, end. See guard.h. */
#include "daemon/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/exit_codes.h"
#include "daemon/signals.h"
#include "linux/packet_tx.h"
#include "linux/service_manager.h"
#include "linux/testament.h"
#include "linux/turn_clock.h"

#define LOG_LINE_SIZE 512

void guard_log(struct guard *guard, const char *format, ...)
{
	char line[LOG_LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (guarded_alive(&guard->front) &&
		channel_send(guard->front.channel.fd, MESSAGE_LOG, line, strlen(line), -1) == 0)
		return;
	if (guard->state == GUARD_RUNNING && strlen(guard->held_log) + strlen(line) + 2 < GUARD_HELD_LOG) {
		strcat(strcat(guard->held_log, line), "\n");
		return;
	}
	fprintf(stderr, "vigiad: %s\n", line);
}

void guard_log_held(struct guard *guard)
{
	if (guard->held_log[0] && channel_send(guard->front.channel.fd, MESSAGE_LOG, guard->held_log,
					  strlen(guard->held_log), -1) == 0)
		guard->held_log[0] = '\0';
}

/* Whoever started us in the background may go on; from here on nobody sees what we print. */
static void release_invoker(struct guard *guard)
{
	const unsigned char ready = EXIT_OK;
	int nowhere;

	if (guard->invoker < 0)
		return;
	nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nowhere >= 0) {
		dup2(nowhere, STDIN_FILENO);
		dup2(nowhere, STDOUT_FILENO);
		if (!guard->options->log_console)
			dup2(nowhere, STDERR_FILENO);
		close(nowhere);
	}
	(void)!write(guard->invoker, &ready, sizeof(ready));
	close(guard->invoker);
	guard->invoker = -1;
}

void guard_check_ready(struct guard *guard)
{
	char state[64];

	if (guard->state != GUARD_STARTING || !guard->engine.ready || !guard->front.ready)
		return;
	guard->state = GUARD_RUNNING;
	pid_file_write(&guard->pid_file, getpid());
	pid_file_write(&guard->vrrp_pid_file, guard->engine.process.pid);
	snprintf(state, sizeof(state), "READY=1\nMAINPID=%d", (int)getpid());
	service_manager_tell(state);
	release_invoker(guard);
}

void guard_begin_stop(struct guard *guard, int exit_code)
{
	if (guard->state == GUARD_STOPPING)
		return;
	guard_upgrade_cancel(guard, "vigiad is stopping");
	guard->state = GUARD_STOPPING;
	guard->exit_code = exit_code;
	guard->front.restart_at = MONO_NEVER;
	guard->engine.restart_at = MONO_NEVER;
	guard->runner.restart_at = MONO_NEVER;
	service_manager_tell("STOPPING=1");
	if (guarded_alive(&guard->engine))
		guard_stop_engine(guard);
}

static void asked_to_stop(struct guard *guard)
{
	if (guard->state != GUARD_STOPPING) {
		guard_begin_stop(guard, EXIT_OK);
		return;
	}
	guard->stop_now = true;
	if (guarded_alive(&guard->engine))
		guard_stop_engine(guard);
	else if (guarded_alive(&guard->runner))
		guard_stop_runner(guard);
}

/* Waits for a front that starts, or is started again: it may have read the file before it was changed. One that is asked to end
 * would not get to it. */
static void reload(struct guard *guard)
{
	if (guard->state != GUARD_RUNNING || !guard->front.ready || guard_upgrade_renews(guard))
		return;
	service_manager_reloading();
	guard->reload_wanted = channel_send(guard->front.channel.fd, MESSAGE_RELOAD, NULL, 0, -1) < 0;
	guard->reloading = !guard->reload_wanted;
}

static void asked_to_dump(struct guard *guard, int signal)
{
	const char *what = signal_dump(signal);

	if (!what)
		guard_log(guard, "signal %d means nothing to vigiad", signal);
	else if (!guarded_alive(&guard->front) ||
		 channel_send(guard->front.channel.fd, MESSAGE_DUMP, what, strlen(what), -1) < 0)
		guard_log(guard, "the front could not be told to write %s: it is not there, or busy", what);
}

static void signal_came(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	struct signalfd_siginfo information;

	(void)epoll_events;
	while (read(guard->signals.fd, &information, sizeof(information)) == sizeof(information)) {
		if (information.ssi_signo == SIGTERM ||
			(information.ssi_signo == SIGINT && !guard->options->ignore_sigint))
			asked_to_stop(guard);
		else if (information.ssi_signo == SIGHUP)
			guard->reload_wanted = true;
		else if (information.ssi_signo != SIGINT)
			asked_to_dump(guard, (int)information.ssi_signo);
	}
}

static int open_signals(struct guard *guard)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	/* keepalived's "dump your state", in several forms that monitoring sends; the default of the others would be to kill
	 * us. */
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		sigaddset(&signals, number);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	guard->signals = (struct event_source){fd, signal_came, guard};
	return fd < 0 ? -errno : event_loop_add(&guard->loop, &guard->signals, EPOLLIN);
}

static bool open_program(struct guarded *guarded, const char *file)
{
	guarded->program = start_find_program(file);
	if (guarded->program >= 0)
		return true;
	fprintf(stderr, "vigiad: cannot find its program %s beside itself or in %s: %s\n", file,
		VIGIA_LIBEXECDIR, strerror(-guarded->program));
	return false;
}

static bool open_all(struct guard *guard)
{
	guard->exit_code = EXIT_FATAL;
	guard->body = malloc(MESSAGE_BODY_MAX + 1);
	if (!guard->body || event_loop_open(&guard->loop) || open_signals(guard)) {
		fprintf(stderr, "vigiad: cannot begin: out of memory or descriptors\n");
		return false;
	}
	if (service_users_choose(guard->options->user, &guard->users) != 0) {
		fprintf(stderr, "vigiad: --user: there is no user '%s'\n", guard->options->user);
		return false;
	}
	return open_program(&guard->front, "vigiad-front") && open_program(&guard->engine, "vigiad-vrrp") &&
	       open_program(&guard->runner, "vigiad-runner");
}

/* Whoever is still awaited has had time enough. */
static void kill_the_late(struct guard *guard)
{
	guard->stop_deadline = MONO_NEVER;
	if (guarded_alive(&guard->engine)) {
		guard_log(guard, "the engine did not stop in time: it is killed");
		guard->stop_now = true;
		guarded_kill(&guard->engine);
	} else if (guarded_alive(&guard->runner)) {
		guard_log(guard, "the runner did not stop in time: it is killed");
		guarded_kill(&guard->runner);
	} else if (guarded_alive(&guard->front)) {
		guarded_kill(&guard->front);
	}
}

/* Whether the runner has ended. It goes behind the engine, whose last word may be a script's. */
static bool runner_is_gone(struct guard *guard)
{
	if (!guarded_alive(&guard->runner))
		return true;
	if (!guard->runner_stop_said)
		guard_stop_runner(guard);
	guard->runner_stop_said = true;
	return false;
}

/* The next step of stopping: the engine, what it left, the runner, the front, ourselves. */
static void go_on_stopping(struct guard *guard)
{
	if (mono_due(guard->stop_deadline, guard->now))
		kill_the_late(guard);
	if (guarded_alive(&guard->engine))
		return;
	guard_execute_pending(guard, guard->stop_now);
	if (guard->pending_count > 0 || !runner_is_gone(guard))
		return;
	if (!guarded_alive(&guard->front)) {
		guard->state = GUARD_ENDED;
		return;
	}
	if (!guard->quit_said) {
		channel_send(guard->front.channel.fd, MESSAGE_QUIT, NULL, 0, -1);
		guard->quit_said = true;
		guard->stop_deadline = mono_add(guard->now, GUARD_FRONT_END);
	}
}

static void go_on_running(struct guard *guard)
{
	if (mono_due(guard->front.restart_at, guard->now))
		guard_start_front(guard);
	if (mono_due(guard->engine.restart_at, guard->now))
		guard_start_engine(guard);
	if (mono_due(guard->runner.restart_at, guard->now))
		guard_start_runner(guard);
	if (guard->reload_wanted)
		reload(guard);
	guard_upgrade_go_on(guard);
	guard_execute_pending(guard, false);
}

static mono_t deadline(const struct guard *guard)
{
	mono_t earliest = mono_min(guard->front.restart_at,
		mono_min(guard->engine.restart_at, guard->runner.restart_at));

	if (guard->state == GUARD_STOPPING)
		earliest = guard->stop_deadline;
	return mono_min(mono_min(earliest, guard_upgrade_deadline(guard)), guard_pending_deadline(guard));
}

static void turn(struct guard *guard)
{
	event_loop_set_deadline(&guard->loop, deadline(guard));
	event_loop_wait(&guard->loop);
	guard->now = mono_now();
	event_loop_dispatch(&guard->loop);
	if (guard->state == GUARD_STOPPING)
		go_on_stopping(guard);
	else
		go_on_running(guard);
}

static void initialize(struct guard *guard, struct daemon_options *options, int invoker)
{
	const struct guarded nobody = {.guard = guard,
		.program = -1,
		.end.fd = -1,
		.channel.fd = -1,
		.complaints.fd = -1,
		.complaints_write = -1,
		.restart_at = MONO_NEVER};

	*guard = (struct guard){.options = options,
		.invoker = invoker,
		.now = mono_now(),
		.front = nobody,
		.engine = nobody,
		.runner = nobody,
		.errand.end.fd = -1,
		.starter = {.now = {.process.pidfd = -1, .channel = -1}, .other = {.process.pidfd = -1, .channel = -1},
			.end.fd = -1, .other_end.fd = -1},
		.upgrade = {.deadline = MONO_NEVER, .again_at = MONO_NEVER, .checker = nobody, .successor = nobody, .retired = nobody,
			.testament = {-1, -1}},
		.config.child_wait = GUARD_STOP_MARGIN,
		.stop_deadline = MONO_NEVER,
		.mail_fd = -1,
		.process_events = -1,
		.config_fd = -1,
		.offered_fd = -1,
		.testament = {-1, -1},
		.packet_socket = -1,
		.datagram_tx = {-1, -1},
		.netlink_socket = -1,
		.firewall_socket = -1,
		.net_namespace = -1,
		.fifos = {{-1, false}, {-1, false}},
		.pid_file.fd = -1,
		.vrrp_pid_file.fd = -1};
}

/* After an upgrade: the engine is there, the others are not. */
static bool go_on(struct guard *guard, int state)
{
	int error;

	if (!guard_read_state(guard, state)) {
		fprintf(stderr, "vigiad: cannot read what it was before the upgrade: it ends, and hands over\n");
		guard->exit_code = EXIT_FATAL;
		return false;
	}
	guard_watch_starter(guard);
	guard->engine.complaints = (struct event_source){guard->engine.complaints.fd, guarded_complaints_ready, &guard->engine};
	error = event_loop_add(&guard->loop, &guard->engine.complaints, EPOLLIN);
	if (!error)
		error = guard_watch_engine(guard);
	if (error)
		guard_log(guard, "the engine was lost in the upgrade: %s", error_name(error));
	guard_log(guard, "upgraded: vigiad %s", VIGIA_VERSION);
	guard_start_renewed(guard);
	return true;
}

int guard_run(struct daemon_options *options, int invoker, int state)
{
	static struct guard guard;

	initialize(&guard, options, invoker);
	if (open_all(&guard) && (state < 0 || go_on(&guard, state))) {
		guard.exit_code = EXIT_OK;
		if (state < 0)
			guard_start_front(&guard);
		while (guard.state != GUARD_ENDED)
			turn(&guard);
		guarded_hear_complaints(&guard.engine);
		guarded_hear_complaints(&guard.runner);
		guarded_hear_complaints(&guard.front);
	}
	fputs(guard.held_log, stderr); /* for a front that never came */
	/* Some are not ours to end with: those that would have silenced us. */
	if (guard.firewall_socket >= 0)
		nft_socket_remove(guard.firewall_socket, guard.firewall_name);
	if (guard.placed)
		guard_follow_igmp(&guard, false);
	pid_file_remove(&guard.vrrp_pid_file);
	pid_file_remove(&guard.pid_file);
	return guard.exit_code;
}

int guard_test_configuration(const struct daemon_options *options)
{
	char *test = NULL;
	char *arguments[] = {
		"vigiad-front", "--config", (char *)(uintptr_t)options->config, "--test", "--config-id",
		(char *)(uintptr_t)options->config_id, NULL, NULL, NULL, NULL};
	size_t count = 6;
	int program = start_find_program("vigiad-front");

	if (options->test_output && asprintf(&test, "--test=%s", options->test_output) > 0)
		arguments[3] = test;
	if (options->dump)
		arguments[count++] = "--dump";
	if (options->all_includes)
		arguments[count++] = "--all-config";
	if (options->no_bfd)
		arguments[count++] = "--no-bfd";
	if (program >= 0)
		fexecve(program, arguments, environ);
	fprintf(stderr, "vigiad: cannot run vigiad-front: %s\n", strerror(program < 0 ? -program : errno));
	free(test);
	return EXIT_PERMISSION;
}
