/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a program and watching it end: see child_process.h. */
#include "linux/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/privileges.h"

#define EXEC_FAILED 127

static void keep_across_exec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0)
		fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC);
}

static _Noreturn void become(const struct child_program *program, pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (getppid() != parent)
		_exit(EXEC_FAILED);
	/* What the starter is in addition, it is alone. */
	privileges_be_nobody_else();
	/* Keys typed at a terminal are for the guard; it tells the others. */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (program->output >= 0)
		dup2(program->output, STDOUT_FILENO);
	if (program->errors >= 0)
		dup2(program->errors, STDERR_FILENO);
	for (size_t i = 0; i < program->inherited_count; i++)
		keep_across_exec(program->inherited[i]);
	fexecve(program->executable, program->arguments, environ);
	_exit(EXEC_FAILED);
}

/* As fork, which has no word for it. In the child nothing but the kernel is called until exec. */
static pid_t fork_sibling(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
}

int child_start(const struct child_program *program, struct child_process *child)
{
	const pid_t parent = program->sibling ? getppid() : getpid();
	pid_t pid = program->sibling ? fork_sibling() : fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(program, parent);
	if (!program->sibling)
		return child_adopt(pid, child);
	*child = (struct child_process){.pid = pid, .pidfd = -1};
	return 0;
}

int child_adopt(pid_t pid, struct child_process *child)
{
	int error;

	/* Not waited for yet, so the number is still the child's. */
	*child = (struct child_process){.pid = pid, .pidfd = pidfd_open(pid, 0)};
	if (child->pidfd >= 0)
		return 0;
	error = -errno;
	/* One that is another user by now ends with its channel. */
	if (kill(pid, SIGKILL) == 0)
		waitpid(pid, NULL, 0);
	return error;
}

struct child_end child_reap(struct child_process *child)
{
	struct child_end end = {.exit_code = -1};
	siginfo_t information = {0};

	if (waitid(P_PIDFD, (id_t)child->pidfd, &information, WEXITED) == 0) {
		if (information.si_code == CLD_EXITED)
			end.exit_code = information.si_status;
		else
			end.signal = information.si_status;
	}
	close(child->pidfd);
	child->pidfd = -1;
	child->pid = 0;
	return end;
}

int child_kill(const struct child_process *child)
{
	return pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0) < 0 ? -errno : 0;
}
