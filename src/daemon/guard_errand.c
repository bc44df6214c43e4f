/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What takes a capability that the guard has given up: it executes vigiad-runner for it, once, which begins with all of them.
 * See guard.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/guard.h"

static void start(struct guard *guard);

static void errand_ended(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	struct child_end end;

	(void)epoll_events;
	event_loop_remove(&guard->loop, &guard->errand.end);
	end = child_reap(&guard->errand.process);
	guard->errand.end.fd = -1;
	if (end.exit_code != 0)
		guard_log(guard, "the engine does not get the priority or the processors that it asks for: %s",
			end.exit_code > 0 ? error_name(-end.exit_code) : "its errand was killed");
	if (guard->errand.wanted)
		start(guard);
}

/* The read end of a pipe with the message in it, for which a pipe always has room. */
static int open_message(const struct process_schedule *schedule)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	if (write(ends[1], schedule, sizeof(*schedule)) != sizeof(*schedule)) {
		close(ends[1]);
		close(ends[0]);
		return -EIO;
	}
	close(ends[1]);
	return ends[0];
}

static int start_process(struct guard *guard, int message)
{
	/* It is not buried yet, so the number is the engine's. */
	struct start_order order = {.start = {.process = START_ERRAND, .number = guard->engine.process.pid}};

	if (guard->runner.renewed)
		order.start.how |= START_INSTALLED;
	start_add(&order, ROLE_SCHEDULE, message);
	return guard_execute(guard, &order, &guard->errand.process);
}

static void start(struct guard *guard)
{
	int message, error;

	guard->errand.wanted = false;
	if (!guarded_alive(&guard->engine))
		return;
	message = open_message(&guard->errand.schedule);
	error = message < 0 ? message : start_process(guard, message);
	if (message >= 0)
		close(message);
	if (!error) {
		guard->errand.end = (struct event_source){guard->errand.process.pidfd, errand_ended, guard};
		error = event_loop_add(&guard->loop, &guard->errand.end, EPOLLIN);
	}
	if (error)
		guard_log(guard, "the engine cannot be given another priority: %s", error_name(error));
}

void guard_schedule_engine(struct guard *guard, const struct process_schedule *schedule)
{
	struct process_schedule *wanted = &guard->errand.schedule;
	const struct process_schedule waiting = *wanted;

	*wanted = *schedule;
	/* What an earlier one asked for, and this one does not, is still to be done. */
	if (guard->errand.wanted) {
		wanted->parts |= waiting.parts;
		if (!(schedule->parts & SCHEDULE_NICE))
			wanted->nice = waiting.nice;
		if (!(schedule->parts & SCHEDULE_CPUS))
			memcpy(wanted->cpus, waiting.cpus, sizeof(wanted->cpus));
		if (!(schedule->parts & SCHEDULE_REAL_TIME)) {
			wanted->rt_priority = waiting.rt_priority;
			wanted->rt_limit = waiting.rt_limit;
		}
	}
	guard->errand.wanted = true;
	if (guard->errand.end.fd < 0)
		start(guard);
}
