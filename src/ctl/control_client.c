/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question, one answer: see control_client.h. */
#include "ctl/control_client.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BUSY_TRIES 50
#define BUSY_PAUSE_MS 100

/* Nothing is printed where nobody's answer is an answer, too. */
static bool quiet;

static enum command_exit not_running(const char *path)
{
	if (!quiet)
		fprintf(stderr, "vigiad is not running (no answer at %s)\n", path);
	return COMMAND_NOT_RUNNING;
}

static enum command_exit connect_to(const char *path, unsigned timeout_seconds, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval timeout = {.tv_sec = timeout_seconds};

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "vigia: the path of the control socket is too long: %s\n", path);
		return COMMAND_USAGE;
	}
	strcpy(address.sun_path, path);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0) {
		fprintf(stderr, "vigia: socket: %s\n", strerror(errno));
		return COMMAND_FAILED;
	}
	setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(*fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return COMMAND_OK;

	int error = errno;

	close(*fd);
	if (error == EACCES || error == EPERM) {
		fprintf(stderr, "vigia: %s: %s; only root and the group of this socket may ask vigiad\n", path, strerror(error));
		return COMMAND_FAILED;
	}
	return not_running(path);
}

/* The answer's line; "" when the daemon ends first, NULL when it does not answer in time. To be freed. */
static char *read_line(int fd)
{
	char *line = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&line, &length);
	char buffer[16384];
	ssize_t got = 1;

	if (!out)
		return NULL;
	while (got > 0) {
		got = recv(fd, buffer, sizeof(buffer), 0);
		if (got > 0)
			fwrite(buffer, 1, (size_t)got, out);
		if (got > 0 && memchr(buffer, '\n', (size_t)got))
			break;
	}
	if (fclose(out) != 0 || (got < 0 && errno != ECONNRESET)) {
		free(line);
		return NULL;
	}
	return line;
}

/* The answer to one line, as read_line. */
static char *exchange(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t length = text ? strlen(text) : 0;
	char *line;

	if (!text)
		return NULL;
	text[length] = '\n'; /* in the place of the NUL */
	/* Who is turned away may have been told why before it could ask. */
	(void)!send(fd, text, length + 1, MSG_NOSIGNAL);
	line = read_line(fd);
	free(text);
	return line;
}

enum command_exit control_request(
	const char *path, const char *command, unsigned timeout_seconds, json_t **answer)
{
	json_t *request = json_pack("{s:s}", "command", command);
	enum command_exit result = control_ask(path, request, timeout_seconds, answer);

	json_decref(request);
	return result;
}

static enum command_exit ask_once(const char *path, const json_t *request, unsigned timeout_seconds, json_t **answer)
{
	int fd;
	enum command_exit result = connect_to(path, timeout_seconds, &fd);
	char *line;

	if (result != COMMAND_OK)
		return result;
	line = exchange(fd, request);
	close(fd);
	if (!line) {
		fprintf(stderr, "vigia: vigiad at %s does not answer\n", path);
		return COMMAND_FAILED;
	}
	if (*line == '\0') {
		free(line);
		return not_running(path);
	}
	*answer = json_loads(line, 0, NULL);
	free(line);
	if (*answer)
		return COMMAND_OK;
	fprintf(stderr, "vigia: what answers at %s is no vigiad\n", path);
	return COMMAND_FAILED;
}

/* One of a crowd is turned away while others wait for their answers, mostly for some milliseconds. */
enum command_exit control_ask(const char *path, const json_t *request, unsigned timeout_seconds, json_t **answer)
{
	const struct timespec pause = {.tv_nsec = BUSY_PAUSE_MS * 1000000L};
	enum command_exit result = ask_once(path, request, timeout_seconds, answer);

	for (unsigned tries = 1; tries < BUSY_TRIES && result == COMMAND_OK && json_is_true(json_object_get(*answer, "busy")); tries++) {
		json_decref(*answer);
		nanosleep(&pause, NULL);
		result = ask_once(path, request, timeout_seconds, answer);
	}
	return result;
}

bool control_try(const char *path, const char *command, unsigned timeout_seconds, json_t **answer)
{
	enum command_exit result;

	quiet = true;
	result = control_request(path, command, timeout_seconds, answer);
	quiet = false;
	return result == COMMAND_OK;
}

bool control_parse(int argc, char **argv, const char *usage, struct control_line *line, int *exit)
{
	const struct option options[] = {
		{"control", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{line->flag, no_argument, NULL, 'f'}, /* the end, where there is none */
		{NULL, 0, NULL, 0},
	};
	int option;

	line->path = CONTROL_PATH_DEFAULT;
	*exit = COMMAND_OK;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return false;
		}
		if (option == '?') {
			*exit = COMMAND_USAGE;
			break;
		}
		if (option == 'c')
			line->path = optarg;
		line->flag_given = line->flag_given || option == 'f';
	}
	if (optind < argc && !line->takes_names)
		*exit = COMMAND_USAGE;
	if (*exit != COMMAND_OK)
		fputs(usage, stderr);
	return *exit == COMMAND_OK;
}
