/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link to the runner: its lines for the log, and its part of the status. There may be none. */
#include "front/front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "front/log.h"
#include "linux/channel.h"

/* Messages taken before the others get their turn. */
#define MESSAGES_AT_ONCE 64

/* "4 text" */
static void log_of(const char *line)
{
	const enum log_level level = (enum log_level)(line[0] - '0');

	if (line[0] >= '0' + LOG_LEVEL_ERROR && line[0] <= '0' + LOG_LEVEL_DETAIL && line[1] == ' ')
		log_line(level, "%s", line + 2);
}

/* {"list":NAME, ...}: an entry of that list. */
static void take_status(struct runner_link *runner, const char *line, size_t length)
{
	json_t *entry = json_loadb(line, length, 0, NULL);
	const char *name = json_string_value(json_object_get(entry, "list"));
	json_t *list;

	if (name && runner->lists) {
		list = json_object_get(runner->lists, name);
		if (!list) {
			list = json_array();
			json_object_set_new(runner->lists, name, list);
		}
		json_array_append(list, entry);
		json_object_del(entry, "list");
	}
	json_decref(entry);
}

static void take_message(struct front *front, const struct channel_message *message, const char *body)
{
	if (message->type == MESSAGE_RUNNER_LOG)
		log_of(body);
	if (message->type == MESSAGE_RUNNER_STATUS)
		take_status(&front->runner, body, message->length);
	if (message->type == MESSAGE_RUNNER_STATUS_END) {
		front->runner.asked = false;
		status_runner_end(front);
	}
	if (message->fd >= 0)
		close(message->fd);
}

static void runner_ready(struct watch *watch, uint32_t events)
{
	struct front *front = container_of(watch, struct front, runner.watch);
	static char body[MESSAGE_BODY_MAX + 1];
	struct channel_message message;

	(void)events;
	for (unsigned i = 0; i < MESSAGES_AT_ONCE; i++) {
		int result = channel_receive(watch->fd, &message, body);

		if (result == -EAGAIN)
			return;
		if (result != 1) {
			runner_close(front);
			return;
		}
		take_message(front, &message, body);
	}
}

void runner_close(struct front *front)
{
	struct runner_link *runner = &front->runner;

	json_decref(runner->lists);
	runner->lists = NULL;
	if (runner->watch.fd < 0)
		return;
	loop_remove(&front->loop, &runner->watch);
	close(runner->watch.fd);
	runner->watch.fd = -1;
	if (runner->asked)
		status_runner_end(front);
	runner->asked = false;
}

void runner_attach(struct front *front, int fd)
{
	runner_close(front);
	front->runner.watch = (struct watch){.fd = fd, .ready = runner_ready};
	front->runner.attached++;
	if (loop_add(&front->loop, &front->runner.watch, EPOLLIN) == 0)
		return;
	log_line(LOG_LEVEL_ERROR, "the socket to the runner cannot be used");
	close(fd);
	front->runner.watch.fd = -1;
}

bool runner_ask(struct front *front)
{
	struct runner_link *runner = &front->runner;

	json_decref(runner->lists);
	runner->lists = json_object();
	/* An answer that is overdue is waited for, and not asked for again. */
	if (runner->watch.fd < 0 || runner->asked ||
		channel_send(runner->watch.fd, MESSAGE_STATUS_REQUEST, NULL, 0, -1) < 0)
		return false;
	runner->asked = true;
	return true;
}
