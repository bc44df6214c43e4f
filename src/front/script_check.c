/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of a configuration under test: see script_check.h. */
#include "front/script_check.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/command.h"
#include "conf/script_path.h"

struct check {
	const struct conf_run *run;
	FILE *out;
	enum script_verdict verdict;
};

static __attribute__((format(printf, 4, 5))) void find(
	struct check *check, enum script_verdict verdict, const char *what, const char *format, ...)
{
	va_list arguments;

	if (verdict > check->verdict)
		check->verdict = verdict;
	va_start(arguments, format);
	fprintf(check->out, "%s: ", what);
	vfprintf(check->out, format, arguments);
	fputc('\n', check->out);
	va_end(arguments);
}

static bool is_number(const char *word)
{
	return word[strspn(word, "0123456789")] == '\0';
}

/* false: there is no such user or group, and that was said. */
static bool account_exists(struct check *check, const char *what, const char *user, const char *group)
{
	const char *name = group ? group + (group[0] == ':') : NULL;

	if (user && !is_number(user) && !getpwnam(user))
		find(check, SCRIPTS_WRONG, what, "there is no user '%s'", user);
	else if (name && !is_number(name) && !getgrnam(name))
		find(check, SCRIPTS_WRONG, what, "there is no group '%s'", name);
	else
		return true;
	return false;
}

static bool is_root(const char *user)
{
	const struct passwd *entry;

	if (!user)
		return !getpwnam("keepalived_script");
	if (is_number(user))
		return strtoul(user, NULL, 10) == 0;
	entry = getpwnam(user);
	return entry && entry->pw_uid == 0;
}

static void check_path(struct check *check, const char *what, const char *path)
{
	static struct path_check found;
	char text[SCRIPT_PATH_SIZE + 100];

	if (!script_path_check(path, &path_world_system, &found))
		find(check, check->run->security ? SCRIPTS_WRONG : SCRIPTS_VIOLATE, what,
			check->run->security ? "insecure, so it is not run as root: %s"
					     : "SECURITY VIOLATION: root runs what others can change: %s",
			script_path_text(&found, text, sizeof(text)));
	else if (!check->run->security)
		find(check, SCRIPTS_VIOLATE, what,
			"SECURITY VIOLATION: it is run as root, and enable_script_security is not set; set it, or name a "
			"user: script_user nobody");
}

static void check_command(struct check *check, const char *what, const char *line, const char *user, const char *group)
{
	char copy[COMMAND_MAX + 1];
	char *words[COMMAND_WORDS_MAX + 1];
	static char path[SCRIPT_PATH_SIZE];
	int error;

	if (!line || strlen(line) > COMMAND_MAX)
		return;
	if (!user) {
		user = check->run->user;
		group = check->run->group;
	}
	strcpy(copy, line);
	if (command_split(copy, words) <= 0 || !account_exists(check, what, user, group))
		return;
	error = script_path_find(words[0], path, sizeof(path));
	if (error)
		find(check, SCRIPTS_WRONG, what, error == -EACCES ? "'%s' is not executable" : "there is no program '%s'",
			words[0]);
	else if (is_root(user))
		check_path(check, what, path);
}

static void check_one(struct check *check, const char *what, const struct conf_command *command)
{
	check_command(check, what, command->line, command->user, command->group);
}

static void check_notify(struct check *check, const char *name, const struct conf_notify *notify)
{
	for (size_t i = 0; i < NOTIFY_COMMAND_COUNT; i++)
		check_one(check, name, &notify->commands[i]);
}

enum script_verdict script_check(const struct conf *conf, FILE *out)
{
	struct check check = {.run = &conf->global.run, .out = out};

	check_one(&check, "startup_script", &check.run->startup);
	check_one(&check, "shutdown_script", &check.run->shutdown);
	check_one(&check, "notify_fifo_script", &check.run->fifos[0].reader);
	check_one(&check, "vrrp_notify_fifo_script", &check.run->fifos[1].reader);
	for (size_t i = 0; i < conf->script_count; i++)
		check_command(&check, conf->scripts[i].name, conf->scripts[i].command, conf->scripts[i].user,
			conf->scripts[i].group);
	for (size_t i = 0; i < conf->sync_group_count; i++)
		check_notify(&check, conf->sync_groups[i].name, &conf->sync_group_notifies[i]);
	for (size_t i = 0; i < conf->instance_count; i++)
		check_notify(&check, conf->instances[i].vr.name, &conf->instances[i].notify);
	return check.verdict;
}
