/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner's event loop: see loop.h. */
#include "runner/loop.h"

#include <stdlib.h>

#include "linux/turn_clock.h"

/* Starting hundreds of scripts takes long where processors are busy; who asks meanwhile is answered between them. */
#define TURN_LONGEST (20 * DUR_MS)

int run_loop_open(struct run_loop *loop)
{
	*loop = (struct run_loop){.now = mono_now()};
	return event_loop_open(&loop->events);
}

void run_loop_close(struct run_loop *loop)
{
	event_loop_close(&loop->events);
	free(loop->timers.entries);
	loop->timers = (struct heap){0};
}

bool run_timer_init(struct run_loop *loop, struct run_timer *timer, void (*fire)(struct run_timer *timer))
{
	struct heap *heap = &loop->timers;

	*timer = (struct run_timer){.fire = fire};
	if (loop->timer_count == heap->capacity) {
		size_t capacity = heap->capacity ? 2 * heap->capacity : 32;
		struct heap_entry *entries = realloc(heap->entries, capacity * sizeof(*entries));

		if (!entries)
			return false;
		heap->entries = entries;
		heap->capacity = capacity;
	}
	loop->timer_count++;
	timer->known = true;
	return true;
}

void run_timer_drop(struct run_loop *loop, struct run_timer *timer)
{
	if (!timer->known)
		return;
	heap_remove(&loop->timers, &timer->item);
	loop->timer_count--;
	timer->known = false;
}

void run_timer_set(struct run_loop *loop, struct run_timer *timer, mono_t at)
{
	heap_set(&loop->timers, &timer->item, at);
}

static void fire_due_timers(struct run_loop *loop)
{
	const mono_t enough = mono_add(loop->now, TURN_LONGEST);
	struct heap_item *first = heap_first(&loop->timers);

	while (first && mono_due(heap_first_deadline(&loop->timers), loop->now)) {
		struct run_timer *timer = (struct run_timer *)(void *)first;

		heap_remove(&loop->timers, first);
		timer->fire(timer);
		first = mono_due(enough, mono_now()) ? NULL : heap_first(&loop->timers);
	}
}

int run_loop_turn(struct run_loop *loop)
{
	int error;

	event_loop_set_deadline(&loop->events, heap_first_deadline(&loop->timers));
	error = event_loop_wait(&loop->events);
	if (error)
		return error;
	loop->now = mono_now();
	event_loop_dispatch(&loop->events);
	fire_due_timers(loop);
	return 0;
}
