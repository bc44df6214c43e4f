/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scheduled reload: see reload_schedule.h. */
#include "front/reload_schedule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "front/front.h"
#include "front/log.h"

/* The wall clock may be set: it is looked at again at least so often. */
#define LOOK_AGAIN (30 * DUR_S)

static time_t time_of(struct tm *fields, bool utc)
{
	fields->tm_isdst = -1;
	return utc ? timegm(fields) : mktime(fields);
}

static const char *read_date(const char *text, struct tm *fields)
{
	const char *rest = NULL;

	/* %Y would take two digits for the first century. */
	if (strlen(text) > 4 && text[4] == '-')
		rest = strptime(text, "%Y-%m-%d", fields);
	else if (strlen(text) > 2 && text[2] == '-')
		rest = strptime(text, "%y-%m-%d", fields);
	return rest && rest[0] == ' ' && rest[1] != ' ' ? rest + 1 : NULL;
}

bool schedule_time(const char *text, time_t now, time_t *when, bool *daily)
{
	const size_t length = strlen(text);
	const bool utc = length > 0 && text[length - 1] == 'Z';
	const char *rest = text;
	struct tm fields;

	if (utc)
		gmtime_r(&now, &fields);
	else
		localtime_r(&now, &fields);
	*daily = strchr(text, '-') == NULL;
	if (!*daily)
		rest = read_date(text, &fields);
	/* strptime is content with one digit. */
	if (!rest || strlen(rest) != (utc ? 9u : 8u) || rest[2] != ':' || rest[5] != ':')
		return false;
	rest = strptime(rest, "%H:%M:%S", &fields);
	if (!rest || strcmp(rest, utc ? "Z" : "") != 0)
		return false;
	*when = time_of(&fields, utc);
	if (*daily && *when <= now) {
		fields.tm_mday++;
		*when = time_of(&fields, utc);
	}
	return true;
}

/* The first line; false: there is no file, or nothing in it. */
static bool read_line(struct front *front, char line[SCHEDULE_TEXT_MAX])
{
	const struct clerk_request request = {.errand = CLERK_TIME_READ};
	struct clerk_answer answer;
	ssize_t length;
	int fd;

	if (clerk_ask(front, &request, -1, &answer, &fd) < 0 || fd < 0)
		return false;
	length = read(fd, line, SCHEDULE_TEXT_MAX - 1);
	close(fd);
	line[length > 0 ? length : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return line[0];
}

static void set_timer(struct front *front)
{
	struct reload_schedule *schedule = &front->schedule;
	const time_t left = schedule->when - time(NULL);

	loop_set_timer(&front->loop, &schedule->timer,
		schedule->when == 0 ? MONO_NEVER
				    : mono_add(clock_now(), left * DUR_S < LOOK_AGAIN ? left * DUR_S : LOOK_AGAIN));
}

/* What the file says now. */
static void look(struct front *front)
{
	struct reload_schedule *schedule = &front->schedule;
	const char *path = front->config->conf->global.process.reload_time_file;
	const time_t before = schedule->when;
	char line[SCHEDULE_TEXT_MAX];
	bool daily;

	schedule->when = 0;
	if (read_line(front, line) && !schedule_time(line, time(NULL), &schedule->when, &daily))
		log_line(LOG_LEVEL_ERROR,
			"%s: '%s' is no time: HH:MM:SS or YYYY-MM-DD HH:MM:SS, with a Z behind it for UTC", path, line);
	else if (schedule->when != 0 && schedule->when < time(NULL))
		schedule->when = 0; /* a date that has passed */
	if (schedule->when != 0 && schedule->when != before)
		log_line(LOG_LEVEL_NOTICE, "%s: there will be a reload at %s", path, line);
	else if (schedule->when == 0 && before != 0)
		log_line(LOG_LEVEL_NOTICE, "%s: no reload is to come any more", path);
	set_timer(front);
}

static void time_came(struct timer *timer)
{
	struct front *front = container_of(timer, struct front, schedule.timer);

	if (front->schedule.when > time(NULL)) {
		set_timer(front);
		return;
	}
	front->schedule.when = 0;
	front->reload.schedule_wants = true;
	reload_run(front);
}

void schedule_done(struct front *front)
{
	const struct conf_process *process = &front->config->conf->global.process;
	const struct clerk_request request = {.errand = CLERK_TIME_REMOVE};
	struct clerk_answer answer;
	int error;

	if (!process->reload_time_file)
		return;
	error = process->reload_repeat ? 0 : clerk_ask(front, &request, -1, &answer, NULL);
	if (error)
		log_line(LOG_LEVEL_ERROR, "cannot remove %s: %s", process->reload_time_file, strerror(-error));
	look(front);
}

static void directory_changed(struct watch *watch, uint32_t events)
{
	struct front *front = container_of(watch, struct front, schedule.watch);
	char buffer[4096] __attribute__((aligned(8)));

	(void)events;
	while (read(watch->fd, buffer, sizeof(buffer)) > 0)
		continue;
	look(front);
}

void schedule_close(struct front *front)
{
	struct reload_schedule *schedule = &front->schedule;

	if (schedule->watched) {
		loop_remove(&front->loop, &schedule->watch);
		close(schedule->watch.fd);
	}
	free(schedule->watched);
	schedule->watched = NULL;
	schedule->when = 0;
	loop_set_timer(&front->loop, &schedule->timer, MONO_NEVER);
}

/* 0 or -errno. */
static int watch_directory(struct front *front)
{
	const struct clerk_request request = {.errand = CLERK_TIME_WATCH};
	struct reload_schedule *schedule = &front->schedule;
	struct clerk_answer answer;
	int error;

	schedule->watch = (struct watch){.fd = -1, .ready = directory_changed};
	error = clerk_ask(front, &request, -1, &answer, &schedule->watch.fd);
	if (!error)
		error = schedule->watch.fd < 0 ? -EIO : loop_add(&front->loop, &schedule->watch, EPOLLIN);
	if (error < 0 && schedule->watch.fd >= 0)
		close(schedule->watch.fd);
	return error;
}

void schedule_follow(struct front *front)
{
	struct reload_schedule *schedule = &front->schedule;
	const char *path = front->config->conf->global.process.reload_time_file;
	int error;

	schedule->timer.fire = time_came;
	if (path && schedule->watched && strcmp(path, schedule->watched) == 0)
		return;
	schedule_close(front);
	if (!path)
		return;
	error = watch_directory(front);
	if (error < 0) {
		log_line(LOG_LEVEL_ERROR, "reload_time_file %s cannot be watched: %s; the next reload tries again", path,
			strerror(-error));
		return;
	}
	schedule->watched = strdup(path);
	look(front);
}
