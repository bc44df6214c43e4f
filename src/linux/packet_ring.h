/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of packets that the kernel writes and we read, without a system call and a waking for each (TPACKET_V3): where some
 * thousand adverts come in every second, the waking is what costs. The price is up to 2 ms until a packet is seen, whose
 * time stamp is exact all the same, and memory.
 */
#ifndef VIGIA_LINUX_PACKET_RING_H
#define VIGIA_LINUX_PACKET_RING_H

#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "linux/turn_clock.h"

#define PACKET_RING_BLOCK (64u << 10)
#define PACKET_RING_BLOCKS 32u /* some 16,000 adverts */

struct packet_ring {
	uint8_t *map; /* NULL: there is none */
	unsigned block; /* that is read, or waited for */
	uint32_t left; /* packets of it that have not been read */
	const uint8_t *next; /* the first of them */
	bool begun; /* it belongs to us, until it is given back */
};

/* Of a packet socket that is not bound yet. 0 or -errno. */
int packet_ring_open(struct packet_ring *ring, int fd);
void packet_ring_close(struct packet_ring *ring);
/* At most so many, of one block; they stay where they are until the next call. stamps: when they came, nanoseconds on the wall
 * clock. */
int packet_ring_read(struct packet_ring *ring, struct engine_packet *packets, int64_t *stamps, int most,
	const struct turn_clock *clock);

#endif
