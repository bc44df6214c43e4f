/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard and the front: start, configurations, death. See guard.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/exit_codes.h"
#include "daemon/guard.h"
#include "linux/process_setup.h"
#include "linux/service_manager.h"

#define REASON_SIZE 128

static void front_message(void *user, uint32_t epoll_events);
static void front_ended(void *user, uint32_t epoll_events);

void guard_start_front(struct guard *guard)
{
	struct start_order order = {.start.process = START_FRONT};
	int error;

	if (guard->options->dump && !guard->engine_started_before)
		order.start.how |= START_DUMP;
	if (!guard->placed)
		order.start.how |= START_UNPLACED;
	start_add(&order, ROLE_CONFIG, guard->config_fd);
	if (guard->mail_fd < 0)
		guard->mail_fd = memfd_create("mail", MFD_CLOEXEC);
	start_add(&order, ROLE_MAIL, guard->mail_fd);
	error = guarded_start(&guard->front, &order);
	if (!error)
		error = guarded_watch(&guard->front, front_message, front_ended);
	if (error) {
		guard->front.restart_at = guarded_try_again(guard, "the front", error);
		return;
	}
	guard->configs_of_front = 0;
	guard_join_engine_and_front(guard);
	guard_join_front_and_runner(guard);
}

/* The first configuration starts the runner, and the engine, unless that has to wait for what the runner runs first. */
static void start_both(struct guard *guard)
{
	if (guard->config.needs_runner)
		guard_start_runner(guard);
	guard->engine_waits = guard->config.runs_first && guarded_alive(&guard->runner);
	if (!guard->engine_waits)
		guard_start_engine(guard);
}

/* The guard must know little of a configuration, and reads nothing of it. */
static void take_settings(struct guard *guard, const struct message_config *fresh)
{
	if (strcmp(fresh->name, guard->config.name) != 0)
		process_set_title(guard->options->argument_count, guard->options->arguments,
			fresh->name[0] ? fresh->name : "vigiad");
	guard->config = *fresh;
}

static bool read_settings(const struct guard *guard, const struct channel_message *message, struct message_config *settings)
{
	if (message->fd < 0 || message->length != sizeof(*settings))
		return false;
	memcpy(settings, guard->body, sizeof(*settings));
	settings->name[sizeof(settings->name) - 1] = '\0';
	settings->firewall[sizeof(settings->firewall) - 1] = '\0';
	return true;
}

/* Who makes configurations is as much root as we are: a front that hears clients is not, unless nobody else could be had. */
static bool may_make(const struct guard *guard, const struct channel_message *message)
{
	return !guard->users.front.given || message->user == geteuid();
}

/* Of the first front. true: the descriptor is taken. */
static bool first_came(struct guard *guard, const struct channel_message *message)
{
	struct message_config settings;

	/* Asked to stop while it was being read: nobody would tell an engine that starts now. */
	if (guard->config_fd >= 0 || guard->state == GUARD_STOPPING || !may_make(guard, message) ||
		!read_settings(guard, message, &settings))
		return false;
	guard->config_fd = message->fd;
	guard->configs_of_front++;
	take_settings(guard, &settings);
	guard_follow_igmp(guard, guard->config.quiet_igmp);
	start_both(guard);
	return true;
}

static void drop_offer(struct guard *guard)
{
	if (guard->offered_fd >= 0)
		close(guard->offered_fd);
	guard->offered_fd = -1;
}

/* true: the descriptor is taken. */
static bool offer_came(struct guard *guard, const struct channel_message *message)
{
	if (!may_make(guard, message)) {
		guard_log(guard, "the front offered a configuration of its own, which is not taken");
		return false;
	}
	if (!read_settings(guard, message, &guard->offered))
		return false;
	drop_offer(guard);
	guard->offered_fd = message->fd;
	return true;
}

static void hand_over(struct guard *guard, bool offered)
{
	const int fd = offered ? guard->offered_fd : guard->config_fd;

	guard_upgrade_cancel(guard, "the configuration is reloaded meanwhile");
	if (fd >= 0 && guarded_alive(&guard->engine) &&
		channel_send(guard->engine.channel.fd, MESSAGE_NEW_CONFIG, NULL, 0, fd) < 0)
		guard_log(guard, "the engine does not read what it is sent: it has not got the configuration");
}

/* The end of a reload. What it made is kept for the next engine. */
static void reload_ended(struct guard *guard, bool offered)
{
	if (guard->state == GUARD_STOPPING || (offered && guard->offered_fd < 0))
		return;
	guard->configs_of_front++;
	if (offered) {
		guard_upgrade_cancel(guard, "the configuration was reloaded meanwhile");
		close(guard->config_fd);
		guard->config_fd = guard->offered_fd;
		guard->offered_fd = -1;
		take_settings(guard, &guard->offered);
	}
	guard->reloading = false;
	guard_follow_igmp(guard, guard->config.quiet_igmp);
	if (guard->config.needs_runner && !guarded_alive(&guard->runner) && !guard_upgrade_renews(guard))
		guard_start_runner(guard);
	service_manager_tell("READY=1\nSTATUS=configuration reloaded");
}

/* As channel_receive. */
static int hear_front(struct guard *guard)
{
	struct channel_message message;
	int got = channel_receive(guard->front.channel.fd, &message, guard->body);

	if (got <= 0)
		return got;
	if (message.type == MESSAGE_CONFIG && first_came(guard, &message))
		return got;
	if (message.type == MESSAGE_OFFER && offer_came(guard, &message))
		return got;
	if (message.type == MESSAGE_HAND_OVER && message.length == 1)
		hand_over(guard, guard->body[0]);
	if (message.type == MESSAGE_IN_FORCE && message.length == 1)
		reload_ended(guard, guard->body[0]);
	if (message.type == MESSAGE_PLACE && message.length == sizeof(struct message_place)) {
		struct message_place place;

		memcpy(&place, guard->body, sizeof(place));
		place.net_namespace[sizeof(place.net_namespace) - 1] = '\0';
		place.instance[sizeof(place.instance) - 1] = '\0';
		guard_take_place(guard, &place);
	}
	if (message.type == MESSAGE_FORBIDDEN)
		guarded_take_forbidden(&guard->front, guard->body, message.length);
	if (message.type == MESSAGE_FRONT_READY) {
		guard->front.ready = true;
		guard_log_held(guard);
		guard_check_ready(guard);
	}
	if (message.type == MESSAGE_UPGRADE)
		guard_upgrade_begin(guard, message.length == 1 && guard->body[0]);
	if (message.type == MESSAGE_RELOAD_FAILED) {
		guard->reloading = false;
		service_manager_tell(
			"READY=1\nSTATUS=the new configuration was refused, the old one is in force");
	}
	if (message.fd >= 0)
		close(message.fd);
	return got;
}

static void front_message(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	const int got = hear_front(guard);

	(void)epoll_events;
	if (got > 0 || got == -EAGAIN)
		return;
	event_loop_remove(&guard->loop, &guard->front.channel);
	if (got < 0)
		guarded_kill(&guard->front);
}

static void front_ended(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	char reason[REASON_SIZE];
	struct child_end end;

	(void)epoll_events;
	/* It may have ended right behind a reload. */
	while (guard->state == GUARD_RUNNING && hear_front(guard) > 0)
		;
	end = guarded_bury(&guard->front);
	drop_offer(guard);
	if (guard->state == GUARD_STOPPING || guard_upgrade_renews(guard)) {
		guard->front.restart_at = MONO_NEVER;
		/* The next one does what this one was asked to do. */
		guard->reload_wanted |= guard->reloading;
		guard->reloading = false;
		return;
	}
	guard->reloading = false;
	/* Without a configuration there is nothing to run: it has said why. */
	if (guard->state == GUARD_STARTING) {
		guard_begin_stop(guard, end.exit_code > 0 ? end.exit_code : EXIT_FATAL);
		return;
	}
	if (guard->options->dont_respawn) {
		guard_begin_stop(guard, EXIT_FATAL);
		return;
	}
	/* It may have been reloading. */
	service_manager_tell("READY=1");
	guard_log(guard, "the front died: %s; virtual routers go on without it, it is started again",
		guarded_end_text(&guard->front, &end, reason, sizeof(reason)));
}
