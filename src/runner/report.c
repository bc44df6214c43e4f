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
	char line[LINE_SIZE + 8];
	int length = snprintf(line, sizeof(line), "%d %s", (int)level, text);

	if (runner->report.socket < 0 ||
		channel_send(runner->report.socket, MESSAGE_RUNNER_LOG, line, (size_t)length, -1) != 0)
		runner->report.lost++;
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
