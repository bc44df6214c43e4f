/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an administrator orders: drain, resume, takeover. An order concerns one virtual router, a sync group, or all; a
 * member of a sync group never goes alone, so an order falls into units of one virtual router or one group each. It is carried
 * out in the turn in which it comes, and answered when it is known what became of it: who took over, or that nobody did.
 * Private to the room, like state.h.
 */
#ifndef VIGIA_ENGINE_ORDERS_H
#define VIGIA_ENGINE_ORDERS_H

#include "engine/state.h"

/* Some that wait may be decided by now, or by the time. Before the ticks of the machines: theirs would let go. */
void orders_tick(struct engine *engine, mono_t now);
mono_t orders_deadline(const struct engine *engine);
/* Something that a virtual router with an order has to say. */
void orders_record(struct instance *instance, const struct vr_record *record, mono_t now);
/* At the end of a turn: what is done is answered, and the guard learns who is drained. */
void orders_tell(struct engine *engine, mono_t now);
void orders_forget(struct engine *engine, const struct instance *instance); /* it is about to be freed */
void orders_free(struct engine *engine);

#endif
