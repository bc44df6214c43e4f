/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard does with the front, the engine and the runner alike: start, watch, bury. See guard.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/exit_codes.h"
#include "daemon/guard.h"

#define LONG_LIFE (60 * DUR_S)
#define RESTART_WAIT_MAX_EXPONENT 6 /* 64 s, cut to 60 */
#define RESTART_WAIT_MAX (60 * DUR_S)
#define COMPLAINT_SIZE 1024

bool guarded_alive(const struct guarded *guarded)
{
	return guarded->end.fd >= 0;
}

void guarded_complaints_ready(void *user, uint32_t epoll_events)
{
	struct guarded *guarded = user;

	(void)epoll_events;
	guarded_hear_complaints(guarded);
}

/* One pipe for all lives of the process. */
static int open_complaints(struct guarded *guarded)
{
	int ends[2];
	int error;

	if (guarded->complaints.fd >= 0)
		return 0;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	/* The writer must not lose the end of a message because we are slow. */
	fcntl(ends[1], F_SETFL, 0);
	guarded->complaints = (struct event_source){ends[0], guarded_complaints_ready, guarded};
	guarded->complaints_write = ends[1];
	error = event_loop_add(&guarded->guard->loop, &guarded->complaints, EPOLLIN);
	if (!error)
		return 0;
	close(ends[0]);
	close(ends[1]);
	guarded->complaints.fd = -1;
	return error;
}

static void keep(char *kept, size_t size, const char *text)
{
	const size_t length = strlen(kept);

	snprintf(kept + length, size - length, "%s", text);
}

void guarded_log_lines(struct guard *guard, char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		guard_log(guard, "%s", line);
}

/* The front is the one who logs, so what it complains of itself cannot go there; and a start that fails is told to
 * whoever started us. */
void guarded_hear_complaints(struct guarded *guarded)
{
	struct guard *guard = guarded->guard;
	char text[COMPLAINT_SIZE];
	const bool to_log = guarded != &guard->front && guard->front.ready && guard->state != GUARD_STARTING;
	ssize_t length;

	if (guarded->complaints.fd < 0)
		return;
	while ((length = read(guarded->complaints.fd, text, sizeof(text) - 1)) > 0) {
		text[length] = '\0';
		if (guarded == &guard->upgrade.checker)
			keep(guard->upgrade.checker_said, sizeof(guard->upgrade.checker_said), text);
		else if (to_log)
			guarded_log_lines(guard, text);
		else
			(void)!write(STDERR_FILENO, text, (size_t)length);
	}
}

int guarded_start(struct guarded *guarded, struct start_order *order)
{
	struct guard *guard = guarded->guard;
	int ends[2];
	int error = 0;
	/* In the foreground the front logs to where we stand. */
	const bool own_output = guarded == &guard->front && guard->options->foreground;

	if (!own_output)
		error = open_complaints(guarded);
	if (!error)
		error = channel_pair(ends);
	if (error)
		return error;
	/* Who says something is looked at: guard_front.c. */
	setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int));
	if (guarded->renewed)
		order->start.how |= START_INSTALLED;
	start_add(order, ROLE_CHANNEL, ends[1]);
	start_add(order, ROLE_OUTPUT, own_output ? STDOUT_FILENO : guarded->complaints_write);
	start_add(order, ROLE_ERRORS, own_output ? STDERR_FILENO : guarded->complaints_write);
	/* Before it runs: it may have a real-time priority, and begin before we go on. */
	if (guarded == &guard->engine)
		guard_say_drained(guard, ends[0]);
	error = guard_execute(guard, order, &guarded->process);
	close(ends[1]);
	if (error) {
		close(ends[0]);
		return error;
	}
	guarded->channel.fd = ends[0];
	guarded->end.fd = guarded->process.pidfd;
	guarded->started = guard->now;
	guarded->restart_at = MONO_NEVER;
	guarded->ready = false;
	guarded->forbidden_call = -1;
	return 0;
}

mono_t guarded_try_again(struct guard *guard, const char *what, int error)
{
	if (guard->starter.lost) {
		guard_begin_stop(guard, EXIT_FATAL);
		guard_log(guard, "%s cannot be started without a starter: vigiad hands over and ends, with a code that asks for a restart", what);
		return MONO_NEVER;
	}
	guard_log(guard, "cannot start %s: %s; trying again in a second", what, error_name(error));
	return mono_add(guard->now, DUR_S);
}

/* At once after the first death; then after 1, 2, 4... 60 s while lives stay short. */
static mono_t next_start(struct guarded *guarded, mono_t now)
{
	dur_t wait;

	if (mono_sub(now, guarded->started) > LONG_LIFE)
		guarded->deaths = 0;
	if (guarded->deaths++ == 0)
		return now;
	const unsigned exponent = guarded->deaths - 2;

	wait = exponent < RESTART_WAIT_MAX_EXPONENT ? DUR_S << exponent : RESTART_WAIT_MAX;
	return mono_add(now, wait < RESTART_WAIT_MAX ? wait : RESTART_WAIT_MAX);
}

void guarded_take_forbidden(struct guarded *guarded, const char *body, size_t length)
{
	struct message_forbidden forbidden;

	if (length != sizeof(forbidden))
		return;
	memcpy(&forbidden, body, sizeof(forbidden));
	guarded->forbidden_call = forbidden.call;
}

/* Its last word may not have been read. */
static void hear_last_word(struct guarded *guarded)
{
	struct channel_message message;

	while (channel_receive(guarded->channel.fd, &message, guarded->guard->body) > 0) {
		if (message.type == MESSAGE_FORBIDDEN)
			guarded_take_forbidden(guarded, guarded->guard->body, message.length);
		if (guarded == &guarded->guard->runner && guard_keep_fifo(guarded->guard, &message))
			continue;
		if (message.fd >= 0)
			close(message.fd);
	}
}

struct child_end guarded_bury(struct guarded *guarded)
{
	struct guard *guard = guarded->guard;
	struct child_end end = {.exit_code = -1};

	guarded_hear_complaints(guarded);
	hear_last_word(guarded);
	event_loop_remove(&guard->loop, &guarded->end);
	event_loop_remove(&guard->loop, &guarded->channel);
	if (guarded->remote)
		close(guarded->end.fd);
	else
		end = child_reap(&guarded->process);
	close(guarded->channel.fd);
	guarded->remote = false;
	guarded->channel.fd = -1;
	guarded->end.fd = -1;
	guarded->ready = false;
	guarded->restart_at = next_start(guarded, guard->now);
	return end;
}

int guarded_watch(struct guarded *guarded, void (*message)(void *user, uint32_t events),
	void (*end)(void *user, uint32_t events))
{
	struct guard *guard = guarded->guard;
	int error;

	guarded->channel.ready = message;
	guarded->channel.user = guard;
	guarded->end.ready = end;
	guarded->end.user = guard;
	error = event_loop_add(&guard->loop, &guarded->channel, EPOLLIN);
	if (!error)
		error = event_loop_add(&guard->loop, &guarded->end, guarded->remote ? 0 : EPOLLIN);
	if (!error)
		return 0;
	guarded_kill(guarded);
	guarded_bury(guarded);
	return error;
}

const char *guarded_end_text(const struct guarded *guarded, const struct child_end *end, char *buffer, size_t size)
{
	if (end->exit_code >= 0)
		snprintf(buffer, size, "ended with code %d", end->exit_code);
	else if (end->signal == 0)
		snprintf(buffer, size, "its socket was closed");
	else if (guarded->forbidden_call >= 0)
		snprintf(buffer, size, "it asked for system call %d, which its filter forbids: signal %d (%s)",
			guarded->forbidden_call, end->signal, strsignal(end->signal));
	else
		snprintf(buffer, size, "killed by signal %d (%s)", end->signal, strsignal(end->signal));
	return buffer;
}
