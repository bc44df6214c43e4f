/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether somebody other than root can change what a path leads to. Every component is looked at, through symbolic links, for
 * one that is not root's, or that its group or others may write to; a folder with the sticky bit is safe, for what
 * is in it can be replaced by its owner alone. A function of what `world` says: the host's files, or those of a test.
 */
#ifndef VIGIA_CONF_SCRIPT_PATH_H
#define VIGIA_CONF_SCRIPT_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SCRIPT_PATH_SIZE 4096

struct path_status {
	uid_t owner;
	gid_t group;
	mode_t mode; /* with the type */
};

struct path_world {
	/* As lstat(2), readlink(2): 0 or length, or -errno. The link gets a NUL. */
	int (*status)(void *user, const char *path, struct path_status *status);
	int (*link)(void *user, const char *path, char *target, size_t size);
	void *user;
};

extern const struct path_world path_world_system;

enum path_weakness {
	PATH_SAFE,
	PATH_NOT_ROOTS, /* the owner may do anything with it */
	PATH_GROUP_WRITES,
	PATH_OTHERS_WRITE,
	PATH_UNREADABLE, /* error: nobody knows */
};

struct path_check {
	enum path_weakness weakness;
	char component[SCRIPT_PATH_SIZE]; /* the first weak one, or where the error came up */
	struct path_status status; /* of it */
	char resolved[SCRIPT_PATH_SIZE]; /* without links; empty when not SAFE */
	int error;
};

/* path is absolute. true: nobody but root can change it, and check->resolved is there. */
bool script_path_check(const char *path, const struct path_world *world, struct path_check *check);
/* "/opt/check.sh belongs to user 1000 (mode 0755)": what is weak, and why. */
const char *script_path_text(const struct path_check *check, char *buffer, size_t size);
/* Where the program of a command is: its word when that has a slash, else the first in SCRIPT_SEARCH_PATH. 0, or -ENOENT, -EACCES
 * (not executable for anybody), -errno. */
#define SCRIPT_SEARCH_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
int script_path_find(const char *word, char *path, size_t size);

#endif
