/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigia lab start: reads the lab, brings its supervisor up, and waits until every startup script has ended. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lab/commands.h"
#include "lab/lab_conf.h"
#include "lab/memory.h"
#include "lab/startup_log.h"
#include "lab/state.h"
#include "lab/supervisor.h"

struct start {
	const char *directory;
	char **devices;
	size_t device_count;
	int timeout; /* seconds to wait for the startup scripts */
	bool quiet;
};

static double seconds_since(const struct timespec *then)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static int read_options(struct start *start, int argc, char **argv)
{
	static const struct option options[] = {{"directory", required_argument, NULL, 'd'},
		{"timeout", required_argument, NULL, 't'}, {"quiet", no_argument, NULL, 'q'},
		{NULL, 0, NULL, 0}};
	for (int option; (option = getopt_long(argc, argv, "d:t:q", options, NULL)) != -1;) {
		char *end = NULL;
		if (option == 'd')
			start->directory = optarg;
		else if (option == 'q')
			start->quiet = true;
		else if (option == 't')
			start->timeout = (int)strtol(optarg, &end, 10);
		if (option == '?' || (option == 't' && (*end != '\0' || start->timeout < 0))) {
			fputs("usage: vigia lab start [-q] [-t SECONDS] [-d DIR | DIR] [DEVICE...]\n",
				stderr);
			return -EINVAL;
		}
	}
	if (start->directory == NULL && optind < argc && names_lab_directory(argv[optind]))
		start->directory = argv[optind++];
	start->devices = argv + optind;
	start->device_count = (size_t)(argc - optind);
	return 0;
}

static bool print_diagnostics(const struct lab_conf *conf, bool quiet)
{
	for (size_t i = 0; i < conf->diagnostic_count; i++) {
		if (quiet && conf->diagnostics[i].severity == CONF_NOTICE)
			continue;
		char *text = conf_diagnostic_text(&conf->diagnostics[i]);
		fprintf(stderr, "%s\n", text);
		free(text);
	}
	return !conf->has_error;
}

static bool check_devices(const struct lab_conf *conf, const struct start *start)
{
	for (size_t i = 0; i < start->device_count; i++) {
		if (lab_conf_device(conf, start->devices[i]) == NULL) {
			complain(
				"there is no device '%s' in %s/lab.conf", start->devices[i], conf->directory);
			return false;
		}
	}
	return true;
}

static bool is_wanted(const struct start *start, const char *name)
{
	for (size_t i = 0; i < start->device_count; i++) {
		if (strcmp(start->devices[i], name) == 0)
			return true;
	}
	return start->device_count == 0;
}

/* Asks, and repeats what the supervisor warns of until it has carried the request out. */
static int ask_to_start(int fd, const struct start *start)
{
	struct lab_error error;
	char line[SUPERVISOR_LINE_SIZE];
	if (supervisor_request(fd, "start", start->devices, start->device_count, &error) < 0) {
		complain("%s", error.text);
		return 1;
	}
	for (;;) {
		if (supervisor_line(fd, -1, line, sizeof line) < 0) {
			complain("the lab's supervisor died while it started the lab");
			return 1;
		}
		if (strcmp(line, "done") == 0)
			return 0;
		if (strncmp(line, "warning ", 8) == 0)
			complain("%s", line + 8);
		if (strncmp(line, "error ", 6) == 0) {
			complain("%s", line + 6);
			return 1;
		}
	}
}

static size_t count_not_ready(const struct lab *lab, const struct start *start)
{
	size_t count = 0;
	for (size_t i = 0; i < lab->device_count; i++) {
		if (is_wanted(start, lab->devices[i].name) && lab->devices[i].pid > 0 &&
			!lab->devices[i].ready)
			count++;
	}
	return count;
}

/* Until every wanted device has run its startup scripts, died, or the time is over. */
static int wait_until_ready(int fd, struct lab *lab, const struct start *start)
{
	struct lab_error error;
	struct timespec begin;
	char line[SUPERVISOR_LINE_SIZE];
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (;;) {
		if (lab_refresh(lab, &error) < 0) {
			complain("%s", error.text);
			return -ENOENT;
		}
		if (count_not_ready(lab, start) == 0)
			return 0;
		double left = (double)start->timeout - seconds_since(&begin);
		int result = left <= 0 ? 0 : supervisor_line(fd, (int)(left * 1000) + 1, line, sizeof line);
		if (result > 0 && strncmp(line, "warning ", 8) == 0)
			complain("%s", line + 8);
		if (result <= 0 && left <= 0)
			return -ETIMEDOUT;
	}
}

static bool report_devices(const struct lab *lab, const struct start *start)
{
	bool good = true;
	for (size_t i = 0; i < lab->device_count; i++) {
		const struct lab_device *device = &lab->devices[i];
		if (!is_wanted(start, device->name))
			continue;
		if (device->pid == 0) {
			complain("%s did not start", device->name);
			good = false;
		} else {
			startup_log_report(device, stderr);
		}
	}
	return good;
}

static void summarize(const struct lab *lab, const struct start *start, const struct timespec *begin)
{
	size_t devices = 0, interfaces = 0;
	for (size_t i = 0; i < lab->device_count; i++) {
		if (!is_wanted(start, lab->devices[i].name) || lab->devices[i].pid == 0)
			continue;
		devices++;
		interfaces += lab->devices[i].interface_count;
	}
	if (!start->quiet)
		printf("%s: %zu device%s, %zu interface%s, ready after %.2f s\n", lab->name, devices,
			devices == 1 ? "" : "s", interfaces, interfaces == 1 ? "" : "s",
			seconds_since(begin));
}

/* No device has come up: a lab without one is not left behind. */
static bool nothing_runs(const struct lab *lab)
{
	for (size_t i = 0; i < lab->device_count; i++) {
		if (lab->devices[i].pid > 0)
			return false;
	}
	return true;
}

static int connect_to_lab(const struct lab_conf *conf, const struct start *start)
{
	struct lab_error error;
	struct lab name;
	lab_name(&name, conf->directory);
	bool running = lab_is_running(&name);
	int fd = -1;
	int result = running && start->device_count == 0
			     ? lab_fail(&error, -EALREADY, "%s is running already", conf->directory)
		     : running ? 0
			       : supervisor_start(conf, &name, &error);
	if (result == 0)
		result = fd = supervisor_connect(&name, &error);
	if (result < 0)
		complain("%s", error.text);
	lab_free(&name);
	return fd;
}

static int start_lab(const struct lab_conf *conf, const struct start *start)
{
	struct timespec begin;
	struct lab_error error;
	struct lab lab;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	int fd = connect_to_lab(conf, start);
	if (fd < 0)
		return 1;
	int status = ask_to_start(fd, start);
	if (status == 0 && lab_find(conf->directory, &lab, &error) < 0) {
		complain("%s", error.text);
		status = 1;
	} else if (status == 0) {
		int waited = wait_until_ready(fd, &lab, start);
		if (waited == -ETIMEDOUT)
			complain(
				"not all startup scripts have ended after %d s (--timeout): going on without",
				start->timeout);
		if (waited == -ENOENT || !report_devices(&lab, start))
			status = 1;
		if (nothing_runs(&lab))
			lab_stop(&lab, &error);
		else
			summarize(&lab, start, &begin);
		lab_free(&lab);
	}
	close(fd);
	return status;
}

int command_start(int argc, char **argv)
{
	struct start start = {.timeout = 60};
	struct lab_conf conf;
	struct lab_error error;
	if (read_options(&start, argc, argv) < 0)
		return 2;
	int status = 1;
	if (lab_conf_load(start.directory == NULL ? "." : start.directory, &conf, &error) < 0)
		complain("%s", error.text);
	else if (print_diagnostics(&conf, start.quiet) && check_devices(&conf, &start))
		status = start_lab(&conf, &start);
	lab_conf_free(&conf);
	return status;
}
