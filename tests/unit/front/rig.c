/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The front under test: see rig.h. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGUMENTS_MAX 24

const char *rig_program;

void rig_init(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	rig->guard = rig->engine = rig->errors = -1;
	strcpy(rig->folder, "/tmp/vigia-front-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->config, sizeof(rig->config), "%s/keepalived.conf", rig->folder);
	snprintf(rig->control, sizeof(rig->control), "%s/run/vigiad.sock", rig->folder);
	snprintf(rig->record, sizeof(rig->record), "%s/trace", rig->folder);
}

void rig_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void remove_in(const char *folder, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	remove(path);
}

void rig_free(struct rig *rig)
{
	if (rig->pid > 0) {
		kill(rig->pid, SIGKILL);
		waitpid(rig->pid, NULL, 0);
	}
	rig_close(&rig->guard);
	rig_close(&rig->engine);
	rig_close(&rig->errors);
	remove_in(rig->folder, "run/vigiad.sock");
	remove_in(rig->folder, "run");
	remove_in(rig->folder, "keepalived.conf");
	remove_in(rig->folder, "trace");
	remove_in(rig->folder, "messages");
	assert_int_equal(rmdir(rig->folder), 0);
}

void rig_write_config(struct rig *rig, const char *text)
{
	FILE *file = fopen(rig->config, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static _Noreturn void become_front(
	struct rig *rig, int guard, int errors, bool console, const char *const *more)
{
	char number[16];
	char *arguments[ARGUMENTS_MAX] = {(char *)(uintptr_t)rig_program, "--config", rig->config,
		"--control", rig->control, "--guard-fd", number};
	size_t count = 7;

	snprintf(number, sizeof(number), "%d", guard);
	if (console)
		arguments[count++] = (char *)(uintptr_t) "--log-console";
	fcntl(guard, F_SETFD, 0);
	dup2(errors, STDERR_FILENO);
	while (more && *more && count < ARGUMENTS_MAX - 1)
		arguments[count++] = (char *)(uintptr_t)*more++;
	execv(rig_program, arguments);
	_exit(127);
}

static void start(struct rig *rig, bool console, const char *const *more)
{
	int guard[2];
	int errors[2];

	assert_int_equal(channel_pair(guard), 0);
	assert_int_equal(pipe2(errors, O_CLOEXEC), 0);
	rig->pid = fork();
	assert_true(rig->pid >= 0);
	if (rig->pid == 0)
		become_front(rig, guard[1], errors[1], console, more);
	close(guard[1]);
	close(errors[1]);
	rig->guard = guard[0];
	rig->errors = errors[0];
}

void rig_start(struct rig *rig, const char *const *more)
{
	start(rig, false, more);
}

void rig_start_ready(struct rig *rig, const char *const *more)
{
	int config;

	start(rig, true, more);
	config = rig_expect(rig, rig->guard, MESSAGE_CONFIG);
	rig_close(&config);
	rig_expect(rig, rig->guard, MESSAGE_FRONT_READY);
}

void rig_attach_engine(struct rig *rig)
{
	char configs[16];
	int ends[2];

	rig_close(&rig->engine);
	assert_int_equal(channel_pair(ends), 0);
	snprintf(configs, sizeof(configs), "%u", rig->configs);
	assert_int_equal(channel_send(rig->guard, MESSAGE_ENGINE, configs, strlen(configs), ends[1]), 0);
	close(ends[1]);
	rig->engine = ends[0];
	/* The guard's socket and those of clients are read in no order: wait until the engine has been taken.
	 */
	rig_say(rig->guard, MESSAGE_LOG, "the engine is attached");
	free(rig_errors(rig, "the engine is attached"));
}

static void wait_readable(int fd)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&wanted, 1, RIG_PATIENCE_MS), 1);
}

bool rig_has_message(int fd)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};

	return poll(&wanted, 1, 0) == 1;
}

int rig_expect(struct rig *rig, int fd, enum message_type type)
{
	struct channel_message message;

	wait_readable(fd);
	assert_int_equal(channel_receive(fd, &message, rig->body), 1);
	assert_int_equal(message.type, type);
	rig->configs += type == MESSAGE_CONFIG || type == MESSAGE_IN_FORCE;
	return message.fd;
}

void rig_expect_end(int fd)
{
	char byte;

	wait_readable(fd);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
}

void rig_say(int fd, enum message_type type, const char *text)
{
	assert_int_equal(channel_send(fd, type, text, text ? strlen(text) : 0, -1), 0);
}

int rig_wait(struct rig *rig)
{
	int status;

	assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
	rig->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *rig_errors(struct rig *rig, const char *until)
{
	char *all = calloc(1, 65536);
	size_t length = 0;

	assert_non_null(all);
	while (length < 65535) {
		ssize_t got;

		wait_readable(rig->errors);
		got = read(rig->errors, all + length, 1);
		if (got <= 0)
			break;
		length += (size_t)got;
		if (until && all[length - 1] == '\n' && strstr(all, until))
			break;
	}
	return all;
}

char *rig_read_fd(int fd)
{
	char *all = calloc(1, 65536);

	assert_non_null(all);
	assert_true(pread(fd, all, 65535, 0) >= 0);
	return all;
}

char *rig_read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *all;

	assert_true(fd >= 0);
	all = rig_read_fd(fd);
	close(fd);
	return all;
}

int rig_connect(const struct rig *rig)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(rig->control) < sizeof(address.sun_path));
	memcpy(address.sun_path, rig->control, strlen(rig->control));
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	return client;
}

void rig_send(int client, const char *text)
{
	size_t length = strlen(text);

	assert_int_equal(send(client, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

void rig_wait_read(int client)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int unread = 1;

	for (int tries = 0; unread > 0 && tries < RIG_PATIENCE_MS; tries++) {
		assert_int_equal(ioctl(client, SIOCOUTQ, &unread), 0);
		if (unread > 0)
			nanosleep(&pause, NULL);
	}
	assert_int_equal(unread, 0);
}

json_t *rig_answer(int client)
{
	static char line[1 << 20];
	size_t length = 0;
	json_t *answer;

	while (length < sizeof(line) - 1) {
		wait_readable(client);
		if (recv(client, line + length, 1, 0) <= 0)
			break;
		if (line[length++] == '\n')
			break;
	}
	line[length] = '\0';
	if (length == 0)
		return NULL;
	answer = json_loads(line, 0, NULL);
	assert_non_null(answer);
	return answer;
}

void rig_expect_error(int client, const char *part)
{
	json_t *answer = rig_answer(client);
	const char *error = json_string_value(json_object_get(answer, "error"));

	assert_true(json_is_false(json_object_get(answer, "ok")));
	if (!error || !strstr(error, part))
		fail_msg("\"%s\" is not in: %s", part, error ? error : "(nothing)");
	json_decref(answer);
}
