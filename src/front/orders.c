/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Orders of an administrator (drain, resume, takeover) go to the engine, with a number, and its answer goes to the client
 * that gave the order. The engine answers when it is done, which may take as long as a successor needs; a client that
 * hangs up meanwhile takes nothing back.
 */
#include "front/front.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "front/client.h"
#include "front/log.h"

#define TIMEOUT_MAX 86400 /* seconds */

static const char *const words[ENGINE_ORDER_COUNT] = {
	[ENGINE_DRAIN] = "drain", [ENGINE_RESUME] = "resume", [ENGINE_TAKEOVER] = "takeover"};

/* ENGINE_ORDER_COUNT: it is none. */
static unsigned kind_of(const char *command)
{
	unsigned kind = 0;

	while (kind < ENGINE_ORDER_COUNT && strcmp(words[kind], command) != 0)
		kind++;
	return kind;
}

/* NULL, or what is wrong. */
static const char *read_order(const json_t *request, struct message_order *order)
{
	const json_t *name = json_object_get(request, "name");
	const json_t *timeout = json_object_get(request, "timeout");
	const json_t *force = json_object_get(request, "force");

	order->all = name == NULL;
	if (name && (!json_is_string(name) || json_string_length(name) >= sizeof(order->name)))
		return "\"name\" must be a text, the name of a virtual router or a sync group";
	if (name)
		strcpy(order->name, json_string_value(name));
	if ((timeout || force) && order->kind != ENGINE_DRAIN)
		return "\"timeout\" and \"force\" are for drain alone";
	if (timeout && (!json_is_number(timeout) || json_number_value(timeout) < 0.001 ||
			       json_number_value(timeout) > TIMEOUT_MAX))
		return "\"timeout\" must be a number of seconds, from 0.001 to 86400";
	order->timeout = (int64_t)(json_number_value(timeout) * (double)DUR_S);
	if (force && !json_is_boolean(force))
		return "\"force\" must be true or false";
	order->force = json_is_true(force);
	return NULL;
}

static const char *why_not_sent(const struct front *front, int error)
{
	if (error == -EAGAIN)
		return "the engine does not read what it is asked";
	return front->engine.attached == 0 ? "the engine has not started yet" : "the engine is dead";
}

bool order_take(struct client *client, const char *command, const json_t *request)
{
	struct front *front = client->front;
	struct message_order order = {.kind = (uint8_t)kind_of(command)};
	const char *problem;
	int error;

	if (order.kind == ENGINE_ORDER_COUNT)
		return false;
	problem = read_order(request, &order);
	if (problem) {
		client_refuse(client, problem);
		return true;
	}
	order.number = ++front->orders;
	error = engine_send_body(front, MESSAGE_ORDER, &order, sizeof(order));
	if (error < 0) {
		client_refuse(client, why_not_sent(front, error));
		return true;
	}
	client->wait = CLIENT_IN_ORDER;
	client->order = order.number;
	log_line(LOG_LEVEL_NOTICE, "told to %s %s", words[order.kind], order.all ? "all" : order.name);
	return true;
}

static void give(struct front *front, json_int_t number, const json_t *answer)
{
	for (size_t i = 0; i < front->control.client_count; i++) {
		struct client *client = front->control.clients[i];

		if (client->wait != CLIENT_IN_ORDER || (number > 0 && client->order != number))
			continue;
		client_answer(client, answer);
		loop_change(&front->loop, &client->watch, EPOLLOUT);
	}
	guard_quit_when_idle(front);
}

static void log_part(const json_t *part)
{
	log_line(json_is_true(json_object_get(part, "ok")) ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING, "%s: %s",
		json_string_value(json_object_get(part, "name")), json_string_value(json_object_get(part, "text")));
}

void order_answer(struct front *front, const char *line, size_t length)
{
	json_t *answer = json_loadb(line, length, 0, NULL);
	json_int_t number = json_integer_value(json_object_get(answer, "number"));
	const json_t *part;
	size_t i;

	if (number <= 0) {
		log_line(LOG_LEVEL_ERROR, "the engine's answer to an order is none");
		json_decref(answer);
		return;
	}
	json_array_foreach(json_object_get(answer, "instances"), i, part) log_part(part);
	json_object_del(answer, "number");
	give(front, number, answer);
	json_decref(answer);
}

void order_engine_gone(struct front *front)
{
	json_t *answer = json_pack("{s:b, s:s}", "ok", 0, "error", "the engine ended before it was done");

	give(front, 0, answer);
	json_decref(answer);
}
