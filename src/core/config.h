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
#include "base/small_enum.h"
#include "base/time.h"
#include "core/route.h"
#include "core/rule.h"

#define VR_PRIORITY_OWNER 255 /* RFC 9568 5.2.4 */
#define VR_PRIORITY_STOP 0 /* sent only, never configured */
#define VR_PRIORITY_DEFAULT 100

/* Marks what Vigia puts into the kernel: RTPROT_KEEPALIVED, the same for addresses (IFA_PROTO) and routes. */
#define VIGIA_KERNEL_PROTOCOL 18
/* The metric of an IPv6 route that was given none: IP6_RT_PRIO_USER. */
#define VIGIA_KERNEL_METRIC_V6 1024

/* What stands behind an address in its line; lines that say the same share one. */
struct address_options {
	const char *device; /* NULL: the interface of the virtual router */
	const char *label; /* NULL: none */
	const char *track_group; /* of static_ipaddress */
	uint32_t preferred; /* seconds; UINT32_MAX: for ever. Not set: 0 for an IPv6 address without a network, else for ever */
	struct ip_addr broadcast; /* IP_NONE: not set */
	struct ip_prefix peer; /* the other end; IP_NONE: none. Its length is that of prefix */
	bool broadcast_auto; /* "brd +": computed from the prefix */
	uint8_t scope; /* RT_SCOPE_* number; 0 = global */
	bool use_vmac; /* on a device with the virtual MAC over `device` */
	bool untracked; /* no_track */
	bool home; /* IPv6: a home address of mobile IP */
	bool detects_duplicates; /* -nodad */
	bool managed; /* mngtmpaddr */
	bool no_prefix_route;
	bool auto_join;
	bool preferred_set;
};

/* One line of virtual_ipaddress or virtual_ipaddress_excluded. Packed: 28 octets, not 32, for each of ten thousand. */
struct virtual_address {
	const struct address_options *options; /* NULL: there are none; see address_options */
	struct ip_prefix prefix;
	bool excluded; /* held, but not advertised; may be of the other family */
} __attribute__((packed, aligned(4)));

/* Those of one without any, too. */
static inline const struct address_options *address_options(const struct virtual_address *address)
{
	static const struct address_options none;

	return address->options != NULL ? address->options : &none;
}


enum track_kind {
	TRACK_INTERFACE,
	TRACK_SCRIPT,
	TRACK_FILE,
	TRACK_PROCESS,
	TRACK_BFD,
};
#define TRACK_KIND_COUNT 5

/* One line of track_interface, track_script and so on: what a virtual router depends on. What it does: core/track.h. */
struct tracked_object {
	const char *name;
	enum track_kind kind;
	int16_t weight; /* -254..254; 0: its failure is a fault */
	bool reverse;
	bool of_group; /* a line of the sync group, on behalf of this member */
	bool implied; /* no line says so: the interface of an address, route or rule */
	/* For printing: the line says nothing of it, it is as where the object is defined. */
	bool inherits_weight;
	bool inherits_sense;
};

/* What is known of a tracked object. */
enum track_state {
	TRACK_UNKNOWN, /* nothing yet */
	TRACK_UP,
	TRACK_DOWN,
	TRACK_UNPROVEN, /* an interface with carrier that is not believed yet: counts as down */
} SMALL_ENUM;
#define TRACK_STATE_LAST TRACK_UNPROVEN

struct track_value {
	enum track_state state;
	int32_t value; /* of a file that is up: the number in it */
};

enum v3_checksum_form {
	V3_CHECKSUM_AUTOMATIC, /* AMB-01: with pseudo-header until a peer shows the other form */
	V3_CHECKSUM_MESSAGE_ONLY, /* RFC 9568 5.2.8; keepalived: v3_checksum_as_v2 on */
	V3_CHECKSUM_PSEUDO_HEADER, /* the deployed reading of RFC 5798 */
};

/* Repetition of gratuitous ARP and unsolicited NA. */
struct announce_config {
	dur_t delay; /* second burst after becoming master; 0: none. keepalived: garp_master_delay, 5 s */
	uint16_t repeat; /* announcements per burst; garp_master_repeat, 5 */
	dur_t refresh; /* period of the refresh while master; 0: none. garp_master_refresh, 0 */
	uint16_t refresh_repeat; /* announcements per refresh; garp_master_refresh_repeat, 1 */
	dur_t rival_delay; /* second burst after a lower-priority master was heard; garp_lower_prio_delay */
	uint16_t rival_repeat; /* per burst, when it is silent again; while it speaks, one for each of its adverts, as
				  far apart as our own. 0: none at all. garp_lower_prio_repeat */
	dur_t extra_period; /* garp_extra_if: by the other interfaces, too; 0: never */
	bool extra_all; /* not only by those with a virtual MAC */
};

/* How a virtual router gets its virtual MAC (RFC 9568 7.3). */
enum vmac_mode {
	VMAC_NONE, /* the interface's own MAC, as keepalived without use_vmac */
	VMAC_MACVLAN, /* use_vmac: a macvlan over the interface, private mode */
	VMAC_IPVLAN, /* use_ipvlan: a device of its own, with the interface's MAC */
	VMAC_RULES, /* use_vmac_rules: no device; nftables netdev rules give the interface a second MAC */
};

enum vmac_ipvlan_flag {
	VMAC_IPVLAN_BRIDGE,
	VMAC_IPVLAN_PRIVATE,
	VMAC_IPVLAN_VEPA,
};

struct vmac_config {
	enum vmac_mode mode;
	const char *
		name; /* of the device; always set for MACVLAN and IPVLAN: PREFIX.VRID where none was given */
	struct mac_addr mac; /* zeroes: that of RFC 9568 7.3 */
	bool transmit_base; /* vmac_xmit_base: adverts leave with the interface's own MAC, and are heard on it */
	bool for_addresses; /* use_vmac_addr: virtual addresses on other interfaces get devices of their own */
	bool notify_message; /* netlink_notify_msg */
	bool group_set;
	uint32_t group; /* link group, when group_set */
	enum vmac_ipvlan_flag ipvlan_flag;
	struct ip_prefix ipvlan_address; /* of the ipvlan, and source of adverts; IP_NONE: none */
	const char *address_prefix; /* stem of the names of devices made for addresses: vmac_addr_prefix */
};

struct unicast_peer {
	struct ip_addr address;
	uint8_t min_ttl; /* 0..255 */
	uint8_t max_ttl; /* 255: no limit */
};

/* Adverts to listed routers instead of the group. */
struct unicast_config {
	bool enabled; /* unicast_peer, unicast_src_ip or unicast_fault_no_peer was given, and there is a peer or a fault */
	bool check_source; /* only listed peers are heard; any min_ttl or max_ttl implies it */
	bool fault_without_peer; /* no peer is listed: stay in Initialize rather than speak to the group */
	uint8_t ttl; /* of what is sent; 255 by default */
	const struct unicast_peer *peers;
	size_t peer_count;
	const char *vrf; /* for a virtual router without an interface; NULL: none */
};

#define VRRP_AUTHENTICATION_SIZE 8

/* RFC 2338 authentication, version 2 only: SEC-02. */
enum authentication_type {
	AUTHENTICATION_NONE,
	AUTHENTICATION_PASS,
	AUTHENTICATION_AH,
};

enum hmac_mode {
	HMAC_ENFORCE, /* sign, and take signed adverts only */
	HMAC_PERMISSIVE, /* sign, tolerate unsigned ones */
	HMAC_RECEIVE_ONLY, /* verify what is signed, do not sign */
};

#define HMAC_KEY_MAX 64

struct hmac_key {
	uint8_t id; /* 1..255 */
	uint8_t length; /* 32..64 */
	uint8_t bytes[HMAC_KEY_MAX];
};

/* auth_hmac of keepalived 2.4. */
struct hmac_config {
	bool enabled;
	bool monotonic; /* anti_replay monotonic: only the sequence must grow; else time stamps must be near, too */
	enum hmac_mode mode;
	uint8_t active_key; /* signs */
	dur_t time_window;
	const struct hmac_key *keys;
	size_t key_count;
};

/* What most virtual routers of a configuration have in common: those share one. */
struct vr_extra {
	struct announce_config announce;
	struct vmac_config vmac;
	struct unicast_config unicast;
	struct hmac_config hmac;
	struct ip_addr source; /* mcast_src_ip, unicast_src_ip; IP_NONE: the interface's primary address */
	struct ip_addr group; /* destination of multicast adverts; IP_NONE: 224.0.0.18 or ff02::12 */
	enum authentication_type authentication;
	uint8_t authentication_data[VRRP_AUTHENTICATION_SIZE]; /* the text or key, filled with zeros */
	dur_t preempt_delay; /* 0..1000 s */
	dur_t link_up_delay; /* after start and after carrier came back, no timer makes a non-owner Master before */
	bool promote_secondaries; /* set the interface's sysctl */
	bool own_interface_untracked; /* dont_track_primary */
	bool notifies; /* somebody wants to hear of its states: commands, a pipe */
	bool notifies_priority; /* ...and of its effective priority */
	bool says_deleted; /* what they hear when a reload takes it away: DELETED, or else FAULT */
	bool no_address; /* no_virtual_ipaddress: none is advertised, and that is meant so */
	bool mail; /* smtp_alert; the front's business */
	const char *sync_group; /* NULL: in none */
	const struct virtual_route *routes;
	size_t route_count;
	const struct virtual_rule *rules;
	size_t rule_count;
	/* By kind, in the order of the file, but what its sync group tracks stands behind all of its own. */
	const struct tracked_object *tracked;
	size_t tracked_count;
};

/* What it has in common with others is behind a pointer, and the rest is small: there may be ten thousand of them. */
struct vr_config {
	const struct vr_extra *extra;
	const char *name;
	const char *interface; /* NULL: unicast without an interface, from `source` */
	uint8_t version; /* 2 or 3 */
	uint8_t family; /* enum ip_family */
	uint8_t vrid; /* 1..255 */
	uint8_t priority; /* 1..255 */
	bool start_as_master; /* "state MASTER": the first wait is one Advertisement_Interval + Skew_Time */
	bool preempt;
	bool accept; /* false: packets to the virtual addresses are dropped (Accept_Mode); no effect on an owner */
	bool strict;
	bool skip_address_check; /* skip_check_adv_addr */
	bool version_2_too; /* RFC 9568 8.4: version 3 that speaks and hears version 2 as well, to migrate */
	bool lower_priority_silent; /* lower_prio_no_advert: no answer to a lower priority */
	bool yield_silent; /* higher_prio_send_advert off, in so many words: no last advert when giving up */
	bool owner_deaf; /* owner_ignore_adverts: priority 255 hears nothing */
	uint8_t stalled_steps_down; /* timer_expired_backup: 0 off; else a stalled nopreempt master steps down when a
				       router of that priority could have taken over */
	uint8_t checksum_form; /* enum v3_checksum_form */
	uint8_t down_timer_adverts; /* multiplier of Active_Down_Interval; 3 in the RFCs */
	dur_t advert_interval; /* Advertisement_Interval: v2 1..255 s, v3 10 ms..40.95 s */
	/* Advertised addresses first, in the order of the file, then the excluded ones. */
	const struct virtual_address *addresses;
	uint32_t address_count;
	uint32_t advertised_count;
};

/* vrrp_sync_group: its members go up and down together. */
struct sync_group_config {
	const char *name;
	const char *const *members; /* names of virtual routers, all of which exist */
	size_t member_count;
	bool mail; /* smtp_alert; the front's business */
	bool tracking_weight; /* sync_group_tracking_weight: members keep their weights */
	bool notifies; /* somebody wants to hear of its states */
	bool notifies_priority; /* default of its members */
	/* On behalf of every member, each of which has them among its own; no weights unless tracking_weight. */
	const struct tracked_object *tracked;
	size_t tracked_count;
};

#define BFD_ANY_HOPS (-1)
#define BFD_INTERVAL_LEAST (10 * DUR_MS)

/* bfd_instance: a session with one neighbor. Intervals are multiples of a microsecond, below 4295 s. */
struct bfd_config {
	const char *name;
	struct ip_addr neighbor;
	struct ip_addr source; /* IP_NONE: as the routing table says */
	const char *interface; /* that it is bound to; NULL: any */
	dur_t min_rx; /* Required Min RX */
	dur_t min_tx; /* Desired Min TX while Up... */
	dur_t idle_tx; /* ...and otherwise; at least 1 s */
	uint8_t multiplier; /* 1..255 */
	uint8_t ttl; /* or hop limit, of what is sent */
	int16_t max_hops; /* a packet that crossed more routers is dropped; BFD_ANY_HOPS: whatever it crossed */
	bool passive; /* says nothing before the neighbor does */
	bool multihop;
	int16_t weight; /* for those who track it without a weight of their own */
	bool reverse;
	bool for_vrrp; /* the words vrrp and checker: for printing */
	bool for_checker;
};

/* garp_group, and vrrp_garp_interval for interfaces in no group: least time between two announcements. */
struct announce_limit {
	const char *const *interfaces; /* share the limit */
	size_t interface_count;
	dur_t arp_interval; /* 0: none */
	dur_t na_interval; /* 0: none */
};

/* Whether both describe the same virtual router, perhaps before and after a change: interface, family and VRID, and among
 * those that speak to listed routers, which may share these, also the source and the name. */
bool vr_config_same_router(const struct vr_config *a, const struct vr_config *b);
/* The order that goes with it: <0, 0 (the same router), >0. */
int vr_config_compare_router(const struct vr_config *a, const struct vr_config *b);
/* Whether they have an address in common. */
bool vr_config_shares_address(const struct vr_config *a, const struct vr_config *b);
/* Whether the configurations of two machines mean one virtual router: family and VRID are the same, and either the interface has the same
 * name or they share an address: eth0 here may be ens3 there. */
bool vr_config_is_counterpart(const struct vr_config *a, const struct vr_config *b);
bool virtual_address_equal(const struct virtual_address *a, const struct virtual_address *b);
/* Whether this virtual router sends adverts of this version and takes them: its own, and 2 beside 3 to migrate. */
bool vr_config_speaks(const struct vr_config *config, uint8_t version);

#endif
