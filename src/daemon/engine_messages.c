/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine's process is told by the guard, the front and signals: see engine_process.h, engine/messages.h. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/memory.h"
#include "daemon/engine_process.h"
#include "linux/channel.h"

#define RUNNER_MESSAGES_AT_ONCE 256
#define VOICE_BUFFER (4 << 20) /* the status of some thousand routers at once */

static void stop(struct engine_process *process, bool now_or_never)
{
	engine_process_go_on(process);
	if (process->stopping && !now_or_never)
		return;
	process->stopping = true;
	if (process->running)
		engine_stop(process->engine, now_or_never, process->clock.now);
	else
		process->stopped = true;
}

void engine_process_set_front(struct engine_process *process, int socket)
{
	const int size = VOICE_BUFFER;

	if (process->front.fd >= 0) {
		event_loop_remove(&process->loop, &process->front);
		close(process->front.fd);
	}
	process->front = (struct event_source){socket, engine_process_hear_front, process};
	front_voice_connect(&process->voice, socket);
	if (socket < 0)
		return;
	if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (event_loop_add(&process->loop, &process->front, EPOLLIN) < 0)
		front_voice_connect(&process->voice, -1);
}

static void drop_runner(struct engine_process *process)
{
	if (process->runner.fd < 0)
		return;
	event_loop_remove(&process->loop, &process->runner);
	close(process->runner.fd);
	process->runner.fd = -1;
	runner_voice_connect(&process->runner_voice, -1);
}

void engine_process_tell_runner(struct engine_process *process)
{
	if (!runner_voice_flush(&process->runner_voice))
		return;
	engine_notify_all(process->engine);
	runner_voice_flush(&process->runner_voice);
}

/* The state of a script or a file. */
static void hear_object(struct engine_process *process, size_t length)
{
	struct message_object object;

	if (length != sizeof(object))
		return;
	memcpy(&object, process->body, sizeof(object));
	object.name[MESSAGE_NAME_SIZE - 1] = '\0';
	engine_object(process->engine, (enum track_kind)object.kind, object.name, (enum track_state)object.state,
		object.value, process->clock.now);
}

/* As many as came at once: one turn for all of them. */
static void hear_runner(void *user, uint32_t epoll_events)
{
	struct engine_process *process = user;
	struct channel_message message;

	(void)epoll_events;
	for (int i = 0; i < RUNNER_MESSAGES_AT_ONCE; i++) {
		int got = channel_receive(process->runner.fd, &message, process->body);

		if (got == -EAGAIN)
			return;
		if (got <= 0) {
			drop_runner(process);
			return;
		}
		if (message.type == MESSAGE_OBJECT)
			hear_object(process, message.length);
		if (message.fd >= 0)
			close(message.fd);
	}
}

static void set_runner(struct engine_process *process, int socket)
{
	drop_runner(process);
	process->runner = (struct event_source){socket, hear_runner, process};
	if (event_loop_add(&process->loop, &process->runner, EPOLLIN) < 0)
		drop_runner(process);
	runner_voice_connect(&process->runner_voice, process->runner.fd);
}

/* Nothing changes unless all of the new configuration can be had. */
static void reload(struct engine_process *process, int fd)
{
	struct conf_result fresh;

	if (fd < 0 || conf_load_memory(fd, "configuration", &fresh)) {
		front_voice_log(&process->voice,
			"the new configuration did not reach the engine: nothing is changed");
		return;
	}
	if (!fresh.conf) {
		front_voice_log(&process->voice,
			"the engine does not understand the new configuration: nothing is changed");
		conf_result_free(&fresh);
		return;
	}
	runner_voice_configure(&process->runner_voice, fd);
	engine_reload(process->engine, fresh.conf, process->clock.now);
	conf_result_free(&process->outgoing);
	process->outgoing = process->conf;
	process->conf = fresh;
	engine_process_follow_configuration(process, process->outgoing.conf);
	engine_process_end_reload(process);
	front_voice_say(&process->voice, MESSAGE_RELOADED);
}

void engine_process_end_reload(struct engine_process *process)
{
	const int fd = process->new_config;

	if (!engine_kernel_is_settled(process->engine))
		return;
	process->new_config = -1;
	if (fd >= 0) {
		reload(process, fd);
		close(fd);
	}
	if (!engine_kernel_is_settled(process->engine))
		return;
	conf_result_free(&process->outgoing);
	process->outgoing = (struct conf_result){0};
}

/* A reload waits for all that the kernel has been asked for: rather later than here, where adverts would wait with it. */
static void plan_reload(struct engine_process *process, struct channel_message *message)
{
	if (process->new_config >= 0)
		close(process->new_config);
	process->new_config = message->fd;
	if (message->fd < 0)
		reload(process, -1);
	message->fd = -1;
	engine_process_end_reload(process);
}

/* An order of an administrator. */
static void hear_order(struct engine_process *process, size_t length)
{
	struct message_order order;
	struct engine_request request;

	if (length != sizeof(order))
		return;
	memcpy(&order, process->body, sizeof(order));
	order.name[MESSAGE_NAME_SIZE - 1] = '\0';
	if (order.kind >= ENGINE_ORDER_COUNT)
		return;
	request = (struct engine_request){.kind = (enum engine_order)order.kind,
		.number = order.number,
		.name = order.all ? NULL : order.name,
		.timeout = order.timeout,
		.force = order.force != 0};
	engine_order(process->engine, &request, process->clock.now);
}

/* false: nothing more waits. */
static bool hear_guard_once(struct engine_process *process)
{
	struct channel_message message;
	int got = channel_receive(process->guard.fd, &message, process->body);

	if (got == -EAGAIN)
		return false;
	if (got <= 0) {
		/* Without a guard nobody would start us again: hand over while we can. */
		event_loop_remove(&process->loop, &process->guard);
		stop(process, false);
		return false;
	}
	if (message.type == MESSAGE_DRAINED)
		engine_keep_drained(process->engine, process->body, message.length);
	if (message.type == MESSAGE_STOP || message.type == MESSAGE_STOP_NOW)
		stop(process, message.type == MESSAGE_STOP_NOW);
	if (message.type == MESSAGE_NEW_CONFIG)
		plan_reload(process, &message);
	if (message.type == MESSAGE_SAVE)
		engine_process_hand_over(process);
	if (message.type == MESSAGE_GO_ON)
		engine_process_go_on(process);
	if (message.type == MESSAGE_SUCCEED && message.fd >= 0)
		process->failure = engine_process_succeed(process, message.fd);
	if (message.type == MESSAGE_FRONT && message.fd >= 0)
		engine_process_set_front(process, message.fd);
	else if (message.type == MESSAGE_RUNNER && message.fd >= 0)
		set_runner(process, message.fd);
	else if (message.fd >= 0)
		close(message.fd);
	return true;
}

/* All of it at once: who is drained must be known before the engine starts. */
void engine_process_hear_guard(void *user, uint32_t epoll_events)
{
	(void)epoll_events;
	while (hear_guard_once(user))
		;
}

void engine_process_hear_front(void *user, uint32_t epoll_events)
{
	struct engine_process *process = user;
	struct channel_message message;
	int got = channel_receive(process->front.fd, &message, process->body);

	(void)epoll_events;
	if (got == -EAGAIN)
		return;
	if (got <= 0) {
		engine_process_set_front(process, -1);
		return;
	}
	if (message.type == MESSAGE_ORDER)
		hear_order(process, message.length);
	if (message.type == MESSAGE_STATUS_REQUEST)
		engine_status(process->engine, message.length == 1 && process->body[0] == MESSAGE_STATUS_BRIEF,
			process->clock.now);
	if (message.type == MESSAGE_CLEAR_COUNTERS)
		engine_clear_counters(process->engine);
	if (message.fd >= 0)
		close(message.fd);
}

void engine_process_hear_signal(void *user, uint32_t epoll_events)
{
	struct engine_process *process = user;
	struct signalfd_siginfo information;

	(void)epoll_events;
	while (read(process->signals.fd, &information, sizeof(information)) == sizeof(information)) {
		if (information.ssi_signo == SIGXCPU)
			engine_process_lower(process);
		else
			stop(process, false);
	}
}
