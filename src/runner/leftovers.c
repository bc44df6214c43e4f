/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a runner that was killed has left running. The kernel ends each script with its runner (spawn.c), but for one: exec as root
 * gives a script more capabilities than the runner has, and then takes that tie back. All that a runner starts is in its
 * session, and while one of them lives no other process can get that number.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/runner.h"

/* 0 when it is gone. "PID (name) S parent group session ...", and a name may hold anything. */
static pid_t session_of(const char *pid)
{
	char text[512];
	char path[64];
	const char *end;
	int session = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %*d %*d %d", &session) == 1 ? session : 0;
}

void leftovers_end(pid_t former)
{
	DIR *all = former > 0 ? opendir("/proc") : NULL;
	struct dirent *entry;

	if (!all)
		return;
	while ((entry = readdir(all)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) && session_of(entry->d_name) == former)
			kill(atoi(entry->d_name), SIGTERM);
	closedir(all);
}
