/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hub: the network namespace of a lab's supervisor, with one bridge for each collision domain and the
 * far end of every cable.
 *
 * A bridge with ageing time 0 forgets every address at once and so floods every frame, as a hub does. Two
 * devices are never joined by a bare veth pair: pulling one device's cable must not take the other's
 * carrier down.
 *
 * Every interface has an index of its own choosing, and the two ends of a cable never share one: the kernel
 * holds back carrier events by up to a second for a veth whose index equals its peer's.
 */
#ifndef VIGIA_LAB_HUB_H
#define VIGIA_LAB_HUB_H

#include "lab/lab.h"
#include "lab/lab_conf.h"

#define HUB_FIRST_BRIDGE_INDEX 101
#define HUB_FIRST_PORT_INDEX 1001

/* Fills the interfaces of lab from conf: names, indexes, MACs (hashes of lab, device and interface where
 * none is given). */
void hub_plan(const struct lab_conf *conf, struct lab *lab);

struct hub; /* a netlink socket in the hub's namespace */

/* The calling process must be in the namespace that becomes the hub. */
int hub_open(struct hub **out, struct lab_error *error);
void hub_close(struct hub *hub);
int hub_make_bridges(struct hub *hub, const struct lab *lab, struct lab_error *error);
/* Makes all cables of a device whose network namespace is open at net_fd. ethN is left down, the hub's end
 * up. first_index: that of eth0. */
int hub_attach(
	struct hub *hub, struct lab_device *device, int net_fd, int first_index, struct lab_error *error);
/* Takes the cables of a device away, which the kernel does by itself only some time after the device's end. */
void hub_detach(struct hub *hub, const struct lab_device *device);

#endif
