/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard and the engine: start, stop, death, testament. See guard.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/exit_codes.h"
#include "daemon/guard.h"
#include "linux/testament.h"

#define NUMBER_SIZE 16
#define REASON_SIZE 128

static void engine_message(void *user, uint32_t epoll_events);
static void engine_ended(void *user, uint32_t epoll_events);

/* What the dead left is of no concern any more: a new engine has taken charge, or it is gone. */
static void drop_pending(struct guard *guard, size_t place)
{
	guard_forget_testament(guard, &guard->pending[place].testament);
	guard->pending[place] = guard->pending[--guard->pending_count];
}

static void remove_rules(struct guard *guard)
{
	guard->rules_left = false;
	if (guard->firewall_socket >= 0)
		nft_socket_remove(guard->firewall_socket,
			guard->config.firewall[0] ? guard->config.firewall : guard->firewall_name);
}

/* Rules last: while an address stands, they are right. An engine that starts may have put its own ones there already, or be about
 * to, by the socket that is ours, too: its first transaction replaces all that it finds. */
static void undo(struct guard *guard, size_t place)
{
	testament_remove(guard->pending[place].testament.fd, guard->netlink_socket);
	if (guarded_alive(&guard->engine))
		guard->rules_left = true;
	else
		remove_rules(guard);
	drop_pending(guard, place);
}

void guard_execute_pending(struct guard *guard, bool all)
{
	for (size_t i = guard->pending_count; i-- > 0;) {
		if (!all && !mono_due(guard->pending[i].remove_at, guard->now))
			continue;
		undo(guard, i);
		guard_log(guard, "what the dead engine had added to the kernel is removed");
	}
}

mono_t guard_pending_deadline(const struct guard *guard)
{
	mono_t deadline = MONO_NEVER;

	for (size_t i = 0; i < guard->pending_count; i++)
		deadline = mono_min(deadline, guard->pending[i].remove_at);
	return deadline;
}

/* The engine that has ended so has taken nothing away: the next daemon will, of what is not wanted then. */
static void keep_for_the_next(struct guard *guard)
{
	close(guard->testament.fd);
	guard->testament = (struct kept_testament){-1, -1};
}

static void add_pending(struct guard *guard)
{
	const int fd = guard->testament.fd;
	const dur_t wait = guard->stop_now ? 0 : testament_release_after(fd);

	if (testament_active_count(fd) == 0) {
		guard_forget_testament(guard, &guard->testament);
		return;
	}
	if (guard->pending_count == GUARD_PENDING_MAX) {
		undo(guard, 0);
	}
	guard->pending[guard->pending_count++] =
		(struct pending_testament){guard->testament, mono_add(guard->now, wait)};
	guard->testament = (struct kept_testament){-1, -1};
}

/* One end goes to the front; the other is returned, for the engine. -1: no front, or no descriptors. */
static int connect_front(struct guard *guard)
{
	char configs[NUMBER_SIZE];
	int ends[2];

	if (!guarded_alive(&guard->front) || channel_pair(ends) < 0)
		return -1;
	snprintf(configs, sizeof(configs), "%u", guard->configs_of_front);
	channel_send(guard->front.channel.fd, MESSAGE_ENGINE, configs, strlen(configs), ends[0]);
	close(ends[0]);
	return ends[1];
}

void guard_join_engine_and_front(struct guard *guard)
{
	int end = guarded_alive(&guard->engine) ? connect_front(guard) : -1;

	if (end < 0)
		return;
	channel_send(guard->engine.channel.fd, MESSAGE_FRONT, NULL, 0, end);
	close(end);
}

/* What the dead left, of this daemon or of the last one. */
static void add_left(const struct guard *guard, struct start_order *order)
{
	const size_t left = guard->left_count + guard->pending_count;

	for (size_t i = 0; i < guard->left_count; i++)
		start_add(order, ROLE_LEFT, guard->left[i].fd);
	for (size_t i = 0; i < guard->pending_count; i++)
		start_add(order, ROLE_LEFT, guard->pending[i].testament.fd);
	if (guard->engine_started_before)
		order->start.how |= START_ADOPT;
	else if (left > 0 || guard->pid_file.left || guard->options->keep_addresses)
		order->start.how |= START_BURY;
	if (left == 0 && !guard->engine_started_before)
		order->start.how |= START_BY_MARKS;
}

/* A successor gets the state of the one that runs, and is told of the front when it has taken over. */
static int start_process(struct guard *guard, struct guarded *engine, int testament, int front_end)
{
	struct start_order order = {.start.process = START_ENGINE};

	start_add(&order, ROLE_CONFIG, guard->config_fd);
	start_add(&order, ROLE_TESTAMENT, testament);
	start_add(&order, ROLE_FRONT, front_end);
	start_add(&order, ROLE_FIREWALL, guard->firewall_socket);
	if (engine == &guard->upgrade.successor)
		order.start.how |= START_SUCCESSOR;
	else
		add_left(guard, &order);
	return guarded_start(engine, &order);
}

int guard_start_successor(struct guard *guard)
{
	struct guard_upgrade *upgrade = &guard->upgrade;
	int error = guard_create_testament(guard, &upgrade->testament);

	if (!error)
		error = start_process(guard, &upgrade->successor, upgrade->testament.fd, -1);
	if (error)
		guard_forget_testament(guard, &upgrade->testament);
	return error;
}

void guard_start_engine(struct guard *guard)
{
	const int front_end = connect_front(guard);
	int error;

	guard->engine.restart_at = MONO_NEVER;
	guard->last_words_said = false;
	error = guard_create_testament(guard, &guard->testament);
	if (!error)
		error = start_process(guard, &guard->engine, guard->testament.fd, front_end);
	if (front_end >= 0)
		close(front_end);
	if (!error)
		error = guard_watch_engine(guard);
	if (!error) {
		guard->engine_started_before = true;
		guard_join_engine_and_runner(guard);
		return;
	}
	guard->engine.restart_at = guarded_try_again(guard, "the engine", error);
	guard_forget_testament(guard, &guard->testament);
}

/* A successor speaks within release_after; an engine that needs much longer is sick. */
void guard_stop_engine(struct guard *guard)
{
	const dur_t successor = guard->stop_now ? 0 : testament_release_after(guard->testament.fd);

	channel_send(
		guard->engine.channel.fd, guard->stop_now ? MESSAGE_STOP_NOW : MESSAGE_STOP, NULL, 0, -1);
	guard->stop_deadline = mono_add(guard->now, successor + guard->config.child_wait);
}

static void engine_is_ready(struct guard *guard)
{
	guard->engine.ready = true;
	guard->rules_left = false;
	while (guard->pending_count > 0)
		drop_pending(guard, 0);
	guard_forget_left(guard);
	if (guard->state == GUARD_STARTING)
		guard_check_ready(guard);
	else
		pid_file_write(&guard->vrrp_pid_file, guard->engine.process.pid);
}

/* First of all when the engine dies: every millisecond until this is said is one without a gateway. */
static void say_last_words(struct guard *guard)
{
	/* Another one is about to go on with what it had: if it does not, there is time for these still. */
	if (guard_upgrade_is_taking(guard))
		return;
	if (!guard->last_words_said)
		testament_say_stop(
			guard->testament.fd, guard->packet_socket, &guard->datagram_tx, GUARD_STOP_SAYINGS);
	guard->last_words_said = true;
}

int guard_watch_engine(struct guard *guard)
{
	return guarded_watch(&guard->engine, engine_message, engine_ended);
}

static void engine_message(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	struct channel_message message;
	struct process_schedule schedule;
	int got = channel_receive(guard->engine.channel.fd, &message, guard->body);

	(void)epoll_events;
	if (got == -EAGAIN)
		return;
	if (got <= 0) {
		/* The end of the channel is the first sign of a death: the pidfd follows when the kernel has closed the
		 * packet sockets, some 20 ms later (close_first). One that lives on without a channel is of no use. */
		event_loop_remove(&guard->loop, &guard->engine.channel);
		guarded_kill(&guard->engine);
		say_last_words(guard);
		return;
	}
	if (message.type == MESSAGE_READY)
		engine_is_ready(guard);
	if (message.type == MESSAGE_DRAINED)
		guard_keep_drained(guard, guard->body, message.length);
	if (message.type == MESSAGE_FORBIDDEN)
		guarded_take_forbidden(&guard->engine, guard->body, message.length);
	if (message.type == MESSAGE_FORBIDDEN || message.type == MESSAGE_DYING)
		say_last_words(guard);
	if (message.type == MESSAGE_SCHEDULE && message.length == sizeof(schedule)) {
		memcpy(&schedule, guard->body, sizeof(schedule));
		guard_schedule_engine(guard, &schedule);
	}
	if (message.type == MESSAGE_SAVED && guard_upgrade_saved(guard, &message))
		return;
	if (message.fd >= 0)
		close(message.fd);
}

/* Codes after which another start would end in the same way. Before the first success any failure of its own counts. */
static bool is_final(const struct guard *guard, const struct child_end *end)
{
	if (end->exit_code == EXIT_CONFIG || end->exit_code == EXIT_PERMISSION)
		return true;
	return guard->state == GUARD_STARTING && end->exit_code > 0;
}

static void engine_ended(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	char reason[REASON_SIZE];
	struct child_end end;

	(void)epoll_events;
	guard_upgrade_engine_ended(guard);
	say_last_words(guard);
	end = guarded_bury(&guard->engine);
	if (guard->state == GUARD_STOPPING && end.exit_code == 0 && guard->options->keep_addresses)
		keep_for_the_next(guard);
	else
		add_pending(guard);
	if (guard->rules_left && guard->pending_count == 0)
		remove_rules(guard);
	guarded_end_text(&guard->engine, &end, reason, sizeof(reason));
	if (guard->state == GUARD_STOPPING && end.exit_code == 0)
		return;
	if (!guarded_alive(&guard->front))
		guard_log(guard, "the engine died: %s", reason);
	else
		channel_send(guard->front.channel.fd, MESSAGE_ENGINE_DEAD, reason, strlen(reason), -1);
	if (guard->state == GUARD_STOPPING)
		return;
	if (is_final(guard, &end))
		guard_begin_stop(guard, end.exit_code);
	else if (guard->options->dont_respawn)
		guard_begin_stop(guard, EXIT_FATAL);
}
