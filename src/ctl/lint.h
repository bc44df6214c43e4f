/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be read and will hardly do what is meant: findings of `vigia check`, beside the warnings of the reader. Each
 * has a code that stays what it is (doc/man/vigia.1 lists them), the place of the instance, script or command, and a text.
 *
 *	lint_network.c	the configurations of the routers of one network, beside each other
 *	lint_host.c	one configuration and the host at hand: interfaces, addresses, scripts
 */
#ifndef VIGIA_CTL_LINT_H
#define VIGIA_CTL_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "conf/script_path.h"

struct lint_finding {
	const char *code;
	struct conf_place place;
	const char *instance; /* or script, or the keyword of a command */
	const char *word; /* that it is about: stands in the block, unless something stands for it; or NULL */
	const char *text; /* one line */
};

struct lint {
	void (*report)(void *user, const struct lint_finding *finding);
	void *user;
};

struct lint_file {
	const char *name; /* of the router */
	const struct conf *conf; /* with its instance_places */
};

/* Every router of the files that more than one of them has, and those that only one has. */
void lint_network(const struct lint_file *files, size_t count, const struct lint *lint);

struct lint_interface {
	const char *name;
	const struct ip_prefix *prefixes;
	size_t prefix_count;
};

struct lint_host {
	const struct lint_interface *interfaces;
	size_t interface_count;
	/* As script_path_find. */
	int (*find_program)(const char *word, char *path, size_t size);
	const struct path_world *paths;
	/* As account_of_script. */
	int (*find_account)(const char *user, const char *group, uid_t *uid, const char **missing);
};

/* conf has its instance_places, too. */
void lint_with_host(const struct conf *conf, const struct lint_host *host, const struct lint *lint);

__attribute__((format(printf, 6, 7))) void lint_report(const struct lint *lint, const char *code,
	const struct conf_place *place, const char *instance, const char *word, const char *format, ...);

#endif
