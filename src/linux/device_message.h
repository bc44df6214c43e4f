/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink messages about devices for virtual MACs (macvlan, ipvlan) and about the settings of links. What the kernel
 * does with them: doc/linux.md section 6. No sockets here.
 */
#ifndef VIGIA_LINUX_DEVICE_MESSAGE_H
#define VIGIA_LINUX_DEVICE_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/port.h"

#define DEVICE_MESSAGE_SIZE 512 /* no request of ours is longer */
#define DEVICE_ALIAS_SIZE 256
#define DEVICE_ALIAS_MARK "vigia: " /* how the alias of each of our devices begins */
#define DEVICE_ALIAS_MAKER "; of daemon %06x" /* then the name of the virtual router, and this */
#define DEVICE_SETTING_UNKNOWN (-1)

/* A link as the kernel shows it. Settings are DEVICE_SETTING_UNKNOWN where it shows none. */
struct device_facts {
	int ifindex;
	int parent;
	int master;
	uint32_t group;
	bool up;
	char kind[16];
	char alias[DEVICE_ALIAS_SIZE];
	struct mac_addr mac;
	int forwarding;
	int rp_filter;
	int arp_announce;
	int arp_ignore;
	int promote_secondaries;
	int address_generation; /* IN6_ADDR_GEN_MODE_* */
	bool bridge_calls_netfilter; /* a bridge that hands its frames to iptables by an option of its own */
};

enum device_setting {
	SETTING_FORWARDING = 1, /* numbers of IPV4_DEVCONF_* */
	SETTING_RP_FILTER = 8,
	SETTING_ARP_ANNOUNCE = 18,
	SETTING_ARP_IGNORE = 19,
	SETTING_PROMOTE_SECONDARIES = 20,
};

/* Requests, at buffer (DEVICE_MESSAGE_SIZE bytes, aligned for nlmsghdr). */
struct nlmsghdr *device_message_get(
	void *buffer, int ifindex, const char *name); /* by name when ifindex is 0 */
/* In the group that says who makes it: nothing else is known of it until it has its alias. */
struct nlmsghdr *device_message_create(void *buffer, const struct port_device *device, uint32_t maker);
struct nlmsghdr *device_message_delete(void *buffer, int ifindex);
struct nlmsghdr *device_message_delete_group(void *buffer, uint32_t group);
struct nlmsghdr *device_message_set_up(void *buffer, int ifindex);
/* group NULL: as it is. */
struct nlmsghdr *device_message_set_alias(void *buffer, int ifindex, const char *alias, const uint32_t *group);
struct nlmsghdr *device_message_set_name(void *buffer, int ifindex, const char *name);
struct nlmsghdr *device_message_set_group(void *buffer, int ifindex, uint32_t group);
struct nlmsghdr *device_message_set_master(void *buffer, int ifindex, int master);
struct nlmsghdr *device_message_no_link_local(void *buffer, int ifindex);
/* An ipvlan's own address: refused with EEXIST when it is there, and without a route to its prefix. */
struct nlmsghdr *device_message_add_address(void *buffer, int ifindex, const struct ip_prefix *prefix);
/* IPv4 settings of one link; there may be more than one. */
struct nlmsghdr *device_message_settings(void *buffer, int ifindex);
void device_message_add_setting(struct nlmsghdr *request, enum device_setting setting, uint32_t value);
void device_message_end_settings(struct nlmsghdr *request);

/* What an RTM_NEWLINK says; false: malformed. */
bool device_message_read(const struct nlmsghdr *message, struct device_facts *facts);
/* What tells the daemon of that name from others in a network namespace, of devices that it has made: 24 bits, and never 0. */
uint32_t device_maker(const char *daemon);
/* The groups that a device of this maker is created in, until it has its alias, and deleted by. */
uint32_t device_group_of_new(uint32_t maker);
uint32_t device_group_of_old(uint32_t maker);
bool device_is_in_passing(uint32_t group); /* in one of these */
/* Which daemon a device's group or alias names; 0: none. */
uint32_t device_maker_of(uint32_t group, const char *alias);
/* Whether a daemon of ours made it, whichever. */
bool device_is_ours(uint32_t group, const char *alias);
/* "macvlan", "ipvlan". */
const char *device_kind(enum vmac_mode mode);

#endif
