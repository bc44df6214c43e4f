/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process of the engine: one thread that works in turns. Each turn reads the clock once, takes all packets that
 * wait before it lets timers expire (an advert that came in time beats the timer it belongs to), then everything else.
 */
#ifndef VIGIA_DAEMON_ENGINE_PROCESS_H
#define VIGIA_DAEMON_ENGINE_PROCESS_H

#include <stdbool.h>

#include "conf/conf.h"
#include "daemon/front_voice.h"
#include "daemon/runner_voice.h"
#include "engine/engine.h"
#include "linux/event_loop.h"
#include "linux/kernel_port.h"
#include "linux/packet_rx.h"
#include "linux/privileges.h"
#include "linux/process_schedule.h"
#include "linux/testament.h"
#include "linux/turn_clock.h"

struct engine_process_options {
	int guard_fd;
	int front_fd; /* -1: comes later, or never */
	int config_fd;
	int testament_fd;
	int firewall_fd; /* -1: the kernel has no nftables */
	const char *firewall_name; /* of its tables, unless the configuration has one */
	struct service_user user; /* whom it becomes */
	int left_fds[INHERITANCE_MAX]; /* testaments of engines that died */
	size_t left_count;
	bool adopt;
	bool bury;
	bool by_marks;
	bool no_bfd; /* no session of BFD runs */
	bool record;
	bool keep; /* what was added to the kernel, at the end */
	bool brief; /* engine_options.brief */
	bool log_addresses;
	bool successor; /* of an engine that runs: starts with its state */
	const char *name; /* NULL: none */
	int argument_count; /* of main(), for the process's name */
	char **arguments;
};

struct engine_process {
	struct engine_process_options options;
	struct event_loop loop;
	struct turn_clock clock;
	struct packet_rx *packet_rx;
	struct kernel_port kernel;
	struct kernel_listener listener;
	struct testament testament;
	struct inheritance inheritance;
	struct port port;
	struct engine *engine;
	struct engine_confinement confinement;
	struct conf_result conf; /* the configuration in force */
	struct conf_result outgoing; /* the one before, while the kernel has not answered what points into it */
	int new_config; /* that waits until the kernel has answered; -1: none */
	struct front_voice voice;
	struct event_source packets[PACKET_RX_SOCKETS], netlink, answers, firewall, guard, front, runner, signals;
	struct runner_voice runner_voice;
	char *body; /* of the message being received */
	struct process_raise raise;
	int nice; /* with which it was started */
	bool usual_schedule; /* the configuration says nothing of priorities */
	mono_t lowered_until; /* when it takes the usual one again; MONO_NEVER: it has it, or may not */
	bool sealed; /* its capabilities are given up */
	mono_t stall_told; /* the last line about one */
	uint64_t stalls_untold; /* since then */
	bool running; /* the first picture was complete, the engine has started */
	bool stopping;
	bool stopped; /* nothing of ours is left */
	bool waiting; /* a successor, for the state */
	bool still; /* a successor has the state: nothing is done before the guard has spoken */
	mono_t heard_until; /* what came by then, the predecessor has heard */
	int failure; /* -errno that ends the process */
};

/* Runs until the engine has stopped. Returns an exit code. *process: all zeroes; writing those would take pages. */
int engine_process_run(struct engine_process *process, const struct engine_process_options *options);
/* "the engine WHAT: ERROR" in the log, if there is an error: it runs with less. */
void engine_process_report(struct engine_process *process, const char *what, int error);
/* engine_settings.c: runs as the configuration in force says, as far as the one before did not say the same; NULL: the first one. */
int engine_process_reschedule(struct engine_process *process, const struct process_schedule *schedule);
void engine_process_follow_configuration(struct engine_process *process, const struct conf *before);
/* After SIGXCPU: real-time is only for who waits now and then. */
void engine_process_lower(struct engine_process *process);
/* Once a turn: back to what it was before. */
void engine_process_rise(struct engine_process *process);
const char *engine_process_firewall_name(const struct engine_process *process);
struct firewall_style engine_process_firewall_style(const struct engine_process *process);
/* engine_succession.c. Of the old engine: writes its state, and comes back only if it is to go on after all. */
void engine_process_hand_over(struct engine_process *process);
void engine_process_go_on(struct engine_process *process);
/* Of the successor: all but the state is there. */
void engine_process_wait_for_state(struct engine_process *process);
int engine_process_succeed(struct engine_process *process, int fd); /* 0; or -errno: it is of no use */
/* engine_messages.c: what a reload left for later, if the kernel has answered. */
void engine_process_end_reload(struct engine_process *process);
/* The sources of engine_messages.c. */
void engine_process_hear_guard(void *user, uint32_t epoll_events);
void engine_process_hear_front(void *user, uint32_t epoll_events);
void engine_process_hear_signal(void *user, uint32_t epoll_events);
/* Gives the runner what there is for it; once a turn. */
void engine_process_tell_runner(struct engine_process *process);
/* Takes a new socket to the front; the old one is closed. */
void engine_process_set_front(struct engine_process *process, int socket);

#endif
