/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disable_local_igmp: while the configuration says so, the kernel reports no membership of 224.0.0.0/24. The guard sees to
 * it, for it outlives the others; and it writes down beside the pid file, as PIDFILE.igmp, what was there before, so that
 * the next daemon can put it back if all of this one's processes die at once. See guard.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/guard.h"
#include "linux/igmp_reports.h"
#include "linux/own_file.h"
#include "linux/testament.h"

#define NOTE_SIZE 96
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/* NULL without memory. */
static char *path_of(const struct guard *guard)
{
	char *path;

	return asprintf(&path, "%s.igmp", guard->options->pid_file) < 0 ? NULL : path;
}

static void read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t length = fd >= 0 ? read(fd, text, size - 1) : 0;

	text[length > 0 ? length : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Nothing that was written before the machine started, or in another network namespace, is about this one. */
static void make_note(const struct guard *guard, int before, char note[NOTE_SIZE])
{
	char boot[40];

	read_file(BOOT_ID, boot, sizeof(boot));
	boot[strcspn(boot, "\n")] = '\0';
	snprintf(note, NOTE_SIZE, "%d %llu %s\n", before, (unsigned long long)testament_network(guard->netlink_socket),
		boot);
}

/* 0 or -errno. */
static int write_down(const struct guard *guard, int before)
{
	char note[NOTE_SIZE];
	char *path = path_of(guard);
	int fd = path ? own_file_open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW, 0644) : -ENOMEM;
	int error = fd < 0 ? fd : 0;

	make_note(guard, before, note);
	if (fd >= 0 && write(fd, note, strlen(note)) != (ssize_t)strlen(note))
		error = -errno;
	if (fd >= 0)
		close(fd);
	free(path);
	return error;
}

static void forget(struct guard *guard)
{
	char *path = path_of(guard);

	if (path)
		unlink(path);
	free(path);
	guard->igmp_before = 0;
}

void guard_find_igmp(struct guard *guard)
{
	char found[NOTE_SIZE];
	char note[NOTE_SIZE];
	char *path = path_of(guard);

	if (path)
		read_file(path, found, sizeof(found));
	guard->igmp_before = path ? atoi(found) : 0;
	free(path);
	make_note(guard, guard->igmp_before, note);
	if (guard->igmp_before > 0 && strcmp(found, note) == 0)
		return;
	forget(guard);
}

static void quieten(struct guard *guard)
{
	const int now = igmp_reports_read();
	int error = now < 0 ? now : 0;

	/* Quiet already: of the last daemon, or because somebody else wants it so for good. */
	if (now == 0)
		return;
	if (!error)
		error = write_down(guard, now);
	if (!error)
		error = igmp_reports_write(0);
	if (!error) {
		guard->igmp_before = now;
		return;
	}
	guard_log(guard, "disable_local_igmp cannot be done: %s; the kernel goes on to report memberships of 224.0.0.0/24%s",
		error_name(error), error == -ENOENT ? " (it takes Linux 4.3)" : "");
	if (guard->igmp_before == 0)
		forget(guard);
}

void guard_follow_igmp(struct guard *guard, bool quiet)
{
	int error;

	if (quiet) {
		quieten(guard);
		return;
	}
	if (guard->igmp_before == 0)
		return;
	/* Somebody who has changed it meanwhile knows better. */
	error = igmp_reports_read() == 0 ? igmp_reports_write(guard->igmp_before) : 0;
	if (error)
		guard_log(guard, "cannot set net.ipv4.igmp_link_local_mcast_reports back to %d: %s", guard->igmp_before,
			error_name(error));
	forget(guard);
}
