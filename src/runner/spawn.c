/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a script: see spawn.h. Between vfork and exec the child stands in our memory, so it calls the kernel and nothing
 * else: glibc's setuid() and its kin would try to speak to threads.
 */
#include "runner/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/signal_reset.h"

#define EXEC_FAILED 127
#define SHELL "/bin/sh"

/* What both sides see of it. */
struct birth {
	const struct spawn *spawn;
	pid_t parent;
	bool changes_account;
	volatile int error;
};

static int change_account(const struct account *account)
{
	if (syscall(SYS_setgroups, account->group_count, account->groups) < 0 ||
		syscall(SYS_setresgid, account->group, account->group, account->group) < 0 ||
		syscall(SYS_setresuid, account->user, account->user, account->user) < 0)
		return -errno;
	return 0;
}

static int set_up(const struct birth *birth)
{
	int error = 0;
	int nowhere;

	setpgid(0, 0);
	if (birth->changes_account)
		error = change_account(birth->spawn->account);
	if (error)
		return error;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	/* After the change, which would take it back. */
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (getppid() != birth->parent)
		return -ESRCH;
	nowhere = open("/dev/null", O_RDWR);
	if (chdir("/") < 0 || nowhere < 0)
		return -errno;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(nowhere, fd) < 0)
			return -errno;
	close_range(STDERR_FILENO + 1, ~0u, 0);
	signal_reset();
	return 0;
}

static _Noreturn void become(struct birth *birth)
{
	const struct spawn *spawn = birth->spawn;
	int error = set_up(birth);

	if (!error) {
		execve(spawn->path, spawn->words, spawn->environment);
		error = -errno;
	}
	if (error == -ENOEXEC) {
		execve(SHELL, spawn->shell_words, spawn->environment);
		error = -errno;
	}
	birth->error = error;
	_exit(EXEC_FAILED);
}

static pid_t give_birth(struct birth *birth)
{
	pid_t pid = vfork();

	if (pid == 0)
		become(birth);
	return pid;
}

pid_t spawn_process(const struct spawn *spawn)
{
	struct birth birth = {.spawn = spawn, .parent = getpid()};
	pid_t pid;

	birth.changes_account =
		geteuid() == 0 || spawn->account->user != geteuid() || spawn->account->group != getegid();
	pid = give_birth(&birth);
	if (pid < 0)
		return -errno;
	if (!birth.error)
		return pid;
	waitpid(pid, NULL, 0);
	return birth.error;
}
