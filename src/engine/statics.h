/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands for the life of the daemon: static_ipaddress, static_routes, static_rules. See statics.c. */
#ifndef VIGIA_ENGINE_STATICS_H
#define VIGIA_ENGINE_STATICS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "base/time.h"
#include "conf/conf.h"

struct engine;
struct holding;
struct history_entry;
struct instance;
struct kernel_op;

/* One of them; its line is in the configuration that is in force, at the same place. */
struct static_item {
	struct holding *holding; /* NULL: not held */
	int error; /* of the last attempt */
	uint32_t failures; /* in a row */
	bool stood;
	bool in_flight; /* the kernel has not answered: it counts as if it stood */
	bool assumed; /* what it holds is no more than that */
	uint64_t restored; /* how often somebody else took it away, and it was put back */
};

struct statics {
	struct static_item *items; /* addresses, then routes, then rules */
	size_t count;
	mono_t retry_at; /* one of them could not be had */
	uint32_t slot; /* of the testament */
	bool has_slot;
	bool installed; /* the start is over: others hold the kernel's lock now and then, and nobody waits for it */
};

/* With engine->conf; false: no memory. */
bool statics_prepare(struct engine *engine);
void statics_install(struct engine *engine, mono_t now); /* all that are not held */
/* engine->conf is the new configuration. Those that are the same in both are not touched. */
void statics_reload(struct engine *engine, const struct conf *old, mono_t now);
void statics_adopt(struct engine *engine, size_t index); /* a predecessor holds it */
/* The kernel has got to it. */
void statics_answered(struct engine *engine, size_t index, const struct kernel_op *op, bool restoring, mono_t now);
void statics_tick(struct engine *engine, mono_t now);
void statics_restore(struct engine *engine, mono_t now); /* what others have taken away, when it is time */
void statics_link_gone(struct engine *engine, int ifindex, mono_t now);
void statics_link_down(struct engine *engine, mono_t now);
void statics_hurry(struct engine *engine, mono_t now); /* what cannot be had is tried again now */
void statics_link_up(struct engine *engine, int ifindex, mono_t now);
void statics_resync(struct engine *engine, bool begin, mono_t now);
void statics_remove(struct engine *engine, mono_t now); /* at the end */
void statics_free(struct engine *engine); /* the kernel's stay as they are */
/* Whether the address stands there by static_ipaddress. */
bool statics_have_address(const struct engine *engine, int ifindex, const struct ip_prefix *prefix);
/* Whether one that the virtual router tracks by its track_group cannot be had; what it is and why is written to entry. */
bool statics_refused(const struct engine *engine, const struct instance *instance, struct history_entry *entry);
/* What would remove its routes and rules, those that are not held yet, too. There is room for statics.count. */
size_t statics_list_removals(const struct engine *engine, struct kernel_op *removals);
/* The member "static" of the engine's part of the status. */
void statics_write(struct json_out *json, const struct engine *engine);

#endif
