/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client of the control socket: a line in, an answer out, one at a time. While an answer is being made or
 * written nothing more is read from it, so a client costs one line and one answer at most, however slow it
 * is.
 */
#include "front/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front/json_text.h"

#define EXPECTED "expected one line such as {\"command\":\"status\"}"

static void drop_output(struct client *client)
{
	answer_release(client->output);
	client->output = NULL;
}

static void client_ready(struct watch *watch, uint32_t events)
{
	struct client *client = container_of(watch, struct client, watch);

	/* Hung up: nobody is left to read an answer. */
	if (events & (EPOLLHUP | EPOLLERR)) {
		client->ended = true;
		client->closing = true;
		client->wait = CLIENT_IDLE;
		drop_output(client);
	}
	control_go(client);
}

static void write_timed_out(struct timer *timer)
{
	struct client *client = container_of(timer, struct client, write_timeout);

	client->closing = true;
	drop_output(client);
	control_go(client);
}

struct client *client_new(struct front *front, int fd, enum client_right right)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client)
		client->input = malloc(CLIENT_LINE_MAX);
	if (!client || !client->input) {
		free(client);
		close(fd);
		return NULL;
	}
	client->front = front;
	client->right = right;
	client->active = clock_now();
	client->watch = (struct watch){.fd = fd, .ready = client_ready};
	client->write_timeout.fire = write_timed_out;
	loop_add(&front->loop, &client->watch, EPOLLIN);
	return client;
}

void client_free(struct client *client)
{
	loop_set_timer(&client->front->loop, &client->write_timeout, MONO_NEVER);
	loop_remove(&client->front->loop, &client->watch);
	close(client->watch.fd);
	free(client->input);
	drop_output(client);
	free(client);
}

void client_answer_with(struct client *client, struct answer *answer)
{
	client->wait = CLIENT_IDLE;
	client->active = clock_now();
	if (!answer) {
		client->closing = true;
		return;
	}
	client->output = answer_hold(answer);
	client->output_done = 0;
}

void client_answer(struct client *client, const json_t *json)
{
	struct answer *answer = answer_of_json(json);

	client_answer_with(client, answer);
	answer_release(answer);
}

void client_refuse(struct client *client, const char *error)
{
	json_t *answer = json_pack("{s:b, s:o}", "ok", 0, "error", json_text(error));

	client_answer(client, answer);
	json_decref(answer);
}

static void run_command(struct client *client, const char *command, const json_t *request)
{
	char text[160];

	/* Whatever only reads stands before this line. */
	if (strcmp(command, "status") == 0) {
		client->wait = json_is_true(json_object_get(request, "brief")) ? CLIENT_WANTS_BRIEF : CLIENT_WANTS_STATUS;
		status_run(client->front);
	} else if (client->right != CLIENT_MAY_CHANGE) {
		client_refuse(client, "only root may change anything; you may ask for the status");
	} else if (strcmp(command, "reload") == 0) {
		client->wait = CLIENT_WANTS_RELOAD;
		reload_run(client->front);
	} else if (strcmp(command, "upgrade") == 0 || strcmp(command, "upgrade-if-new") == 0) {
		client->wait = CLIENT_IN_UPGRADE;
		if (guard_ask_upgrade(client->front, strcmp(command, "upgrade") != 0) < 0)
			client_refuse(client, "the guard is too busy to be asked; try again");
	} else if (!order_take(client, command, request)) {
		snprintf(text, sizeof(text),
			"there is no command \"%.64s\"; there are status, reload, upgrade, drain, resume and takeover",
			command);
		client_refuse(client, text);
	}
}

static void run_line(struct client *client, const char *line, size_t length)
{
	char text[JSON_ERROR_TEXT_LENGTH + 128];
	json_error_t error;
	json_t *request = json_loadb(line, length, 0, &error);
	const char *command = json_string_value(json_object_get(request, "command"));

	if (!request) {
		snprintf(text, sizeof(text), "this line is no JSON (%s, column %d); " EXPECTED, error.text,
			error.column);
		client_refuse(client, text);
	} else if (!command) {
		client_refuse(client, "this line has no \"command\" with a text in it; " EXPECTED);
	} else {
		run_command(client, command, request);
	}
	json_decref(request);
}

/* Runs the first line of the input, if it is whole. false: it is not. */
static bool take_line(struct client *client)
{
	char *newline = memchr(client->input, '\n', client->input_length);
	size_t length = newline ? (size_t)(newline - client->input) : client->input_length;
	char *line;

	if (!newline && client->input_length == CLIENT_LINE_MAX) {
		client->closing = true;
		client_refuse(client, "a line is longer than 64 KiB; " EXPECTED);
		return true;
	}
	if (!newline && (!client->ended || length == 0))
		return false;
	line = malloc(length + 1);
	if (line)
		memcpy(line, client->input, length);
	client->input_length -= length + (newline ? 1 : 0);
	memmove(client->input, client->input + length + (newline ? 1 : 0), client->input_length);
	if (!line)
		client->closing = true;
	else
		run_line(client, line, length);
	free(line);
	return true;
}

/* true: something came, or the end did. */
static bool read_input(struct client *client)
{
	ssize_t got = recv(client->watch.fd, client->input + client->input_length,
		CLIENT_LINE_MAX - client->input_length, MSG_DONTWAIT);

	if (got > 0) {
		client->input_length += (size_t)got;
		client->active = clock_now();
		client->spoke = true;
		return true;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	client->ended = true;
	return true;
}

static void write_output(struct client *client)
{
	struct loop *loop = &client->front->loop;
	ssize_t sent = send(client->watch.fd, client->output->text + client->output_done,
		client->output->length - client->output_done, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		client->closing = true;
	if (sent > 0)
		client->output_done += (size_t)sent;
	if (client->output_done == client->output->length || (sent < 0 && client->closing)) {
		drop_output(client);
		loop_set_timer(loop, &client->write_timeout, MONO_NEVER);
	} else if (sent > 0 || !timer_is_set(&client->write_timeout)) {
		loop_set_timer(loop, &client->write_timeout, mono_add(clock_now(), CLIENT_WRITE_TIMEOUT));
	}
}

void client_flush(struct client *client)
{
	if (client->output)
		write_output(client);
}

bool client_go(struct client *client)
{
	for (;;) {
		if (client->output)
			write_output(client);
		if (client->output || client->wait != CLIENT_IDLE)
			break;
		if (client->closing)
			return false;
		if (take_line(client))
			continue;
		if (client->ended)
			return false;
		if (!read_input(client))
			break;
	}
	loop_change(&client->front->loop, &client->watch,
		client->output                ? EPOLLOUT
		: client->wait == CLIENT_IDLE ? EPOLLIN
					      : 0);
	return true;
}
