/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracking: what the tracked objects of one virtual router do to it. A failed object without weight takes the router
 * out (a fault); one with weight moves the effective priority. The effective priority of a non-owner stays in 1..254
 * whatever the weights say, that of an owner stays 255 (V3-CFG-11).
 */
#ifndef VIGIA_CORE_TRACK_H
#define VIGIA_CORE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

/* The state of the tracked objects, in the order of the configuration: up[i] belongs to tracked_interfaces[i].
 * The engine owns the array. */
struct track_result {
	uint8_t priority; /* effective */
	bool fault;
	size_t fault_index; /* first object that causes the fault, when fault is true */
};

/* What object i adds to the priority while it is up or down: 0 for objects without weight. */
int track_weight(const struct tracked_object *object, bool up);
struct track_result track_evaluate(const struct vr_config *config, const bool *up);

#endif
