/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a script runs as: names of the configuration -> numbers. Asks the name service, which may take its time. */
#ifndef VIGIA_CONF_ACCOUNT_H
#define VIGIA_CONF_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ACCOUNT_DEFAULT "keepalived_script"
#define ACCOUNT_GROUPS_MAX 256
#define ACCOUNT_NAME_SIZE 256

struct account {
	uid_t user;
	gid_t group;
	gid_t *groups; /* supplementary ones; malloc'd */
	size_t group_count;
	char name[ACCOUNT_NAME_SIZE]; /* for the environment */
	char home[ACCOUNT_NAME_SIZE];
};

/*
 * user NULL: ACCOUNT_DEFAULT if there is such a user, else who we are. group NULL: the user's own; ":GROUP" also gives the
 * user's supplementary groups, as `supplementary` does. 0; or -ENOENT with *missing the word that names nobody;
 * or another -errno. Numbers are taken as such, as by chown.
 */
int account_find(const char *user, const char *group, bool supplementary, struct account *account, const char **missing);
void account_free(struct account *account);
/* The same for a daemon that root starts, of whom only the user is asked. */
int account_of_script(const char *user, const char *group, uid_t *uid, const char **missing);

#endif
