/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of files: see places.h. */
#include "front/places.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTORY_DEFAULT "/tmp"

static const char *directory(void)
{
	const char *wanted = getenv("TMPDIR");

	return wanted && wanted[0] == '/' ? wanted : DIRECTORY_DEFAULT;
}

static char *around_reload(const struct conf_process *process, pid_t pid, unsigned number, const char *suffix)
{
	char *path;

	if (!process->save_folder)
		return NULL;
	return asprintf(&path, "%s/keepalived_vrrp.%d.%u.%s", process->save_folder, (int)pid, number, suffix) < 0 ? NULL : path;
}

/* wanted: a file, a folder with its '/', or NULL. names: of the daemon. */
static char *usual(const char *wanted, const char *suffix, const struct conf_process *names)
{
	const char *name = names ? names->instance_name : NULL;
	const char *namespace = names ? names->net_namespace : NULL;
	const bool is_folder = wanted && wanted[0] && wanted[strlen(wanted) - 1] == '/';
	char *path;

	if (wanted && !is_folder)
		return strdup(wanted);
	return asprintf(&path, "%s%skeepalived%s%s%s%s.%s", is_folder ? wanted : directory(), is_folder ? "" : "/",
		       namespace ? "_" : "", namespace ? namespace : "", name ? "_" : "", name ? name : "", suffix) < 0
		       ? NULL
		       : path;
}

char *place_of_dump(const struct conf_process *process, enum dump_kind kind, pid_t pid, unsigned number)
{
	switch (kind) {
	case DUMP_DATA:
		return usual(process->state_dump_file, "data", process->data_use_instance ? process : NULL);
	case DUMP_STATS:
		return usual(process->stats_dump_file, "stats", NULL);
	case DUMP_JSON:
		return usual(process->json_dump_file, "json", NULL);
	case DUMP_BEFORE:
		return around_reload(process, pid, number, "pre");
	case DUMP_AFTER:
		return around_reload(process, pid, number, "post");
	}
	return NULL;
}

char *place_of_saved(const struct conf_process *process, pid_t pid, unsigned number)
{
	char *path;

	if (!process->save_folder)
		return NULL;
	return asprintf(&path, "%s/keepalived.conf.%d.%u", process->save_folder, (int)pid, number) < 0 ? NULL : path;
}

char *place_of_reload_file(const struct conf_process *process, const char *control)
{
	const char *dot = strrchr(control, '.');
	char *path;

	if (process->reload_file)
		return strdup(process->reload_file);
	return asprintf(&path, "%.*s.reload", (int)(dot ? dot - control : (ptrdiff_t)strlen(control)), control) < 0 ? NULL
														   : path;
}
