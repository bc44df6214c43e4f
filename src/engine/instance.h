/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine has of one virtual router: see state.h, whose part this is. There may be ten thousand of them, so what only few
 * need is behind pointers, NULL where it is not there, and what every advert touches comes first.
 */
#ifndef VIGIA_ENGINE_INSTANCE_H
#define VIGIA_ENGINE_INSTANCE_H

#include "base/heap.h"
#include "core/anti_replay.h"
#include "core/vr.h"
#include "engine/hash.h"
#include "engine/history.h"
#include "engine/holdings.h"
#include "engine/port.h"
#include "wire/drop.h"

#define REJECTIONS_SIZE 4

struct device;
struct instance;
struct interface;
struct order_part;
struct readiness;
struct sync_group;

/* Whatever waits in the deadline heap. First member of its owner. */
struct waiter {
	struct heap_item item;
	uint8_t owner; /* enum waiter_owner */
	bool waits; /* in the backlog */
	struct waiter *next_due;
};

enum waiter_owner {
	WAITER_INTERFACE,
	WAITER_INSTANCE,
	WAITER_BFD, /* a session */
};

/* What one virtual router has of one of its addresses, routes or rules. */
struct claim {
	struct device *device; /* that the address stands on; NULL: on the interface itself */
	struct holding *holding; /* NULL: not held */
	int16_t error; /* of the last attempt */
	uint16_t in_flight; /* operations on it that are not answered yet */
	bool assumed; /* it is held only if they succeed */
	bool was_held; /* saved_state.c: by the predecessor... */
	bool was_foreign; /* ...and of its holding */
};

/* Of the advert that a virtual router repeats, ready to be sent as advert_bytes. Source, hardware address and priority stand in the bytes. */
struct advert_frame {
	uint32_t mtu; /* that it was built for */
	uint16_t size;
	uint16_t own_size; /* of own_frame */
	uint16_t length; /* 0: to be built */
	uint8_t checksum_form; /* enum vrrp_checksum_form */
	bool queued; /* in the batch that is being sent */
};

#define COUNTER_MAX ((UINT64_C(1) << 40) - 1)

/* What comes a few times a second at most fits into 32 bits for a hundred years, and a hundred times a second into 40. */
struct __attribute__((packed, aligned(4))) instance_counters {
	uint64_t adverts_sent : 40;
	uint64_t adverts_received : 40;
	uint64_t announcements_sent : 40;
	uint64_t send_errors : 40;
	uint32_t priority_zero_sent;
	uint32_t priority_zero_received;
	uint32_t became_master;
	uint32_t restored; /* what somebody else took away: addresses, routes, rules, devices, memberships */
	uint32_t transitions; /* from a state to another one */
};

/* Of one virtual router: things that are to be in force, never such that end them. */
struct firewall_rules {
	struct firewall_op *ops;
	size_t count;
	size_t capacity;
};

/* The rules of nftables of a virtual router that has, or may want, any. */
struct instance_firewall {
	struct firewall_rules now; /* in force */
	struct firewall_rules next; /* asked for */
	bool pending; /* the answer is awaited */
	int error; /* of the last attempt */
	int rules_tried; /* on this interface it was tried whether the kernel can do VMAC_RULES; 0: not yet */
	int rules_error; /* how that ended */
	mono_t again; /* after a failure */
};

/* The last advert of a sender that was not taken. */
struct rejection {
	struct ip_addr source;
	enum drop_reason reason; /* DROP_NONE: a free place */
	uint8_t priority;
	mono_t at;
};

/* Of a virtual router that has ever heard what it did not take. */
struct rejected {
	uint64_t drops[DROP_REASON_COUNT];
	struct rejection last[REJECTIONS_SIZE];
};

/* What few virtual routers have, or all of them seldom: instance_rare.c. */
struct instance_rare {
	struct vr_config *own_config; /* a copy, where the configuration in force has it no more; NULL: there is none */
	struct sync_group *sync_group; /* it is a member of, or NULL */
	struct device *device; /* its own, for its virtual MAC; NULL: none */
	struct readiness *readiness; /* it is being asked; NULL: not */
	struct order_part *part; /* of the order that waits for what becomes of it; NULL: none */
	struct anti_replay *replay; /* NULL: its adverts have no numbers */
	struct instance_firewall *firewall; /* NULL: it wants nothing of the kind */
	struct rejected *rejected; /* NULL: nothing yet */
	mono_t extra_at; /* garp_extra_if; MONO_NEVER: not while Backup, or never */
	mono_t ask_peers_at; /* peer_questions.c; MONO_NEVER: none is to come */
	mono_t asking_since;
	unsigned questions_asked;
	mono_t refused_until; /* a route or rule cannot be put back, and is not tried before; MONO_NEVER: not so */
	dur_t refused_wait; /* how long that was, the last time; 0: all has stood since */
	size_t refused_index; /* of the claim... */
	int refused_error; /* ...and why */
	mono_t send_error_told;
	mono_t late_told;
};

/* The last VR_EVENT_INTERFACE; its address is the machine's. */
struct instance_told {
	bool exists : 1;
	bool up : 1;
	bool has_address : 1;
	bool tentative : 1;
	bool duplicate : 1;
	bool unproven : 1;
	bool no_device : 1;
};

struct instance {
	struct waiter waiter;
	struct interface *interface;
	struct instance *next_on_interface; /* in the same bucket */
	uint8_t family; /* of the configuration, which need not be touched to find it */
	uint8_t vrid;
	struct instance_told told;
	uint32_t slot; /* of the testament */
	const struct instance_rare *rare; /* to be read; of one that has nothing of it, the same as of all others */
	mono_t last_input; /* the core's time never runs backwards */
	mono_t retry_at;
	uint8_t *advert_bytes; /* own_frame, or memory of its own; NULL: it is never kept */
	struct advert_frame advert;
	struct instance_counters counters;
	uint32_t ops_in_flight;
	union {
		const struct vr_config *config; /* in engine->conf, or own_config; it is the machine's, vr.config */
		struct vr vr;
	};

	/* Of the addresses, then of the routes, then of the rules, and vr.track_values in the same block of memory; NULL: there are none. */
	struct claim *claims;
	struct history history;
	uint32_t will_stop; /* a hash of the advert with priority 0 in the testament; 0: there is none */
	enum notify_state notified;
	bool will_active : 1; /* the testament says something */
	bool will_is_old : 1; /* what it says but for the advert, the claims above all, may have changed since */
	bool will_has_advert : 1; /* it goes with the advert that is repeated now */
	bool started : 1;
	bool leaving : 1; /* no longer in the configuration: freed when it has let go */
	bool gone : 1; /* has let go after a Shutdown */
	bool adopted : 1; /* at the start: a predecessor's addresses stand */
	bool drained_before : 1; /* ...and it was drained */
	bool was_asked : 1; /* readiness: since it last had nobody to preempt */
	bool static_refused : 1; /* something static of its track_groups cannot be had */
	bool omission_told : 1;
	bool changing : 1; /* a reload: addresses of the old configuration still stand */
	bool joined : 1; /* the interface is a member of its group for it */
	bool group_lost : 1; /* it was one, until the link was gone */

	/* Of the batch. */
	bool touched : 1;
	bool install_wanted : 1;
	bool install_result_due : 1;
	bool remove_addresses_wanted : 1;
	bool remove_routes_wanted : 1;
	bool announced_waits : 1; /* a record, for the result of the installation, which comes first */
	bool install_waits : 1; /* for the answer to some of ops_in_flight; its result is due then */
	bool retry_waits : 1; /* so does install_retry */
	bool advert_waits : 1; /* that of this batch is held until then; announcements are anyway */
	struct instance *next_touched;
	uint8_t own_frame[]; /* room for the advert of the configuration it was made with */
};
_Static_assert(offsetof(struct instance, config) == offsetof(struct instance, vr.config), "they are one");

/* The same to be written; made, if it has none. NULL: no memory, and then it has nothing of it. */
struct instance_rare *instance_rare(struct instance *instance);
/* Gives it back if there is nothing in it any more. */
void instance_rare_tidy(struct instance *instance);
void instance_rare_init(struct instance *instance);
void instance_rare_free(struct instance *instance); /* but not what it points to */

static inline struct instance *waiter_instance(struct waiter *waiter)
{
	return (struct instance *)waiter;
}

#endif
