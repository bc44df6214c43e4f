/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front's event loop: epoll and a heap of deadlines. The front may wait on a disk or a log, so nothing
 * here needs better than a millisecond; the engine has a loop of its own. Watches and timers are embedded in
 * their owners.
 */
#ifndef VIGIA_FRONT_LOOP_H
#define VIGIA_FRONT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/container_of.h"
#include "base/heap.h"
#include "base/time.h"

#define LOOP_TIMERS_MAX 128

struct watch {
	int fd; /* owned by whoever has the watch */
	void (*ready)(struct watch *watch, uint32_t events);
};

struct timer {
	struct heap_item item;
	void (*fire)(struct timer *timer);
};

struct loop {
	int epoll;
	bool stop; /* loop_run returns after the present event */
	struct heap timers;
	struct heap_entry timer_places[LOOP_TIMERS_MAX];
};

mono_t clock_now(void);

int loop_open(struct loop *loop); /* 0 or -errno */
int loop_add(struct loop *loop, struct watch *watch, uint32_t events);
void loop_change(struct loop *loop, struct watch *watch, uint32_t events);
void loop_remove(struct loop *loop, struct watch *watch);
/* Runs fire once at that time; an earlier setting is replaced. MONO_NEVER: not at all. */
void loop_set_timer(struct loop *loop, struct timer *timer, mono_t at);
bool timer_is_set(const struct timer *timer);
/* Until stop is set. 0 or -errno. */
int loop_run(struct loop *loop);

#endif
