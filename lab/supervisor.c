/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/device.h"
#include "lab/hub.h"
#include "lab/layer.h"
#include "lab/memory.h"
#include "lab/state.h"

#define MAX_CLIENTS 16
#define BUILD_SECONDS 20 /* a device that has not built its namespaces by then never will */
#define SHUTDOWN_SECONDS 10 /* for the shutdown scripts of all devices together */

enum phase {
	PHASE_OFF,
	PHASE_BUILDING, /* forked, its file system is being built */
	PHASE_BUILT, /* waits for its cables */
	PHASE_ON,
	PHASE_SHUTTING_DOWN,
	PHASE_DYING, /* killed, not reaped */
};

struct client {
	int fd; /* -1: free */
	bool waits; /* for the end of its request */
};

struct supervisor {
	const struct lab_conf *conf;
	struct lab *lab;
	struct device_world world;
	struct hub *hub;
	int listener;
	int signals;
	enum phase *phases; /* one for each device */
	int *channels; /* -1: none */
	struct client clients[MAX_CLIENTS];
	bool stopping; /* the whole lab */
	int64_t deadline; /* of the building or the shutting down that goes on, seconds; 0: none */
};

static int64_t now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* ------------------------------------------------------------------------------------------------ clients */

static void tell(struct supervisor *supervisor, struct client *client, const char *line)
{
	(void)supervisor;
	if (client->fd >= 0 && send(client->fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		errno != EAGAIN) {
		close(client->fd);
		*client = (struct client){.fd = -1};
	}
}

static void tell_all(struct supervisor *supervisor, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void tell_all(struct supervisor *supervisor, const char *format, ...)
{
	char line[SUPERVISOR_LINE_SIZE];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s\n", line);
	for (size_t i = 0; i < MAX_CLIENTS; i++)
		tell(supervisor, &supervisor->clients[i], line);
}

/* Ends the requests that wait: one at a time is carried out, the others wait with it. */
static void settle(struct supervisor *supervisor, const char *line)
{
	for (size_t i = 0; i < MAX_CLIENTS; i++) {
		if (supervisor->clients[i].waits) {
			supervisor->clients[i].waits = false;
			tell(supervisor, &supervisor->clients[i], line);
		}
	}
	supervisor->deadline = 0;
}

static void save(struct supervisor *supervisor)
{
	struct lab_error error;
	if (lab_write_state(supervisor->lab, &error) < 0)
		tell_all(supervisor, "warning lab: %s", error.text);
}

/* ------------------------------------------------------------------------------------------------ devices */

static void kill_device(struct supervisor *supervisor, size_t i)
{
	if (supervisor->phases[i] != PHASE_OFF && supervisor->lab->devices[i].pid > 0) {
		supervisor->phases[i] = PHASE_DYING;
		kill(supervisor->lab->devices[i].pid, SIGKILL);
	}
}

static void forget_device(struct supervisor *supervisor, size_t i)
{
	if (supervisor->channels[i] >= 0)
		close(supervisor->channels[i]);
	supervisor->channels[i] = -1;
	supervisor->phases[i] = PHASE_OFF;
	hub_detach(supervisor->hub, &supervisor->lab->devices[i]);
	supervisor->lab->devices[i].pid = 0;
	supervisor->lab->devices[i].start_time = 0;
	supervisor->lab->devices[i].ready = false;
}

static void boot_device(struct supervisor *supervisor, size_t i)
{
	struct lab_error error;
	struct lab_device *device = &supervisor->lab->devices[i];
	pid_t pid = device_boot(
		&supervisor->world, &supervisor->conf->devices[i], &supervisor->channels[i], &error);
	if (pid < 0) {
		tell_all(supervisor, "warning %s: %s", device->name, error.text);
		supervisor->channels[i] = -1;
		return;
	}
	device->pid = pid;
	device->start_time = process_start_time(pid);
	device->ready = false;
	supervisor->phases[i] = PHASE_BUILDING;
}

static bool any_in(const struct supervisor *supervisor, enum phase phase)
{
	for (size_t i = 0; i < supervisor->lab->device_count; i++) {
		if (supervisor->phases[i] == phase)
			return true;
	}
	return false;
}

static void attach(struct supervisor *supervisor, size_t i)
{
	struct lab_error error;
	struct lab_device *device = &supervisor->lab->devices[i];
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/net", (int)device->pid);
	int net = open(path, O_RDONLY | O_CLOEXEC);
	int result =
		net < 0 ? lab_fail(&error, -errno, "%s: %s", path, strerror(errno))
			: hub_attach(supervisor->hub, device, net,
				  device->interface_count == 0 ? 2 : device->interfaces[0].index, &error);
	if (net >= 0)
		close(net);
	if (result < 0) {
		tell_all(supervisor, "warning %s: %s", device->name, error.text);
		kill_device(supervisor, i);
	}
}

/* When all that were asked for have built their namespaces: all cables first, so that no script sees half a
 * network. */
static void connect_built(struct supervisor *supervisor)
{
	if (any_in(supervisor, PHASE_BUILDING) || !any_in(supervisor, PHASE_BUILT))
		return;
	const size_t *order = supervisor->conf->start_order;
	for (size_t n = 0; n < supervisor->lab->device_count; n++) {
		if (supervisor->phases[order[n]] == PHASE_BUILT)
			attach(supervisor, order[n]);
	}
	for (size_t n = 0; n < supervisor->lab->device_count; n++) {
		if (supervisor->phases[order[n]] != PHASE_BUILT)
			continue;
		supervisor->phases[order[n]] = PHASE_ON;
		device_send(supervisor->channels[order[n]], DEVICE_GO, 0, NULL);
	}
	save(supervisor);
	for (size_t i = 0; i < supervisor->lab->device_count; i++) {
		if (supervisor->phases[i] == PHASE_ON && !supervisor->lab->devices[i].ready)
			tell_all(supervisor, "booted %s", supervisor->lab->devices[i].name);
	}
	settle(supervisor, "done");
}

static void built(struct supervisor *supervisor, size_t i, int first_index)
{
	struct lab_device *device = &supervisor->lab->devices[i];
	if (supervisor->phases[i] != PHASE_BUILDING)
		return;
	for (size_t n = 0; n < device->interface_count; n++)
		device->interfaces[n].index = first_index + (int)n;
	supervisor->phases[i] = PHASE_BUILT;
	connect_built(supervisor);
}

static void hear_device(struct supervisor *supervisor, size_t i)
{
	struct device_message message;
	struct lab_device *device = &supervisor->lab->devices[i];
	if (!device_receive(supervisor->channels[i], &message)) {
		close(supervisor->channels[i]);
		supervisor->channels[i] = -1;
		kill_device(supervisor, i);
		return;
	}
	switch (message.type) {
	case DEVICE_BUILT:
		built(supervisor, i, message.value);
		break;
	case DEVICE_READY:
		device->ready = true;
		save(supervisor);
		tell_all(supervisor, "ready %s", device->name);
		break;
	case DEVICE_WARNING:
		tell_all(supervisor, "warning %s: %s", device->name, message.text);
		break;
	case DEVICE_FAILED:
		tell_all(supervisor, "warning %s: cannot boot: %s", device->name, message.text);
		kill_device(supervisor, i);
		break;
	case DEVICE_DOWN:
		kill_device(supervisor, i);
		break;
	case DEVICE_GO:
	case DEVICE_SHUT_DOWN:
		break; /* ours to say, not to hear */
	}
}

static void finish_stop(struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->lab->device_count; i++) {
		if (supervisor->phases[i] == PHASE_SHUTTING_DOWN || supervisor->phases[i] == PHASE_DYING)
			return;
	}
	/* the end of the whole lab is told by the end of the supervisor itself */
	if (!supervisor->stopping)
		settle(supervisor, "done");
}

static void reap(struct supervisor *supervisor)
{
	bool any = false;
	for (pid_t child; (child = waitpid(-1, NULL, WNOHANG)) > 0;) {
		for (size_t i = 0; i < supervisor->lab->device_count; i++) {
			if (supervisor->lab->devices[i].pid != child)
				continue;
			supervisor->lab->devices[i].pid =
				0; /* reaped: the number may be somebody else's from now on */
			/* what it said last, the reason above all, is still in the socket */
			while (supervisor->channels[i] >= 0 &&
				poll(&(struct pollfd){.fd = supervisor->channels[i], .events = POLLIN}, 1,
					0) > 0)
				hear_device(supervisor, i);
			forget_device(supervisor, i);
			tell_all(supervisor, "gone %s", supervisor->lab->devices[i].name);
			any = true;
		}
	}
	if (!any)
		return;
	save(supervisor);
	connect_built(supervisor);
	if (!any_in(supervisor, PHASE_BUILDING))
		finish_stop(supervisor);
}

/* -------------------------------------------------------------------------------------------- requests */

static bool is_named(const struct supervisor *supervisor, size_t i, char *const *names, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		if (strcmp(supervisor->lab->devices[i].name, names[n]) == 0)
			return true;
	}
	return count == 0;
}

static void request_start(struct supervisor *supervisor, char *const *names, size_t count)
{
	const size_t *order = supervisor->conf->start_order;
	for (size_t n = 0; n < supervisor->lab->device_count; n++) {
		if (is_named(supervisor, order[n], names, count) && supervisor->phases[order[n]] == PHASE_OFF)
			boot_device(supervisor, order[n]);
	}
	supervisor->deadline = now_seconds() + BUILD_SECONDS;
	if (!any_in(supervisor, PHASE_BUILDING))
		settle(supervisor, "done");
}

static void request_stop(struct supervisor *supervisor, char *const *names, size_t count, bool with_scripts)
{
	for (size_t i = 0; i < supervisor->lab->device_count; i++) {
		if (!is_named(supervisor, i, names, count) || supervisor->phases[i] == PHASE_OFF)
			continue;
		if (with_scripts && supervisor->phases[i] == PHASE_ON &&
			device_send(supervisor->channels[i], DEVICE_SHUT_DOWN, 0, NULL) == 0)
			supervisor->phases[i] = PHASE_SHUTTING_DOWN;
		else
			kill_device(supervisor, i);
	}
	supervisor->stopping = supervisor->stopping || (count == 0 && with_scripts);
	supervisor->deadline = now_seconds() + SHUTDOWN_SECONDS;
	finish_stop(supervisor);
}

static bool check_names(
	struct supervisor *supervisor, struct client *client, char *const *names, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		struct lab_error error;
		if (lab_device(supervisor->lab, names[n], &error) != NULL)
			continue;
		char line[SUPERVISOR_LINE_SIZE];
		snprintf(line, sizeof line, "error %s", error.text);
		tell(supervisor, client, line);
		return false;
	}
	return true;
}

static void hear_client(struct supervisor *supervisor, struct client *client)
{
	char *line = must_alloc(1u << 16);
	ssize_t got = recv(client->fd, line, (1u << 16) - 1, MSG_DONTWAIT);
	if (got <= 0) {
		if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			close(client->fd);
			*client = (struct client){.fd = -1};
		}
		free(line);
		return;
	}
	char **names = NULL, *save_at = NULL;
	size_t count = 0;
	const char *verb = strtok_r(line, " ", &save_at);
	for (char *name; verb != NULL && (name = strtok_r(NULL, " ", &save_at)) != NULL;)
		*MUST_APPEND(names, count) = name;
	if (verb != NULL && check_names(supervisor, client, names, count)) {
		client->waits = true;
		if (strcmp(verb, "start") == 0)
			request_start(supervisor, names, count);
		else if (strcmp(verb, "stop") == 0)
			request_stop(supervisor, names, count, true);
		else if (strcmp(verb, "kill") == 0 && count > 0)
			request_stop(supervisor, names, count, false);
		else
			tell(supervisor, client, "error unknown request");
	}
	free(names);
	free(line);
}

static void accept_client(struct supervisor *supervisor)
{
	int fd = accept4(supervisor->listener, NULL, NULL, SOCK_CLOEXEC);
	for (size_t i = 0; i < MAX_CLIENTS && fd >= 0; i++) {
		if (supervisor->clients[i].fd < 0) {
			supervisor->clients[i] = (struct client){.fd = fd};
			return;
		}
	}
	if (fd >= 0)
		close(fd);
}

/* -------------------------------------------------------------------------------------------- the loop */

static void deadline_passed(struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->lab->device_count; i++) {
		if (supervisor->phases[i] == PHASE_SHUTTING_DOWN)
			tell_all(supervisor, "warning %s: its shutdown script took more than %d s: killed",
				supervisor->lab->devices[i].name, SHUTDOWN_SECONDS);
		else if (supervisor->phases[i] == PHASE_BUILDING)
			tell_all(supervisor, "warning %s: not built within %d s: killed",
				supervisor->lab->devices[i].name, BUILD_SECONDS);
		else
			continue;
		kill_device(supervisor, i);
	}
	supervisor->deadline = 0;
}

static size_t fill_poll(const struct supervisor *supervisor, struct pollfd *polled)
{
	size_t count = 0;
	polled[count++] = (struct pollfd){.fd = supervisor->signals, .events = POLLIN};
	polled[count++] = (struct pollfd){.fd = supervisor->listener, .events = POLLIN};
	for (size_t i = 0; i < MAX_CLIENTS; i++)
		polled[count++] = (struct pollfd){.fd = supervisor->clients[i].fd, .events = POLLIN};
	for (size_t i = 0; i < supervisor->lab->device_count; i++)
		polled[count++] = (struct pollfd){.fd = supervisor->channels[i], .events = POLLIN};
	return count;
}

static void hear_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;
	while (read(supervisor->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			request_stop(supervisor, NULL, 0, true);
	}
	reap(supervisor);
}

static void run(struct supervisor *supervisor)
{
	struct pollfd *polled =
		must_alloc((2 + MAX_CLIENTS + supervisor->lab->device_count) * sizeof *polled);
	while (!supervisor->stopping || any_in(supervisor, PHASE_SHUTTING_DOWN) ||
		any_in(supervisor, PHASE_DYING) || any_in(supervisor, PHASE_BUILDING)) {
		size_t count = fill_poll(supervisor, polled);
		int64_t left = supervisor->deadline == 0 ? -1 : (supervisor->deadline - now_seconds()) * 1000;
		int ready = poll(polled, count, supervisor->deadline == 0 ? -1 : left < 0 ? 0 : (int)left);
		if (ready < 0 && errno != EINTR)
			break;
		if (supervisor->deadline != 0 && now_seconds() >= supervisor->deadline)
			deadline_passed(supervisor);
		if (ready <= 0)
			continue;
		if (polled[0].revents != 0)
			hear_signals(supervisor);
		for (size_t i = 0; i < supervisor->lab->device_count; i++) {
			if (polled[2 + MAX_CLIENTS + i].revents != 0 && supervisor->channels[i] >= 0)
				hear_device(supervisor, i);
		}
		for (size_t i = 0; i < MAX_CLIENTS; i++) {
			if (polled[2 + i].revents != 0 && supervisor->clients[i].fd >= 0)
				hear_client(supervisor, &supervisor->clients[i]);
		}
		if (polled[1].revents != 0)
			accept_client(supervisor);
	}
	free(polled);
}

/* ------------------------------------------------------------------------------------------- coming up */

/* The folder of the running program when it is a build folder, where all our programs stand side by side;
 * else NULL. */
static char *find_programs(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
	if (length <= 0)
		return NULL;
	path[length] = '\0';
	char *slash = strrchr(path, '/');
	*slash = '\0';
	char *daemon = must_print("%s/vigiad", path);
	bool here = access(daemon, X_OK) == 0;
	free(daemon);
	return here ? must_dup(path) : NULL;
}

/* Entering a mount namespace (setns) leads to the root of that namespace. In a chroot that is another tree than ours:
 * commands in a device would run on the machine outside, not in the device. */
static int refuse_chroot(struct lab_error *error)
{
	struct statx ours, of_namespace;
	int namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result = 0;

	if (namespace < 0 || directory < 0 || statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &ours) < 0 ||
		setns(namespace, CLONE_NEWNS) < 0 ||
		statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &of_namespace) < 0 || fchdir(directory) < 0)
		result = lab_fail(error, -errno, "cannot look at the root directory: %s", strerror(errno));
	else if (ours.stx_mnt_id != of_namespace.stx_mnt_id || ours.stx_ino != of_namespace.stx_ino)
		result = lab_fail(error, -EXDEV,
			"labs cannot run in a chroot: its root is not that of the mount namespace; use a "
			"container or "
			"a virtual machine");
	if (namespace >= 0)
		close(namespace);
	if (directory >= 0)
		close(directory);
	return result;
}

static int make_world(struct supervisor *supervisor, struct lab_error *error)
{
	char *tree = lab_state_path(supervisor->lab, "tree");
	char *layer = must_print("%s/layer", tree);
	char *mount_point = must_print("%s/device", tree);
	char *shared = must_print("%s/shared", tree);
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0)
		return lab_fail(error, -errno, "cannot make namespaces: %s%s", strerror(errno),
			errno == EPERM ? " (labs need root)" : "");
	int refused = refuse_chroot(error);
	if (refused < 0)
		return refused;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return lab_fail(error, -errno, "cannot make mounts private: %s", strerror(errno));
	if ((mkdir(tree, 0700) < 0 && errno != EEXIST) ||
		mount("tree", tree, "tmpfs", MS_NODEV, "mode=755") < 0 || mkdir(layer, 0755) < 0 ||
		mkdir(mount_point, 0755) < 0 || mkdir(shared, 0755) < 0)
		return lab_fail(error, -errno, "%s: %s", tree, strerror(errno));
	char *programs = find_programs();
	int result = layer_build(layer, programs != NULL, error);
	supervisor->world = (struct device_world){
		.conf = supervisor->conf,
		.layer = layer,
		.mount_point = mount_point,
		.shared = shared,
		.programs = programs,
	};
	free(tree);
	return result;
}

static int listen_for_clients(struct supervisor *supervisor, struct lab_error *error)
{
	char *path = lab_state_path(supervisor->lab, "control");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	unlink(path);
	free(path);
	supervisor->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (supervisor->listener < 0 ||
		bind(supervisor->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
		chmod(address.sun_path, 0600) < 0 || listen(supervisor->listener, MAX_CLIENTS) < 0)
		return lab_fail(error, -errno, "%s: %s", address.sun_path, strerror(errno));
	return 0;
}

static void block_signals(struct supervisor *supervisor)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	supervisor->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int come_up(struct supervisor *supervisor, struct lab_error *error)
{
	size_t count = supervisor->lab->device_count;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "vigia-lab");
	block_signals(supervisor);
	supervisor->phases = must_alloc(count * sizeof *supervisor->phases);
	supervisor->channels = must_alloc(count * sizeof *supervisor->channels);
	for (size_t i = 0; i < count; i++)
		supervisor->channels[i] = -1;
	for (size_t i = 0; i < MAX_CLIENTS; i++)
		supervisor->clients[i].fd = -1;
	int result = make_world(supervisor, error);
	if (result == 0)
		result = hub_open(&supervisor->hub, error);
	if (result == 0)
		result = hub_make_bridges(supervisor->hub, supervisor->lab, error);
	if (result == 0)
		result = listen_for_clients(supervisor, error);
	return result == 0 ? lab_write_state(supervisor->lab, error) : result;
}

static int send_log_to_file(const struct lab *lab)
{
	char *path = lab_state_path(lab, "supervisor.log");
	int log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	free(path);
	return log < 0 || null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 ? -errno : 0;
}

/* What the caller had open stays the caller's: a pipe that somebody reads to its end must not wait for the
 * end of the lab. */
static void close_all_but(int lock, int parent)
{
	int low = lock < parent ? lock : parent, high = lock < parent ? parent : lock;
	if (low > 3)
		close_range(3, (unsigned)low - 1, 0);
	if (high > low + 1)
		close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1, ~0u, 0);
}

static void supervise(const struct lab_conf *conf, const struct lab *name, int lock, int parent)
{
	struct lab_error error = {""};
	struct lab lab;
	lab_name(&lab, name->directory);
	hub_plan(conf, &lab);
	lab.supervisor = getpid();
	lab.started = time(NULL);
	struct supervisor supervisor = {.conf = conf, .lab = &lab, .listener = -1};
	close_all_but(lock, parent);
	setsid();
	umask(022);
	int result = chdir("/") < 0 ? -errno : send_log_to_file(&lab);
	if (result < 0)
		lab_fail(&error, result, "%s/supervisor.log: %s", lab.state_dir, strerror(-result));
	else
		result = come_up(&supervisor, &error);
	if (write(parent, error.text, sizeof error.text) < 0 || result < 0) {
		lab_remove_state(&lab);
		_exit(1);
	}
	close(parent);
	run(&supervisor);
	char *tree = lab_state_path(&lab, "tree");
	umount2(tree, MNT_DETACH); /* or its directory could not be removed */
	lab_remove_state(&lab);
	_exit(0);
}

int supervisor_start(const struct lab_conf *conf, const struct lab *lab, struct lab_error *error)
{
	int ends[2];
	int lock = lab_lock(lab, error);
	if (lock < 0)
		return lock;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		close(lock);
		return lab_fail(error, -errno, "pipe: %s", strerror(errno));
	}
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		supervise(conf, lab, lock, ends[1]);
	}
	int result = child < 0 ? lab_fail(error, -errno, "fork: %s", strerror(errno)) : 0;
	close(ends[1]);
	close(lock);
	struct lab_error report = {""};
	if (result == 0 && read(ends[0], report.text, sizeof report.text) != (ssize_t)sizeof report.text)
		result = lab_fail(error, -EIO, "the lab's supervisor died at once");
	else if (result == 0 && report.text[0] != '\0')
		result = lab_fail(error, -EIO, "%s", report.text);
	close(ends[0]);
	return result;
}

/* ----------------------------------------------------------------------------------- the client's side */

int supervisor_connect(const struct lab *lab, struct lab_error *error)
{
	char *path = lab_state_path(lab, "control");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	free(path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	int code = -errno;
	if (fd >= 0)
		close(fd);
	return lab_fail(error, code, "%s: %s", address.sun_path, strerror(-code));
}

int supervisor_request(int fd, const char *verb, char *const *names, size_t count, struct lab_error *error)
{
	char *line = must_dup(verb);
	for (size_t i = 0; i < count; i++) {
		char *longer = must_print("%s %s", line, names[i]);
		free(line);
		line = longer;
	}
	int result = send(fd, line, strlen(line), MSG_NOSIGNAL) < 0 ? -errno : 0;
	free(line);
	return result < 0 ? lab_fail(error, result, "the lab's supervisor does not listen: %s",
				    strerror(-result))
			  : 0;
}

int supervisor_line(int fd, int timeout_ms, char *line, size_t size)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int ready = poll(&polled, 1, timeout_ms);
	if (ready == 0 || (ready < 0 && errno == EINTR))
		return 0;
	ssize_t got = recv(fd, line, size - 1, 0);
	if (got <= 0)
		return -ENOENT;
	line[got] = '\0';
	return 1;
}
