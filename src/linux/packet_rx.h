/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VRRP packets in: one packet socket for each family, for every interface, read in batches with the kernel's receive
 * time. The filters pass protocol 112 (and what may hide it) and nothing else, so that everything wrong with such a
 * packet is found, and counted, by the decoder. Packet sockets stand before nftables and rp_filter: neither can make a
 * router deaf.
 *
 * Where very many come, a family is read from a ring in place of its socket (packet_ring.h), until they have become few. Both listen
 * for a while, and each packet is given on once: by the kernel's time stamp, which is the same. What was stamped before the new
 * one listened may still be on its way through the kernel, and is the old one's, also if the new one hears it; the rest is the
 * new one's.
 */
#ifndef VIGIA_LINUX_PACKET_RX_H
#define VIGIA_LINUX_PACKET_RX_H

#include <netpacket/packet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "engine/engine.h"
#include "linux/packet_ring.h"
#include "linux/turn_clock.h"

#define PACKET_RX_SOCKETS 2
#define PACKET_RX_BUFFER (4 << 20) /* some 5,000 adverts: half a second of a thousand routers at 10 ms each */
#define PACKET_RX_BATCH 64
/* The longest VRRP packet (IPv6: 40 octets of IP header, 8 + 16 * 255 of VRRP), and room for extension headers. */
#define PACKET_RX_SIZE 4608
#define PACKET_RX_HEAD 256 /* of most packets that is all */
#define PACKET_RX_CONTROL_SIZE 64
#define PACKET_RX_RING_FROM 5000 /* packets in a second */
#define PACKET_RX_RING_UNTIL 2000

/* One that has a successor: it listens for what is on its way, then what it has is read, then it is closed. */
struct packet_rx_old {
	int fd; /* -1: none */
	struct packet_ring ring;
	mono_t alone_until; /* what it has comes before what the new one has */
	bool deaf;
	mono_t until; /* it listens, or is read */
};

/* One with a ring, which another thread opens. */
struct packet_rx_coming {
	bool under_way;
	pthread_t thread;
	mono_t again_at; /* if it cannot be had */
	_Atomic bool ready; /* what follows is the caller's again */
	size_t family;
	int fd; /* or -errno */
	struct packet_ring ring;
};

/* Large: to be allocated once, not on a stack. */
struct packet_rx {
	int fds[PACKET_RX_SOCKETS]; /* IPv4, IPv6 */
	struct packet_ring rings[PACKET_RX_SOCKETS]; /* those that have one */
	struct packet_rx_old olds[PACKET_RX_SOCKETS];
	int64_t cuts[PACKET_RX_SOCKETS]; /* since when all is the new one's, on the wall clock; 0: there is no other */
	bool goes_on[PACKET_RX_SOCKETS];
	uint64_t lost; /* of sockets that have a successor, and not told yet */
	struct packet_rx_coming coming[PACKET_RX_SOCKETS];
	uint32_t taken[PACKET_RX_SOCKETS]; /* since... */
	mono_t counted_since;
	struct engine_packet packets[PACKET_RX_BATCH]; /* what packet_rx_read has read */
	int64_t stamps[PACKET_RX_BATCH]; /* when they came, on the wall clock */
	struct mmsghdr messages[PACKET_RX_BATCH];
	int used; /* messages that the last read has changed */
	struct iovec parts[PACKET_RX_BATCH][2]; /* the head, and the rest */
	struct sockaddr_ll from[PACKET_RX_BATCH];
	_Alignas(8) char controls[PACKET_RX_BATCH][PACKET_RX_CONTROL_SIZE];
	/* One behind the other, so that they take few pages; those of the long ones are there once they were needed. */
	uint8_t heads[PACKET_RX_BATCH][PACKET_RX_HEAD];
	uint8_t bytes[PACKET_RX_BATCH][PACKET_RX_SIZE]; /* of long ones */
};

/* 0 or -errno. */
int packet_rx_open(struct packet_rx *rx);
void packet_rx_close(struct packet_rx *rx);
/* Reads what waits of one family, at most one batch, into rx->packets (valid until the next call). Their number, 0
 * when nothing waits, or -errno. */
int packet_rx_read(struct packet_rx *rx, size_t family, const struct turn_clock *clock);
/* Whether more may wait after a reading of so many. */
static inline bool packet_rx_goes_on(const struct packet_rx *rx, size_t family, int count)
{
	return count > 0 && rx->goes_on[family];
}
/* How many found no room since this was asked last. */
uint64_t packet_rx_lost(struct packet_rx *rx);
/* To be called in each turn; a look at how many have come. true: rx->fds[family] is another one now, for either or
 * both; the ones before are read on for a while, and closed. What takes the kernel long is done by other threads. */
bool packet_rx_adapt(struct packet_rx *rx, mono_t now);
/* Now, whatever has come. false: it cannot be had. */
bool packet_rx_switch(struct packet_rx *rx, size_t family, bool to_ring);

#endif
