/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The overlay layer between the host's file system and a device's own changes, the same for all devices of
 * a lab: it hides what belongs to the host (homes, mounted data, configurations of the daemons that labs
 * are about, logs, keys) and brings the stand-ins for systemctl, service and the old init scripts.
 */
#ifndef VIGIA_LAB_LAYER_H
#define VIGIA_LAB_LAYER_H

#include "lab/lab.h"

/* Fills the empty directory path, which must be on a file system that keeps trusted.* attributes (tmpfs).
 * with_programs: vigia and vigiad in the device's PATH are those of LAB_DEVICE_PROGRAMS. */
int layer_build(const char *path, bool with_programs, struct lab_error *error);

#endif
