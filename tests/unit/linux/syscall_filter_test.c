/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filtered process: what is in its list is done; after anything else it has said which call it was, and is dead of SIGSYS. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sanitizer.h"
#include "linux/channel.h"
#include "linux/syscall_filter.h"

#define FINE 7

/* What a child does under a filter, and how it ends. */
struct trial {
	const struct syscall_list *lists;
	void (*act)(void);
	int status;
	int said; /* the call that it named; -1: none */
};

static void run(struct trial *trial)
{
	static char body[MESSAGE_BODY_MAX + 1];
	struct channel_message message;
	struct message_forbidden forbidden;
	int ends[2];
	pid_t pid;

	assert_int_equal(channel_pair(ends), 0);
	pid = fork();
	if (pid == 0) {
		int error = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno
									   : syscall_filter_install(trial->lists, ends[1]);

		if (error)
			_exit(-error == ENOTSUP || -error == EINVAL ? 77 : 1);
		trial->act();
		_exit(FINE);
	}
	assert_int_equal(waitpid(pid, &trial->status, 0), pid);
	trial->said = -1;
	if (channel_receive(ends[0], &message, body) > 0) {
		assert_int_equal(message.type, MESSAGE_FORBIDDEN);
		assert_int_equal(message.length, sizeof(forbidden));
		memcpy(&forbidden, body, sizeof(forbidden));
		trial->said = forbidden.call;
	}
	close(ends[0]);
	close(ends[1]);
	if (WIFEXITED(trial->status) && WEXITSTATUS(trial->status) == 77)
		skip();
}

static void may(const struct syscall_list *lists, void (*act)(void))
{
	struct trial trial = {.lists = lists, .act = act};

	run(&trial);
	assert_int_equal(trial.said, -1);
	assert_true(WIFEXITED(trial.status));
	assert_int_equal(WEXITSTATUS(trial.status), FINE);
}

static void may_not(const struct syscall_list *lists, void (*act)(void), int call)
{
	struct trial trial = {.lists = lists, .act = act};

	run(&trial);
	assert_int_equal(trial.said, call);
	assert_true(WIFSIGNALED(trial.status));
	assert_int_equal(WTERMSIG(trial.status), SIGSYS);
}

static void execute(void)
{
	char *const none[] = {NULL};

	execve("/nowhere", none, none);
}

static void trace(void)
{
	syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void become_somebody(void)
{
	syscall(SYS_setresuid, 1, 1, 1);
}

static void enter(void)
{
	syscall(SYS_setns, -1, 0);
}

static void map_code(void)
{
	(void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void map_memory(void)
{
	free(malloc(10 << 20));
}

static void open_vsock(void)
{
	socket(AF_VSOCK, SOCK_STREAM, 0);
}

static void open_inet(void)
{
	close(socket(AF_INET, SOCK_DGRAM, 0));
}

static void connect_somewhere(void)
{
	connect(-1, NULL, 0);
}

static void fork_once(void)
{
	if (fork() == 0)
		_exit(0);
}

static void *work(void *nothing)
{
	return nothing;
}

static void start_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, work, NULL) != 0 || pthread_join(thread, NULL) != 0)
		_exit(1);
}

static int compare_bytes(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

/* A C library may ask how much memory there is before it takes some for it. */
static void sort_much(void)
{
	unsigned char much[64 << 10];

	for (size_t i = 0; i < sizeof(much); i++)
		much[i] = (unsigned char)(i * 7);
	qsort(much, sizeof(much), 1, compare_bytes);
}

static void run_program(void)
{
	char name[] = "true";
	char *const words[] = {name, NULL};

	if (fork() == 0) {
		execv("/bin/true", words);
		_exit(1);
	}
	int status;

	wait(&status);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		_exit(1);
}

static void engine_works_and_no_more(void **state)
{
	(void)state;
	may(syscalls_of_engine, map_memory);
	may(syscalls_of_engine, open_inet);
	may(syscalls_of_engine, start_thread);
	may(syscalls_of_engine, sort_much);
	may_not(syscalls_of_engine, execute, SYS_execve);
	may_not(syscalls_of_engine, become_somebody, SYS_setresuid);
	may_not(syscalls_of_engine, enter, SYS_setns);
	may_not(syscalls_of_engine, open_vsock, SYS_socket);
	may_not(syscalls_of_engine, connect_somewhere, SYS_connect);
	if (UNDER_SANITIZER)
		return;
	may_not(syscalls_of_engine, trace, SYS_ptrace);
	may_not(syscalls_of_engine, map_code, SYS_mmap);
	may_not(syscalls_of_engine, fork_once, SYS_clone);
}

static void front_works_and_no_more(void **state)
{
	(void)state;
	may(syscalls_of_front, run_program);
	may(syscalls_of_front, sort_much);
	may(syscalls_of_front, connect_somewhere);
	may_not(syscalls_of_front, become_somebody, SYS_setresuid);
	may_not(syscalls_of_front, enter, SYS_setns);
	may_not(syscalls_of_front, open_vsock, SYS_socket);
	if (!UNDER_SANITIZER)
		may_not(syscalls_of_front, trace, SYS_ptrace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engine_works_and_no_more),
		cmocka_unit_test(front_works_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
