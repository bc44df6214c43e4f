/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one virtual router is configured to be. conf/ fills it (this is the one header of core that conf includes),
 * core/ decides by it, engine/ and linux/ carry out what it lists. Immutable once made; the memory is the arena's of
 * the configuration it belongs to.
 */
#ifndef VIGIA_CORE_CONFIG_H
#define VIGIA_CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"

#define VR_PRIORITY_OWNER 255 /* RFC 9568 5.2.4 */
#define VR_PRIORITY_STOP 0 /* sent only, never configured */
#define VR_PRIORITY_DEFAULT 100

/* Marks what Vigia puts into the kernel: RTPROT_KEEPALIVED, the same for addresses (IFA_PROTO) and routes. */
#define VIGIA_KERNEL_PROTOCOL 18

/* One line of virtual_ipaddress or virtual_ipaddress_excluded. */
struct virtual_address {
	struct ip_prefix prefix;
	const char *device; /* NULL: the interface of the virtual router */
	const char *label; /* NULL: none */
	struct ip_addr broadcast; /* IP_NONE: not set */
	bool broadcast_auto; /* "brd +": computed from the prefix */
	uint8_t scope; /* RT_SCOPE_* number; 0 = global */
	bool excluded; /* held, but not advertised */
};

enum route_type {
	ROUTE_UNICAST,
	ROUTE_BLACKHOLE,
	ROUTE_UNREACHABLE,
	ROUTE_PROHIBIT,
};

/* One line of virtual_routes. A zero or NULL field was not given. */
struct virtual_route {
	enum route_type type;
	struct ip_prefix destination; /* default: 0.0.0.0/0 */
	struct ip_addr gateway;
	struct ip_addr source; /* preferred source ("src") */
	const char *device;
	uint32_t metric;
	uint32_t table; /* 0: main */
	uint32_t mtu;
	uint8_t tos;
	uint8_t scope; /* RT_SCOPE_* number */
	bool scope_set; /* else link for a route without gateway, global otherwise */
	bool on_link;
};

/* One line of track_interface. */
struct tracked_interface {
	const char *name;
	int16_t weight; /* 0: down means fault; else -253..253, added while up (positive) or while down (negative) */
	bool reverse;
};

enum v3_checksum_form {
	V3_CHECKSUM_AUTOMATIC, /* AMB-01: with pseudo-header until a peer shows the other form */
	V3_CHECKSUM_MESSAGE_ONLY, /* RFC 9568 5.2.8; keepalived: v3_checksum_as_v2 on */
	V3_CHECKSUM_PSEUDO_HEADER, /* the deployed reading of RFC 5798 */
};

/* Repetition of gratuitous ARP (and later NA). */
struct announce_config {
	dur_t delay; /* second burst after becoming master; 0: none. keepalived: garp_master_delay, 5 s */
	uint16_t repeat; /* announcements per burst; garp_master_repeat, 5 */
	dur_t refresh; /* period of the refresh while master; 0: none. garp_master_refresh, 0 */
	uint16_t refresh_repeat; /* announcements per refresh; garp_master_refresh_repeat, 1 */
};

struct vr_config {
	const char *name;
	const char *interface;
	uint8_t version; /* 2 or 3 */
	uint8_t family; /* enum ip_family */
	uint8_t vrid; /* 1..255 */
	uint8_t priority; /* 1..255 */
	bool start_as_master; /* "state MASTER": the first wait is one Advertisement_Interval + Skew_Time */
	bool preempt;
	bool accept;
	bool strict;
	bool skip_address_check; /* skip_check_adv_addr */
	enum v3_checksum_form checksum_form;
	uint8_t down_timer_adverts; /* multiplier of Active_Down_Interval; 3 in the RFCs */
	dur_t advert_interval; /* Advertisement_Interval: v2 1..255 s, v3 10 ms..40.95 s */
	dur_t preempt_delay; /* 0..1000 s */
	struct announce_config announce;

	/* Advertised addresses first, in the order of the file, then the excluded ones. */
	const struct virtual_address *addresses;
	size_t address_count;
	size_t advertised_count;
	const struct virtual_route *routes;
	size_t route_count;
	const struct tracked_interface *tracked_interfaces;
	size_t tracked_interface_count;
};

bool virtual_address_equal(const struct virtual_address *a, const struct virtual_address *b);
bool virtual_route_equal(const struct virtual_route *a, const struct virtual_route *b);

#endif
