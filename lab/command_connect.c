/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vigia lab connect: a shell in a device, on a terminal of the device's own. We pass bytes between it and
 * the caller's terminal, so the device never holds a descriptor of that one.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lab/commands.h"
#include "lab/lab.h"

struct session {
	int master; /* of the device's terminal */
	int signals;
	pid_t child;
	bool ended;
	int status; /* of the child that has ended */
	bool is_terminal; /* our standard input */
	struct termios before;
};

/* The device's own terminal: its master, opened from outside through the device's /dev/pts, and the name of
 * its slave. */
static int open_terminal(const struct lab_device *device, char *slave, size_t size, struct lab_error *error)
{
	int number, unlock = 0;
	int master = lab_open_file(device, "/dev/pts/ptmx", O_RDWR | O_NOCTTY);
	if (master < 0)
		return lab_fail(error, master, "%s: /dev/pts/ptmx: %s", device->name, strerror(-master));
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0) {
		int code = -errno;
		close(master);
		return lab_fail(error, code, "%s: cannot make a terminal: %s", device->name, strerror(-code));
	}
	snprintf(slave, size, "/dev/pts/%d", number);
	return master;
}

static void copy_window_size(const struct session *session)
{
	struct winsize size;
	if (session->is_terminal && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(session->master, TIOCSWINSZ, &size);
}

static void make_raw(struct session *session)
{
	session->is_terminal = tcgetattr(STDIN_FILENO, &session->before) == 0;
	if (!session->is_terminal)
		return;
	struct termios raw = session->before;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static bool write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t put = write(fd, bytes, length);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		bytes += put;
		length -= (size_t)put;
	}
	return true;
}

/* One read from `from` to `to`: false at the end of either. */
static bool pass(int from, int to)
{
	char buffer[4096];
	ssize_t got = read(from, buffer, sizeof buffer);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	return got > 0 && write_all(to, buffer, (size_t)got);
}

/* Whether the shell has ended; its status is kept. */
static bool has_ended(struct session *session)
{
	if (!session->ended)
		session->ended = waitpid(session->child, &session->status, WNOHANG) == session->child;
	return session->ended;
}

static void hear_signals(struct session *session)
{
	struct signalfd_siginfo info;
	while (read(session->signals, &info, sizeof info) > 0) {
		if (info.ssi_signo == SIGWINCH)
			copy_window_size(session);
	}
}

/* Until the shell has ended and all it wrote is out. The end of our input is the end of file for the shell. */
static void relay(struct session *session)
{
	struct pollfd polled[] = {{.fd = session->master, .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = session->signals, .events = POLLIN}};
	const char end_of_file = 4;
	for (;;) {
		/* something in the background may hold the terminal open: the shell's end is what counts */
		bool over = has_ended(session);
		int ready = poll(polled, 3, over ? 0 : -1);
		if (over && polled[0].revents == 0)
			return;
		if (ready < 0)
			continue;
		if (polled[0].revents != 0 && !pass(session->master, STDOUT_FILENO))
			return;
		if (polled[1].revents != 0 && !pass(STDIN_FILENO, session->master)) {
			polled[1].fd = -1;
			write_all(session->master, &end_of_file, 1);
		}
		if (polled[2].revents != 0)
			hear_signals(session);
	}
}

static int run_session(struct session *session)
{
	make_raw(session);
	copy_window_size(session);
	relay(session);
	if (session->is_terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &session->before);
	while (!session->ended) {
		if (waitpid(session->child, &session->status, 0) == session->child || errno != EINTR)
			session->ended = true;
	}
	return WIFEXITED(session->status) ? WEXITSTATUS(session->status) : 128 + WTERMSIG(session->status);
}

/* Before the child is made, so that its end cannot be missed. */
static int watch_signals(void)
{
	sigset_t watched;
	sigemptyset(&watched);
	sigaddset(&watched, SIGWINCH);
	sigaddset(&watched, SIGCHLD);
	sigprocmask(SIG_BLOCK, &watched, NULL);
	return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int connect_device(const struct lab_device *device, char *shell)
{
	struct lab_error error;
	struct session session = {.child = -1, .signals = watch_signals()};
	char slave[32], wait[] = "-w", command[] = "-c",
			script[] = "exec <\"$0\" >\"$0\" 2>&1; exec \"$1\" -l", sh[] = "/bin/sh",
			setsid_program[] = "setsid";
	session.master = open_terminal(device, slave, sizeof slave, &error);
	if (session.master >= 0) {
		/* a session leader without a terminal gets the first one it opens */
		char *argv[] = {setsid_program, wait, sh, command, script, slave, shell, NULL};
		session.child = lab_spawn(device, argv, -1, -1, STDERR_FILENO, &error);
	}
	if (session.child < 0) {
		complain("%s", error.text);
		return 1;
	}
	int status = run_session(&session);
	close(session.master);
	close(session.signals);
	return status;
}

int command_connect(int argc, char **argv)
{
	static const struct option options[] = {{"directory", required_argument, NULL, 'd'},
		{"shell", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	const char *directory = NULL;
	char *shell = NULL;
	bool wrong = false;
	for (int option; (option = getopt_long(argc, argv, "d:s:", options, NULL)) != -1;) {
		if (option == 'd')
			directory = optarg;
		else if (option == 's')
			shell = optarg;
		else
			wrong = true;
	}
	if (wrong || argc - optind != 1) {
		fputs("usage: vigia lab connect [-d DIR] [--shell SHELL] DEVICE\n", stderr);
		return 2;
	}
	struct lab lab;
	struct lab_error error;
	if (lab_find(directory, &lab, &error) < 0) {
		complain("%s", error.text);
		return 1;
	}
	const struct lab_device *device = lab_device(&lab, argv[optind], &error);
	if (device == NULL)
		complain("%s", error.text);
	int status = device == NULL ? 1 : connect_device(device, shell != NULL ? shell : device->shell);
	lab_free(&lab);
	return status;
}
