/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules themselves. They never change: what they act on are the elements of sets and maps. Three kinds of table,
 * each made when its first element comes and removed with its last one. Those of the first kind are owned, and so end with the
 * daemon:
 *
 *	inet NAME		input: delivery to addresses that are refused or muted, devices that are deaf to router
 *				advertisements; output: devices that are quiet
 *	arp NAME		input: questions for muted addresses
 *	netdev NAME.IFINDEX	ingress and egress of one interface: its virtual MACs
 *
 * The last two let an address fall silent when the daemon is gone (doc/linux.md, "When everybody dies"):
 *
 *	arp, ip6 NAME.after	output: what is said in the name of a mortal address is dropped, unless it bears a mark. It
 *				outlives its owner, or has none; its elements "kinds", the kinds of messages, expire
 *	arp, ip6 NAME.alive	output, just before that: gives everything the mark, which is taken off at once
 */
#ifndef VIGIA_LINUX_FIREWALL_RULES_H
#define VIGIA_LINUX_FIREWALL_RULES_H

#include "base/small_enum.h"
#include "linux/nftables_message.h"

enum firewall_set {
	FIREWALL_SET_REFUSED4, /* inet */
	FIREWALL_SET_REFUSED6,
	FIREWALL_SET_MUTED4,
	FIREWALL_SET_MUTED6,
	FIREWALL_SET_QUIET, /* interface indexes */
	FIREWALL_SET_DEAF, /* the same */
	FIREWALL_SET_MUTED_ARP, /* arp */
	FIREWALL_SET_MACS, /* netdev: frames for these are ours, and get this MAC as destination */
	FIREWALL_SET_ARP, /* address to MAC in what we say by ARP */
	FIREWALL_SET_ND, /* the same by neighbour discovery */
	FIREWALL_SET_MORTAL4, /* after */
	FIREWALL_SET_MORTAL6,
	FIREWALL_SET_COUNT
} SMALL_ENUM;

/* In place of the interface index of a netdev table. */
#define FIREWALL_AFTER (-1)
#define FIREWALL_ALIVE (-2)

const struct nft_set *firewall_set(enum firewall_set set);
bool firewall_set_is_mortal(enum firewall_set set);
/* NFPROTO_*, of its table */
uint8_t firewall_set_family(enum firewall_set set);
/* Room for one table with everything in it but elements. */
#define FIREWALL_TABLE_SIZE (16u << 10)
/* priority: of the chains of an inet table; device: of a netdev table. */
void firewall_put_table(
	struct nft_batch *batch, const struct nft_table *table, bool owned, int32_t priority, const char *device);
void firewall_put_alive(struct nft_batch *batch, const struct nft_table *table);
/* persists: owned all the same. For so many milliseconds; then again by firewall_put_kinds, which replaces what is left of them. */
void firewall_put_after(struct nft_batch *batch, const struct nft_table *table, bool persists, uint64_t milliseconds);
void firewall_put_kinds(struct nft_batch *batch, const struct nft_table *table, uint64_t milliseconds);

#endif
