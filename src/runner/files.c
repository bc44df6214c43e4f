/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track_file: a file whose number counts. Inotify tells when it changes; every folder on the way to it is watched, too, so that the
 * file, or a folder, may be made later, be replaced by a rename, or go and come again.
 *
 *	the file is not there				0
 *	a number, blanks before and behind it		that number
 *	anything else, or it cannot be read		the last number, or 0; the log says so
 *
 * A file is read when a writer closes it; of one that stays open, WRITER_PAUSE after the last write. Where inotify does not help,
 * it is read every POLL.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error_name.h"
#include "runner/runner.h"

#define WRITER_PAUSE (100 * DUR_MS)
#define POLL DUR_S
#define CONTENT_SIZE 64
#define PROBLEM_SIZE 128

#define FOLDER_EVENTS                                                                                        \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define FILE_EVENTS (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

/* A folder on the way, or the file itself. */
struct watch {
	int descriptor;
	size_t name_start; /* in the path: what is of interest in the folder */
	size_t name_length; /* 0: the file itself */
};

struct tracked_file {
	struct tracked_file *next;
	struct files *files;
	char *name;
	char *path;
	struct watch *watches; /* room for one per '/', and the file */
	size_t watch_count;
	struct run_timer again;
	bool polled; /* inotify does not help */
	bool stale; /* of this turn */
	bool rewatch; /* of this turn: something on the way has changed */
	bool known;
	int32_t value;
	mono_t since; /* of the value */
	char problem[PROBLEM_SIZE]; /* empty: none */
};

struct files {
	struct runner *runner;
	struct event_source inotify;
	struct tracked_file *first; /* in the order of the file */
};

/* Takes one number out of the text. */
static bool parse(const char *text, int32_t *value)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (end == text || errno || number < INT32_MIN || number > INT32_MAX)
		return false;
	if (end[strspn(end, " \t\r\n")] != '\0')
		return false;
	*value = (int32_t)number;
	return true;
}

/* 0: read; -ENOENT: there is none; else why not. */
static int read_content(const char *path, char content[CONTENT_SIZE])
{
	struct stat status;
	ssize_t length = 0;
	int error = 0;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (fstat(fd, &status) < 0)
		error = -errno;
	else if (!S_ISREG(status.st_mode))
		error = -EISDIR;
	else if ((length = read(fd, content, CONTENT_SIZE - 1)) < 0)
		error = -errno;
	close(fd);
	if (error || length < 0)
		return error;
	content[length] = '\0';
	return (size_t)length == strlen(content) ? 0 : -EILSEQ;
}

static void set_value(struct tracked_file *file, int32_t value)
{
	struct runner *runner = file->files->runner;

	if (file->known && file->value == value)
		return;
	if (file->known)
		report_line(runner, REPORT_NOTICE, "file %s holds %d, no longer %d", file->name, value, file->value);
	file->known = true;
	file->value = value;
	file->since = runner->loop.now;
	object_set(runner, TRACK_FILE, file->name, TRACK_UP, value);
}

/* The last number stays. */
static void complain(struct tracked_file *file, const char *problem)
{
	if (!file->known)
		set_value(file, 0);
	if (strcmp(file->problem, problem) == 0)
		return;
	snprintf(file->problem, sizeof(file->problem), "%s", problem);
	report_line(file->files->runner, REPORT_WARNING, "file %s: %s %s; %d stays in force: write one number into it",
		file->name, file->path, problem, file->value);
}

static void plan_again(struct tracked_file *file, dur_t wait)
{
	run_timer_set(&file->files->runner->loop, &file->again, mono_add(file->files->runner->loop.now, wait));
}

static void read_file(struct tracked_file *file, bool may_be_unfinished)
{
	char content[CONTENT_SIZE];
	char problem[PROBLEM_SIZE];
	int32_t value = 0;
	int error = read_content(file->path, content);

	run_timer_set(&file->files->runner->loop, &file->again, MONO_NEVER);
	if (file->polled)
		plan_again(file, POLL);
	if (error == 0 && !parse(content, &value)) {
		if (content[strspn(content, " \t\r\n")] == '\0' && may_be_unfinished) {
			plan_again(file, WRITER_PAUSE);
			return;
		}
		complain(file, content[0] ? "holds no number from -2147483648 to 2147483647" : "is empty");
		return;
	}
	if (error && error != -ENOENT) {
		snprintf(problem, sizeof(problem), "%s", error == -EILSEQ ? "holds something else than text" : "");
		if (!problem[0])
			snprintf(problem, sizeof(problem), "cannot be read (%s)", error_name(error));
		complain(file, problem);
		return;
	}
	file->problem[0] = '\0';
	set_value(file, value);
}

static bool is_watched(const struct files *files, int descriptor)
{
	for (const struct tracked_file *file = files->first; file; file = file->next)
		for (size_t i = 0; i < file->watch_count; i++)
			if (file->watches[i].descriptor == descriptor)
				return true;
	return false;
}

static void forget_watches(struct tracked_file *file)
{
	while (file->watch_count > 0) {
		int descriptor = file->watches[--file->watch_count].descriptor;

		if (!is_watched(file->files, descriptor))
			inotify_rm_watch(file->files->inotify.fd, descriptor);
	}
}

/* false: it is not there, or (file->polled) cannot be watched. */
static bool add_watch(struct tracked_file *file, const char *path, uint32_t events, size_t start, size_t length)
{
	int descriptor = inotify_add_watch(file->files->inotify.fd, path, events);

	if (descriptor < 0) {
		file->polled = errno != ENOENT && errno != ENOTDIR;
		return false;
	}
	file->watches[file->watch_count++] = (struct watch){descriptor, start, length};
	return true;
}

/* From the root to the file, as far as there is something. */
static void watch_file(struct tracked_file *file)
{
	char *path = file->path;
	size_t length = strlen(path);

	forget_watches(file);
	file->polled = file->files->inotify.fd < 0;
	if (file->polled)
		return;
	for (size_t slash = 0; slash < length; slash += strcspn(path + slash + 1, "/") + 1) {
		size_t name_length = strcspn(path + slash + 1, "/");
		char after = path[slash + 1];
		bool there;

		if (name_length == 0)
			continue;
		/* with the slash: "/" for the root, and through symbolic links */
		path[slash + 1] = '\0';
		there = add_watch(file, path, FOLDER_EVENTS, slash + 1, name_length);
		path[slash + 1] = after;
		if (!there)
			return;
	}
	add_watch(file, path, FILE_EVENTS, 0, 0);
}

static void refresh(struct tracked_file *file)
{
	watch_file(file);
	read_file(file, true);
}

static void read_again(struct run_timer *timer)
{
	struct tracked_file *file = container_of(timer, struct tracked_file, again);

	if (file->polled)
		watch_file(file);
	read_file(file, false);
}

static bool concerns(const struct tracked_file *file, const struct watch *watch, const struct inotify_event *event)
{
	if (watch->descriptor != event->wd)
		return false;
	return event->len == 0 || (strlen(event->name) == watch->name_length &&
					  memcmp(event->name, file->path + watch->name_start, watch->name_length) == 0);
}

static void note(struct tracked_file *file, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW) {
		file->rewatch = true;
		return;
	}
	for (size_t i = 0; i < file->watch_count; i++) {
		if (!concerns(file, &file->watches[i], event))
			continue;
		if (file->watches[i].name_length > 0 || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB)))
			file->rewatch = true;
		else if (event->mask & IN_CLOSE_WRITE)
			file->stale = true;
		else if (event->mask & IN_MODIFY)
			plan_again(file, WRITER_PAUSE);
	}
}

static void hear_inotify(void *user, uint32_t epoll_events)
{
	struct files *files = user;
	_Alignas(struct inotify_event) char buffer[16384];
	ssize_t length;

	(void)epoll_events;
	while ((length = read(files->inotify.fd, buffer, sizeof(buffer))) > 0)
		for (char *at = buffer; at < buffer + length;) {
			const struct inotify_event *event = (const struct inotify_event *)(void *)at;

			for (struct tracked_file *file = files->first; file; file = file->next)
				note(file, event);
			at += sizeof(*event) + event->len;
		}
	for (struct tracked_file *file = files->first; file; file = file->next) {
		if (file->rewatch)
			refresh(file);
		else if (file->stale)
			read_file(file, false);
		file->rewatch = file->stale = false;
	}
}

/* init_file */
static void create(struct runner *runner, const struct conf_tracked_file *from)
{
	int fd;

	if (!vouched_file(&runner->vouched, from)) {
		report_line(runner, REPORT_ERROR, "file %s: %s is not written: the configuration file does not say so", from->name,
			from->path);
		return;
	}
	fd = open(from->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (from->overwrite ? O_TRUNC : O_EXCL),
		0644);

	if (fd < 0 && errno == EEXIST)
		return;
	if (fd < 0 || dprintf(fd, "%d\n", from->initial) < 0)
		report_line(runner, REPORT_WARNING, "file %s: %s cannot be written, as init_file asks: %s", from->name,
			from->path, error_name(-errno));
	if (fd >= 0)
		close(fd);
}

static void file_free(struct tracked_file *file)
{
	forget_watches(file);
	run_timer_drop(&file->files->runner->loop, &file->again);
	free(file->watches);
	free(file->name);
	free(file->path);
	free(file);
}

static struct tracked_file *file_new(struct files *files, const struct conf_tracked_file *from)
{
	struct tracked_file *file = calloc(1, sizeof(*file));
	size_t slashes = 1;

	if (!file)
		return NULL;
	for (const char *c = from->path; *c; c++)
		slashes += *c == '/';
	file->files = files;
	file->name = strdup(from->name);
	file->path = strdup(from->path);
	file->watches = calloc(slashes, sizeof(*file->watches));
	if (file->name && file->path && file->watches &&
		run_timer_init(&files->runner->loop, &file->again, read_again))
		return file;
	file_free(file);
	return NULL;
}

static struct tracked_file *take_over(struct tracked_file **old, const struct conf_tracked_file *from)
{
	while (*old && (strcmp((*old)->name, from->name) != 0 || strcmp((*old)->path, from->path) != 0))
		old = &(*old)->next;

	struct tracked_file *same = *old;

	if (same)
		*old = same->next;
	return same;
}

static bool is_listed(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->file_count; i++)
		if (strcmp(conf->files[i].name, name) == 0)
			return true;
	return false;
}

static bool open_files(struct runner *runner)
{
	struct files *files = calloc(1, sizeof(*files));

	if (!files)
		return false;
	files->runner = runner;
	files->inotify = (struct event_source){inotify_init1(IN_NONBLOCK | IN_CLOEXEC), hear_inotify, files};
	if (files->inotify.fd >= 0)
		event_loop_add(&runner->loop.events, &files->inotify, EPOLLIN);
	runner->files = files;
	return true;
}

bool files_load(struct runner *runner, const struct conf *conf, bool first)
{
	struct tracked_file *old;
	struct tracked_file **end;
	bool complete = true;

	if (!runner->files && conf->file_count == 0)
		return true;
	if (!runner->files && !open_files(runner))
		return false;
	old = runner->files->first;
	end = &runner->files->first;
	*end = NULL;
	for (size_t i = 0; i < conf->file_count; i++) {
		const struct conf_tracked_file *from = &conf->files[i];
		struct tracked_file *file = take_over(&old, from);
		bool is_new = !file;

		if (first && from->create)
			create(runner, from);
		if (is_new)
			file = file_new(runner->files, from);
		if (!file) {
			complete = false;
			continue;
		}
		file->next = NULL;
		*end = file;
		end = &file->next;
		if (is_new)
			refresh(file);
	}
	while (old) {
		struct tracked_file *next = old->next;

		if (!is_listed(conf, old->name))
			object_forget(runner, TRACK_FILE, old->name);
		file_free(old);
		old = next;
	}
	return complete;
}

void files_status(struct runner *runner)
{
	char buffer[8192];
	struct text line;
	struct json_out json;

	for (const struct tracked_file *file = runner->files ? runner->files->first : NULL; file; file = file->next) {
		text_init(&line, buffer, sizeof(buffer));
		json_out_begin(&json, &line);
		json_out_object(&json, NULL);
		json_out_string(&json, "list", "files");
		json_out_string(&json, "name", file->name);
		json_out_string(&json, "path", file->path);
		json_out_i64(&json, "value", file->value);
		json_out_mono(&json, "since", file->since);
		json_out_string(&json, "problem", file->problem[0] ? file->problem : NULL);
		json_out_bool(&json, "polled", file->polled);
		json_out_end(&json);
		report_status(runner, &line);
	}
}

void files_free(struct runner *runner)
{
	struct files *files = runner->files;

	if (!files)
		return;
	while (files->first) {
		struct tracked_file *file = files->first;

		files->first = file->next;
		file_free(file);
	}
	if (files->inotify.fd >= 0) {
		event_loop_remove(&runner->loop.events, &files->inotify);
		close(files->inotify.fd);
	}
	free(files);
	runner->files = NULL;
}
