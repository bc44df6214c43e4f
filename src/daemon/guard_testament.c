/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where testaments are kept: beside the pid file, as PIDFILE.left-0 and so on, so that they outlive all processes. Each engine
 * writes a new one. It is deleted when what it says has been done, or when a new engine has seen to it. See guard.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/guard.h"
#include "linux/testament.h"

/* NULL: none, or no memory. */
static char *path_of(const struct guard *guard, int number)
{
	char *path;

	return number < 0 || asprintf(&path, "%s.left-%d", guard->options->pid_file, number) < 0 ? NULL : path;
}

static bool is_in_use(const struct guard *guard, int number)
{
	if (number == guard->testament.number)
		return true;
	for (size_t i = 0; i < guard->left_count; i++)
		if (guard->left[i].number == number)
			return true;
	for (size_t i = 0; i < guard->pending_count; i++)
		if (guard->pending[i].testament.number == number)
			return true;
	return false;
}

int guard_create_testament(const struct guard *guard, struct kept_testament *testament)
{
	int number = 0;
	char *path;
	bool named;

	while (is_in_use(guard, number))
		number++;
	path = path_of(guard, number);
	/* A file of that name is of no use to anybody: guard_find_left has looked at it. */
	if (path)
		unlink(path);
	testament->fd = testament_create(path, testament_network(guard->netlink_socket), &named);
	testament->number = testament->fd >= 0 && named ? number : -1;
	free(path);
	return testament->fd < 0 ? testament->fd : 0;
}

void guard_forget_testament(const struct guard *guard, struct kept_testament *testament)
{
	char *path = path_of(guard, testament->number);

	if (path)
		unlink(path);
	free(path);
	if (testament->fd >= 0)
		close(testament->fd);
	*testament = (struct kept_testament){-1, -1};
}

void guard_find_left(struct guard *guard)
{
	const uint64_t network = testament_network(guard->netlink_socket);

	for (int number = 0; number < GUARD_LEFT_MAX; number++) {
		char *path = path_of(guard, number);
		int fd = path ? testament_open_left(path, network) : -ENOMEM;

		free(path);
		if (fd >= 0)
			guard->left[guard->left_count++] = (struct kept_testament){fd, number};
	}
}

void guard_forget_left(struct guard *guard)
{
	while (guard->left_count > 0)
		guard_forget_testament(guard, &guard->left[--guard->left_count]);
}
