/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world of `vigia sim --explore`: two or three of the core's machines on one LAN, without engine or kernel, small
 * enough that every state of it can be visited. A step is the smallest thing that can happen: one advert reaches one
 * router, or is lost, or is late; one timer of one router fires; a link, a router or a priority changes.
 *
 * An advert that is not late arrives before time passes. So the steps at one moment are tried in every order, and
 * how much may go wrong on the way to a state is bounded: see struct explore_budget.
 */
#ifndef VIGIA_SIM_EXPLORE_LAN_H
#define VIGIA_SIM_EXPLORE_LAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "core/vr.h"

#define EXPLORE_ROUTERS_MAX 3
#define EXPLORE_FLYING_MAX 24
#define EXPLORE_STEPS_MAX (EXPLORE_FLYING_MAX * 4 + EXPLORE_ROUTERS_MAX * 7)

/* How often each thing may go wrong on the way to one state. */
struct explore_budget {
	uint8_t losses;
	uint8_t delays;
	uint8_t flaps; /* of links */
	uint8_t stops;
	uint8_t crashes; /* the process is gone; what it held stays, and the next one adopts it */
	uint8_t weakenings; /* a tracked object with weight fails */
	uint8_t waits; /* half of the time to the next deadline passes, so that what follows is not in step with it */
};

/* What is fixed during one exploration. */
struct explore_case {
	const char *name;
	uint8_t version;
	unsigned routers;
	uint8_t priorities[EXPLORE_ROUTERS_MAX];
	bool preempt[EXPLORE_ROUTERS_MAX];
	dur_t interval;
	bool announcing; /* gratuitous ARP and what hangs on it: more timers, many more states */
	struct explore_budget budget;
	/* Filled in by explore_case_prepare. */
	struct vr_extra extra; /* of all of them: */
	struct vr_config configs[EXPLORE_ROUTERS_MAX];
	struct virtual_address address;
	struct tracked_object tracked;
	uint8_t address_bytes[16];
};

struct explore_router {
	struct vr vr;
	struct track_value track_values[1];
	bool link_up;
	bool running;
	bool addresses; /* in its kernel */
};

struct explore_flying {
	uint8_t from;
	uint8_t to;
	uint8_t priority;
	bool late; /* arrives when it likes, up to `expires` */
	mono_t expires; /* MONO_NEVER: not late */
};

struct explore_lan {
	const struct explore_case *setting;
	mono_t now;
	struct explore_router routers[EXPLORE_ROUTERS_MAX];
	struct explore_flying flying[EXPLORE_FLYING_MAX];
	unsigned flying_count;
	struct explore_budget left;
	bool unplanned; /* something was lost, late, cut or killed on the way here */
	bool covered; /* somebody has had the addresses since, without a gap */
};

enum explore_step_type {
	EXPLORE_DELIVER, /* flying */
	EXPLORE_ARRIVE, /* flying: time moves to the end of its lateness */
	EXPLORE_LOSE, /* flying */
	EXPLORE_DELAY, /* flying */
	EXPLORE_TICK, /* router: time moves to its deadline, which is the first */
	EXPLORE_WAIT,
	EXPLORE_LINK_DOWN, /* router, and so on */
	EXPLORE_LINK_UP,
	EXPLORE_STOP,
	EXPLORE_CRASH,
	EXPLORE_START,
	EXPLORE_WEAKEN,
	EXPLORE_STRENGTHEN,
};

struct explore_step {
	uint8_t type; /* enum explore_step_type */
	uint8_t index; /* of the router or of the advert in flight */
};

/* The setting must stay where it is. */
void explore_case_prepare(struct explore_case *setting);
/* All routers have just been started on a LAN that works. */
void explore_lan_init(struct explore_lan *lan, const struct explore_case *setting);
/* The copy's machines point to its own arrays. */
void explore_lan_copy(struct explore_lan *to, const struct explore_lan *from);
/* Everything that can happen now; their number. */
size_t explore_steps(const struct explore_lan *lan, struct explore_step steps[EXPLORE_STEPS_MAX]);
/* Lets it happen. NULL, or the rule that was broken by it. log: what happened, in lines; may be NULL. */
const char *explore_apply(struct explore_lan *lan, struct explore_step step, struct text *log);
/* Nothing more goes wrong from here on (the lan is moved): NULL, or the rule that is broken on the way to rest. */
const char *explore_settle(struct explore_lan *lan, struct text *log);
/* A number for all that counts of this state: two states with one number go on alike. */
uint64_t explore_hash(const struct explore_lan *lan);

#endif
