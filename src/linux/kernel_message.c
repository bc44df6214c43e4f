/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink messages <-> the structs of the engine: see kernel_message.h. */
#include "linux/kernel_message.h"

#include "linux/attributes.h"
#include "linux/device_message.h"
#include "linux/route_message.h"
#include "linux/rule_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>

#define OUR_IFF_LOWER_UP (1u << 16) /* net/if.h and linux/if.h cannot be had together */
#define ADDRESS_PROTOCOL 11 /* IFA_PROTO, Linux 5.18; older kernels pass over it */

/* The port of a bridge or bond has a master, too. */
static bool is_vrf_slave(const struct nlattr *info)
{
	const struct nlattr *found[ATTRIBUTES_MAX];

	attributes_collect_nested(info, found);
	return found[IFLA_INFO_SLAVE_KIND] &&
	       mnl_attr_validate(found[IFLA_INFO_SLAVE_KIND], MNL_TYPE_NUL_STRING) >= 0 &&
	       strcmp(mnl_attr_get_str(found[IFLA_INFO_SLAVE_KIND]), "vrf") == 0;
}

/* Of a VRF; 0: it is none. */
static uint32_t vrf_table(const struct nlattr *info)
{
	const struct nlattr *found[ATTRIBUTES_MAX], *of_kind[ATTRIBUTES_MAX];

	attributes_collect_nested(info, found);
	if (!found[IFLA_INFO_KIND] || !found[IFLA_INFO_DATA] ||
		mnl_attr_validate(found[IFLA_INFO_KIND], MNL_TYPE_NUL_STRING) < 0 ||
		strcmp(mnl_attr_get_str(found[IFLA_INFO_KIND]), "vrf") != 0)
		return 0;
	attributes_collect_nested(found[IFLA_INFO_DATA], of_kind);
	return attribute_number(of_kind[IFLA_VRF_TABLE]);
}

static void read_mark(uint32_t group, const struct nlattr *alias, struct engine_link *link)
{
	const char *text = alias && mnl_attr_validate(alias, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(alias) : "";

	link->maker = device_maker_of(group, text);
	link->ours = device_is_ours(group, text);
}

/* Whether the setting `forwarding` of an array of them is known, and 0. place: counted from 0. */
static bool is_off(const struct nlattr *array, size_t place)
{
	return attribute_has_size(array, (place + 1) * sizeof(uint32_t)) &&
	       ((const uint32_t *)mnl_attr_get_payload(array))[place] == 0;
}

static void read_forwarding(const struct nlattr *settings, struct engine_link *link)
{
	const struct nlattr *families[ATTRIBUTES_MAX], *found[ATTRIBUTES_MAX];

	attributes_collect_nested(settings, families);
	attributes_collect_nested(families[AF_INET], found);
	link->forwards_no_ipv4 = is_off(found[IFLA_INET_CONF], IPV4_DEVCONF_FORWARDING - 1);
	attributes_collect_nested(families[AF_INET6], found);
	link->forwards_no_ipv6 = is_off(found[IFLA_INET6_CONF], DEVCONF_FORWARDING);
}

bool kernel_message_link(const struct nlmsghdr *header, struct engine_link *link)
{
	const struct nlattr *found[ATTRIBUTES_MAX];
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(header);

	/* A bridge reports its ports in its own family: "deleted" means "no longer a port" there. */
	if (mnl_nlmsg_get_payload_len(header) < sizeof(*body) || body->ifi_family != AF_UNSPEC)
		return false;
	attributes_collect(header, sizeof(*body), found);
	if (!found[IFLA_IFNAME] || mnl_attr_validate(found[IFLA_IFNAME], MNL_TYPE_NUL_STRING) < 0)
		return false;
	*link = (struct engine_link){.ifindex = body->ifi_index,
		.name = mnl_attr_get_str(found[IFLA_IFNAME]),
		.mtu = attribute_number(found[IFLA_MTU]),
		.up = body->ifi_flags & IFF_UP,
		/* LOWER_UP: there is a carrier. RUNNING: nothing else (802.1X, a lower device) holds it back.
	         */
		.carrier = body->ifi_flags & OUR_IFF_LOWER_UP && body->ifi_flags & IFF_RUNNING};
	if (is_vrf_slave(found[IFLA_LINKINFO]))
		link->vrf = (int)attribute_number(found[IFLA_MASTER]);
	link->vrf_table = vrf_table(found[IFLA_LINKINFO]);
	read_mark(attribute_number(found[IFLA_GROUP]), found[IFLA_IFALIAS], link);
	read_forwarding(found[IFLA_AF_SPEC], link);
	if (body->ifi_type == ARPHRD_ETHER && attribute_has_size(found[IFLA_ADDRESS], sizeof(link->mac.bytes)))
		memcpy(link->mac.bytes, mnl_attr_get_payload(found[IFLA_ADDRESS]), sizeof(link->mac.bytes));
	return true;
}

bool kernel_message_address(const struct nlmsghdr *header, struct engine_address *address)
{
	const struct nlattr *found[ATTRIBUTES_MAX];
	const struct ifaddrmsg *body = mnl_nlmsg_get_payload(header);
	uint32_t flags;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*body))
		return false;
	attributes_collect(header, sizeof(*body), found);
	flags = found[IFA_FLAGS] ? attribute_number(found[IFA_FLAGS]) : body->ifa_flags;
	*address = (struct engine_address){.ifindex = (int)body->ifa_index,
		.prefix = {attribute_address(found[IFA_LOCAL] ? found[IFA_LOCAL] : found[IFA_ADDRESS],
				   body->ifa_family),
			body->ifa_prefixlen},
		/* The same bit says of an IPv6 address that it is a temporary one. */
		.secondary = body->ifa_family == AF_INET && flags & IFA_F_SECONDARY,
		.tentative = flags & IFA_F_TENTATIVE,
		.duplicate = flags & IFA_F_DADFAILED,
		.deprecated = flags & IFA_F_DEPRECATED,
		.protocol =
			attribute_has_size(found[ADDRESS_PROTOCOL], 1) ? mnl_attr_get_u8(found[ADDRESS_PROTOCOL]) : 0};
	return ip_is_set(&address->prefix.addr);
}

/* "brd +": all host bits one; not for /31 and /32, which have no broadcast address. The network is that of a peer. */
static struct ip_addr broadcast_of(const struct virtual_address *address)
{
	const struct address_options *options = address_options(address);
	struct ip_addr broadcast = ip_is_set(&options->peer.addr) ? options->peer.addr : address->prefix.addr;

	if (!options->broadcast_auto || broadcast.family != IP_V4 || address->prefix.length > 30)
		return options->broadcast;
	for (unsigned bit = address->prefix.length; bit < 32; bit++)
		broadcast.bytes[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
	return broadcast;
}

/* Duplicate address detection would keep a virtual address silent for a second after every takeover, and would fail while
 * the old master still has it (ND-07). One without a network is deprecated at once: it is no source for connections
 * that this router opens, which would break when the address moves. */
static void put_lifetimes(struct nlmsghdr *header, const struct virtual_address *address, uint32_t lifetime)
{
	const struct address_options *options = address_options(address);
	const bool deprecated = address->prefix.addr.family == IP_V6 && address->prefix.length == 128;
	const uint32_t valid = lifetime > 0 ? lifetime : UINT32_MAX;
	struct ifa_cacheinfo lifetimes = {.ifa_prefered = valid, .ifa_valid = valid};

	if (options->preferred_set ? options->preferred < valid : deprecated)
		lifetimes.ifa_prefered = options->preferred_set ? options->preferred : 0;
	if (options->preferred_set || deprecated || lifetime > 0)
		mnl_attr_put(header, IFA_CACHEINFO, sizeof(lifetimes), &lifetimes);
}

static uint32_t flags_of(const struct virtual_address *address)
{
	const struct address_options *options = address_options(address);
	const bool is_v6 = address->prefix.addr.family == IP_V6;

	return (is_v6 && !options->detects_duplicates ? IFA_F_NODAD : 0) |
	       (options->home ? IFA_F_HOMEADDRESS : 0) | (options->managed ? IFA_F_MANAGETEMPADDR : 0) |
	       (options->no_prefix_route ? IFA_F_NOPREFIXROUTE : 0) | (options->auto_join ? IFA_F_MCAUTOJOIN : 0);
}

static void put_address_request(struct nlmsghdr *header, const struct kernel_op *op)
{
	const bool add = op->type == KERNEL_ADD_ADDRESS;
	const struct virtual_address *address = op->address;
	const struct address_options *options = address_options(address);
	const struct ip_addr broadcast = broadcast_of(address);
	struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));

	header->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
	header->nlmsg_flags = NLM_F_REQUEST | (add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	body->ifa_family = kernel_family(&address->prefix.addr);
	body->ifa_prefixlen = address->prefix.length;
	body->ifa_index = (unsigned)op->ifindex;
	attribute_put_address(header, IFA_LOCAL, &address->prefix.addr);
	attribute_put_address(header, IFA_ADDRESS,
		ip_is_set(&options->peer.addr) ? &options->peer.addr : &address->prefix.addr);
	if (!add)
		return;
	body->ifa_scope = options->scope;
	body->ifa_flags = (uint8_t)flags_of(address);
	if (flags_of(address) > UINT8_MAX)
		mnl_attr_put_u32(header, IFA_FLAGS, flags_of(address));
	put_lifetimes(header, address, op->lifetime);
	if (ip_is_set(&broadcast))
		attribute_put_address(header, IFA_BROADCAST, &broadcast);
	if (options->label)
		mnl_attr_put_strz(header, IFA_LABEL, options->label);
	mnl_attr_put_u8(header, ADDRESS_PROTOCOL, VIGIA_KERNEL_PROTOCOL);
}

static struct nlmsghdr *put_restoring(void *buffer, const struct kernel_op *op)
{
	struct nlmsghdr *request = device_message_settings(buffer, op->ifindex);

	device_message_add_setting(request, SETTING_ARP_IGNORE, op->arp_ignore);
	device_message_add_setting(request, SETTING_ARP_ANNOUNCE, op->arp_announce);
	device_message_end_settings(request);
	return request;
}

/* These are made elsewhere. NULL: not one of them. */
static struct nlmsghdr *put_device_request(void *buffer, const struct kernel_op *op)
{
	if (op->type == KERNEL_DELETE_DEVICE)
		return device_message_delete(buffer, op->ifindex);
	return op->type == KERNEL_RESTORE_PARENT ? put_restoring(buffer, op) : NULL;
}

size_t kernel_message_request(const struct kernel_op *op, uint32_t sequence, void *buffer)
{
	struct nlmsghdr *header;

	header = put_device_request(buffer, op);
	if (header) {
		header->nlmsg_seq = sequence;
		return NLMSG_ALIGN(header->nlmsg_len);
	}
	/* libmnl leaves what it skips for alignment as it was. */
	memset(buffer, 0, KERNEL_REQUEST_MAX);
	header = mnl_nlmsg_put_header(buffer);
	header->nlmsg_seq = sequence;
	if (op->type == KERNEL_ADD_ADDRESS || op->type == KERNEL_DELETE_ADDRESS)
		put_address_request(header, op);
	else if (op->rule)
		rule_message_put(header, op);
	else
		route_message_put(header, op);
	return NLMSG_ALIGN(header->nlmsg_len);
}

bool kernel_op_is_done(const struct kernel_op *op, int error)
{
	if (error == 0)
		return true;
	switch (op->type) {
	case KERNEL_DELETE_ADDRESS:
		return error == -EADDRNOTAVAIL || error == -ENODEV;
	case KERNEL_DELETE_ROUTE:
		return error == -ESRCH || error == -ENODEV;
	case KERNEL_DELETE_RULE:
		return error == -ENOENT;
	case KERNEL_ADD_RULE:
		return error == -EEXIST;
	case KERNEL_DELETE_DEVICE:
	case KERNEL_RESTORE_PARENT:
		return error == -ENODEV;
	case KERNEL_ADD_ROUTE:
		/* Only one that is the same in all stands in the way of one that goes before it. */
		return error == -EEXIST && op->route->mode != ROUTE_MODE_ADD;
	case KERNEL_ADD_ADDRESS:
		return false;
	}
	return false;
}
