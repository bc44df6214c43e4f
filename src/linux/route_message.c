/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes as rtnetlink(7) and ip-route(8) have them. In IPv4, routes that differ in anything stand beside each other, and
 * a request to delete one says all of it. In IPv6, one takes the place of another with that destination, table and metric, and
 * the kernel deletes what stands there.
 */
#include "linux/route_message.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/ila.h>
#include <linux/lwtunnel.h>
#include <linux/mpls_iptunnel.h>
#include <linux/rtnetlink.h>

#include "linux/attributes.h"

#define FASTOPEN_NO_COOKIE 17 /* RTAX_FASTOPEN_NO_COOKIE, which old headers lack */
#define LABEL_SHIFT 12
#define LABEL_BOTTOM 0x100u

_Static_assert(ROUTE_UNICAST + 1 == RTN_UNICAST && ROUTE_LOCAL + 1 == RTN_LOCAL &&
		       ROUTE_MULTICAST + 1 == RTN_MULTICAST && ROUTE_THROW + 1 == RTN_THROW,
	"enum route_type is in the order of the kernel");
_Static_assert((int)ROUTE_METRIC_MTU == RTAX_MTU && (int)ROUTE_METRIC_HOPLIMIT == RTAX_HOPLIMIT &&
		       (int)ROUTE_METRIC_QUICKACK == RTAX_QUICKACK &&
		       (int)ROUTE_METRIC_CONGESTION == RTAX_CC_ALGO &&
		       (int)ROUTE_METRIC_FASTOPEN == FASTOPEN_NO_COOKIE,
	"enum route_metric has the numbers of the kernel");

_Static_assert((int)LWTUNNEL_IP_ID == (int)LWTUNNEL_IP6_ID && (int)LWTUNNEL_IP_DST == (int)LWTUNNEL_IP6_DST &&
		       (int)LWTUNNEL_IP_SRC == (int)LWTUNNEL_IP6_SRC &&
		       (int)LWTUNNEL_IP_TTL == (int)LWTUNNEL_IP6_HOPLIMIT &&
		       (int)LWTUNNEL_IP_TOS == (int)LWTUNNEL_IP6_TC &&
		       (int)LWTUNNEL_IP_FLAGS == (int)LWTUNNEL_IP6_FLAGS,
	"the attributes of IPv4 and IPv6 tunnels have the same numbers");

static bool is_add(const struct kernel_op *op)
{
	return op->type == KERNEL_ADD_ROUTE;
}

static uint16_t add_flags(const struct virtual_route *route)
{
	switch (route->mode) {
	case ROUTE_MODE_ADD:
		return NLM_F_CREATE | NLM_F_EXCL;
	case ROUTE_MODE_APPEND:
		return NLM_F_CREATE | NLM_F_APPEND;
	case ROUTE_MODE_PREPEND:
		return NLM_F_CREATE;
	case ROUTE_MODE_USUAL:
		break;
	}
	/* In IPv6, one that is made beside another of the same metric makes one route with two next hops of both. */
	return route->destination.addr.family == IP_V6 ? NLM_F_CREATE | NLM_F_REPLACE : NLM_F_CREATE;
}

static uint8_t scope_of(const struct kernel_op *op)
{
	const struct virtual_route *route = op->route;

	if (route->scope_set)
		return route->scope;
	/* The kernel takes this for "any" when it looks for the one to delete. */
	if (!is_add(op))
		return RT_SCOPE_NOWHERE;
	if (route->destination.addr.family == IP_V6)
		return RT_SCOPE_UNIVERSE;
	switch (route->type) {
	case ROUTE_LOCAL:
		return RT_SCOPE_HOST;
	case ROUTE_BROADCAST:
	case ROUTE_ANYCAST:
	case ROUTE_MULTICAST:
		return RT_SCOPE_LINK;
	case ROUTE_UNICAST:
		return ip_is_set(&route->gateway) || route->hop_count > 0 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	case ROUTE_BLACKHOLE:
	case ROUTE_UNREACHABLE:
	case ROUTE_PROHIBIT:
	case ROUTE_THROW:
		break;
	}
	return RT_SCOPE_UNIVERSE;
}

/* The kernel's own choice for IPv6 is said, too: it takes a delete without it for one of any metric. */
static uint32_t metric_of(const struct virtual_route *route)
{
	return route->metric == 0 && route->destination.addr.family == IP_V6 ? VIGIA_KERNEL_METRIC_V6
									     : route->metric;
}

static void put_metrics(struct nlmsghdr *header, const struct virtual_route *route)
{
	struct nlattr *nest;

	if (route->metrics_given == 0)
		return;
	nest = mnl_attr_nest_start(header, RTA_METRICS);
	if (route->metrics_locked != 0)
		mnl_attr_put_u32(header, RTAX_LOCK, route->metrics_locked);
	for (unsigned metric = ROUTE_METRIC_MTU; metric < ROUTE_METRIC_COUNT; metric++)
		if (route->metrics_given & 1u << metric && metric != ROUTE_METRIC_CONGESTION)
			mnl_attr_put_u32(header, (uint16_t)metric, route->metrics[metric]);
	if (route->congestion != NULL)
		mnl_attr_put_strz(header, RTAX_CC_ALGO, route->congestion);
	mnl_attr_nest_end(header, nest);
}

static void put_tunnel(struct nlmsghdr *header, const struct route_encap *encap)
{
	if (encap->id_set)
		mnl_attr_put_u64(header, LWTUNNEL_IP_ID, htobe64(encap->id));
	if (ip_is_set(&encap->destination))
		attribute_put_address(header, LWTUNNEL_IP_DST, &encap->destination);
	if (ip_is_set(&encap->source))
		attribute_put_address(header, LWTUNNEL_IP_SRC, &encap->source);
	if (encap->tos_set)
		mnl_attr_put_u8(header, LWTUNNEL_IP_TOS, encap->tos);
	if (encap->ttl_set)
		mnl_attr_put_u8(header, LWTUNNEL_IP_TTL, encap->ttl);
	if (encap->flags_set)
		mnl_attr_put_u16(header, LWTUNNEL_IP_FLAGS, htons(encap->flags));
}

static void put_labels(struct nlmsghdr *header, const struct route_encap *encap)
{
	uint32_t entries[ROUTE_LABELS_MAX];

	for (unsigned i = 0; i < encap->label_count; i++)
		entries[i] = htonl(encap->labels[i] << LABEL_SHIFT |
				   (i + 1u == encap->label_count ? LABEL_BOTTOM : 0));
	mnl_attr_put(header, MPLS_IPTUNNEL_DST, encap->label_count * sizeof(entries[0]), entries);
}

static void put_encap(struct nlmsghdr *header, const struct route_encap *encap)
{
	static const uint16_t types[] = {[ROUTE_ENCAP_IP] = LWTUNNEL_ENCAP_IP,
		[ROUTE_ENCAP_IP6] = LWTUNNEL_ENCAP_IP6,
		[ROUTE_ENCAP_MPLS] = LWTUNNEL_ENCAP_MPLS,
		[ROUTE_ENCAP_ILA] = LWTUNNEL_ENCAP_ILA};
	struct nlattr *nest;

	if (encap == NULL)
		return;
	nest = mnl_attr_nest_start(header, RTA_ENCAP);
	switch (encap->type) {
	case ROUTE_ENCAP_IP:
	case ROUTE_ENCAP_IP6:
		put_tunnel(header, encap);
		break;
	case ROUTE_ENCAP_MPLS:
		put_labels(header, encap);
		break;
	case ROUTE_ENCAP_ILA:
		mnl_attr_put_u64(header, ILA_ATTR_LOCATOR, htobe64(encap->locator));
		break;
	}
	mnl_attr_nest_end(header, nest);
	mnl_attr_put_u16(header, RTA_ENCAP_TYPE, types[encap->type]);
}

/* One of another family than the route's has an attribute of its own. */
static void put_gateway(struct nlmsghdr *header, unsigned family, const struct ip_addr *gateway)
{
	struct {
		uint16_t family;
		uint8_t bytes[16];
	} via;

	if (!ip_is_set(gateway))
		return;
	if (gateway->family == family) {
		attribute_put_address(header, RTA_GATEWAY, gateway);
		return;
	}
	via.family = kernel_family(gateway);
	for (size_t i = 0; i < ip_size(gateway); i++)
		via.bytes[i] = gateway->bytes[i];
	mnl_attr_put(header, RTA_VIA, sizeof(via.family) + ip_size(gateway), &via);
}

/* Behind the attribute so far, as in ip-route(8): struct rtnexthop with attributes of its own, which libmnl does not know. */
static void put_hops(struct nlmsghdr *header, const struct kernel_op *op)
{
	const struct virtual_route *route = op->route;
	struct nlattr *nest;

	if (route->hop_count == 0)
		return;
	nest = mnl_attr_nest_start(header, RTA_MULTIPATH);
	for (size_t i = 0; i < route->hop_count; i++) {
		const struct route_hop *hop = &route->hops[i];
		struct rtnexthop *next = mnl_nlmsg_get_payload_tail(header);
		const uint32_t before = header->nlmsg_len;

		*next = (struct rtnexthop){.rtnh_hops = (uint8_t)(hop->weight - 1),
			.rtnh_flags = hop->on_link ? RTNH_F_ONLINK : 0,
			.rtnh_ifindex = op->hop_ifindexes[i]};
		header->nlmsg_len += sizeof(*next);
		put_gateway(header, route->destination.addr.family, &hop->gateway);
		if (hop->realms)
			mnl_attr_put_u32(header, RTA_FLOW, hop->realms);
		put_encap(header, hop->encap);
		next->rtnh_len = (uint16_t)(header->nlmsg_len - before);
	}
	mnl_attr_nest_end(header, nest);
}

/* What the route is like, beside where it goes. */
static void put_details(struct nlmsghdr *header, const struct kernel_op *op)
{
	const struct virtual_route *route = op->route;

	if (ip_is_set(&route->source))
		attribute_put_address(header, RTA_PREFSRC, &route->source);
	if (route->realms)
		mnl_attr_put_u32(header, RTA_FLOW, route->realms);
	if (route->expires)
		mnl_attr_put_u32(header, RTA_EXPIRES, route->expires);
	if (route->preference_set)
		mnl_attr_put_u8(header, RTA_PREF, route->preference);
	if (route->ttl != ROUTE_TTL_NOT_SAID)
		mnl_attr_put_u8(header, RTA_TTL_PROPAGATE, route->ttl == ROUTE_TTL_PROPAGATED);
	put_encap(header, route->encap);
	put_metrics(header, route);
	put_hops(header, op);
}

static void put_body(struct nlmsghdr *header, const struct kernel_op *op, uint32_t table)
{
	const struct virtual_route *route = op->route;
	struct rtmsg *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));

	body->rtm_family = kernel_family(&route->destination.addr);
	body->rtm_dst_len = route->destination.length;
	body->rtm_src_len = ip_is_set(&route->from.addr) ? route->from.length : 0;
	body->rtm_tos = route->tos;
	body->rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC;
	body->rtm_protocol = route->protocol ? route->protocol : VIGIA_KERNEL_PROTOCOL;
	body->rtm_scope = scope_of(op);
	body->rtm_type = (uint8_t)(route->type + 1);
	body->rtm_flags = route->on_link ? RTNH_F_ONLINK : 0;
}

void route_message_put(struct nlmsghdr *header, const struct kernel_op *op)
{
	const struct virtual_route *route = op->route;
	const uint32_t table = op->table ? op->table : route->table ? route->table : RT_TABLE_MAIN;

	header->nlmsg_type = is_add(op) ? RTM_NEWROUTE : RTM_DELROUTE;
	header->nlmsg_flags = NLM_F_REQUEST | (is_add(op) ? add_flags(route) : 0);
	put_body(header, op, table);
	if (table >= 256)
		mnl_attr_put_u32(header, RTA_TABLE, table);
	if (route->destination.length > 0)
		attribute_put_address(header, RTA_DST, &route->destination.addr);
	if (ip_is_set(&route->from.addr) && route->from.length > 0)
		attribute_put_address(header, RTA_SRC, &route->from.addr);
	put_gateway(header, route->destination.addr.family, &route->gateway);
	if (op->ifindex)
		mnl_attr_put_u32(header, RTA_OIF, (uint32_t)op->ifindex);
	if (metric_of(route))
		mnl_attr_put_u32(header, RTA_PRIORITY, metric_of(route));
	if (is_add(op) || route->destination.addr.family == IP_V4)
		put_details(header, op);
}

static enum route_type type_of(uint8_t type)
{
	return type >= RTN_UNICAST && type <= RTN_THROW ? (enum route_type)(type - 1) : ROUTE_UNICAST;
}

static struct ip_addr gateway_of(const struct nlattr *const *found, uint8_t family)
{
	const struct nlattr *via = found[RTA_VIA];
	struct ip_addr none = {0};
	const uint8_t *bytes;

	if (found[RTA_GATEWAY])
		return attribute_address(found[RTA_GATEWAY], family);
	if (!attribute_has_size(via, sizeof(uint16_t) + 16) || mnl_attr_get_u16(via) != AF_INET6)
		return none;
	bytes = mnl_attr_get_payload(via);
	return ip_v6_from(bytes + sizeof(uint16_t));
}

bool route_message_read(const struct nlmsghdr *header, struct virtual_route *route, int *ifindex)
{
	const struct nlattr *found[ATTRIBUTES_MAX];
	const struct rtmsg *body = mnl_nlmsg_get_payload(header);
	uint32_t table;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*body))
		return false;
	if (body->rtm_family != AF_INET && body->rtm_family != AF_INET6)
		return false;
	attributes_collect(header, sizeof(*body), found);
	table = found[RTA_TABLE] ? attribute_number(found[RTA_TABLE]) : body->rtm_table;
	*route = (struct virtual_route){.type = type_of(body->rtm_type),
		.destination = {attribute_address(found[RTA_DST], body->rtm_family), body->rtm_dst_len},
		.gateway = gateway_of(found, body->rtm_family),
		.source = attribute_address(found[RTA_PREFSRC], body->rtm_family),
		.metric = attribute_number(found[RTA_PRIORITY]),
		.table = table == RT_TABLE_MAIN ? 0 : table,
		.tos = body->rtm_tos,
		.scope = body->rtm_scope,
		.scope_set = true,
		.on_link = body->rtm_flags & RTNH_F_ONLINK};
	/* The kernel leaves the destination of a default route out. */
	if (!found[RTA_DST])
		route->destination.addr.family = body->rtm_family == AF_INET6 ? IP_V6 : IP_V4;
	*ifindex = (int)attribute_number(found[RTA_OIF]);
	return true;
}
