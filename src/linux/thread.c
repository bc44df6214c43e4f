/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads: see thread.h. */
#include "linux/thread.h"

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#define STACK_SIZE (128u << 10) /* locked memory, like all of the engine's */

bool thread_start(pthread_t *thread, void *(*work)(void *user), void *user)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	started = pthread_create(thread, &attributes, work, user) == 0;
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

void thread_lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t inherits;

	pthread_mutexattr_init(&inherits);
	pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(lock, &inherits);
	pthread_mutexattr_destroy(&inherits);
}

static void *close_it(void *user)
{
	thread_be_ordinary();
	close((int)(intptr_t)user);
	return NULL;
}

void thread_close(int fd)
{
	pthread_t thread;

	if (thread_start(&thread, close_it, (void *)(intptr_t)fd))
		pthread_detach(thread);
	else
		close(fd);
}

void thread_be_ordinary(void)
{
	const struct sched_param ordinary = {0};

	pthread_setschedparam(pthread_self(), SCHED_OTHER, &ordinary);
}

void thread_step_forward(void)
{
	struct sched_param parameters;
	int policy;

	if (pthread_getschedparam(pthread_self(), &policy, &parameters) != 0)
		return;
	parameters.sched_priority = policy == SCHED_RR ? parameters.sched_priority + 1 : 1;
	pthread_setschedparam(pthread_self(), SCHED_RR, &parameters);
}

void thread_stand_back(void)
{
	struct sched_param parameters;
	int policy;

	if (pthread_getschedparam(pthread_self(), &policy, &parameters) != 0 || policy != SCHED_RR ||
		parameters.sched_priority < 2)
		return;
	parameters.sched_priority--;
	pthread_setschedparam(pthread_self(), policy, &parameters);
}
