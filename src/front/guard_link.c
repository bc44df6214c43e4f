/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link to the guard. Its end is the front's end: nobody would ever stop a front without a guard. */
#include "front/front.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "front/configuration.h"
#include "front/json_text.h"
#include "front/log.h"
#include "linux/channel.h"


static void take_dump(struct front *front, const char *what)
{
	static const struct {
		const char *what;
		unsigned kinds;
		bool clear;
	} dumps[] = {{"data", DUMP_DATA, false}, {"stats", DUMP_STATS, false},
		{"stats-clear", DUMP_STATS, true}, {"json", DUMP_JSON, false}};

	for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++)
		if (strcmp(what, dumps[i].what) == 0)
			dump_want(front, dumps[i].kinds, dumps[i].clear);
}

static void upgrade_ended(struct front *front, const char *body)
{
	struct message_upgraded said;
	json_t *answer;

	memcpy(&said, body, sizeof(said));
	said.error[sizeof(said.error) - 1] = '\0';
	answer = json_pack("{s:b}", "ok", said.error[0] == '\0');
	if (said.error[0])
		json_object_set_new(answer, "error", json_text(said.error));
	/* Whoever comes from now on is for the next front. */
	if (said.renewed)
		control_close(front);
	control_answer(front, CLIENT_IN_UPGRADE, answer);
	json_decref(answer);
}

/* What the engine was told before goes on, and whoever waits for it learns how it went. */
void guard_quit_when_idle(struct front *front)
{
	if (front->guard.quit_wanted)
		front->loop.stop = !reload_is_pending(front) && !control_has(front, CLIENT_IN_ORDER);
}

static void take_message(struct front *front, const struct channel_message *message, const char *body)
{
	switch (message->type) {
	case MESSAGE_ENGINE:
		if (message->fd >= 0)
			engine_attach(front, message->fd, (unsigned)strtoul(body, NULL, 10));
		return;
	case MESSAGE_RUNNER:
		if (message->fd >= 0)
			runner_attach(front, message->fd);
		return;
	case MESSAGE_ENGINE_DEAD:
		engine_died(front, body);
		break;
	case MESSAGE_RELOAD:
		front->reload.guard_wants = true;
		reload_run(front);
		break;
	case MESSAGE_DUMP:
		take_dump(front, body);
		break;
	case MESSAGE_QUIT:
		front->guard.quit_wanted = true;
		guard_quit_when_idle(front);
		break;
	case MESSAGE_LOG:
		log_text(LOG_LEVEL_NOTICE, body);
		break;
	case MESSAGE_UPGRADED:
		if (message->length == sizeof(struct message_upgraded))
			upgrade_ended(front, body);
		break;
	case MESSAGE_SAVE:
	case MESSAGE_GO_ON:
	case MESSAGE_SUCCEED:
	case MESSAGE_WAITING:
	case MESSAGE_SAVED:
	case MESSAGE_UPGRADE:
	case MESSAGE_PLACED: /* is awaited at the start, and comes no second time */
	case MESSAGE_PLACE:
	case MESSAGE_STOP:
	case MESSAGE_STOP_NOW:
	case MESSAGE_FRONT:
	case MESSAGE_READY:
	case MESSAGE_STOPPED:
	case MESSAGE_SCHEDULE:
	case MESSAGE_FORBIDDEN:
	case MESSAGE_BEGIN:
	case MESSAGE_CONFIG:
	case MESSAGE_OFFER:
	case MESSAGE_HAND_OVER:
	case MESSAGE_IN_FORCE:
	case MESSAGE_CLERK:
	case MESSAGE_REFUSED:
	case MESSAGE_DYING:
	case MESSAGE_FRONT_READY:
	case MESSAGE_RELOAD_FAILED:
	case MESSAGE_NEW_CONFIG:
	case MESSAGE_ORDER:
	case MESSAGE_ANSWER:
	case MESSAGE_DRAINED:
	case MESSAGE_STATUS_REQUEST:
	case MESSAGE_CLEAR_COUNTERS:
	case MESSAGE_EVENT:
	case MESSAGE_TRACE:
	case MESSAGE_STATUS_ROUTER:
	case MESSAGE_STATUS_END:
	case MESSAGE_DROP:
	case MESSAGE_ENGINE_LOG:
	case MESSAGE_RELOADED:
	case MESSAGE_RUNNER_WAITS:
	case MESSAGE_OBJECT:
	case MESSAGE_NOTIFY:
	case MESSAGE_RUNNER_LOG:
	case MESSAGE_RUNNER_STATUS:
	case MESSAGE_RUNNER_STATUS_END:
	case MESSAGE_FIFO:
		log_line(LOG_LEVEL_WARNING, "the guard sent a message that is not for the front (type %d)",
			(int)message->type);
		break;
	}
	if (message->fd >= 0)
		close(message->fd);
}

static void guard_ready(struct watch *watch, uint32_t events)
{
	struct front *front = container_of(watch, struct front, guard.watch);
	static char body[MESSAGE_BODY_MAX + 1];
	struct channel_message message;
	int result = channel_receive(watch->fd, &message, body);

	(void)events;
	if (result == 1) {
		take_message(front, &message, body);
	} else if (result == -EPROTO) {
		log_line(LOG_LEVEL_ERROR, "the guard speaks another version: the programs of vigiad do not "
					  "belong together; restart it");
	} else if (result != -EAGAIN) {
		log_line(LOG_LEVEL_ERROR, "the guard has ended, and the front with it");
		front->loop.stop = true;
	}
}

int guard_attach(struct front *front, int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
		return -errno;
	front->guard.watch = (struct watch){.fd = fd, .ready = guard_ready};
	front->guard.pid = getppid();
	return loop_add(&front->loop, &front->guard.watch, EPOLLIN);
}

static int send_body(struct front *front, enum message_type type, const void *body, size_t length)
{
	return channel_send_patiently(front->guard.watch.fd, type, body, length, -1, GUARD_PATIENCE_MS);
}

int guard_send(struct front *front, enum message_type type)
{
	return send_body(front, type, NULL, 0);
}

int guard_ask_upgrade(struct front *front, bool if_new)
{
	const uint8_t body = if_new;

	return send_body(front, MESSAGE_UPGRADE, &body, sizeof(body));
}

/* The answer of the guard, who opens its sockets meanwhile. */
static int hear_place(struct front *front)
{
	struct pollfd wanted = {.fd = front->guard.watch.fd, .events = POLLIN};
	static char body[MESSAGE_BODY_MAX + 1];
	struct channel_message message;
	int result = -EAGAIN;

	while (result == -EAGAIN && poll(&wanted, 1, -1) > 0)
		result = channel_receive(wanted.fd, &message, body);
	if (result < 1 || message.type != MESSAGE_PLACED)
		return -ECANCELED;
	result = message.fd >= 0 && setns(message.fd, CLONE_NEWNET) < 0 ? -errno : 0;
	if (message.fd >= 0)
		close(message.fd);
	front->options.control = front->guard.control = strdup(body);
	return front->options.control ? result : -ENOMEM;
}

int guard_find_place(struct front *front)
{
	const struct conf_process *process = &front->config->conf->global.process;
	struct message_place place;
	int error;

	memset(&place, 0, sizeof(place));
	configuration_copy(place.net_namespace, sizeof(place.net_namespace), process->net_namespace);
	configuration_copy(place.instance, sizeof(place.instance), process->instance_name);
	error = send_body(front, MESSAGE_PLACE, &place, sizeof(place));
	return error < 0 ? error : hear_place(front);
}

int guard_send_config(struct front *front, const struct conf *conf, int fd)
{
	struct message_config about;
	int error;

	configuration_describe(conf, &about);
	error = channel_send_patiently(front->guard.watch.fd, MESSAGE_CONFIG, &about, sizeof(about), fd, GUARD_PATIENCE_MS);
	if (error == 0)
		front->guard.configs++;
	return error;
}

int guard_hand_over(struct front *front, bool offered)
{
	const uint8_t body = offered;

	return send_body(front, MESSAGE_HAND_OVER, &body, sizeof(body));
}

int guard_say_in_force(struct front *front, bool offered)
{
	const uint8_t body = offered;
	const int error = send_body(front, MESSAGE_IN_FORCE, &body, sizeof(body));

	if (error == 0)
		front->guard.configs++;
	return error;
}
