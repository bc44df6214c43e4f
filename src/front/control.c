/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clients of the control socket, all of them: who may be one, how many, and who waits for what. */
#include "front/front.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front/client.h"
#include "front/log.h"

#define FRESH DUR_S
#define GROUPS_MAX 1024 /* of a client; one who is in more is known by the first ones alone */

static void forget(struct control *control, struct client *client)
{
	for (size_t i = 0; i < control->client_count; i++)
		if (control->clients[i] == client) {
			control->clients[i] = control->clients[--control->client_count];
			break;
		}
	client_free(client);
}

void control_go(struct client *client)
{
	if (!client_go(client))
		forget(&client->front->control, client);
}

/* Who has just connected is about to say what it wants. */
static bool may_go(const struct client *client)
{
	return client->wait == CLIENT_IDLE && (client->spoke || mono_due(mono_add(client->active, FRESH), clock_now()));
}

/* Room for one more: of those who wait for nothing, the one that has been silent longest goes. */
static bool make_room(struct control *control)
{
	struct client *oldest = NULL;

	if (control->client_count < CLIENTS_MAX)
		return true;
	for (size_t i = 0; i < control->client_count; i++) {
		struct client *client = control->clients[i];

		if (may_go(client) && (!oldest || mono_before(client->active, oldest->active)))
			oldest = client;
	}
	if (!oldest)
		return false;
	forget(control, oldest);
	return true;
}

static bool is_member(int fd, const struct ucred *peer, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t length = sizeof(groups);

	if (peer->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0)
		return false;
	for (size_t i = 0; i < length / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* What the kernel knows of who connected. */
static enum client_right right_of(int fd, const struct control *control)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return CLIENT_MAY_NOTHING;
	if (peer.uid == 0 || peer.uid == control->owner)
		return CLIENT_MAY_CHANGE;
	return is_member(fd, &peer, control->group) ? CLIENT_MAY_READ : CLIENT_MAY_NOTHING;
}

static void turn_away(int fd, const char *answer)
{
	/* Fits an empty socket buffer; if it does not, the close says enough. */
	send(fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void listener_ready(struct watch *watch, uint32_t events)
{
	struct front *front = container_of(watch, struct front, control.watch);
	struct control *control = &front->control;
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;
	enum client_right right;

	(void)events;
	if (fd < 0)
		return;
	right = right_of(fd, control);
	if (right == CLIENT_MAY_NOTHING) {
		turn_away(fd, "{\"ok\":false,\"error\":\"only root, the user vigiad runs as and the group of the "
			      "control socket may ask\"}\n");
		return;
	}
	if (!make_room(control)) {
		turn_away(
			fd, "{\"ok\":false,\"busy\":true,\"error\":\"too many clients at once; try again\"}\n");
		return;
	}
	client = client_new(front, fd, right);
	if (client)
		control->clients[control->client_count++] = client;
}

int control_start(struct front *front, int fd, gid_t group)
{
	front->control.group = group;
	front->control.owner = geteuid();
	front->control.watch = (struct watch){.fd = fd, .ready = listener_ready};
	return loop_add(&front->loop, &front->control.watch, EPOLLIN);
}

bool control_has(const struct front *front, enum client_wait wait)
{
	for (size_t i = 0; i < front->control.client_count; i++)
		if (front->control.clients[i]->wait == wait)
			return true;
	return false;
}

void control_move(struct front *front, enum client_wait from, enum client_wait to)
{
	for (size_t i = 0; i < front->control.client_count; i++)
		if (front->control.clients[i]->wait == from)
			front->control.clients[i]->wait = to;
}

void control_answer(struct front *front, enum client_wait wait, const json_t *json)
{
	struct answer *answer = control_has(front, wait) ? answer_of_json(json) : NULL;

	control_answer_with(front, wait, answer);
	answer_release(answer);
}

void control_answer_with(struct front *front, enum client_wait wait, struct answer *answer)
{
	for (size_t i = 0; i < front->control.client_count; i++) {
		struct client *client = front->control.clients[i];

		if (client->wait != wait)
			continue;
		client_answer_with(client, answer);
		/* Written by the loop: running the client here could free it, and begin the next request. */
		loop_change(&front->loop, &client->watch, EPOLLOUT);
	}
}

void control_close(struct front *front)
{
	if (front->control.watch.fd < 0)
		return;
	loop_remove(&front->loop, &front->control.watch);
	close(front->control.watch.fd);
	front->control.watch.fd = -1;
}

void control_stop(struct front *front)
{
	struct control *control = &front->control;

	while (control->client_count > 0) {
		client_flush(control->clients[0]);
		forget(control, control->clients[0]);
	}
	control_close(front);
}
