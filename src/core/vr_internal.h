/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the virtual router's machine share; nobody outside core/ includes it.
 *
 *	vr.c		the way in: events, blockers, entering and leaving service; writes the state
 *	vr_backup.c	what a Backup does with adverts and with its timers
 *	vr_master.c	becoming Master, what a Master does with adverts, with its timer and with announcements
 *	vr_peer.c	the router heard last, and what is worth a remark about it
 *	vr_group.c	what a member of a sync group does by its group's decision
 *	vr_hold.c	handing over: priority 0, and what stays in the kernel for how long
 *	vr_drain.c	what an administrator asks for
 *	vr_stall.c	what is not believed after this router, or its machine, had stopped for a while
 *	vr_reload.c	a new configuration
 *	vr_timers.c	the RFC's arithmetic, and when to call again
 *	vr_canonical.c	states made comparable
 *	vr_record.c	actions and records
 *	vr_text.c	records as words and sentences
 */
#ifndef VIGIA_CORE_VR_INTERNAL_H
#define VIGIA_CORE_VR_INTERNAL_H

#include "core/vr.h"

/* The blockers that take away the means to hand over: everything goes at once (AMB-21). */
#define VR_BLOCKERS_INTERFACE                                                                                \
	(VR_BLOCKER_NO_INTERFACE | VR_BLOCKER_LINK_DOWN | VR_BLOCKER_NO_ADDRESS | VR_BLOCKER_TENTATIVE |     \
		VR_BLOCKER_DUPLICATE | VR_BLOCKER_NO_DEVICE)

/* vr.c */

/* The one writer of vr->state. Stops every timer of the old state; the caller starts those of the new one. Makes the
 * record of the transition: *cause with from and to filled in. */
void vr_change_state(
	struct vr *vr, enum vr_state state, const struct vr_record *cause, mono_t now, struct actions *out);
/* The members of struct vr that only one state has, as they are at its beginning. */
void vr_stand_aside(struct vr *vr, mono_t now);
void vr_serve(struct vr *vr);
/* The tracked object or the configuration (SIZE_MAX) may have changed: the effective priority and the blocker follow. */
void vr_evaluate_tracking(struct vr *vr, size_t changed, mono_t now, struct actions *out);
bool vr_is_owner(const struct vr *vr);
/* What keeps it out of service is now this; in service or out of it as that says. */
void vr_set_blockers(struct vr *vr, uint32_t blockers, size_t blocking_track, mono_t now, struct actions *out);

/* vr_backup.c */

/* Startup of a router that is not the owner: FSM-I2. ended: the blockers that kept it out until now, for the record. */
void vr_backup_start(struct vr *vr, uint32_t ended, mono_t now, struct actions *out);
/* Another router is the master: FSM-B10, FSM-A12. Learns the interval (v3) and starts the down timer. */
void vr_backup_follow(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out);
/* Starts the timer of a router that has just become Backup; what it still holds stays until it ends. */
void vr_backup_listen(struct vr *vr, enum vr_record_code cause, dur_t length, mono_t now);
/* The link passes packets from now on, perhaps: a Backup listens for an advert's time. */
void vr_backup_path_open(struct vr *vr, mono_t now);
/* What still stands is not let go before the timer: alone, we are Master again by then, and nothing was ever missing. */
void vr_hold_beyond_timer(struct vr *vr);
void vr_backup_advert(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out);
void vr_backup_tick(struct vr *vr, mono_t now, struct actions *out);
/* Whether its links pass packets is being asked (false), or as well known as it can be. */
void vr_backup_ready(struct vr *vr, bool ready, mono_t now);
/* Preempt_Mode as it counts: an owner always preempts (AMB-11). */
bool vr_preempts(const struct vr *vr);

/* vr_group.c */

bool vr_is_member(const struct vr *vr);
/* It obeys a master since then; the master that it heard gave up then. MONO_NEVER: not. Only members remember. */
void vr_follows(struct vr *vr, mono_t since);
void vr_gave_up(struct vr *vr, mono_t at);
/* The own wait of a Backup is over for this cause and length. Alone, it becomes Master; a member waits for its group. */
void vr_ready(struct vr *vr, enum vr_record_code cause, dur_t length, mono_t now, struct actions *out);
void vr_group_decision(
	struct vr *vr, const struct vr_group_decision *decision, mono_t now, struct actions *out);
/* A reload made it a member of a group... */
void vr_group_entered(struct vr *vr);
/* ...or took it out of its group. */
void vr_group_left(struct vr *vr, mono_t now, struct actions *out);

/* vr_master.c */

/* Whether a Master of this configuration answers a lesser one at once: FSM-A15. */
bool vr_answers_lower(const struct vr_config *config);
void vr_master_start(struct vr *vr, const struct vr_record *cause, mono_t now, struct actions *out);
void vr_master_advert(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out);
void vr_master_tick(struct vr *vr, mono_t now, struct actions *out);

/* vr_stall.c */

/* How often the Master is heard: Active_Adver_Interval; in version 2 Advertisement_Interval. */
dur_t vr_heard_interval(const struct vr *vr);
/* When the Backup whose timer was just started wants to be woken first: an advert is overdue by then. */
mono_t vr_first_check(const struct vr *vr, mono_t now);
/* A tick of a Backup: if it comes too late, silence is not believed yet. */
void vr_backup_was_awake(struct vr *vr, mono_t now, struct actions *out);
/* Packets were lost, at that moment at last: what of the silence lies before it is not believed. */
void vr_backup_missed(struct vr *vr, mono_t at, mono_t now, struct actions *out);
/* Before anything that a Master does: one that has stalled becomes a Backup that keeps what it holds. */
void vr_master_was_awake(struct vr *vr, mono_t now, struct actions *out);
/* Master no longer, by this cause, and listens whether another router has taken over. */
void vr_stall_listen(struct vr *vr, const struct vr_record *cause, mono_t now, struct actions *out);

/* vr_peer.c */

/* INT-05: a version 2 advert of somebody who sends version 3 as well. It says nothing that the other one does not. */
bool vr_peer_repeats_itself(struct vr *vr, const struct vrrp_advert *advert, mono_t now);
/* Remembers who was heard. true: it says something it did not say a moment ago, so a remark is due. */
bool vr_peer_heard(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out);

/* vr_hold.c */

void vr_hold_begin(struct vr *vr, enum vr_hold hold, mono_t deadline, mono_t now);
/* Says priority 0 now and, when repeat is true, again a little later. */
void vr_stop_adverts_begin(struct vr *vr, bool repeat, mono_t now, struct actions *out);
void vr_stop_adverts_end(struct vr *vr);
/* As Master: less than VR_CROSSING ago we became it, or heard peer, to whom our adverts may be news. So what peer says
 * next may be its last advert, with which it yields to us, and no sign that it serves... */
bool vr_adverts_may_cross(const struct vr *vr, const struct ip_addr *peer, mono_t now);
/* ...if it would yield to our last one. */
bool vr_has_said_better(const struct vr *vr, const struct vrrp_advert *advert);
/* Hand over what we hold as Master: everything stands until the successor speaks, which it cannot have done before
 * VR_CROSSING has passed if adverts may be crossing. */
void vr_hold_until_successor(struct vr *vr, bool crossing, mono_t now);
/* Told to stop: what is held for longer, as after a crash, is held no longer than after a stop as Master. */
void vr_hold_hurry(struct vr *vr, mono_t now);
/* Another router was heard that is not giving up: if we waited for a successor, here it is. */
void vr_hold_advert(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out);
/* The addresses go now, the routes a little later. */
void vr_release_addresses(struct vr *vr, mono_t now, struct actions *out);
/* Everything that is still held goes now. */
void vr_release_all(struct vr *vr, mono_t now, struct actions *out);
void vr_hold_tick(struct vr *vr, mono_t now, struct actions *out);

/* vr_drain.c */

void vr_drain(struct vr *vr, mono_t until, mono_t now, struct actions *out);
void vr_resume(struct vr *vr, mono_t now, struct actions *out);
void vr_takeover(struct vr *vr, mono_t now, struct actions *out);
/* Has become Backup, still holds everything from before it was drained, and nobody has spoken: Master. */
void vr_return(struct vr *vr, mono_t now, struct actions *out);

/* vr_reload.c */

void vr_reload(struct vr *vr, const struct vr_event *event, mono_t now, struct actions *out);

/* vr_timers.c */

dur_t vr_present_skew_time(const struct vr *vr);
dur_t vr_present_down_interval(const struct vr *vr);
/* An advert carries the time of its arrival, which may lie a little before what happened since: never negative. */
dur_t vr_elapsed(mono_t since, mono_t now);
/* Of a new Master, the second one; MONO_NEVER: not pending. */
mono_t vr_announces_again_at(const struct vr *vr);
/* The next deadline of something periodic: no drift, and no burst after a stall. */
mono_t vr_next_period(mono_t deadline, dur_t period, mono_t now);

/* vr_record.c */

void vr_act(struct actions *out, enum vr_action_type type);
/* interval: 0, or another one than the configured. */
void vr_act_advert(struct actions *out, uint8_t priority, dur_t interval);
void vr_act_announce(struct actions *out, uint16_t count);
/* As vr_record_make, about the router heard last. */
struct vr_record vr_record_make_peer(const struct vr *vr, enum vr_record_code code, dur_t duration);
void vr_record_push(struct actions *out, const struct vr_record *record);
/* Moves the records behind everything that acts, each kind in its order: telling waits for doing. */
void vr_records_last(struct actions *out);
void vr_remark(const struct vr *vr, enum vr_record_code code, struct actions *out);
void vr_remark_peer(const struct vr *vr, enum vr_record_code code, dur_t duration, struct actions *out);

#endif
