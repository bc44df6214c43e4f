/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify_fifo and vrrp_notify_fifo: named pipes that get a line for each change, and the commands that read them. A pipe is
 * opened for reading, too, so it holds what nobody reads yet, up to the kernel's 64 KiB. One that is full is not waited
 * for: then each virtual router and sync group owes it one line, the newest state; everything else is dropped, and counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error_name.h"
#include "linux/channel.h"
#include "runner/notify.h"

#define LINE_SIZE (MESSAGE_NAME_SIZE + 64)
#define READER_AGAIN_FIRST DUR_S
#define READER_AGAIN_MAX (60 * DUR_S)
#define READER_LONG_LIFE (60 * DUR_S)

struct fifo {
	struct runner *runner;
	size_t place;
	char *path;
	char *definition; /* path and owner in one text */
	struct event_source pipe; /* fd -1: it cannot be opened */
	bool made; /* by us, so that we remove it */
	bool full;
	char *reader_definition; /* NULL: none */
	struct command *reader;
	struct job job;
	struct run_timer again;
	dur_t again_after;
	uint64_t lines;
	uint64_t dropped;
};

static void write_owed(struct fifo *fifo);

static void pipe_ready(void *user, uint32_t epoll_events)
{
	(void)epoll_events;
	write_owed(user);
}

static void set_full(struct fifo *fifo, bool full)
{
	struct event_loop *loop = &fifo->runner->loop.events;

	if (full == fifo->full)
		return;
	fifo->full = full;
	if (!full)
		event_loop_remove(loop, &fifo->pipe);
	else if (event_loop_add(loop, &fifo->pipe, EPOLLOUT) < 0)
		fifo->full = false;
	if (full)
		report_line(fifo->runner, REPORT_WARNING,
			"%s is full: nobody reads it; the newest states are kept for it, other lines are dropped", fifo->path);
}

/* Lines are shorter than PIPE_BUF: all of one or nothing. false: there is no room. */
static bool write_line(struct fifo *fifo, const char *line, size_t length)
{
	ssize_t written;

	if (fifo->full)
		return false;
	do
		written = write(fifo->pipe.fd, line, length);
	while (written < 0 && errno == EINTR);
	if (written >= 0)
		fifo->lines++;
	else
		set_full(fifo, errno == EAGAIN);
	return written >= 0;
}

static void write_owed(struct fifo *fifo)
{
	const struct targets *targets = &fifo->runner->targets;
	char line[LINE_SIZE];

	set_full(fifo, false);
	for (size_t i = 0; i < targets->count; i++) {
		struct target *target = targets->list[i];

		if (!target->fifo_owed[fifo->place])
			continue;
		if (!write_line(fifo, line, target_state_line(target, line, sizeof(line))))
			return;
		target->fifo_owed[fifo->place] = false;
	}
}

void fifos_state(struct runner *runner, struct target *target)
{
	char line[LINE_SIZE];
	const size_t length = target_state_line(target, line, sizeof(line));

	for (size_t i = 0; i < CONF_FIFO_COUNT; i++) {
		struct fifo *fifo = runner->fifos[i];

		if (!fifo || fifo->pipe.fd < 0 || write_line(fifo, line, length))
			continue;
		/* The state that it was owed before is never said. */
		fifo->dropped += target->fifo_owed[i];
		target->fifo_owed[i] = true;
	}
}

void fifos_event(struct runner *runner, const struct target *target, const char *word)
{
	char line[LINE_SIZE];
	const size_t length = target_line(target, word, line, sizeof(line));

	for (size_t i = 0; i < CONF_FIFO_COUNT; i++)
		if (runner->fifos[i] && runner->fifos[i]->pipe.fd >= 0 && !write_line(runner->fifos[i], line, length))
			runner->fifos[i]->dropped++;
}

void fifos_repeat(struct runner *runner)
{
	for (size_t i = 0; i < runner->targets.count; i++)
		if (runner->targets.list[i]->heard != NOTIFY_STATE_NONE && !runner->targets.list[i]->gone)
			fifos_state(runner, runner->targets.list[i]);
}

static void start_reader(struct fifo *fifo)
{
	struct runner *runner = fifo->runner;
	char *arguments[] = {fifo->path, NULL};
	char problem[512];
	int error = job_start(&fifo->job, fifo->reader, arguments, 0);

	if (!error)
		return;
	report_line(runner, REPORT_ERROR, "%s: %s", fifo->path,
		command_problem(fifo->reader, error, problem, sizeof(problem)));
	run_timer_set(&runner->loop, &fifo->again, mono_add(runner->loop.now, READER_AGAIN_MAX));
}

static void reader_again(struct run_timer *timer)
{
	struct fifo *fifo = container_of(timer, struct fifo, again);

	if (fifo->reader && !job_runs(&fifo->job))
		start_reader(fifo);
}

static void reader_ended(struct job *job, const struct job_end *end)
{
	struct fifo *fifo = container_of(job, struct fifo, job);
	struct runner *runner = fifo->runner;
	char text[256];

	if (runner->stopping || !fifo->reader)
		return;
	if (end->duration > READER_LONG_LIFE || fifo->again_after == 0)
		fifo->again_after = READER_AGAIN_FIRST;
	report_line(runner, REPORT_WARNING, "the reader of %s, %s, has ended (%s); it is started again", fifo->path,
		fifo->reader->line, job_end_text(end, text, sizeof(text)));
	run_timer_set(&runner->loop, &fifo->again, mono_add(runner->loop.now, fifo->again_after));
	fifo->again_after *= 2;
	if (fifo->again_after > READER_AGAIN_MAX)
		fifo->again_after = READER_AGAIN_MAX;
}

/* 0 or -errno. */
static int open_pipe(struct fifo *fifo, const struct account *account)
{
	struct stat status;
	int fd;

	fifo->made = mkfifo(fifo->path, 0600) == 0;
	fd = open(fifo->path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode)) {
		close(fd);
		return -EEXIST;
	}
	if (fifo->made && fchown(fd, account->user, account->group) < 0)
		report_line(fifo->runner, REPORT_WARNING, "%s cannot be given to user %s: %s", fifo->path, account->name,
			error_name(errno));
	fifo->pipe = (struct event_source){fd, pipe_ready, fifo};
	return 0;
}

/* Whose it is: that of the line, or of all scripts. */
static void open_for(struct fifo *fifo, const struct conf_fifo *from)
{
	const struct command_rules *rules = &fifo->runner->rules;
	const char *missing;
	struct account account;
	int error = account_find(from->user ? from->user : rules->user, from->user ? from->group : rules->group, false,
		&account, &missing);

	if (!error)
		error = open_pipe(fifo, &account);
	if (error)
		report_line(fifo->runner, REPORT_ERROR, "the pipe %s cannot be opened: %s", fifo->path,
			error == -ENOENT && missing ? missing : error == -EEXIST ? "it is no pipe" : error_name(error));
	account_free(&account);
}

static void drop_reader(struct fifo *fifo)
{
	job_drop(&fifo->job);
	run_timer_set(&fifo->runner->loop, &fifo->again, MONO_NEVER);
	command_free(fifo->reader);
	free(fifo->reader_definition);
	fifo->reader = NULL;
	fifo->reader_definition = NULL;
}

static void close_pipe(struct fifo *fifo)
{
	if (fifo->pipe.fd < 0)
		return;
	set_full(fifo, false);
	close(fifo->pipe.fd);
	fifo->pipe.fd = -1;
	if (fifo->made)
		unlink(fifo->path);
}

static void fifo_free(struct fifo *fifo)
{
	if (!fifo)
		return;
	drop_reader(fifo);
	close_pipe(fifo);
	run_timer_drop(&fifo->runner->loop, &fifo->again);
	free(fifo->path);
	free(fifo->definition);
	free(fifo);
}

static char *join(const char *a, const char *b, const char *c)
{
	char *all;

	return asprintf(&all, "%s\n%s\n%s", a, b ? b : "", c ? c : "") < 0 ? NULL : all;
}

static struct fifo *fifo_new(struct runner *runner, size_t place, const struct conf_fifo *from)
{
	struct fifo *fifo = calloc(1, sizeof(*fifo));

	if (!fifo)
		return NULL;
	fifo->runner = runner;
	fifo->place = place;
	fifo->pipe.fd = -1;
	fifo->path = strdup(from->path);
	fifo->definition = join(from->path, from->user, from->group);
	if (fifo->path && fifo->definition && run_timer_init(&runner->loop, &fifo->again, reader_again)) {
		open_for(fifo, from);
		return fifo;
	}
	fifo_free(fifo);
	return NULL;
}

/* Its reader: the one that runs, if it is the same. false: no memory. */
static bool set_reader(struct fifo *fifo, const struct conf_command *from)
{
	char *definition = from->line ? join(from->line, from->user, from->group) : NULL;

	if (string_equal(definition, fifo->reader_definition)) {
		free(definition);
		return true;
	}
	drop_reader(fifo);
	if (!definition)
		return !from->line;
	fifo->reader_definition = definition;
	fifo->reader = command_new(from->line, from->user, from->group, &fifo->runner->rules);
	if (!fifo->reader || !job_init(&fifo->runner->jobs, &fifo->job, NULL, reader_ended))
		return false;
	if (fifo->pipe.fd >= 0)
		start_reader(fifo);
	return true;
}

static bool load_one(struct runner *runner, size_t place, const struct conf_fifo *from)
{
	struct fifo **fifo = &runner->fifos[place];
	char *definition;
	bool same;

	if (from->path && !vouched_fifo(&runner->vouched, from)) {
		report_line(runner, REPORT_ERROR, "the pipe %s is not made: the configuration file does not say so", from->path);
		fifo_free(*fifo);
		*fifo = NULL;
		return true;
	}
	definition = from->path ? join(from->path, from->user, from->group) : NULL;
	same = *fifo && definition && strcmp((*fifo)->definition, definition) == 0 && (*fifo)->pipe.fd >= 0;

	free(definition);
	if (!same) {
		fifo_free(*fifo);
		*fifo = from->path ? fifo_new(runner, place, from) : NULL;
	}
	return !from->path || (*fifo && set_reader(*fifo, &from->reader));
}

bool fifos_load(struct runner *runner, const struct conf_run *run)
{
	bool complete = true;

	for (size_t i = 0; i < CONF_FIFO_COUNT; i++)
		complete = load_one(runner, i, &run->fifos[i]) && complete;
	return complete;
}

void fifos_hand_over(struct runner *runner)
{
	for (size_t i = 0; i < CONF_FIFO_COUNT; i++) {
		struct fifo *fifo = runner->fifos[i];
		struct message_fifo message = {.place = (uint8_t)i};

		if (!fifo || fifo->pipe.fd < 0)
			continue;
		message.made = fifo->made;
		if (channel_send(runner->guard.fd, MESSAGE_FIFO, &message, sizeof(message), fifo->pipe.fd) == 0)
			fifo->made = false;
	}
}

/* It has been opened anew by then, by its path. */
void fifos_take(struct runner *runner, const struct message_fifo *message, int fd)
{
	struct fifo *fifo = message->place < CONF_FIFO_COUNT ? runner->fifos[message->place] : NULL;
	struct stat kept, opened;

	if (fifo && fifo->pipe.fd >= 0 && fstat(fd, &kept) == 0 && fstat(fifo->pipe.fd, &opened) == 0 &&
		kept.st_dev == opened.st_dev && kept.st_ino == opened.st_ino)
		fifo->made = message->made;
	close(fd);
}

void fifos_close(struct runner *runner)
{
	for (size_t i = 0; i < CONF_FIFO_COUNT; i++) {
		struct fifo *fifo = runner->fifos[i];

		if (!fifo)
			continue;
		run_timer_set(&runner->loop, &fifo->again, MONO_NEVER);
		close_pipe(fifo);
		if (fifo->reader)
			job_end(&fifo->job, false);
	}
}

void fifos_free(struct runner *runner)
{
	for (size_t i = 0; i < CONF_FIFO_COUNT; i++) {
		fifo_free(runner->fifos[i]);
		runner->fifos[i] = NULL;
	}
}

void fifos_status(struct runner *runner)
{
	char buffer[8192];
	struct text line;
	struct json_out json;

	for (size_t i = 0; i < CONF_FIFO_COUNT; i++) {
		const struct fifo *fifo = runner->fifos[i];

		if (!fifo)
			continue;
		text_init(&line, buffer, sizeof(buffer));
		json_out_begin(&json, &line);
		json_out_object(&json, NULL);
		json_out_string(&json, "list", "fifos");
		json_out_string(&json, "path", fifo->path);
		json_out_bool(&json, "open", fifo->pipe.fd >= 0);
		json_out_bool(&json, "full", fifo->full);
		json_out_u64(&json, "lines", fifo->lines);
		json_out_u64(&json, "dropped", fifo->dropped);
		json_out_string(&json, "reader", fifo->reader ? fifo->reader->line : NULL);
		json_out_bool(&json, "reader_running", fifo->reader && job_runs(&fifo->job));
		json_out_end(&json);
		report_status(runner, &line);
	}
}
