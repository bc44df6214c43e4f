/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a program and watching it end. A child dies with its parent (it is sent SIGTERM), is told of its end
 * by a pidfd, and inherits only the descriptors that are named.
 */
#ifndef VIGIA_LINUX_CHILD_PROCESS_H
#define VIGIA_LINUX_CHILD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child_program {
	int executable; /* open descriptor: an upgrade of the file on disk does not matter any more */
	char *const *arguments; /* ends with NULL */
	const int *inherited; /* descriptors that stay open across exec, under their own numbers */
	size_t inherited_count;
	int output, errors; /* become standard output and error; -1: it stays what it is */
	bool sibling; /* not the child of this process, but of its parent, with whom it dies and who is to reap it */
};

struct child_process {
	pid_t pid;
	int pidfd; /* readable when the child has ended; -1 of a sibling */
};

/* How a child ended. */
struct child_end {
	int exit_code; /* -1: killed by a signal */
	int signal;
};

/* 0 or -errno. When exec fails the child ends with code 127. */
int child_start(const struct child_program *program, struct child_process *child);
/* Takes the end of a child whose pidfd is readable and closes the pidfd. */
struct child_end child_reap(struct child_process *child);
/* A child that a child of ours has started, as a sibling. 0; or -errno, and it is dead and buried, or cannot
 * be ended. */
int child_adopt(pid_t pid, struct child_process *child);
/* SIGKILL without a race for the number of the process. 0 or -errno: -EPERM for one that became another user. */
int child_kill(const struct child_process *child);

#endif
