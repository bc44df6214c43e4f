/* SPDX-License-Identifier: GPL-2.0-or-later */
/* epoll and one absolute timer: see event_loop.h. */
#include "linux/event_loop.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

int event_loop_open(struct event_loop *loop)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	int error;

	*loop = (struct event_loop){.epoll_fd = -1, .timer_fd = -1, .armed = MONO_NEVER};
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		goto fail;
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->timer_fd < 0)
		goto fail;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->timer_fd, &event) < 0)
		goto fail;
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	return 0;
fail:
	error = -errno;
	event_loop_close(loop);
	return error;
}

void event_loop_close(struct event_loop *loop)
{
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	loop->timer_fd = -1;
	loop->epoll_fd = -1;
}

int event_loop_add(struct event_loop *loop, struct event_source *source, uint32_t epoll_events)
{
	struct epoll_event event = {.events = epoll_events, .data.ptr = source};

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) < 0 ? -errno : 0;
}

void event_loop_remove(struct event_loop *loop, struct event_source *source)
{
	if (source->fd < 0)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	for (int i = 0; i < loop->event_count; i++)
		if (loop->events[i].data.ptr == source)
			loop->events[i].data.ptr = NULL;
}

void event_loop_set_deadline(struct event_loop *loop, mono_t deadline)
{
	struct itimerspec when = {0};

	/* Every advert puts a deadline off: one wait that ends early is cheaper than telling the kernel each time. */
	const bool put_off = deadline.ns != MONO_NEVER.ns && mono_before(loop->armed, deadline);

	if (!loop->fired && (put_off || deadline.ns == loop->armed.ns))
		return;
	if (deadline.ns != MONO_NEVER.ns) {
		/* All zero would mean "off". */
		const int64_t at = deadline.ns > 0 ? deadline.ns : 1;

		when.it_value.tv_sec = (time_t)(at / DUR_S);
		when.it_value.tv_nsec = (long)(at % DUR_S);
	}
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
	loop->armed = deadline;
	loop->fired = false;
}

int event_loop_wait(struct event_loop *loop)
{
	loop->event_count = epoll_wait(loop->epoll_fd, loop->events, EVENT_LOOP_BATCH, -1);
	if (loop->event_count < 0) {
		loop->event_count = 0;
		return errno == EINTR ? 0 : -errno;
	}
	for (int i = 0; i < loop->event_count; i++)
		if (!loop->events[i].data.ptr)
			loop->fired = true;
	return 0;
}

void event_loop_dispatch(struct event_loop *loop)
{
	for (int i = 0; i < loop->event_count; i++) {
		const struct event_source *source = loop->events[i].data.ptr;

		if (source)
			source->ready(source->user, loop->events[i].events);
	}
	loop->event_count = 0;
}
