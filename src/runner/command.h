/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is run, and as whom: a command of the configuration made ready. */
#ifndef VIGIA_RUNNER_COMMAND_H
#define VIGIA_RUNNER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/account.h"
#include "conf/conf.h"
#include "runner/vouched.h"

#define COMMAND_PATH_SIZE 4096
#define ENVIRONMENT_COUNT 6
#define ENVIRONMENT_TEXT_SIZE (ACCOUNT_NAME_SIZE + 16)

struct command {
	char *line; /* as it was configured, for messages */
	char *memory; /* of the words */
	char **words;
	size_t count;
	struct account account;
	int error; /* why no run can begin: 0, -errno */
	bool guarded; /* enable_script_security: root runs nothing that others can change */
	char *resolved; /* where its program was when the configuration was read; NULL: looked for every time */
	char *missing; /* the user or group that does not exist */
	bool unvouched; /* the file does not say that it is run so */
};

/* What all commands of a configuration share. */
struct command_rules {
	const char *user, *group; /* script_user, or NULL */
	bool supplementary; /* set_supplementary_groups */
	bool guarded; /* enable_script_security */
	bool keep_links; /* use_symlink_paths */
	const struct vouched *vouched; /* what may be run at all */
};

/* NULL without memory. A user that does not exist fails every run. */
struct command *command_new(
	const char *line, const char *user, const char *group, const struct command_rules *rules);
void command_free(struct command *command);
/* Where its program is: 0 or -errno. */
int command_find(const struct command *command, char *path, size_t size);
/* "there is no user or group 'nobdy'", "no such file": why a run could not begin. */
const char *command_problem(const struct command *command, int error, char *buffer, size_t size);
/* PATH, HOME, USER, LOGNAME, SHELL, and TZ if we have it; ends with NULL. Nothing else: no LD_*, no IFS. */
void environment_make(const struct account *account, char texts[ENVIRONMENT_COUNT][ENVIRONMENT_TEXT_SIZE],
	char *environment[ENVIRONMENT_COUNT + 1]);

#endif
