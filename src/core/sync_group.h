/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sync groups: virtual routers that go up and down together, such as the two sides of one gateway, or its IPv4 and its
 * IPv6. After every turn all members are in one state; there is one election per group in effect.
 *
 * VRRP knows nothing of groups, so the election has to be made of what each member hears by itself:
 *
 *	blocked		A member that is in Initialize for a reason of its own keeps all of them there, each naming it.
 *	give way	A member that leaves Master, whatever for, takes all with it in the same turn. The others have heard
 *			no successor: they hand over as at a stop, with priority 0.
 *	take over	All become Master in one turn, when every member's own wait is over (it "agrees").
 *
 * Why every member's, and not the first one's? Let two gateways A (better) and B share LAN and uplink, and let adverts be
 * lost on the LAN alone, with carrier everywhere. B's timer runs out on the LAN. If that took the group to Master, B
 * would hear A on the uplink and give way, for A is the better one; on the LAN the timer would run out again, and so on
 * without end: every few seconds the addresses of the uplink move there and back. By the rule of all members B stays
 * Backup, A stays Master, nothing moves. What it costs: when A itself is what is broken on the LAN, and nobody can
 * tell (no carrier lost, no tracked object down), B does not take over. That is what tracking is for.
 *
 * The same rule lets members differ. Priorities: the group preempts only when each member may, so two gateways each of
 * which is better on one side leave each other alone, after one wait without a master at most (should they become Master at one
 * moment, and throw each other back, the greater address goes first then: vr_backup.c). nopreempt and preempt_delay of
 * one member count for all. Intervals: the slowest member decides. An owner is a member whose wait is over at once; it is
 * Master when the others agree, not at Startup, for an owner that takes its group away from a better master of another
 * member would be thrown back at once, again and again.
 *
 * One thing is faster than all timers: priority 0. A gateway that lost its uplink says it on the LAN, where it still can;
 * on the uplink there is nothing to hear, and Master_Down_Interval is several seconds. Since a group never disagrees with
 * itself, who gives up one member gives up all: when the Skew_Time after a priority 0 is over at one member, the others go
 * along, unless they have obeyed a master after it was heard.
 *
 * A member that joins a group of Masters, as by a reload, becomes Master with them, unless it has heard a master.
 *
 * After a stall (vr_stall.c) all listen, as Backups that keep what they hold, until the slowest has listened long enough.
 *
 * keepalived's groups get along with this: each side sees on every LAN a router that speaks, or gives up. They, too, take
 * over when all timers have run out; but after a priority 0 on one side they wait for the silence on the other (2.2.7).
 *
 * Pure, and without a memory: members in, decisions out.
 */
#ifndef VIGIA_CORE_SYNC_GROUP_H
#define VIGIA_CORE_SYNC_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/vr.h"

/* What each member must do now: decisions[i] is for members[i], with VR_GROUP_NOTHING for most of them. To be handed to
 * them at once as VR_EVENT_GROUP, and then asked again, until it is false: nothing is left to do. At most
 * SYNC_GROUP_ROUNDS times. */
bool sync_group_decide(const struct vr *const *members, size_t count, struct vr_group_decision *decisions);
#define SYNC_GROUP_ROUNDS 4

/* The state that all members share, for people: while they are in Initialize, FAULT when anything but their start is
 * missing. culprit: the member that keeps them there, or count. */
const char *sync_group_state_name(const struct vr *const *members, size_t count, size_t *culprit);

#endif
