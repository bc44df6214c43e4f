/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings of devices for virtual MACs and of their parents: IPv4 by netlink, which works where /proc/sys is read-only
 * (containers), IPv6 by /proc/sys. What must be how, and why: doc/linux.md section 6.
 */
#ifndef VIGIA_LINUX_DEVICE_SETTINGS_H
#define VIGIA_LINUX_DEVICE_SETTINGS_H

#include "linux/device_message.h"
#include "linux/netlink_request.h"

#define PARENT_ARP_IGNORE 1 /* answer for addresses of this very interface alone */
#define PARENT_ARP_ANNOUNCE 2 /* ask in the name of this very interface's addresses alone */

/* A link, by index or (0) by name. 0 or -errno. */
int device_facts_get(
	struct netlink_socket *netlink, int ifindex, const char *name, struct device_facts *facts);
/* Whether it is a bridge that hands frames to iptables: those for a MAC beside its own lose their connection tracking. */
bool device_loses_connections(const struct device_facts *below);
/* What is not as it must be: enum port_device_fault bits. */
int device_settings_faults(const struct port_device *device, const struct device_facts *facts,
	const struct device_facts *parent);
/* Puts right what those bits say. Whether it helped is for the next look to say. */
void device_settings_apply(struct netlink_socket *netlink, const struct port_device *device,
	const struct device_facts *facts, const struct device_facts *parent, int faults);
/* Gives a parent its arp_ignore and arp_announce back, where they are still what a device needed. */
void device_settings_restore(struct netlink_socket *netlink, int parent, int arp_ignore, int arp_announce);
void device_settings_promote(struct netlink_socket *netlink, int ifindex, int value);

#endif
