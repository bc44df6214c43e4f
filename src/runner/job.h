/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One command, and one run of it at a time. A run is a process group of its own with an environment of its own, none of our
 * descriptors, / as its folder and nothing to read from or write to. It is ended with SIGTERM, and with SIGKILL
 * JOB_GRACE later, the whole group; its process is always waited for.
 */
#ifndef VIGIA_RUNNER_JOB_H
#define VIGIA_RUNNER_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/time.h"
#include "runner/command.h"
#include "runner/loop.h"

#define JOB_GRACE (2 * DUR_S)

enum job_ending {
	JOB_RUNS,
	JOB_WAS_ASKED, /* SIGTERM */
	JOB_WAS_KILLED, /* SIGKILL */
};

struct job_end {
	int error; /* -errno: it could not be started; else 0 */
	int exit_code; /* -1: ended by a signal */
	int signal;
	bool overdue; /* it was ended because it took too long */
	dur_t duration;
};

struct job {
	struct jobs *jobs;
	pid_t pid; /* 0: does not run */
	mono_t started;
	enum job_ending ending;
	bool overdue;
	void (*late)(struct job *job); /* it took too long, and is being ended; may be NULL */
	void (*ended)(struct job *job, const struct job_end *end);
	struct run_timer timer;
	struct job *next;
};

struct jobs {
	struct run_loop *loop;
	struct job *running;
	size_t count;
};

/* late, ended: see struct job. false: no memory. */
bool job_init(struct jobs *jobs, struct job *job, void (*late)(struct job *), void (*ended)(struct job *, const struct job_end *));
/* Ends the run, if there is one, without a word to its owner, who may be freed at once. */
void job_drop(struct job *job);
/* more: words behind those of the command, NULL at the end, or NULL. timeout 0: none. When it cannot be started, -errno, and
 * `ended` is not called. */
int job_start(struct job *job, const struct command *command, char *const *more, dur_t timeout);
/* Ends the run. */
void job_end(struct job *job, bool overdue);
/* Ends it if it still runs at that time; MONO_NEVER: it may take as long as it likes. */
void job_set_deadline(struct job *job, mono_t at);
static inline bool job_runs(const struct job *job)
{
	return job->pid != 0;
}
/* After SIGCHLD: whoever has ended. */
void jobs_reap(struct jobs *jobs);
/* "exit code 1", "signal 9 (Killed)", "took longer than 1 s and was ended", "cannot be run: no such file". */
const char *job_end_text(const struct job_end *end, char *buffer, size_t size);

#endif
