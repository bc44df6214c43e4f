/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom states are told: commands (notify.c) and named pipes (fifos.c). */
#ifndef VIGIA_RUNNER_NOTIFY_H
#define VIGIA_RUNNER_NOTIFY_H

#include "engine/port.h"
#include "runner/runner.h"

/* One command of a target. */
struct target_run {
	struct job job;
	char *line; /* the command that runs, or ran last: a reload may have taken it away meanwhile */
};

/* A virtual router or a sync group. */
struct target {
	struct runner *runner;
	char *name;
	bool group;
	bool gone; /* not in the configuration any more */
	bool listed; /* while a configuration is loaded: it has its place in the new list */
	struct command *commands[NOTIFY_COMMAND_COUNT]; /* NULL: none */
	enum notify_state heard; /* the newest */
	uint8_t priority;
	bool waiting; /* it has not been handled yet */
	enum notify_state handled;
	uint8_t handled_priority;
	bool any_due; /* `notify` is to run for it */
	struct target_run specific, any, lower;
	bool lower_waits;
	struct run_timer patience;
	bool fifo_owed[CONF_FIFO_COUNT]; /* a pipe that was full has missed its state */
	uint64_t runs;
	uint64_t failures;
	uint64_t skipped; /* states that a newer one took the place of */
	struct job_end last;
	bool has_last;
	mono_t last_at;
	const char *last_command; /* line of one of the runs */
};

/* MASTER_RX_LOWER_PRI and the like: "INSTANCE "VI_1" WORD 100" and a newline. Its length. */
size_t target_line(const struct target *target, const char *word, char *line, size_t size);
size_t target_state_line(const struct target *target, char *line, size_t size);
bool target_is_busy(const struct target *target);

/* notify.c */
bool notify_load(struct runner *runner, const struct conf *conf); /* false: no memory */
/* Body of MESSAGE_NOTIFY. */
void notify_heard(struct runner *runner, const char *body, size_t length);
bool notify_is_idle(const struct runner *runner); /* nothing runs or waits */
void notify_end(struct runner *runner); /* ends what runs */
void notify_status(struct runner *runner);
void notify_free(struct runner *runner);

/* fifos.c */
bool fifos_load(struct runner *runner, const struct conf_run *run); /* false: no memory */
/* The state of the target is another one. */
void fifos_state(struct runner *runner, struct target *target);
/* Something else happened. */
void fifos_event(struct runner *runner, const struct target *target, const char *word);
/* All states once more. */
void fifos_repeat(struct runner *runner);
void fifos_status(struct runner *runner);
/* Gives the open pipes to the guard, for the runner that goes on: they are not removed. */
void fifos_hand_over(struct runner *runner);
/* ...and that one gets them. Takes fd. */
void fifos_take(struct runner *runner, const struct message_fifo *message, int fd);
/* Closes the pipes, removes those that were made, ends their readers. */
void fifos_close(struct runner *runner);
void fifos_free(struct runner *runner);

#endif
