/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/device.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/confine.h"
#include "lab/memory.h"
#include "linux/signal_reset.h"

#define CHANNEL_FD 3
#define LAB_FD 4

int device_send(int channel, enum device_message_type type, int value, const char *text)
{
	struct device_message message = {.type = type, .value = value};
	snprintf(message.text, sizeof message.text, "%s", text == NULL ? "" : text);
	ssize_t put;
	do {
		put = send(channel, &message, sizeof message, MSG_NOSIGNAL);
	} while (put < 0 && errno == EINTR);
	return put < 0 ? -errno : 0;
}

bool device_receive(int channel, struct device_message *message)
{
	ssize_t got;
	do {
		got = recv(channel, message, sizeof *message, 0);
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof *message)
		return false;
	message->text[sizeof message->text - 1] = '\0';
	return true;
}

/* ------------------------------------------------------------------------------------------------ pid 1 */

struct init {
	const struct conf_device *device;
	int channel;
	pid_t script; /* the process that runs the startup or shutdown scripts; 0: none */
	enum device_message_type script_end; /* what to say when it ends */
};

static void start_script(
	struct init *init, void (*body)(const struct conf_device *), enum device_message_type end)
{
	init->script = fork();
	init->script_end = end;
	if (init->script == 0) {
		signal_reset();
		close(init->channel);
		body(init->device);
		_exit(0);
	}
	if (init->script < 0) {
		init->script = 0;
		device_send(init->channel, DEVICE_WARNING, 0, "cannot start the scripts: out of processes");
		device_send(init->channel, end, 0, NULL);
	}
}

static void reap(struct init *init)
{
	for (pid_t child; (child = waitpid(-1, NULL, WNOHANG)) > 0;) {
		if (child != init->script)
			continue;
		init->script = 0;
		device_send(init->channel, init->script_end, 0, NULL);
	}
}

/* Pid 1 for the rest of the device's life; its end is the end of every process here. */
static void run_init(struct init *init)
{
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	start_script(init, device_run_startup, DEVICE_READY);
	struct pollfd polled[] = {{.fd = init->channel, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	for (;;) {
		struct device_message message;
		struct signalfd_siginfo ignored;
		poll(polled, 2, -1);
		while (read(signals, &ignored, sizeof ignored) > 0) {
		}
		reap(init);
		if (polled[0].revents == 0)
			continue;
		if (!device_receive(init->channel, &message))
			_exit(0);
		if (message.type == DEVICE_SHUT_DOWN) {
			init->script = 0; /* a startup script that still runs is nobody's business any more */
			start_script(init, device_run_shutdown, DEVICE_DOWN);
		}
	}
}

/* ------------------------------------------------------------------------------------------------ boot */

/* 2 as a rule; above what the kernel itself has put into a new network namespace (tunl0, sit0 where those
 * are loaded). */
static int first_free_index(void)
{
	unsigned highest = 1;
	struct if_nameindex *all = if_nameindex();
	for (struct if_nameindex *at = all; at != NULL && at->if_index != 0; at++) {
		if (at->if_index > highest)
			highest = at->if_index;
	}
	if_freenameindex(all);
	return (int)highest + 1;
}

static void set_limits(const struct conf_device *device)
{
	for (size_t i = 0; i < device->ulimit_count; i++) {
		struct rlimit limit = {device->ulimits[i].soft, device->ulimits[i].hard};
		setrlimit((__rlimit_resource_t)device->ulimits[i].resource, &limit);
	}
}

static int detach_streams(struct lab_error *error)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return lab_fail(error, -errno, "/dev/null: %s", strerror(errno));
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(null, fd) < 0)
			return lab_fail(error, -errno, "/dev/null: %s", strerror(errno));
	}
	close(null);
	return 0;
}

static int boot(const struct device_world *world, const struct conf_device *device, struct lab_error *error)
{
	struct device_message message;
	if (sethostname(device->name, strlen(device->name)) < 0)
		return lab_fail(error, -errno, "sethostname: %s", strerror(errno));
	int result = device_build_root(world, device, CHANNEL_FD, error);
	if (result == 0)
		result = device_copy_files(LAB_FD, device, error);
	close(LAB_FD);
	if (result == 0)
		result = detach_streams(error);
	if (result < 0)
		return result;
	device_send(CHANNEL_FD, DEVICE_BUILT, first_free_index(), NULL);
	if (!device_receive(CHANNEL_FD, &message) || message.type != DEVICE_GO)
		_exit(0);
	result = device_set_up_network(device, CHANNEL_FD, error);
	if (result < 0)
		return result;
	set_limits(device);
	return confine(error);
}

static void device_main(const struct device_world *world, const struct conf_device *device, int channel)
{
	struct lab_error error = {""};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE,
		0); /* nobody in the device may look into this process or at the host's files behind it */
	forget_environment();
	signal(SIGPIPE, SIG_IGN);
	int lab_fd = open(world->conf->directory, O_PATH | O_DIRECTORY);
	int high_channel = fcntl(channel, F_DUPFD, 20), high_lab = fcntl(lab_fd, F_DUPFD, 20);
	if (high_channel < 0 || high_lab < 0 || dup2(high_channel, CHANNEL_FD) < 0 ||
		dup2(high_lab, LAB_FD) < 0 || fcntl(CHANNEL_FD, F_SETFD, FD_CLOEXEC) < 0)
		_exit(1);
	/* also the supervisor's ends of the other devices' sockets: each device must see the supervisor die */
	close_range(LAB_FD + 1, ~0u, 0);
	if (boot(world, device, &error) < 0) {
		device_send(CHANNEL_FD, DEVICE_FAILED, 0, error.text);
		_exit(1);
	}
	struct init init = {.device = device, .channel = CHANNEL_FD};
	run_init(&init);
}

pid_t device_boot(const struct device_world *world, const struct conf_device *device, int *channel,
	struct lab_error *error)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return (pid_t)lab_fail(error, -errno, "socketpair: %s", strerror(errno));
	/* all at once: the child is born as pid 1, with everything its own */
	unsigned long flags =
		CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD;
	long child = syscall(SYS_clone, flags, NULL, NULL, NULL, 0ul);
	if (child < 0) {
		int code = -errno;
		close(pair[0]);
		close(pair[1]);
		return (pid_t)lab_fail(error, code, "cannot make namespaces: %s%s", strerror(-code),
			code == -EPERM ? " (labs need root)" : "");
	}
	if (child == 0) {
		device_main(world, device, pair[1]);
		_exit(0);
	}
	close(pair[1]);
	*channel = pair[0];
	return (pid_t)child;
}
