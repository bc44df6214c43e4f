/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front process of vigiad: everything slow or exposed. It reads the configuration, listens on the control
 * socket, writes the log and the trace file. It has no capabilities, and when it dies the engine goes on.
 *
 * One struct front holds the whole process. Each part of it is written by one file, whose functions are
 * listed here: the link to the guard, the link to the engine, status (asking the engine), dumps, reload (and what is saved
 * around it: saved.h), and the clients of the control socket. The parts call each other through these functions alone.
 */
#ifndef VIGIA_FRONT_FRONT_H
#define VIGIA_FRONT_FRONT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/time.h"
#include "conf/conf.h"
#include "engine/messages.h"
#include "front/clerk.h"
#include "front/inputs.h"
#include "front/loop.h"
#include "front/mail.h"
#include "front/options.h"
#include "front/recorder.h"

#define CLIENTS_MAX 32
#define STATUS_SILENCE DUR_S /* between two lines of an answer */
#define STATUS_TIMEOUT (4 * DUR_S) /* for the whole of it; `vigia` waits 5 s */
#define RELOAD_TIMEOUT (5 * DUR_S)
#define GUARD_PATIENCE_MS 1000

struct answer;
struct client;

/* guard_link.c */
struct guard_link {
	struct watch watch;
	pid_t pid; /* what users know as vigiad's */
	unsigned configs; /* how many it was sent */
	bool quit_wanted;
	char *control; /* where it said that the control socket shall stand; malloc'd */
};

/* engine_link.c */
struct engine_link {
	struct watch watch; /* fd -1: there is no engine */
	pid_t pid; /* 0: it has not said anything yet */
	unsigned attached; /* how many engines there have been */
	char *death; /* how the last one died; NULL: none did */
};

/* runner_link.c */
struct runner_link {
	struct watch watch; /* fd -1: there is no runner */
	unsigned attached; /* how many there have been */
	bool asked; /* it has a request that it has not answered to its end */
	json_t *lists; /* its part of the status, as far as it has come: {"scripts":[..]} */
};

/* status.c */
struct status_collection {
	bool running; /* clients wait for the answer */
	bool asked; /* the engine has a request that it has not answered to its end */
	bool stale; /* ...and that one timed out: its answer is not for the clients who wait now */
	bool brief; /* the present one, or the last */
	char *instances; /* the engine's objects as they came, a comma behind each; NULL: none yet */
	size_t instances_length;
	size_t instances_size; /* of the memory */
	size_t instance_count;
	bool runner_waits; /* its part is not complete yet */
	json_t *engine_wide; /* the engine's part is complete; NULL: not yet */
	mono_t begun;
	struct timer timeout;
};

/* dump.c */
struct dump {
	unsigned wanted; /* kinds, by the next status */
	unsigned collecting; /* by the one that is being collected */
	bool clear_wanted; /* the counters are to start again with the wanted one... */
	bool clear; /* ...with this one */
};

/* saved.c */
struct saved {
	unsigned number; /* of the last reload */
	bool waits; /* a reload, for the dump before it */
	bool before_made;
	struct timer again;
};

/* reload_schedule.c */
struct reload_schedule {
	char *watched; /* the file; NULL: none is */
	struct watch watch; /* of its directory */
	time_t when; /* 0: no reload is to come */
	struct timer timer;
};

/* reload.c */
struct reload {
	bool schedule_wants; /* its time came */
	bool guard_wants; /* SIGHUP came */
	bool guard_waits; /* for the result of the one that runs */
	bool answered; /* the one that runs has timed out: nobody waits for it */
	struct conf_result *pending; /* sent to the engine, not yet confirmed; NULL: none */
	char *pending_warnings; /* as warnings, of that in force */
	int pending_fd; /* as config_fd */
	bool unasked; /* a new engine was started with an old configuration, was sent the right one, and will confirm it */
	struct timer timeout;
	char *last_error; /* of the last reload; NULL: it went well, or there was none */
};

/* control.c */
struct control {
	struct watch watch; /* the listening socket */
	gid_t group; /* who may ask for the status */
	uid_t owner; /* whom this process was started as: who may do everything, as root may */
	struct client *clients[CLIENTS_MAX];
	size_t client_count;
};

struct front {
	struct front_options options;
	struct loop loop;
	mono_t started;
	struct conf_result *config; /* in force; without its instances, unless something needs them: configuration_rest */
	size_t instance_count; /* of it */
	int config_fd; /* its canonical text; -1: there is none */
	char *warnings; /* what was said when it was read; NULL: it was not */
	struct inputs inputs; /* until the clerk has it: what it was read from; of what was not read, there are none */
	mono_t config_loaded;
	struct clerk clerk;
	bool filtered; /* what it may ask the kernel for */
	struct guard_link guard;
	struct engine_link engine;
	struct runner_link runner;
	struct status_collection status;
	struct dump dump;
	struct saved saved;
	struct reload_schedule schedule;
	struct reload reload;
	struct mail_queue mail;
	struct control control;
	uint32_t orders; /* numbers of those given so far */
	struct recorder recorder;
	struct timer log_report;
};

/* What a client of the control socket waits for. */
enum client_wait {
	CLIENT_IDLE,
	CLIENT_WANTS_STATUS, /* the next collection is for it */
	CLIENT_IN_STATUS,
	CLIENT_WANTS_BRIEF, /* the same, of states and counters alone */
	CLIENT_IN_BRIEF,
	CLIENT_WANTS_RELOAD, /* the next reload is for it */
	CLIENT_IN_RELOAD,
	CLIENT_IN_ORDER, /* the engine carries out its order */
	CLIENT_IN_UPGRADE,
};

/* Takes fd over. 0 or -errno. */
int guard_attach(struct front *front, int fd);
/* Goes where the configuration says, together with the guard, which says where the control socket shall stand. Waits for it.
 * 0; -ECANCELED: the guard ends, and has said why; -errno. */
int guard_find_place(struct front *front);
/* These wait a little for a guard that is busy. 0 or -errno. */
int guard_ask_upgrade(struct front *front, bool if_new);
int guard_send(struct front *front, enum message_type type);
/* The first configuration, for the next engine. fd: its canonical text, stays the caller's. */
int guard_send_config(struct front *front, const struct conf *conf, int fd);
/* Of a reload: what the clerk has offered last; else what is in force. */
int guard_hand_over(struct front *front, bool offered);
int guard_say_in_force(struct front *front, bool offered);
void guard_quit_when_idle(struct front *front);

/* Takes fd over, in place of the engine there was. configs: see MESSAGE_ENGINE. */
void engine_attach(struct front *front, int fd, unsigned configs);
/* how: text for people. */
void engine_died(struct front *front, const char *how);
/* fd -1: none; it stays the caller's. -ENOTCONN without an engine. */
int engine_send(struct front *front, enum message_type type, int fd);
int engine_send_body(struct front *front, enum message_type type, const void *body, size_t length);
/* Reads what the engine has said so far, for the end. */
void engine_drain(struct front *front);
void engine_close(struct front *front);

/* Takes fd over, in place of the runner there was. */
void runner_attach(struct front *front, int fd);
/* Asks for its part of the status. false: there is nobody who would answer. */
bool runner_ask(struct front *front);
void runner_close(struct front *front);

/* Begins a collection if a client or a dump wants one and none runs. */
void status_run(struct front *front);
void status_router(struct front *front, const char *line, size_t length);
void status_end(struct front *front, const char *line, size_t length);
/* The runner's part is complete, or will never be. */
void status_runner_end(struct front *front);
void status_engine_gone(struct front *front);

/* Writes files of these kinds as soon as the engine has said how things are; then its counters start again. */
void dump_want(struct front *front, unsigned kinds, bool clear);
/* A collection begins: it is for what is wanted now. false: nothing is. */
bool dump_begin(struct front *front);
/* A collection ended: writes the files that it was for. answer: what clients get. */
void dump_take(struct front *front, const struct answer *answer);

/* Begins a reload if the guard or a client wants one and none runs. */
void reload_run(struct front *front);
void reload_confirmed(struct front *front);
/* configs: how many configurations the guard had when it started or joined this engine. */
void reload_engine_came(struct front *front, unsigned configs);
void reload_engine_gone(struct front *front);
/* Whether somebody waits for the engine to take a configuration. */
bool reload_is_pending(const struct front *front);
void reload_free(struct front *front);

/* Gives an order to the engine, or refuses it. false: the command is none. */
bool order_take(struct client *client, const char *command, const json_t *request);
void order_answer(struct front *front, const char *line, size_t length);
void order_engine_gone(struct front *front);

/* Takes the listening socket over. group: see struct control_place. 0 or -errno. */
int control_start(struct front *front, int fd, gid_t group);
bool control_has(const struct front *front, enum client_wait wait);
void control_move(struct front *front, enum client_wait from, enum client_wait to);
/* Answers all who wait so; they are idle then. */
void control_answer(struct front *front, enum client_wait wait, const json_t *answer);
void control_answer_with(struct front *front, enum client_wait wait, struct answer *answer); /* NULL: no memory for one */
void control_stop(struct front *front);
void control_close(struct front *front); /* nobody new is heard; those who are there get their answers */

#endif
