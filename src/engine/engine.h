/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: turns a configuration and events into core calls, and runs their actions through port.h, whole batches at
 * a time: netlink first, then adverts, then announcements. It owns the virtual routers, the table of interfaces as
 * far as anyone needs it, the deadline heap, the counters and the history. One thread, no clock, no I/O of its own:
 * inputs come with the time, and nothing here is static, so that a simulator may run many engines in one process.
 */
#ifndef VIGIA_ENGINE_ENGINE_H
#define VIGIA_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"
#include "conf/conf.h"
#include "engine/messages.h"
#include "engine/port.h"

struct engine;

/* What the process may, for the status. */
struct engine_confinement {
	uint32_t user; /* who it is */
	bool filtered; /* its system calls are */
};

struct engine_options {
	bool adopt; /* a predecessor died: what it left in the kernel is held until a successor speaks */
	bool bury; /* a whole daemon died: what it left, and nobody claims now, is removed */
	bool by_marks; /* what that is, nobody knows: whatever has our mark counts */
	uint32_t maker; /* of devices, as in engine_link; 0: has no number */
	bool keep; /* at the end, what was added to the kernel stays there */
	bool no_bfd; /* no session of bfd_instance runs: they count as down */
	bool record; /* write traces to the ENGINE_TELL_TRACE stream */
	bool brief; /* nobody wants to hear what comes with every takeover as a matter of course */
	bool mute; /* nobody listens to ENGINE_TELL_EVENT and ENGINE_TELL_DROP: their sentences are not written */
	mono_t booted; /* when the machine started: vrrp_delay_after_boot counts from it */
	const struct engine_confinement *confinement; /* as it is when a status is written; NULL: not said there */
	const char *trace_name; /* printed into the trace header, e.g. the router id; may be NULL */
};

/* Streams of port.tell. */
enum engine_tell {
	ENGINE_TELL_EVENT, /* a transition or remark: goes to the log */
	ENGINE_TELL_TRACE, /* a trace line: goes to the file of --record */
	ENGINE_TELL_STATUS, /* one virtual router, answering engine_status */
	ENGINE_TELL_STATUS_END, /* the engine-wide part; the answer is complete. null: it is about a configuration that is gone */
	ENGINE_TELL_DROP, /* a rate-limited line about dropped packets */
	ENGINE_TELL_ANSWER, /* to engine_order */
	ENGINE_TELL_DRAINED, /* who is to be drained in the next engine, if this one dies: engine_keep_drained */
	ENGINE_TELL_STOPPED, /* after engine_stop: nothing of ours is left, the process may end */
};

/* conf: kept until engine_reload replaces it; the caller frees it after engine_free, or after engine_reload has returned it, as soon as
 * engine_kernel_is_settled.
 * NULL without memory. Nothing runs until engine_start. */
struct engine *engine_new(
	const struct conf *conf, const struct port *port, const struct engine_options *options, mono_t now);
void engine_free(struct engine *engine);
/* After the first complete picture of links and addresses has been given. */
void engine_start(struct engine *engine, mono_t now);

/* `vigia upgrade`: everything that an engine in another process needs to go on in place of this one; free() it. After it this
 * one gets no more input; or, if no other one takes over, engine_resume. 0; -EBUSY: not now, try again soon; -ENOMEM. */
int engine_save(struct engine *engine, uint8_t **bytes, size_t *size);
void engine_resume(struct engine *engine, mono_t now);
/* Before engine_save: until when nobody outside notices that this engine stands still. MONO_NEVER: nobody does. */
mono_t engine_still_until(const struct engine *engine, mono_t now);
/* In place of engine_start. NULL; or what of the bytes makes no sense to this version: nothing was done to the world, and this
 * engine is of no more use. */
const char *engine_start_saved(struct engine *engine, const uint8_t *bytes, size_t size, mono_t now);

/* A received VRRP packet, from the IP header on. */
struct engine_packet {
	int ifindex;
	const uint8_t *bytes;
	size_t length;
	struct mac_addr source_mac; /* of the frame; zeroes: not known */
	bool multicast; /* the frame was for a group */
	mono_t received; /* the kernel's time stamp, on the monotonic clock; never later than now */
};
void engine_packets(struct engine *engine, const struct engine_packet *packets, size_t count, mono_t now);
/* An ARP packet (after the Ethernet header), or an IPv6 packet of neighbour discovery, on an interface of
 * hear_neighbours. */
void engine_arp(struct engine *engine, int ifindex, const uint8_t *bytes, size_t length, mono_t now);
void engine_nd(struct engine *engine, int ifindex, const uint8_t *bytes, size_t length, mono_t now);

/* A BFD packet: what the UDP datagram carried. */
struct engine_bfd_packet {
	struct ip_addr source;
	int ifindex; /* that it came by */
	int hops; /* TTL or hop limit; -1: not known */
	bool multihop; /* it came to the port of multihop sessions */
	const uint8_t *bytes;
	size_t length;
};
void engine_bfd(struct engine *engine, const struct engine_bfd_packet *packet, mono_t now);

struct engine_link {
	int ifindex;
	const char *name;
	struct mac_addr mac; /* zeroes: no Ethernet, so no ARP */
	unsigned mtu;
	bool up; /* IFF_UP */
	bool carrier; /* IFF_LOWER_UP / operstate */
	int vrf; /* index of the VRF that it is in; 0: none */
	uint32_t vrf_table; /* its table, if it is a VRF itself */
	bool ours; /* a device for a virtual MAC that carries our mark... */
	uint32_t maker; /* ...and which daemon made it, by a number that is its own; 0: it does not say */
	bool forwards_no_ipv4; /* the kernel passes nothing on that comes in by it */
	bool forwards_no_ipv6;
};
/* An interface exists, or has changed, possibly its name. */
void engine_link(struct engine *engine, const struct engine_link *link, mono_t now);
void engine_link_gone(struct engine *engine, int ifindex, mono_t now);

struct engine_address {
	int ifindex;
	struct ip_prefix prefix;
	bool secondary; /* IPv4 */
	bool tentative; /* IPv6: duplicate address detection runs... */
	bool duplicate; /* ...has failed */
	bool deprecated; /* not to be used for anything new */
	uint8_t protocol; /* IFA_PROTO, 0 when unknown */
};
void engine_address(struct engine *engine, const struct engine_address *address, mono_t now);
void engine_address_gone(struct engine *engine, const struct engine_address *address, mono_t now);

/* A route vanished that was not deleted by us: put back when it is one of ours. Fields that the kernel did not
 * give are zero. */
void engine_route_gone(struct engine *engine, const struct virtual_route *route, int ifindex, mono_t now);
void engine_rule_gone(struct engine *engine, const struct virtual_rule *rule, mono_t now); /* its mark in protocol */
/* Somebody else has changed rules of port.firewall or port.mortal, or may have. */
void engine_firewall_touched(struct engine *engine, mono_t now);
/* Answers are there to kernel changes that were to be done later: port.h. */
void engine_kernel_answered(struct engine *engine, mono_t now);
/* Waits for all of them. */
void engine_kernel_settle(struct engine *engine, mono_t now);
bool engine_kernel_is_settled(const struct engine *engine); /* there are none to come */
/* Around a full dump after ENOBUFS or an interrupted dump: what is not mentioned between the two is gone. */
void engine_resync_begin(struct engine *engine, mono_t now);
void engine_resync_end(struct engine *engine, mono_t now);
/* ENOBUFS: events were lost. Counted for the status. */
void engine_events_lost(struct engine *engine, mono_t now);

/* What is known of a tracked object that is no interface. value: the number in a file, else 0. TRACK_UNKNOWN is no news: the
 * last state stays, as it does over a reload. */
void engine_object(struct engine *engine, enum track_kind kind, const char *name, enum track_state state, int32_t value,
	mono_t now);

/* Before engine_tick: packets that came after this moment may wait still, and no Backup believes a silence that ends later.
 * MONO_NEVER, and so at first: none waits. */
void engine_unheard(struct engine *engine, mono_t after);
/* Time has passed. Call after the packets that were waiting have been handed in, so that an advert that arrived in
 * time beats the timer it belongs to (TMR-12); of very many those that fit into the turn, and the rest is engine_unheard. */
void engine_tick(struct engine *engine, mono_t now);
/* Time 0: at once, though nothing more has a time. The engine remembers what it said, to know how late it is. */
mono_t engine_deadline(struct engine *engine);
/* Just before engine_tick: how long after the last deadline that is. at: the time, also if it is later than that of the turn.
 * Counted for the status. */
dur_t engine_lateness(struct engine *engine, mono_t at);

/* What an administrator wants of virtual routers: core/vr_drain.c. */
struct engine_request {
	enum engine_order kind;
	uint32_t number; /* stands in the answer */
	const char *name; /* of a virtual router or a sync group; NULL: all */
	dur_t timeout; /* DRAIN: so long a master waits for a successor; 0: as long as one may need */
	bool force; /* DRAIN: without a successor it lets go all the same */
};
/* Done at once, and answered with ENGINE_TELL_ANSWER when it is known what became of it. */
void engine_order(struct engine *engine, const struct engine_request *request, mono_t now);
/* Before engine_start: what a predecessor said in ENGINE_TELL_DRAINED. */
void engine_keep_drained(struct engine *engine, const char *names, size_t length);

/* Hand over, then ENGINE_TELL_STOPPED. now_or_never: priority 0 and away at once. */
void engine_stop(struct engine *engine, bool now_or_never, mono_t now);
/* After ENGINE_TELL_STOPPED, when all devices are deleted: rules that stood until then go. */
void engine_finish(struct engine *engine);
/* Replaces the configuration; what did not change is not touched. Returns the old one for the caller to free. */
const struct conf *engine_reload(struct engine *engine, const struct conf *conf, mono_t now);
/* Begins to answer with ENGINE_TELL_STATUS lines; a few per engine_tick, so that a thousand do not delay an advert. brief: states and
 * counters alone. */
void engine_status(struct engine *engine, bool brief, mono_t now);
/* All counters, those of drops too, start again at 0. */
void engine_clear_counters(struct engine *engine);
/* Says all states through port.notify once more: somebody who was told has missed some, or is new. */
void engine_notify_all(struct engine *engine);
/* Turns the recording of traces on, before engine_start only (a trace begins with the engine; later it is refused with an
 * event that says so), or off. */
void engine_record(struct engine *engine, bool on, mono_t now);

#endif
