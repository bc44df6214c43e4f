/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process may ask the kernel for, from here to its end: seccomp, by lists of calls (syscall_lists.c). Whatever is not
 * in its list is not done; the process says which call it was (MESSAGE_FORBIDDEN, to the guard, which logs it) and
 * dies of SIGSYS, and is started again as after any other death.
 *
 * The filter is a program of our own for the kernel, not libseccomp's: the engine keeps all that it links in memory.
 */
#ifndef VIGIA_LINUX_SYSCALL_FILTER_H
#define VIGIA_LINUX_SYSCALL_FILTER_H

#include <stddef.h>
#include <stdint.h>

enum syscall_test {
	CALL_ALLOWED,
	CALL_IF_EQUAL, /* the argument is the value */
	CALL_IF_BIT, /* ...has that bit */
	CALL_IF_NO_BIT, /* ...has none of its bits */
	CALL_IS_ABSENT, /* ENOSYS: the C library knows another way */
};

/* A call with several rules is allowed when one of them says so. */
struct syscall_rule {
	int call;
	enum syscall_test test;
	unsigned argument; /* 0..5; its lower 32 bits count */
	uint32_t value;
};

struct syscall_list {
	const struct syscall_rule *rules;
	size_t count;
};

/* Lists end with the one that has no rules. */
extern const struct syscall_list syscalls_of_engine[];
extern const struct syscall_list syscalls_of_clerk[];
extern const struct syscall_list syscalls_of_front[]; /* and of vigiad-mail, which inherits them */

/*
 * Filters this process: all of its threads, and what it executes. guard: where a MESSAGE_FORBIDDEN goes. Needs no_new_privs.
 * 0; -ENOTSUP: not on this architecture; -EINVAL: the kernel has no seccomp; another -errno.
 */
int syscall_filter_install(const struct syscall_list *lists, int guard);

#endif
