/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracking: what the tracked objects of one virtual router do to it. A failed object without weight takes the router
 * out (a fault); one with weight moves the effective priority. The effective priority of a non-owner stays in 1..254
 * whatever the weights say, that of an owner stays 255 (V3-CFG-11).
 *
 *	kind		fails without weight	adds with weight w
 *	file		when not 0		its number times w; -254 or less is a failure, weight or not
 *	all others	when down		w > 0: w while up; w < 0: w while down
 *	"reverse"	the other way round	-w in place of w
 *
 * Unknown is a failure without weight, and nothing with one; a file that was not read yet is a failure in any case, for it
 * may hold one. It lasts until the first reading.
 */
#ifndef VIGIA_CORE_TRACK_H
#define VIGIA_CORE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "core/config.h"

#define TRACK_FILE_FAILURE -254 /* a file's number times weight, or less: a failure */

struct track_result {
	uint8_t priority; /* effective */
	bool fault;
	size_t fault_index; /* first object that causes the fault, when fault is true */
};

/* What the object adds to the priority. */
int64_t track_adds(const struct tracked_object *object, struct track_value value);
/* Whether it takes the virtual router out. */
bool track_fails(const struct tracked_object *object, struct track_value value);
/* values[i] belongs to config->extra->tracked[i]. */
struct track_result track_evaluate(const struct vr_config *config, const struct track_value *values);
/* What is known before anybody has said anything: an interface is down, everything else unknown. */
struct track_value track_begin(enum track_kind kind);
static inline bool track_value_equal(struct track_value a, struct track_value b)
{
	return a.state == b.state && a.value == b.value;
}

/* Of something that is up, or down. */
static inline struct track_value track_up(bool up)
{
	return (struct track_value){.state = up ? TRACK_UP : TRACK_DOWN};
}
static inline bool track_is_down(struct track_value value)
{
	return value.state == TRACK_DOWN || value.state == TRACK_UNPROVEN;
}

/* "interface", "script", "file", "process", "bfd" */
const char *track_kind_name(enum track_kind kind);
/* "unknown", "up", "down", "unproven" */
const char *track_state_name(enum track_state state);
/* The other way; false: no such word. */
bool track_kind_from_name(const char *name, enum track_kind *kind);
bool track_state_from_name(const char *name, enum track_state *state);
/* "eth1 (tracked) is down", "script chk fails", "file load holds -254": what is the matter with it. */
void track_text(struct text *text, const struct tracked_object *object, struct track_value value);

#endif
