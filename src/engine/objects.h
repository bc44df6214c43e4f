/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracked objects whose state comes from elsewhere than the kernel's links: scripts, files and processes from the runner, BFD
 * sessions from within the engine. The table knows each by kind and name, its last value, and who tracks it. A value stays
 * until the next report: over a reload that still tracks the object, and over the death of whoever reports. Of an
 * interface, which is otherwise the kernel's to tell, that is whether its driver says that there is a link
 * (linkbeat_interfaces).
 *
 * An object that nobody tracks (yet) is kept when it is reported, for the runner may be quicker with a new configuration than
 * the engine; the next reload drops it.
 */
#ifndef VIGIA_ENGINE_OBJECTS_H
#define VIGIA_ENGINE_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "conf/conf.h"
#include "core/track.h"
#include "engine/hash.h"

struct engine;
struct instance;

struct tracker {
	struct instance *instance;
	size_t index; /* in its tracked */
};

/* Those who track one thing. */
struct trackers {
	struct tracker *list;
	size_t count;
	size_t capacity;
};

bool trackers_add(struct trackers *trackers, struct instance *instance, size_t index); /* false: no memory */

struct object {
	struct hash_node node; /* by kind and name */
	struct object *next;
	enum track_kind kind;
	char *name;
	struct track_value value;
	struct trackers trackers;
};

struct objects {
	struct hash by_name;
	struct object *list;
};

bool objects_init(struct objects *objects); /* false: no memory */
void objects_free(struct objects *objects);
/* Before the virtual routers of this configuration are made or changed: what counts as failed from the start. */
bool objects_prepare(struct engine *engine, const struct conf *conf); /* false: no memory */
/* After they have: who tracks what. */
bool objects_rebuild(struct engine *engine); /* false: no memory */
/* Those that nobody tracks any more. */
void objects_drop_untracked(struct engine *engine);
/* What was reported of it last; false: nothing. */
bool object_known(
	const struct engine *engine, enum track_kind kind, const char *name, struct track_value *value);
/* The last value of a tracked object, of whatever kind but an interface, that this virtual router tracks. */
struct track_value object_value(const struct engine *engine, const struct tracked_object *tracked);
/* What a predecessor knew; nobody is told. */
void object_set(struct engine *engine, enum track_kind kind, const char *name, struct track_value value);
/* Tells whom it concerns; the end of the turn is the caller's. An unknown state is no news. */
void object_report(struct engine *engine, enum track_kind kind, const char *name, struct track_value value, mono_t now);

#endif
