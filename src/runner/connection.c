/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard input as the socket to the guard: see connection.h. */
#include "runner/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error_name.h"
#include "linux/channel.h"
#include "linux/privileges.h"

#define GUARD_PATIENCE_MS 10000

static bool fail(const char *what, int error)
{
	fprintf(stderr, "vigiad: the runner %s: %s\n", what, error_name(error));
	return false;
}

/* Of its effective capabilities. */
static uint64_t capabilities_of(pid_t pid)
{
	unsigned long long mask = 0;
	char line[128];
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/status", (int)pid);
	file = fopen(line, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &mask) == 1)
			break;
	if (file)
		fclose(file);
	return mask;
}

/* Root, and with what the guard has: the front is root, too, where there is no other user for it, but has nothing; and the
 * engine may not connect. */
static bool is_guard(int socket)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == 0 &&
	       (capabilities_of(peer.pid) & PRIVILEGES_NETWORK) == PRIVILEGES_NETWORK;
}

/* The message of that type, which must have a descriptor. */
static int hear(int socket, enum message_type type, struct channel_message *message, char *body)
{
	struct pollfd wanted = {.fd = socket, .events = POLLIN};
	int got = poll(&wanted, 1, GUARD_PATIENCE_MS) > 0 ? channel_receive(socket, message, body) : -ETIMEDOUT;

	if (got <= 0)
		return got < 0 ? got : -EPIPE;
	if (message->type == type && message->fd >= 0)
		return 0;
	if (message->fd >= 0)
		close(message->fd);
	return -EPROTO;
}

static int begin(struct runner_options *options, char *body)
{
	struct channel_message message;
	struct message_begin begin;
	int error = hear(options->guard_fd, MESSAGE_BEGIN, &message, body);

	if (error)
		return error;
	if (message.length != sizeof(begin)) {
		close(message.fd);
		return -EPROTO;
	}
	memcpy(&begin, body, sizeof(begin));
	begin.file[sizeof(begin.file) - 1] = begin.file_id[sizeof(begin.file_id) - 1] = '\0';
	options->again = begin.again;
	options->informed = begin.informed;
	options->how.all_includes = begin.all_includes;
	options->config = strdup(begin.file);
	options->how.config_id = begin.file_id[0] ? strdup(begin.file_id) : NULL;
	if (!options->config || !options->config[0])
		error = -EINVAL;
	/* Made here, as the guard does: process_events.h. */
	options->process_events_fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	if (!error && setns(message.fd, CLONE_NEWNET) < 0)
		error = -errno;
	close(message.fd);
	if (error)
		return error;
	error = hear(options->guard_fd, MESSAGE_NEW_CONFIG, &message, body);
	options->config_fd = error ? -1 : message.fd;
	return error;
}

bool connection_accept(struct runner_options *options)
{
	char *body;
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	int error;

	options->guard_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (nowhere < 0 || options->guard_fd < 0)
		return fail("has no socket as its standard input", -errno);
	fcntl(options->guard_fd, F_SETFL, O_RDWR | O_NONBLOCK);
	dup2(nowhere, STDIN_FILENO);
	close(nowhere);
	if (!is_guard(options->guard_fd))
		return fail("was asked by somebody who is not vigiad", -EPERM);
	body = malloc(MESSAGE_BODY_MAX + 1);
	error = body ? begin(options, body) : -ENOMEM;
	free(body);
	return error ? fail("was not told what to do", error) : true;
}
