/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clerk's own life: see clerk.h. Nothing here logs: the front does, which is told. */
#include "front/clerk.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "conf/fresh_file.h"
#include "conf/memory.h"
#include "front/configuration.h"
#include "front/front.h"
#include "front/log_file.h"
#include "front/memory_file.h"
#include "front/places.h"
#include "linux/channel.h"
#include "linux/own_file.h"
#include "linux/privileges.h"
#include "linux/syscall_filter.h"

/* What it knows of a configuration. */
struct known {
	struct conf_result result; /* of global_defs alone */
	struct inputs inputs; /* what it was read from */
};

struct office {
	int front;
	int log; /* of the front's log */
	int guard;
	const struct front_options *options;
	const struct control_place *place;
	struct known in_force;
	struct known read; /* by the last CLERK_READ; no conf: nothing was */
	char *body;
	char remark[2 * CLERK_PATH_SIZE]; /* what went wrong beside a reading; empty: nothing */
};

static const struct conf_process *process_of(const struct office *office)
{
	return &office->in_force.result.conf->global.process;
}

static void forget(struct known *known)
{
	conf_result_free(&known->result);
	inputs_free(&known->inputs);
	known->result.conf = NULL;
}

static void answer(const struct office *office, const struct clerk_answer *said, int fd)
{
	struct pollfd room = {.fd = office->front, .events = POLLOUT};

	poll(&room, 1, -1);
	channel_send(office->front, MESSAGE_CLERK, said, sizeof(*said), fd);
	if (fd >= 0)
		close(fd);
}

/* path: for people; NULL: none. */
static void answer_error(const struct office *office, int error, const char *path)
{
	struct clerk_answer said = {.error = error};

	snprintf(said.path, sizeof(said.path), "%s", path ? path : "");
	answer(office, &said, -1);
}

/* fd: of what was opened, or -errno. */
static void answer_opened(const struct office *office, int fd)
{
	answer(office, &(struct clerk_answer){.error = fd < 0 ? fd : 0}, fd < 0 ? -1 : fd);
}

/* What the clerk needs of a configuration: its canonical text, without anything that grows with the network. */
static char *print_global(const struct conf *conf, size_t *length)
{
	const struct conf global = {.global = conf->global};

	return conf_print_alloc(&global, CONF_SECRETS_MASKED, length);
}

static bool know_global(struct known *known, const char *text, size_t length)
{
	conf_load_text(text, length, "configuration", &conf_files_system, &known->result);
	return known->result.conf != NULL;
}

/* What needs a restart: where the daemon runs, and its name. NULL: nothing of that is changed. */
static const char *moved(const struct conf_process *before, const struct conf_process *after)
{
	if (!string_equal(before->net_namespace, after->net_namespace))
		return "net_namespace is not what it was: that takes a restart";
	if (!string_equal(before->instance_name, after->instance_name))
		return "instance is not what it was: that takes a restart";
	return NULL;
}

/* From one descriptor to the other. 0 or -errno. */
static int copy(int from, int to)
{
	char bytes[16384];
	off_t at = 0;
	ssize_t got;

	while ((got = pread(from, bytes, sizeof(bytes), at)) > 0) {
		for (ssize_t done = 0; done < got;) {
			const ssize_t written = write(to, bytes + done, (size_t)(got - done));

			if (written < 0 && errno != EINTR)
				return -errno;
			done += written > 0 ? written : 0;
		}
		at += got;
	}
	return got < 0 ? -errno : 0;
}

/* 0 or -errno. */
static int replace_file(const char *path, int text, mode_t mode)
{
	struct fresh_file file;
	const int error = fresh_file_open(&file, path);

	return error ? error : fresh_file_close(&file, path, mode, copy(text, file.fd));
}

static void remark(struct office *office, const char *what, const char *path, int error)
{
	snprintf(office->remark, sizeof(office->remark), "%s %s: %s\n", what, path ? path : "", strerror(-error));
}

/* reload_check_config with a path. */
static void write_check_log(struct office *office, const char *messages)
{
	const char *path = process_of(office)->reload_check_log;
	int text;
	int error;

	if (!path)
		return;
	text = memory_write("vigia-messages", messages, strlen(messages));
	error = text < 0 ? text : replace_file(path, text, 0644);
	if (error)
		remark(office, "cannot write", path, error);
	if (text >= 0)
		close(text);
}

/* Frees text; NULL: there was no memory for it. */
static void answer_text(const struct office *office, enum clerk_outcome outcome, char *text)
{
	int fd = text ? memory_write("vigia-messages", office->remark, strlen(office->remark)) : -1;

	if (fd >= 0)
		memory_append(fd, text, strlen(text));
	answer(office, &(struct clerk_answer){.outcome = (uint8_t)outcome}, fd);
	free(text);
}

static void refuse(struct office *office, char *why)
{
	if (why)
		write_check_log(office, why);
	answer_text(office, CLERK_REFUSED, why ? why : strdup("there is no memory to say what is wrong"));
}

/* The answer, and what the clerk itself keeps of it, into two memory files. false: it was refused. */
static bool hand_out(struct office *office, const struct conf_result *result, const struct inputs *inputs, const int kept[2])
{
	char warning[CLERK_PATH_SIZE] = "";
	char *warnings = configuration_messages(office->options, result);
	char *all = NULL;
	size_t length;
	char *global = print_global(result->conf, &length);
	struct message_config about;
	int fd = configuration_memfd(result->conf, warning, sizeof(warning));
	bool fine = warnings && global && fd >= 0 && memory_append(kept[0], global, length) == 0 &&
		    inputs_write(inputs, kept[1]) == 0 && asprintf(&all, "%s%s", warnings, warning) >= 0;

	configuration_describe(result->conf, &about);
	if (fine)
		fine = channel_send_patiently(office->guard, MESSAGE_OFFER, &about, sizeof(about), fd, GUARD_PATIENCE_MS) == 0;
	free(warnings);
	free(global);
	if (!fine) {
		free(all);
		refuse(office, strdup("there is no memory, or the guard does not listen"));
		return false;
	}
	answer_text(office, CLERK_FINE, all);
	answer(office, &(struct clerk_answer){0}, fd);
	return true;
}

/* path: what stand_reload_file stood there, or NULL. */
static void remove_standing(const char *path)
{
	if (path)
		unlink(path);
}

/* In a process of its own. Returns its exit status: whether it was fine. */
static int read_files(struct office *office, const char *standing, const int kept[2])
{
	struct conf_result result;
	struct inputs inputs = {0};
	const char *problem;

	configuration_read(office->options, &inputs, &result);
	/* Before the answer: who hears that finds the file gone. */
	remove_standing(standing);
	if (!result.conf) {
		refuse(office, configuration_errors(&result));
		return EXIT_FAILURE;
	}
	problem = moved(process_of(office), &result.conf->global.process);
	if (problem) {
		refuse(office, strdup(problem));
		return EXIT_FAILURE;
	}
	return hand_out(office, &result, &inputs, kept) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What the child has left. */
static void take_read(struct office *office, const int kept[2])
{
	struct known *read = &office->read;
	size_t length;
	char *text = memory_read(kept[0], &length);

	if (!text || !know_global(read, text, length) || !inputs_read(&read->inputs, kept[1]))
		forget(read);
	free(text);
}

static void read_anew(struct office *office, const char *standing)
{
	const int kept[2] = {memfd_create("vigia-global", MFD_CLOEXEC), memfd_create("vigia-inputs", MFD_CLOEXEC)};
	const pid_t pid = kept[0] < 0 || kept[1] < 0 ? -1 : fork();
	int status = 0;

	if (pid == 0)
		_exit(read_files(office, standing, kept));
	if (pid < 0) {
		const int error = -errno;

		remove_standing(standing);
		answer_error(office, error, NULL);
	} else if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
		remove_standing(standing);
		answer_error(office, -EIO, NULL);
	} else if (WEXITSTATUS(status) == EXIT_SUCCESS)
		take_read(office, kept);
	for (size_t i = 0; i < 2; i++)
		if (kept[i] >= 0)
			close(kept[i]);
}

/* The file that stands, empty, while a configuration is read: what writes configurations waits for its end. NULL: none is
 * wanted. */
static char *stand_reload_file(struct office *office)
{
	const struct conf_process *process = process_of(office);
	char *path = process->reload_file_wanted ? place_of_reload_file(process, office->place->path) : NULL;
	int fd = path ? own_file_open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW, 0644) : -ENOMEM;

	if (fd >= 0)
		close(fd);
	else if (process->reload_file_wanted)
		remark(office, "reload_file", path, fd);
	return path;
}

static void read_configuration(struct office *office, const struct clerk_request *request)
{
	char *standing;

	forget(&office->read);
	office->remark[0] = '\0';
	standing = stand_reload_file(office);
	if (request->may_be_same && inputs_unchanged(&office->in_force.inputs)) {
		remove_standing(standing);
		answer_text(office, CLERK_SAME, strdup(""));
	} else {
		read_anew(office, standing);
	}
	free(standing);
}

static void take(struct office *office)
{
	if (office->read.result.conf) {
		forget(&office->in_force);
		office->in_force = office->read;
		office->read = (struct known){0};
	}
	answer_error(office, 0, NULL);
}

static void dump(const struct office *office, const struct clerk_request *request, int text)
{
	const struct conf_process *process = process_of(office);
	const mode_t mask = office->options->umask >= 0 ? (mode_t)office->options->umask : process->umask;
	char *path = place_of_dump(process, (enum dump_kind)request->dump, request->pid, request->number);

	answer_error(office, !path ? -ENOENT : replace_file(path, text, 0666 & ~mask), path);
	free(path);
}

/* 0 or -errno. Nobody else's file is written to. */
static int create_file(const char *path, int text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int error = fd < 0 ? -errno : copy(text, fd);

	if (fd >= 0 && close(fd) < 0 && !error)
		error = -errno;
	return error;
}

/* Of the configuration that was read last, which is not in force yet, or of that which is. */
static const struct conf_process *newest(const struct office *office)
{
	return office->read.result.conf ? &office->read.result.conf->global.process : process_of(office);
}

static void save(const struct office *office, const struct clerk_request *request, int text)
{
	const struct conf_process *process = newest(office);
	struct clerk_answer said = {.number = request->number};
	char *path = place_of_saved(process, request->pid, said.number);

	if (path)
		mkdir(process->save_folder, 0700);
	/* A front that died was the first to count. */
	while (path && (said.error = create_file(path, text)) == -EEXIST) {
		free(path);
		path = place_of_saved(process, request->pid, ++said.number);
	}
	if (!path)
		said.error = -ENOENT;
	snprintf(said.path, sizeof(said.path), "%s", path ? path : "");
	answer(office, &said, -1);
	free(path);
}

static int watch_folder(const char *path)
{
	char *copy_of_path = path ? strdup(path) : NULL;
	int fd = copy_of_path ? inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1;
	int error = copy_of_path ? 0 : -ENOENT;

	if (fd < 0 || inotify_add_watch(fd, dirname(copy_of_path),
			      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR) < 0)
		error = error ? error : -errno;
	if (error && fd >= 0)
		close(fd);
	free(copy_of_path);
	return error ? error : fd;
}

/* path NULL: nothing is named. Somebody's pipe is not waited for. A descriptor or -errno. */
static int open_to_read(const char *path)
{
	const int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	return fd >= 0 ? fd : path ? -errno : -ENOENT;
}

static void serve(struct office *office, const struct clerk_request *request, int fd)
{
	const char *time_file = process_of(office)->reload_time_file;

	switch ((enum clerk_errand)request->errand) {
	case CLERK_READ:
		read_configuration(office, request);
		break;
	case CLERK_TAKE:
		take(office);
		break;
	case CLERK_DUMP:
		dump(office, request, fd);
		break;
	case CLERK_SAVE:
		save(office, request, fd);
		break;
	case CLERK_LOG:
		break;
	case CLERK_TIME_WATCH:
		answer_opened(office, watch_folder(time_file));
		break;
	case CLERK_TIME_READ:
		answer_opened(office, open_to_read(time_file));
		break;
	case CLERK_TIME_REMOVE:
		answer_error(office, time_file && unlink(time_file) < 0 ? -errno : 0, time_file);
		break;
	case CLERK_REMOVE_SOCKET:
		control_socket_remove(office->place);
		answer_error(office, 0, NULL);
		break;
	}
	if (fd >= 0)
		close(fd);
}

/* The only thing that the log's thread asks for. Nobody waits for the child. */
static void open_log(struct office *office)
{
	const char *path = office->options->log_file;

	if (fork() != 0)
		return;
	office->front = office->log; /* whom the answer is for */
	answer_opened(office, path ? log_file_open_path(path) : -ENOENT);
	_exit(EXIT_SUCCESS);
}

/* 1: there is one; 0: none, yet; -1: the end, or what is no request. */
static int next_request(struct office *office, int socket, struct clerk_request *request, int *fd)
{
	struct channel_message message;
	const int got = channel_receive(socket, &message, office->body);

	if (got == -EAGAIN || got == -EINTR)
		return 0;
	if (got <= 0 || message.type != MESSAGE_CLERK || message.length != sizeof(*request))
		return -1;
	memcpy(request, office->body, sizeof(*request));
	*fd = message.fd;
	return request->errand > CLERK_REMOVE_SOCKET ? -1 : 1;
}

/* Until the front ends. */
static void work(struct office *office)
{
	struct pollfd wanted[2] = {{.fd = office->front, .events = POLLIN}, {.fd = office->log, .events = POLLIN}};
	struct clerk_request request;
	int got;
	int fd;

	for (;;) {
		poll(wanted, 2, -1);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		got = next_request(office, office->front, &request, &fd);
		if (got < 0)
			return;
		if (got > 0)
			serve(office, &request, fd);
		got = next_request(office, office->log, &request, &fd);
		if (got < 0)
			wanted[1].fd = -1;
		if (got > 0 && fd >= 0)
			close(fd);
		if (got > 0)
			open_log(office);
	}
}

/* Of those that are kept, which are sorted here. */
static void close_all_but(int *kept, size_t count)
{
	unsigned from = STDERR_FILENO + 1;

	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (kept[j] < kept[i]) {
				const int lower = kept[j];

				kept[j] = kept[i];
				kept[i] = lower;
			}
	for (size_t i = 0; i < count; i++) {
		if ((unsigned)kept[i] > from)
			close_range(from, (unsigned)kept[i] - 1, 0);
		from = (unsigned)kept[i] + 1;
	}
	close_range(from, ~0u, 0);
}

_Noreturn void clerk_run(struct front *front, const struct control_place *place, int socket, int log)
{
	struct office office = {.front = socket,
		.log = log,
		.guard = front->guard.watch.fd,
		.options = &front->options,
		.place = place,
		.in_force.inputs = front->inputs,
		.body = malloc(MESSAGE_BODY_MAX + 1)};
	size_t length;
	char *global = print_global(front->config->conf, &length);

	prctl(PR_SET_NAME, "vigiad-clerk", 0, 0, 0);
	close_all_but((int[]){socket, log, office.guard}, 3);
	if (!office.body || !global || !know_global(&office.in_force, global, length))
		_exit(EXIT_FAILURE);
	free(global);
	conf_result_free(front->config);
	/* What it shares with the front until that changes it, and has no use for. */
	malloc_trim(0);
	/* It reads what root may read, also where the unit gives root less. */
	if (privileges_seal(PRIVILEGE(CAP_DAC_READ_SEARCH)) < 0)
		_exit(EXIT_FAILURE);
	syscall_filter_install(syscalls_of_clerk, office.guard);
	work(&office);
	_exit(EXIT_SUCCESS);
}
