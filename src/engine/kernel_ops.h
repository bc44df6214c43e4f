/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations of the kernel, collected and in flight: see kernel_ops.c. Private to the room, like state.h. */
#ifndef VIGIA_ENGINE_KERNEL_OPS_H
#define VIGIA_ENGINE_KERNEL_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ring.h"
#include "base/time.h"
#include "engine/port.h"

#define OPS_NOBODYS SIZE_MAX
#define KERNEL_OPS_SIZE 64 /* larger batches gain nothing: doc/linux.md section 4 */

struct engine;
struct instance;

/* Kernel operations on their way, and whose they are. */
struct op_queue {
	struct kernel_op ops[KERNEL_OPS_SIZE];
	struct op_owner {
		struct instance *instance; /* NULL: one of the configuration's static things */
		size_t index; /* of the claim, or of that thing; OPS_NOBODYS: nobody asks what came of it */
		bool restoring;
		bool quiet;
		bool renewal; /* of a lifetime: nothing depends on it */
	} owners[KERNEL_OPS_SIZE];
	size_t count;
};

void ops_add(
	struct engine *engine, struct instance *instance, size_t index, bool add, bool restoring, mono_t now);
void ops_run(struct engine *engine, mono_t now);
void ops_free(struct engine *engine);
/* Lifetimes of these claims anew, when the kernel gets to it. */
void ops_renew(struct engine *engine, struct kernel_op *ops, const struct op_owner *owners, size_t count);
/* true: the answer comes later. At the start nothing runs that could come too late, and all is needed at once. */
bool task_give(struct engine *engine, struct port_task *task);
/* One that belongs to no instance. true: it is in flight; what it points to must stay until then. */
bool ops_give(struct engine *engine, struct kernel_op *op, size_t index, bool restoring);
bool ops_are_many(const struct engine *engine); /* so many wait for the kernel that no more should */

#endif
