/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The starter's own life: see starter.h. */
#include "daemon/starter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/companions.h"
#include "daemon/exit_codes.h"
#include "daemon/starter_message.h"
#include "daemon/starter_state.h"
#include "daemon/state_memory.h"
#include "linux/privileges.h"
#include "linux/process_setup.h"

#define STATE_VARIABLE "VIGIA_STARTER_STATE"

/* A descriptor that is inherited, or -errno. */
static int write_state(const struct starter_state *office, int channel)
{
	struct starter_state next = *office;
	struct daemon_options options = *office->known.options;
	uint8_t bytes[STARTER_STATE_ROOM];
	struct archive archive = archive_to(bytes, sizeof(bytes));
	int fd = memfd_create("vigiad-starter", 0);
	int error;

	if (fd < 0)
		return -errno;
	next.guard = channel;
	starter_state_archive(&archive, &next, &options);
	error = archive.failed || archive.at > sizeof(bytes) ? -EIO : state_memory_write(fd, bytes, archive.at);
	if (!error)
		return fd;
	close(fd);
	return error;
}

static int start_successor(const struct starter_state *office, const struct start_order *order, struct child_process *child)
{
	const int state = write_state(office, order->fds[0]);
	int error;

	if (state < 0)
		return state;
	state_memory_pass(STATE_VARIABLE, state);
	error = start_execute(&office->known, order, true, child);
	state_memory_pass(STATE_VARIABLE, -1);
	close(state);
	return error;
}

static int start(const struct starter_state *office, const struct start_order *order, struct child_process *child)
{
	int error;

	companions_ask_for(order->start.process == START_CHECKER);
	error = start_execute(&office->known, order, true, child);
	companions_ask_for(false);
	return error;
}

/* The number of the process, 0 when none was asked for, or -errno. */
static int obey(const struct starter_state *office, const struct starter_message *message)
{
	const struct start_order *order = &message->order;
	struct child_process child;
	int error;

	if (message->kill)
		return order->start.count != 1				       ? -EINVAL
		       : pidfd_send_signal(order->fds[0], SIGKILL, NULL, 0) < 0 ? -errno
										: 0;
	if (!start_is_sound(&order->start))
		return -EINVAL;
	error = order->start.process == START_STARTER ? start_successor(office, order, &child)
						      : start(office, order, &child);
	return error ? error : (int)child.pid;
}

/* It hears signals no more than orders of others. */
static _Noreturn void serve(struct starter_state *office)
{
	struct starter_message message;

	if (starter_message_answer(office->guard, 0) < 0)
		_exit(EXIT_FATAL);
	while (starter_message_receive(office->guard, &message) > 0) {
		const int answer = obey(office, &message);

		for (size_t i = 0; i < message.order.start.count; i++)
			close(message.order.fds[i]);
		if (starter_message_answer(office->guard, answer) < 0)
			break;
	}
	_exit(EXIT_OK);
}

/* Nobody looks into it, or sees what it prints. */
static int confine(const struct starter_state *office, pid_t guard)
{
	const struct service_user *user = &office->known.users.front;
	sigset_t all;
	int error = 0;

	/* Where that is nobody, in a namespace of users, the others cannot become who they should either: all stay root. */
	if (user->given)
		privileges_be_keeper(user->keeper);
	/* Whoever is not root hands on what it has. */
	if (geteuid() == 0)
		error = privileges_keep(0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	return error ? error : getppid() == guard ? 0 : -ESRCH;
}

static bool is_kept(const struct starter_state *office, int fd)
{
	for (size_t i = 0; i < PROGRAM_COUNT; i++)
		if (office->known.programs[i] == fd)
			return true;
	return fd == office->guard;
}

/* What the guard has open is not ours: locks and sockets among it. */
static void close_others(const struct starter_state *office)
{
	const int nowhere = open("/dev/null", O_RDWR);
	int last = office->guard;

	for (int fd = STDIN_FILENO; nowhere >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(nowhere, fd);
	for (size_t i = 0; i < PROGRAM_COUNT; i++)
		if (office->known.programs[i] > last)
			last = office->known.programs[i];
	for (int fd = STDERR_FILENO + 1; fd < last; fd++)
		if (!is_kept(office, fd))
			close(fd);
	close_range((unsigned)last + 1, ~0u, 0);
}

static _Noreturn void begin(const struct start_knowledge *knowledge, int channel, pid_t guard)
{
	struct starter_state office = {.known = *knowledge, .guard = channel};

	snprintf(office.firewall_name, sizeof(office.firewall_name), "%s", knowledge->firewall_name);
	office.known.firewall_name = office.firewall_name;
	close_others(&office);
	setsid();
	process_set_title(knowledge->options->argument_count, knowledge->options->arguments, "vigiad: starter");
	if (confine(&office, guard) < 0)
		_exit(EXIT_FATAL);
	serve(&office);
}

int starter_open(struct starter *starter, const struct start_knowledge *knowledge)
{
	const pid_t guard = getpid();
	int ends[2];
	int error = starter_message_pair(ends);
	pid_t pid;

	if (error)
		return error;
	pid = fork();
	if (pid == 0)
		begin(knowledge, ends[1], guard);
	error = pid < 0 ? -errno : child_adopt(pid, &starter->process);
	close(ends[1]);
	starter->channel = ends[0];
	if (!error && starter_message_await(ends[0]) != 0) {
		child_kill(&starter->process);
		child_reap(&starter->process);
		error = -EPROTO;
	}
	if (!error)
		return 0;
	close(ends[0]);
	starter->channel = -1;
	return error;
}

int starter_inherited(void)
{
	return state_memory_inherited(STATE_VARIABLE);
}

static bool open_programs(struct start_knowledge *known)
{
	static const char *const names[PROGRAM_COUNT] = {
		[PROGRAM_ENGINE] = "vigiad-vrrp", [PROGRAM_FRONT] = "vigiad-front", [PROGRAM_RUNNER] = "vigiad-runner"};

	for (size_t i = 0; i < PROGRAM_COUNT; i++) {
		known->programs[i] = start_find_program(names[i]);
		if (known->programs[i] < 0)
			return false;
	}
	return true;
}

_Noreturn void starter_go_on(struct daemon_options *options, int state)
{
	static struct starter_state office;
	size_t size;
	const uint8_t *bytes = state_memory_map(state, &size);
	struct archive archive = archive_from(bytes, bytes ? size : 0);

	starter_state_archive(&archive, &office, options);
	close(state);
	office.known.options = options;
	office.known.firewall_name = office.firewall_name;
	process_set_title(options->argument_count, options->arguments, "vigiad: starter");
	if (!bytes || archive.failed || !open_programs(&office.known) || confine(&office, getppid()) < 0)
		_exit(EXIT_FATAL);
	fcntl(office.guard, F_SETFD, FD_CLOEXEC);
	serve(&office);
}
