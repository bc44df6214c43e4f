/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard and its starter: orders, death, its successor in an upgrade. See guard.h and starter.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/exit_codes.h"
#include "daemon/guard.h"
#include "daemon/starter_message.h"

static void close_channel(struct starter *starter)
{
	if (starter->channel >= 0)
		close(starter->channel);
	starter->channel = -1;
}

static void bury(struct guard *guard, struct starter *starter, struct event_source *end)
{
	event_loop_remove(&guard->loop, end);
	close_channel(starter);
	end->fd = -1;
	child_reap(&starter->process);
}

/* All goes on that runs. A starter that comes later could not begin with more than we have. */
static void ended(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;

	(void)epoll_events;
	bury(guard, &guard->starter.now, &guard->starter.end);
	guard->starter.lost = true;
	if (guard->state == GUARD_STOPPING)
		return;
	guard_log(guard, "the starter died: all that runs goes on, but nothing can be started again, nor upgraded; it takes a restart");
	if (guard->options->dont_respawn)
		guard_begin_stop(guard, EXIT_FATAL);
}

static void other_ended(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;

	(void)epoll_events;
	bury(guard, &guard->starter.other, &guard->starter.other_end);
}

static void watch(struct guard *guard, const struct starter *starter, struct event_source *end,
	void (*ready)(void *user, uint32_t epoll_events))
{
	event_loop_remove(&guard->loop, end);
	*end = (struct event_source){starter->process.pidfd, ready, guard};
	if (end->fd >= 0)
		event_loop_add(&guard->loop, end, EPOLLIN);
}

void guard_watch_starter(struct guard *guard)
{
	watch(guard, &guard->starter.now, &guard->starter.end, ended);
	watch(guard, &guard->starter.other, &guard->starter.other_end, other_ended);
}

static struct start_knowledge knowledge(const struct guard *guard)
{
	return (struct start_knowledge){.options = guard->options,
		.users = guard->users,
		.firewall_name = guard->firewall_name,
		.programs = {[PROGRAM_ENGINE] = guard->engine.program,
			[PROGRAM_FRONT] = guard->front.program,
			[PROGRAM_RUNNER] = guard->runner.program}};
}

int guard_open_starter(struct guard *guard)
{
	const struct start_knowledge known = knowledge(guard);
	int error = starter_open(&guard->starter.now, &known);

	guard_watch_starter(guard);
	return error;
}

/* What it answers. One that does not is of no use any more: what it did meanwhile nobody would know. */
static int ask(struct guard *guard, const struct starter_message *message)
{
	struct starter *starter = &guard->starter.now;
	int answer = starter->channel < 0 ? -EPIPE : starter_message_send(starter->channel, message);

	if (!answer)
		answer = starter_message_await(starter->channel);
	if (answer == -ETIMEDOUT || answer == -EPIPE || answer == -EAGAIN) {
		close_channel(starter);
		guard->starter.lost = true;
		if (starter->process.pidfd >= 0)
			child_kill(&starter->process);
	}
	return answer;
}

static bool has_starter(const struct guard *guard)
{
	return guard->starter.lost || guard->starter.now.channel >= 0;
}

int guard_execute(struct guard *guard, const struct start_order *order, struct child_process *child)
{
	const struct start_knowledge known = knowledge(guard);
	int answer;

	if (!has_starter(guard))
		return start_execute(&known, order, false, child);
	answer = ask(guard, &(struct starter_message){.order = *order});
	return answer < 0 ? answer : child_adopt(answer, child);
}

int guard_kill(struct guard *guard, const struct child_process *child)
{
	struct starter_message message = {.kill = true};
	int error = child_kill(child);

	if (error != -EPERM || !has_starter(guard))
		return error;
	start_add(&message.order, ROLE_CHANNEL, child->pidfd);
	return ask(guard, &message);
}

int guard_renew_starter(struct guard *guard)
{
	struct starter *fresh = &guard->starter.other;
	struct start_order order = {.start.process = START_STARTER};
	int ends[2];
	int error = fresh->process.pidfd >= 0 ? -EBUSY : starter_message_pair(ends);

	if (error)
		return error;
	start_add(&order, ROLE_CHANNEL, ends[1]);
	error = guard_execute(guard, &order, &fresh->process);
	close(ends[1]);
	fresh->channel = ends[0];
	if (!error)
		error = starter_message_await(fresh->channel);
	if (error)
		guard_end_other_starter(guard);
	return error;
}

void guard_swap_starters(struct guard *guard)
{
	const struct starter other = guard->starter.other;

	guard->starter.other = guard->starter.now;
	guard->starter.now = other;
}

/* It ends when nobody is there whom it could hear. */
void guard_end_other_starter(struct guard *guard)
{
	struct starter *other = &guard->starter.other;

	close_channel(other);
	if (other->process.pidfd < 0)
		return;
	child_kill(&other->process);
	guard_watch_starter(guard);
}
