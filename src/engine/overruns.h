/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What came and was lost before this process read it: packets, for which their sockets had no room, and events of the kernel.
 * Counted, for otherwise a counter of dropped packets says too little; and whoever waits for silence is told (core/vr_stall.c),
 * for what was lost may have been the advert that it misses.
 */
#ifndef VIGIA_ENGINE_OVERRUNS_H
#define VIGIA_ENGINE_OVERRUNS_H

#include <stdint.h>

#include "base/archive.h"
#include "base/text.h"
#include "base/time.h"
#include "engine/port.h"

struct overruns {
	uint64_t packets;
	mono_t packets_at; /* when it was noticed last; 0: never */
	mono_t look_at;
	uint64_t events; /* of the kernel: times that some were lost */
	mono_t events_at;
	uint64_t bfd; /* packets */
	mono_t bfd_at;
	uint64_t neighbours; /* answers */
	mono_t neighbours_at;
};

void overruns_look(struct overruns *overruns, const struct port *port, mono_t now); /* are there more? */
/* Of all kinds: */
void overruns_look_at_all(struct overruns *overruns, const struct port *port, mono_t now);
/* Every second or so: the kernel tells no moment, so the later the question, the longer ago it may have been. */
void overruns_tick(struct overruns *overruns, const struct port *port, mono_t now);
void overruns_events_lost(struct overruns *overruns, mono_t now);
void overruns_clear(struct overruns *overruns);
void overruns_archive(struct archive *archive, struct overruns *overruns);
void overruns_write(struct json_out *json, const struct overruns *overruns); /* the member "overruns" of the status */

#endif
