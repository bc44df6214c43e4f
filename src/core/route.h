/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of virtual_routes or static_routes: a route as ip-route(8) and rtnetlink(7) describe it. What is zero, NULL or
 * IP_NONE was not given, except where a flag beside it says so.
 */
#ifndef VIGIA_CORE_ROUTE_H
#define VIGIA_CORE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ROUTE_HOPS_MAX 32
#define ROUTE_LABELS_MAX 16 /* as ip-route(8) */

/* In the order of the kernel's RTN_*, which begins with 1. */
enum route_type {
	ROUTE_UNICAST,
	ROUTE_LOCAL,
	ROUTE_BROADCAST,
	ROUTE_ANYCAST,
	ROUTE_MULTICAST,
	ROUTE_BLACKHOLE,
	ROUTE_UNREACHABLE,
	ROUTE_PROHIBIT,
	ROUTE_THROW,
};

/* What becomes of others with the same destination, metric and table. */
enum route_mode {
	ROUTE_MODE_USUAL, /* IPv4: goes before them; IPv6: takes the place of one */
	ROUTE_MODE_ADD, /* must be the only one */
	ROUTE_MODE_PREPEND,
	ROUTE_MODE_APPEND,
};

enum route_encap_type {
	ROUTE_ENCAP_IP,
	ROUTE_ENCAP_IP6,
	ROUTE_ENCAP_MPLS,
	ROUTE_ENCAP_ILA,
};

/* A lightweight tunnel. */
struct route_encap {
	enum route_encap_type type;
	uint64_t id; /* IP, IP6 */
	struct ip_addr source;
	struct ip_addr destination;
	uint8_t tos; /* traffic class */
	uint8_t ttl; /* hop limit */
	uint16_t flags;
	bool id_set;
	bool tos_set;
	bool ttl_set;
	bool flags_set;
	uint8_t label_count; /* MPLS */
	uint32_t labels[ROUTE_LABELS_MAX];
	uint64_t locator; /* ILA; first bit is the highest one */
};

/* One leg of a multipath route. */
struct route_hop {
	struct ip_addr gateway; /* of any family */
	const char *device;
	const struct route_encap *encap;
	uint32_t realms;
	uint16_t weight; /* 1..256 */
	bool on_link;
};

/* The kernel's numbers: RTAX_*. */
enum route_metric {
	ROUTE_METRIC_LOCK = 1, /* never given itself */
	ROUTE_METRIC_MTU,
	ROUTE_METRIC_WINDOW,
	ROUTE_METRIC_RTT, /* eighths of a millisecond */
	ROUTE_METRIC_RTTVAR, /* quarters of a millisecond */
	ROUTE_METRIC_SSTHRESH,
	ROUTE_METRIC_CWND,
	ROUTE_METRIC_ADVMSS,
	ROUTE_METRIC_REORDERING,
	ROUTE_METRIC_HOPLIMIT,
	ROUTE_METRIC_INITCWND,
	ROUTE_METRIC_FEATURES,
	ROUTE_METRIC_RTO_MIN, /* milliseconds */
	ROUTE_METRIC_INITRWND,
	ROUTE_METRIC_QUICKACK,
	ROUTE_METRIC_CONGESTION, /* its value is `congestion` */
	ROUTE_METRIC_FASTOPEN,
	ROUTE_METRIC_COUNT,
};

#define ROUTE_FEATURE_ECN 1u

enum route_ttl {
	ROUTE_TTL_NOT_SAID,
	ROUTE_TTL_PROPAGATED,
	ROUTE_TTL_HIDDEN,
};

struct virtual_route {
	enum route_type type;
	enum route_mode mode;
	struct ip_prefix destination; /* default: 0.0.0.0/0 */
	struct ip_prefix from; /* IPv6: only for packets with such a source */
	struct ip_addr gateway; /* of any family */
	struct ip_addr source; /* preferred source ("src") */
	const char *device;
	const char *vrf; /* its table */
	const char *track_group; /* of static_routes */
	const struct route_encap *encap;
	const struct route_hop *hops; /* in place of gateway, device, on_link and encap */
	size_t hop_count;
	uint32_t metric;
	uint32_t table; /* 0: main */
	uint32_t realms; /* from << 16 | to */
	uint32_t expires; /* seconds; 0: never */
	uint8_t tos;
	uint8_t protocol; /* 0: VIGIA_KERNEL_PROTOCOL */
	uint8_t scope; /* RT_SCOPE_* number */
	bool scope_set; /* else as the type and gateway suggest */
	bool on_link;
	bool preference_set;
	uint8_t preference; /* of routers in IPv6: ICMPV6_ROUTER_PREF_* */
	enum route_ttl ttl; /* ttl-propagate */
	bool untracked; /* no_track */
	uint32_t metrics_given; /* by bit: enum route_metric */
	uint32_t metrics_locked;
	uint32_t metrics[ROUTE_METRIC_COUNT];
	const char *congestion;
};

bool virtual_route_equal(const struct virtual_route *a, const struct virtual_route *b);

#endif
