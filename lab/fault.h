/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults of a cable, made at the hub's end of it, so that the device can neither prevent nor undo them.
 *
 * Pulled: the hub's port is down; the device loses carrier. Silent: the port is up but belongs to no bridge; the device
 * keeps its carrier while nothing it sends arrives and nothing reaches it. Nothing is written down: the state of a
 * fault is the state of the port.
 */
#ifndef VIGIA_LAB_FAULT_H
#define VIGIA_LAB_FAULT_H

#include "base/time.h"
#include "lab/lab.h"

enum cable_state {
	CABLE_GOOD,
	CABLE_PULLED,
	CABLE_SILENT,
};

/* The state, or -errno. */
int cable_state(const struct lab *lab, const struct lab_interface *interface, struct lab_error *error);
/* Brings the cable into the state. *at: just before the kernel was asked. -EALREADY: it is in that state;
 * -EINVAL: a pulled cable cannot become silent. */
int cable_set(const struct lab *lab, const struct lab_device *device, const struct lab_interface *interface,
	enum cable_state state, mono_t *at, struct lab_error *error);

#endif
