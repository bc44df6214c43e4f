/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/demo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lab/clock.h"
#include "lab/commands.h"
#include "lab/fault.h"
#include "lab/probe.h"

#define DEMO_DIRECTORY "labs/07-1-gateway"
#define POLL_STEP (5 * DUR_MS)
#define SCREEN_WIDTH 110
#define SAYING_SIZE 4096
#define CALM_REQUESTS (500 * DUR_MS)

/* What the configuration of the slides promises: advert interval 1 s, priorities 100 and 99, version 2. */
#define SKEW_TIME_BACKUP (157 * DUR_S / 256)
#define DOWN_INTERVAL_BACKUP (3 * DUR_S + SKEW_TIME_BACKUP)
#define ALLOWANCE (5 * DUR_MS)

enum {
	GW1,
	GW2,
};

bool demo_pause(struct demo *demo, dur_t length)
{
	mono_t end = mono_add(mono_now(), length);
	struct pollfd ready = {.fd = demo->signals, .events = POLLIN};

	while (!demo->interrupted) {
		dur_t left = mono_sub(end, mono_now());
		struct timespec timeout = {left / DUR_S, left % DUR_S};

		if (left <= 0)
			return true;
		if (ppoll(&ready, 1, &timeout, NULL) > 0)
			demo->interrupted = true;
	}
	return false;
}

bool demo_wait(struct demo *demo, demo_condition *condition, const void *user, dur_t patience)
{
	mono_t end = mono_add(mono_now(), patience);

	while (!condition(demo, user))
		if (mono_before(end, mono_now()) || !demo_pause(demo, POLL_STEP))
			return false;
	return true;
}

/* Indented, and broken between words. */
static void print_wrapped(char *text)
{
	size_t column = 0;

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		size_t length = strlen(word);

		if (column > 0 && column + length >= SCREEN_WIDTH) {
			putchar('\n');
			column = 0;
		}
		printf("%s%s", column ? " " : "  ", word);
		column += length + (column ? 1 : 2);
	}
	putchar('\n');
	fflush(stdout);
}

void demo_say(const char *format, ...)
{
	char text[SAYING_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	print_wrapped(text);
}

void demo_fail(struct demo *demo, const char *format, ...)
{
	char text[SAYING_SIZE] = "FAILED: ";
	size_t length = strlen(text);
	va_list arguments;

	demo->failures++;
	va_start(arguments, format);
	vsnprintf(text + length, sizeof(text) - length, format, arguments);
	va_end(arguments);
	print_wrapped(text);
}

/* The faults. */

static bool set_cable(struct demo *demo, const struct experiment *experiment, mono_t *at)
{
	struct lab_device *device;
	struct lab_interface *interface;
	struct lab_error error;
	int result = lab_parse_port(&demo->lab, experiment->port, &device, &interface, &error);

	if (!result)
		result = cable_set(
			&demo->lab, device, interface, (enum cable_state)experiment->argument, at, &error);
	if (result < 0)
		demo_fail(demo, "%s", error.text);
	return result == 0;
}

static bool kill_daemon_process(struct demo *demo, const char *member, int signal, mono_t *at)
{
	pid_t pid = demo_daemon_pid(demo->gateways[GW1], member);

	if (pid == 0) {
		demo_fail(demo, "vigiad does not answer on gw1, so there is nothing to kill");
		return false;
	}
	*at = mono_now();
	if (kill(pid, signal) < 0) {
		demo_fail(demo, "the process %d cannot be killed: %s", (int)pid, strerror(errno));
		return false;
	}
	return true;
}

static bool kill_engine(struct demo *demo, const struct experiment *experiment, mono_t *at)
{
	(void)experiment;
	return kill_daemon_process(demo, "engine_pid", SIGKILL, at);
}

static bool stop_daemon(struct demo *demo, const struct experiment *experiment, mono_t *at)
{
	(void)experiment;
	return kill_daemon_process(demo, "pid", SIGTERM, at);
}

static bool start_daemon(struct demo *demo, const struct experiment *experiment, mono_t *at)
{
	char program[] = "systemctl", verb[] = "start", unit[] = "vigiad";
	char *argv[] = {program, verb, unit, NULL};
	char output[512] = "";
	struct lab_error error;
	int status;

	(void)experiment;
	*at = mono_now();
	status = lab_run(demo->gateways[GW1], argv, output, sizeof(output), &error);
	if (status != 0)
		demo_fail(demo, "vigiad does not start on gw1 (%d): %s", status,
			status < 0 ? error.text : output);
	return status == 0;
}

static bool only_wait(struct demo *demo, const struct experiment *experiment, mono_t *at)
{
	(void)demo;
	(void)experiment;
	*at = mono_now();
	return true;
}

/* The story. */

static void step_master(struct demo *demo)
{
	unsigned expected = GW1;
	char cause[512];

	if (!demo_wait(demo, demo_only_holder, &expected, DEMO_PATIENCE)) {
		if (!demo->interrupted)
			demo_fail(demo, "gw1 is not the only one that holds %s",
				inet_ntoa(demo->virtual_address));
		return;
	}
	for (unsigned i = 0; i < DEMO_GATEWAYS; i++) {
		demo_cause(demo->gateways[i], cause, sizeof(cause));
		if (cause[0])
			demo_say("%s is %s: %s.", demo->gateways[i]->name,
				i == expected ? "master" : "backup", cause);
		else
			demo_fail(demo, "no vigiad answers on %s", demo->gateways[i]->name);
	}
	demo_check_answers(demo, expected);
	demo_say("gw1 alone holds %s and answers for it.", inet_ntoa(demo->virtual_address));
}

static void step_reach(struct demo *demo)
{
	struct probe_summary summary;
	struct probe_log log;
	struct probe *probe;
	struct lab_error error;
	int result = lab_socket(&demo->lab, demo->client, PROBE_SOCKET, &error);

	if (result >= 0)
		result = probe_start(result, demo->target, PROBE_RATE, &probe);
	if (result < 0) {
		demo_fail(demo, "the probe does not start: %s", strerror(-result));
		return;
	}
	demo_pause(demo, CALM_REQUESTS);
	probe_stop(probe, &log);
	if (probe_log_summarize(&log, &summary) == 0) {
		demo_say("%zu echo requests to %s, %zu answered; median round trip %.3f ms.", summary.sent,
			inet_ntoa(demo->target), summary.received, duration_ms(summary.round_trip_median));
		if (summary.lost && !demo->interrupted)
			demo_fail(demo, "%zu requests were lost though nothing is wrong", summary.lost);
		probe_summary_free(&summary);
	}
	probe_log_free(&log);
}

struct step {
	const char *title;
	void (*run)(struct demo *demo); /* or, without it: */
	struct experiment experiment;
};

static const struct step steps[] = {
	{.title = "Who is master, and why?", .run = step_master},
	{.title = "The client reaches 1.1.1.1 through the virtual gateway", .run = step_reach},
	{.title = "Pull gw1's uplink cable (eth1): gw1 notices and says so",
		.experiment = {.fault = "pull gw1:eth1",
			.act = set_cable,
			.port = "gw1:eth1",
			.argument = CABLE_PULLED,
			.master_after = GW2,
			.expected = SKEW_TIME_BACKUP + ALLOWANCE,
			.limit = 1 * DUR_S}},
	{.title = "Put it back: gw1 has the greater priority and takes over again",
		.experiment = {.fault = "plug gw1:eth1",
			.act = set_cable,
			.port = "gw1:eth1",
			.argument = CABLE_GOOD,
			.master_after = GW1,
			.expected = ALLOWANCE,
			.limit = 500 * DUR_MS}},
	{.title = "Pull gw1's LAN cable (eth0): gw1 can tell nobody",
		.experiment = {.fault = "pull gw1:eth0",
			.act = set_cable,
			.port = "gw1:eth0",
			.argument = CABLE_PULLED,
			.master_after = GW2,
			.expected = DOWN_INTERVAL_BACKUP + ALLOWANCE,
			.limit = 4500 * DUR_MS}},
	{.title = "Put it back",
		.experiment = {.fault = "plug gw1:eth0",
			.act = set_cable,
			.port = "gw1:eth0",
			.argument = CABLE_GOOD,
			.master_after = GW1,
			.expected = ALLOWANCE,
			.limit = 500 * DUR_MS}},
	{.title = "Kill the engine of the master (kill -9): its guard says priority 0 for it",
		.experiment = {.fault = "kill -9 of vigiad-vrrp on gw1",
			.act = kill_engine,
			.master_after = GW2,
			.expected = SKEW_TIME_BACKUP + ALLOWANCE,
			.limit = 1500 * DUR_MS}},
	{.title = "The guard has started a new engine: gw1 takes over again",
		.experiment = {.fault = "(the new engine of gw1 preempts)",
			.act = only_wait,
			.master_after = GW1,
			.expected = ALLOWANCE,
			.limit = 500 * DUR_MS}},
	{.title = "Stop vigiad on gw1 in order (SIGTERM): it hands over before it lets go",
		.experiment = {.fault = "SIGTERM to vigiad on gw1",
			.act = stop_daemon,
			.master_after = GW2,
			.expected = ALLOWANCE,
			.limit = 500 * DUR_MS}},
	{.title = "Start it again",
		.experiment = {.fault = "systemctl start vigiad on gw1",
			.act = start_daemon,
			.master_after = GW1,
			.expected = ALLOWANCE,
			.limit = 500 * DUR_MS}},
};

#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))

static void print_results(const struct demo *demo)
{
	printf("\n  %-34s %12s %8s %18s\n", "fault", "outage", "lost", "should be at most");
	for (size_t i = 0; i < demo->result_count; i++) {
		const struct demo_result *result = &demo->results[i];

		printf("  %-34s %9.1f ms %8zu %15.1f ms\n", result->fault, duration_ms(result->outage),
			result->lost, duration_ms(result->expected));
	}
}

static void tell_story(struct demo *demo)
{
	mono_t began = mono_now();
	size_t done = 0;

	/* Each step rests on the one before. */
	while (done < STEP_COUNT && !demo->interrupted && !demo->failures) {
		const struct step *step = &steps[done++];

		printf("\n%zu. %s\n", done, step->title);
		fflush(stdout);
		if (step->run)
			step->run(demo);
		else
			demo_measure(demo, &step->experiment);
	}
	if (demo->interrupted) {
		puts("\nInterrupted.");
		return;
	}
	print_results(demo);
	printf("\n%zu of %zu steps in %.1f s: %s\n", done, STEP_COUNT,
		duration_ms(mono_sub(mono_now(), began)) / 1000,
		demo->failures ? "the last one did not do what it must; the story ends here." : "each did what it must.");
}

static bool find_devices(struct demo *demo, struct lab_error *error)
{
	demo->gateways[GW1] = lab_device(&demo->lab, "gw1", error);
	demo->gateways[GW2] = demo->gateways[GW1] ? lab_device(&demo->lab, "gw2", error) : NULL;
	demo->client = demo->gateways[GW2] ? lab_device(&demo->lab, "client", error) : NULL;
	inet_pton(AF_INET, "192.168.1.200", &demo->virtual_address);
	inet_pton(AF_INET, "1.1.1.1", &demo->target);
	return demo->client != NULL;
}

static int run_lab_verb(int (*command)(int, char **), const char *verb, const char *directory)
{
	char *argv[] = {strdup(verb), strdup("-d"), strdup(directory), NULL};
	int status;

	optind = 0; /* a command line of its own */
	status = argv[0] && argv[1] && argv[2] ? command(3, argv) : 1;
	for (size_t i = 0; i < 3; i++)
		free(argv[i]);
	return status;
}

/* In the running lab. */
static void run_story(struct demo *demo, const char *directory)
{
	struct lab_error error;

	if (lab_find(directory, &demo->lab, &error) < 0) {
		demo_fail(demo, "%s", error.text);
		return;
	}
	if (!find_devices(demo, &error) || capture_start(&demo->lab, &demo->capture, &error) < 0) {
		demo_fail(demo, "%s", error.text);
	} else {
		tell_story(demo);
		capture_stop(demo->capture);
	}
	lab_free(&demo->lab);
}

static bool is_running(const char *directory)
{
	struct lab_error error;
	struct lab lab;

	if (lab_find(directory, &lab, &error) < 0)
		return false;
	lab_free(&lab);
	return true;
}

static int open_signals(void)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	return signalfd(-1, &ending, SFD_CLOEXEC);
}

static int run_demo(const char *directory)
{
	struct demo demo = {0};

	if (is_running(directory)) {
		complain("this lab is running already, and the demo needs it fresh: vigia lab stop -d %s",
			directory);
		return 1;
	}
	demo.signals = open_signals();
	if (demo.signals < 0) {
		complain("no signal descriptor: %s", strerror(errno));
		return 1;
	}
	if (run_lab_verb(command_start, "start", directory) == 0)
		run_story(&demo, directory);
	else
		demo.failures++;
	if (is_running(directory) && run_lab_verb(command_stop, "stop", directory) != 0)
		demo.failures++;
	close(demo.signals);
	return demo.failures > 0 || demo.interrupted;
}

int command_demo(int argc, char **argv)
{
	static const struct option known[] = {{"directory", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	static const char usage[] =
		"usage: vigia lab demo [-d DIRECTORY]\n\n"
		"Starts the lab of two gateways (" DEMO_DIRECTORY "), breaks it in all ways it is meant to\n"
		"survive, measures, explains, and takes it down. Exit status 0: every step did what it "
		"must.\n";
	const char *directory = DEMO_DIRECTORY;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "d:h", known, NULL)) != -1) {
		if (option == 'd') {
			directory = optarg;
		} else {
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	return run_demo(directory);
}
