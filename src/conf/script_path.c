/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who can change a script: see script_path.h. */
#include "conf/script_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error_name.h"

#define LINKS_MAX 40

/* A walk from the root: what of the path is done, and what is left of it. */
struct walk {
	char done[SCRIPT_PATH_SIZE]; /* "" is the root */
	char left[SCRIPT_PATH_SIZE];
	unsigned links;
};

static enum path_weakness weakness_of(const struct path_status *status)
{
	const bool sticky_folder = S_ISDIR(status->mode) && (status->mode & S_ISVTX);

	if (status->owner != 0)
		return PATH_NOT_ROOTS;
	if (S_ISLNK(status->mode) || sticky_folder)
		return PATH_SAFE;
	if (status->mode & S_IWOTH)
		return PATH_OTHERS_WRITE;
	return (status->mode & S_IWGRP) && status->group != 0 ? PATH_GROUP_WRITES : PATH_SAFE;
}

static bool fail(struct path_check *check, int error)
{
	check->weakness = PATH_UNREADABLE;
	check->error = error;
	return false;
}

/* Moves the first component of `left` to `name`. false: there is none, or it is too long. */
static bool take_component(struct walk *walk, char *name, size_t size)
{
	const char *at = walk->left + strspn(walk->left, "/");
	size_t length = strcspn(at, "/");

	if (length == 0 || length >= size)
		return false;
	memcpy(name, at, length);
	name[length] = '\0';
	at += length;
	memmove(walk->left, at, strlen(at) + 1);
	return true;
}

static void go_up(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	if (slash)
		*slash = '\0';
}

/* The rest of the way goes by the link's target. false: too many links, too long. */
static bool follow_link(struct walk *walk, const struct path_world *world, const char *link, struct path_check *check)
{
	char target[SCRIPT_PATH_SIZE];
	char rest[SCRIPT_PATH_SIZE];
	int length = world->link(world->user, link, target, sizeof(target));

	if (length < 0)
		return fail(check, length);
	if (++walk->links > LINKS_MAX)
		return fail(check, -ELOOP);
	strcpy(rest, walk->left);
	if ((size_t)snprintf(walk->left, sizeof(walk->left), "%s%s", target, rest) >= sizeof(walk->left))
		return fail(check, -ENAMETOOLONG);
	if (target[0] == '/')
		walk->done[0] = '\0';
	return true;
}

static bool look(const struct path_world *world, const char *path, struct path_check *check)
{
	int error;

	strcpy(check->component, path[0] ? path : "/");
	error = world->status(world->user, check->component, &check->status);
	if (error)
		return fail(check, error);
	check->weakness = weakness_of(&check->status);
	return check->weakness == PATH_SAFE;
}

static bool step(struct walk *walk, const struct path_world *world, const char *name, struct path_check *check)
{
	char next[2 * SCRIPT_PATH_SIZE];

	if (strcmp(name, ".") == 0)
		return true;
	if (strcmp(name, "..") == 0) {
		go_up(walk);
		return true;
	}
	if ((size_t)snprintf(next, sizeof(next), "%s/%s", walk->done, name) >= SCRIPT_PATH_SIZE)
		return fail(check, -ENAMETOOLONG);
	if (!look(world, next, check))
		return false;
	if (S_ISLNK(check->status.mode))
		return follow_link(walk, world, next, check);
	strcpy(walk->done, next);
	return true;
}

bool script_path_check(const char *path, const struct path_world *world, struct path_check *check)
{
	struct walk walk = {.done = ""};
	char name[SCRIPT_PATH_SIZE];

	*check = (struct path_check){.weakness = PATH_SAFE};
	if (path[0] != '/' || strlen(path) >= sizeof(walk.left))
		return fail(check, -EINVAL);
	strcpy(walk.left, path);
	if (!look(world, "", check))
		return false;
	while (take_component(&walk, name, sizeof(name)))
		if (!step(&walk, world, name, check))
			return false;
	strcpy(check->resolved, walk.done);
	return true;
}

const char *script_path_text(const struct path_check *check, char *buffer, size_t size)
{
	const unsigned mode = check->status.mode & 07777;

	switch (check->weakness) {
	case PATH_SAFE:
		snprintf(buffer, size, "only root can change it");
		break;
	case PATH_NOT_ROOTS:
		snprintf(buffer, size, "%.200s belongs to user %u (mode %04o)", check->component, check->status.owner, mode);
		break;
	case PATH_GROUP_WRITES:
		snprintf(buffer, size, "group %u may write to %.200s (owner %u, mode %04o)", check->status.group,
			check->component, check->status.owner, mode);
		break;
	case PATH_OTHERS_WRITE:
		snprintf(buffer, size, "everybody may write to %.200s (owner %u, mode %04o)", check->component,
			check->status.owner, mode);
		break;
	case PATH_UNREADABLE:
		snprintf(buffer, size, "%.200s cannot be looked at: %s", check->component, error_name(check->error));
		break;
	}
	return buffer;
}

static int system_status(void *user, const char *path, struct path_status *status)
{
	struct stat found;

	(void)user;
	if (lstat(path, &found) < 0)
		return -errno;
	*status = (struct path_status){found.st_uid, found.st_gid, found.st_mode};
	return 0;
}

static int system_link(void *user, const char *path, char *target, size_t size)
{
	ssize_t length = readlink(path, target, size - 1);

	(void)user;
	if (length < 0)
		return -errno;
	target[length] = '\0';
	return (int)length;
}

const struct path_world path_world_system = {system_status, system_link, NULL};

static int program_error(const char *path)
{
	struct stat found;

	if (stat(path, &found) < 0)
		return -errno;
	return S_ISREG(found.st_mode) && (found.st_mode & 0111) ? 0 : -EACCES;
}

int script_path_find(const char *word, char *path, size_t size)
{
	int result = -ENOENT;

	if (strchr(word, '/')) {
		if ((size_t)snprintf(path, size, "%s", word) >= size)
			return -ENAMETOOLONG;
		return program_error(path);
	}
	for (const char *at = SCRIPT_SEARCH_PATH; *at;) {
		const size_t length = strcspn(at, ":");
		int error;

		if ((size_t)snprintf(path, size, "%.*s/%s", (int)length, at, word) >= size)
			return -ENAMETOOLONG;
		error = program_error(path);
		if (!error)
			return 0;
		if (error == -EACCES)
			result = error;
		at += length + (at[length] == ':');
	}
	return result;
}
