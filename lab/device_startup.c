/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs in a device while it starts and stops, in Kathará's order: shared.startup, NAME.startup, the
 * exec commands, and then /tmp/EOS appears; at the end NAME.shutdown, shared.shutdown. Each script runs as
 * a file under the device's shell with set -x, its log below /var/log. bash also notes every command that
 * fails, with its line, through BASH_ENV (shims/trace.bash).
 */
#include "lab/device.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/memory.h"
#include "lab/shims.h"

char **device_environment(const char *shell, char *const *extra)
{
	char **all = NULL;
	size_t count = 0;
	const char *terminal = getenv("TERM");
	*MUST_APPEND(all, count) =
		must_dup("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	*MUST_APPEND(all, count) = must_dup("HOME=/root");
	*MUST_APPEND(all, count) = must_dup("USER=root");
	*MUST_APPEND(all, count) = must_dup("LOGNAME=root");
	*MUST_APPEND(all, count) = must_dup("LANG=C.UTF-8");
	*MUST_APPEND(all, count) = must_print("SHELL=%s", shell);
	*MUST_APPEND(all, count) = must_print("TERM=%s", terminal == NULL ? "linux" : terminal);
	for (size_t i = 0; extra != NULL && extra[i] != NULL; i++) {
		size_t name = strcspn(extra[i], "=") + 1, at = 0;
		while (at < count && strncmp(all[at], extra[i], name) != 0)
			at++;
		if (at == count)
			MUST_APPEND(all, count);
		else
			free(all[at]);
		all[at] = must_dup(extra[i]);
	}
	*MUST_APPEND(all, count) = NULL;
	return all;
}

/* ------------------------------------------------------------------------------------------- ownership */

static uid_t tree_uid;
static gid_t tree_gid;

static int open_to_all(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)kind;
	if (where->level > 0 && !S_ISLNK(info->st_mode) && (info->st_mode & 0777) != 0777 &&
		chmod(path, 0777) < 0)
		return 0; /* one file less for everybody: no reason to stop a lab */
	return 0;
}

static int give_to_daemon(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)kind;
	if (lchown(path, tree_uid, tree_gid) == 0 && where->level == 1 && S_ISREG(info->st_mode) &&
		chmod(path, 0640) < 0)
		return 0;
	return 0;
}

/* Kathará's images want their configurations owned so; files copied from the lab are root's. */
static void hand_over(const char *path, const char *user)
{
	const struct passwd *entry = getpwnam(user);
	if (entry == NULL || access(path, F_OK) < 0)
		return;
	tree_uid = entry->pw_uid;
	tree_gid = entry->pw_gid;
	nftw(path, give_to_daemon, 8, FTW_PHYS);
}

static void prepare_ownership(void)
{
	nftw("/var/www", open_to_all, 8, FTW_PHYS);
	hand_over("/etc/quagga", "quagga");
	hand_over("/etc/frr", "frr");
}

/* ------------------------------------------------------------------------------------------------ scripts */

static void note_in_log(const char *log, const char *what, int status)
{
	char *text;
	size_t length;
	if (read_whole_file(AT_FDCWD, log, 64u << 20, &text, &length) < 0)
		return;
	/* bash has noted the failing command already when that was the last thing it did */
	const char *last = text;
	for (size_t i = 0; i + 1 < length; i++) {
		if (text[i] == '\n')
			last = &text[i + 1];
	}
	if (strncmp(last, FAILURE_MARK, strlen(FAILURE_MARK)) != 0) {
		FILE *file = fopen(log, "ae");
		if (file != NULL) {
			fprintf(file, FAILURE_MARK "%s: ended with exit status %d\n", what, status);
			fclose(file);
		}
	}
	free(text);
}

static void run_logged(char *const argv[], char *const *environment, const char *log, const char *what)
{
	pid_t child = fork();
	if (child == 0) {
		int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
			_exit(126);
		setsid();
		execve(argv[0], argv, environment);
		dprintf(2, "cannot run %s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	int status = 0;
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	if (child > 0 && status != 0)
		note_in_log(log, what, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static char **script_environment(const struct conf_device *device, const char *log, const char *what)
{
	char **extra = must_alloc((device->env_count + 4) * sizeof *extra);
	size_t count = 0;
	for (; count < device->env_count; count++)
		extra[count] = device->env[count];
	char *trace = must_dup("BASH_ENV=" TRACE_SCRIPT);
	char *log_name = must_print("VIGIA_LAB_LOG=%s", log);
	char *what_name = must_print("VIGIA_LAB_SCRIPT=%s", what);
	extra[count++] = trace;
	extra[count++] = log_name;
	extra[count++] = what_name;
	char **environment = device_environment(device->shell == NULL ? "/bin/bash" : device->shell, extra);
	free(trace);
	free(log_name);
	free(what_name);
	free(extra);
	return environment;
}

static bool is_bash(const char *shell)
{
	const char *slash = strrchr(shell, '/');
	return strcmp(slash == NULL ? shell : slash + 1, "bash") == 0;
}

static void run_script(const struct conf_device *device, const char *name, const char *log)
{
	char *path = must_print("/hostlab/%s", name);
	char *shell = must_dup(device->shell == NULL ? "/bin/bash" : device->shell);
	if (access(path, F_OK) == 0) {
		char **environment = script_environment(device, log, name);
		char *flag = must_dup("-x");
		/* bash gets its -x through BASH_ENV, behind the setting of the trap */
		char *argv[] = {shell, is_bash(shell) ? path : flag, is_bash(shell) ? NULL : path, NULL};
		run_logged(argv, environment, log, name);
	}
	free(path);
}

static void run_commands(const struct conf_device *device, const char *log)
{
	char *shell = must_dup(device->shell == NULL ? "/bin/bash" : device->shell);
	char *flag = must_dup("-c");
	char **environment = script_environment(device, log, "lab.conf exec");
	for (size_t i = 0; i < device->exec_count; i++)
		run_logged((char *[]){shell, flag, device->exec[i], NULL}, environment, log, "lab.conf exec");
}

void device_run_startup(const struct conf_device *device)
{
	char *name = must_print("%s.startup", device->name);
	umask(022);
	prepare_ownership();
	run_script(device, "shared.startup", "/var/log/shared.log");
	run_script(device, name, STARTUP_LOG);
	run_commands(device, STARTUP_LOG);
	write_whole_file(AT_FDCWD, "/tmp/EOS", "", 0);
	_exit(0);
}

void device_run_shutdown(const struct conf_device *device)
{
	char *name = must_print("%s.shutdown", device->name);
	umask(022);
	run_script(device, name, "/var/log/shutdown.log");
	run_script(device, "shared.shutdown", "/var/log/shutdown.log");
	_exit(0);
}
