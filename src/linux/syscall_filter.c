/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making and installing the kernel's program: see syscall_filter.h. */
#include "linux/syscall_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/channel.h"

/* Little-endian ones of 64 bits: the lower half of an argument stands first. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#define ARCHITECTURE 0
#endif

#define X32_CALLS 0x40000000u
#define HEAD_SIZE 6
#define RULE_SIZE 5
#define TAIL_SIZE 1

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
/* then, otherwise: how many steps to leave out. */
#define IF(how, value, then, otherwise) BPF_JUMP(BPF_JMP | (how) | BPF_K, (value), (then), (otherwise))

static int guard_socket = -1;

/* Nothing here but what a signal handler may call. */
static void forbidden(int number, siginfo_t *what, void *context)
{
	const struct message_forbidden message = {.call = what->si_syscall};
	const struct sigaction usual = {.sa_handler = SIG_DFL};

	(void)context;
	channel_send(guard_socket, MESSAGE_FORBIDDEN, &message, sizeof(message), -1);
	sigaction(number, &usual, NULL);
	/* The call itself, once more, would have other arguments, with which it may be allowed. */
	raise(number);
	abort();
}

static size_t add_rule(struct sock_filter *step, const struct syscall_rule *rule)
{
	const uint32_t argument = (uint32_t)(offsetof(struct seccomp_data, args) + rule->argument * sizeof(uint64_t));
	const struct sock_filter load = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument);
	const struct sock_filter number = LOAD(nr), allow = ANSWER(SECCOMP_RET_ALLOW);
	const struct sock_filter is_it = IF(BPF_JEQ, (uint32_t)rule->call, 0, 1);
	const struct sock_filter is_it_and_more = IF(BPF_JEQ, (uint32_t)rule->call, 0, 4);

	switch (rule->test) {
	case CALL_ALLOWED:
		step[0] = is_it;
		step[1] = allow;
		return 2;
	case CALL_IS_ABSENT:
		step[0] = is_it;
		step[1] = (struct sock_filter)ANSWER(SECCOMP_RET_ERRNO | ENOSYS);
		return 2;
	case CALL_IF_EQUAL:
		step[2] = (struct sock_filter)IF(BPF_JEQ, rule->value, 0, 1);
		break;
	case CALL_IF_NO_BIT:
		step[2] = (struct sock_filter)IF(BPF_JSET, rule->value, 1, 0);
		break;
	case CALL_IF_BIT:
		step[2] = (struct sock_filter)IF(BPF_JSET, rule->value, 0, 1);
		break;
	}
	step[0] = is_it_and_more;
	step[1] = load;
	step[3] = allow;
	step[4] = number;
	return RULE_SIZE;
}

static size_t add_head(struct sock_filter *step)
{
	const struct sock_filter head[HEAD_SIZE] = {
		LOAD(arch),
		IF(BPF_JEQ, ARCHITECTURE, 1, 0),
		ANSWER(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		IF(BPF_JGE, X32_CALLS, 0, 1),
		ANSWER(SECCOMP_RET_KILL_PROCESS),
	};

	for (size_t i = 0; i < HEAD_SIZE; i++)
		step[i] = head[i];
	return HEAD_SIZE;
}

static int hear_of_forbidden_calls(int guard)
{
	struct sigaction action = {.sa_sigaction = forbidden, .sa_flags = SA_SIGINFO | SA_NODEFER};

	guard_socket = guard;
	return sigaction(SIGSYS, &action, NULL) < 0 ? -errno : 0;
}

static int install(const struct sock_filter *steps, size_t count)
{
	const struct sock_fprog program = {(unsigned short)count, (struct sock_filter *)(uintptr_t)steps};

	const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);

	/* Above 0 it is the thread that cannot follow. */
	if (result >= 0)
		return result == 0 ? 0 : -EBUSY;
	return errno == ENOSYS ? -EINVAL : -errno;
}

int syscall_filter_install(const struct syscall_list *lists, int guard)
{
	size_t room = HEAD_SIZE + TAIL_SIZE;
	size_t count = 0;
	struct sock_filter *steps;
	int error;

	if (ARCHITECTURE == 0)
		return -ENOTSUP;
	for (size_t i = 0; lists[i].rules; i++)
		room += lists[i].count * RULE_SIZE;
	steps = calloc(room, sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	count = add_head(steps);
	for (size_t i = 0; lists[i].rules; i++)
		for (size_t j = 0; j < lists[i].count; j++)
			count += add_rule(steps + count, &lists[i].rules[j]);
	steps[count++] = (struct sock_filter)ANSWER(SECCOMP_RET_TRAP);
	error = hear_of_forbidden_calls(guard);
	if (!error)
		error = install(steps, count);
	free(steps);
	return error;
}
