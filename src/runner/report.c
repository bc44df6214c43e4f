/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner's lines for people: see runner.h. Nobody is waited for. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "linux/channel.h"
#include "runner/runner.h"

#define LINE_SIZE 1024

/* "4 text": the level, a blank, the line. */
static void send_line(struct runner *runner, enum report_level level, const char *text)
{
	struct report *report = &runner->report;
	char line[LINE_SIZE + 8];
	int length = snprintf(line, sizeof(line), "%d %s", (int)level, text);

	if (report->socket < 0 && report->held_length + (size_t)length < sizeof(report->held)) {
		memcpy(report->held + report->held_length, line, (size_t)length + 1);
		report->held_length += (size_t)length + 1;
	} else if (report->socket < 0 ||
		   channel_send(report->socket, MESSAGE_RUNNER_LOG, line, (size_t)length, -1) != 0) {
		report->lost++;
	}
}

void report_connect(struct runner *runner, int socket)
{
	struct report *report = &runner->report;
	size_t length;

	report->socket = socket;
	if (socket < 0)
		return;
	for (size_t at = 0; at < report->held_length; at += length + 1) {
		length = strlen(report->held + at);
		if (channel_send(socket, MESSAGE_RUNNER_LOG, report->held + at, length, -1) != 0)
			report->lost++;
	}
	report->held_length = 0;
}

static void confess(struct runner *runner)
{
	const uint64_t lost = runner->report.lost;
	char line[96];

	if (lost == 0 || runner->report.socket < 0)
		return;
	runner->report.lost = 0;
	snprintf(line, sizeof(line), "%llu line%s about scripts went lost: nobody read in time",
		(unsigned long long)lost, lost == 1 ? "" : "s");
	send_line(runner, REPORT_WARNING, line);
	if (runner->report.lost > 0)
		runner->report.lost = lost;
}

void report_line(struct runner *runner, enum report_level level, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	confess(runner);
	send_line(runner, level, text);
}

void report_status(struct runner *runner, const struct text *line)
{
	if (runner->report.socket >= 0)
		channel_send(runner->report.socket, MESSAGE_RUNNER_STATUS, line->start, line->length, -1);
}
