/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The front's event loop: see loop.h. */
#include "front/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <time.h>

mono_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (mono_t){now.tv_sec * DUR_S + now.tv_nsec};
}

int loop_open(struct loop *loop)
{
	*loop = (struct loop){0};
	heap_init(&loop->timers, loop->timer_places, LOOP_TIMERS_MAX);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -errno : 0;
}

int loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

void loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_remove(struct loop *loop, struct watch *watch)
{
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
}

void loop_set_timer(struct loop *loop, struct timer *timer, mono_t at)
{
	heap_set(&loop->timers, &timer->item, at);
}

bool timer_is_set(const struct timer *timer)
{
	return timer->item.number != 0;
}

static void fire_due_timers(struct loop *loop)
{
	mono_t now = clock_now();

	while (!loop->stop && mono_due(heap_first_deadline(&loop->timers), now)) {
		struct timer *timer = container_of(heap_first(&loop->timers), struct timer, item);

		heap_remove(&loop->timers, &timer->item);
		timer->fire(timer);
	}
}

/* Milliseconds until the first timer, rounded up so that it is due then; -1: there is none. */
static int wait_length(const struct loop *loop)
{
	dur_t left;

	if (!heap_first(&loop->timers))
		return -1;
	left = mono_sub(heap_first_deadline(&loop->timers), clock_now());
	if (left <= 0)
		return 0;
	if (left > DUR_S * 3600)
		left = DUR_S * 3600;
	return (int)((left + DUR_MS - 1) / DUR_MS);
}

int loop_run(struct loop *loop)
{
	while (!loop->stop) {
		/* One event at a time: what it handles may free the owner of the next. */
		struct epoll_event event;
		int count = epoll_wait(loop->epoll, &event, 1, wait_length(loop));

		if (count < 0 && errno != EINTR)
			return -errno;
		if (count == 1) {
			struct watch *watch = event.data.ptr;

			watch->ready(watch, event.events);
		}
		fire_due_timers(loop);
	}
	return 0;
}
