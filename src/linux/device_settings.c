/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of devices for virtual MACs and of their parents: see device_settings.h. */
#include "linux/device_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 128
#define BRIDGE_SETTING(tables) "/proc/sys/net/bridge/bridge-nf-call-" tables

static int read_number(const char *path)
{
	char value[16] = "";
	ssize_t length;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return DEVICE_SETTING_UNKNOWN;
	length = read(fd, value, sizeof(value) - 1);
	close(fd);
	return length > 0 ? atoi(value) : DEVICE_SETTING_UNKNOWN;
}

static int read_sysctl(const char *family, const char *name, const char *setting)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, name, setting);
	return read_number(path);
}

static int open_sysctl(const char *family, const char *name, const char *setting)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, name, setting);
	return open(path, O_WRONLY | O_CLOEXEC);
}

static bool can_write_sysctl(const char *family, const char *name, const char *setting)
{
	const int fd = open_sysctl(family, name, setting);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void write_sysctl(const char *family, const char *name, const char *setting, int value)
{
	const int fd = open_sysctl(family, name, setting);
	char text[16];

	if (fd < 0)
		return;
	/* Whether it helped is seen when it is read back. */
	(void)!write(fd, text, (size_t)snprintf(text, sizeof(text), "%d", value));
	close(fd);
}

struct question {
	struct device_facts *facts;
	bool answered;
};

static void take_facts(void *user, const struct nlmsghdr *message)
{
	struct question *question = user;

	question->answered |= device_message_read(message, question->facts);
}

int device_facts_get(
	struct netlink_socket *netlink, int ifindex, const char *name, struct device_facts *facts)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];
	struct question question = {.facts = facts};
	int error =
		netlink_request(netlink, device_message_get(buffer, ifindex, name), take_facts, &question);

	return error ? error : question.answered ? 0 : -ENODEV;
}

/* The kernel takes the greater of `all` and the device's own. Strict (1) kills the device: the way back to those who ask
 * goes by the parent. Loose (2) does not, and overrules a strict `all`. */
static int wanted_rp_filter(void)
{
	return read_sysctl("ipv4", "all", "rp_filter") == 1 ? 2 : 0;
}

static int effective(int own, const char *setting)
{
	int all = read_sysctl("ipv4", "all", setting);

	return all > own ? all : own;
}

/* 1: unless it forwards; 2: in any case. */
static bool hears_router_adverts(const char *name)
{
	const int takes = read_sysctl("ipv6", name, "accept_ra");

	return takes == 2 || (takes == 1 && read_sysctl("ipv6", name, "forwarding") == 0);
}

/* The device's own does not decide whether it forwards, but what neighbour advertisements say of it. */
static bool cannot_be_a_router(const char *name)
{
	return read_sysctl("ipv6", "all", "forwarding") > 0 && read_sysctl("ipv6", name, "forwarding") == 0 &&
	       !can_write_sysctl("ipv6", name, "forwarding");
}

static int ipv6_faults(const struct port_device *device)
{
	const int disabled = read_sysctl("ipv6", device->name, "disable_ipv6");
	int faults = 0;

	if (disabled == DEVICE_SETTING_UNKNOWN)
		return 0;
	if (disabled != 0)
		return device->ipv6 ? DEVICE_FAULT_NO_IPV6 : 0;
	if (!device->ipv6)
		faults |= DEVICE_FAULT_IPV6;
	if (hears_router_adverts(device->name))
		faults |= DEVICE_FAULT_ROUTER_ADVERTS;
	if (device->ipv6 && cannot_be_a_router(device->name))
		faults |= DEVICE_FAULT_NO_ROUTER;
	return faults;
}

bool device_loses_connections(const struct device_facts *below)
{
	return strcmp(below->kind, "bridge") == 0 &&
	       (below->bridge_calls_netfilter || read_number(BRIDGE_SETTING("iptables")) > 0 ||
		       read_number(BRIDGE_SETTING("ip6tables")) > 0);
}

static int parent_faults(const struct port_device *device, const struct device_facts *parent)
{
	int faults = 0;

	if (!device->ipv4)
		return 0;
	if (parent->arp_ignore != DEVICE_SETTING_UNKNOWN && effective(parent->arp_ignore, "arp_ignore") < 1)
		faults |= DEVICE_FAULT_PARENT_ARP_IGNORE;
	if (parent->arp_announce != DEVICE_SETTING_UNKNOWN &&
		effective(parent->arp_announce, "arp_announce") < PARENT_ARP_ANNOUNCE)
		faults |= DEVICE_FAULT_PARENT_ARP_ANNOUNCE;
	return faults;
}

static int wanted_forwarding(const struct port_device *device, const struct device_facts *parent)
{
	return device->forwards && parent->forwarding > 0;
}

int device_settings_faults(
	const struct port_device *device, const struct device_facts *facts, const struct device_facts *parent)
{
	int faults = parent_faults(device, parent);

	if (facts->arp_ignore != DEVICE_SETTING_UNKNOWN && effective(facts->arp_ignore, "arp_ignore") < 1)
		faults |= DEVICE_FAULT_ARP_IGNORE;
	if (facts->rp_filter != DEVICE_SETTING_UNKNOWN && effective(facts->rp_filter, "rp_filter") == 1)
		faults |= DEVICE_FAULT_RP_FILTER;
	if (facts->forwarding != DEVICE_SETTING_UNKNOWN &&
		facts->forwarding != wanted_forwarding(device, parent))
		faults |= DEVICE_FAULT_FORWARDING;
	if (facts->address_generation != DEVICE_SETTING_UNKNOWN &&
		facts->address_generation != IN6_ADDR_GEN_MODE_NONE)
		faults |= DEVICE_FAULT_LINK_LOCAL;
	faults |= ipv6_faults(device);
	if (facts->master != device->vrf)
		faults |= DEVICE_FAULT_VRF;
	if (device->mode == VMAC_MACVLAN && device_loses_connections(parent))
		faults |= DEVICE_FAULT_BRIDGE;
	return faults;
}

static void apply_ipv4(struct netlink_socket *netlink, int ifindex, int faults, int forwarding)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];
	struct nlmsghdr *request = device_message_settings(buffer, ifindex);

	if (faults & DEVICE_FAULT_ARP_IGNORE)
		device_message_add_setting(request, SETTING_ARP_IGNORE, 1);
	if (faults & DEVICE_FAULT_RP_FILTER)
		device_message_add_setting(request, SETTING_RP_FILTER, (uint32_t)wanted_rp_filter());
	if (faults & DEVICE_FAULT_FORWARDING)
		device_message_add_setting(request, SETTING_FORWARDING, (uint32_t)forwarding);
	/* A device that we make has no addresses but ours, and one that is deleted takes none of the others along. */
	device_message_add_setting(request, SETTING_PROMOTE_SECONDARIES, 1);
	device_message_end_settings(request);
	netlink_request(netlink, request, NULL, NULL);
}

static void apply_ipv6(const struct port_device *device)
{
	write_sysctl("ipv6", device->name, "disable_ipv6", device->ipv6 ? 0 : 1);
	if (!device->ipv6)
		return;
	write_sysctl("ipv6", device->name, "accept_ra", 0);
	write_sysctl("ipv6", device->name, "router_solicitations", 0);
	write_sysctl("ipv6", device->name, "accept_dad", 0);
}

static void apply_parent(struct netlink_socket *netlink, int parent, int faults)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];
	struct nlmsghdr *request = device_message_settings(buffer, parent);

	if (faults & DEVICE_FAULT_PARENT_ARP_IGNORE)
		device_message_add_setting(request, SETTING_ARP_IGNORE, PARENT_ARP_IGNORE);
	if (faults & DEVICE_FAULT_PARENT_ARP_ANNOUNCE)
		device_message_add_setting(request, SETTING_ARP_ANNOUNCE, PARENT_ARP_ANNOUNCE);
	device_message_end_settings(request);
	netlink_request(netlink, request, NULL, NULL);
}

void device_settings_apply(struct netlink_socket *netlink, const struct port_device *device,
	const struct device_facts *facts, const struct device_facts *parent, int faults)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];

	if (faults & (DEVICE_FAULT_ARP_IGNORE | DEVICE_FAULT_RP_FILTER | DEVICE_FAULT_FORWARDING))
		apply_ipv4(netlink, facts->ifindex, faults, wanted_forwarding(device, parent));
	if (faults & DEVICE_FAULT_LINK_LOCAL)
		netlink_request(netlink, device_message_no_link_local(buffer, facts->ifindex), NULL, NULL);
	if (faults & (DEVICE_FAULT_IPV6 | DEVICE_FAULT_NO_IPV6 | DEVICE_FAULT_ROUTER_ADVERTS))
		apply_ipv6(device);
	if (faults & DEVICE_FAULT_VRF)
		netlink_request(
			netlink, device_message_set_master(buffer, facts->ifindex, device->vrf), NULL, NULL);
	if (faults & (DEVICE_FAULT_PARENT_ARP_IGNORE | DEVICE_FAULT_PARENT_ARP_ANNOUNCE))
		apply_parent(netlink, parent->ifindex, faults);
	if (device->ipv6)
		write_sysctl("ipv6", device->name, "forwarding",
			device->forwards && read_sysctl("ipv6", "all", "forwarding") > 0);
}

void device_settings_restore(struct netlink_socket *netlink, int parent, int arp_ignore, int arp_announce)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];
	struct device_facts now;
	struct nlmsghdr *request;

	if (device_facts_get(netlink, parent, NULL, &now))
		return;
	request = device_message_settings(buffer, parent);
	if (now.arp_ignore == PARENT_ARP_IGNORE)
		device_message_add_setting(request, SETTING_ARP_IGNORE, (uint32_t)arp_ignore);
	if (now.arp_announce == PARENT_ARP_ANNOUNCE)
		device_message_add_setting(request, SETTING_ARP_ANNOUNCE, (uint32_t)arp_announce);
	device_message_end_settings(request);
	netlink_request(netlink, request, NULL, NULL);
}

void device_settings_promote(struct netlink_socket *netlink, int ifindex, int value)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];
	struct nlmsghdr *request = device_message_settings(buffer, ifindex);

	device_message_add_setting(request, SETTING_PROMOTE_SECONDARIES, (uint32_t)value);
	device_message_end_settings(request);
	netlink_request(netlink, request, NULL, NULL);
}
