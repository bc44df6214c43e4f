/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the control socket: see control_socket.h. */
#include "front/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "conf/account.h"

#define BACKLOG 16
#define DEFAULT_GROUP "vigia"

/* The folder of path, opened; made if it is missing. -1 with errno. */
static int open_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	int fd;

	if (!slash)
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (length == 0)
		length = 1; /* the root */
	if (length >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, path, length);
	folder[length] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && mkdir(folder, 0755) == 0)
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

/* Two daemons that start at once must not take each other's fresh socket for a dead one's. Anybody who may
 * read the folder may lock it, too, so the lock is not waited for in earnest. */
static void lock_folder(int folder)
{
	const struct timespec pause = {.tv_nsec = 20000000};

	for (int attempt = 0; attempt < 25 && flock(folder, LOCK_EX | LOCK_NB) < 0; attempt++)
		nanosleep(&pause, NULL);
}

/* 0: path is free, or was a dead daemon's socket and is free now; else a problem has been written. */
static int clear_place(const struct sockaddr_un *address, char *problem, size_t problem_size)
{
	const char *path = address->sun_path;
	struct stat status;
	int fd;

	if (lstat(path, &status) < 0)
		return 0;
	if (!S_ISSOCK(status.st_mode)) {
		snprintf(problem, problem_size,
			"%s is there and is no socket; remove it, or give another --control PATH", path);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* EAGAIN: somebody listens, with a full queue. */
	if (fd >= 0 &&
		(connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)) {
		close(fd);
		snprintf(problem, problem_size,
			"another vigiad answers at %s; stop it, or give this one a --control PATH of its own",
			path);
		return -1;
	}
	if (fd >= 0)
		close(fd);
	unlink(path);
	return 0;
}

static bool is_of_group(const char *path, gid_t group)
{
	struct stat status;

	return lstat(path, &status) == 0 && status.st_gid == group;
}

/* The listening socket, its place being free. -1 with errno. */
static int listen_at(const struct sockaddr_un *address, struct control_place *place)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const char *path = address->sun_path;
	mode_t mask;
	struct stat status;
	int bound;

	if (fd < 0)
		return -1;
	mask = umask(0177);
	/* It begins as one of the group, for which CAP_SETGID is enough. */
	setfsgid(place->group);
	bound = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	setfsgid(getegid());
	umask(mask);
	/* The group before the mode: never is it open to another one. */
	if (bound == 0 && !is_of_group(path, place->group) && lchown(path, (uid_t)-1, place->group) < 0)
		place->group_missing = true;
	else if (bound == 0)
		bound = chmod(path, 0660);
	if (bound == 0 && listen(fd, BACKLOG) == 0 && lstat(path, &status) == 0) {
		place->device = status.st_dev;
		place->inode = status.st_ino;
		return fd;
	}

	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

static void find_group(struct control_place *place, const char *group)
{
	struct account account;
	const char *missing;
	int error = account_find("0", group ? group : DEFAULT_GROUP, false, &account, &missing);

	place->group = error ? getegid() : account.group;
	place->group_missing = error && group;
	account_free(&account);
}

int control_socket_listen(const char *path, const char *group, struct control_place *place, char *problem, size_t problem_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int folder;
	int fd = -1;

	*place = (struct control_place){.path = path};
	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(problem, problem_size,
			"the path of the control socket is longer than %zu characters: %s",
			sizeof(address.sun_path) - 1, path);
		return -1;
	}
	strcpy(address.sun_path, path);
	find_group(place, group);
	folder = open_folder(path);
	if (folder < 0) {
		snprintf(problem, problem_size, "the folder of the control socket %s cannot be used: %s",
			path, strerror(errno));
		return -1;
	}
	lock_folder(folder);
	if (clear_place(&address, problem, problem_size) == 0) {
		fd = listen_at(&address, place);
		if (fd < 0)
			snprintf(problem, problem_size, "the control socket %s cannot be made: %s", path,
				strerror(errno));
	}
	close(folder);
	return fd;
}

void control_socket_remove(const struct control_place *place)
{
	struct stat status;

	if (lstat(place->path, &status) == 0 && status.st_dev == place->device &&
		status.st_ino == place->inode)
		unlink(place->path);
}
