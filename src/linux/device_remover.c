/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deletes devices on a thread of its own: see device_remover.h. */
#include "linux/device_remover.h"

#include <stdlib.h>
#include <unistd.h>

#include "linux/device_message.h"
#include "linux/thread.h"

void device_remover_init(struct device_remover *remover, uint32_t group)
{
	*remover = (struct device_remover){.netlink.fd = -1, .group = group};
	pthread_mutex_init(&remover->lock, NULL);
	pthread_cond_init(&remover->changed, NULL);
}

static void delete_one(struct netlink_socket *netlink, int ifindex)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];

	netlink_request(netlink, device_message_delete(buffer, ifindex), NULL, NULL);
}

/* Those that cannot be put into the group are gone already. */
static void delete_many(struct netlink_socket *netlink, uint32_t group, const int *indexes, size_t count)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];

	for (size_t i = 0; i < count; i++)
		netlink_request(netlink, device_message_set_group(buffer, indexes[i], group), NULL, NULL);
	netlink_request(netlink, device_message_delete_group(buffer, group), NULL, NULL);
}

static void *work(void *user)
{
	struct device_remover *remover = user;

	thread_be_ordinary();
	pthread_mutex_lock(&remover->lock);
	while (!remover->ending || remover->count > 0) {
		int *queue = remover->queue;
		size_t count = remover->count;

		if (count == 0) {
			pthread_cond_wait(&remover->changed, &remover->lock);
			continue;
		}
		remover->queue = NULL;
		remover->count = 0;
		remover->capacity = 0;
		remover->busy = true;
		pthread_mutex_unlock(&remover->lock);
		if (count == 1)
			delete_one(&remover->netlink, queue[0]);
		else
			delete_many(&remover->netlink, remover->group, queue, count);
		free(queue);
		pthread_mutex_lock(&remover->lock);
		remover->busy = false;
		pthread_cond_broadcast(&remover->changed);
	}
	pthread_mutex_unlock(&remover->lock);
	return NULL;
}

static bool start(struct device_remover *remover)
{
	if (remover->running)
		return true;
	if (remover->netlink.fd < 0 && netlink_socket_open(&remover->netlink) < 0)
		return false;
	remover->running = thread_start(&remover->thread, work, remover);
	return remover->running;
}

static bool enqueue(struct device_remover *remover, int ifindex)
{
	if (remover->count == remover->capacity) {
		const size_t capacity = remover->capacity ? 2 * remover->capacity : 16;
		int *grown = realloc(remover->queue, capacity * sizeof(*grown));

		if (!grown)
			return false;
		remover->queue = grown;
		remover->capacity = capacity;
	}
	remover->queue[remover->count++] = ifindex;
	return true;
}

void device_remover_add(struct device_remover *remover, int ifindex)
{
	bool queued = false;

	if (start(remover)) {
		pthread_mutex_lock(&remover->lock);
		queued = enqueue(remover, ifindex);
		pthread_cond_broadcast(&remover->changed);
		pthread_mutex_unlock(&remover->lock);
	}
	if (!queued) {
		/* No thread, or no memory: the caller does it, when the thread no longer uses the socket. */
		device_remover_finish(remover);
		delete_one(&remover->netlink, ifindex);
	}
}

bool device_remover_is_idle(struct device_remover *remover)
{
	bool idle;

	pthread_mutex_lock(&remover->lock);
	idle = remover->count == 0 && !remover->busy;
	pthread_mutex_unlock(&remover->lock);
	return idle;
}

void device_remover_finish(struct device_remover *remover)
{
	pthread_mutex_lock(&remover->lock);
	while (remover->running && (remover->count > 0 || remover->busy))
		pthread_cond_wait(&remover->changed, &remover->lock);
	pthread_mutex_unlock(&remover->lock);
}

void device_remover_close(struct device_remover *remover)
{
	if (remover->running) {
		pthread_mutex_lock(&remover->lock);
		remover->ending = true;
		pthread_cond_broadcast(&remover->changed);
		pthread_mutex_unlock(&remover->lock);
		pthread_join(remover->thread, NULL);
	}
	remover->running = false;
	netlink_socket_close(&remover->netlink);
	free(remover->queue);
	remover->queue = NULL;
	pthread_mutex_destroy(&remover->lock);
	pthread_cond_destroy(&remover->changed);
}
