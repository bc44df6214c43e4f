/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of ten thousand virtual routers is larger than the caches of a processor. An advert touches a dozen places of it, each
 * found by way of the one before: waited for one after the other, that is more than all computing. So they are asked for in
 * groups, just before the group has its turn. Nothing changes here; what is guessed wrong costs time and nothing else.
 */
#ifndef VIGIA_ENGINE_LOOK_AHEAD_H
#define VIGIA_ENGINE_LOOK_AHEAD_H

#include <stddef.h>

#define LOOK_AHEAD_GROUP 16

struct engine;
struct engine_packet;
struct waiter;

/* At most a group. What the virtual routers that they may be for have in memory. */
void look_ahead_packets(const struct engine *engine, const struct engine_packet *packets, size_t count);
/* Not read here, so that many can be asked for at once... */
void look_ahead_waiter(const struct waiter *waiter);
/* ...and what it leads to, when it has come. */
void look_ahead_instance(const struct waiter *waiter);

#endif
