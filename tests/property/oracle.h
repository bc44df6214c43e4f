/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second virtual router, written apart from src/core and in another manner, for comparison: RFC 9568 6.4 and RFC 3768
 * 6.4 copied down step by step, with the choices AMB of doc/conformance.md. It knows no blockers, no causes and no
 * hold states; it asks after every event whether the router should run, and keeps for addresses and routes the
 * moment at which each goes. Times are plain nanoseconds, NEVER is the far end. It uses nothing of core but the structs that
 * the events are made of.
 */
#ifndef VIGIA_TESTS_PROPERTY_ORACLE_H
#define VIGIA_TESTS_PROPERTY_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"

#define NEVER INT64_MAX
#define ORACLE_SENT_MAX 8
#define ORACLE_TRACKED_MAX 4

enum oracle_state {
	INITIALIZE,
	BACKUP,
	MASTER,
};

struct oracle {
	const struct vr_config *config;
	/* what the world looks like */
	bool started;
	bool exists;
	bool up;
	uint32_t address; /* 0: none */
	struct track_value tracked[ORACLE_TRACKED_MAX];
	bool lacks_route; /* and cannot have it */
	/* the RFC's variables */
	enum oracle_state state;
	int64_t timer; /* the one that runs in this state */
	int64_t master_interval; /* Active_Adver_Interval */
	/* additions */
	uint32_t source; /* last address that there was */
	bool ran_before;
	int64_t preempt_at;
	int64_t closed_until; /* hold-down: nobody but an owner becomes master before */
	bool link_in_doubt; /* asked over, and not answered: silence on it is no silence */
	bool deaf_so_far; /* nobody heard since the link came up */
	int64_t awake_at; /* the Backup must not have slept over this */
	uint32_t version_3_from; /* when both versions are spoken: the last router of version 3... */
	int64_t version_3_at; /* ...and when */
	int naps; /* times that it had, in this silence */
	int last_heard_priority;
	int64_t no_answer_before; /* one answer is enough for a millisecond */
	int64_t own_address_silence; /* no answer to our own address before */
	int64_t master_since;
	int64_t rival_silence; /* no announcement against another Master before */
	int64_t rival_reminder; /* announced once more against one that is gone */
	int64_t rival_gone; /* it counts as gone */
	bool rival_told; /* then it will be told of */
	int64_t addresses_go; /* in the kernel until; 0: not there */
	int64_t routes_go;
	uint32_t another; /* Master, heard as Master */
	int64_t another_heard;
	int said; /* the last priority above 0 */
	int64_t successor_from; /* whoever speaks before has only just given way to us */
	int repeats; /* of priority 0 */
	int64_t repeat_at;
	/* of the last event */
	int sent[ORACLE_SENT_MAX]; /* priorities of the adverts */
	int sent_count;
	int announced; /* against another Master */
	bool told; /* that it is gone */
};

void oracle_init(struct oracle *o, const struct vr_config *config, const struct track_value *tracked);
int oracle_priority(const struct oracle *o);
int64_t oracle_deadline(const struct oracle *o);

/* Something that concerns it not. */
void oracle_other(struct oracle *o, int64_t now);
void oracle_tick(struct oracle *o, int64_t now);
/* Packets may not have been heard, the last of them then. */
void oracle_loss(struct oracle *o, int64_t at, int64_t now);
/* closed_until: hold-down after the start of the daemon; 0: none. */
void oracle_startup(struct oracle *o, bool adopt, int64_t closed_until, int64_t now);
void oracle_shutdown(struct oracle *o, bool at_once, int64_t now);
void oracle_advert(
	struct oracle *o, uint32_t source, int version, int priority, int64_t interval, int64_t now);
void oracle_interface(
	struct oracle *o, bool exists, bool up, bool in_doubt, uint32_t address, int64_t now);
void oracle_track(struct oracle *o, unsigned index, struct track_value value, int64_t now);
void oracle_route(struct oracle *o, bool lacks, int64_t now);
void oracle_configure(struct oracle *o, const struct vr_config *config, const struct track_value *tracked, int64_t now);

#endif
