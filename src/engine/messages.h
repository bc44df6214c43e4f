/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages between the processes of vigiad: guard, front, engine and runner, over SOCK_SEQPACKET socket pairs. One message is
 * one packet: this header, then `length` bytes. Descriptors travel beside it (SCM_RIGHTS), at most one per message.
 * Both ends are built from one tree, so numbers are in host order; `version` catches a mixed pair after an upgrade.
 */
#ifndef VIGIA_ENGINE_MESSAGES_H
#define VIGIA_ENGINE_MESSAGES_H

#include <stdint.h>

#define MESSAGE_VERSION 1
#define MESSAGE_BODY_MAX 65536
#define MESSAGE_STATUS_BRIEF 1 /* states and counters alone */
#define MESSAGE_NAME_SIZE 256 /* of a virtual router, a script: 255 bytes and a NUL */

enum message_type {
	/* guard -> engine */
	MESSAGE_STOP = 1, /* hand over and end */
	MESSAGE_STOP_NOW, /* say priority 0, let go, end */
	MESSAGE_FRONT, /* descriptor: a new socket to the front (at start and after the front's death) */
	MESSAGE_SAVE, /* write your state and stand still: another engine is ready to go on in your place */
	MESSAGE_GO_ON, /* nobody does */
	MESSAGE_SUCCEED, /* descriptor: the state; to an engine that said WAITING, and answers READY */
	/* engine -> guard */
	MESSAGE_READY, /* running; after the first start systemd is told */
	MESSAGE_STOPPED, /* nothing of ours is left; the engine ends now */
	/* Both ways: who is drained. The guard keeps what the engine said last, and says it to the next one before that starts.
	 * Body: "=", or "+" if it belongs to the message before, and names that each end in a newline. */
	MESSAGE_DRAINED,
	MESSAGE_SCHEDULE, /* body: struct process_schedule, how it is to be scheduled: that takes more than it may itself */
	MESSAGE_WAITING, /* a successor has all that it needs but the state */
	MESSAGE_SAVED, /* descriptor: the state; body: mono_t until when the engine may stand still. Without: not now; body: why, "EBUSY" is
		       * worth another try */
	/* guard -> front */
	MESSAGE_ENGINE, /* descriptor: a new socket to the engine. Body: how many configurations this front had sent
			 * when the guard wrote this, in decimal; the engine runs the last of them, or the one before them */
	MESSAGE_ENGINE_DEAD, /* body: text that says how it died; status must not show what it last said as alive */
	MESSAGE_RELOAD, /* SIGHUP: read the file again */
	MESSAGE_DUMP, /* SIGUSR1 and its like; body: what to write, "data", "stats", "stats-clear" or "json" */
	MESSAGE_QUIT, /* flush and end */
	MESSAGE_LOG, /* body: a line of text for the log, from the guard */
	MESSAGE_UPGRADED, /* body: struct message_upgraded */
	MESSAGE_PLACED, /* body: path of the control socket. Descriptor: the network namespace to enter, if any */
	/* front -> guard */
	MESSAGE_PLACE, /* body: struct message_place. Of the first front, before anything else; answered by PLACED, or QUIT */
	MESSAGE_CONFIG, /* descriptor: memfd with the canonical text of the configuration; body: struct message_config. Of a front that
			 * starts, and is root still. The guard keeps it for the next engine, and for the next front:
			 * --in-force-fd, which then sends none */
	MESSAGE_FRONT_READY, /* the control socket listens */
	MESSAGE_RELOAD_FAILED, /* nothing was changed */
	/* A reload. The front cannot read files, and the guard takes no configuration from it: its clerk (front/clerk.h), who is root,
	 * offers one; the front says what is to be done with it. Body of the two that follow: a byte, 1: of the one that was
	 * offered last, 0: of the one in force. */
	MESSAGE_OFFER, /* clerk -> guard; as CONFIG */
	MESSAGE_HAND_OVER, /* the engine is to take it; it says RELOADED to the front */
	MESSAGE_IN_FORCE, /* the reload is done, with this result */
	MESSAGE_UPGRADE, /* start the programs that are installed now in place of those that run; body: a byte, not 0: only if
			  * they are others */
	/* guard -> engine */
	MESSAGE_NEW_CONFIG, /* descriptor: memfd as above */
	/* front -> engine */
	MESSAGE_STATUS_REQUEST, /* body: nothing, or the byte MESSAGE_STATUS_BRIEF */
	MESSAGE_ORDER, /* body: struct message_order; answered by MESSAGE_ANSWER */
	MESSAGE_CLEAR_COUNTERS, /* all counters start again at 0 */
	/* engine -> front; body of each: text */
	MESSAGE_EVENT, /* {"at":ns,"vr":"VI_1","code":..,"from":..,"to":..,"text":..}: a transition or remark */
	MESSAGE_TRACE, /* JSON line of the trace */
	MESSAGE_STATUS_ROUTER, /* JSON object of one virtual router: an entry of "instances", doc/control-protocol.md */
	MESSAGE_STATUS_END, /* {"interfaces":[..],"drops":{..}}: the engine-wide part */
	MESSAGE_DROP, /* {"interface":..,"vr":.. or null,"reason":..,"text":..,"source":..,"count":N,"kept":..} */
	MESSAGE_ENGINE_LOG, /* a line of text */
	MESSAGE_RELOADED, /* the new configuration is in force; the front then tells the guard */
	MESSAGE_ANSWER, /* {"number":N,"ok":..,"instances":[..]} or {"number":N,"ok":false,"error":..}: an order is done */
	/* engine, front -> guard */
	MESSAGE_FORBIDDEN, /* body: struct message_forbidden. Its last word */
	/* guard -> engine, front. The runner hears of new sockets to them by MESSAGE_ENGINE and MESSAGE_FRONT; of the end
	 * by MESSAGE_STOP (what must still run, runs) and MESSAGE_STOP_NOW; and says MESSAGE_READY and MESSAGE_STOPPED */
	MESSAGE_RUNNER, /* descriptor: a new socket to the runner */
	/* guard -> runner that it did not start, before all others; then MESSAGE_NEW_CONFIG */
	MESSAGE_BEGIN, /* body: struct message_begin. Descriptor: the network namespace to enter */
	/* To the runner MESSAGE_QUIT says that another one takes its place. */
	/* runner -> guard */
	MESSAGE_RUNNER_WAITS, /* while stopping; body: struct message_wait */
	/* engine -> runner */
	MESSAGE_NOTIFY, /* body: records of struct message_notify, each with its name behind it */
	/* MESSAGE_NEW_CONFIG, too, which comes before anything that is said of its virtual routers */
	/* runner -> engine */
	MESSAGE_OBJECT, /* body: struct message_object */
	/* front -> runner: MESSAGE_STATUS_REQUEST */
	/* runner -> front */
	MESSAGE_RUNNER_LOG, /* "4 text": the level as in syslog(3), and a line for the log */
	MESSAGE_RUNNER_STATUS, /* JSON object of one script or notification: doc/control-protocol.md */
	MESSAGE_RUNNER_STATUS_END,
	/* runner -> guard, behind MESSAGE_QUIT; and guard -> the next runner */
	MESSAGE_FIFO, /* descriptor: a pipe that stays open meanwhile, with what nobody has read. Body: struct message_fifo */
	/* between the front and its clerk: front/clerk.h */
	MESSAGE_CLERK,
	/* engine -> guard; at the end, for the guard may be older */
	MESSAGE_REFUSED, /* a successor's last word; body: why it cannot go on with the state */
	MESSAGE_DYING, /* of a fault: a core dump may take its time */
};

/* What is known of a tracked object that others than the engine watch. */
struct message_object {
	uint8_t kind; /* enum track_kind */
	uint8_t state; /* enum track_state */
	int32_t value; /* the number in a file */
	char name[MESSAGE_NAME_SIZE];
};

/* What an administrator may want of virtual routers. */
enum engine_order {
	ENGINE_DRAIN,
	ENGINE_RESUME,
	ENGINE_TAKEOVER,
};
#define ENGINE_ORDER_COUNT 3

/* ...and does. */
struct message_order {
	uint32_t number;
	uint8_t kind; /* enum engine_order */
	uint8_t all; /* no name is given */
	uint8_t force;
	int64_t timeout; /* ns; 0: the usual */
	char name[MESSAGE_NAME_SIZE];
};

/* One thing that commands and pipes are told. */
struct message_notify {
	uint8_t event; /* enum notify_event */
	uint8_t state; /* enum notify_state */
	uint8_t group;
	uint8_t again;
	uint8_t priority;
	uint8_t name_length; /* bytes that follow, without a NUL */
};

/* The system call that a process has asked for and may not make. */
struct message_forbidden {
	int32_t call;
};

struct message_begin {
	uint8_t again; /* the engine has been started before: no startup_script */
	uint8_t informed; /* it goes on in place of a runner that has said all that there was to say */
	uint8_t all_includes; /* how the file is read */
	char file[4096]; /* the configuration, which has the last word about what is run */
	char file_id[MESSAGE_NAME_SIZE]; /* empty: the host's name */
};

struct message_fifo {
	uint8_t place; /* which of the configuration's */
	uint8_t made; /* by vigiad, which removes it at its end */
};

struct message_upgraded {
	uint8_t renewed; /* the front is to end, too; QUIT follows */
	char error[MESSAGE_NAME_SIZE]; /* what prevents it; empty: nothing */
};

struct message_wait {
	int64_t longest; /* ns: it may take so long until the runner ends */
};

/* Where the daemon runs. Strings are empty where the configuration says nothing. */
struct message_place {
	char net_namespace[MESSAGE_NAME_SIZE];
	char instance[MESSAGE_NAME_SIZE];
};

/* What the guard must know of a configuration, of which it reads nothing itself. Body of MESSAGE_CONFIG and OFFER. */
struct message_config {
	uint8_t needs_runner;
	uint8_t quiet_igmp; /* disable_local_igmp */
	uint8_t runs_first; /* startup_script: the runner is ready before the engine starts */
	char name[16]; /* of the guard, as ps shows it; empty: the usual one */
	char firewall[32]; /* the name of the tables of nftables; empty: the guard chooses one */
	int64_t child_wait; /* ns: what a stopping engine gets beyond the time a successor needs */
};

struct message {
	uint16_t version;
	uint16_t type; /* enum message_type */
	uint32_t length; /* bytes of body behind this header */
};

#endif
