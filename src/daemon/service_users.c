/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and numbers of users: see service_users.h. */
#include "daemon/service_users.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sanitizer.h"

#define FRONT_NAME "vigia"
#define ENGINE_NAME "vigia-vrrp"
#define NUMBER_FIRST 61184
#define NUMBER_LAST 65519

/* From *number on downwards. */
static uid_t take_free_number(uid_t *number)
{
	while (*number > NUMBER_FIRST && (getpwuid(*number) || getgrgid(*number)))
		--*number;
	return (*number)--;
}

static bool find(const char *name, struct service_user *user)
{
	char *end;
	const unsigned long number = strtoul(name, &end, 10);
	const struct passwd *entry = getpwnam(name);

	if (!entry && *name && !*end && number < UINT32_MAX) {
		*user = (struct service_user){.given = number != 0, .user = (uid_t)number, .group = (gid_t)number};
		return true;
	}
	if (entry)
		*user = (struct service_user){.given = entry->pw_uid != 0, .user = entry->pw_uid, .group = entry->pw_gid};
	return entry != NULL;
}

static void find_or_number(const char *name, uid_t *number, struct service_user *user)
{
	uid_t taken;

	if (find(name, user))
		return;
	taken = take_free_number(number);
	*user = (struct service_user){.given = true, .user = taken, .group = taken};
}

static bool choose(const char *name, struct service_users *users)
{
	uid_t number = NUMBER_LAST;

	if (!name) {
		find_or_number(FRONT_NAME, &number, &users->front);
		find_or_number(ENGINE_NAME, &number, &users->engine);
	} else if (!find(name, &users->front)) {
		return false;
	} else {
		users->engine = users->front;
	}
	users->front.keeper = users->engine.keeper = take_free_number(&number);
	return true;
}

static void archive_user(struct archive *archive, struct service_user *user)
{
	archive_bool(archive, &user->given);
	archive_u32(archive, &user->user);
	archive_u32(archive, &user->group);
	archive_u32(archive, &user->keeper);
}

void service_users_archive(struct archive *archive, struct service_users *users)
{
	archive_user(archive, &users->front);
	archive_user(archive, &users->engine);
}

/* In a process of its own, whose memory goes with what a name service brings. */
int service_users_choose(const char *name, struct service_users *users)
{
	int ends[2];
	pid_t pid;
	ssize_t got;

	*users = (struct service_users){0};
	/* Leaks are looked for from a process beside, which may not look into one whose saved user is another. */
	if (UNDER_SANITIZER && !name)
		return 0;
	if (!privileges_have(PRIVILEGE(CAP_SETUID) | PRIVILEGE(CAP_SETGID)))
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		if (choose(name, users))
			(void)!write(ends[1], users, sizeof(*users));
		_exit(0);
	}
	close(ends[1]);
	got = pid < 0 ? 0 : read(ends[0], users, sizeof(*users));
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return got == (ssize_t)sizeof(*users) ? 0 : pid < 0 ? -EAGAIN : -ENOENT;
}
