/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands, made ready: see command.h. */
#include "runner/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_name.h"
#include "conf/command.h"
#include "conf/script_path.h"

static bool split(struct command *command)
{
	char *words[COMMAND_WORDS_MAX + 1];
	int count = command_split(command->memory, words);

	if (count <= 0) {
		command->error = -EINVAL;
		return true;
	}
	command->words = calloc((size_t)count + 1, sizeof(*command->words));
	if (!command->words)
		return false;
	command->count = (size_t)count;
	memcpy(command->words, words, command->count * sizeof(*words));
	return true;
}

static bool find_account(
	struct command *command, const char *user, const char *group, const struct command_rules *rules)
{
	const char *missing;
	int error;

	if (!user) {
		user = rules->user;
		group = rules->group;
	}
	error = account_find(user, group, rules->supplementary, &command->account, &missing);
	if (!error)
		return true;
	command->error = error;
	command->missing = missing ? strdup(missing) : NULL;
	return error != -ENOMEM;
}

/* Without use_symlink_paths, links are followed when the configuration is read, not when a run begins. */
static void resolve(struct command *command)
{
	char path[SCRIPT_PATH_SIZE];

	if (command->count > 0 && script_path_find(command->words[0], path, sizeof(path)) == 0)
		command->resolved = realpath(path, NULL);
}

struct command *command_new(
	const char *line, const char *user, const char *group, const struct command_rules *rules)
{
	struct command *command = calloc(1, sizeof(*command));

	if (!command)
		return NULL;
	command->line = strdup(line);
	command->memory = strdup(line);
	if (command->line && command->memory && split(command) && find_account(command, user, group, rules)) {
		command->guarded = rules->guarded;
		command->unvouched = !vouched_command(rules->vouched, line, user ? user : rules->user,
			user ? group : rules->group);
		if (command->unvouched)
			command->error = -EPERM;
		if (!rules->keep_links)
			resolve(command);
		return command;
	}
	command_free(command);
	return NULL;
}

void command_free(struct command *command)
{
	if (!command)
		return;
	account_free(&command->account);
	free(command->missing);
	free(command->resolved);
	free(command->words);
	free(command->memory);
	free(command->line);
	free(command);
}

int command_find(const struct command *command, char *path, size_t size)
{
	struct path_check check;
	int error;

	if (command->resolved)
		error = (size_t)snprintf(path, size, "%s", command->resolved) < size ? 0 : -ENAMETOOLONG;
	else
		error = script_path_find(command->words[0], path, size);
	if (!error && command->guarded && command->account.user == 0 &&
		!script_path_check(path, &path_world_system, &check))
		return check.weakness == PATH_UNREADABLE ? check.error : -EPERM;
	return error;
}

/* "is not run as root: everybody may write to /opt (owner 0, mode 0777)" */
static void put_weakness(const struct command *command, char *buffer, size_t size)
{
	char path[SCRIPT_PATH_SIZE];
	char text[512];
	struct path_check check;

	if (command->resolved)
		snprintf(path, sizeof(path), "%s", command->resolved);
	else if (script_path_find(command->words[0], path, sizeof(path)) < 0)
		path[0] = '\0';
	script_path_check(path, &path_world_system, &check);
	snprintf(buffer, size, "'%s' is not run as root: %s", command->words[0],
		script_path_text(&check, text, sizeof(text)));
}

const char *command_problem(const struct command *command, int error, char *buffer, size_t size)
{
	if (command->unvouched)
		snprintf(buffer, size,
			"'%s' is not run: the configuration file does not say so; reload, if it has been changed since",
			command->line);
	else if (command->missing)
		snprintf(buffer, size, "there is no user or group '%s'", command->missing);
	else if (error == -ENOENT)
		snprintf(buffer, size, "there is no program '%s'", command->words[0]);
	else if (error == -EACCES)
		snprintf(buffer, size, "'%s' is not executable for user %s", command->words[0], command->account.name);
	else if (error == -EPERM && command->guarded)
		put_weakness(command, buffer, size);
	else
		snprintf(buffer, size, "'%s' cannot be run: %s", command->line, error_name(error));
	return buffer;
}

void environment_make(const struct account *account, char texts[ENVIRONMENT_COUNT][ENVIRONMENT_TEXT_SIZE],
	char *environment[ENVIRONMENT_COUNT + 1])
{
	const char *zone = getenv("TZ");
	size_t count = 0;
	const struct {
		const char *name;
		const char *value;
	} variables[ENVIRONMENT_COUNT] = {{"PATH", SCRIPT_SEARCH_PATH}, {"HOME", account->home}, {"USER", account->name},
		{"LOGNAME", account->name}, {"SHELL", "/bin/sh"}, {"TZ", zone}};

	for (size_t i = 0; i < ENVIRONMENT_COUNT; i++) {
		if (!variables[i].value)
			continue;
		snprintf(texts[count], ENVIRONMENT_TEXT_SIZE, "%s=%s", variables[i].name, variables[i].value);
		environment[count] = texts[count];
		count++;
	}
	environment[count] = NULL;
}
