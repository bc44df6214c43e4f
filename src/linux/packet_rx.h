/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VRRP packets in: one packet socket for every interface, read in batches with the kernel's receive time. Its
 * filter passes IP protocol 112 and nothing else, so that everything wrong with such a packet is found, and
 * counted, by the decoder. Packet sockets stand before nftables and rp_filter: neither can make a router
 * deaf.
 */
#ifndef VIGIA_LINUX_PACKET_RX_H
#define VIGIA_LINUX_PACKET_RX_H

#include <netpacket/packet.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "engine/engine.h"
#include "linux/turn_clock.h"

#define PACKET_RX_BATCH 64
/* The longest VRRP packet over IPv4 (60 octets of IP header, 8 + 4 * 255 of VRRP) and more. */
#define PACKET_RX_SIZE 2048
#define PACKET_RX_CONTROL_SIZE 64

/* Large: to be allocated once, not on a stack. */
struct packet_rx {
	int fd;
	struct engine_packet packets[PACKET_RX_BATCH]; /* what packet_rx_read has read */
	struct mmsghdr messages[PACKET_RX_BATCH];
	int used; /* messages that the last read has changed */
	struct iovec parts[PACKET_RX_BATCH];
	struct sockaddr_ll from[PACKET_RX_BATCH];
	_Alignas(8) char controls[PACKET_RX_BATCH][PACKET_RX_CONTROL_SIZE];
	uint8_t bytes[PACKET_RX_BATCH][PACKET_RX_SIZE];
};

/* 0 or -errno. */
int packet_rx_open(struct packet_rx *rx);
void packet_rx_close(struct packet_rx *rx);
/* Reads what waits, at most one batch, into rx->packets (valid until the next call). Their number, 0 when
 * nothing waits, or -errno. */
int packet_rx_read(struct packet_rx *rx, const struct turn_clock *clock);

#endif
