/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard: the process that systemd and the administrator know. It starts the front, the engine and the runner, carries word
 * between them, and starts again whichever dies. It reads nothing from outside: no packet, no configuration, no client.
 *
 * When the engine dies, the guard executes its testament (linux/testament.h): priority 0 at once, so that a backup takes
 * over after Skew_Time instead of Master_Down_Interval; and what the engine had put into the kernel is taken away if
 * no new engine has taken charge of it by the time a successor must have spoken.
 */
#ifndef VIGIA_DAEMON_GUARD_H
#define VIGIA_DAEMON_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"
#include "core/vr.h"
#include "daemon/options.h"
#include "daemon/pid_file.h"
#include "daemon/service_users.h"
#include "daemon/start.h"
#include "daemon/starter.h"
#include "engine/messages.h"
#include "linux/channel.h"
#include "linux/child_process.h"
#include "linux/datagram_tx.h"
#include "linux/event_loop.h"
#include "linux/nftables_socket.h"
#include "linux/process_schedule.h"

#define GUARD_STOP_SAYINGS VR_STOP_ADVERTS
#define GUARD_STOP_MARGIN (5 * DUR_S) /* what a stopping engine gets beyond the time a successor needs: child_wait_time */
#define GUARD_FRONT_END (2 * DUR_S) /* what a stopping front gets */
#define GUARD_PENDING_MAX 4
#define GUARD_LEFT_MAX (GUARD_PENDING_MAX + 3) /* a guard has one more, another one in an upgrade, and a number is taken from before it is free again */
#define GUARD_HELD_LOG 2048
#define GUARD_FIFO_COUNT 2 /* as many as a configuration may have */

struct guard;

/* Of notifications, between two runners. */
struct kept_fifo {
	int fd; /* -1: none */
	bool made; /* struct message_fifo */
};

/* The front, the engine or the runner, as the guard sees it. */
struct guarded {
	struct guard *guard;
	int program; /* open descriptor of the executable */
	bool renewed; /* not that one is started, but the one that is installed by then */
	struct child_process process;
	struct event_source end; /* pidfd; -1: not running */
	struct event_source channel;
	struct event_source complaints; /* what it prints; -1: it has our own standard output and error */
	int complaints_write;
	bool remote; /* not our child: all that we have is its channel, and `end` tells of the end of that */
	bool ready;
	mono_t started;
	mono_t restart_at; /* MONO_NEVER: not waiting to be started */
	unsigned deaths; /* in a row, each after a short life */
	int forbidden_call; /* that it asked for and may not make; -1: none */
};

struct kept_testament {
	int fd; /* -1: none */
	int number; /* of its file; -1: it has no name */
};

/* What a dead engine left behind. */
struct pending_testament {
	struct kept_testament testament;
	mono_t remove_at;
};

/* Who executes for us, once we may not. */
struct guard_starter {
	struct starter now;
	struct starter other; /* in an upgrade the new one, and then the former one until it is gone */
	struct event_source end, other_end;
	bool lost; /* it died: nothing can be started any more */
};

/* What is done by another process: the guard may not. */
struct errand {
	struct child_process process;
	struct event_source end; /* -1: not running */
	bool wanted; /* once more, when this one has ended */
	struct process_schedule schedule;
};

enum upgrade_step {
	UPGRADE_IDLE,
	UPGRADE_CHECKING,
	UPGRADE_STARTING,
	UPGRADE_SAVING,
	UPGRADE_TAKING,
	UPGRADE_RENEWING,
};

/* guard_upgrade.c */
struct guard_upgrade {
	enum upgrade_step step;
	mono_t deadline; /* of the step */
	mono_t again_at; /* the engine is asked for its state once more */
	struct guarded checker; /* the new vigiad, testing the configuration */
	char checker_said[1024]; /* the beginning of it; of interest only if it fails */
	struct guarded successor; /* of the engine */
	struct kept_testament testament; /* of the successor */
	struct guarded retired; /* the engine that was replaced, until it is gone */
	mono_t still_since; /* the engine that runs was asked for its state */
	unsigned attempts; /* successors that had the state */
	bool front_told; /* to end */
	bool late; /* the renewal takes longer than it may */
};

enum guard_state {
	GUARD_STARTING,
	GUARD_RUNNING,
	GUARD_STOPPING,
	GUARD_ENDED,
};

struct guard {
	struct daemon_options *options; /* their places are settled with the first configuration */
	struct service_users users; /* whom front and engine become */
	int invoker; /* pipe to the process that waits for us to be ready; -1: none */
	enum guard_state state;
	int exit_code;
	struct event_loop loop;
	mono_t now;
	struct event_source signals;
	struct guarded front;
	struct guarded engine;
	struct guarded runner;
	struct errand errand;
	struct guard_starter starter;
	pid_t former_runner; /* the last one that ended; 0: none did */
	bool runner_informed; /* the next one goes on after an upgrade */
	bool engine_waits; /* for the startup_script */
	bool engine_started_before;
	bool last_words_said; /* priority 0, for the engine that is ending */
	bool stop_now; /* asked to end at once */
	bool quit_said; /* to the front */
	bool runner_stop_said;
	bool reload_wanted; /* SIGHUP came, and the front has not been told yet */
	bool reloading; /* it has, and has not said how it went */
	mono_t stop_deadline; /* then whoever we wait for is killed */
	int process_events; /* netlink socket of the first network namespace, for the runner; -1: it opens one itself */
	struct kept_fifo fifos[GUARD_FIFO_COUNT];
	int mail_fd; /* mail that waits, for the next front; memory that the guard does not look into; -1: none */
	int config_fd; /* the accepted configuration; -1: none yet */
	struct message_config config; /* what is said of it */
	int offered_fd; /* another one, of a reload; -1: none */
	struct message_config offered;
	int igmp_before; /* what igmp_link_local_mcast_reports was before we set it to 0; 0: we have not */
	unsigned configs_of_front; /* how many the present front has sent */
	char *drained; /* names, each ended by a newline: who is drained */
	size_t drained_length;
	struct kept_testament testament; /* of the engine that runs */
	struct kept_testament left[GUARD_LEFT_MAX]; /* by a daemon all of whose processes died */
	size_t left_count;
	struct pending_testament pending[GUARD_PENDING_MAX];
	size_t pending_count;
	bool rules_left; /* of a dead engine: the one that starts replaces them, or they go with it */
	struct guard_upgrade upgrade;
	int packet_socket;
	struct datagram_tx datagram_tx;
	int netlink_socket;
	int firewall_socket; /* nftables: linux/nftables_socket.h; -1: the kernel has none */
	char firewall_name[FIREWALL_NAME_SIZE]; /* of our tables, unless the configuration has one */
	bool placed; /* we are where the configuration wants us, and have our sockets */
	int net_namespace; /* that it named; -1: none */
	struct pid_file pid_file;
	struct pid_file vrrp_pid_file;
	char *body; /* of the message being received */
	char held_log[GUARD_HELD_LOG]; /* lines for a front that is not there */
};

/* Runs the daemon. invoker: see above. state: of guard_inherited_state. Returns the exit code. */
int guard_run(struct daemon_options *options, int invoker, int state);
/* Becomes vigiad-front that only tests the configuration. Returns an exit code when that fails. */
int guard_test_configuration(const struct daemon_options *options);

/* guard.c, for the other files of the guard */
void guard_log(struct guard *guard, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A new front logs what was kept for it. */
void guard_log_held(struct guard *guard);
void guard_check_ready(struct guard *guard);
void guard_begin_stop(struct guard *guard, int exit_code);

/* guarded_remote.c: the runner that systemd starts */
/* Connects to who starts it; 0 or -errno. */
int guarded_connect(struct guarded *guarded, const char *path);
/* Whoever is not our child ends with its channel. */
void guarded_kill(struct guarded *guarded);

/* guarded.c: what front, engine and runner have in common */
/* With a channel and a place to complain to, which are added to the order. 0 or -errno. */
int guarded_start(struct guarded *guarded, struct start_order *order);
/* After a start that failed: when to try again. Where that is of no use, the guard begins to stop. */
mono_t guarded_try_again(struct guard *guard, const char *what, int error);
/* 0; or -errno, and the process is dead and buried. */
int guarded_watch(struct guarded *guarded, void (*message)(void *user, uint32_t events),
	void (*end)(void *user, uint32_t events));
bool guarded_alive(const struct guarded *guarded);
/* Takes the end, closes what belonged to the process, and sets restart_at. */
struct child_end guarded_bury(struct guarded *guarded);
/* "killed by signal 9 (Killed)", "ended with code 1". Before the next start. */
const char *guarded_end_text(const struct guarded *guarded, const struct child_end *end, char *buffer, size_t size);
/* Body of MESSAGE_FORBIDDEN. */
void guarded_take_forbidden(struct guarded *guarded, const char *body, size_t length);
/* Passes on what the process has written to standard error. */
void guarded_hear_complaints(struct guarded *guarded);
void guarded_log_lines(struct guard *guard, char *text); /* which is taken apart */
void guarded_complaints_ready(void *user, uint32_t epoll_events); /* the same, of the loop; user: the guarded one */

/* guard_engine.c */
void guard_start_engine(struct guard *guard);
int guard_start_successor(struct guard *guard); /* 0 or -errno */
int guard_watch_engine(struct guard *guard); /* 0 or -errno, and it is dead and buried */
void guard_stop_engine(struct guard *guard);
/* Gives engine and front a new socket to each other. */
void guard_join_engine_and_front(struct guard *guard);
/* Executes the testaments that are due; all: every one. */
void guard_execute_pending(struct guard *guard, bool all);
mono_t guard_pending_deadline(const struct guard *guard);

/* guard_drained.c */
void guard_keep_drained(struct guard *guard, const char *body, size_t length);
void guard_say_drained(const struct guard *guard, int channel); /* to the engine that is about to be started with the other end */

/* guard_testament.c */
int guard_create_testament(const struct guard *guard, struct kept_testament *testament); /* 0 or -errno */
void guard_forget_testament(const struct guard *guard, struct kept_testament *testament);
void guard_find_left(struct guard *guard);
void guard_forget_left(struct guard *guard);

/* guard_starter.c */
int guard_open_starter(struct guard *guard); /* 0 or -errno */
void guard_watch_starter(struct guard *guard);
/* By the starter, or by ourselves as long as there is none. 0 or -errno. */
int guard_execute(struct guard *guard, const struct start_order *order, struct child_process *child);
int guard_kill(struct guard *guard, const struct child_process *child); /* 0 or -errno */
/* The other one is that of the vigiad that is installed now; to be swapped with the present one by who becomes that. 0 or -errno. */
int guard_renew_starter(struct guard *guard);
void guard_swap_starters(struct guard *guard);
void guard_end_other_starter(struct guard *guard);

/* guard_errand.c */
void guard_schedule_engine(struct guard *guard, const struct process_schedule *schedule);
/* guard_upgrade.c */
void guard_upgrade_begin(struct guard *guard, bool if_new); /* answered to the front: MESSAGE_UPGRADED */
void guard_upgrade_go_on(struct guard *guard); /* once a turn, while the daemon runs */
mono_t guard_upgrade_deadline(const struct guard *guard);
bool guard_upgrade_saved(struct guard *guard, const struct channel_message *message); /* true: its descriptor is taken */
void guard_upgrade_engine_ended(struct guard *guard);
bool guard_upgrade_is_taking(const struct guard *guard); /* the successor has the state */
bool guard_upgrade_renews(const struct guard *guard); /* front and runner are asked to end, and started again later */
void guard_upgrade_cancel(struct guard *guard, const char *why);

/* guard_reborn.c */
/* Comes back, in the old program, if that cannot be done. */
void guard_become_new(struct guard *guard);
void guard_stay_old(struct guard *guard, const char *why); /* and starts the new programs of the others */
void guard_start_renewed(struct guard *guard); /* front and runner, which have ended for it */
int guard_inherited_state(void); /* a descriptor from the guard that this process was; -1: it was none */
bool guard_read_state(struct guard *guard, int fd); /* into one that is initialized */

/* guard_place.c */
/* Gives up all but what it needs from then on. */
bool guard_confine(struct guard *guard); /* false: a message was printed */
void guard_take_place(struct guard *guard, const struct message_place *place);

/* guard_igmp.c */
/* What a daemon that died had changed. */
void guard_find_igmp(struct guard *guard);
/* quiet: the kernel is not to report memberships; else it does as it did before. */
void guard_follow_igmp(struct guard *guard, bool quiet);

/* guard_front.c */
void guard_start_front(struct guard *guard);

/* guard_runner.c */
void guard_start_runner(struct guard *guard);
void guard_stop_runner(struct guard *guard);
/* A message of the runner, with guard->body; true: it was a pipe, and the descriptor is taken. */
bool guard_keep_fifo(struct guard *guard, const struct channel_message *message);
/* Gives the two a new socket to each other, if both are there. */
void guard_join_engine_and_runner(struct guard *guard);
void guard_join_front_and_runner(struct guard *guard);

#endif
