/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a line of virtual_routes, of its nexthops and of its tunnels. encap takes every word it knows, so in the
 * canonical form nothing follows it but nexthop, and that comes last.
 */
#include "conf/keyword_rows.h"
#include "conf/route_parts.h"

#define HOP(member) .stored = FIELD(struct route_hop, member)
#define ENCAP(member) .stored = FIELD(struct route_encap, member)
#define TYPE(name, number, ...)                                                                              \
	.word = name, .kind = KEYWORD_FLAG, .traits = KEYWORD_LEADING __VA_OPT__(| __VA_ARGS__), ROUTE(type),    \
	.on = number
#define METRIC(name, number, low, high)                                                                      \
	.word = name, .kind = KEYWORD_PARTS, .on = number, RANGE(low, high), .parts = metric_parts,                  \
	.print = metric_print, .argument = "[lock] NUMBER"
/* In units of the kernel, so many to the millisecond. */
#define TIME(name, number, units)                                                                            \
	.word = name, .kind = KEYWORD_PARTS, .on = number, .off = units, RANGE(0, UINT32_MAX),                       \
	.parts = metric_parts, .print = metric_print, .argument = "[lock] NUMBER[s|ms]"

static const struct keyword_choice ttl_choices[] = {
	{"enabled", ROUTE_TTL_PROPAGATED}, {"disabled", ROUTE_TTL_HIDDEN}, {NULL, 0}};

static const struct keyword route_rows[] = {
	{TYPE("unicast", ROUTE_UNICAST), .meaning = "An ordinary route. This is so without the keyword."},
	{TYPE("local", ROUTE_LOCAL), .meaning = "The destination is this machine. Without table in the local one."},
	{TYPE("broadcast", ROUTE_BROADCAST), .meaning = "Deliver as broadcast. Without table in the local one."},
	{TYPE("brd", ROUTE_BROADCAST, KEYWORD_ALIAS), .meaning = "The same as broadcast."},
	{TYPE("anycast", ROUTE_ANYCAST), .meaning = "Deliver as anycast. Without table in the local one."},
	{TYPE("multicast", ROUTE_MULTICAST), .meaning = "For packets to a group."},
	{TYPE("blackhole", ROUTE_BLACKHOLE), .meaning = "Drop the packets silently."},
	{TYPE("unreachable", ROUTE_UNREACHABLE), .meaning = "Drop the packets and answer host unreachable."},
	{TYPE("prohibit", ROUTE_PROHIBIT),
		.meaning = "Drop the packets and answer administratively prohibited."},
	{TYPE("throw", ROUTE_THROW), .meaning = "End the search in this table: the next rule counts."},
	{.word = "nat",
		.kind = KEYWORD_PARTS,
		.traits = KEYWORD_LEADING | KEYWORD_ALIAS,
		.parts = gone_parts,
		.meaning = "Refused: Linux has not had such routes since 2.6."},
	{.word = "xresolve",
		.kind = KEYWORD_PARTS,
		.traits = KEYWORD_LEADING | KEYWORD_ALIAS,
		.parts = gone_parts,
		.meaning = "Refused: no Linux has ever had such routes."},
	{.word = "to",
		.kind = KEYWORD_FILLER,
		.traits = KEYWORD_LEADING | KEYWORD_ALIAS,
		.meaning = "May stand before the destination."},
	{.word = "inet",
		.kind = KEYWORD_FILLER,
		.traits = KEYWORD_LEADING | KEYWORD_ALIAS,
		.meaning = "Before default: the IPv4 one.",
		.differs = "The word that follows counts; keepalived skips it."},
	{.word = "inet6",
		.kind = KEYWORD_FILLER,
		.traits = KEYWORD_LEADING | KEYWORD_ALIAS,
		.meaning = "Before default: the IPv6 one. A via or src of IPv6 says so too.",
		.differs = "The word that follows counts; keepalived skips it."},
	{.word = "default6",
		.kind = KEYWORD_FILLER,
		.traits = KEYWORD_LEADING | KEYWORD_ALIAS | KEYWORD_DEPRECATED,
		.meaning = "An old word for inet6 default."},
	{.word = "via",
		.kind = KEYWORD_PARTS,
		ROUTE(gateway),
		.parts = gateway_parts,
		.print = gateway_print,
		.argument = "[inet|inet6] ADDRESS",
		.meaning = "The next router. Of an IPv4 route it may be an IPv6 address."},
	{.word = "gw",
		.kind = KEYWORD_PARTS,
		.traits = KEYWORD_ALIAS | KEYWORD_DEPRECATED,
		ROUTE(gateway),
		.parts = gateway_parts,
		.argument = "ADDRESS",
		.meaning = "The same as via."},
	{.word = "or",
		.kind = KEYWORD_PARTS,
		.traits = KEYWORD_ALIAS | KEYWORD_DEPRECATED,
		.parts = other_gateway_parts,
		.argument = "ADDRESS",
		.meaning = "An old word for one more nexthop, beside the one of via."},
	{.word = "dev",
		.kind = KEYWORD_INTERFACE,
		ROUTE(device),
		.argument = "NAME",
		.meaning = "The interface the packets leave by."},
	{.word = "oif",
		.kind = KEYWORD_INTERFACE,
		.traits = KEYWORD_ALIAS,
		ROUTE(device),
		.argument = "NAME",
		.meaning = "The same as dev."},
	{.word = "src",
		.kind = KEYWORD_ADDRESS,
		ROUTE(source),
		.argument = "ADDRESS",
		.meaning = "The source address that the machine's own packets get."},
	{.word = "metric",
		.kind = KEYWORD_NUMBER,
		ROUTE(metric),
		RANGE(0, UINT32_MAX),
		.argument = "NUMBER",
		.meaning = "Of several routes to one destination, the lowest is used."},
	{.word = "priority",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_ALIAS,
		ROUTE(metric),
		RANGE(0, UINT32_MAX),
		.argument = "NUMBER",
		.meaning = "The same as metric."},
	{.word = "preference",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_ALIAS,
		ROUTE(metric),
		RANGE(0, UINT32_MAX),
		.argument = "NUMBER",
		.meaning = "The same as metric."},
	{.word = "table",
		.kind = KEYWORD_TABLE,
		ROUTE(table),
		.argument = "TABLE",
		.meaning = "The routing table: main, local, default, a number, or a name of rt_tables."},
	{.word = "scope",
		.kind = KEYWORD_SCOPE,
		ROUTE(scope),
		.given = FIELD(struct virtual_route, scope_set),
		.argument = "SCOPE",
		.meaning = "global, site, link, host, a number, or a name of rt_scopes. Without it link for "
			   "a route"
			   " without via, else global."},
	{.word = "tos",
		.kind = KEYWORD_TOS,
		ROUTE(tos),
		.argument = "TOS",
		.meaning = "Only for packets of this type of service: a number such as 0x10, or a name of "
			   "rt_dsfield."},
	{.word = "dsfield",
		.kind = KEYWORD_TOS,
		.traits = KEYWORD_ALIAS,
		ROUTE(tos),
		.argument = "TOS",
		.meaning = "The same as tos."},
	{METRIC("mtu", ROUTE_METRIC_MTU, 68, UINT16_MAX),
		.meaning = "The largest packet for this destination, in bytes."},
	{.word = "onlink",
		.kind = KEYWORD_FLAG,
		ROUTE(on_link),
		.on = true,
		.meaning = "The next router is reached directly although no address says so. Needs dev."},
	{.word = "from",
		.kind = KEYWORD_PARTS,
		ROUTE(from),
		.parts = prefix_parts,
		.print = prefix_print,
		.argument = "ADDRESS[/LENGTH]",
		.meaning = "Only for packets with such a source. IPv6 alone."},
	{.word = "vrf",
		.kind = KEYWORD_INTERFACE,
		ROUTE(vrf),
		.argument = "NAME",
		.meaning = "The routing table of this VRF."},
	{.word = "protocol",
		.kind = KEYWORD_ORIGIN,
		ROUTE(protocol),
		.argument = "PROTOCOL",
		.meaning = "Who made the route: a number, or a name of rt_protos; without it keepalived (18). A route "
			   "with another one must have no_track: nothing is noticed of its loss."},
	{.word = "realms",
		.kind = KEYWORD_PARTS,
		ROUTE(realms),
		.parts = realms_parts,
		.print = realms_print,
		.argument = "[FROM/]TO",
		.meaning = "Realms, for the statistics and filters of tc: numbers, or names of rt_realms. IPv4 "
			   "alone."},
	{.word = "expires",
		.kind = KEYWORD_NUMBER,
		ROUTE(expires),
		RANGE(1, INT32_MAX),
		.argument = "SECONDS",
		.meaning = "The kernel removes the route after so long, and it is not put back. IPv6 alone."},
	{.word = "pref",
		.kind = KEYWORD_PARTS,
		ROUTE(preference),
		.given = FIELD(struct virtual_route, preference_set),
		.parts = preference_parts,
		.print = preference_print,
		.argument = "low|medium|high|NUMBER",
		.meaning = "The preference among routers. IPv6 alone."},
	{.word = "ttl-propagate",
		.kind = KEYWORD_CHOICE,
		.choices = ttl_choices,
		ROUTE(ttl),
		.argument = "enabled|disabled",
		.meaning = "Whether the TTL is carried over from MPLS."},
	{METRIC("window", ROUTE_METRIC_WINDOW, 0, UINT32_MAX),
		.meaning = "The largest TCP window that is offered, in bytes."},
	{TIME("rtt", ROUTE_METRIC_RTT, 8),
		.meaning = "What TCP takes for the round trip at first. Without unit, eighths of a millisecond."},
	{TIME("rttvar", ROUTE_METRIC_RTTVAR, 4),
		.meaning = "What TCP takes for its variation at first. Without unit, quarters of a millisecond."},
	{METRIC("ssthresh", ROUTE_METRIC_SSTHRESH, 0, UINT32_MAX),
		.meaning = "The slow start threshold at first."},
	{METRIC("cwnd", ROUTE_METRIC_CWND, 0, UINT32_MAX),
		.meaning = "The largest congestion window; counts with lock alone."},
	{METRIC("advmss", ROUTE_METRIC_ADVMSS, 0, UINT32_MAX), .meaning = "The MSS that TCP says."},
	{METRIC("reordering", ROUTE_METRIC_REORDERING, 0, UINT32_MAX),
		.meaning = "How much TCP takes to be disorder rather than loss."},
	{METRIC("hoplimit", ROUTE_METRIC_HOPLIMIT, 0, 255),
		.meaning = "The TTL of the machine's own packets."},
	{METRIC("initcwnd", ROUTE_METRIC_INITCWND, 0, UINT32_MAX),
		.meaning = "The congestion window at first, in segments."},
	{METRIC("initrwnd", ROUTE_METRIC_INITRWND, 0, UINT32_MAX),
		.meaning = "The receive window at first, in segments."},
	{.word = "features",
		.kind = KEYWORD_PARTS,
		.on = ROUTE_METRIC_FEATURES,
		.parts = features_parts,
		.print = features_print,
		.argument = "ecn",
		.meaning = "What TCP may use although it is not on for all."},
	{TIME("rto_min", ROUTE_METRIC_RTO_MIN, 1),
		.meaning = "The shortest time after which TCP sends again. Without unit, milliseconds."},
	{METRIC("quickack", ROUTE_METRIC_QUICKACK, 0, 1), .meaning = "1: TCP acknowledges at once."},
	{METRIC("fastopen_no_cookie", ROUTE_METRIC_FASTOPEN, 0, 1),
		.meaning = "1: TCP fast open works without a cookie."},
	{.word = "congctl",
		.kind = KEYWORD_PARTS,
		.on = ROUTE_METRIC_CONGESTION,
		.parts = congestion_parts,
		.print = congestion_print,
		.argument = "[lock] NAME",
		.meaning = "The congestion control of TCP, such as bbr."},
	{.word = "lock",
		.kind = KEYWORD_PARTS,
		.traits = KEYWORD_ALIAS,
		.parts = lock_parts,
		.meaning = "Stands behind the word of such a number: the kernel does not change it."},
	{.word = "add",
		.kind = KEYWORD_FLAG,
		ROUTE(mode),
		.on = ROUTE_MODE_ADD,
		.meaning = "The kernel refuses the route when there is one with that destination and metric."},
	{.word = "prepend",
		.kind = KEYWORD_FLAG,
		ROUTE(mode),
		.on = ROUTE_MODE_PREPEND,
		.meaning = "The route goes before others of that destination and metric (of IPv6: beside them). This is "
			   "so without the word, but of IPv6 it then takes the place of one."},
	{.word = "append",
		.kind = KEYWORD_FLAG,
		ROUTE(mode),
		.on = ROUTE_MODE_APPEND,
		.meaning = "The route goes behind others of that destination and metric."},
	{.word = "no_track",
		.kind = KEYWORD_FLAG,
		ROUTE(untracked),
		.on = true,
		.meaning = "The instance is not taken out by the loss of the route's interface, nor when the route was "
			   "removed and cannot be put back.",
		.differs = "What is removed is put back, except as of protocol and expires; keepalived "
			   "goes to FAULT when it is tracked."},
	{.word = "track_group",
		.kind = KEYWORD_STRING,
		ROUTE(track_group),
		.maximum = 255,
		.argument = "NAME",
		.meaning = "In static_routes: the instances of this track_group are taken out when the route's "
			   "interface is lost.",
		.differs = "The track_group may come later in the file. The loss of the route itself takes no instance "
			   "out: it is put back."},
	{.word = "as",
		.kind = KEYWORD_PARTS,
		.traits = KEYWORD_ALIAS,
		.parts = as_parts,
		.argument = "[to] ADDRESS",
		.meaning = "Refused: only MPLS routes can change the destination."},
	{.word = "encap",
		.kind = KEYWORD_PARTS,
		ROUTE(encap),
		.parts = encap_parts,
		.print = encap_print,
		.argument = "ip|ip6|mpls|ila ARGUMENTS",
		.meaning = "A tunnel that the packets enter."},
	{.word = "nexthop",
		.kind = KEYWORD_PARTS,
		.parts = hop_parts,
		.print = hops_print,
		.argument = "OPTIONS",
		.meaning = "One of several ways there, in place of via and dev; comes last, and again for each."},
};

static const struct keyword hop_rows[] = {
	{.word = "via",
		.kind = KEYWORD_PARTS,
		HOP(gateway),
		.parts = gateway_parts,
		.print = gateway_print,
		.argument = "[inet|inet6] ADDRESS",
		.meaning = "The next router of this way."},
	{.word = "dev",
		.kind = KEYWORD_INTERFACE,
		HOP(device),
		.argument = "NAME",
		.meaning = "The interface the packets leave by."},
	{.word = "weight",
		.kind = KEYWORD_NUMBER,
		HOP(weight),
		RANGE(1, 256),
		.fallback = 1,
		.argument = "NUMBER",
		.meaning = "Its share, compared with the others'."},
	{.word = "onlink",
		.kind = KEYWORD_FLAG,
		HOP(on_link),
		.on = true,
		.meaning = "The next router is reached directly although no address says so."},
	{.word = "realms",
		.kind = KEYWORD_PARTS,
		HOP(realms),
		.parts = realms_parts,
		.print = realms_print,
		.argument = "[FROM/]TO",
		.meaning = "As of a route."},
	{.word = "as",
		.kind = KEYWORD_PARTS,
		.traits = KEYWORD_ALIAS,
		.parts = as_parts,
		.argument = "[to] ADDRESS",
		.meaning = "Refused, as of a route."},
	{.word = "encap",
		.kind = KEYWORD_PARTS,
		HOP(encap),
		.parts = encap_parts,
		.print = encap_print,
		.argument = "ip|ip6|mpls|ila ARGUMENTS",
		.meaning = "As of a route."},
};

#define TUNNEL_ID                                                                                            \
	{                                                                                                    \
		.word = "id", .kind = KEYWORD_PARTS, ENCAP(id), .given = FIELD(struct route_encap, id_set),      \
		.parts = wide_parts, .print = wide_print, .argument = "NUMBER", .meaning = "The id of the tunnel." \
	}
#define TUNNEL_END(name, field, version, words)                                                              \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_ADDRESS, ENCAP(field), .on = version, .argument = "ADDRESS",           \
		.meaning = words                                                                             \
	}
#define TUNNEL_TOS(name, words)                                                                              \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_TOS, ENCAP(tos), .given = FIELD(struct route_encap, tos_set),      \
		.argument = "TOS", .meaning = words                                                          \
	}
#define TUNNEL_NUMBER(name, field, high, words)                                                              \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_NUMBER, ENCAP(field),                                          \
		.given = FIELD(struct route_encap, field##_set), RANGE(0, high), .argument = "NUMBER",           \
		.meaning = words                                                                             \
	}

static const struct keyword encap_ip_rows[] = {
	TUNNEL_ID,
	TUNNEL_END("dst", destination, IP_V4, "The outer destination."),
	TUNNEL_END("src", source, IP_V4, "The outer source."),
	TUNNEL_TOS("tos", "The outer type of service."),
	TUNNEL_NUMBER("ttl", ttl, 255, "The outer TTL."),
	TUNNEL_NUMBER("flags", flags, UINT16_MAX, "Bits of the tunnel: 1 checksum, 4 key, 8 sequence."),
};

static const struct keyword encap_ip6_rows[] = {
	TUNNEL_ID,
	TUNNEL_END("dst", destination, IP_V6, "The outer destination."),
	TUNNEL_END("src", source, IP_V6, "The outer source."),
	TUNNEL_TOS("tc", "The outer traffic class."),
	TUNNEL_NUMBER("hoplimit", ttl, 255, "The outer hop limit."),
	TUNNEL_NUMBER("flags", flags, UINT16_MAX, "Bits of the tunnel: 1 checksum, 4 key, 8 sequence."),
};

const struct keyword_table route_keywords = {.context = "virtual_routes-entry",
	.title = "a line of virtual_routes",
	.first = "DESTINATION",
	TABLE(route_rows)};
const struct keyword_table hop_keywords = {
	.context = "virtual_routes-entry/nexthop-args", .title = "nexthop", TABLE(hop_rows)};
const struct keyword_table encap_ip_keywords = {
	.context = "virtual_routes-entry/encap-ip", .title = "encap ip", TABLE(encap_ip_rows)};
const struct keyword_table encap_ip6_keywords = {
	.context = "virtual_routes-entry/encap-ip6", .title = "encap ip6", TABLE(encap_ip6_rows)};
const struct keyword_table encap_mpls_keywords = {
	.context = "virtual_routes-entry/encap-mpls", .title = "encap mpls", .first = "LABELS"};
const struct keyword_table encap_ila_keywords = {
	.context = "virtual_routes-entry/encap-ila", .title = "encap ila", .first = "LOCATOR"};
