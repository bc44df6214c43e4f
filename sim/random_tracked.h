/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the routers of a life drawn at random (random_life.h) track besides interfaces: scripts, files, processes and BFD
 * sessions, with weights or without, reversed or not, and how they fare.
 */
#ifndef VIGIA_SIM_RANDOM_TRACKED_H
#define VIGIA_SIM_RANDOM_TRACKED_H

#include <stdbool.h>

#include "base/random.h"
#include "base/text.h"
#include "core/track.h"

#define DRAWN_OBJECTS_MAX 3

struct drawn_object {
	enum track_kind kind;
	int weight;
	bool reverse;
	bool own_weight; /* said where it is defined, and not where it is tracked */
	bool init_fail; /* of a script */
};

/* Of one router. Their names are their kinds and numbers. */
struct drawn_objects {
	struct drawn_object list[DRAWN_OBJECTS_MAX];
	unsigned count;
};

void random_tracked_draw(struct drawn_objects *objects, struct random *random);
/* Other weights, as a reload may bring them; the objects stay. */
void random_tracked_draw_weights(struct drawn_objects *objects, struct random *random);
/* The blocks that define them; far: an address that is no router's, for BFD sessions that scenarios speak for. */
void random_tracked_define(const struct drawn_objects *objects, const char *far, struct text *text);
/* The blocks inside of what tracks them. */
void random_tracked_track(const struct drawn_objects *objects, struct text *text);
/* The rest of a step: one of them changes. There is one at least. */
void random_tracked_change(
	const struct drawn_objects *objects, const char *router, struct random *random, struct text *text);
/* The rest of a step: this one is as it has to be, and takes nobody out. */
void random_tracked_mend(
	const struct drawn_objects *objects, unsigned number, const char *router, struct text *text);

#endif
