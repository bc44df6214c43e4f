/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs of commands: see job.h. */
#include "runner/job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error_name.h"
#include "runner/spawn.h"

static void unlink_job(struct job *job)
{
	struct job **place = &job->jobs->running;

	while (*place != job)
		place = &(*place)->next;
	*place = job->next;
	job->jobs->count--;
	job->pid = 0;
	run_timer_set(job->jobs->loop, &job->timer, MONO_NEVER);
}

static void link_job(struct job *job)
{
	job->next = job->jobs->running;
	job->jobs->running = job;
	job->jobs->count++;
}

static void timer_fired(struct run_timer *timer)
{
	struct job *job = container_of(timer, struct job, timer);

	if (job->ending == JOB_RUNS) {
		job_end(job, true);
		if (job->late)
			job->late(job);
	} else if (job->ending == JOB_WAS_ASKED) {
		job->ending = JOB_WAS_KILLED;
		kill(-job->pid, SIGKILL);
	}
}

bool job_init(struct jobs *jobs, struct job *job, void (*late)(struct job *), void (*ended)(struct job *, const struct job_end *))
{
	*job = (struct job){.jobs = jobs, .late = late, .ended = ended};
	return run_timer_init(jobs->loop, &job->timer, timer_fired);
}

static void orphan_ended(struct job *job, const struct job_end *end)
{
	(void)end;
	run_timer_drop(job->jobs->loop, &job->timer);
	free(job);
}

/* Its owner goes, the process may not be quite so fast. */
static bool adopt(const struct job *job)
{
	struct job *orphan = calloc(1, sizeof(*orphan));

	if (!orphan || !job_init(job->jobs, orphan, NULL, orphan_ended)) {
		free(orphan);
		return false;
	}
	orphan->pid = job->pid;
	orphan->started = job->started;
	link_job(orphan);
	job_end(orphan, false);
	return true;
}

void job_drop(struct job *job)
{
	if (!job->jobs)
		return;
	if (job_runs(job) && !adopt(job))
		kill(-job->pid, SIGKILL);
	if (job_runs(job))
		unlink_job(job);
	run_timer_drop(job->jobs->loop, &job->timer);
	job->jobs = NULL;
}

/* Words of the command, then those of the run, with room in front for a shell. NULL without memory. */
static char **all_words(const struct command *command, char *const *more)
{
	size_t count = 0;
	char **words;

	while (more && more[count])
		count++;
	words = calloc(command->count + count + 2, sizeof(*words));
	if (!words)
		return NULL;
	memcpy(words + 1, command->words, command->count * sizeof(*words));
	for (size_t i = 0; i < count; i++)
		words[1 + command->count + i] = more[i];
	return words;
}

static pid_t start_process(const struct command *command, char *const *more)
{
	char path[COMMAND_PATH_SIZE];
	char *environment[ENVIRONMENT_COUNT + 1];
	char texts[ENVIRONMENT_COUNT][ENVIRONMENT_TEXT_SIZE];
	char **words;
	pid_t pid = command->error;

	if (!pid)
		pid = command_find(command, path, sizeof(path));
	if (pid)
		return pid;
	words = all_words(command, more);
	if (!words)
		return -ENOMEM;
	environment_make(&command->account, texts, environment);

	const struct spawn spawn = {.path = path,
		.words = words + 1,
		.shell_words = words,
		.environment = environment,
		.account = &command->account};

	/* Only a script that the kernel does not know how to start sees these; its first word becomes where it is. */
	words[0] = (char *)(uintptr_t)"sh";
	if (strchr(words[1], '/') == NULL)
		words[1] = path;
	pid = spawn_process(&spawn);
	free(words);
	return pid;
}

int job_start(struct job *job, const struct command *command, char *const *more, dur_t timeout)
{
	struct run_loop *loop = job->jobs->loop;
	const pid_t pid = start_process(command, more);

	if (pid < 0)
		return pid;
	job->pid = pid;
	job->started = loop->now;
	job->ending = JOB_RUNS;
	job->overdue = false;
	link_job(job);
	run_timer_set(loop, &job->timer, timeout > 0 ? mono_add(loop->now, timeout) : MONO_NEVER);
	return 0;
}

void job_set_deadline(struct job *job, mono_t at)
{
	if (job_runs(job) && job->ending == JOB_RUNS)
		run_timer_set(job->jobs->loop, &job->timer, at);
}

void job_end(struct job *job, bool overdue)
{
	if (!job_runs(job) || job->ending != JOB_RUNS)
		return;
	job->ending = JOB_WAS_ASKED;
	job->overdue = overdue;
	kill(-job->pid, SIGTERM);
	run_timer_set(job->jobs->loop, &job->timer, mono_add(job->jobs->loop->now, JOB_GRACE));
}

static struct job *find(struct jobs *jobs, pid_t pid)
{
	struct job *job = jobs->running;

	while (job && job->pid != pid)
		job = job->next;
	return job;
}

static void job_ended(struct job *job, const siginfo_t *how)
{
	struct job_end end = {
		.exit_code = -1, .overdue = job->overdue, .duration = mono_sub(job->jobs->loop->now, job->started)};

	if (how->si_code == CLD_EXITED)
		end.exit_code = how->si_status;
	else
		end.signal = how->si_status;
	unlink_job(job);
	job->ended(job, &end);
}

/* What a run that had to be ended has left in its group goes too; while its leader is not buried the number is its. */
void jobs_reap(struct jobs *jobs)
{
	siginfo_t how = {0};

	while (waitid(P_ALL, 0, &how, WEXITED | WNOHANG | WNOWAIT) == 0 && how.si_pid != 0) {
		const pid_t pid = how.si_pid;
		struct job *job = find(jobs, pid);

		if (job && job->ending != JOB_RUNS)
			kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (job)
			job_ended(job, &how);
		how = (siginfo_t){0};
	}
}

const char *job_end_text(const struct job_end *end, char *buffer, size_t size)
{
	if (end->error)
		snprintf(buffer, size, "cannot be run: %s", error_name(end->error));
	else if (end->overdue)
		snprintf(buffer, size, "took too long and was ended");
	else if (end->exit_code >= 0)
		snprintf(buffer, size, "exit code %d", end->exit_code);
	else
		snprintf(buffer, size, "signal %d (%s)", end->signal, strsignal(end->signal));
	return buffer;
}
