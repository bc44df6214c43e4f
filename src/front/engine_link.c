/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link to the engine. Engines come and go; while there is none, nothing it once said is shown as if it
 * were so. */
#include "front/front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front/events.h"
#include "front/log.h"
#include "linux/channel.h"

/* Messages taken before the others get their turn. */
#define MESSAGES_AT_ONCE 64

static void take_message(struct front *front, const struct channel_message *message, const char *body)
{
	switch (message->type) {
	case MESSAGE_EVENT:
		event_log(body, message->length);
		mail_event(front, body, message->length);
		break;
	case MESSAGE_DROP:
		drop_log(body, message->length);
		break;
	case MESSAGE_TRACE:
		recorder_line(&front->recorder, body, message->length);
		break;
	case MESSAGE_STATUS_ROUTER:
		status_router(front, body, message->length);
		break;
	case MESSAGE_STATUS_END:
		status_end(front, body, message->length);
		break;
	case MESSAGE_ENGINE_LOG:
		log_text(LOG_LEVEL_NOTICE, body);
		break;
	case MESSAGE_RELOADED:
		reload_confirmed(front);
		break;
	case MESSAGE_ANSWER:
		order_answer(front, body, message->length);
		break;
	case MESSAGE_SAVE:
	case MESSAGE_GO_ON:
	case MESSAGE_SUCCEED:
	case MESSAGE_WAITING:
	case MESSAGE_SAVED:
	case MESSAGE_UPGRADE:
	case MESSAGE_UPGRADED:
	case MESSAGE_PLACED:
	case MESSAGE_PLACE:
	case MESSAGE_STOP:
	case MESSAGE_STOP_NOW:
	case MESSAGE_FRONT:
	case MESSAGE_READY:
	case MESSAGE_STOPPED:
	case MESSAGE_SCHEDULE:
	case MESSAGE_FORBIDDEN:
	case MESSAGE_BEGIN:
	case MESSAGE_ENGINE:
	case MESSAGE_ENGINE_DEAD:
	case MESSAGE_RELOAD:
	case MESSAGE_QUIT:
	case MESSAGE_LOG:
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
	case MESSAGE_DRAINED:
	case MESSAGE_STATUS_REQUEST:
	case MESSAGE_CLEAR_COUNTERS:
	case MESSAGE_DUMP:
	case MESSAGE_RUNNER:
	case MESSAGE_RUNNER_WAITS:
	case MESSAGE_OBJECT:
	case MESSAGE_NOTIFY:
	case MESSAGE_RUNNER_LOG:
	case MESSAGE_RUNNER_STATUS:
	case MESSAGE_RUNNER_STATUS_END:
	case MESSAGE_FIFO:
		log_line(LOG_LEVEL_WARNING, "the engine sent a message that is not for the front (type %d)",
			(int)message->type);
		break;
	}
	if (message->fd >= 0)
		close(message->fd);
}

/* Takes up to `limit` messages. 1: there may be more; 0: none now; -1: the engine has closed its end. */
static int take_messages(struct front *front, unsigned limit)
{
	static char body[MESSAGE_BODY_MAX + 1];
	struct channel_message message;

	for (unsigned i = 0; i < limit; i++) {
		int result = channel_receive(front->engine.watch.fd, &message, body);

		if (result == -EAGAIN)
			return 0;
		if (result == -EPROTO)
			log_line(LOG_LEVEL_ERROR,
				"the engine speaks another version: the programs of vigiad do "
				"not belong together; restart it");
		if (result != 1)
			return -1;
		front->engine.pid = message.sender;
		take_message(front, &message, body);
	}
	return 1;
}

void engine_close(struct front *front)
{
	struct engine_link *engine = &front->engine;

	if (engine->watch.fd < 0)
		return;
	loop_remove(&front->loop, &engine->watch);
	close(engine->watch.fd);
	engine->watch.fd = -1;
	engine->pid = 0;
	status_engine_gone(front);
	reload_engine_gone(front);
	order_engine_gone(front);
}

static void engine_ready(struct watch *watch, uint32_t events)
{
	struct front *front = container_of(watch, struct front, engine.watch);

	(void)events;
	if (take_messages(front, MESSAGES_AT_ONCE) < 0)
		engine_close(front);
}

void engine_drain(struct front *front)
{
	while (front->engine.watch.fd >= 0 && take_messages(front, MESSAGES_AT_ONCE) == 1)
		;
}

void engine_attach(struct front *front, int fd, unsigned configs)
{
	int on = 1;

	engine_drain(front);
	engine_close(front);
	front->engine.watch = (struct watch){.fd = fd, .ready = engine_ready};
	front->engine.attached++;
	setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	if (loop_add(&front->loop, &front->engine.watch, EPOLLIN) == 0) {
		reload_engine_came(front, configs);
		return;
	}
	log_line(LOG_LEVEL_ERROR, "the socket to the engine cannot be used: %s", strerror(errno));
	close(fd);
	front->engine.watch.fd = -1;
}

void engine_died(struct front *front, const char *how)
{
	log_line(LOG_LEVEL_ERROR, "the engine died: %s", how);
	free(front->engine.death);
	front->engine.death = strdup(how);
	engine_drain(front);
	engine_close(front);
}

int engine_send_body(struct front *front, enum message_type type, const void *body, size_t length)
{
	if (front->engine.watch.fd < 0)
		return -ENOTCONN;
	return channel_send(front->engine.watch.fd, type, body, length, -1);
}

int engine_send(struct front *front, enum message_type type, int fd)
{
	if (front->engine.watch.fd < 0)
		return -ENOTCONN;
	return channel_send(front->engine.watch.fd, type, NULL, 0, fd);
}
