/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner's loop: who asks is answered although there is more to do than time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux/turn_clock.h"
#include "runner/loop.h"

#define TIMERS 20

struct busy {
	struct run_loop loop;
	struct run_timer timers[TIMERS];
	struct event_source question;
	int fired;
	int fired_before_answer; /* -1: not answered yet */
};

static struct busy busy;

/* As starting a process does where others want the processor, too. */
static void take_long(struct run_timer *timer)
{
	const struct timespec length = {0, 10 * DUR_MS};

	(void)timer;
	nanosleep(&length, NULL);
	if (busy.fired++ == 0)
		assert_int_equal(eventfd_write(busy.question.fd, 1), 0);
}

static void answer(void *user, uint32_t events)
{
	eventfd_t value;

	(void)user;
	(void)events;
	assert_int_equal(eventfd_read(busy.question.fd, &value), 0);
	busy.fired_before_answer = busy.fired;
}

static void a_question_is_answered_between_many_that_are_due(void **state)
{
	const mono_t now = mono_now();

	(void)state;
	busy.fired_before_answer = -1;
	assert_int_equal(run_loop_open(&busy.loop), 0);
	busy.question = (struct event_source){eventfd(0, EFD_NONBLOCK), answer, NULL};
	assert_int_equal(event_loop_add(&busy.loop.events, &busy.question, EPOLLIN), 0);
	for (size_t i = 0; i < TIMERS; i++) {
		assert_true(run_timer_init(&busy.loop, &busy.timers[i], take_long));
		run_timer_set(&busy.loop, &busy.timers[i], now);
	}
	for (int turns = 0; busy.fired < TIMERS && turns < 10 * TIMERS; turns++)
		assert_int_equal(run_loop_turn(&busy.loop), 0);
	assert_int_equal(busy.fired, TIMERS);
	assert_in_range(busy.fired_before_answer, 1, TIMERS / 2);
	event_loop_remove(&busy.loop.events, &busy.question);
	close(busy.question.fd);
	run_loop_close(&busy.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_answered_between_many_that_are_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
