/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deletes devices on a thread of its own. The kernel takes 10 to 23 ms for one, in the caller; put into a link group and
 * deleted by that, 250 take 70 ms (doc/linux.md section 6). The thread starts with the first device to delete,
 * and touches nothing but its queue and its socket.
 */
#ifndef VIGIA_LINUX_DEVICE_REMOVER_H
#define VIGIA_LINUX_DEVICE_REMOVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linux/netlink_request.h"

struct device_remover {
	struct netlink_socket netlink;
	uint32_t group; /* devices are in it for as long as it takes to delete them */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	int *queue;
	size_t count;
	size_t capacity;
	bool busy;
	bool ending;
};

void device_remover_init(struct device_remover *remover, uint32_t group);
/* Deletes it later. Without memory or a thread: now. */
void device_remover_add(struct device_remover *remover, int ifindex);
bool device_remover_is_idle(struct device_remover *remover);
/* Waits until the queue is empty. */
void device_remover_finish(struct device_remover *remover);
/* The same, and ends the thread. */
void device_remover_close(struct device_remover *remover);

#endif
