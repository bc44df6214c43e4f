/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TPACKET_V3: see packet_ring.h. */
#include "linux/packet_ring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define FRAME_SIZE 2048u /* the kernel wants one that divides a block; it bounds nothing */
#define RETIRE_MS 1
/* TPACKET_ALIGN, in unsigned numbers. */
#define RING_ALIGN(size) (((size) + (TPACKET_ALIGNMENT - 1u)) & ~(size_t)(TPACKET_ALIGNMENT - 1u))

int packet_ring_open(struct packet_ring *ring, int fd)
{
	const int version = TPACKET_V3;
	const struct tpacket_req3 request = {.tp_block_size = PACKET_RING_BLOCK,
		.tp_block_nr = PACKET_RING_BLOCKS,
		.tp_frame_size = FRAME_SIZE,
		.tp_frame_nr = PACKET_RING_BLOCK / FRAME_SIZE * PACKET_RING_BLOCKS,
		.tp_retire_blk_tov = RETIRE_MS};
	void *map;

	*ring = (struct packet_ring){.map = NULL};
	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return -errno;
	map = mmap(NULL, (size_t)PACKET_RING_BLOCK * PACKET_RING_BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	ring->map = map;
	return 0;
}

void packet_ring_close(struct packet_ring *ring)
{
	if (ring->map)
		munmap(ring->map, (size_t)PACKET_RING_BLOCK * PACKET_RING_BLOCKS);
	ring->map = NULL;
}

static struct tpacket_hdr_v1 *head_of(const struct packet_ring *ring)
{
	struct tpacket_block_desc *block =
		(struct tpacket_block_desc *)(ring->map + (size_t)ring->block * PACKET_RING_BLOCK);

	return &block->hdr.bh1;
}

static bool begin_block(struct packet_ring *ring)
{
	const struct tpacket_hdr_v1 *head = head_of(ring);

	if (!(atomic_load_explicit((const _Atomic uint32_t *)&head->block_status, memory_order_acquire) & TP_STATUS_USER))
		return false;
	ring->begun = true;
	ring->left = head->num_pkts;
	ring->next = (const uint8_t *)head - offsetof(struct tpacket_block_desc, hdr) + head->offset_to_first_pkt;
	return true;
}

static void end_block(struct packet_ring *ring)
{
	struct tpacket_hdr_v1 *head = head_of(ring);

	atomic_store_explicit((_Atomic uint32_t *)&head->block_status, TP_STATUS_KERNEL, memory_order_release);
	ring->block = (ring->block + 1) % PACKET_RING_BLOCKS;
	ring->begun = false;
}

static struct engine_packet packet_of(const struct tpacket3_hdr *head, int64_t stamp, const struct turn_clock *clock)
{
	const struct sockaddr_ll *from =
		(const struct sockaddr_ll *)((const uint8_t *)head + RING_ALIGN(sizeof(*head)));
	struct engine_packet packet = {.ifindex = from->sll_ifindex,
		.bytes = (const uint8_t *)head + head->tp_net,
		.length = head->tp_snaplen,
		.multicast = from->sll_pkttype == PACKET_MULTICAST,
		.received = turn_clock_received(clock, stamp)};

	if (from->sll_halen == sizeof(packet.source_mac.bytes))
		memcpy(packet.source_mac.bytes, from->sll_addr, sizeof(packet.source_mac.bytes));
	return packet;
}

int packet_ring_read(struct packet_ring *ring, struct engine_packet *packets, int64_t *stamps, int most,
	const struct turn_clock *clock)
{
	int count = 0;

	/* What was read before has been looked at by now. */
	while (ring->left == 0) {
		if (ring->begun)
			end_block(ring);
		if (!begin_block(ring))
			return 0;
	}
	for (; count < most && ring->left > 0; ring->left--) {
		const struct tpacket3_hdr *head = (const struct tpacket3_hdr *)ring->next;

		stamps[count] = head->tp_sec * DUR_S + head->tp_nsec;
		packets[count] = packet_of(head, stamps[count], clock);
		count++;
		ring->next += head->tp_next_offset;
	}
	return count;
}
