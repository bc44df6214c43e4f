/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules themselves. They never change: what they act on are the elements of sets and maps. Three kinds of table,
 * each made when its first element comes and removed with its last one:
 *
 *	inet NAME		input: delivery to addresses that are refused or muted; output: devices that are quiet
 *	arp NAME		input: questions for muted addresses
 *	netdev NAME.IFINDEX	ingress and egress of one interface: its virtual MACs
 */
#ifndef VIGIA_LINUX_FIREWALL_RULES_H
#define VIGIA_LINUX_FIREWALL_RULES_H

#include "linux/nftables_message.h"

enum firewall_set {
	FIREWALL_SET_REFUSED4, /* inet */
	FIREWALL_SET_REFUSED6,
	FIREWALL_SET_MUTED4,
	FIREWALL_SET_MUTED6,
	FIREWALL_SET_QUIET, /* interface indexes */
	FIREWALL_SET_MUTED_ARP, /* arp */
	FIREWALL_SET_MACS, /* netdev: frames for these are ours, and get this MAC as destination */
	FIREWALL_SET_ARP, /* address to MAC in what we say by ARP */
	FIREWALL_SET_ND, /* the same by neighbour discovery */
	FIREWALL_SET_COUNT
};

const struct nft_set *firewall_set(enum firewall_set set);
/* NFPROTO_INET, NFPROTO_ARP or NFPROTO_NETDEV. */
uint8_t firewall_set_family(enum firewall_set set);
/* Room for one table with everything in it but elements. */
#define FIREWALL_TABLE_SIZE (16u << 10)
/* priority: of the chains of an inet table; device: of a netdev table. */
void firewall_put_table(
	struct nft_batch *batch, const struct nft_table *table, bool owned, int32_t priority, const char *device);

#endif
