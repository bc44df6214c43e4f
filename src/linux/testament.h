/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The testament: what is to be said and undone if the engine dies, in memory that it shares with the guard.
 * The engine writes it, as finished frames and netlink requests; the guard, which knows nothing of VRRP, only
 * sends them.
 *
 * The engine may be killed between any two instructions. So a copy that counts is never written to: the new one is written
 * where there is room, then the one word of its slot that says where it stands is changed, and then the place of the old
 * one is free. Places lie side by side and are as large as what stands in them: some 160 bytes for a virtual router.
 *
 * Where it can, the guard gives it a name beside the pid file: if all processes die at once, the next daemon finds in it
 * what the dead one had put into the kernel, and nothing that is another's (inheritance.h).
 */
#ifndef VIGIA_LINUX_TESTAMENT_H
#define VIGIA_LINUX_TESTAMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "engine/port.h"
#include "linux/datagram_tx.h"

#define TESTAMENT_SLOTS_MAX 65536
#define TESTAMENT_COPY_SIZE (128u << 10) /* some 2,000 removals */

/* The engine's view. */
struct testament {
	int fd;
	uint8_t *map;
	size_t size; /* of the map */
	uint8_t *draft; /* of one copy */
	size_t used; /* bytes of the file, from its start, that are or have been given to somebody */
	uint32_t *free; /* places that are free again, by size: the first one of each, which knows the next one */
};

/* An empty testament, close-on-exec, or -errno. At that path if there is none and it is in memory (tmpfs): it is still
 * there when all processes have died. Else, or without a path: a memfd that cannot shrink, and *named is false. */
int testament_create(const char *path, uint64_t network, bool *named);
/* One of a daemon that died, in the same network namespace since then; -ENOENT: there is none, or another -errno: it is of no use,
 * and may be deleted. */
int testament_open_left(const char *path, uint64_t network);
/* What tells the network namespace of that socket from all others since the machine has started. */
uint64_t testament_network(int socket);
/* fd stays the caller's. 0; -EPROTO: made by a guard of another version, which lays it out in another way; or another -errno. */
int testament_open(struct testament *testament, int fd);
void testament_close(struct testament *testament);
/* 0; -ENOSPC: no such slot, or the removals that did not fit were left out; or another -errno. */
int testament_write(struct testament *testament, size_t slot, const struct testament_entry *entry);

/* The guard's view: one active slot. */
struct testament_record {
	size_t slot;
	int ifindex;
	dur_t release_after;
	const uint8_t *stop_frame;
	size_t stop_frame_length; /* 0: nothing to be said */
	const uint8_t *stop_datagrams; /* as testament_layout.h has them */
	size_t stop_datagrams_length;
	const uint8_t *removals; /* netlink requests, ready to be sent */
	size_t removals_length;
};

/* Calls each for every active slot. 0 or -errno. */
int testament_read(int fd, void (*each)(void *user, const struct testament_record *record), void *user);
/* Says priority 0 for all of them, `times` times, VR_STOP_ADVERT_SPACING apart. */
void testament_say_stop(int fd, int packet_socket, const struct datagram_tx *datagram_tx, unsigned times);
/* How many slots are active: 0, nothing is left to be done. */
size_t testament_active_count(int fd);
/* The longest release_after; 0 when nothing is active. */
dur_t testament_release_after(int fd);
/* Sends the removals on an rtnetlink socket. */
void testament_remove(int fd, int netlink_socket);

#endif
