/* SPDX-License-Identifier: GPL-2.0-or-later */
/* startup_script and shutdown_script: see runner.h. Whatever becomes of them, vigiad starts and stops. */
#include <string.h>

#include "runner/runner.h"

static void say_end(struct once *once, const char *how)
{
	report_line(once->runner, REPORT_WARNING, "%s: %s", once->command->line, how);
}

static void ended(struct job *job, const struct job_end *end)
{
	struct once *once = container_of(job, struct once, job);
	char text[256];

	once->done = true;
	if (end->overdue || end->exit_code != 0)
		say_end(once, job_end_text(end, text, sizeof(text)));
}

static bool load(struct runner *runner, struct once *once, const struct conf_command *from, dur_t timeout)
{
	if (!once->job.jobs && !job_init(&runner->jobs, &once->job, NULL, ended))
		return false;
	if (job_runs(&once->job))
		return true;
	once->runner = runner;
	once->timeout = timeout;
	command_free(once->command);
	once->command =
		from->line ? command_new(from->line, from->user, from->group, &runner->rules) : NULL;
	return !from->line || once->command;
}

bool once_load(struct runner *runner, const struct conf_run *run)
{
	return load(runner, &runner->startup, &run->startup, run->startup_timeout) &&
	       load(runner, &runner->shutdown, &run->shutdown, run->shutdown_timeout);
}

bool once_start(struct once *once)
{
	char problem[512];
	int error;

	once->done = false;
	if (!once->command)
		return false;
	error = job_start(&once->job, once->command, NULL, once->timeout);
	if (error)
		say_end(once, command_problem(once->command, error, problem, sizeof(problem)));
	return !error;
}

void once_free(struct runner *runner)
{
	job_drop(&runner->startup.job);
	job_drop(&runner->shutdown.job);
	command_free(runner->startup.command);
	command_free(runner->shutdown.command);
}
