/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink messages <-> the structs of the engine: see kernel_message.h. */
#include "linux/kernel_message.h"

#include "linux/device_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>

#define OUR_IFF_LOWER_UP (1u << 16) /* net/if.h and linux/if.h cannot be had together */
#define ADDRESS_PROTOCOL 11 /* IFA_PROTO, Linux 5.18; older kernels pass over it */

/* The attributes of a message by type; those above the highest asked for are left out. */
#define ATTRIBUTES_MAX 64

static int collect_one(const struct nlattr *attribute, void *data)
{
	const struct nlattr **found = data;
	const unsigned type = mnl_attr_get_type(attribute);

	if (type < ATTRIBUTES_MAX)
		found[type] = attribute;
	return MNL_CB_OK;
}

static void collect(const struct nlmsghdr *header, size_t body, const struct nlattr *found[ATTRIBUTES_MAX])
{
	memset(found, 0, ATTRIBUTES_MAX * sizeof(*found));
	mnl_attr_parse(header, (unsigned)body, collect_one, found);
}

static bool has_size(const struct nlattr *attribute, size_t size)
{
	return attribute && mnl_attr_get_payload_len(attribute) >= size;
}

static uint32_t number(const struct nlattr *attribute)
{
	return has_size(attribute, sizeof(uint32_t)) ? mnl_attr_get_u32(attribute) : 0;
}

/* IP_NONE without the attribute. */
static struct ip_addr address_of(const struct nlattr *attribute, uint8_t family)
{
	struct ip_addr none = {0};

	if (family == AF_INET && has_size(attribute, 4))
		return ip_v4_from(mnl_attr_get_payload(attribute));
	if (family == AF_INET6 && has_size(attribute, 16))
		return ip_v6_from(mnl_attr_get_payload(attribute));
	return none;
}

/* The port of a bridge or bond has a master, too. */
static bool is_vrf_slave(const struct nlattr *info)
{
	const struct nlattr *found[ATTRIBUTES_MAX] = {0};

	if (info)
		mnl_attr_parse_nested(info, collect_one, found);
	return found[IFLA_INFO_SLAVE_KIND] &&
	       mnl_attr_validate(found[IFLA_INFO_SLAVE_KIND], MNL_TYPE_NUL_STRING) >= 0 &&
	       strcmp(mnl_attr_get_str(found[IFLA_INFO_SLAVE_KIND]), "vrf") == 0;
}

static bool has_our_alias(const struct nlattr *alias)
{
	return alias && mnl_attr_validate(alias, MNL_TYPE_NUL_STRING) >= 0 &&
	       strncmp(mnl_attr_get_str(alias), DEVICE_ALIAS_MARK, strlen(DEVICE_ALIAS_MARK)) == 0;
}

bool kernel_message_link(const struct nlmsghdr *header, struct engine_link *link)
{
	const struct nlattr *found[ATTRIBUTES_MAX];
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(header);

	/* A bridge reports its ports in its own family: "deleted" means "no longer a port" there. */
	if (mnl_nlmsg_get_payload_len(header) < sizeof(*body) || body->ifi_family != AF_UNSPEC)
		return false;
	collect(header, sizeof(*body), found);
	if (!found[IFLA_IFNAME] || mnl_attr_validate(found[IFLA_IFNAME], MNL_TYPE_NUL_STRING) < 0)
		return false;
	*link = (struct engine_link){.ifindex = body->ifi_index,
		.name = mnl_attr_get_str(found[IFLA_IFNAME]),
		.mtu = number(found[IFLA_MTU]),
		.up = body->ifi_flags & IFF_UP,
		/* LOWER_UP: there is a carrier. RUNNING: nothing else (802.1X, a lower device) holds it back.
	         */
		.carrier = body->ifi_flags & OUR_IFF_LOWER_UP && body->ifi_flags & IFF_RUNNING};
	if (is_vrf_slave(found[IFLA_LINKINFO]))
		link->vrf = (int)number(found[IFLA_MASTER]);
	link->ours = has_our_alias(found[IFLA_IFALIAS]);
	if (body->ifi_type == ARPHRD_ETHER && has_size(found[IFLA_ADDRESS], sizeof(link->mac.bytes)))
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
	collect(header, sizeof(*body), found);
	flags = found[IFA_FLAGS] ? number(found[IFA_FLAGS]) : body->ifa_flags;
	*address = (struct engine_address){.ifindex = (int)body->ifa_index,
		.prefix = {address_of(found[IFA_LOCAL] ? found[IFA_LOCAL] : found[IFA_ADDRESS],
				   body->ifa_family),
			body->ifa_prefixlen},
		/* The same bit says of an IPv6 address that it is a temporary one. */
		.secondary = body->ifa_family == AF_INET && flags & IFA_F_SECONDARY,
		.tentative = flags & IFA_F_TENTATIVE,
		.duplicate = flags & IFA_F_DADFAILED,
		.deprecated = flags & IFA_F_DEPRECATED,
		.protocol =
			has_size(found[ADDRESS_PROTOCOL], 1) ? mnl_attr_get_u8(found[ADDRESS_PROTOCOL]) : 0};
	return ip_is_set(&address->prefix.addr);
}

static enum route_type route_type_of(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return ROUTE_BLACKHOLE;
	case RTN_UNREACHABLE:
		return ROUTE_UNREACHABLE;
	case RTN_PROHIBIT:
		return ROUTE_PROHIBIT;
	}
	return ROUTE_UNICAST;
}

static uint32_t mtu_of(const struct nlattr *metrics)
{
	const struct nlattr *found[ATTRIBUTES_MAX] = {0};

	if (metrics)
		mnl_attr_parse_nested(metrics, collect_one, found);
	return number(found[RTAX_MTU]);
}

bool kernel_message_route(const struct nlmsghdr *header, struct virtual_route *route, int *ifindex)
{
	const struct nlattr *found[ATTRIBUTES_MAX];
	const struct rtmsg *body = mnl_nlmsg_get_payload(header);
	uint32_t table;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*body))
		return false;
	if (body->rtm_family != AF_INET && body->rtm_family != AF_INET6)
		return false;
	collect(header, sizeof(*body), found);
	table = found[RTA_TABLE] ? number(found[RTA_TABLE]) : body->rtm_table;
	*route = (struct virtual_route){.type = route_type_of(body->rtm_type),
		.destination = {address_of(found[RTA_DST], body->rtm_family), body->rtm_dst_len},
		.gateway = address_of(found[RTA_GATEWAY], body->rtm_family),
		.source = address_of(found[RTA_PREFSRC], body->rtm_family),
		.metric = number(found[RTA_PRIORITY]),
		.table = table == RT_TABLE_MAIN ? 0 : table,
		.mtu = mtu_of(found[RTA_METRICS]),
		.tos = body->rtm_tos,
		.scope = body->rtm_scope,
		.scope_set = true,
		.on_link = body->rtm_flags & RTNH_F_ONLINK};
	/* The kernel leaves the destination of a default route out. */
	if (!found[RTA_DST])
		route->destination.addr.family = body->rtm_family == AF_INET6 ? IP_V6 : IP_V4;
	*ifindex = (int)number(found[RTA_OIF]);
	return true;
}

static uint8_t kernel_family(const struct ip_addr *addr)
{
	return addr->family == IP_V6 ? AF_INET6 : AF_INET;
}

static void put_address(struct nlmsghdr *header, uint16_t type, const struct ip_addr *addr)
{
	mnl_attr_put(header, type, ip_size(addr), addr->bytes);
}

/* "brd +": all host bits one; not for /31 and /32, which have no broadcast address. */
static struct ip_addr broadcast_of(const struct virtual_address *address)
{
	struct ip_addr broadcast = address->prefix.addr;

	if (!address->broadcast_auto || broadcast.family != IP_V4 || address->prefix.length > 30)
		return address->broadcast;
	for (unsigned bit = address->prefix.length; bit < 32; bit++)
		broadcast.bytes[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
	return broadcast;
}

/* Duplicate address detection would keep a virtual address silent for a second after every takeover, and would fail while
 * the old master still has it (ND-07). One without a network is deprecated at once: it is no source for connections
 * that this router opens, which would break when the address moves. */
static void put_ipv6_details(
	struct nlmsghdr *header, struct ifaddrmsg *body, const struct virtual_address *address)
{
	const struct ifa_cacheinfo lifetimes = {.ifa_prefered = 0, .ifa_valid = UINT32_MAX};

	body->ifa_flags = IFA_F_NODAD;
	if (address->prefix.length == 128)
		mnl_attr_put(header, IFA_CACHEINFO, sizeof(lifetimes), &lifetimes);
}

static void put_address_request(struct nlmsghdr *header, const struct kernel_op *op)
{
	const struct virtual_address *address = op->address;
	const struct ip_addr broadcast = broadcast_of(address);
	struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));

	body->ifa_family = kernel_family(&address->prefix.addr);
	body->ifa_prefixlen = address->prefix.length;
	body->ifa_index = (unsigned)op->ifindex;
	put_address(header, IFA_LOCAL, &address->prefix.addr);
	put_address(header, IFA_ADDRESS, &address->prefix.addr);
	if (op->type == KERNEL_DELETE_ADDRESS)
		return;
	body->ifa_scope = address->scope;
	if (body->ifa_family == AF_INET6)
		put_ipv6_details(header, body, address);
	if (ip_is_set(&broadcast))
		put_address(header, IFA_BROADCAST, &broadcast);
	if (address->label)
		mnl_attr_put_strz(header, IFA_LABEL, address->label);
	mnl_attr_put_u8(header, ADDRESS_PROTOCOL, VIGIA_KERNEL_PROTOCOL);
}

static uint8_t kernel_route_type(enum route_type type)
{
	switch (type) {
	case ROUTE_UNICAST:
		return RTN_UNICAST;
	case ROUTE_BLACKHOLE:
		return RTN_BLACKHOLE;
	case ROUTE_UNREACHABLE:
		return RTN_UNREACHABLE;
	case ROUTE_PROHIBIT:
		return RTN_PROHIBIT;
	}
	return RTN_UNICAST;
}

static uint8_t route_scope(const struct kernel_op *op)
{
	const struct virtual_route *route = op->route;

	/* The kernel takes this for "any" when it looks for the one to delete. */
	if (op->type == KERNEL_DELETE_ROUTE && !route->scope_set)
		return RT_SCOPE_NOWHERE;
	if (route->scope_set)
		return route->scope;
	return route->type == ROUTE_UNICAST && !ip_is_set(&route->gateway) ? RT_SCOPE_LINK
									   : RT_SCOPE_UNIVERSE;
}

/* The kernel's own choice for IPv6 is said, too: it takes a delete without it for one of any metric. */
static uint32_t metric_of(const struct virtual_route *route)
{
	return route->metric == 0 && route->destination.addr.family == IP_V6 ? VIGIA_KERNEL_METRIC_V6
									     : route->metric;
}

static void put_route_request(struct nlmsghdr *header, const struct kernel_op *op)
{
	const struct virtual_route *route = op->route;
	const uint32_t table = route->table ? route->table : RT_TABLE_MAIN;
	struct rtmsg *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));

	body->rtm_family = kernel_family(&route->destination.addr);
	body->rtm_dst_len = route->destination.length;
	body->rtm_tos = route->tos;
	body->rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC;
	body->rtm_protocol = VIGIA_KERNEL_PROTOCOL;
	body->rtm_scope = route_scope(op);
	body->rtm_type = kernel_route_type(route->type);
	body->rtm_flags = route->on_link ? RTNH_F_ONLINK : 0;
	if (table >= 256)
		mnl_attr_put_u32(header, RTA_TABLE, table);
	if (route->destination.length > 0)
		put_address(header, RTA_DST, &route->destination.addr);
	if (ip_is_set(&route->gateway))
		put_address(header, RTA_GATEWAY, &route->gateway);
	if (ip_is_set(&route->source))
		put_address(header, RTA_PREFSRC, &route->source);
	if (op->ifindex)
		mnl_attr_put_u32(header, RTA_OIF, (uint32_t)op->ifindex);
	if (metric_of(route))
		mnl_attr_put_u32(header, RTA_PRIORITY, metric_of(route));
	if (route->mtu && op->type == KERNEL_ADD_ROUTE) {
		struct nlattr *metrics = mnl_attr_nest_start(header, RTA_METRICS);

		mnl_attr_put_u32(header, RTAX_MTU, route->mtu);
		mnl_attr_nest_end(header, metrics);
	}
}

static void put_type(struct nlmsghdr *header, enum kernel_op_type type)
{
	switch (type) {
	case KERNEL_ADD_ADDRESS:
		header->nlmsg_type = RTM_NEWADDR;
		header->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE;
		return;
	case KERNEL_ADD_ROUTE:
		header->nlmsg_type = RTM_NEWROUTE;
		header->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE;
		return;
	case KERNEL_DELETE_ADDRESS:
		header->nlmsg_type = RTM_DELADDR;
		header->nlmsg_flags = NLM_F_REQUEST;
		return;
	case KERNEL_DELETE_ROUTE:
		header->nlmsg_type = RTM_DELROUTE;
		header->nlmsg_flags = NLM_F_REQUEST;
		return;
	case KERNEL_DELETE_DEVICE:
	case KERNEL_RESTORE_PARENT:
		return;
	}
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
	put_type(header, op->type);
	header->nlmsg_seq = sequence;
	if (op->type == KERNEL_ADD_ADDRESS || op->type == KERNEL_DELETE_ADDRESS)
		put_address_request(header, op);
	else
		put_route_request(header, op);
	return NLMSG_ALIGN(header->nlmsg_len);
}

bool kernel_op_is_done(enum kernel_op_type type, int error)
{
	if (error == 0)
		return true;
	switch (type) {
	case KERNEL_DELETE_ADDRESS:
		return error == -EADDRNOTAVAIL || error == -ENODEV;
	case KERNEL_DELETE_ROUTE:
		return error == -ESRCH || error == -ENODEV;
	case KERNEL_DELETE_DEVICE:
	case KERNEL_RESTORE_PARENT:
		return error == -ENODEV;
	case KERNEL_ADD_ADDRESS:
	case KERNEL_ADD_ROUTE:
		return false;
	}
	return false;
}
