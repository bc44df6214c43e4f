/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner: the process that runs other people's programs, so that the engine never waits for one. It keeps what it
 * takes to become other users; it hears nobody but the guard, the engine and the front. When it dies, it is started again:
 * the engine keeps what it was told last.
 *
 *	runner.c	the process: start, messages, configuration, end
 *	connection.c	the guard, where systemd started us
 *	loop.c		turns and timers
 *	command.c	what is run, and as whom; spawn.c
 *	vouched.c	what the configuration file says may be run
 *	job.c		runs of commands, their time limits, their ends; leftovers.c: those of a runner that died
 *	scripts.c	vrrp_script
 *	notify.c	what is run when states change; fifos.c: the pipes that hear of it
 *	once.c		startup_script, shutdown_script
 *	files.c		track_file
 *	links.c		linkbeat_interfaces; link_poll.c: how a driver is asked
 *	processes.c	vrrp_track_process; process_match.c, process_events.c
 *	objects.c	what is known of tracked objects -> engine
 *	report.c	lines for the log and the status -> front
 */
#ifndef VIGIA_RUNNER_RUNNER_H
#define VIGIA_RUNNER_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/conf.h"
#include "engine/messages.h"
#include "runner/job.h"
#include "runner/loop.h"
#include "runner/vouched.h"

struct script;
struct files;
struct processes;
struct links;
struct object;
struct target;
struct fifo;

struct scripts {
	struct script *first; /* in the order of the file */
	size_t count;
};

struct targets {
	struct target **list; /* sorted by name */
	size_t count;
};

/* startup_script or shutdown_script. */
struct once {
	struct job job;
	struct command *command; /* NULL: none */
	dur_t timeout;
	struct runner *runner;
	bool done;
};

enum stop_step {
	STOP_NOT,
	STOP_NOTIFICATIONS, /* commands that were told the last states may end */
	STOP_READERS, /* of the pipes */
	STOP_LAST, /* shutdown_script */
};

struct runner_options {
	int guard_fd;
	int config_fd; /* canonical text */
	int process_events_fd; /* process_events.h; -1: none was given */
	const char *config; /* the file, which has the last word about what is run; NULL: a test */
	struct conf_options how; /* it is read */
	bool again; /* the engine has been started before: no startup_script */
	pid_t former; /* a runner that died; 0: there was none */
	bool informed; /* in place of a runner that has said all that there was to say: states are no news */
};

/* Lines for the front. While it is away, and at the start before it is there, some are held; what finds no room is lost, and
 * counted. */
struct report {
	int socket; /* -1: no front */
	uint64_t lost;
	size_t held_length;
	char held[4096]; /* each ended by a NUL */
};

struct runner {
	struct runner_options options;
	struct run_loop loop;
	struct jobs jobs;
	struct event_source guard, engine, front, signals; /* fd -1: nobody there */
	char *body; /* of the message being received */
	struct report report;
	struct vouched vouched;
	struct command_rules rules; /* strings are the runner's own */
	char *rules_user, *rules_group;
	struct scripts scripts;
	struct targets targets;
	struct fifo *fifos[CONF_FIFO_COUNT]; /* NULL: none */
	struct once startup, shutdown;
	struct files *files; /* NULL: none is tracked */
	struct processes *processes; /* the same */
	struct links *links; /* NULL: none has ever been asked for */
	struct object *objects;
	bool objects_unsaid; /* something of them found no room in the socket to the engine */
	bool configured;
	bool configured_by_engine; /* what it sends next is a reload */
	bool fifo_repeats;
	bool stopping;
	enum stop_step step;
	bool stop_now;
	bool replaced; /* another one goes on: it is not the end of the daemon */
	struct run_timer stop_timer; /* the end of the present step */
};

/* leftovers.c */
/* Asks what that runner has left running to end. */
void leftovers_end(pid_t former);

/* Runs until told to stop. Returns 0, or 1 when it cannot even begin. */
int runner_run(const struct runner_options *options);

/* scripts.c */
/* Scripts whose definition did not change go on as if nothing had happened. false: no memory. */
bool scripts_load(struct runner *runner, const struct conf *conf);
/* No more runs; those under way are ended. */
void scripts_stop(struct runner *runner);
void scripts_status(struct runner *runner);
void scripts_free(struct runner *runner);

/* once.c */
bool once_load(struct runner *runner, const struct conf_run *run);
/* Begins it; false: there is nothing to run. */
bool once_start(struct once *once);
void once_free(struct runner *runner);
/* files.c */
/* first: at the start of vigia, when init_file counts. false: no memory. */
bool files_load(struct runner *runner, const struct conf *conf, bool first);
void files_status(struct runner *runner);
void files_free(struct runner *runner);

/* processes.c */
bool processes_load(struct runner *runner, const struct conf *conf); /* false: no memory */
void processes_status(struct runner *runner);
void processes_free(struct runner *runner);

/* links.c */
bool links_load(struct runner *runner, const struct conf *conf); /* false: no memory */
void links_status(struct runner *runner);
void links_free(struct runner *runner);

/* objects.c */
/* "up", "down", "unknown": for the status. */
const char *track_word_of(enum track_state state);
/* What is known of a tracked object now, for the engine: said when it is news. */
void object_set(struct runner *runner, enum track_kind kind, const char *name, enum track_state state, int32_t value);
/* It is no longer in the configuration. */
void object_forget(struct runner *runner, enum track_kind kind, const char *name);
/* Everything that is known, for a new engine; or, unsaid_only, what found no room. */
void objects_tell(struct runner *runner, bool unsaid_only);
void objects_free(struct runner *runner);

/* report.c */
enum report_level { /* as in syslog(3) */
	REPORT_ERROR = 3,
	REPORT_WARNING = 4,
	REPORT_NOTICE = 5,
	REPORT_DETAIL = 6,
};
__attribute__((format(printf, 3, 4))) void report_line(
	struct runner *runner, enum report_level level, const char *format, ...);
/* -1: there is no front any more. */
void report_connect(struct runner *runner, int socket);
/* A JSON object for the status, as an answer to MESSAGE_STATUS_REQUEST: */
void report_status(struct runner *runner, const struct text *line);

#endif
