/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting: epoll, and ONE timer with an absolute deadline in nanoseconds. The loop belongs to the process
 * that runs it in turns: wait, read the clock, do what is there, set the next deadline.
 */
#ifndef VIGIA_LINUX_EVENT_LOOP_H
#define VIGIA_LINUX_EVENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/time.h"

#define EVENT_LOOP_BATCH 32

/* Embedded in whoever waits for a descriptor; it must stay where it is while it is in the loop. */
struct event_source {
	int fd;
	void (*ready)(void *user, uint32_t epoll_events);
	void *user;
};

struct event_loop {
	int epoll_fd;
	int timer_fd;
	mono_t armed; /* what the timer is set to */
	bool fired; /* the timer went off in this turn and waits to be set again */
	struct epoll_event events[EVENT_LOOP_BATCH];
	int event_count;
};

/* 0 or -errno. Also asks the kernel not to round this thread's other timeouts. */
int event_loop_open(struct event_loop *loop);
void event_loop_close(struct event_loop *loop);
int event_loop_add(struct event_loop *loop, struct event_source *source, uint32_t epoll_events);
/* Also takes back what this turn still had to say about the source. A source with fd -1 is ignored. */
void event_loop_remove(struct event_loop *loop, struct event_source *source);
/* MONO_NEVER: no deadline. A deadline that has passed makes the next wait return at once. One that is put off may let a
 * wait end at the time that it had before; then it is to be set again. */
void event_loop_set_deadline(struct event_loop *loop, mono_t deadline);
/* Blocks until something is there. 0 or -errno. */
int event_loop_wait(struct event_loop *loop);
/* Calls the sources that are ready. */
void event_loop_dispatch(struct event_loop *loop);

#endif
