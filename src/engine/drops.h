/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that were not taken: counters, and lines for people. Private to the room, like state.h. */
#ifndef VIGIA_ENGINE_DROPS_H
#define VIGIA_ENGINE_DROPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"
#include "wire/drop.h"
#include "wire/vrrp.h"

#define DROP_LINES_SIZE 64
#define DROP_LINE_SPACING (10 * DUR_S)
#define DROP_LINE_SPACING_MAX (640 * DUR_S)

struct engine;
struct instance;
struct rejected;

struct drop_line {
	enum drop_reason reason;
	bool kept;
	int ifindex;
	uint8_t vrid;
	struct ip_addr source;
	mono_t told;
	dur_t spacing;
	uint64_t suppressed;
	bool used;
};

uint64_t instance_drops(const struct instance *instance, enum drop_reason reason);
struct rejected *instance_rejected(struct instance *instance); /* makes it; NULL: no memory */
/* ifindex: of a link that need not be known. */
void drop_count(struct engine *engine, int ifindex, struct instance *instance, enum drop_reason reason,
	const struct vrrp_advert *advert, mono_t now);
/* A line about a packet that was kept. */
void drop_remark(struct engine *engine, int ifindex, const struct instance *instance, enum drop_reason reason,
	const struct vrrp_advert *advert, mono_t now);

#endif
