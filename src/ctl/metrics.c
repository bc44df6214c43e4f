/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vigia metrics`: asks the daemon for states and counters, and writes them as metrics. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/fresh_file.h"
#include "ctl/command.h"
#include "ctl/control_client.h"
#include "ctl/metrics_text.h"

#define WAIT_SECONDS 5

static const char usage[] =
	"usage: vigia metrics [--control PATH] [--output FILE]\n\n"
	"Writes states and counters of vigiad as OpenMetrics text, for Prometheus (doc/metrics.md).\n\n"
	"  --output FILE   to a file that is replaced at once as a whole, for the textfile collector of node_exporter;\n"
	"                  standard output otherwise\n"
	"  --control PATH  the control socket of vigiad; " CONTROL_PATH_DEFAULT "\n\n"
	"Exit status: 0 vigiad answers, 1 it refuses or the file cannot be written, 2 wrong arguments,\n"
	"3 vigiad is not running, and vigia_up 0 was written.\n";

/* 0 or -errno. */
static int write_text(int fd, const json_t *status)
{
	const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *out = own < 0 ? NULL : fdopen(own, "w");
	int error = out ? 0 : -errno;

	if (!out) {
		if (own >= 0)
			close(own);
		return error;
	}
	metrics_text(out, status);
	if (ferror(out))
		error = -EIO;
	if (fclose(out) != 0)
		error = -errno;
	return error;
}

/* Whoever reads the file meanwhile reads the old one. */
static bool write_file(const char *path, const json_t *status)
{
	struct fresh_file file;
	int error = fresh_file_open(&file, path);

	if (!error)
		error = fresh_file_close(&file, path, 0644, write_text(file.fd, status));
	if (error)
		fprintf(stderr, "vigia: %s cannot be written: %s\n", path, strerror(-error));
	return !error;
}

/* status: NULL: vigiad does not run. */
static enum command_exit deliver(const char *path, const json_t *status)
{
	if (path && !write_file(path, status))
		return COMMAND_FAILED;
	if (!path)
		metrics_text(stdout, status);
	return status ? COMMAND_OK : COMMAND_NOT_RUNNING;
}

static enum command_exit run(const char *control, const char *path)
{
	json_t *request = json_pack("{s:s, s:b}", "command", "status", "brief", 1);
	json_t *answer = NULL;
	enum command_exit result = control_ask(control, request, WAIT_SECONDS, &answer);
	const json_t *status = json_object_get(answer, "status");

	json_decref(request);
	if (result == COMMAND_NOT_RUNNING) {
		result = deliver(path, NULL);
	} else if (result == COMMAND_OK && status) {
		result = deliver(path, status);
	} else if (result == COMMAND_OK) {
		const char *error = json_string_value(json_object_get(answer, "error"));

		fprintf(stderr, "vigia: vigiad refuses: %s\n", error ? error : "it does not say why");
		result = COMMAND_FAILED;
	}
	json_decref(answer);
	return result;
}

int command_metrics(int argc, char **argv)
{
	static const struct option options[] = {
		{"control", required_argument, NULL, 'c'},
		{"output", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *control = CONTROL_PATH_DEFAULT, *path = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return COMMAND_OK;
		}
		if (option == '?') {
			fputs(usage, stderr);
			return COMMAND_USAGE;
		}
		if (option == 'c')
			control = optarg;
		else
			path = optarg;
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return COMMAND_USAGE;
	}
	return (int)run(control, path);
}
