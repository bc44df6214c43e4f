/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before a Backup preempts a living master, the next hops of its virtual routes are asked, whether its links pass packets: by
 * ARP, or neighbour solicitations, every READINESS_SPACING until all have answered, or READINESS_PATIENCE is over; and the kernel is
 * asked whether it passes on what comes by them, by tracked interfaces and by the LAN (`forwarding`). Who has no next hop and
 * forwards nothing at all is no gateway, and need not. It begins shortly before its timer ends, and is over before that in most cases; else the Backup waits (VR_EVENT_READY), for the other one
 * serves meanwhile. One that has heard nobody does not wait. Next hops that do not answer are told of, and taken for what they
 * are: two routers that both wait for a mute one would leave the better one idle for ever.
 *
 * In strict mode nothing is waited for that RFC 9568 does not know.
 *
 * Only what lies on interfaces that the configuration names can be asked, and not what some other router of the table leads to.
 * Private to the room, like state.h.
 */
#ifndef VIGIA_ENGINE_READINESS_H
#define VIGIA_ENGINE_READINESS_H

#include "engine/state.h"

#define READINESS_SPACING (10 * DUR_MS)
#define READINESS_PATIENCE (1 * DUR_S)

/* After every input: begins to ask, or is no longer needed. */
void readiness_follow(struct engine *engine, struct instance *instance, mono_t now);
void readiness_tick(struct engine *engine, mono_t now);
mono_t readiness_deadline(const struct engine *engine);
/* Somebody answered for this address. */
void readiness_answered(struct engine *engine, const struct interface *interface, const struct ip_addr *address, mono_t now);
void readiness_end_all(struct engine *engine, mono_t now); /* interfaces are about to go */
void readiness_forget(struct engine *engine, struct instance *instance); /* it is about to be freed */

/* tracking.c: the interface that the next hop of a route lies on, by its device if that is given; NULL: it is none of the
 * configuration, or there is nobody to ask in the name of. */
struct interface *tracking_interface_of_hop(const struct engine *engine, const struct ip_addr *hop, const char *device);
bool tracking_can_be_asked(const struct interface *interface, const struct ip_addr *hop);

#endif
