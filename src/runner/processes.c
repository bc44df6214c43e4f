/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vrrp_track_process: how many processes of a kind run. The kernel tells of all that begin and end (process_events.h), and /proc
 * says what they are. Where it does not tell, /proc is read every SCAN, and the end of a process that counts is heard at once by
 * its pidfd.
 *
 * A number that becomes right or wrong counts when it has stayed so for fork_delay, if it went up, or for terminate_delay, if
 * it went down. What is found first counts at once. A process that has ended and was not buried by its parent counts no more.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error_name.h"
#include "runner/process_events.h"
#include "runner/process_match.h"
#include "runner/runner.h"

#define SCAN DUR_S
#define ANSWER_WAIT (200 * DUR_MS) /* for the kernel to say that it tells */
#define COMMAND_LINE_SIZE 8192

/* One process that counts. */
struct member {
	struct tracked_process *process;
	pid_t pid;
	struct event_source pidfd; /* fd -1: the kernel tells */
	bool seen; /* in this scan */
};

struct tracked_process {
	struct tracked_process *next;
	struct processes *processes;
	char *definition; /* equal texts, same object */
	struct conf_tracked_process wanted; /* strings are its own */
	struct member **members;
	size_t count;
	size_t capacity;
	bool good; /* the number is right now */
	enum track_state state; /* what the engine knows */
	mono_t since; /* of the state */
	struct run_timer delayed;
};

/* What /proc says of a process, read when somebody asks. */
struct description {
	pid_t pid;
	ssize_t name_length, line_length; /* -2: not read yet */
	char name[64];
	char line[COMMAND_LINE_SIZE];
};

struct processes {
	struct runner *runner;
	struct event_source events; /* fd -1: the kernel does not tell */
	bool told; /* it has said that it does */
	struct run_timer scan;
	struct tracked_process *first; /* in the order of the file */
	struct description about; /* of the process that is looked at */
};

static bool is_good(const struct tracked_process *process)
{
	/* quorum_max 0: it must not run */
	if (process->wanted.quorum_max == 0)
		return process->count == 0;
	return process->count >= process->wanted.quorum && process->count <= process->wanted.quorum_max;
}

static void say(struct tracked_process *process)
{
	struct runner *runner = process->processes->runner;
	enum track_state state = process->good ? TRACK_UP : TRACK_DOWN;

	run_timer_set(&runner->loop, &process->delayed, MONO_NEVER);
	if (state == process->state)
		return;
	if (process->state != TRACK_UNKNOWN || state == TRACK_DOWN)
		report_line(runner, REPORT_NOTICE, "process %s %s: %zu run", process->wanted.name,
			process->good ? "is as it should be" : "is not as it should be", process->count);
	process->state = state;
	process->since = runner->loop.now;
	object_set(runner, TRACK_PROCESS, process->wanted.name, state, 0);
}

static void delay_over(struct run_timer *timer)
{
	say(container_of(timer, struct tracked_process, delayed));
}

/* The number went up or down. */
static void judge(struct tracked_process *process, bool up)
{
	struct run_loop *loop = &process->processes->runner->loop;
	bool good = is_good(process);
	dur_t delay = up ? process->wanted.fork_delay : process->wanted.terminate_delay;

	if (good == process->good)
		return;
	process->good = good;
	if (process->state == TRACK_UNKNOWN)
		return;
	if (delay == 0 || (process->state == TRACK_UP) == good)
		say(process);
	else
		run_timer_set(loop, &process->delayed, mono_add(loop->now, delay));
}

static struct member **find(struct tracked_process *process, pid_t pid)
{
	for (size_t i = 0; i < process->count; i++)
		if (process->members[i]->pid == pid)
			return &process->members[i];
	return NULL;
}

static void member_free(struct member *member)
{
	if (member->pidfd.fd >= 0) {
		event_loop_remove(&member->process->processes->runner->loop.events, &member->pidfd);
		close(member->pidfd.fd);
	}
	free(member);
}

static void remove_member(struct tracked_process *process, struct member **place)
{
	struct member *member = *place;

	*place = process->members[--process->count];
	member_free(member);
	judge(process, false);
}

static void member_ended(void *user, uint32_t epoll_events)
{
	struct member *member = user;

	(void)epoll_events;
	remove_member(member->process, find(member->process, member->pid));
}

static void watch_end(struct member *member)
{
	int fd = (int)syscall(SYS_pidfd_open, member->pid, 0);

	if (fd < 0)
		return;
	member->pidfd = (struct event_source){fd, member_ended, member};
	if (event_loop_add(&member->process->processes->runner->loop.events, &member->pidfd, EPOLLIN) == 0)
		return;
	close(fd);
	member->pidfd.fd = -1;
}

static void add_member(struct tracked_process *process, pid_t pid)
{
	struct member *member = malloc(sizeof(*member));

	if (process->count == process->capacity) {
		size_t capacity = process->capacity ? 2 * process->capacity : 8;
		struct member **members = realloc(process->members, capacity * sizeof(struct member *));

		if (!members) {
			free(member);
			return;
		}
		process->members = members;
		process->capacity = capacity;
	}
	if (!member)
		return;
	*member = (struct member){.process = process, .pid = pid, .pidfd.fd = -1, .seen = true};
	process->members[process->count++] = member;
	if (process->processes->events.fd < 0)
		watch_end(member);
	judge(process, true);
}

/* Reads /proc/PID/NAME; -1: it is gone. The text is ended by a NUL. */
static ssize_t read_proc(pid_t pid, const char *name, char *buffer, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = read(fd, buffer, size - 1);
	close(fd);
	buffer[length < 0 ? 0 : length] = '\0';
	return length;
}

/* "123 (name) Z ...": ended, but not buried. */
static bool is_dead(pid_t pid)
{
	char stat[512];
	const char *end = read_proc(pid, "stat", stat, sizeof(stat)) > 0 ? strrchr(stat, ')') : NULL;

	return !end || end[1] != ' ' || end[2] == 'Z' || end[2] == 'X';
}

static bool matches(const struct tracked_process *process, struct description *about)
{
	if (!process_by_command_line(&process->wanted)) {
		if (about->name_length == -2) {
			about->name_length = read_proc(about->pid, "comm", about->name, sizeof(about->name));
			about->name[strcspn(about->name, "\n")] = '\0';
		}
		return about->name_length > 0 && process_matches_name(&process->wanted, about->name);
	}
	if (about->line_length == -2) {
		about->line_length = read_proc(about->pid, "cmdline", about->line, sizeof(about->line));
		/* The last word is ended by a NUL, unless the process has written over it. */
		if (about->line_length > 0 && about->line[about->line_length - 1] != '\0')
			about->line_length++;
	}
	return about->line_length > 0 &&
	       process_matches_command_line(&process->wanted, about->line, (size_t)about->line_length);
}

/* One that may be new, or another program now. */
static void look_at(struct processes *processes, pid_t pid)
{
	processes->about.pid = pid;
	processes->about.name_length = processes->about.line_length = -2;
	for (struct tracked_process *process = processes->first; process; process = process->next) {
		struct member **place = find(process, pid);
		bool is = matches(process, &processes->about);

		if (place && is)
			(*place)->seen = true;
		else if (place)
			remove_member(process, place);
		else if (is && !is_dead(pid))
			add_member(process, pid);
	}
}

static void forget(struct processes *processes, pid_t pid)
{
	for (struct tracked_process *process = processes->first; process; process = process->next) {
		struct member **place = find(process, pid);

		if (place)
			remove_member(process, place);
	}
}

static void drop_unseen(struct tracked_process *process)
{
	for (size_t i = process->count; i > 0; i--)
		if (!process->members[i - 1]->seen || is_dead(process->members[i - 1]->pid))
			remove_member(process, &process->members[i - 1]);
}

/* All of /proc. */
static void look_at_all(struct processes *processes)
{
	DIR *folder = opendir("/proc");
	const struct dirent *entry;

	if (!folder)
		return;
	for (struct tracked_process *process = processes->first; process; process = process->next)
		for (size_t i = 0; i < process->count; i++)
			process->members[i]->seen = false;
	while ((entry = readdir(folder)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at(processes, (pid_t)strtol(entry->d_name, NULL, 10));
	closedir(folder);
	for (struct tracked_process *process = processes->first; process; process = process->next) {
		drop_unseen(process);
		/* What is found first counts at once. */
		if (process->state == TRACK_UNKNOWN) {
			process->good = is_good(process);
			say(process);
		}
	}
}

static void plan_scan(struct processes *processes, dur_t wait)
{
	struct run_loop *loop = &processes->runner->loop;

	run_timer_set(loop, &processes->scan, mono_add(loop->now, wait));
}

static void take_event(void *user, enum process_event event, pid_t pid)
{
	struct processes *processes = user;

	switch (event) {
	case PROCESS_EVENTS_READY:
		processes->told = true;
		run_timer_set(&processes->runner->loop, &processes->scan, MONO_NEVER);
		/* whatever began before */
		look_at_all(processes);
		break;
	case PROCESS_BEGUN:
		look_at(processes, pid);
		break;
	case PROCESS_ENDED:
		forget(processes, pid);
		break;
	case PROCESS_EVENTS_LOST:
		report_line(processes->runner, REPORT_WARNING,
			"events about processes were lost, all are looked at: process_monitor_rcv_bufs makes room");
		look_at_all(processes);
		break;
	}
}

static void do_without_events(struct processes *processes, const char *why)
{
	if (processes->events.fd >= 0) {
		event_loop_remove(&processes->runner->loop.events, &processes->events);
		process_events_close(processes->events.fd);
		processes->events.fd = -1;
	}
	report_line(processes->runner, REPORT_DETAIL,
		"the kernel does not tell of processes here (%s): /proc is read once a second", why);
	for (struct tracked_process *process = processes->first; process; process = process->next)
		for (size_t i = 0; i < process->count; i++)
			watch_end(process->members[i]);
	plan_scan(processes, SCAN);
}

static void hear_events(void *user, uint32_t epoll_events)
{
	struct processes *processes = user;
	int error = process_events_read(processes->events.fd, take_event, processes);

	(void)epoll_events;
	if (error)
		do_without_events(processes, error_name(error));
}

static void scan_due(struct run_timer *timer)
{
	struct processes *processes = container_of(timer, struct processes, scan);

	if (processes->events.fd >= 0 && !processes->told) {
		do_without_events(processes, "no answer");
		look_at_all(processes);
		return;
	}
	look_at_all(processes);
	plan_scan(processes, SCAN);
}

static bool open_processes(struct runner *runner, const struct conf_global *global)
{
	struct processes *processes = calloc(1, sizeof(*processes));
	int fd;

	if (!processes)
		return false;
	processes->runner = runner;
	processes->events.fd = -1;
	if (!run_timer_init(&runner->loop, &processes->scan, scan_due)) {
		free(processes);
		return false;
	}
	runner->processes = processes;
	fd = process_events_open(runner->options.process_events_fd, global->process_events_buffer,
		global->process_events_buffer_forced);
	if (fd >= 0) {
		processes->events = (struct event_source){fd, hear_events, processes};
		if (event_loop_add(&runner->loop.events, &processes->events, EPOLLIN) < 0) {
			process_events_close(fd);
			processes->events.fd = -1;
		}
	}
	if (processes->events.fd < 0)
		do_without_events(processes, error_name(fd));
	else
		plan_scan(processes, ANSWER_WAIT);
	return true;
}

static void process_free(struct tracked_process *process)
{
	while (process->count > 0)
		member_free(process->members[--process->count]);
	run_timer_drop(&process->processes->runner->loop, &process->delayed);
	free(process->members);
	for (size_t i = 0; process->wanted.parameters && i < process->wanted.parameter_count; i++)
		free((void *)(uintptr_t)process->wanted.parameters[i]);
	free((void *)(uintptr_t)process->wanted.parameters);
	free((void *)(uintptr_t)process->wanted.command);
	free((void *)(uintptr_t)process->wanted.name);
	free(process->definition);
	free(process);
}

static char *define(const struct conf_tracked_process *from)
{
	char *definition = NULL;
	size_t size;
	FILE *out = open_memstream(&definition, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s\n%s\n%d %d %u %u %lld %lld", from->name, from->command, (int)from->param_match,
		(int)from->full_command, from->quorum, from->quorum_max, (long long)from->fork_delay,
		(long long)from->terminate_delay);
	for (size_t i = 0; i < from->parameter_count; i++)
		fprintf(out, "\n%s", from->parameters[i]);
	if (fclose(out) == 0)
		return definition;
	free(definition);
	return NULL;
}

static bool copy_wanted(struct conf_tracked_process *to, const struct conf_tracked_process *from)
{
	const char **parameters = calloc(from->parameter_count + 1, sizeof(*parameters));
	bool complete = parameters;

	*to = *from;
	to->parameters = parameters;
	to->name = strdup(from->name);
	to->command = strdup(from->command);
	for (size_t i = 0; parameters && i < from->parameter_count; i++)
		complete = (parameters[i] = strdup(from->parameters[i])) && complete;
	return complete && to->name && to->command;
}

static struct tracked_process *process_new(struct processes *processes, const struct conf_tracked_process *from)
{
	struct tracked_process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->processes = processes;
	process->definition = define(from);
	if (copy_wanted(&process->wanted, from) && process->definition &&
		run_timer_init(&processes->runner->loop, &process->delayed, delay_over))
		return process;
	process_free(process);
	return NULL;
}

static struct tracked_process *take_over(struct tracked_process **old, const struct conf_tracked_process *from)
{
	char *definition = define(from);

	while (*old && definition && strcmp((*old)->definition, definition) != 0)
		old = &(*old)->next;

	struct tracked_process *same = definition ? *old : NULL;

	if (same)
		*old = same->next;
	free(definition);
	return same;
}

static bool is_listed(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->process_count; i++)
		if (strcmp(conf->processes[i].name, name) == 0)
			return true;
	return false;
}

static void drop_old(struct runner *runner, const struct conf *conf, struct tracked_process *old)
{
	while (old) {
		struct tracked_process *next = old->next;

		if (!is_listed(conf, old->wanted.name))
			object_forget(runner, TRACK_PROCESS, old->wanted.name);
		process_free(old);
		old = next;
	}
}

bool processes_load(struct runner *runner, const struct conf *conf)
{
	struct tracked_process *old;
	struct tracked_process **end;
	bool complete = true;

	if (!runner->processes && conf->process_count == 0)
		return true;
	if (!runner->processes && !open_processes(runner, &conf->global))
		return false;
	old = runner->processes->first;
	end = &runner->processes->first;
	*end = NULL;
	for (size_t i = 0; i < conf->process_count; i++) {
		struct tracked_process *process = take_over(&old, &conf->processes[i]);

		if (!process)
			process = process_new(runner->processes, &conf->processes[i]);
		complete = process && complete;
		if (!process)
			continue;
		process->next = NULL;
		*end = process;
		end = &process->next;
	}
	drop_old(runner, conf, old);
	look_at_all(runner->processes);
	return complete;
}

void processes_status(struct runner *runner)
{
	char buffer[8192];
	struct text line;
	struct json_out json;
	const struct processes *processes = runner->processes;

	for (const struct tracked_process *process = processes ? processes->first : NULL; process; process = process->next) {
		text_init(&line, buffer, sizeof(buffer));
		json_out_begin(&json, &line);
		json_out_object(&json, NULL);
		json_out_string(&json, "list", "processes");
		json_out_string(&json, "name", process->wanted.name);
		json_out_string(&json, "state", track_word_of(process->state));
		json_out_mono(&json, "since", process->since);
		json_out_u64(&json, "running", process->count);
		json_out_u64(&json, "quorum", process->wanted.quorum);
		if (process->wanted.quorum_max < PROCESS_QUORUM_UNLIMITED)
			json_out_u64(&json, "quorum_max", process->wanted.quorum_max);
		else
			json_out_null(&json, "quorum_max");
		json_out_string(&json, "by", processes->events.fd >= 0 ? "events" : "scan");
		json_out_end(&json);
		report_status(runner, &line);
	}
}

void processes_free(struct runner *runner)
{
	struct processes *processes = runner->processes;

	if (!processes)
		return;
	while (processes->first) {
		struct tracked_process *process = processes->first;

		processes->first = process->next;
		process_free(process);
	}
	if (processes->events.fd >= 0) {
		event_loop_remove(&runner->loop.events, &processes->events);
		process_events_close(processes->events.fd);
	}
	run_timer_drop(&runner->loop, &processes->scan);
	free(processes);
	runner->processes = NULL;
}
