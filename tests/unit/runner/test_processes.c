/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vrrp_track_process with real processes: once with the events of the kernel, where this test may have them, and once, in a network
 * namespace or as a usual user, by reading /proc.
 */
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rig.h"
#include "runner/process_events.h"
#include "runner/process_match.h"

static struct rig rig;
static pid_t children[8];
static size_t child_count;

/* It calls itself so; in the command line, too, when there are words. */
static pid_t begin(const char *name, const char *const *words)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (words)
			execv("/bin/sleep", (char *const *)(uintptr_t)words);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	children[child_count++] = pid;
	return pid;
}

static void end(pid_t pid, bool bury)
{
	siginfo_t information;

	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &information, WEXITED | (bury ? 0 : WNOWAIT));
}

static int open_rig(void **state)
{
	(void)state;
	rig_open(&rig);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	while (child_count > 0)
		end(children[--child_count], true);
	return 0;
}

static void load(const char *lines)
{
	char definition[400];

	snprintf(definition, sizeof(definition), "vrrp_track_process p {\n %s\n}\n", lines);
	rig_load(&rig, definition, "track_process {\n p\n }", true);
}

static void expect(enum track_state wanted)
{
	rig_expect(&rig, TRACK_PROCESS, "p", wanted, 0);
}

static void one_comes_and_goes(void **state)
{
	pid_t pid;

	(void)state;
	load("process vigia-t-one");
	expect(TRACK_DOWN);
	pid = begin("vigia-t-one", NULL);
	expect(TRACK_UP);
	end(pid, true);
	expect(TRACK_DOWN);
	begin("vigia-t-one", NULL);
	expect(TRACK_UP);
}

static void a_zombie_does_not_run(void **state)
{
	pid_t pid = begin("vigia-t-zombie", NULL);

	(void)state;
	load("process vigia-t-zombie");
	expect(TRACK_UP);
	end(pid, false);
	expect(TRACK_DOWN);
}

static void a_quorum(void **state)
{
	pid_t pids[3];

	(void)state;
	load("process vigia-t-quorum\n quorum 2\n quorum_max 2");
	expect(TRACK_DOWN);
	pids[0] = begin("vigia-t-quorum", NULL);
	pids[1] = begin("vigia-t-quorum", NULL);
	expect(TRACK_UP);
	pids[2] = begin("vigia-t-quorum", NULL);
	expect(TRACK_DOWN);
	end(pids[2], true);
	expect(TRACK_UP);
	end(pids[0], true);
	expect(TRACK_DOWN);
}

static void one_that_must_not_run(void **state)
{
	pid_t pid;

	(void)state;
	load("process vigia-t-not\n quorum_max 0");
	expect(TRACK_UP);
	pid = begin("vigia-t-not", NULL);
	expect(TRACK_DOWN);
	end(pid, true);
	expect(TRACK_UP);
}

static void by_its_parameters(void **state)
{
	pid_t pid;

	(void)state;
	load("process vigia-t-words 1000 0\n");
	expect(TRACK_DOWN);
	begin("vigia-t-other", (const char *const[]){"vigia-t-words", "1000", NULL});
	pid = begin("vigia-t-other", (const char *const[]){"vigia-t-words", "1000", "0", NULL});
	expect(TRACK_UP);
	end(pid, true);
	expect(TRACK_DOWN);
}

static void a_delay_bridges_a_restart(void **state)
{
	pid_t pid = begin("vigia-t-delay", NULL);

	(void)state;
	load("process vigia-t-delay\n terminate_delay 3000");
	expect(TRACK_UP);
	end(pid, true);
	begin("vigia-t-delay", NULL);
	rig_expect_nothing(&rig, 3 * DUR_S);
}

static void a_delay_ends(void **state)
{
	pid_t pid = begin("vigia-t-late", NULL);

	(void)state;
	load("process vigia-t-late\n delay 0.3");
	expect(TRACK_UP);
	end(pid, true);
	expect(TRACK_DOWN);
	begin("vigia-t-late", NULL);
	expect(TRACK_UP);
}

static void a_reload_leaves_it_alone(void **state)
{
	pid_t pid = begin("vigia-t-reload", NULL);

	(void)state;
	load("process vigia-t-reload");
	expect(TRACK_UP);
	load("process vigia-t-reload\n weight 5");
	rig_expect_nothing(&rig, 0);
	end(pid, true);
	expect(TRACK_DOWN);
	load("process vigia-t-reload\n quorum_max 0\n");
	expect(TRACK_UP);
}

static bool says(const struct conf_tracked_process *wanted, const char *words, size_t size)
{
	return process_matches_command_line(wanted, words, size);
}

#define SAYS(wanted, words) says(wanted, words, sizeof(words))

static void words_are_compared(void **state)
{
	const char *const parameters[] = {"-c", "x y"};
	struct conf_tracked_process wanted = {.command = "job", .parameters = parameters, .parameter_count = 2};
	struct conf_tracked_process alone = {.command = "job", .full_command = true};

	(void)state;
	assert_true(SAYS(&wanted, "job\0-c\0x y"));
	assert_false(SAYS(&wanted, "job\0-c\0x yz"));
	assert_false(SAYS(&wanted, "job\0-c\0x y\0z"));
	assert_false(SAYS(&wanted, "job\0-c"));
	assert_false(SAYS(&wanted, "jo\0-c\0x y"));
	wanted.param_match = PARAMETERS_INITIAL;
	assert_true(SAYS(&wanted, "job\0-c\0x yz"));
	assert_false(SAYS(&wanted, "job\0-cc\0x yz"));
	assert_false(SAYS(&wanted, "job\0-c\0x yz\0z"));
	wanted.param_match = PARAMETERS_PARTIAL;
	assert_true(SAYS(&wanted, "job\0-c\0x y\0z"));
	assert_false(SAYS(&wanted, "job\0-c\0x yz\0z"));
	assert_true(SAYS(&alone, "job"));
	assert_true(SAYS(&alone, "job\0-x"));
	alone.param_match = PARAMETERS_EXACT;
	assert_true(SAYS(&alone, "job"));
	assert_false(SAYS(&alone, "job\0-x"));
	assert_false(says(&alone, "", 0));
	assert_false(says(&alone, "job", 3)); /* without its end */
}

static void names_are_cut(void **state)
{
	struct conf_tracked_process wanted = {.command = "a-rather-long-name"};

	(void)state;
	assert_true(process_matches_name(&wanted, "a-rather-long-n"));
	assert_false(process_matches_name(&wanted, "a-rather-long"));
	wanted.command = "ssh";
	assert_false(process_matches_name(&wanted, "sshd"));
	assert_false(process_by_command_line(&wanted));
	wanted.command = "/usr/sbin/sshd";
	assert_true(process_by_command_line(&wanted));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

static const struct CMUnitTest lives[] = {
	TEST(one_comes_and_goes),
	TEST(a_zombie_does_not_run),
	TEST(a_quorum),
	TEST(one_that_must_not_run),
	TEST(by_its_parameters),
	TEST(a_delay_bridges_a_restart),
	TEST(a_delay_ends),
	TEST(a_reload_leaves_it_alone),
};

static const struct CMUnitTest words[] = {
	cmocka_unit_test(words_are_compared),
	cmocka_unit_test(names_are_cut),
};

static void count_ready(void *user, enum process_event event, pid_t pid)
{
	unsigned *ready = user;

	(void)pid;
	*ready += event == PROCESS_EVENTS_READY;
}

/* Whether the kernel tells of processes here. It answers at once. */
static bool is_told_by(int from)
{
	unsigned ready = 0;
	int fd = process_events_open(from, 0, false);

	if (fd < 0)
		return false;
	process_events_read(fd, count_ready, &ready);
	process_events_close(fd);
	return ready > 0;
}

static bool is_told(void)
{
	return is_told_by(-1);
}

int main(void)
{
	int failed = cmocka_run_group_tests(words, NULL, NULL);
	int kept = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);

	print_message(is_told() ? "with events of the kernel\n" : "no events of the kernel here\n");
	failed += cmocka_run_group_tests(lives, NULL, NULL);
	if (is_told() && unshare(CLONE_NEWNET) == 0) {
		assert_false(is_told());
		/* one runner after another */
		assert_true(is_told_by(kept));
		assert_true(is_told_by(kept));
		print_message("by reading /proc\n");
		failed += cmocka_run_group_tests(lives, NULL, NULL);
	}
	return failed;
}
