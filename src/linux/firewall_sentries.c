/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that put back rules: see firewall_sentries.h. */
#include "linux/firewall_sentries.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "linux/nftables_events.h"
#include "linux/process_schedule.h"
#include "linux/thread.h"

struct firewall_sentry {
	pthread_t thread;
	struct firewall_sentries *all;
	size_t processor;
	int events; /* nftables_events.h */
};

static void take_post(const struct firewall_sentry *sentry)
{
	const size_t size = CPU_ALLOC_SIZE(PROCESS_CPUS_MAX);
	cpu_set_t *own = CPU_ALLOC(PROCESS_CPUS_MAX);

	thread_step_forward();
	if (!own)
		return;
	CPU_ZERO_S(size, own);
	CPU_SET_S(sentry->processor, size, own);
	pthread_setaffinity_np(pthread_self(), size, own);
	CPU_FREE(own);
}

/* false: its socket is of no more use. */
static bool look(const struct firewall_sentry *sentry)
{
	struct firewall *firewall = sentry->all->firewall;
	int transaction;
	const int found = nft_events_read(sentry->events, firewall->name, &transaction);

	/* Of what was lost it is not known when: too late. */
	if (found > 0 && transaction >= 0)
		firewall_answer(firewall, transaction);
	return found >= 0;
}

static void *stand_watch(void *user)
{
	const struct firewall_sentry *sentry = user;
	struct pollfd fds[] = {{.fd = sentry->events, .events = POLLIN}, {.fd = sentry->all->end, .events = POLLIN}};

	take_post(sentry);
	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno != EINTR)
				break;
		} else if (!look(sentry) || fds[1].revents) {
			break;
		}
	}
	return NULL;
}

static void start_one(struct firewall_sentries *sentries, size_t processor)
{
	struct firewall_sentry *sentry = &sentries->list[sentries->count];

	*sentry = (struct firewall_sentry){.all = sentries,
		.processor = processor,
		.events = nft_events_open(nft_socket_port(sentries->firewall->socket), (int)processor)};
	if (sentry->events < 0)
		return;
	if (thread_start(&sentry->thread, stand_watch, sentry))
		sentries->count++;
	else
		close(sentry->events);
}

void firewall_sentries_start(struct firewall_sentries *sentries, struct firewall *firewall)
{
	const size_t size = CPU_ALLOC_SIZE(PROCESS_CPUS_MAX);
	cpu_set_t *own = CPU_ALLOC(PROCESS_CPUS_MAX);

	if (!own)
		return;
	*sentries = (struct firewall_sentries){.firewall = firewall, .end = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	if (sentries->end >= 0 && sched_getaffinity(0, size, own) == 0)
		sentries->list = calloc((size_t)CPU_COUNT_S(size, own), sizeof(*sentries->list));
	for (size_t i = 0; sentries->list && i < PROCESS_CPUS_MAX; i++)
		if (CPU_ISSET_S(i, size, own))
			start_one(sentries, i);
	if (!sentries->list && sentries->end >= 0)
		close(sentries->end);
	CPU_FREE(own);
}

void firewall_sentries_stop(struct firewall_sentries *sentries)
{
	const uint64_t one = 1;

	if (!sentries->list)
		return;
	(void)!write(sentries->end, &one, sizeof(one));
	for (size_t i = 0; i < sentries->count; i++) {
		pthread_join(sentries->list[i].thread, NULL);
		close(sentries->list[i].events);
	}
	close(sentries->end);
	free(sentries->list);
	*sentries = (struct firewall_sentries){0};
}
