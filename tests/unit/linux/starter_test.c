/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The starter: what it starts is a child of this program, which stands for the guard; and nothing but sound orders are obeyed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/starter.h"
#include "daemon/starter_message.h"
#include "linux/privileges.h"

#define OUTPUT_SIZE 4096

static char *no_arguments[] = {(char *)(uintptr_t) "vigiad", NULL};
static const struct daemon_options options = {.config = "/etc/a.conf", .config_id = "host", .own_arguments = no_arguments};
static struct starter starter;

static int begin(void **state)
{
	const int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const struct start_knowledge known = {.options = &options, .firewall_name = "vigia", .programs = {self, self, self}};
	int error = starter_open(&starter, &known);

	(void)state;
	close(self);
	return error;
}

static int end(void **state)
{
	struct child_end how;

	(void)state;
	close(starter.channel);
	how = child_reap(&starter.process);
	return how.exit_code;
}

static int ask(const struct starter_message *message)
{
	assert_int_equal(starter_message_send(starter.channel, message), 0);
	return starter_message_await(starter.channel);
}

static int order(const struct start_order *what)
{
	return ask(&(struct starter_message){.order = *what});
}

/* What it prints: its parent and its arguments. */
static void runs_as(pid_t pid, int from, const char *expected)
{
	char wanted[OUTPUT_SIZE], text[OUTPUT_SIZE] = "";
	size_t length = 0;
	ssize_t got;
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	while ((got = read(from, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)got;
	snprintf(wanted, sizeof(wanted), "%d %s", (int)getpid(), expected);
	assert_string_equal(text, wanted);
}

static void what_it_starts_is_our_child(void **state)
{
	struct start_order runner = {.start = {.process = START_RUNNER, .how = START_AGAIN, .number = 7}};
	int ends[2], channel[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(pipe2(channel, O_CLOEXEC), 0);
	start_add(&runner, ROLE_CONFIG, null);
	start_add(&runner, ROLE_CHANNEL, channel[1]);
	start_add(&runner, ROLE_PROCESS_EVENTS, -1);
	start_add(&runner, ROLE_OUTPUT, ends[1]);
	assert_int_equal(runner.start.count, 3);
	const int pid = order(&runner);

	close(ends[1]);
	runs_as(pid, ends[0], "vigiad-runner --guard-fd N --config-fd N --former 7 --file /etc/a.conf --file-id host --again\n");
	close(ends[0]);
	close(channel[0]);
	close(channel[1]);
	close(null);
}

static void refused(struct start_order *what)
{
	assert_false(start_is_sound(&what->start));
	assert_int_equal(order(what), -EINVAL);
}

static void what_no_guard_says_is_refused(void **state)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct start_order good = {.start.process = START_ENGINE};
	struct start_order bad = good;

	(void)state;
	refused(&bad);
	start_add(&good, ROLE_CHANNEL, null);
	start_add(&good, ROLE_CONFIG, null);
	start_add(&good, ROLE_TESTAMENT, null);
	start_add(&good, ROLE_LEFT, null);
	start_add(&good, ROLE_LEFT, null);
	assert_true(start_is_sound(&good.start));
	bad = good;
	start_add(&bad, ROLE_CONFIG, null); /* another one */
	refused(&bad);
	bad = good;
	start_add(&bad, ROLE_MAIL, null); /* the front's */
	refused(&bad);
	bad = good;
	bad.start.roles[3] = 200;
	refused(&bad);
	bad = good;
	bad.start.how = START_DUMP;
	refused(&bad);
	bad = good;
	bad.start.process = 200;
	refused(&bad);
	assert_int_equal(ask(&(struct starter_message){.kill = true}), -EINVAL);
	close(null);
}

static void it_ends_whom_it_is_told_to(void **state)
{
	struct starter_message message = {.kill = true};
	struct child_process child;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(child_adopt(pid, &child), 0);
	start_add(&message.order, ROLE_CHANNEL, child.pidfd);
	assert_int_equal(ask(&message), 0);
	assert_int_equal(child_reap(&child).signal, SIGKILL);
}

/* As a program that the starter executes. */
static int tell(int count, char **arguments)
{
	printf("%d", (int)getppid());
	for (int i = 0; i < count; i++) {
		const bool number = i > 0 && strlen(arguments[i - 1]) > 3 && strcmp(arguments[i - 1] + strlen(arguments[i - 1]) - 3, "-fd") == 0;

		printf(" %s", number ? fcntl(atoi(arguments[i]), F_GETFD) >= 0 ? "N" : "closed" : arguments[i]);
	}
	putchar('\n');
	return 0;
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_it_starts_is_our_child, begin, end),
		cmocka_unit_test_setup_teardown(what_no_guard_says_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(it_ends_whom_it_is_told_to, begin, end),
	};

	if (strncmp(arguments[0], "vigiad-", 7) == 0)
		return tell(count, arguments);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
