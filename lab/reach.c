/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reaching into a running lab from outside: its networks, its devices' files, and programs inside them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/confine.h"
#include "lab/device.h"
#include "lab/lab.h"
#include "lab/memory.h"
#include "lab/open_confined.h"
#include "lab/state.h"
#include "linux/signal_reset.h"

static int open_proc(pid_t pid, const char *what, int flags, struct lab_error *error)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
	int fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? lab_fail(error, -errno, "%s: %s", path, strerror(errno)) : fd;
}

/* Whether the device's pid still is its pid 1: pids come round again. */
static int check_alive(const struct lab_device *device, struct lab_error *error)
{
	if (device->pid > 0 && process_start_time(device->pid) == device->start_time)
		return 0;
	return lab_fail(error, -ESRCH, "%s is powered off", device->name);
}

int lab_hub_net(const struct lab *lab, struct lab_error *error)
{
	return open_proc(lab->supervisor, "ns/net", O_RDONLY, error);
}

int lab_device_net(const struct lab_device *device, struct lab_error *error)
{
	int fd = open_proc(device->pid, "ns/net", O_RDONLY, error);
	int result = check_alive(device, error);
	if (result < 0 && fd >= 0)
		close(fd);
	return result < 0 ? result : fd;
}

static int enter_net(int fd, struct lab_error *error)
{
	if (fd < 0)
		return fd;
	int result = setns(fd, CLONE_NEWNET) < 0 ? lab_fail(error, -errno, "setns: %s", strerror(errno)) : 0;
	close(fd);
	return result;
}

int lab_enter_hub(const struct lab *lab, struct lab_error *error)
{
	return enter_net(lab_hub_net(lab, error), error);
}

int lab_enter_device_net(const struct lab_device *device, struct lab_error *error)
{
	return enter_net(lab_device_net(device, error), error);
}

int lab_socket(const struct lab *lab, const struct lab_device *device, int domain, int type, int protocol,
	struct lab_error *error)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return lab_fail(error, -errno, "/proc/self/ns/net: %s", strerror(errno));
	int result = device == NULL ? lab_enter_hub(lab, error) : lab_enter_device_net(device, error);
	if (result == 0) {
		int fd = socket(domain, type | SOCK_CLOEXEC, protocol);
		result = fd < 0 ? lab_fail(error, -errno, "socket: %s", strerror(errno)) : fd;
		if (setns(home, CLONE_NEWNET) < 0) {
			/* going on would mean doing in the lab what is meant for the host */
			fprintf(stderr, "vigia lab: cannot come back from the lab's network: %s\n",
				strerror(errno));
			abort();
		}
	}
	close(home);
	return result;
}

int lab_open_file(const struct lab_device *device, const char *path, int flags)
{
	struct lab_error ignored;
	if (check_alive(device, &ignored) < 0)
		return -ESRCH;
	int root = open_proc(device->pid, "root", O_PATH | O_DIRECTORY, &ignored);
	if (root < 0)
		return root;
	int result = open_confined(root, path, flags, RESOLVE_IN_ROOT);
	close(root);
	return result;
}

/* -------------------------------------------------------------------------------------------- programs */

/* The device's own limits (lab.conf's ulimit), which its pid 1 has. */
static void take_limits(pid_t init)
{
	for (unsigned resource = 0; resource < RLIM_NLIMITS; resource++) {
		struct rlimit limit;
		if (prlimit(init, (__rlimit_resource_t)resource, NULL, &limit) == 0)
			prlimit(0, (__rlimit_resource_t)resource, &limit, NULL);
	}
}

/* In the device's namespaces, as a child in its pid namespace. */
static void become_program(const struct lab_device *device, char *const argv[], char **environment)
{
	struct lab_error error;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (confine(&error) < 0) {
		dprintf(2, "vigia lab: %s: %s\n", device->name, error.text);
		_exit(126);
	}
	umask(022);
	signal_reset();
	environ = environment;
	execvp(argv[0], argv);
	dprintf(2, "vigia lab: %s: %s: %s\n", device->name, argv[0],
		errno == ENOENT ? "command not found" : strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static int take_streams(int in, int out, int err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int high[3];
	const int wanted[3] = {in, out, err};
	for (int i = 0; i < 3; i++) {
		high[i] = fcntl(wanted[i] < 0 ? null : wanted[i], F_DUPFD_CLOEXEC, 10);
		if (high[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(high[i], i) < 0)
			return -errno;
	}
	return 0;
}

/* The root is the one the device's pid 1 has, not whatever the mount namespace begins with. */
static int join(const struct lab_device *device, struct lab_error *error)
{
	const int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
	int process = (int)syscall(SYS_pidfd_open, device->pid, 0);
	if (process < 0)
		return lab_fail(error, -ESRCH, "%s is powered off", device->name);
	int root = open_proc(device->pid, "root", O_PATH | O_DIRECTORY, error);
	int result = root < 0 ? root : check_alive(device, error);
	take_limits(device->pid);
	if (result == 0 && (setns(process, namespaces) < 0 || fchdir(root) < 0 || chroot(".") < 0))
		result = lab_fail(error, -errno, "cannot enter %s: %s", device->name, strerror(errno));
	if (root >= 0)
		close(root);
	close(process);
	return result;
}

/* A pid namespace takes only children: this process joins, its child is the program, and this one ends as
 * the child does. */
static void stand_between(const struct lab_device *device, char *const argv[])
{
	struct lab_error error;
	char **environment = device_environment(device->shell, device->env);
	forget_environment();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0); /* the device must not reach the host's files through us */
	if (join(device, &error) < 0) {
		dprintf(2, "vigia lab: %s\n", error.text);
		_exit(126);
	}
	close_range(3, ~0u, 0);
	pid_t child = fork();
	if (child == 0)
		become_program(device, argv, environment);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	int status;
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			_exit(126);
	}
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}

pid_t lab_spawn(const struct lab_device *device, char *const argv[], int in, int out, int err,
	struct lab_error *error)
{
	int result = check_alive(device, error);
	if (result < 0)
		return result;
	fflush(NULL);
	pid_t child = fork();
	if (child < 0)
		return lab_fail(error, -errno, "fork: %s", strerror(errno));
	if (child > 0)
		return child;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (take_streams(in, out, err) < 0)
		_exit(126);
	stand_between(device, argv);
	_exit(126);
}

int lab_run(const struct lab_device *device, char *const argv[], char *buffer, size_t size,
	struct lab_error *error)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return lab_fail(error, -errno, "pipe: %s", strerror(errno));
	pid_t child = lab_spawn(device, argv, -1, ends[1], ends[1], error);
	close(ends[1]);
	size_t used = 0;
	char waste[512];
	for (ssize_t got; child > 0; used += (size_t)got) {
		bool keep = buffer != NULL && used + 1 < size;
		got = read(ends[0], keep ? buffer + used : waste, keep ? size - used - 1 : sizeof waste);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			break;
		if (!keep)
			used -= (size_t)got;
	}
	close(ends[0]);
	if (buffer != NULL && size > 0)
		buffer[used < size ? used : size - 1] = '\0';
	if (child < 0)
		return child;
	int status;
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return lab_fail(error, -errno, "waitpid: %s", strerror(errno));
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
