/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets to single routers: raw sockets, one for each address family, many packets in one system call. A packet comes whole,
 * from its IP header on; the routing table finds the way and the neighbour. The source may be an address that is not there
 * (yet): who speaks from where is the engine's decision.
 */
#ifndef VIGIA_LINUX_DATAGRAM_TX_H
#define VIGIA_LINUX_DATAGRAM_TX_H

#include <stddef.h>

#include "engine/port.h"

#define DATAGRAM_TX_BATCH 64

struct datagram_tx {
	int v4;
	int v6; /* -errno where the kernel has no IPv6 */
};

/* 0 or -errno. */
int datagram_tx_open(struct datagram_tx *tx);
void datagram_tx_close(struct datagram_tx *tx);
/* Sends in order. One that fails gets its error and does not stop those behind it. Never waits. */
void datagram_tx_send(const struct datagram_tx *tx, struct port_datagram *datagrams, size_t count);

/*
 * Sockets that take VRRP from the IP layer and throw it away: what Vigia hears comes by a packet socket, and without anybody who
 * asks for the protocol the kernel answers a unicast advert with an ICMP error. 0 or -errno.
 */
#define DATAGRAM_SINKS 3
struct datagram_sinks {
	int sockets[DATAGRAM_SINKS];
};
int datagram_sinks_open(struct datagram_sinks *sinks);
void datagram_sinks_close(struct datagram_sinks *sinks);

#endif
