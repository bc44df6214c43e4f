/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ARP replies and IPv6 neighbour advertisements in, only from interfaces where somebody waits for one
 * (core/link_proof.h): each has a packet socket of its own for as long, so that such traffic of all other networks
 * wakes nobody.
 */
#ifndef VIGIA_LINUX_NEIGHBOUR_RX_H
#define VIGIA_LINUX_NEIGHBOUR_RX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "linux/event_loop.h"

typedef void neighbour_heard(
	void *user, int ifindex, enum ip_family family, const uint8_t *bytes, size_t length);

struct ear;

struct neighbour_rx {
	struct event_loop *loop;
	neighbour_heard *heard;
	void *user;
	struct ear *ears;
	uint64_t lost; /* by those that are gone, and not told yet */
};

/* loop is kept; heard is called from its dispatch with what follows the Ethernet header. */
void neighbour_rx_init(struct neighbour_rx *rx, struct event_loop *loop, neighbour_heard *heard, void *user);
void neighbour_rx_close(struct neighbour_rx *rx);
/* 0 or -errno. Switching on what is on, or off what is off, is no error. */
int neighbour_rx_set(struct neighbour_rx *rx, int ifindex, enum ip_family family, bool on);
/* How many answers found no room since this was asked last. */
uint64_t neighbour_rx_lost(struct neighbour_rx *rx);

#endif
