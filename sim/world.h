/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world in virtual time: routers that run the shipped engine over a simulated kernel, hosts, switches and hubs, cables
 * that lose and delay. The second implementation of engine/port.h. Nothing is static and nothing reads a clock, so thousands
 * of worlds may live in one process, and the same seed gives the same life on every machine.
 *
 *	world		true time, the events to come, the dice				world.c, event.c
 *	segment, port	a switch or hub and its cables; frames on their way			network.c
 *	router		a machine: interfaces, addresses, routes, one process, its guard	router.c, kernel.c, guard.c, port.c
 *	host		a machine that sends through an address; its neighbour cache		host.c
 *	hearing		who takes whose adverts							hearing.c
 *	route check	whether what a host sends arrives, asked whenever something changed	reach.c
 *	laws		what must hold after every event					invariants.c
 *
 * True time is world->now. Each router has a clock of its own, which may run fast or slow; its engine sees only that one.
 * Whoever lets something happen from outside (scenarios, random faults) calls the functions below between two
 * world_run_until(); what they change takes effect at once.
 */
#ifndef VIGIA_SIM_WORLD_H
#define VIGIA_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/heap.h"
#include "base/random.h"
#include "base/time.h"
#include "conf/conf.h"
#include "core/anti_replay.h"
#include "core/vr.h"
#include "engine/engine.h"
#include "wire/vrrp.h"

#define SIM_POLICIES_MAX 32 /* rules of routing on a router */
#define SIM_NAME_SIZE 16
#define SIM_ROUTERS_MAX 16
#define SIM_ORDERS_MAX 8 /* of an administrator, that wait for a stalled process */
#define SIM_LINKS 4 /* interfaces of a router that are told apart when adverts are lost */
#define SIM_VIEWS_MAX 64 /* virtual routers of one router that the laws look at */
#define SIM_PPM 1000000 /* the whole, in parts per million */

#define SIM_LATE (1 * DUR_MS) /* what takes longer is not taken for granted: invariants.c */
#define SIM_CABLE_DELAY (10 * DUR_US)
#define SIM_NETLINK_DELAY (200 * DUR_US)
#define SIM_RUNNER_DELAY (1 * DUR_MS) /* until the engine hears of a script, once it is known how it ended */
#define SIM_IPV6_MTU 1280 /* below, an interface has no IPv6 */
#define SIM_MAC_AGEING (300 * DUR_S)
#define SIM_RECEIVE_BUFFER 256 /* packets that wait for a process that does not run */
#define SIM_NETLINK_BUFFER                                                                                   \
	256 /* kernel events that wait; beyond, the process must ask for everything again */
#define SIM_GUARD_REACTION (2 * DUR_MS)
#define SIM_RESTART (100 * DUR_MS) /* from the death of a process until its successor runs */
/* Linux: REACHABLE for 30 s, DELAY for 5 s, three questions a second apart; then a broadcast. */
#define SIM_NEIGHBOUR_TIMEOUT (38 * DUR_S)
#define SIM_NEIGHBOUR_RETRY (1 * DUR_S)

struct world;
struct router;
struct host;
struct segment;
struct port_end;

/* Bytes on the wire, shared by everybody they are on their way to. */
struct packet {
	struct packet *next_free;
	unsigned references;
	size_t length;
	uint8_t bytes[VRRP_FRAME_MAX];
};

/* One direction of a cable. */
struct way {
	bool cut;
	uint32_t loss; /* parts per million, as the next two */
	uint32_t duplicate;
	uint32_t reorder; /* overtakes what was sent before it */
	dur_t delay;
	dur_t jitter; /* at most so much more */
	mono_t last; /* arrival of the last frame: cables keep the order */
};

enum far_end {
	FAR_ROUTER,
	FAR_HOST,
	FAR_SEGMENT,
};

/* One port of a switch or hub with its cable. */
struct port_end {
	struct segment *segment;
	struct port_end *next; /* of the segment */
	enum far_end far;
	struct router *router;
	int ifindex; /* of the router's interface */
	struct host *host;
	struct port_end *peer; /* of the other segment */
	bool plugged; /* false: no carrier at either end */
	struct way in; /* towards the segment */
	struct way out; /* away from it */
	unsigned part; /* of a parted segment: ports of different parts do not hear each other */
	uint64_t mark; /* of the last frame that was put on its way out of here: network.c */
};

struct mac_entry {
	uint64_t mac;
	struct port_end *port;
	mono_t seen;
};

struct segment {
	struct segment *next;
	struct world *world;
	char name[SIM_NAME_SIZE];
	bool hub; /* learns nothing */
	dur_t ageing;
	struct port_end *ports;
	struct mac_entry *table;
	size_t table_count;
	size_t table_capacity;
};

/* A network interface of a router. */
struct nic {
	int ifindex; /* 0: gone */
	char name[SIM_NAME_SIZE];
	struct mac_addr mac;
	unsigned mtu;
	bool up; /* by the administrator */
	int parent; /* of a device for a virtual MAC: the interface below it; 0: none */
	unsigned joined[2]; /* how often, a VRRP group of IPv4, IPv6 */
	bool lost[2]; /* ...and the kernel knows nothing of it any more */
	bool hears_arp;
	bool hears_neighbours;
	struct port_end *port; /* NULL: no cable */
};

struct kernel_address {
	int ifindex;
	struct ip_prefix prefix;
	uint8_t protocol;
	mono_t expires; /* true time; looked at when nobody is left who renews it */
};

struct kernel_route {
	int ifindex;
	struct ip_prefix destination;
	struct ip_addr gateway;
	uint32_t metric;
	uint32_t table;
	bool virtual_one; /* with our mark */
};

/* A rule of ours. */
struct kernel_rule {
	struct virtual_rule rule;
	char in[SIM_NAME_SIZE]; /* names that it points to */
	char out[SIM_NAME_SIZE];
};

struct testament_slot;

enum process_state {
	PROCESS_NONE, /* not started, stopped, or died */
	PROCESS_RUNS,
	PROCESS_STALLED, /* gets no processor */
};

/* What was seen of one virtual router on one router; by slot. */
struct view {
	bool used;
	bool leaving; /* as of the end of the last turn */
	char name[2 * SIM_NAME_SIZE];
	const struct vr_config *config; /* as of the end of the last turn: in the midst of a reload it may be freed */
	uint8_t vrid;
	uint8_t family;
	int ifindex;
	enum vr_state state;
	enum vr_hold hold;
	uint8_t priority;
	struct ip_addr primary;
	mono_t since; /* true time of the last change of state */
	mono_t changed; /* configuration, priority, interface: bounds begin anew */
	dur_t patience; /* how long it may hear nothing and not be Master */
	dur_t patience_before; /* the same from the last change on, for timers that ran before it */
	dur_t interval; /* of its adverts */
	dur_t interval_before; /* the same, before the last change */
	mono_t quiet_until; /* no silence makes it Master before */
	mono_t doubted; /* when its link was last known to be in doubt */
	mono_t heard; /* when an advert of it was handed to the engine */
	unsigned provoked; /* so many at that moment, each of which may be answered */
	mono_t asked; /* when it last heard priority 0, as Master: an answer is due */
	mono_t given_up; /* when it last heard priority 0, as Backup, and no advert that it takes since */
	mono_t followed; /* when it last heard, as Backup, an advert that it has to follow */
	dur_t loyalty; /* so long it has to */
	mono_t sent; /* the last advert with a priority */
	mono_t sent_regular; /* the last one that nobody provoked */
	dur_t late; /* so much later than its time it left: the next one is not later for that */
	mono_t sent_stop; /* the last one with priority 0 */
	bool may_send; /* it became what it is in this very turn */
	bool must_yield; /* a better Master was handed in, or waits in the queue of a process that wakes */
	bool must_follow; /* the same, and it was Backup when it fell asleep */
	struct anti_replay replay; /* of the packets that a process takes while it wakes */
};

/* A script, file, process or BFD session. */
struct outside_object {
	enum track_kind kind;
	char *name;
	struct track_value value;
	mono_t changed;
};

struct kernel_job;

struct router {
	struct world *world;
	unsigned number;
	char name[SIM_NAME_SIZE];
	bool powered;
	struct engine *engine;
	struct port port;
	struct conf_result conf; /* in force */
	struct conf_result outgoing; /* the one before, while the kernel has not answered what points into it */
	char *conf_text; /* what the next process reads */
	size_t conf_length;
	enum process_state process;
	bool stop_pending, stop_now, reload_pending; /* what a stalled process has not been told yet */
	struct engine_request ordered[SIM_ORDERS_MAX]; /* the same; their names are the scenario's */
	size_t ordered_count;
	char *drained; /* what the process said of it last, that the guard keeps for the next process */
	size_t drained_length;
	bool waking; /* takes what came while it was stalled */
	bool stopped; /* nothing is left, the process ends */
	bool upgrade_wanted; /* tried again after every turn, until it can be */
	unsigned life; /* of the process: what was meant for an earlier one is dropped */

	/* Local time = local_base + (now - true_base) * (1 + rate / 10^9). */
	mono_t true_base, local_base;
	int64_t rate; /* parts per 10^9 */
	dur_t wall_offset; /* how far somebody has set its wall clock forward */
	mono_t wall_doubted; /* until then signatures with the time may not be believed */
	dur_t netlink_delay;
	mono_t netlink_full_until; /* what the kernel tells before is lost */
	mono_t netlink_last;
	struct heap_item timer; /* true time of the engine's deadline */
	mono_t deadline_seen; /* local */
	unsigned turns_at_once;

	struct nic **nics; /* ifindex - 1 */
	size_t nic_count;
	struct kernel_address *addresses;
	size_t address_count, address_capacity;
	struct kernel_route *routes;
	size_t route_count, route_capacity;
	struct kernel_rule policies[SIM_POLICIES_MAX]; /* of routing */
	size_t policy_count;
	struct firewall_rule *rules;
	size_t rule_count, rule_capacity;
	unsigned rules_life; /* of the process that asked for them */
	size_t rules_lost; /* so many somebody else has taken away, and they stand behind the others until asked for again */
	struct ip_addr *mortal; /* addresses that fall silent when everybody is dead... */
	size_t mortal_count;
	mono_t mortal_until; /* ...for so long */
	bool mortal_lost; /* somebody else has taken that away */
	bool orphaned; /* everybody is */
	int kernel_error; /* additions fail with it */
	int device_error; /* so do new devices */
	dur_t kernel_delay, kernel_slowest; /* so long it takes, at least and at most, over what the process asks for */
	struct kernel_job *kernel_jobs, *kernel_job_taken; /* of both it has given the answers of the second */
	mono_t kernel_busy_until;
	bool kernel_answered; /* and the process has not been told, for it is stalled */
	mono_t kernel_heard; /* when it was told last: what was held back leaves then */

	struct outside_object *outside; /* what the runner watches, as it is */
	size_t outside_count;

	struct event *waiting, **waiting_end; /* for a stalled process */
	size_t waiting_packets, waiting_events;
	bool events_lost;
	struct testament_slot *testament;
	size_t testament_count;
	struct view views[SIM_VIEWS_MAX];
	size_t view_count;
	mono_t disturbed; /* it was stalled, started, reloaded until then: bounds begin anew */
	mono_t tampered; /* somebody changed its kernel from outside */
	bool kernel_changed; /* addresses and routes are to be compared with what the engine holds */
	uint64_t adverts_sent, announcements_sent, packets_lost, packets_lost_told;
};

struct neighbour {
	struct ip_addr address;
	struct mac_addr mac;
	bool valid;
	mono_t fails_at; /* MONO_NEVER: it works */
	mono_t ask_at; /* not before: a broadcast a second */
};

/* What a host sends all the time, and since when it does not arrive. */
struct stream {
	struct ip_addr via; /* the virtual address */
	struct ip_addr destination; /* IP_NONE: `via` itself */
	bool worked; /* once, at least: outages count from then on */
	bool works;
	mono_t down_since;
	dur_t longest; /* outage that is over */
	dur_t total;
	unsigned outages;
	struct router *by; /* whom it passes */
};

struct host {
	struct host *next;
	struct world *world;
	char name[SIM_NAME_SIZE];
	struct mac_addr mac;
	struct ip_prefix address;
	struct ip_prefix address6;
	bool mute; /* answers no ARP */
	struct port_end *port;
	struct neighbour neighbours[8];
	size_t neighbour_count;
	struct stream streams[4];
	size_t stream_count;
	mono_t retry_at;
};

enum event_type {
	EVENT_PACKET, /* a VRRP packet for a process */
	EVENT_ARP, /* ARP or ND for a process */
	EVENT_LINK,
	EVENT_LINK_GONE,
	EVENT_ADDRESS,
	EVENT_ADDRESS_GONE,
	EVENT_ROUTE_GONE,
	EVENT_RULE_GONE,
	EVENT_FIREWALL, /* somebody else changed rules of nftables */
	EVENT_OBJECT, /* the runner's; ifindex: its number */
	EVENT_KERNEL_FRAME, /* ARP for the kernel of a router */
	EVENT_HOST_FRAME,
	EVENT_HOST_RETRY,
	EVENT_CALL,
};

typedef void event_call(struct world *world, struct router *router, uint64_t argument);

struct event {
	struct heap_item item;
	struct event *next; /* free, or waiting */
	enum event_type type;
	struct router *router;
	struct host *host;
	unsigned life;
	int ifindex;
	mono_t received; /* local */
	struct packet *packet;
	union {
		struct kernel_address address;
		struct kernel_route route;
		struct kernel_rule rule;
		struct {
			char name[SIM_NAME_SIZE];
			struct mac_addr mac;
			unsigned mtu;
			bool up, carrier, ours;
		} link;
		struct {
			event_call *call;
			uint64_t argument;
		};
	};
};

/* Whoever watches. Every function may be NULL. Nobody may change the world from inside. */
struct watcher {
	void *user;
	void (*transition)(
		void *user, const struct router *router, const struct view *view, enum vr_state from);
	/* NULL when a process starts: its engine writes no sentences at all. */
	void (*line)(void *user, const struct router *router, enum engine_tell kind, const char *line,
		size_t length);
	/* Every frame that a router or host puts on a cable; advert: what it says when it is one, else NULL. */
	void (*frame)(void *user, const struct router *from, int ifindex, const uint8_t *bytes, size_t length,
		const struct vrrp_advert *advert);
	/* A stream works again, or no longer. */
	void (*stream)(void *user, const struct host *host, const struct stream *stream);
	void (*violation)(void *user, const char *law, const char *text);
	/* After each event. */
	void (*step)(void *user);
};

struct world {
	mono_t now; /* true time; begins at WORLD_START */
	uint64_t frames, events; /* so far */
	struct random random;
	struct heap queue;
	struct heap timers; /* of the engines: packets of the same moment come first (TMR-12) */
	struct heap_entry timer_entries[SIM_ROUTERS_MAX];
	struct event *free_events;
	struct event_block *event_blocks;
	struct packet *free_packets;
	struct packet_block *packet_blocks;
	struct segment *segments;
	struct router *routers[SIM_ROUTERS_MAX];
	size_t router_count;
	struct host *hosts;
	unsigned host_count;
	bool changed; /* something that decides whether packets arrive */
	uint64_t mark;
	/* lost[a][b][n]: the last moment at which b did not hear, or heard late, what a said by interface n, modulo. */
	mono_t lost[SIM_ROUTERS_MAX][SIM_ROUTERS_MAX][SIM_LINKS];
	unsigned masters; /* instances that are Master, everywhere */
	bool record; /* engines write traces */
	bool lawless; /* the laws are not looked at */
	unsigned violations;
	bool out_of_memory;
	bool stop; /* a watcher has seen enough: world_run_until comes back */
	struct watcher watcher;
};

#define WORLD_START ((mono_t){1000 * DUR_S})

struct world *world_new(uint64_t seed); /* NULL: no memory */
void world_free(struct world *world);
/* Everything up to and including that moment happens. */
void world_run_until(struct world *world, mono_t end);
/* The next moment at which something happens; MONO_NEVER: nothing ever. */
mono_t world_next(const struct world *world);

/* event.c: NULL without memory, which is remembered. */
struct event *event_new(struct world *world, enum event_type type);
void event_free(struct world *world, struct event *event);
void event_schedule(struct world *world, struct event *event, mono_t at);
void call_later(struct world *world, struct router *router, dur_t delay, event_call *call, uint64_t argument);
struct packet *packet_new(struct world *world, const uint8_t *bytes, size_t length);
void packet_drop(struct world *world, struct packet *packet);
void events_free(struct world *world);

/* network.c */
struct segment *segment_new(struct world *world, const char *name, bool hub);
struct segment *segment_find(const struct world *world, const char *name);
struct port_end *port_new(struct segment *segment, enum far_end far);
/* A cable between two segments. */
struct port_end *trunk_new(struct segment *a, struct segment *b);
void network_lost(struct world *world, const struct router *from, int ifindex, const struct router *to, mono_t at);
mono_t network_last_lost(const struct world *world, const struct router *from, int ifindex, const struct router *to);
/* A frame enters the segment by this port. from: the router that said it, or NULL. advert: it is one. */
void network_send(
	struct port_end *port, struct router *from, const uint8_t *bytes, size_t length, bool advert);
void port_plug(struct port_end *port, bool plugged);
/* A switch forgets what it learnt at a port that lost its carrier. */
void port_forget(struct port_end *port);
/* Where a unicast frame would go now: calls each for every machine it would reach, in both directions of the cables.
 * Stops at the first that says true. */
bool network_reaches(struct port_end *from, const struct mac_addr *to,
	bool (*each)(void *user, struct port_end *port), void *user);
bool network_broadcast_reaches(
	struct port_end *from, bool (*each)(void *user, struct port_end *port), void *user);

/* router.c */
struct router *router_new(struct world *world, const char *name);
void router_free(struct router *router);
struct router *router_find(const struct world *world, const char *name);
/* The configuration that the next start reads; taken over by malloc'd copy. false: no memory. */
bool router_configure(struct router *router, const char *text, size_t length);
void router_start(struct router *router);
void router_stop(struct router *router, bool now_or_never);
void router_crash(struct router *router, bool for_good);
/* upgrade.c: another engine takes the place of this one, with its state. */
void router_upgrade(struct router *router);
/* Engine, guard and all: nobody speaks for it, and nobody cleans up. */
void router_kill(struct router *router);
void router_power(struct router *router, bool on);
void router_stall(struct router *router);
void router_resume(struct router *router);
/* The text is correct: conf_load_text said so. */
void router_reload(struct router *router, const char *text, size_t length);
/* What an administrator wants; the name must stay. */
void router_order(struct router *router, const struct engine_request *request);
/* guard.c: what a process says of itself for the next one. */
void guard_keep_drained(struct router *router, const char *line, size_t length);
void guard_say_drained(const struct router *router);
/* tracked.c: what the runner says of scripts and other tracked objects. */
void router_set_object(
	struct router *router, enum track_kind kind, const char *name, struct track_value value);
/* What the runner has told of it or is telling; NULL: nobody but the engine knows. */
const struct outside_object *outside_object(const struct router *router, const struct tracked_object *tracked);
/* Everything that the process tracks, as it is. */
void router_report_objects(struct router *router);
void router_hand_in_object(struct router *router, int number, mono_t now);
void router_forget_objects(struct router *router);
void router_set_rate(struct router *router, int64_t parts_per_billion);
mono_t router_local(const struct router *router, mono_t at);
mono_t router_true(const struct router *router, mono_t local);
/* Its wall clock, nanoseconds since 1970, and somebody who sets it. */
int64_t router_wall(const struct router *router);
void router_set_wall(struct router *router, dur_t forward);
void router_event(struct router *router, struct event *event);
void router_events_lost(struct router *router); /* it must ask for everything again */
void router_tick(struct router *router);
/* After each call of the engine. */
void router_after(struct router *router);
void router_kernel_answered(struct router *router); /* there are answers of kernel_later.c */
/* adopt: a predecessor died. */
void router_boot(struct router *router, bool adopt);

/* kernel.c */
struct nic *nic_new(struct router *router, const char *name, struct segment *segment);
struct nic *nic_by_index(const struct router *router, int ifindex);
struct nic *nic_by_name(const struct router *router, const char *name);
bool nic_carrier(const struct router *router, const struct nic *nic);
void nic_set_up(struct router *router, struct nic *nic, bool up);
void nic_remove(struct router *router, struct nic *nic);
void kernel_tell_link(struct router *router, const struct nic *nic); /* it changed */
void kernel_answer_link(struct router *router, const struct nic *nic); /* the process asked */
/* carrier of the port changed */
void kernel_port_changed(struct router *router, const struct port_end *port);
bool kernel_has_address(const struct router *router, const struct ip_addr *address);
struct kernel_address *kernel_find_address(
	const struct router *router, int ifindex, const struct ip_prefix *prefix);
int kernel_add_address(struct router *router, int ifindex, const struct ip_prefix *prefix, uint8_t protocol);
bool kernel_delete_address(struct router *router, int ifindex, const struct ip_prefix *prefix);
int kernel_add_route(struct router *router, const struct kernel_route *route);
bool kernel_delete_route(struct router *router, const struct kernel_route *route);
/* The same by an outsider: the process is told. */
bool kernel_lose_route(struct router *router, const struct kernel_route *route);
/* kernel_rules.c: the same for rules. One of a preference is all there is. */
bool kernel_has_rule(const struct router *router, uint32_t preference);
int kernel_add_rule(struct router *router, const struct virtual_rule *rule);
bool kernel_delete_rule(struct router *router, uint32_t preference);
bool kernel_lose_rule(struct router *router, uint32_t preference);
void kernel_tell(struct router *router, struct event *event); /* the process, in order with the other news */
/* For so long all news is lost; then the process is told that some was. */
void kernel_overrun(struct router *router, dur_t length);
void kernel_run(struct router *router, struct kernel_op *ops, size_t count);
/* Everything the kernel knows, as after a process asked for it. */
void kernel_dump(struct router *router);
/* The machine starts again: only what stands in files is left. */
void kernel_reset(struct router *router);
/* kernel_links.c. One that was removed is there again under another index, up and with no address. false: no memory. */
bool nic_return(struct router *router, struct nic *nic);
void nic_rename(struct router *router, struct nic *nic, const char *name);
void nic_set_mac(struct router *router, struct nic *nic, const struct mac_addr *mac);
void nic_set_mtu(struct router *router, struct nic *nic, unsigned mtu);
bool nic_can(const struct nic *nic, enum ip_family family); /* its MTU allows it */
bool nic_is_member(const struct nic *nic, enum ip_family family);
bool nic_check_membership(struct nic *nic, enum ip_family family); /* true: it was lost, and is back */
/* kernel_later.c, as in port.h. Without a delay all is done at once. */
bool kernel_run_later(struct router *router, struct kernel_op *ops, size_t count, dur_t patience);
bool kernel_task_later(struct router *router, struct port_task *task);
const struct kernel_op *kernel_take_answers(struct router *router, bool wait, size_t *count);
const struct port_task *kernel_take_task(struct router *router, bool wait);
void kernel_finish(struct router *router); /* does now what it was asked for */
void kernel_forget_jobs(struct router *router);
/* An ARP packet came in by this interface. */
void kernel_frame(struct router *router, int ifindex, const struct packet *packet);

/* firewall.c */
struct firewall_rule {
	uint8_t type; /* enum firewall_op_type, one of those that put a rule */
	int ifindex;
	struct ip_addr address;
	struct mac_addr mac;
};
int firewall_run(struct router *router, const struct firewall_op *ops, size_t count);
int firewall_mortal(struct router *router, const struct ip_addr *addresses, size_t count, dur_t length);
/* Somebody else takes all of it away, and the process hears of that. */
void firewall_lose(struct router *router);
bool firewall_stands(const struct router *router); /* what was asked for, and that was something */
bool firewall_refuses(const struct router *router, const struct ip_addr *address);
/* The virtual MAC that ARP and ND name for this address; NULL: that of the interface. */
const struct mac_addr *firewall_names(const struct router *router, const struct ip_addr *address);
bool firewall_mutes(const struct router *router, const struct ip_addr *address);

/* port.c */
void port_functions(struct router *router);
void frame_send(struct router *router, struct port_frame *frame);

/* datagram.c */
void datagram_send(struct router *router, struct port_datagram *datagram);
/* Our address on the link that the destination is on; IP_NONE: it is on none. */
struct ip_addr datagram_source(const struct router *router, const struct ip_addr *destination);

/* bfd.c */
int bfd_session_open(const struct router *router, const struct bfd_config *config);
int bfd_session_send(struct router *router, const struct bfd_config *config, int ifindex, const uint8_t *bytes, size_t length);
/* Whether it is a packet of UDP, which goes to the engine when it is one of BFD. bytes: from the IP header on. */
bool bfd_take(struct router *router, int ifindex, const uint8_t *bytes, size_t length, mono_t now);

/* guard.c */
void guard_write(struct router *router, size_t slot, const struct testament_entry *entry);
void guard_process_died(struct router *router, bool for_good);
void guard_forget(struct router *router);

/* neighbour.c */
/* The address that is asked for; false: no question, or one about the asker itself. */
bool neighbour_question(const struct packet *packet, struct ip_addr *target);
void neighbour_answer(struct port_end *port, const struct mac_addr *mac, const struct packet *question);

/* host.c */
struct host *host_new(struct world *world, const char *name, struct segment *segment);
struct host *host_find(const struct world *world, const char *name);
struct stream *host_stream(struct host *host, const struct ip_addr *via, const struct ip_addr *destination);
void host_frame(struct host *host, const struct packet *packet);
void host_retry(struct host *host);

/* reach.c */
void streams_judge(struct world *world);
/* The longest outage of a stream, one that is still going on included. */
dur_t stream_longest(const struct world *world, const struct stream *stream);

/* observe.c: what outsiders see of an engine */
size_t router_vr_count(const struct router *router);
const struct vr *router_vr(const struct router *router, size_t index);
int router_vr_ifindex(const struct router *router, size_t index);
/* name NULL: the first one. NULL: none of that name, or nothing runs. */
const struct vr *router_vr_by_name(const struct router *router, const char *name);
uint64_t router_vr_drops(const struct router *router, const char *name, enum drop_reason reason);
void router_observe(struct router *router);
void router_forget_views(struct router *router);
/* After an upgrade: what is known of each virtual router goes with it, whatever place the new engine has given it. */
void router_keep_views(struct router *router);
/* At a reload: what is the same in both has moved. */
void router_follow_config(struct router *router, const struct conf *before, const struct conf *after);
void law_not_understood(struct router *router); /* of the engine that was to take over in an upgrade */
/* ifindex: of its interface, or of its device over it. NULL: there is none. */
struct view *router_view(struct router *router, uint8_t family, uint8_t vrid, int ifindex);
const struct vr *view_vr(const struct router *router, const struct view *view);
bool view_errors(const struct router *router,
	const struct view *view); /* something could not be put into the kernel */

/* How long this one, as Master, may say nothing. What was due before a change of the interval is neither hurried nor put off. */
dur_t view_advert_bound(const struct view *view);

/* What it tracks, as the engine has it. */
struct track_value view_track_value(const struct router *router, const struct view *view, size_t index);

/* What has been said to it with authority; NULL: it is gone. */
const struct anti_replay *view_replay(const struct router *router, const struct view *view);
/* A reload took it out: it only hands over, and is in no group any more. */
bool view_is_leaving(const struct router *router, const struct view *view);

/* hearing.c */
bool hearing_is_vrrp(const struct packet *packet, uint8_t *vrid, uint8_t *family);
/* Whom of this router the packet is for; NULL: nobody. */
struct view *hearing_view(struct router *router, int ifindex, const struct packet *packet);
/* Whose advert it is; NULL: nobody's. */
struct view *hearing_speaker(struct router *router, int ifindex, const struct vrrp_advert *advert);
/* By configuration alone. */
bool hearing_understands(const struct router *hearing, const struct view *hearer, const struct router *speaking,
	const struct view *speaker);
/* Whether it takes this packet now; fills *advert, and remembers in *replay that it was said. */
bool hearing_takes(const struct router *router, const struct view *view, const struct packet *packet,
	struct anti_replay *replay, struct vrrp_advert *advert);

/* tracking_law.c: NULL, or what is wrong. */
const char *law_tracking(const struct router *router, const struct view *view);

/* invariants.c */
void laws_after_turn(struct router *router);
void laws_after_event(struct world *world);
void laws_advert(struct router *router, int ifindex, const struct vrrp_advert *advert);
void laws_heard(struct router *router, int ifindex, const struct packet *packet);
void laws_before_wake(struct router *router);
void laws_after_wake(struct router *router);
/* It is due at this very moment, and does nothing about it. */
void laws_spins(struct router *router);

#endif
