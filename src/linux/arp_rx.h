/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ARP replies in, only from interfaces where somebody waits for one (core/link_proof.h): each has a packet
 * socket of its own for as long, so that the ARP traffic of all other networks wakes nobody.
 */
#ifndef VIGIA_LINUX_ARP_RX_H
#define VIGIA_LINUX_ARP_RX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linux/event_loop.h"

typedef void arp_heard(void *user, int ifindex, const uint8_t *bytes, size_t length);

struct arp_ear;

struct arp_rx {
	struct event_loop *loop;
	arp_heard *heard;
	void *user;
	struct arp_ear *ears;
};

/* loop is kept; heard is called from its dispatch with what follows the Ethernet header. */
void arp_rx_init(struct arp_rx *rx, struct event_loop *loop, arp_heard *heard, void *user);
void arp_rx_close(struct arp_rx *rx);
/* 0 or -errno. Switching on what is on, or off what is off, is no error. */
int arp_rx_set(struct arp_rx *rx, int ifindex, bool on);

#endif
