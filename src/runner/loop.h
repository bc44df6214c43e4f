/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner's event loop: linux/event_loop.h, and a heap of timers that grows with what is embedded in its owners. One
 * turn: wait, read the clock, hear what came, fire what is due, as far as 20 ms reach.
 */
#ifndef VIGIA_RUNNER_LOOP_H
#define VIGIA_RUNNER_LOOP_H

#include <stdbool.h>

#include "base/container_of.h"
#include "base/heap.h"
#include "base/time.h"
#include "linux/event_loop.h"

struct run_timer {
	struct heap_item item; /* first member */
	void (*fire)(struct run_timer *timer);
	bool known; /* there is a place in the heap for it */
};

struct run_loop {
	struct event_loop events;
	struct heap timers;
	size_t timer_count; /* places that were asked for */
	mono_t now; /* of this turn */
	bool stop;
};

int run_loop_open(struct run_loop *loop); /* 0 or -errno */
void run_loop_close(struct run_loop *loop);
/* Makes room for one more timer. false: no memory. */
bool run_timer_init(struct run_loop *loop, struct run_timer *timer, void (*fire)(struct run_timer *timer));
/* Gives the room back; a timer that was never made is ignored. */
void run_timer_drop(struct run_loop *loop, struct run_timer *timer);
/* Fires once at that time; MONO_NEVER: not at all. */
void run_timer_set(struct run_loop *loop, struct run_timer *timer, mono_t at);
/* One turn. 0 or -errno. */
int run_loop_turn(struct run_loop *loop);

#endif
