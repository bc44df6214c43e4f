/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that dies of a fault has said so, once, and its parent hears of the same signal as without that. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux/channel.h"
#include "linux/fault.h"

static void is_sent(int number)
{
	kill(getpid(), number);
}

static void aborts(int number)
{
	(void)number;
	abort();
}

/* Of the processor. */
static void traps(int number)
{
	(void)number;
	__builtin_trap();
}

static void dies(void (*act)(int number), int number, int told)
{
	static char body[MESSAGE_BODY_MAX + 1];
	struct channel_message message;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(channel_pair(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		/* As every program is started, but not under cmocka. */
		for (int each = 1; each < SIGRTMIN; each++)
			signal(each, SIG_DFL);
		fault_tell(ends[1]);
		act(number);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), number);
	for (int i = 0; i < told; i++) {
		assert_int_equal(channel_receive(ends[0], &message, body), 1);
		assert_int_equal(message.type, MESSAGE_DYING);
	}
	assert_int_equal(channel_receive(ends[0], &message, body), 0);
	close(ends[0]);
}

static void a_fault_is_told(void **state)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		dies(is_sent, faults[i], 1);
	dies(aborts, SIGABRT, 1);
#if defined(__x86_64__)
	dies(traps, SIGILL, 1);
#endif
}

static void another_end_is_not(void **state)
{
	(void)state;
	dies(is_sent, SIGKILL, 0);
	dies(is_sent, SIGTERM, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_told),
		cmocka_unit_test(another_end_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
