/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The front's side of it: see clerk.h. */
#include "front/clerk.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "front/configuration.h"
#include "front/front.h"
#include "front/log.h"
#include "front/memory_file.h"
#include "linux/channel.h"

static void lost(struct front *front)
{
	if (!front->clerk.lost)
		log_line(LOG_LEVEL_ERROR, "the front's clerk has died, and the front ends with it");
	front->clerk.lost = true;
	front->loop.stop = true;
}

/* It says nothing unasked: that is its end. */
static void clerk_ready(struct watch *watch, uint32_t events)
{
	struct front *front = container_of(watch, struct front, clerk.watch);

	(void)events;
	loop_remove(&front->loop, watch);
	lost(front);
}

static void close_pair(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

int clerk_start(struct front *front, const struct control_place *place)
{
	int ends[2], log[2];
	int error = channel_pair(ends);
	pid_t pid;

	if (error)
		return error;
	error = channel_pair(log);
	pid = error ? -1 : fork();
	if (pid == 0)
		clerk_run(front, place, ends[1], log[1]);
	if (pid < 0) {
		error = error ? error : -errno;
		close_pair(ends);
		return error;
	}
	close(ends[1]);
	close(log[1]);
	front->clerk.pid = pid;
	front->clerk.log = log[0];
	front->clerk.watch = (struct watch){.fd = ends[0], .ready = clerk_ready};
	return loop_add(&front->loop, &front->clerk.watch, EPOLLIN);
}

void clerk_stop(struct front *front)
{
	struct clerk *clerk = &front->clerk;

	if (clerk->pid <= 0)
		return;
	close(clerk->watch.fd);
	waitpid(clerk->pid, NULL, 0);
	clerk->pid = 0;
	clerk->lost = true;
}

/* body: for a message. 0 or -errno; got as in clerk_ask. */
static int receive(int socket, char *body, struct clerk_answer *answer, int *got)
{
	struct pollfd wanted = {.fd = socket, .events = POLLIN};
	struct channel_message message;
	int result;

	do {
		poll(&wanted, 1, -1);
		result = channel_receive(socket, &message, body);
	} while (result == -EAGAIN || result == -EINTR);
	if (result <= 0 || message.length != sizeof(*answer))
		return -EPIPE;
	memcpy(answer, body, sizeof(*answer));
	if (got)
		*got = message.fd;
	else if (message.fd >= 0)
		close(message.fd);
	return 0;
}

static int hear(struct front *front, struct clerk_answer *answer, int *got)
{
	static char body[MESSAGE_BODY_MAX + 1];
	const int error = receive(front->clerk.watch.fd, body, answer, got);

	if (error)
		lost(front);
	return error;
}

/* In the thread of the log: what others write, it does not touch. */
int clerk_open_log(void *user)
{
	static char body[MESSAGE_BODY_MAX + 1];
	const struct front *front = user;
	const struct clerk_request request = {.errand = CLERK_LOG};
	struct clerk_answer answer;
	int fd = -1;
	int error = channel_send(front->clerk.log, MESSAGE_CLERK, &request, sizeof(request), -1);

	if (!error)
		error = receive(front->clerk.log, body, &answer, &fd);
	if (!error)
		error = answer.error;
	return error ? error : fd < 0 ? -EIO : fd;
}

int clerk_ask(struct front *front, const struct clerk_request *request, int fd, struct clerk_answer *answer, int *got)
{
	int error;

	if (got)
		*got = -1;
	*answer = (struct clerk_answer){0};
	if (front->clerk.lost)
		return -EPIPE;
	error = channel_send(front->clerk.watch.fd, MESSAGE_CLERK, request, sizeof(*request), fd);
	if (!error)
		error = hear(front, answer, got);
	return error ? error : answer->error;
}

/* fd is closed. */
static char *take_text(int fd)
{
	size_t length;
	char *text = fd >= 0 ? memory_read(fd, &length) : NULL;

	if (fd >= 0)
		close(fd);
	return text;
}

enum clerk_outcome clerk_read(struct front *front, bool may_be_same, char **text, int *config)
{
	const struct clerk_request request = {.errand = CLERK_READ, .may_be_same = may_be_same};
	struct clerk_answer answer, more;
	int said;
	int error = clerk_ask(front, &request, -1, &answer, &said);

	*config = -1;
	*text = take_text(said);
	if (!error && answer.outcome == CLERK_FINE)
		error = hear(front, &more, config);
	if (!error && (answer.outcome != CLERK_FINE || *config >= 0))
		return (enum clerk_outcome)answer.outcome;
	free(*text);
	if (asprintf(text, "the configuration could not be read: %s", strerror(-error)) < 0)
		*text = NULL;
	return CLERK_REFUSED;
}

int clerk_store(struct front *front, const struct clerk_request *request, char *text, size_t length, struct clerk_answer *answer)
{
	int fd = text ? memory_write("vigia-dump", text, length) : -ENOMEM;
	int error = fd;

	free(text);
	*answer = (struct clerk_answer){0};
	if (fd >= 0) {
		error = clerk_ask(front, request, fd, answer, NULL);
		close(fd);
	}
	return error;
}
