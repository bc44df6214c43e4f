/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia upgrade`: the programs that are installed now take the place of those that run, one after the other, and no virtual router
 * notices. See guard.h.
 *
 *	checking	the new vigiad tests the configuration that is in force, and starts the programs beside it (companions.h)
 *	starting	a new engine beside the one that runs: it opens its sockets and learns what is in the kernel
 *	saving		the engine that runs is asked for its state, and stands still
 *	taking		the new one reads it and goes on; when it has, the old one is killed. If it has not by the time that somebody
 *			outside might notice, it is killed, and the old one goes on
 *	renewing	the runner finishes what it runs and ends; then the front says that all is well, and ends
 *	becoming	guard_reborn.c: this very process becomes the new vigiad, which starts the two again
 *
 * Whatever goes wrong before the new engine has gone on, nothing is changed, and the old one goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/exit_codes.h"
#include "daemon/guard.h"

#define CHECK_LONGEST (20 * DUR_S)
#define START_LONGEST (10 * DUR_S)
#define SAVE_AGAIN (100 * DUR_MS) /* a virtual router was on its way out, or the kernel owed an answer */
#define TAKE_LONGEST (5 * DUR_S) /* or less: the engine says how long it may stand still */
#define TAKE_ATTEMPTS 3
#define DEATH_LONGEST 20 /* ms, from SIGKILL to the end of a process's channel */
#define RENEW_LONGEST (30 * DUR_S) /* a script that is told of a state may take its time */
#define FRONT_LONGEST (5 * DUR_S) /* and then the front may, in which somebody waits for an answer */
#define REASON_SIZE MESSAGE_NAME_SIZE

static void begin_step(struct guard *guard, enum upgrade_step step, dur_t longest)
{
	guard->upgrade.step = step;
	guard->upgrade.again_at = MONO_NEVER;
	guard->upgrade.deadline = mono_add(guard->now, longest);
}

/* error: empty when all is well. */
static void answer(struct guard *guard, bool renewed, const char *error)
{
	struct message_upgraded said = {.renewed = renewed};

	snprintf(said.error, sizeof(said.error), "%s", error);
	if (guarded_alive(&guard->front))
		channel_send(guard->front.channel.fd, MESSAGE_UPGRADED, &said, sizeof(said), -1);
}

static void close_program(int *program)
{
	if (*program >= 0)
		close(*program);
	*program = -1;
}

static void end_process(struct guarded *process)
{
	if (!guarded_alive(process))
		return;
	guarded_kill(process);
	guarded_bury(process);
}

/*
 * The engine that stood still goes on, when the other one can say nothing any more: the kernel closes the channel of a killed
 * process when none of its threads will run again, long before it has closed its packet sockets and the process can be buried.
 */
static void go_on_as_before(struct guard *guard)
{
	struct guard_upgrade *upgrade = &guard->upgrade;
	struct pollfd silence = {.fd = upgrade->successor.channel.fd, .events = POLLRDHUP};

	if (guarded_alive(&upgrade->successor)) {
		guarded_kill(&upgrade->successor);
		while (poll(&silence, 1, DEATH_LONGEST) < 0 && errno == EINTR)
			;
	}
	if (upgrade->step >= UPGRADE_SAVING && guarded_alive(&guard->engine))
		channel_send(guard->engine.channel.fd, MESSAGE_GO_ON, NULL, 0, -1);
	end_process(&upgrade->successor);
	guard_forget_testament(guard, &upgrade->testament);
}

/* Nothing has changed. */
static void give_up(struct guard *guard, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void give_up(struct guard *guard, const char *format, ...)
{
	struct guard_upgrade *upgrade = &guard->upgrade;
	char reason[REASON_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	go_on_as_before(guard);
	end_process(&upgrade->checker);
	if (upgrade->step == UPGRADE_CHECKING)
		guarded_log_lines(guard, upgrade->checker_said);
	close_program(&upgrade->successor.program);
	close_program(&upgrade->checker.program);
	upgrade->step = UPGRADE_IDLE;
	upgrade->deadline = MONO_NEVER;
	upgrade->again_at = MONO_NEVER;
	guard_log(guard, "no upgrade, all goes on as before: %s", reason);
	answer(guard, false, reason);
}

static void successor_message(void *user, uint32_t epoll_events);
static void successor_ended(void *user, uint32_t epoll_events);

static void start_successor(struct guard *guard)
{
	struct guard_upgrade *upgrade = &guard->upgrade;
	int error;

	begin_step(guard, UPGRADE_STARTING, START_LONGEST);
	error = guard_start_successor(guard);
	if (!error)
		error = guarded_watch(&upgrade->successor, successor_message, successor_ended);
	if (error)
		give_up(guard, "the new engine cannot be started: %s", error_name(error));
}

/* It says nothing on its channel. */
static void checker_message(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;

	(void)epoll_events;
	event_loop_remove(&guard->loop, &guard->upgrade.checker.channel);
}

static void checker_ended(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	char reason[REASON_SIZE];
	struct child_end end = guarded_bury(&guard->upgrade.checker);

	(void)epoll_events;
	close_program(&guard->upgrade.checker.program);
	/* The other one says no more than that root runs scripts. */
	if (end.exit_code == EXIT_OK || end.exit_code == EXIT_NO_CONFIG) {
		start_successor(guard);
		return;
	}
	give_up(guard,
		"the new vigiad does not accept the configuration that is in force, or the programs beside it, and says why in the "
		"log: it %s",
		guarded_end_text(&guard->upgrade.checker, &end, reason, sizeof(reason)));
}

static int start_checker(struct guard *guard)
{
	struct start_order order = {.start.process = START_CHECKER};
	int error;

	start_add(&order, ROLE_CONFIG, guard->config_fd);
	error = guarded_start(&guard->upgrade.checker, &order);
	return error ? error : guarded_watch(&guard->upgrade.checker, checker_message, checker_ended);
}

static bool is_same_file(int a, int b)
{
	struct stat first, second;

	return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino && first.st_mtim.tv_sec == second.st_mtim.tv_sec;
}

/* Whether the programs that run are those that are installed. */
static bool is_new_already(const struct guard *guard)
{
	const int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const bool same = own >= 0 && is_same_file(own, guard->upgrade.checker.program) &&
			  is_same_file(guard->engine.program, guard->upgrade.successor.program);

	if (own >= 0)
		close(own);
	return same;
}

void guard_upgrade_begin(struct guard *guard, bool if_new)
{
	struct guard_upgrade *upgrade = &guard->upgrade;
	int error;

	if (upgrade->step != UPGRADE_IDLE)
		return; /* the answer is for all who ask */
	if (guard->state != GUARD_RUNNING || !guard->engine.ready) {
		answer(guard, false, "the engine does not run: a restart is no worse");
		return;
	}
	if (guard->starter.lost) {
		answer(guard, false, "the starter died, and nothing new can be started without it: it takes a restart");
		return;
	}
	upgrade->checker.program = start_find_program("vigiad");
	upgrade->successor.program = start_find_program("vigiad-vrrp");
	upgrade->successor.renewed = true;
	upgrade->attempts = 0;
	upgrade->checker_said[0] = '\0';
	begin_step(guard, UPGRADE_CHECKING, CHECK_LONGEST);
	if (upgrade->checker.program < 0 || upgrade->successor.program < 0) {
		error = upgrade->checker.program < 0 ? upgrade->checker.program : upgrade->successor.program;
		give_up(guard, "the new programs cannot be found: %s", error_name(error));
		return;
	}
	if (if_new && is_new_already(guard)) {
		close_program(&upgrade->checker.program);
		close_program(&upgrade->successor.program);
		upgrade->step = UPGRADE_IDLE;
		upgrade->deadline = MONO_NEVER;
		answer(guard, false, "");
		return;
	}
	error = start_checker(guard);
	if (error)
		give_up(guard, "the new vigiad cannot be started: %s", error_name(error));
}

static void ask_for_state(struct guard *guard)
{
	guard->upgrade.again_at = MONO_NEVER;
	guard->upgrade.still_since = guard->now;
	channel_send(guard->engine.channel.fd, MESSAGE_SAVE, NULL, 0, -1);
}

static void begin_to_take(struct guard *guard, const struct channel_message *message)
{
	struct guard_upgrade *upgrade = &guard->upgrade;
	mono_t until = MONO_NEVER;

	if (message->length == sizeof(until))
		memcpy(&until, guard->body, sizeof(until));
	begin_step(guard, UPGRADE_TAKING, TAKE_LONGEST);
	upgrade->deadline = mono_min(upgrade->deadline, until);
	upgrade->attempts++;
	channel_send(upgrade->successor.channel.fd, MESSAGE_SUCCEED, NULL, 0, message->fd);
	close(message->fd);
}

bool guard_upgrade_saved(struct guard *guard, const struct channel_message *message)
{
	const int fd = message->fd;

	if (guard->upgrade.step != UPGRADE_SAVING) {
		/* It came too late. */
		if (fd >= 0)
			channel_send(guard->engine.channel.fd, MESSAGE_GO_ON, NULL, 0, -1);
		return false;
	}
	if (fd >= 0) {
		begin_to_take(guard, message);
	} else if (strcmp(guard->body, "EBUSY") == 0) {
		guard->upgrade.again_at = mono_add(guard->now, SAVE_AGAIN);
	} else {
		give_up(guard, "the engine cannot write its state: %s", guard->body);
	}
	return true;
}

/* They must be known to the loop under their new place. */
static int install(struct guard *guard, struct guarded *from)
{
	event_loop_remove(&guard->loop, &from->end);
	event_loop_remove(&guard->loop, &from->channel);
	event_loop_remove(&guard->loop, &from->complaints);
	guard->engine = *from;
	*from = (struct guarded){.guard = guard, .program = -1, .end.fd = -1, .channel.fd = -1, .complaints.fd = -1,
		.complaints_write = -1, .restart_at = MONO_NEVER};
	guard->engine.complaints.user = &guard->engine;
	event_loop_add(&guard->loop, &guard->engine.complaints, EPOLLIN);
	return guard_watch_engine(guard);
}

static void retired_ended(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;

	(void)epoll_events;
	guarded_bury(&guard->upgrade.retired);
}

static void retired_message(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;

	(void)epoll_events;
	event_loop_remove(&guard->loop, &guard->upgrade.retired.channel);
}

/* It stands still and holds nothing that the new one does not hold: its end takes nothing away. */
static void retire(struct guard *guard)
{
	struct guarded *retired = &guard->upgrade.retired;

	if (!guarded_alive(&guard->engine))
		return;
	guard_kill(guard, &guard->engine.process);
	event_loop_remove(&guard->loop, &guard->engine.end);
	event_loop_remove(&guard->loop, &guard->engine.channel);
	event_loop_remove(&guard->loop, &guard->engine.complaints);
	close_program(&guard->engine.program);
	*retired = guard->engine;
	retired->complaints.user = retired;
	event_loop_add(&guard->loop, &retired->complaints, EPOLLIN);
	guarded_watch(retired, retired_message, retired_ended);
}

static void begin_to_renew(struct guard *guard)
{
	begin_step(guard, UPGRADE_RENEWING, RENEW_LONGEST);
	guard->upgrade.front_told = false;
	guard->upgrade.late = false;
	if (guarded_alive(&guard->runner))
		channel_send(guard->runner.channel.fd, MESSAGE_QUIT, NULL, 0, -1);
}

/* Last, for the runner may take its time, and somebody should log and answer meanwhile. */
static void end_front(struct guard *guard)
{
	if (guard->upgrade.front_told || !guarded_alive(&guard->front))
		return;
	guard->upgrade.front_told = true;
	answer(guard, true, "");
	channel_send(guard->front.channel.fd, MESSAGE_QUIT, NULL, 0, -1);
}

/* What would be forgotten otherwise: the guard that goes on knows of one engine, which runs, and of no other child. An engine
 * that died is started again here. */
static bool may_become_new(const struct guard *guard)
{
	return !guarded_alive(&guard->upgrade.retired) && guard->errand.end.fd < 0 && guarded_alive(&guard->engine) &&
	       guard->engine.ready && guard->pending_count == 0;
}

static double still_ms(const struct guard *guard)
{
	return (double)mono_sub(guard->now, guard->upgrade.still_since) / DUR_MS;
}

static void take_over(struct guard *guard)
{
	struct guard_upgrade *upgrade = &guard->upgrade;

	retire(guard);
	guard_forget_testament(guard, &guard->testament);
	guard->testament = upgrade->testament;
	upgrade->testament = (struct kept_testament){-1, -1};
	upgrade->successor.ready = true;
	guard->last_words_said = false;
	if (install(guard, &upgrade->successor) != 0)
		return; /* it is dead, and another one is started as after any death */
	pid_file_write(&guard->vrrp_pid_file, guard->engine.process.pid);
	guard_log(guard, "a new engine, process %d, goes on in place of the old one, which stood still for %.1f ms",
		(int)guard->engine.process.pid, still_ms(guard));
	guard_join_engine_and_front(guard);
	begin_to_renew(guard);
}

static void successor_message(void *user, uint32_t epoll_events)
{
	struct guard *guard = user;
	struct guard_upgrade *upgrade = &guard->upgrade;
	struct channel_message message;
	int got = channel_receive(upgrade->successor.channel.fd, &message, guard->body);

	(void)epoll_events;
	if (got == -EAGAIN)
		return;
	if (got <= 0) {
		give_up(guard, got == -EPROTO ? "the new engine speaks another version of the language between the processes: "
						"it takes a restart"
					      : "the new engine ended; the log may say why");
		return;
	}
	if (message.fd >= 0)
		close(message.fd);
	if (message.type == MESSAGE_WAITING && upgrade->step == UPGRADE_STARTING) {
		begin_step(guard, UPGRADE_SAVING, START_LONGEST);
		ask_for_state(guard);
	}
	if (message.type == MESSAGE_READY && upgrade->step == UPGRADE_TAKING)
		take_over(guard);
	else if (message.type == MESSAGE_REFUSED && upgrade->step == UPGRADE_TAKING)
		give_up(guard, "%s", guard->body);
}

static void successor_ended(void *user, uint32_t epoll_events)
{
	(void)epoll_events;
	give_up(user, "the new engine ended; the log may say why");
}

bool guard_upgrade_is_taking(const struct guard *guard)
{
	return guard->upgrade.step == UPGRADE_TAKING;
}

void guard_upgrade_engine_ended(struct guard *guard)
{
	if (guard->upgrade.step != UPGRADE_IDLE && guard->upgrade.step < UPGRADE_RENEWING)
		give_up(guard, "the engine died meanwhile");
}

void guard_upgrade_cancel(struct guard *guard, const char *why)
{
	if (guard->upgrade.step != UPGRADE_IDLE && guard->upgrade.step < UPGRADE_RENEWING)
		give_up(guard, "%s", why);
}

bool guard_upgrade_renews(const struct guard *guard)
{
	return guard->upgrade.step == UPGRADE_RENEWING;
}

/* It hangs, or the machine does, and the network must not wait for it. Another one may be quicker. */
static void try_another(struct guard *guard)
{
	go_on_as_before(guard);
	guard_log(guard, "the new engine did not go on within %.1f ms, and is killed: the old one goes on, and another one is tried",
		still_ms(guard));
	start_successor(guard);
}

static void too_late(struct guard *guard)
{
	static const char *const what[] = {[UPGRADE_CHECKING] = "the new vigiad takes too long to check the configuration",
		[UPGRADE_STARTING] = "the new engine takes too long to start",
		[UPGRADE_SAVING] = "the engine is too busy to be replaced: virtual routers are on their way out, the kernel owes it answers, or it hangs",
		[UPGRADE_TAKING] = "the new engine takes longer to go on than the network may wait"};

	if (guard->upgrade.step == UPGRADE_TAKING && guard->upgrade.attempts < TAKE_ATTEMPTS) {
		try_another(guard);
		return;
	}
	if (guard->upgrade.step != UPGRADE_RENEWING) {
		give_up(guard, "%s", what[guard->upgrade.step]);
		return;
	}
	begin_step(guard, UPGRADE_RENEWING, FRONT_LONGEST);
	guard->upgrade.late = true;
	if (guarded_alive(&guard->runner))
		guarded_kill(&guard->runner);
	else if (guard->upgrade.front_told && guarded_alive(&guard->front))
		guarded_kill(&guard->front);
}

static void go_on_renewing(struct guard *guard)
{
	struct guard_upgrade *upgrade = &guard->upgrade;

	if (guarded_alive(&guard->runner) || (!may_become_new(guard) && !upgrade->late))
		return;
	end_front(guard);
	if (guarded_alive(&guard->front))
		return;
	upgrade->step = UPGRADE_IDLE;
	upgrade->deadline = MONO_NEVER;
	if (may_become_new(guard))
		guard_become_new(guard);
	else
		guard_stay_old(guard, "the engine does not run");
}

void guard_upgrade_go_on(struct guard *guard)
{
	const struct guard_upgrade *upgrade = &guard->upgrade;

	if (mono_due(upgrade->again_at, guard->now))
		ask_for_state(guard);
	if (mono_due(upgrade->deadline, guard->now))
		too_late(guard);
	if (upgrade->step == UPGRADE_RENEWING)
		go_on_renewing(guard);
}

mono_t guard_upgrade_deadline(const struct guard *guard)
{
	return mono_min(guard->upgrade.deadline, guard->upgrade.again_at);
}
