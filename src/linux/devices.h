/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices for virtual MACs: made, kept as they must be, deleted; and the settings of their parents, which get back what
 * they had. A device remembers in its alias what its parent had, so that a daemon that finds it after a crash can
 * put that back, too. Which settings and why: doc/linux.md section 6.
 */
#ifndef VIGIA_LINUX_DEVICES_H
#define VIGIA_LINUX_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/archive.h"
#include "engine/port.h"
#include "linux/device_remover.h"
#include "linux/netlink_request.h"

/* An interface with a setting that is not its own. */
struct device_parent {
	int ifindex;
	size_t devices; /* over it */
	uint8_t arp_ignore; /* as they were */
	uint8_t arp_announce;
	size_t promoters; /* who wants promote_secondaries */
	uint8_t promote_secondaries;
};

struct device_entry {
	char name[16];
	int ifindex;
	int parent;
};

struct devices {
	struct netlink_socket netlink;
	uint32_t maker;
	struct device_remover remover;
	struct device_entry *entries;
	size_t entry_count;
	struct device_parent *parents;
	size_t parent_count;
};

/* maker: device_maker. 0 or -errno. */
int devices_open(struct devices *devices, uint32_t maker);
/* Waits for what is being deleted; what was not removed stays. */
void devices_close(struct devices *devices);
/* As port.h says. */
int devices_add(struct devices *devices, struct port_device *device);
int devices_check(struct devices *devices, const struct port_device *device, int ifindex);
/* Whether the interface is as in DEVICE_FAULT_BRIDGE. */
bool devices_lose_connections(struct devices *devices, int ifindex);
void devices_remove(struct devices *devices, int ifindex);
int devices_rename(struct devices *devices, int ifindex, const char *name);
void devices_promote_secondaries(struct devices *devices, int ifindex, bool on);
/* Whether nothing waits to be deleted. */
bool devices_are_settled(struct devices *devices);
/* Of parents: what they had before us, for a successor. */
void devices_archive(struct archive *archive, struct devices *devices);
/* Waits until what was removed is gone. */
void devices_finish(struct devices *devices);

#endif
