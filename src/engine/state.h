/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine is made of; private to the room. Who owns what:
 *
 *	link		one network interface of the kernel, by index, with its addresses	links.h
 *	interface	one name that the configuration mentions; bound to a link or waiting for it	interfaces.c
 *	object		one script, file, process or BFD session that is tracked		objects.h
 *	instance	one virtual router: core machine, counters			instances.c
 *	device		one device for a virtual MAC, shared by those who want the same		devices.c
 *	statics		what stands for the life of the daemon					statics.c
 *	holding		one address, route or rule of ours in the kernel; virtual routers have claims on it	holdings.h
 *	sync_group	virtual routers that go up and down together				sync_groups.c
 *	bfd_peer	one BFD session						bfd.h
 *	overruns	what was lost before it was read					overruns.h
 *	backlog		what a turn leaves for later						backlog.c
 *	batch		what the core asked for during one input, to be run together		batch.c
 *	firewall	what of it each virtual router wants of nftables, and what is in force	firewall.c
 *	pace		announcements that wait, where there is a least time between two	pace.c
 *	readiness	next hops that are asked before a Backup preempts			readiness.h
 *	order		what an administrator wants					orders.h
 *	will		what the guard is to say and undo for each virtual router		will.c
 *	notify		what commands and pipes are told of states				notify.c
 *	history		what each virtual router has done, and why				history.h
 *
 * An instance points into the configuration that is in force. A reload moves all of them to the new one; only a virtual
 * router that was taken out of the file gets a copy, to hand over in peace after the old configuration is gone.
 */
#ifndef VIGIA_ENGINE_STATE_H
#define VIGIA_ENGINE_STATE_H

#include "base/heap.h"
#include "base/text.h"
#include "core/anti_replay.h"
#include "core/link_proof.h"
#include "core/vr.h"
#include "engine/drops.h"
#include "engine/engine.h"
#include "engine/firewall_watch.h"
#include "engine/hash.h"
#include "engine/history.h"
#include "engine/holdings.h"
#include "engine/instance.h"
#include "engine/kernel_ops.h"
#include "engine/lateness.h"
#include "engine/lifetimes.h"
#include "engine/links.h"
#include "engine/statics.h"
#include "engine/objects.h"
#include "engine/overruns.h"
#include "engine/virtual_addresses.h"
#include "wire/arp.h"
#include "wire/drop.h"
#include "wire/ip_packet.h"
#include "wire/nd.h"
#include "wire/vrrp.h"

#define BATCH_SIZE 512 /* adverts, announcements */
#define FRAME_MAX 4608 /* the longest advert: 255 addresses of IPv6 */
#define FRAME_ROOM (4 * FRAME_MAX)
#define SMALL_FRAMES_SIZE 64
#define SMALL_FRAME_SIZE ND_FRAME_SIZE /* the longer one of ARP and ND */
#define LINE_SIZE 65000 /* a little less than MESSAGE_BODY_MAX */
#define UNICAST_BATCH 16
#define UNICAST_MTU 1500u /* of the path nothing is known */
#define UNICAST_PACKET_SIZE 1536 /* with room for an Ethernet header in front */

#define INSTALL_RETRY_FIRST (1 * DUR_S)
#define INSTALL_RETRY_LATER (5 * DUR_S)
#define FIREWALL_RETRY (1 * DUR_S)
#define FIREWALL_PATIENCE (3 * DUR_MS) /* so long others who are quicker may need to put it back (linux/firewall_sentries.h) */
#define JOIN_RETRY (1 * DUR_S)
#define GROUP_CHECK_SPACING (500 * DUR_MS) /* of those for silence, in the whole engine: a switch that dies silences many */
#define POLL_SHORTEST (10 * DUR_MS)
#define POLL_LONGEST (1 * DUR_S)
#define SEND_ERROR_SPACING (10 * DUR_S)
#define LATE_SPACING (10 * DUR_S)

struct instance;
struct interface;
struct sync_group;
struct pace;
struct bfd_peer;
struct bfd_peers;
struct order;
struct order_part;
struct readiness;

/* What an interface is to the virtual routers of one family. */
struct interface_family {
	struct vr_interface now;
	mono_t join_again; /* a group could not be joined; MONO_NEVER: none was refused */
};

struct interface {
	struct waiter waiter;
	struct hash_node node; /* by name */
	struct interface *next;
	char *name;
	struct ip_addr anchor; /* IP_NONE, or: no interface of that name, but whichever has this address */
	struct link *link; /* NULL: there is no such interface now */
	bool running; /* exists, is up and has carrier, as far as its delays let it be believed */
	dur_t down_delay; /* interface_up_down_delays */
	dur_t up_delay;
	mono_t turned_at; /* since when it is otherwise than `running` says; MONO_NEVER: it is not */
	bool polled; /* linkbeat_interfaces: the runner asks its driver whether there is a link */
	struct interface_family families[2]; /* by family_index */
	struct instance **buckets; /* of those whose own interface it is, by family and VRID... */
	struct instance *only_bucket; /* ...this one, as long as one is enough */
	uint32_t bucket_count; /* a power of two */
	uint32_t instance_count;
	bool promoting; /* promote_secondaries is set for us */
	struct trackers trackers;
	bool proven; /* tracked by a virtual router of another interface: carrier alone is not believed */
	struct link_proof proof;
	struct ip_addr next_hop;
	mono_t doubt_ends; /* when silence counts on a link that came back, whether anybody has answered or not */
	struct ip_addr heard_peer; /* a master heard just before carrier went: asked when it is back */
	bool hearing[2]; /* by family_index: its neighbours' answers */
	size_t asked[2]; /* ...so often for readiness.c */
	mono_t look_again; /* readiness.c has asked the kernel for its settings just now */
	bool wanted; /* by the configuration; reload.c */
	dur_t poll_every;
	mono_t poll_at;
};

struct device {
	struct device *next;
	struct interface *parent;
	struct port_device wanted; /* name and owner are its own; parent and vrf are filled in when it is made */
	size_t users;
	int ifindex; /* 0: it is not there */
	int was; /* the last index: what the port knows it by */
	int vrf; /* of the parent, when last looked at */
	int error; /* of the last attempt to make it */
	int faults; /* enum port_device_fault bits that stay */
	bool quiet; /* FIREWALL_QUIET is in force */
	bool deaf; /* FIREWALL_DEAF is */
	bool may_speak; /* a Master uses it: hosts and switches shall hear of its groups (ND-03) */
	mono_t made_at;
	mono_t readdressed_at; /* when its own address was put back last */
	mono_t at; /* when to make it or to look at its settings; MONO_NEVER: when the parent comes */
	uint32_t number; /* by which an answer finds it */
	bool adding; /* the kernel has been asked to make it, and has not answered */
	bool missed; /* it counts as missing: one that the kernel is being asked for does so only after some time */
	bool outdated; /* what it answers is no longer what was asked for */
	bool judged; /* what was found breaks the service, or no longer: its users are to be told */
};

struct batch_advert {
	struct instance *instance;
	uint8_t priority;
	bool version_2; /* the copy of an advert of version 3 */
	dur_t interval; /* 0: the configured one */
};

struct batch_announcement {
	struct instance *instance;
	uint16_t count;
	bool elsewhere; /* only what stands on other interfaces */
};

struct batch {
	bool running;
	struct instance *touched;
	struct batch_advert adverts[BATCH_SIZE];
	size_t advert_count;
	struct batch_announcement announcements[BATCH_SIZE];
	size_t announcement_count;
};

/* Of the rings of the backlog. */
struct backlog_item {
	struct instance *instance;
	uint32_t number; /* rounds of a burst that are left; of a telling: which record of its history */
};

struct backlog {
	struct waiter *due;
	struct waiter *due_last;
	struct ring bursts;
	struct ring tellings;
	size_t fresh_tellings; /* the last ones, of the batch that is being run */
};

/* What waits for the kernel to have done what comes before it. */
struct held_send {
	struct batch_advert advert; /* instance NULL: it is the other one */
	struct batch_announcement announcement;
};

/* Devices that are being deleted, and say nothing until they are gone. */
struct silences {
	int *ifindexes;
	size_t count;
	size_t capacity;
};

/* That was asked lately: peer_questions.c. */
#define PEER_QUESTIONS_KNOWN 32
struct peer_question {
	int ifindex; /* 0: a free place */
	struct ip_addr source, peer;
	mono_t at;
};

struct engine {
	const struct conf *conf;
	const struct port *port;
	struct engine_options options;
	bool started;
	bool stopping;
	bool stopped_told;
	bool recording;
	struct peer_question questions[PEER_QUESTIONS_KNOWN];
	mono_t check_groups_at; /* not before that for silence */
	mono_t quiet_until; /* vrrp_startup_delay, vrrp_delay_after_boot: virtual routers that start are held down */

	struct hash links_by_index;
	struct link *links;
	struct hash interfaces_by_name;
	struct interface *interfaces;
	struct objects objects;
	struct instance **instances; /* order of the configuration, the leaving ones behind */
	size_t instance_count;
	size_t instance_capacity;
	bool *slots;
	size_t slot_count;
	size_t slots_taken; /* all below are */
	struct device *devices;
	uint32_t device_number; /* the last one given */
	size_t tasks; /* task_give: that the kernel has not answered yet */
	struct silences silences;
	mono_t devices_at; /* the earliest `at` of them */
	struct hash holdings;
	struct statics statics;
	mono_t restore_at; /* something of ours is missing in the kernel */
	struct virtual_addresses virtual_addresses[2]; /* of all instances, by family_index() */
	bool anchored; /* there is, or was, a virtual router without an interface */
	bool anchors_stale; /* addresses have changed: anchors_follow */
	bool someone_gone; /* a leaving instance may be freed */
	struct bfd_peers *bfd;
	struct readiness *readiness;
	struct order *orders; /* not answered yet */
	bool drained_changed; /* others are drained than the guard knows of */
	struct lifetimes lifetimes;
	struct sync_group *sync_groups;
	bool sync_groups_stale; /* not rebuilt yet, for lack of memory */
	bool reloading; /* between two configurations, groups decide nothing */

	struct heap heap;
	struct pace *paces;
	mono_t pace_at; /* an announcement waits for its turn */
	struct batch batch;
	struct backlog backlog;
	struct op_queue ops;
	struct ring in_flight; /* op_owners of what the kernel has not answered yet, in its order */
	struct held_send *held;
	size_t held_count;
	size_t held_capacity;
	struct firewall_rules firewall; /* changes, while they are collected */
	struct firewall_watch firewall_watch;
	uint64_t drops[DROP_REASON_COUNT]; /* that belong to no instance */
	struct drop_line drop_lines[DROP_LINES_SIZE];

	struct lateness lateness;
	struct overruns overruns;
	mono_t unheard_after; /* packets that came later may wait still; MONO_NEVER: none does */
	struct {
		bool running;
		bool brief;
		bool again; /* asked for once more meanwhile... */
		bool again_brief; /* ...so */
		size_t next;
		mono_t at; /* not before; 0: at once */
		mono_t taken; /* when a line was last taken */
	} status;

	struct port_datagram datagrams[UNICAST_BATCH];
	uint8_t datagram_bytes[UNICAST_BATCH][UNICAST_PACKET_SIZE];
	struct port_frame frames[BATCH_SIZE];
	struct batch_advert frame_owners[BATCH_SIZE];
	size_t frame_count;
	uint8_t frame_room[FRAME_ROOM]; /* of those frames that no instance keeps */
	size_t frame_room_used;
	struct port_frame small_frames[SMALL_FRAMES_SIZE];
	struct instance *small_frame_owners[SMALL_FRAMES_SIZE];
	uint8_t small_frame_bytes[SMALL_FRAMES_SIZE][SMALL_FRAME_SIZE];
	size_t small_frame_count;
	char line[LINE_SIZE];
};

/* interfaces.c: the names of the configuration. */
static inline size_t family_index(enum ip_family family)
{
	return family == IP_V6;
}
struct interface *interface_by_name(const struct engine *engine, const char *name);
/* Finds it or makes it; NULL without memory. */
struct interface *interface_get(struct engine *engine, const char *name);
/* The one of a virtual router: of its name; or, for a unicast one without an interface, wherever its source address is. */
struct interface *interface_of(const struct engine *engine, const struct vr_config *config);
struct interface *interface_get_of(struct engine *engine, const struct vr_config *config);
/* Those without a name follow their addresses; after links or addresses have changed. */
void anchors_follow(struct engine *engine, mono_t now);
/* The link is about to be freed. */
void anchors_leave(struct engine *engine, const struct link *link, mono_t now);
void interface_free(struct engine *engine, struct interface *interface);
void interface_bind(struct engine *engine, struct interface *interface, struct link *link, mono_t now);
/* Are the groups that were joined there still? Those that are not are joined again. Costs the reading of a file. */
/* It counted as joined until the kernel got to it. */
void interface_not_joined(struct engine *engine, int ifindex, const struct ip_addr *group, mono_t now);
void interface_check_groups(struct engine *engine, struct interface *interface, mono_t now);
/* Leaves the group that was joined for this virtual router. */
void interface_leave_group(struct engine *engine, struct instance *instance);
void interface_unbind(struct engine *engine, struct interface *interface, mono_t now);
/* The link is gone, and memberships with it: when the interface is there again, it is told that they were lost. */
void interface_link_gone(struct engine *engine, struct interface *interface, mono_t now);
/* Looks at the link again and tells whom it concerns; does nothing when nothing changed. */
void interface_refresh(struct engine *engine, struct interface *interface, mono_t now);
/* Sets promote_secondaries while a virtual router on it wants that. */
void interface_promote(struct engine *engine, struct interface *interface);
/* It is told this now. */
void interface_note_told(struct instance *instance, const struct vr_interface *now);
/* Tells the virtual routers of the interface what they do not know yet. */
void interface_tell(struct engine *engine, struct interface *interface, mono_t now);
/* When a change of the link will be believed; MONO_NEVER: there is none. */
mono_t interface_believed_at(const struct interface *interface);
/* From the configuration. Those who refresh the interfaces see to the rest. */
void interfaces_learn(struct engine *engine);
/* At the end of a reload: what makes a link count may be another thing than before. */
void interfaces_look_again(struct engine *engine, mono_t now);
/* Whether its driver is asked and has answered; then *link: what it said. */
bool interface_polled(const struct engine *engine, const struct interface *interface, bool *link);
/* Its driver has answered; the answer is kept with the tracked objects. */
void interface_poll_reported(struct engine *engine, const char *name, mono_t now);
void interface_tick(struct engine *engine, struct interface *interface, mono_t now);
/* Those that the configuration no longer mentions, and nobody who is leaving needs. */
void interfaces_drop_unused(struct engine *engine);
/* Index of the device of an address or route of this virtual router; 0: no such interface. */
int interface_index(const struct engine *engine, const char *name);

/* tracking.c: who tracks which interface, and when a link is believed. */
bool tracking_rebuild(struct engine *engine, mono_t now); /* false: no memory */
void tracking_refresh(struct engine *engine, struct interface *interface, mono_t now);
void tracking_tick(struct engine *engine, struct interface *interface, mono_t now);
mono_t tracking_deadline(const struct engine *engine, const struct interface *interface);
/* At the start of an engine whose predecessor died: what has carrier had been proven by that. */
void tracking_presume_good(struct engine *engine, mono_t now);
/* Before virtual routers are told that carrier has gone. */
void tracking_lost(struct interface *interface, mono_t now);
/* A virtual router of this interface heard another one: the link passes packets. */
void tracking_heard(struct engine *engine, struct interface *interface, mono_t now);
/* Whether carrier came back, and the next hop, or the master heard before, is asked and has not answered yet. */
bool tracking_in_doubt(const struct interface *interface);
void tracking_hear(struct engine *engine, struct interface *interface); /* neighbours, if it waits for their answers */
/* What this virtual router is to believe now of an object that it tracks. */
struct track_value tracking_value(
	const struct engine *engine, const struct instance *instance, const struct tracked_object *tracked);

/* instances.c */
struct instance *instance_new(struct engine *engine, const struct vr_config *config, mono_t now);
void instance_free(struct engine *engine, struct instance *instance);
/* The same configuration in a copy of its own, for the one in force goes. false: no memory */
bool instance_keep_config(struct instance *instance);
/* What its machine needs with this configuration; false: no memory */
bool instance_lend(struct instance *instance, const struct vr_config *config);
/* As at its very beginning. */
void instance_init_machine(struct instance *instance, const struct vr_config *config, mono_t now);
/* Claims, and behind them track values, in one block: free() *claims. false: no memory */
bool instance_make_lists(const struct vr_config *config, struct claim **claims, struct track_value **values);
bool slot_take(struct engine *engine, uint32_t *slot); /* of the testament; false: no memory */
bool waiters_reserve(struct engine *engine); /* room in the heap for all; false: no memory */
/* Where the search for it begins. */
struct instance **instance_bucket(const struct interface *interface, uint8_t family, uint8_t vrid);
struct instance *instance_find(const struct interface *interface, uint8_t family, uint8_t vrid);
/* Another one with the same three: unicast ones may share them. NULL: no more. */
struct instance *instance_next(const struct instance *instance);
/* All of an interface. */
struct instance *interface_first(const struct interface *interface);
struct instance *interface_next(const struct instance *instance);
/* The one that this configuration, or an older one of the same virtual router, has made. */
struct instance *instance_of_config(const struct engine *engine, const struct vr_config *config);
/* Every interface that the configuration names gets its place; false: no memory. */
bool route_devices_known(struct engine *engine, const struct virtual_route *route); /* false: no memory */
bool devices_known(struct engine *engine, const struct vr_config *config);
/* Whether address number index was left in the kernel by a predecessor. */
bool instance_has_leftover(const struct engine *engine, const struct instance *instance, size_t index);
/* Removes what a predecessor left of this virtual router. */
void instance_clean_up(struct engine *engine, struct instance *instance, mono_t now);
void instance_start(struct engine *engine, struct instance *instance, bool adopt, mono_t now);
/* Hands the event to the core and what comes out to the batch. */
void instance_input(
	struct engine *engine, struct instance *instance, const struct vr_event *event, mono_t now);
void instance_wait(struct engine *engine, struct instance *instance);
void instance_tick(struct engine *engine, struct instance *instance, mono_t now);
bool instance_is_master(const struct instance *instance);
/* Frees the leaving instances that have let go; says so when the engine is stopping and all have. */
void instances_reap(struct engine *engine, mono_t now);

/* firewall.c: what the virtual routers of the batch want of the packet filter. */
void firewall_before_install(struct engine *engine, mono_t now);
void firewall_after_removal(struct engine *engine, mono_t now);
void firewall_adopt(struct engine *engine, mono_t now); /* what a dead engine had in force for what it held */
void firewall_resume(struct engine *engine, mono_t now); /* what a predecessor had in force for all */
/* Adds to what a virtual router is told of its interface: it waits where the kernel cannot do VMAC_RULES. */
void firewall_see(
	struct engine *engine, struct instance *instance, struct vr_interface *interface, mono_t now);
/* What is in force, as far as is known, is not (error), or is again (0): said when it is news. */
void firewall_tell(struct engine *engine, struct instance *instance, int error, mono_t now);
bool firewall_is_in_force(const struct instance *instance, enum firewall_op_type type);
/* For what this configuration may want; false: no memory */
bool firewall_prepare(struct instance *instance, const struct vr_config *config);
bool firewall_is_pending(const struct instance *instance);
int firewall_error(const struct instance *instance); /* 0: all that is wanted is in force */
void firewall_free(struct instance *instance);

/* virtual_mac.c */
struct mac_addr virtual_mac(const struct vr_config *config); /* the configured one, or that of RFC 9568 7.3 */
/* What the virtual addresses have on this link, the virtual router's own or that of one of its devices: source of
 * announcements. The link's own without a virtual MAC, and where the link is a device that has it. */
struct mac_addr instance_mac(const struct instance *instance, const struct link *link);
struct mac_addr instance_advert_mac(
	const struct instance *instance, const struct link *link); /* source of adverts */

/* devices.c and device_users.c: devices for virtual MACs. */
/* The devices that a virtual router of this configuration needs: its own, and those of its addresses into the claims.
 * false: no memory, and nothing is attached. */
bool devices_attach(
	struct engine *engine, const struct vr_config *config, struct device **own, struct claim *claims);
/* Before the new configuration's devices are attached: one that only gets another name stays with its addresses. Where the kernel
 * cannot, another one is made. */
void devices_follow_name(struct engine *engine, const struct instance *instance, const struct vr_config *config);
/* The last user gone, the device is deleted. */
void devices_detach(struct engine *engine, struct device **own, struct claim *claims, size_t address_count);
/* Makes them now, or gives them what the configuration wants now. */
void devices_make(struct engine *engine, struct device *own, const struct claim *claims, size_t address_count,
	mono_t now);
/* A device forwards while a virtual router that uses it holds something: FSM-B4, FSM-A6. */
void devices_follow(struct engine *engine, struct instance *instance, mono_t now);
/* Before a batch's addresses come and go: what the kernel says of their groups is for a Master to say alone (FSM-B4). */
void devices_follow_silence(struct engine *engine);
void devices_start(struct engine *engine, mono_t now); /* makes all */
void devices_silence(struct engine *engine); /* FIREWALL_QUIET and FIREWALL_DEAF for those that a dead engine left */
void devices_plan(struct engine *engine, mono_t now); /* those that are new, in the next ticks */
void devices_tick(struct engine *engine, mono_t now);
void devices_link_changed(struct engine *engine, const struct link *link, bool other_mac, mono_t now);
void devices_link_gone(struct engine *engine, int ifindex, mono_t now);
void devices_answered(struct engine *engine, const struct port_task *task, mono_t now);
/* An ipvlan's own address is put back at once, but no more often than RESTORE_SPACING. */
void devices_address_gone(struct engine *engine, int ifindex, const struct ip_prefix *prefix, mono_t now);
/* The name of the interface is no longer that of its link. */
void devices_parent_gone(struct engine *engine, const struct interface *interface, mono_t now);
void devices_free(struct engine *engine); /* the kernel's stay as they are */
bool device_is_ready(const struct device *device);
bool device_breaks_service(const struct device *device);
/* The first of its devices that does; NULL: none. */
const struct device *instance_bad_device(const struct instance *instance);
bool device_is_used_by(const struct device *device, const struct instance *instance);
void device_remove(struct engine *engine, struct device *device, int ifindex);
struct device *device_of_link(const struct engine *engine, int ifindex); /* NULL: it is no device of ours */
bool device_has_name(const struct engine *engine, const char *name); /* whether one of them has, or is to have */
struct mac_addr device_mac(const struct device *device);
/* Deletes for the testament: at most 2 for its own and for each address. */
size_t devices_list_removals(const struct instance *instance, struct kernel_op *removals);
bool instance_has_device(const struct instance *instance);
/* What its devices change in what a virtual router is told of its interface: it has to wait for its own, and for all of them
 * when they would break the service; and an ipvlan has an address of its own to speak from. */
void devices_see(const struct instance *instance, struct vr_interface *interface);

/* device_text.c */
/* What to do where DEVICE_FAULT_BRIDGE is. */
#define BRIDGE_ADVICE "set net.bridge.bridge-nf-call-iptables and bridge-nf-call-ip6tables to 0"
void device_faults_text(struct text *text, int faults, const char *device, const char *parent);
/* ": " and what is wrong, of one that waits for that. */
void bad_device_text(struct text *text, const struct instance *instance);
void status_write_devices(struct json_out *json, const struct instance *instance);

/* config_copy.c: one block of memory, free() it. NULL without memory. */
struct vr_config *vr_config_copy(const struct vr_config *config);
struct virtual_route *virtual_route_copy(const struct virtual_route *route); /* the same */
struct virtual_rule *virtual_rule_copy(const struct virtual_rule *rule); /* the same */

/* batch.c */
/* Whoever is not touched has adverts at most. */
void batch_collect(
	struct engine *engine, struct instance *instance, const struct actions *actions, mono_t now);
void batch_touch(struct engine *engine, struct instance *instance);
/* Room for the actions of one more input. */
void batch_make_room(struct engine *engine, mono_t now);
void batch_run(struct engine *engine, mono_t now);
/* What the sync groups make of it, then the batch. */
void turn_run(struct engine *engine, mono_t now);
/* The end of every input of the engine: the batch, and freeing what has let go. */
void turn_end(struct engine *engine, mono_t now);
void batch_announce(struct engine *engine, struct instance *instance, uint16_t count);
void batch_announce_elsewhere(struct engine *engine, struct instance *instance); /* garp_extra_if */
/* For adverts_send and announcements_send: true, it is held until the kernel has answered. */
bool batch_holds_advert(struct engine *engine, const struct batch_advert *advert);
bool batch_holds_announcement(struct engine *engine, const struct batch_announcement *announcement);
/* As much of what is no longer to be held as the batch has room for. true: there is more. */
bool batch_release_held(struct engine *engine);
void batch_install_answered(struct engine *engine, struct instance *instance, mono_t now);
/* What it wanted to say in this turn is not said. */
void batch_withdraw(struct engine *engine, const struct instance *instance);

/* backlog.c: what a turn leaves for later */
void backlog_due(struct engine *engine, struct waiter *waiter);
void backlog_run_due(struct engine *engine, mono_t now);
/* So many more rounds of announcements, when there is time. false: no memory */
bool backlog_burst(struct engine *engine, struct instance *instance, uint16_t rounds);
void backlog_tell(struct engine *engine, struct instance *instance); /* the last record of its history */
void backlog_run_tellings(struct engine *engine, size_t most);
void backlog_finish(struct engine *engine); /* all announcements and tellings, now */
void backlog_end_of_batch(struct engine *engine);
void backlog_run(struct engine *engine);
bool backlog_waits(const struct engine *engine);
void backlog_notify_fresh(struct engine *engine); /* notify_instance for what was recorded in this batch, in that order */
void backlog_forget(struct engine *engine, const struct instance *instance);
void backlog_free(struct engine *engine);

/* claims.c: what a virtual router has of its addresses, routes and rules. Operations go to the queue: ops_run. */
size_t claim_count(const struct vr_config *config);
/* All of them, or only those whose last attempt failed. */
void claims_install(struct engine *engine, struct instance *instance, bool failed_only, mono_t now);
void claims_remove_addresses(struct engine *engine, struct instance *instance, mono_t now);
void claims_remove_routes(struct engine *engine, struct instance *instance, mono_t now);
/* Lets go of one; the kernel is asked when nobody else has a claim on the same thing. */
void claim_release(struct engine *engine, struct instance *instance, size_t index, mono_t now);
/* It stands already, left by a predecessor. */
void claim_adopt(struct engine *engine, struct instance *instance, size_t index);
/* The operation on claim number index. Its ifindex is -1 when the device does not exist. */
struct kernel_op claim_op(
	const struct engine *engine, const struct instance *instance, size_t index, bool add);
/* The same of things that are no claims. own: where an IPv6 route goes that does not say it; NULL: nowhere. */
struct kernel_op address_op(const struct engine *engine, const struct virtual_address *address, bool add);
struct kernel_op route_op(
	const struct engine *engine, const struct link *own, const struct virtual_route *route, bool add);
struct kernel_op rule_op(const struct virtual_rule *rule, bool add);
int install_error(const struct instance *instance);
/* refused.c: after a retry: FAULT when something tracked cannot be put back. */
void refused_look(struct engine *engine, struct instance *instance, mono_t now);
void refused_forget(struct instance *instance); /* all stands: the next time it waits as at the first one */
void refused_hurry(struct engine *engine, struct instance *instance, mono_t now);
/* After what is static has been tried. */
void refused_look_at_statics(struct engine *engine, struct instance *instance, mono_t now);
void refused_tick(struct engine *engine, struct instance *instance, mono_t now);
/* Behind the text of the blockers: which one, and the error. */
void refused_text(struct text *text, const struct engine *engine, const struct instance *instance);
void install_plan_retry(struct instance *instance, bool first, mono_t now);
void install_retry(struct engine *engine, struct instance *instance, mono_t now);
void install_retry_answered(struct engine *engine, struct instance *instance, mono_t now);

/* orphans.c: addresses with our mark, on interfaces of ours, that nobody claims. */
void orphans_remove(struct engine *engine, mono_t now);
void orphans_remove_routes(struct engine *engine);
void orphans_remove_devices(struct engine *engine, mono_t now);

/* signature.c: what authenticates our adverts, and what others have said with authority */
/* For an advert of that version: one in version 2 beside those in version 3 has none. */
void signature_make(const struct engine *engine, const struct instance *instance, uint8_t version,
	struct vrrp_signature *out);
/* An advert with this signature has left. */
void signature_was_sent(struct instance *instance, const struct vrrp_signature *signature);
enum drop_reason signature_check_replay(
	const struct engine *engine, struct instance *instance, const struct vrrp_advert *advert);

/* unicast.c */
void unicast_send(struct engine *engine, const struct batch_advert *advert, mono_t now);
/* Priority 0 to all peers, for the testament; free() it. NULL without memory. */
struct port_datagram *unicast_last_words(
	struct engine *engine, struct instance *instance, size_t *count, mono_t now);
/* What its core machine is to know: of the interface, and with the source that is configured. */
struct vr_interface instance_interface(const struct engine *engine, const struct instance *instance);
/* Of the virtual routers that share interface, family and VRID, the one that the advert is for; or the one that has most to do
 * with it, and will say why it does not take it. NULL: there is none. */
struct instance *instance_for(const struct interface *interface, const struct vrrp_advert *advert);
/* The same among those without an interface. */
struct instance *anchored_instance_for(const struct engine *engine, const struct vrrp_advert *advert);

/* peer_questions.c */
/* Asks now, and a few times more, if it is a unicast Backup. */
void peer_questions_begin(struct engine *engine, struct instance *instance, mono_t now);
/* After an input: what it was before. */
void peer_questions_follow(struct engine *engine, struct instance *instance, enum vr_state before, mono_t now);
/* When rare->ask_peers_at has come. */
void peer_questions_tick(struct engine *engine, struct instance *instance, mono_t now);

/* advert.c */
uint8_t advert_version(const struct batch_advert *advert);
/* What the advert says, to the group or the first peer. listed has room for VRRP_ADDRESSES_MAX; the request points to it and to
 * the signature. */
void advert_request(struct engine *engine, struct instance *instance, const struct batch_advert *advert,
	struct vrrp_encode_request *request, struct ip_addr *listed, const struct vrrp_signature *signature, mono_t now);
/* Counts it, or the error. */
void advert_was_sent(struct engine *engine, const struct batch_advert *advert, int error, mono_t now);
/* What an advert of this configuration needs; 0: it is not kept. */
size_t advert_room(const struct vr_config *config);
bool advert_prepare(struct instance *instance, const struct vr_config *config); /* false: no memory */
void advert_free(struct instance *instance);
/* The one that it repeats, and that can be sent as it is. */
bool advert_is_current(const struct instance *instance);
/* The advert with priority 0. Its length; 0: it cannot be built now. */
size_t advert_build_stop(struct engine *engine, struct instance *instance, uint8_t bytes[FRAME_MAX], mono_t now);
void adverts_send(struct engine *engine, mono_t now);

/* announce.c */
/* One announcement of this address, if it is held. */
void announce_address(struct engine *engine, struct instance *instance, size_t index);
void announce_round(struct engine *engine, struct instance *instance); /* once each of its addresses */
void announcements_send(struct engine *engine, mono_t now);
/* Asks for its hardware address; goes out with the announcements of the batch. source: NULL, the interface's own. */
void probe_send(
	struct engine *engine, const struct interface *interface, const struct ip_addr *source, const struct ip_addr *asked);
void small_frames_flush(struct engine *engine);

/* pace.c: least times between announcements */
/* Whether there is such a limit where the address stands: then it is announced count times, from the queue. */
bool pace_hold_back(struct engine *engine, const struct link *link, struct instance *instance, size_t index,
	uint16_t count);
void pace_run(struct engine *engine, mono_t now); /* frames go to the small queue; sets engine->pace_at */
void pace_forget(struct engine *engine, const struct instance *instance);
/* The limits have changed, or the engine ends: what waits is announced once more, or never. */
void pace_end(struct engine *engine, bool send);

/* will.c: what the guard is to say and undo if the engine dies */
void will_write(struct engine *engine, struct instance *instance, bool about_to_install, mono_t now);

/* status.c */
void status_step(struct engine *engine, mono_t now);
void status_abandon(struct engine *engine); /* whoever asked is told to ask again */
mono_t status_deadline(const struct engine *engine); /* time 0: at once */

/* sync_groups.c */
/* After instances came, went or changed. false: no memory; done later, and until then no group decides anything. */
bool sync_groups_rebuild(struct engine *engine);
void sync_groups_free(struct engine *engine);
void sync_group_touch(struct sync_group *group);
/* In the order of the configuration. */
struct instance *const *sync_group_members(const struct sync_group *group, size_t *count);
/* Every member does what its group decides, as one turn. */
void sync_groups_decide(struct engine *engine, mono_t now);
/* {"group":"VG_1","at":ns,"code":"group-state","from":..,"to":..,"text":..} for each group whose state is another one. */
void sync_groups_tell(struct engine *engine);
/* The member "sync_groups" of the engine's part of the status. */
void sync_groups_write(struct json_out *json, const struct engine *engine);

void sync_groups_notify(const struct engine *engine, bool again);
/* What keeps its members from serving is such that notify_waits. */
bool sync_group_waits(const struct engine *engine, const struct sync_group *group);

/* notify.c */
/* Its state, if that is news. */
void notify_instance(const struct engine *engine, struct instance *instance);
/* Whether what blocks it is only that something has not been heard of, or is being tried, yet. */
bool notify_waits(const struct engine *engine, const struct instance *instance);
/* Something else that was recorded. */
void notify_record(const struct engine *engine, const struct instance *instance, const struct vr_record *record);
/* state: a word for people, or NULL. notified: the state that was told last. */
void notify_group(
	const struct engine *engine, const char *name, const char *state, enum notify_state *notified, bool again);

/* status_senders.c */
void rejection_note(
	struct rejected *rejected, enum drop_reason reason, const struct vrrp_advert *advert, mono_t now);
void status_write_rejected(struct json_out *json, const struct instance *instance);
void status_write_authentication(struct json_out *json, const struct vr_config *config);

/* saved_state.c: see engine_save */
#define SAVED_NAME_SIZE 256 /* of a virtual router, a script, an interface */
#define SAVED_ITEM 1 /* the kind of a section that is one of several of the same */
void saved_name(struct archive *archive, char name[SAVED_NAME_SIZE], const char *own);
void sync_groups_archive(struct archive *archive, struct engine *engine);
/* Their states follow from their members'; nobody is told. */
void sync_groups_resume(struct engine *engine);

/* recording.c */
void recording_header(struct engine *engine);
void recording_begin(struct engine *engine, const struct instance *instance, mono_t now);

/* false: there was no room for it. */
bool tell_front(struct engine *engine, enum engine_tell kind, const struct text *line);
/* An event that is no single virtual router's. */
void tell_of_all(struct engine *engine, const char *code, const char *sentence, mono_t now);

#endif
