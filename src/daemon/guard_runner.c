/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard and the runner: start, sockets to the others, death. See guard.h. It runs only when the configuration has
 * something to run or to watch. Nobody waits for it but a start that has a startup_script, and a stop.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/exit_codes.h"
#include "daemon/guard.h"

#define REASON_SIZE 128
/* Beyond what it says that it needs. */
#define RUNNER_MARGIN (2 * DUR_S)

static void runner_message(void *user, uint32_t epoll_events);
static void runner_ended(void *user, uint32_t epoll_events);

/* A socket between the runner and another process; `to_runner` is what the runner is told of its end. */
static void join(struct guard *guard, const struct guarded *other, enum message_type to_runner)
{
	int ends[2];

	if (!guarded_alive(&guard->runner) || !guarded_alive(other) || channel_pair(ends) < 0)
		return;
	channel_send(guard->runner.channel.fd, to_runner, NULL, 0, ends[0]);
	channel_send(other->channel.fd, MESSAGE_RUNNER, NULL, 0, ends[1]);
	close(ends[0]);
	close(ends[1]);
}

void guard_join_engine_and_runner(struct guard *guard)
{
	/* One that is to end would wait for what the engine has to say. */
	if (!guard_upgrade_renews(guard))
		join(guard, &guard->engine, MESSAGE_ENGINE);
}

void guard_join_front_and_runner(struct guard *guard)
{
	join(guard, &guard->front, MESSAGE_FRONT);
}

static int start_process(struct guard *guard)
{
	struct start_order order = {.start = {.process = START_RUNNER, .number = guard->former_runner}};

	if (guard->engine_started_before)
		order.start.how |= START_AGAIN;
	if (guard->runner_informed)
		order.start.how |= START_INFORMED;
	start_add(&order, ROLE_CONFIG, guard->config_fd);
	start_add(&order, ROLE_PROCESS_EVENTS, guard->process_events);
	return guarded_start(&guard->runner, &order);
}

/* Where systemd would start it and does not, scripts are run all the same. */
static int start_or_connect(struct guard *guard)
{
	const char *path = guard->options->runner_socket;
	const int error = path ? guarded_connect(&guard->runner, path) : 0;

	if (path && !error)
		return 0;
	if (error)
		guard_log(guard, "nobody runs scripts at %s (%s): they are run by a process of our own, with no more than we may",
			path, error_name(error));
	return start_process(guard);
}

bool guard_keep_fifo(struct guard *guard, const struct channel_message *message)
{
	struct message_fifo fifo;
	struct kept_fifo *kept;

	if (message->type != MESSAGE_FIFO || message->fd < 0 || message->length != sizeof(fifo))
		return false;
	memcpy(&fifo, guard->body, sizeof(fifo));
	if (fifo.place >= GUARD_FIFO_COUNT)
		return false;
	kept = &guard->fifos[fifo.place];
	if (kept->fd >= 0)
		close(kept->fd);
	*kept = (struct kept_fifo){message->fd, fifo.made};
	return true;
}

static void give_fifos(struct guard *guard)
{
	for (size_t i = 0; i < GUARD_FIFO_COUNT; i++) {
		struct kept_fifo *kept = &guard->fifos[i];
		const struct message_fifo message = {.place = (uint8_t)i, .made = kept->made};

		if (kept->fd < 0)
			continue;
		channel_send(guard->runner.channel.fd, MESSAGE_FIFO, &message, sizeof(message), kept->fd);
		close(kept->fd);
		kept->fd = -1;
	}
}

void guard_start_runner(struct guard *guard)
{
	int error = start_or_connect(guard);

	guard->runner.restart_at = MONO_NEVER;
	if (!error)
		error = guarded_watch(&guard->runner, runner_message, runner_ended);
	if (error) {
		guard->runner.restart_at = guarded_try_again(guard, "the runner", error);
		return;
	}
	give_fifos(guard);
	guard_join_engine_and_runner(guard);
	guard_join_front_and_runner(guard);
}

void guard_stop_runner(struct guard *guard)
{
	channel_send(
		guard->runner.channel.fd, guard->stop_now ? MESSAGE_STOP_NOW : MESSAGE_STOP, NULL, 0, -1);
	guard->stop_deadline = mono_add(guard->now, GUARD_STOP_MARGIN);
}

/* The engine that waited for the startup_script, or for a runner that could not run it. */
static void end_of_waiting(struct guard *guard)
{
	if (!guard->engine_waits)
		return;
	guard->engine_waits = false;
	if (guard->state != GUARD_STOPPING)
		guard_start_engine(guard);
}

static void runner_message(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	struct channel_message message;
	struct message_wait wait;
	int got = channel_receive(guard->runner.channel.fd, &message, guard->body);

	(void)epoll_events;
	if (got == -EAGAIN)
		return;
	if (got <= 0) {
		event_loop_remove(&guard->loop, &guard->runner.channel);
		guarded_kill(&guard->runner);
		return;
	}
	if (message.type == MESSAGE_READY) {
		guard->runner.ready = true;
		end_of_waiting(guard);
	}
	if (message.type == MESSAGE_RUNNER_WAITS && message.length == sizeof(wait) &&
		guard->state == GUARD_STOPPING) {
		memcpy(&wait, guard->body, sizeof(wait));
		guard->stop_deadline = mono_add(guard->now, wait.longest + RUNNER_MARGIN);
	}
	if (guard_keep_fifo(guard, &message))
		return;
	if (message.fd >= 0)
		close(message.fd);
}

static void runner_ended(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	char reason[REASON_SIZE];
	struct child_end end;

	(void)epoll_events;
	guard->former_runner = guard->runner.process.pid;
	end = guarded_bury(&guard->runner);
	if (guard_upgrade_renews(guard)) {
		guard->runner.restart_at = MONO_NEVER;
		return;
	}
	if (guard->state != GUARD_STOPPING)
		guard_log(guard, "the runner died: %s; scripts and files count as they did last, it is started again",
			guarded_end_text(&guard->runner, &end, reason, sizeof(reason)));
	else
		guard->runner.restart_at = MONO_NEVER;
	if (guard->options->dont_respawn && guard->state != GUARD_STOPPING) {
		guard_begin_stop(guard, EXIT_FATAL);
		return;
	}
	end_of_waiting(guard);
}
