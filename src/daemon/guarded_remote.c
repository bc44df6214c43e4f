/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that is not our child: the runner that systemd starts for whoever connects to vigiad-runner.socket. It lives as long as
 * its channel does, and ends with it. See guard.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/guard.h"

static int open_channel(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;
	int error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* What would stand on its command line. */
static int say_begin(const struct guard *guard, int channel)
{
	const struct daemon_options *options = guard->options;
	struct message_begin begin;
	int namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int error = namespace < 0 ? -errno : 0;

	memset(&begin, 0, sizeof(begin));
	begin.again = guard->engine_started_before;
	begin.informed = guard->runner_informed;
	begin.all_includes = options->all_includes;
	snprintf(begin.file, sizeof(begin.file), "%s", options->config);
	snprintf(begin.file_id, sizeof(begin.file_id), "%s", options->config_id ? options->config_id : "");
	if (!error)
		error = channel_send(channel, MESSAGE_BEGIN, &begin, sizeof(begin), namespace);

	if (namespace >= 0)
		close(namespace);
	return error ? error : channel_send(channel, MESSAGE_NEW_CONFIG, NULL, 0, guard->config_fd);
}

int guarded_connect(struct guarded *guarded, const char *path)
{
	const struct guard *guard = guarded->guard;
	const int channel = open_channel(path);
	const int end = channel < 0 ? -1 : fcntl(channel, F_DUPFD_CLOEXEC, 0);
	int error = channel < 0 ? channel : end < 0 ? -errno : say_begin(guard, channel);

	if (!error) {
		guarded->channel.fd = channel;
		guarded->end.fd = end;
		guarded->process = (struct child_process){.pidfd = -1};
		guarded->remote = true;
		guarded->started = guard->now;
		guarded->restart_at = MONO_NEVER;
		guarded->ready = false;
		guarded->forbidden_call = -1;
		return 0;
	}
	if (end >= 0)
		close(end);
	if (channel >= 0)
		close(channel);
	return error;
}

void guarded_kill(struct guarded *guarded)
{
	if (guarded->remote)
		shutdown(guarded->channel.fd, SHUT_RDWR);
	else if (guard_kill(guarded->guard, &guarded->process) < 0)
		shutdown(guarded->channel.fd, SHUT_RDWR); /* without a starter: it ends by itself, if it can */
}
