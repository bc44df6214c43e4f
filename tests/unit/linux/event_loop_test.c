/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is called, and when: linux/event_loop.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "linux/event_loop.h"
#include "linux/turn_clock.h"

struct pair {
	struct event_loop *loop;
	struct event_source sources[2];
	unsigned calls;
};

static void take_both_out(void *user, uint32_t epoll_events)
{
	struct pair *pair = user;

	assert_true(epoll_events & EPOLLIN);
	pair->calls++;
	event_loop_remove(pair->loop, &pair->sources[0]);
	event_loop_remove(pair->loop, &pair->sources[1]);
}

static void a_source_that_left_is_not_called(void **state)
{
	struct event_loop loop;
	struct pair pair = {.loop = &loop};

	(void)state;
	assert_int_equal(event_loop_open(&loop), 0);
	for (size_t i = 0; i < 2; i++) {
		pair.sources[i] = (struct event_source){eventfd(1, EFD_CLOEXEC), take_both_out, &pair};
		assert_int_equal(event_loop_add(&loop, &pair.sources[i], EPOLLIN), 0);
	}
	assert_int_equal(event_loop_wait(&loop), 0);
	assert_int_equal(loop.event_count, 2);
	event_loop_dispatch(&loop);
	assert_int_equal(pair.calls, 1);
	close(pair.sources[0].fd);
	close(pair.sources[1].fd);
	event_loop_close(&loop);
}

static void one_timer_with_an_absolute_deadline(void **state)
{
	struct event_loop loop;
	mono_t deadline;

	(void)state;
	assert_int_equal(event_loop_open(&loop), 0);
	deadline = mono_add(mono_now(), 20 * DUR_MS);
	event_loop_set_deadline(&loop, mono_add(deadline, DUR_S));
	event_loop_set_deadline(&loop, deadline);
	while (!loop.fired)
		assert_int_equal(event_loop_wait(&loop), 0);
	assert_false(mono_before(mono_now(), deadline));
	/* The same deadline again: it has passed, so it fires at once. */
	event_loop_set_deadline(&loop, deadline);
	assert_false(loop.fired);
	assert_int_equal(event_loop_wait(&loop), 0);
	assert_true(loop.fired);

	deadline = mono_add(mono_now(), 20 * DUR_MS);
	event_loop_set_deadline(&loop, mono_add(mono_now(), 5 * DUR_MS));
	do {
		event_loop_set_deadline(&loop, deadline);
		assert_int_equal(event_loop_wait(&loop), 0);
		assert_true(loop.fired);
	} while (mono_before(mono_now(), deadline));
	event_loop_set_deadline(&loop, mono_add(deadline, DUR_S));
	event_loop_set_deadline(&loop, MONO_NEVER);
	assert_int_equal(loop.armed.ns, MONO_NEVER.ns);
	event_loop_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_that_left_is_not_called),
		cmocka_unit_test(one_timer_with_an_absolute_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
