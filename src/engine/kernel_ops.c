/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of kernel operations, run in batches; every result goes back to the claim that it belongs to. */
#include <errno.h>

#include "engine/state.h"

static void added(struct engine *engine, const struct kernel_op *op, const struct op_owner *owner, mono_t now)
{
	struct instance *instance = owner->instance;
	struct claim *claim = &instance->claims[owner->index];

	claim->error = op->error;
	instance->claims_version++;
	if (op->error != 0) {
		/* What stood there before may still stand: it is not forgotten, so that it will be taken away. */
		if (claim->holding != NULL && owner->restoring)
			claim->holding->missing = true;
		if (owner->restoring) {
			install_plan_retry(instance, true, now);
			instance_wait(engine, instance);
		}
		return;
	}
	claim->holding = holding_follow(engine, claim->holding, op);
	if (claim->holding == NULL)
		claim->error = -ENOMEM;
	else
		claim->holding->missing = false;
}

static void finished(
	struct engine *engine, const struct kernel_op *op, const struct op_owner *owner, mono_t now)
{
	struct history_entry entry = {.kind = HELD_ADDRESS, .record.error = op->error};

	if (op->rule != NULL) {
		entry.kind = HELD_RULE;
		entry.preference = op->rule->preference;
	} else if (op->route != NULL) {
		entry.kind = HELD_ROUTE;
		entry.prefix = op->route->destination;
	} else {
		entry.prefix = op->address->prefix;
	}

	switch (op->type) {
	case KERNEL_ADD_ADDRESS:
	case KERNEL_ADD_ROUTE:
	case KERNEL_ADD_RULE:
		added(engine, op, owner, now);
		if (owner->restoring && op->error == 0 && !owner->quiet) {
			entry.remark = REMARK_RESTORED;
			history_remark(engine, owner->instance, &entry, now);
		}
		break;
	case KERNEL_DELETE_DEVICE:
	case KERNEL_RESTORE_PARENT:
	case KERNEL_DELETE_ADDRESS:
	case KERNEL_DELETE_ROUTE:
	case KERNEL_DELETE_RULE:
		if (op->error != 0) {
			entry.remark = REMARK_REMOVE_FAILED;
			history_remark(engine, owner->instance, &entry, now);
		}
		break;
	}
}

void ops_run(struct engine *engine, mono_t now)
{
	struct op_queue *queue = &engine->ops;
	size_t count = queue->count;

	if (count == 0)
		return;
	queue->count = 0;
	engine->port->kernel(engine->port->user, queue->ops, count);
	for (size_t i = 0; i < count; i++)
		finished(engine, &queue->ops[i], &queue->owners[i], now);
}

void ops_add(
	struct engine *engine, struct instance *instance, size_t index, bool add, bool restoring, mono_t now)
{
	struct op_queue *queue = &engine->ops;
	struct kernel_op op = claim_op(engine, instance, index, add);
	struct claim *claim = &instance->claims[index];
	struct op_owner owner = {.instance = instance,
		.index = index,
		.restoring = restoring,
		.quiet = restoring && claim->holding != NULL && claim->holding->quiet};

	/* What was put on a device is taken from that device, whatever its name is now. */
	if (!add && claim->holding != NULL)
		op.ifindex = claim->holding->ifindex;
	if (op.ifindex < 0) {
		op.error = -ENODEV;
		if (add)
			finished(engine, &op, &owner, now);
		return;
	}
	if (queue->count == KERNEL_OPS_SIZE)
		ops_run(engine, now);
	queue->ops[queue->count] = op;
	queue->owners[queue->count] = owner;
	queue->count++;
}
