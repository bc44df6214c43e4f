/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine asks of the world. linux/ implements it with sockets and netlink; sim/, and the engine's own tests, with
 * worlds in virtual time. All calls are made from the engine's own thread, between two of its inputs, and take whole batches.
 * The world answers, later or at once but never from inside these calls, through the engine_* inputs of engine.h.
 */
#ifndef VIGIA_ENGINE_PORT_H
#define VIGIA_ENGINE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/small_enum.h"
#include "core/config.h"

#define RESTORE_SPACING (1 * DUR_S) /* between two puttings-back of the same thing */

/* A whole Ethernet frame to leave by an interface; its header does not leave by one without Ethernet, whose hardware
 * address is all zeroes. */
struct port_frame {
	int ifindex;
	const uint8_t *bytes;
	size_t length;
	int error; /* filled in: 0 or -errno */
};

/* A packet to one router, sent by way of the routing table: unicast peers. */
struct port_datagram {
	int ifindex; /* by this interface or VRF; 0: the routing table decides */
	struct ip_addr source;
	struct ip_addr destination;
	const uint8_t *bytes; /* from the IP header on, in which the same addresses stand */
	size_t length;
	int error; /* filled in: 0 or -errno */
};

/* A device for a virtual MAC, over the interface `parent`. */
struct port_device {
	int parent;
	int vrf; /* the VRF that the parent is in, and its devices with it; 0: none */
	const char *name;
	const char *owner; /* name of the virtual router: becomes part of the device's alias */
	enum vmac_mode mode; /* VMAC_MACVLAN or VMAC_IPVLAN */
	struct mac_addr mac; /* of a macvlan */
	enum vmac_ipvlan_flag ipvlan_flag;
	struct ip_prefix ipvlan_address; /* stands on it, without our mark; IP_NONE: none */
	bool group_set;
	uint32_t group;
	bool ipv4; /* families of the virtual addresses that will stand on it */
	bool ipv6;
	bool notify_message; /* the kernel tells of it once more when it is complete */
	bool forwards; /* if the parent does; a Backup passes nothing on that comes for the virtual MAC (RFC 9568 6.4.2) */
	/* Filled in: what the parent had before a device over it needed something else. */
	uint8_t parent_arp_ignore;
	uint8_t parent_arp_announce;
};

/* What a device needs and does not have, as bits. */
enum port_device_fault {
	DEVICE_FAULT_ARP_IGNORE = 1u << 0, /* answers ARP for addresses of other interfaces, too */
	DEVICE_FAULT_RP_FILTER = 1u << 1, /* strict: drops what comes for its addresses */
	DEVICE_FAULT_FORWARDING =
		1u << 2, /* forwards in Backup, or does not in Master though its parent does */
	DEVICE_FAULT_PARENT_ARP_IGNORE = 1u << 3, /* the parent answers ARP for the device's addresses, too */
	DEVICE_FAULT_PARENT_ARP_ANNOUNCE = 1u
					   << 4, /* the parent asks in the name of the device's addresses */
	DEVICE_FAULT_IPV6 = 1u << 5, /* IPv6 is on where it is not used; matters only where it is not filtered */
	DEVICE_FAULT_LINK_LOCAL = 1u << 6, /* makes a link-local address of the virtual MAC */
	DEVICE_FAULT_VRF = 1u << 7, /* not in the parent's VRF */
	DEVICE_FAULT_ADDRESS = 1u << 8, /* an ipvlan without its own address */
	DEVICE_FAULT_UNFILTERED = 1u << 9, /* FIREWALL_QUIET is not to be had; set by the engine */
	/* The parent is a bridge that hands frames to iptables: what comes to the virtual MAC is then not tracked. */
	DEVICE_FAULT_BRIDGE = 1u << 10,
	/* Would take addresses and routes from router advertisements; matters only without FIREWALL_DEAF. */
	DEVICE_FAULT_ROUTER_ADVERTS = 1u << 11,
	DEVICE_FAULT_NO_IPV6 = 1u << 12, /* IPv6 is off where it is used */
	DEVICE_FAULT_NO_ROUTER = 1u << 13, /* will say to IPv6 hosts that it is no router, as a Master, too */
};
#define DEVICE_FAULT_LAST DEVICE_FAULT_NO_ROUTER
/*
 * With these a virtual router would break the service, or a second one would answer: it waits until they are mended. All are
 * the same in a Backup as in a Master, so that it does not come and go. DEVICE_FAULT_FORWARDING is not: it is set by netlink,
 * as are most of these, and stays only where somebody else undoes it.
 */
#define DEVICE_FAULTS_THAT_BREAK                                                                             \
	(DEVICE_FAULT_ARP_IGNORE | DEVICE_FAULT_RP_FILTER | DEVICE_FAULT_PARENT_ARP_IGNORE |                 \
		DEVICE_FAULT_PARENT_ARP_ANNOUNCE | DEVICE_FAULT_LINK_LOCAL | DEVICE_FAULT_VRF |              \
		DEVICE_FAULT_ROUTER_ADVERTS | DEVICE_FAULT_NO_IPV6 | DEVICE_FAULT_NO_ROUTER)

enum firewall_op_type {
	FIREWALL_REFUSE, /* packets to `address` are dropped, but for NS and NA: Accept_Mode false */
	FIREWALL_ACCEPT, /* no longer */
	FIREWALL_MUTE, /* no ARP or ND answers for `address`, and no packets taken: an owner in Backup (AMB-11) */
	FIREWALL_UNMUTE,
	FIREWALL_VMAC, /* VMAC_RULES: `ifindex` takes frames for `mac`, and answers for `address` with it */
	FIREWALL_NO_VMAC,
	FIREWALL_QUIET, /* no IGMP, MLD or router solicitation leaves by the device `ifindex` */
	FIREWALL_NOT_QUIET,
	FIREWALL_DEAF, /* no router advertisement that comes by the device `ifindex` is taken */
	FIREWALL_NOT_DEAF,
};

struct firewall_op {
	enum firewall_op_type type;
	int ifindex; /* REFUSE and MUTE: 0, by whatever interface they come */
	struct ip_addr address;
	struct mac_addr mac; /* VMAC */
	struct mac_addr own; /* VMAC: a device above `ifindex` has the MAC, too; this, the interface's own, gets its frames
				past that. Zeroes: there is none */
};

/* What else waits for the kernel, and can be done later. */
enum port_task_type {
	TASK_DEVICE_ADD, /* device_add: its index, or -errno */
	TASK_DEVICE_CHECK, /* device_check: faults, or -errno */
	TASK_JOIN, /* join: 0 or -errno */
	TASK_SILENCE, /* mortal, of the addresses of the last one: 0 or -errno */
	TASK_RULES, /* firewall, without any: 0 or -errno */
};

struct port_task {
	enum port_task_type type;
	uint32_t number; /* by which the engine knows who asks */
	int ifindex; /* of the device that is looked at, or where the group is joined */
	struct port_device device;
	struct ip_addr group;
	size_t count; /* of silent addresses... */
	dur_t length; /* ...and for how long */
	int result; /* filled in */
};

enum kernel_op_type {
	KERNEL_ADD_ADDRESS, /* replaces an equal one; always with protocol 18 where the kernel knows it */
	KERNEL_DELETE_ADDRESS, /* one that is gone already counts as done */
	KERNEL_ADD_ROUTE, /* one that is there already counts as done, unless `mode` says add */
	KERNEL_DELETE_ROUTE,
	KERNEL_ADD_RULE, /* one that is there already counts as done */
	KERNEL_DELETE_RULE,
	KERNEL_DELETE_DEVICE, /* `ifindex`; in testaments only: device_remove is not that slow for the caller */
	KERNEL_RESTORE_PARENT, /* arp_ignore and arp_announce of `ifindex`; in testaments only */
};

struct kernel_op {
	enum kernel_op_type type;
	int ifindex; /* of the address; of the route's device, 0: let the kernel find it by the gateway */
	const struct virtual_address *address;
	const struct virtual_route *route;
	uint8_t arp_ignore; /* RESTORE_PARENT */
	uint8_t arp_announce; /* RESTORE_PARENT */
	uint32_t lifetime; /* ADD_ADDRESS: seconds, unless it is added again; 0: for ever */
	int error; /* filled in: 0, -errno */
	int hop_ifindexes[ROUTE_HOPS_MAX]; /* of the next hops of a route, as ifindex */
	uint32_t table; /* of a route in a VRF; 0: what the route says */
	const struct virtual_rule *rule;
};

/* What must be said and undone if the engine dies: kept by the guard. Written whenever it changes. */
struct testament_entry {
	bool active; /* false: nothing of this virtual router is to be done */
	int ifindex;
	const uint8_t *stop_frame; /* an advert with priority 0; NULL: not master, only clean up */
	size_t stop_frame_length;
	const struct port_datagram *stop_datagrams; /* the same, to unicast peers */
	size_t stop_datagram_count;
	const struct kernel_op *removals; /* deletes, addresses first */
	size_t removal_count;
	dur_t release_after; /* how long a successor may take: Skew_Time of priority 1 and a margin */
};

enum notify_state {
	NOTIFY_STATE_NONE, /* nothing to tell yet */
	NOTIFY_STATE_MASTER,
	NOTIFY_STATE_BACKUP,
	NOTIFY_STATE_FAULT,
	NOTIFY_STATE_STOP,
	NOTIFY_STATE_DELETED,
} SMALL_ENUM;

enum notify_event {
	NOTIFY_EVENT_STATE,
	NOTIFY_EVENT_LOWER_HEARD, /* a Master heard an advert of a lower priority */
	NOTIFY_EVENT_PRIORITY, /* the effective priority is another one */
};

/* What commands and pipes are told: vr_config.notifies. */
struct port_notify {
	enum notify_event event;
	enum notify_state state; /* in which it is */
	bool group; /* `name` is that of a sync group */
	bool again; /* no news: engine_notify_all */
	const char *name;
	uint8_t priority; /* effective; 0 of a group */
};

struct port {
	void *user;
	/* Frames out, in order; each frame's error is filled in. */
	void (*send_frames)(void *user, struct port_frame *frames, size_t count);
	/* How many packets came and found no room since this was asked last. NULL: none is ever lost. */
	uint64_t (*lost)(void *user);
	/* The same of packets of BFD, and of answers of neighbours. */
	void (*lost_beside)(void *user, uint64_t *bfd, uint64_t *neighbours);
	/* The wall clock, nanoseconds since 1970: for stamps in authenticated adverts, and nothing else. */
	int64_t (*wall_clock)(void *user);
	/* Kernel changes, in order; each op's error is filled in. The kernel may be slow: this waits for it. */
	void (*kernel)(void *user, struct kernel_op *ops, size_t count);
	/* The same, in the same order, but waits for no more than `patience`. true: they are done later, and engine_kernel_answered
	 * is called when answers are there; what the ops point to must stay until then. NULL: there is only the other one. */
	bool (*kernel_later)(void *user, struct kernel_op *ops, size_t count, dur_t patience);
	/* The next few of those that were done later, in order, with their errors; valid until the next call. NULL: none. wait: for
	 * the next, if there is one to come. */
	const struct kernel_op *(*kernel_answers)(void *user, bool wait, size_t *count);
	/* Waits for no more than a moment, but in the same order as kernel_later. true: it is done later, task_answer has it, and
	 * engine_kernel_answered is called; what it points to need not stay. false: it is done. NULL: device_add and the like are
	 * asked, and wait for the kernel. */
	bool (*task)(void *user, struct port_task *task);
	/* The next of those that were done later, in order; valid until the next call. NULL: none. wait: for the next, if there is
	 * one to come. */
	const struct port_task *(*task_answer)(void *user, bool wait);
	/* Packets to single routers, in order; each one's error is filled in. */
	void (*send_datagrams)(void *user, struct port_datagram *datagrams, size_t count);
	/* Makes the device with all settings that it and its parent need and sets it up, or does so with one of the same
	 * name, MAC and parent that is there already. Its index, or -errno: -EEXIST, the name is another link's;
	 * -EADDRINUSE, another device over the parent has that MAC; -EOPNOTSUPP, the kernel makes no such devices. */
	int (*device_add)(void *user, struct port_device *device);
	/* Reads the settings back, puts right what is not as it should be, and reads again. enum port_device_fault
	 * bits of what stays wrong, or -errno. */
	int (*device_check)(void *user, const struct port_device *device, int ifindex);
	/* Deleting takes the kernel long: it may happen later, but before the process ends. With the last device over it,
	 * the parent gets back what it had. */
	void (*device_remove)(void *user, int ifindex);
	/* With all that it has and is, while it is up: 0 or -errno (-EBUSY: Linux before 6.2 cannot). */
	int (*device_rename)(void *user, int ifindex, const char *name);
	/* The setting of that name: other addresses outlive the primary one. Put back as it was by `false`. */
	void (*promote_secondaries)(void *user, int ifindex, bool on);
	/* All of them or none, in one transaction: 0, or -errno (-EOPNOTSUPP: the kernel lacks what they need). Without any,
	 * what was asked for so far is made to be in force again, and nothing else. A FIREWALL_VMAC without a MAC is asked
	 * only to see whether the interface can have one: -EMEDIUMTYPE, it is as in DEVICE_FAULT_BRIDGE. */
	int (*firewall)(void *user, const struct firewall_op *ops, size_t count);
	/* Nothing is said by ARP or neighbour discovery in the name of these addresses, and of no others, when no process of the
	 * daemon lives; not for ever, but for `length` from the last call. addresses NULL: those of the last one, whose
	 * number is `count`. 0, or -errno and it is as before (-EOPNOTSUPP: the kernel lacks what it needs). */
	int (*mortal)(void *user, const struct ip_addr *addresses, size_t count, dur_t length);
	/* Join a VRRP group on an interface, or leave it. As often left as joined: each virtual router does both for itself.
	 * 0 or -errno. */
	int (*join)(void *user, int ifindex, const struct ip_addr *group);
	void (*leave)(void *user, int ifindex, const struct ip_addr *group);
	/* Look whether a group that was joined still is, and join it again if not. 0: it is; 1: it was lost, and is joined again;
	 * -errno. NULL: none is ever lost. */
	int (*check_group)(void *user, int ifindex, const struct ip_addr *group);
	/* Hear ARP replies (IPv4) or neighbour advertisements (IPv6) on this interface from now on, or no longer. 0 or
	 * -errno. */
	int (*hear_neighbours)(void *user, int ifindex, enum ip_family family, bool on);
	/* A place to send the packets of a BFD session from; those that come are heard from then on: engine_bfd. A number
	 * to name it by, or -errno: -EADDRINUSE, another program hears them. */
	int (*bfd_open)(void *user, const struct bfd_config *config);
	void (*bfd_close)(void *user, int number, const struct bfd_config *config);
	/* By the interface, if it is not 0. 0 or -errno. */
	int (*bfd_send)(void *user, int number, const struct bfd_config *config, int ifindex, const uint8_t *bytes,
		size_t length);
	/* Ask the kernel for the present state of one link now (its event may be late); answered by engine_link. */
	void (*query_link)(void *user, int ifindex);
	/* Whether an engine that died, whose testament is known, had put there what this would remove. NULL: none is. */
	bool (*was_left)(void *user, const struct kernel_op *removal);
	/* The routes and rules of such engines are taken away, and logged, but for those that the `keep` removals would
	 * take away. NULL: none is known. */
	void (*remove_left)(void *user, const struct kernel_op *keep, size_t count);
	/* Slot `slot` of the testament, one per virtual router; entry and what it points to are copied. */
	void (*testament)(void *user, size_t slot, const struct testament_entry *entry);
	/* NULL: nobody is told. */
	void (*notify)(void *user, const struct port_notify *notify);
	/* A line for the front: a JSON object, without newline. kind says which stream it belongs to. false: there is no room for it
	 * now, and it was not sent; of those that matter to a log, that is counted. */
	bool (*tell)(void *user, uint16_t kind, const char *line, size_t length);
};

/* Does it here and now, by the port's other functions. */
void port_run_task(const struct port *port, struct port_task *task);

#endif
