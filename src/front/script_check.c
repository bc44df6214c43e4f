/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of a configuration under test: see script_check.h. */
#include "front/script_check.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "conf/account.h"
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

static void check_command(void *user, const struct conf_command_use *use)
{
	struct check *check = user;
	char copy[COMMAND_MAX + 1];
	char *words[COMMAND_WORDS_MAX + 1];
	static char path[SCRIPT_PATH_SIZE];
	const char *missing;
	uid_t uid;
	int error;

	if (strlen(use->command.line) > COMMAND_MAX)
		return;
	strcpy(copy, use->command.line);
	if (command_split(copy, words) <= 0)
		return;
	if (account_of_script(use->command.user, use->command.group, &uid, &missing) < 0) {
		find(check, SCRIPTS_WRONG, use->owner, "there is no user or group '%s'", missing);
		return;
	}
	error = script_path_find(words[0], path, sizeof(path));
	if (error)
		find(check, SCRIPTS_WRONG, use->owner,
			error == -EACCES ? "'%s' is not executable" : "there is no program '%s'", words[0]);
	else if (uid == 0)
		check_path(check, use->owner, path);
}

enum script_verdict script_check(const struct conf *conf, FILE *out)
{
	struct check check = {.run = &conf->global.run, .out = out};

	conf_each_command(conf, check_command, &check);
	return check.verdict;
}
