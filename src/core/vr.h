/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One virtual router: the state machine of RFC 3768 6.4 and RFC 9568 6.4, and what a careful router does around it
 * (handing over before letting go, repeated announcements, preempt_delay).
 *
 * Pure. vr_input reads no clock, allocates nothing, logs nothing and calls nobody back: an event and the time go in,
 * actions come out, and vr_deadline says when it wants to be called again. A tick is legal at any moment and changes
 * nothing when it is early. One function, vr_change_state(), writes the state.
 *
 * The machine keeps the RFC's two states of service and adds one thing to them: `hold`, which says what of the virtual
 * router's addresses and routes is in the kernel. Leaving Master takes nothing away before the successor has been
 * heard (or a deadline has passed), and routes go VR_HOLD_ROUTES_LONGER after the addresses: doc/linux.md section 1.
 */
#ifndef VIGIA_CORE_VR_H
#define VIGIA_CORE_VR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/archive.h"
#include "base/small_enum.h"
#include "base/text.h"
#include "base/time.h"
#include "core/config.h"
#include "core/track.h"
#include "wire/vrrp.h"

/* Shown to users as INIT (or FAULT, with a blocker), BACKUP, MASTER. */
enum vr_state {
	VR_INITIALIZE,
	VR_BACKUP,
	VR_MASTER,
} SMALL_ENUM;

/* What keeps a virtual router in Initialize, as bits. Each goes by itself, but for DRAINED, which is for a human to clear. */
enum vr_blocker {
	VR_BLOCKER_NOT_STARTED = 1u << 0, /* before Startup, after Shutdown */
	VR_BLOCKER_NO_INTERFACE = 1u << 1, /* the interface does not exist (yet) */
	VR_BLOCKER_LINK_DOWN = 1u << 2, /* administratively down or without carrier */
	VR_BLOCKER_NO_ADDRESS = 1u << 3, /* no primary address; IPv6: no link-local one */
	VR_BLOCKER_TRACK = 1u << 4, /* a tracked object says so: core/track.h */
	VR_BLOCKER_TENTATIVE = 1u << 5, /* the link-local address is still tentative: TX-09 */
	VR_BLOCKER_DUPLICATE =
		1u
		<< 6, /* the link-local address is another host's, too: duplicate address detection failed */
	VR_BLOCKER_SYNC_GROUP = 1u << 7, /* another member of the sync group is blocked: core/sync_group.h */
	VR_BLOCKER_NO_DEVICE = 1u << 8, /* the device, or what else its virtual MAC needs, is not there */
	VR_BLOCKER_ROUTE = 1u << 9, /* an address, route or rule that was removed cannot be put back, or a static one of its track_groups be had */
	VR_BLOCKER_DRAINED = 1u << 10, /* an administrator took it out of service */
	VR_BLOCKER_BAD_DEVICE = 1u << 11, /* a device for its virtual MAC has a setting that would break the service */
};
#define VR_BLOCKER_LAST VR_BLOCKER_BAD_DEVICE
_Static_assert(VR_BLOCKER_LAST <= UINT16_MAX, "struct vr has 16 bits for them");

#define VR_NAME_SIZE 48

/* Another member of the sync group, as far as it matters here. */
struct vr_sibling {
	char name[VR_NAME_SIZE]; /* a longer one is cut; empty: nobody */
	uint32_t blockers; /* its own ones */
};

/* What of ours is in the kernel. */
enum vr_hold {
	VR_HOLD_NOTHING,
	VR_HOLD_ALL, /* Master */
	VR_HOLD_UNTIL_SUCCESSOR, /* left Master; everything stands until the successor's advert or hold_deadline */
	VR_HOLD_ROUTES, /* addresses are gone, routes go at hold_deadline */
} SMALL_ENUM;

#define VR_HOLD_ROUTES_LONGER (100 * DUR_MS)
#define VR_HOLD_MARGIN (50 * DUR_MS) /* on top of the Skew_Time of priority 1 */
#define VR_CROSSING (20 * DUR_MS) /* two adverts that are sent within so long may not know of each other */
#define VR_STOP_ADVERTS 2 /* priority 0 is said so many times, for one may be lost... */
#define VR_STOP_ADVERT_SPACING                                                                               \
	(1 * DUR_MS) /* ...this far apart: each one restarts the successor's Skew_Time */
#define VR_ANNOUNCE_AGAIN                                                                                    \
	(50 * DUR_MS) /* one more announcement shortly after becoming Master: doc/linux.md section 1 */
#define VR_ANSWER_SPACING (1 * DUR_MS) /* one answer is heard by all; a storm of what asks for some gets no more: AMB-22 */
#define VR_RIVAL_MARGIN (50 * DUR_MS) /* a rival is gone after an advert interval and this of silence */
#define VR_RIVAL_SPACING (100 * DUR_MS) /* against a rival we announce no more often, nor once per interval */

enum vr_event_type {
	VR_EVENT_TICK,
	VR_EVENT_STARTUP, /* RFC Startup. adopt: addresses of ours stand in the kernel, left by a crash */
	VR_EVENT_SHUTDOWN, /* RFC Shutdown, planned: hand over, then VR_RECORD_STOPPED */
	VR_EVENT_SHUTDOWN_NOW, /* say priority 0 and let go at once */
	VR_EVENT_ADVERT, /* an accepted advert (core/accept.h said so); also in Initialize while something is held */
	VR_EVENT_INTERFACE,
	VR_EVENT_TRACK,
	/* Same interface, family and VRID; anything else is a new virtual router. A Master installs again; taking away
	 * what the new lists no longer have is the engine's. The old configuration must outlive the call. */
	VR_EVENT_CONFIG,
	VR_EVENT_INSTALL_RESULT, /* of the last VR_ACTION_INSTALL */
	VR_EVENT_GROUP, /* what the sync group has decided for this member */
	VR_EVENT_LOSS, /* packets were lost before they were read, until `until` at last: an advert may have been among them */
	VR_EVENT_READY, /* before it preempts a living master: not ready yet, or ready */
	VR_EVENT_ROUTE, /* what VR_BLOCKER_ROUTE is about: it cannot be had, or may be tried again */
	/* An administrator's: vr_drain.c. */
	VR_EVENT_DRAIN, /* hand over and stay out of service. until: a Master has so long to find a successor */
	VR_EVENT_RESUME, /* in service again; what TAKEOVER did ends */
	VR_EVENT_TAKEOVER, /* Master now, with a priority above the master's */
};

enum vr_group_order {
	VR_GROUP_NOTHING,
	VR_GROUP_BLOCK, /* sibling is blocked: Initialize */
	VR_GROUP_CLEAR, /* nobody is any more */
	VR_GROUP_MASTER, /* become Master now: with peer, which gave up with priority 0 at sibling, or without */
	VR_GROUP_BACKUP, /* sibling is no longer Master: because of peer, or after a stall (IP_NONE) */
	VR_GROUP_HOLD, /* a slower member still listens, and all may be Master by then: hold until */
};

struct vr_group_decision {
	enum vr_group_order order;
	struct vr_sibling sibling;
	struct ip_addr peer;
	uint8_t peer_priority;
	mono_t until; /* HOLD */
};

struct vr_interface {
	bool exists;
	bool up; /* administratively up and with carrier */
	struct ip_addr primary; /* IP_NONE: none */
	bool tentative; /* IPv6, no primary: there would be one if duplicate address detection were over... */
	bool duplicate; /* ...or had not failed */
	bool unproven; /* carrier came back, and somebody over there is asked and has not answered yet */
	bool no_device; /* the device for the virtual MAC is missing, or the kernel lacks what use_vmac_rules needs */
	bool bad_device; /* VR_BLOCKER_BAD_DEVICE */
};

struct vr_event {
	enum vr_event_type type;
	bool adopt; /* STARTUP */
	mono_t quiet_until; /* STARTUP: no timer makes a non-owner Master before; {0}: at once */
	const struct vrrp_advert *advert; /* ADVERT */
	struct vr_interface interface; /* INTERFACE */
	size_t track_index; /* TRACK */
	struct track_value track_value; /* TRACK */
	const struct vr_config *config; /* CONFIG */
	struct track_value *track_values; /* CONFIG: the new array, already filled with the present values */
	int error; /* INSTALL_RESULT: 0 or -errno */
	struct vr_group_decision group; /* GROUP */
	bool refused; /* ROUTE: it cannot */
	bool ready; /* READY */
	mono_t until; /* DRAIN, LOSS */
};

/* Why something happened. Records are what status, logs, traces and `explain` show. */
enum vr_record_code {
	/* transitions: from != to */
	VR_RECORD_STARTED, /* Initialize -> Backup: nothing blocks any more */
	VR_RECORD_OWNER_STARTED, /* Initialize -> Master: priority 255 */
	VR_RECORD_DOWN_TIMER, /* Backup -> Master: nothing heard for Active_Down_Interval (duration) since peer */
	VR_RECORD_SKEW_TIMER, /* Backup -> Master: Skew_Time (duration) after peer said priority 0 */
	VR_RECORD_PREEMPTED_LOWER, /* Backup -> Master: peer of lower priority was ignored until the down timer */
	VR_RECORD_PREEMPT_DELAY, /* Backup -> Master: preempt_delay (duration) is over, peer has lower priority */
	VR_RECORD_FIRST_WAIT, /* Backup -> Master: state MASTER, nobody heard within the first wait (duration) */
	VR_RECORD_LONG_WAIT, /* Backup -> Master: nopreempt, nobody heard in twice Active_Down_Interval (duration) */
	VR_RECORD_NEIGHBOUR_WAIT, /* Backup -> Master: unicast, nobody heard in Active_Down_Interval and NEIGHBOUR_RETRY (duration) */
	VR_RECORD_STALL_OVER, /* Backup -> Master: nobody has taken over during the stall (duration: listened for) */
	VR_RECORD_STALLED, /* Master -> Backup: silent for duration, a Backup may have taken over; listens */
	VR_RECORD_GROUP_GIVEN_UP, /* Backup -> Master: peer said priority 0 to the sibling, and nobody spoke here since */
	VR_RECORD_GROUP_JOINED, /* Backup -> Master: the sibling is Master, and nobody has spoken here */
	VR_RECORD_GROUP_YIELDED, /* Master -> Backup: the sibling gave way to peer, or has stalled (no peer) */
	VR_RECORD_NOT_HANDED_OVER, /* Backup -> Master: drained, and nobody has taken over within duration */
	VR_RECORD_TAKEN_OVER, /* Backup -> Master: told to take over from peer */
	VR_RECORD_HIGHER_PRIORITY, /* Master -> Backup: peer has higher priority */
	VR_RECORD_TIE_LOST, /* Master -> Backup: same priority, peer has the greater address */
	VR_RECORD_BLOCKED, /* -> Initialize: a blocker came up (blockers, track_index) */
	VR_RECORD_SHUTDOWN, /* -> Initialize: told to */
	/* remarks: from == to */
	VR_RECORD_PRIORITY_CHANGED, /* effective priority: peer_priority (old) -> own_priority */
	VR_RECORD_PRIORITY_RAISED, /* to own_priority, above that of peer: a takeover */
	VR_RECORD_BLOCKERS_CHANGED, /* in Initialize: another reason than before */
	VR_RECORD_PRIORITY_ZERO_SENT,
	VR_RECORD_PRIORITY_ZERO_HEARD, /* Backup: waits Skew_Time (duration) */
	VR_RECORD_LOWER_HEARD, /* Master: peer of lower priority; answered at once in v3 */
	VR_RECORD_TIE_HELD, /* Master: same priority, our address is the greater one, or the same one */
	VR_RECORD_RIVAL_GONE, /* Master: peer was Master beside us and is silent now; announced again */
	VR_RECORD_GROUP_READY, /* Backup: its own wait (duration) is over, that of the sync group is not */
	VR_RECORD_PREEMPT_WAIT, /* Backup: a lower-priority master is heard; preempts after duration: down timer and preempt_delay */
	VR_RECORD_HELD_DOWN, /* Backup: not Master before duration, whoever is silent */
	VR_RECORD_LISTENS_AGAIN, /* Backup: slept for duration beyond the time it should have heard an advert */
	VR_RECORD_PACKETS_LOST, /* Backup: its timer has ended, but adverts may have been lost here; listens for duration more */
	VR_RECORD_UNPROVEN, /* Backup: its timer has ended, but its link may not pass packets yet */
	VR_RECORD_NOT_READY, /* Backup: might preempt peer now, but its next hops have not answered yet */
	VR_RECORD_INTERVAL_LEARNED, /* v3: Active_Adver_Interval is now duration */
	VR_RECORD_INTERVAL_DIFFERS, /* v3: kept, but the interval (duration) is not ours: RX-15 */
	VR_RECORD_ADDRESSES_DIFFER, /* v3: kept, but the address list is not ours: RX-17 */
	VR_RECORD_NO_VERSION_2, /* Backup of both versions: peer is Master and sends version 3 only: INT-06 */
	VR_RECORD_OWNER_CONFLICT, /* two routers say 255: OPS-04 */
	VR_RECORD_CHECKSUM_LEARNED, /* v3: peer sums without pseudo-header, so do we from now on: AMB-01 */
	VR_RECORD_CHECKSUM_MIXED, /* v3: peers of both checksum forms; we keep the pseudo-header */
	VR_RECORD_NEW_MASTER_HEARD, /* Backup: the advert comes from another router than before */
	VR_RECORD_INSTALLED, /* the kernel took addresses and routes */
	VR_RECORD_INSTALL_FAILED, /* error */
	VR_RECORD_ANNOUNCED, /* gratuitous ARP sent */
	VR_RECORD_SUCCESSOR_HEARD, /* addresses go */
	VR_RECORD_NO_SUCCESSOR, /* nobody took over within duration; everything goes */
	VR_RECORD_RELEASED_ADDRESSES,
	VR_RECORD_RELEASED_ROUTES,
	VR_RECORD_ADOPTED, /* what a dead engine left is held until a successor speaks */
	VR_RECORD_STOPPED, /* after Shutdown: nothing of ours is left */
	VR_RECORD_CODE_COUNT
} SMALL_ENUM;

struct vr_record {
	enum vr_record_code code;
	uint8_t own_priority;
	enum vr_state from;
	enum vr_state to;
	uint32_t blockers; /* enum vr_blocker bits */
	dur_t duration; /* which one, see the code */
	struct ip_addr peer; /* IP_NONE: nobody's doing */
	uint8_t peer_priority;
	size_t track_index; /* of the object that blocks; PRIORITY_CHANGED: that moved it; SIZE_MAX: none, or gone */
	struct track_value track_value; /* of that object */
	struct vr_sibling sibling;
	int error;
};

enum vr_action_type {
	VR_ACTION_SEND_ADVERT, /* priority, interval */
	VR_ACTION_INSTALL, /* routes, then addresses; answered by VR_EVENT_INSTALL_RESULT */
	VR_ACTION_REMOVE_ADDRESSES,
	VR_ACTION_REMOVE_ROUTES,
	VR_ACTION_ANNOUNCE, /* count gratuitous ARPs for every address */
	VR_ACTION_RECORD, /* something to remember and tell */
};

struct vr_action {
	enum vr_action_type type;
	uint8_t priority; /* SEND_ADVERT */
	dur_t interval; /* SEND_ADVERT: what it says; 0: the configured one */
	uint16_t count; /* ANNOUNCE */
	struct vr_record record; /* RECORD */
};

/* No single input makes more actions than this. */
#define VR_ACTIONS_MAX 24

struct actions {
	struct vr_action list[VR_ACTIONS_MAX];
	size_t count;
};

struct vr_peer {
	dur_t interval;
	mono_t heard;
	struct ip_addr address; /* IP_NONE: nobody heard yet */
	uint8_t priority;
	uint8_t version;
	enum vrrp_checksum_form checksum_form;
	bool addresses_differ; /* its last list was not ours: RX-17 */
};

/* Another Master beside this one, as after a parted network has joined again. */
struct vr_rival {
	mono_t gone_at; /* when it has been silent for long enough; MONO_NEVER: there is none */
	mono_t again_at; /* garp_lower_prio_delay after it had gone; MONO_NEVER: not pending */
	mono_t announce_at; /* no announcement against it before */
	struct ip_addr address;
	uint8_t priority;
	bool lasting; /* heard when we had been Master for an interval: no predecessor that yields */
};

/* Of a Backup that is member of a sync group, beside `agrees`. */
struct vr_membership {
	mono_t followed; /* when it last obeyed a master, or left Master itself; MONO_NEVER: neither since Initialize */
	mono_t given_up; /* when a master said priority 0, and none has spoken since; MONO_NEVER: not so */
};

/* With version_2_too: who speaks version 3, so that its version 2 counts for nothing (RFC 9568 8.4.2). */
struct vr_version_3_peer {
	mono_t since; /* that this one is the last of version 3 heard */
	mono_t heard;
	struct ip_addr address; /* IP_NONE: nobody */
	bool version_2_too; /* it sends both */
	bool told; /* that it does not */
};

/* What only members of sync groups, and those with version_2_too, need: the owner lends it. */
struct vr_rare {
	struct vr_sibling sibling; /* who blocks, when VR_BLOCKER_SYNC_GROUP is set; nobody: the group has not spoken yet */
	struct vr_membership membership;
	struct vr_version_3_peer version_3; /* with version_2_too */
};

/* What struct vr counts in so many bits. */
#define VR_FEW_BITS 2
#define VR_FEW ((1u << VR_FEW_BITS) - 1)

/* Outsiders read, vr_input writes. */
struct vr {
	const struct vr_config *config;
	struct track_value *track_values; /* the engine's array, one per tracked object */
	struct vr_rare *rare; /* NULL: neither of both is needed */
	mono_t timer; /* Active_Down_Timer in Backup, Adver_Timer in Master: TMR-15 */
	mono_t since; /* of the state */
	dur_t active_adver_interval; /* Active_Adver_Interval: learned in v3, else our own */
	mono_t quiet_until; /* hold-down: no timer makes a non-owner Master before */
	union {
		struct { /* not of a Master: vr_stand_aside */
			dur_t timer_length; /* what the timer was set to */
			mono_t preempt_at; /* preempt_delay running; MONO_NEVER: not */
			mono_t check_at; /* Backup: an advert is overdue; woken late by then, we have slept. MONO_NEVER: not before the timer */
			mono_t hold_since; /* when the present hold began */
			mono_t hold_deadline; /* MONO_NEVER with VR_HOLD_NOTHING */
			mono_t successor_from; /* an advert before may be the last one of a Master that yields: no successor */
			mono_t stop_advert_at; /* MONO_NEVER: none left */
		};
		struct { /* of a Master alone: vr_serve */
			mono_t announce_delayed; /* MONO_NEVER: not pending; the same for the next one */
			mono_t announce_refresh;
			struct vr_rival rival;
		};
	};
	mono_t answer_at; /* no advert is answered before: AMB-22 */
	mono_t own_address_answer_at; /* an advert with our own address is not answered before: AMB-06 */
	struct vr_peer peer; /* the last router heard */
	uint32_t blocking_track; /* index, when VR_BLOCKER_TRACK is set... */
	uint16_t blockers;
	uint8_t bonus; /* what a takeover adds to the priority */
	struct ip_addr primary; /* source of our adverts; the last one while NO_ADDRESS */
	enum vr_state state;
	enum vr_hold hold;
	uint8_t priority; /* effective */
	uint8_t said_priority; /* of our last advert, but for priority 0 */
	enum vr_record_code timer_cause; /* what the Backup's timer will mean when it fires */
	enum track_state blocking_state; /* ...of blocking_track: what was known of it then */
	uint8_t stop_adverts_left : VR_FEW_BITS; /* repeats of priority 0 still to send */
	uint8_t listened_again : VR_FEW_BITS; /* times that silence was not believed since an advert was heard */
	bool announces_again : 1; /* Master: an announcement is due VR_ANNOUNCE_AGAIN after `since` */
	bool path_proven : 1; /* an advert was heard since the link came up */
	bool unproven : 1; /* vr_interface.unproven, until an advert is heard: silence does not count */
	bool unproven_told : 1;
	bool message_only_learned : 1; /* AMB-01: a peer uses the RFC 9568 checksum */
	bool pseudo_header_heard : 1; /* AMB-01: another one does not */
	bool served_before : 1; /* has left Initialize once: start_as_master shortens no later wait */
	bool stopping : 1; /* Shutdown was said; VR_RECORD_STOPPED follows */
	bool unready : 1; /* its links are asked whether they pass packets: it preempts nobody who is alive */
	bool waits_ready : 1; /* but for that it would be Master */
	bool agrees : 1; /* member of a sync group, and its own wait is over: Master when the group says so */
	bool returns : 1; /* no longer drained, and nobody has taken over: Master as soon as nothing blocks */
};

/* track_values: config->extra->tracked_count entries with the present values; owned by the caller, kept. The new
 * virtual router is in Initialize, blocked by NOT_STARTED and NO_INTERFACE until told otherwise. */
void vr_init(struct vr *vr, const struct vr_config *config, struct track_value *track_values, mono_t now);
/* Whether one of this configuration needs struct vr_rare: then it is to be lent, as zeroes, after vr_init, or before the
 * VR_EVENT_CONFIG that brings the configuration; the machine keeps it. */
bool vr_needs_rare(const struct vr_config *config);
void vr_lend(struct vr *vr, struct vr_rare *rare);
/* Who blocks; nobody where there is no sync group. */
const struct vr_sibling *vr_blocking_sibling(const struct vr *vr);
/* The same configuration has moved to another place. */
void vr_move_config(struct vr *vr, const struct vr_config *config);
/* Empties *out, then fills it: what acts comes first and in the order to do it, the records follow. */
void vr_input(struct vr *vr, const struct vr_event *event, mono_t now, struct actions *out);
/* When these are due; MONO_NEVER: not pending, or it is in another state. */
mono_t vr_preempts_at(const struct vr *vr);
mono_t vr_checks_at(const struct vr *vr);
mono_t vr_holds_until(const struct vr *vr);
mono_t vr_stops_again_at(const struct vr *vr);
mono_t vr_announces_at(const struct vr *vr);
/* The earliest moment at which a tick does something; MONO_NEVER: it waits for nothing. */
mono_t vr_deadline(const struct vr *vr);

/* The state with its times counted from now and what lies long behind made equal, byte by byte comparable, for a search
 * through all states. Not a virtual router to go on with: it has no configuration, and not what was lent to it. */
void vr_canonical(struct vr *out, const struct vr *vr, mono_t now);

/* Writes the state for another process, or reads it into a machine that vr_init has made with the same configuration, which
 * then goes on where the other one stopped. Tracked values are the caller's. */
void vr_archive(struct archive *archive, struct vr *vr);
void vr_archive_record(struct archive *archive, struct vr_record *record);

/* RFC 3768 6.1: (256 - priority) / 256 s. RFC 9568 6.1: (256 - priority) * interval / 256. Exact to the nanosecond. */
dur_t vr_skew_time(uint8_t version, uint8_t priority, dur_t interval);
/* adverts * interval + Skew_Time; interval is the own one in v2, Active_Adver_Interval in v3. */
dur_t vr_down_interval(uint8_t version, uint8_t priority, dur_t interval, unsigned adverts);
/* What version 2 can say of an interval: whole seconds, rounded up (INT-09). */
dur_t vr_version_2_interval(dur_t interval);
/* Announcements of each address when it becomes ours: garp_master_repeat, in strict mode one (ARP-03). */
uint16_t vr_announce_burst(const struct vr_config *config);
/* With which it can take over from the master that it hears; 0: no priority is enough. */
uint8_t vr_takeover_priority(const struct vr *vr);
/* The checksum form our v3 IPv4 adverts take now: AMB-01; in strict mode that of RFC 9568. */
enum vrrp_checksum_form vr_checksum_form(const struct vr *vr);

/* "INIT", "FAULT", "BACKUP", "MASTER": what users are shown; FAULT is Initialize with a blocker besides NOT_STARTED. */
const char *vr_state_name(enum vr_state state, uint32_t blockers);
/* A record of the present moment: state, own priority, blockers; about nobody. */
struct vr_record vr_record_make(const struct vr *vr, enum vr_record_code code);
/* Stable word of a record code, for JSON: "down-timer". */
const char *vr_record_name(enum vr_record_code code);
enum vr_record_code vr_record_from_name(const char *name); /* VR_RECORD_CODE_COUNT: no such word */
/* One sentence for people, with the numbers: "nothing heard from 192.168.1.1 for Master_Down_Interval 3.609 s = ...". */
void vr_record_text(struct text *text, const struct vr_record *record, const struct vr_config *config);
/* Of a tracked object; unknown when there is none of that number. */
struct track_value vr_track_value(const struct vr *vr, size_t index);
/* "eth1 (tracked) is down, no usable address on eth0". */
void vr_blockers_text(struct text *text, uint32_t blockers, size_t track_index, struct track_value track_value,
	const struct vr_sibling *sibling, const struct vr_config *config);

#endif
