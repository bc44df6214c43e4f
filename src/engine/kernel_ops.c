/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue of kernel operations, run in batches; every result goes back to the claim that it belongs to.
 *
 * The kernel may take long, for others hold its lock. A few operations are waited for, for a moment; what is not done by then is
 * in flight: its claims count as if it had worked, and are put right by the answer, if that is another one. Only the last
 * operation on a claim tells how it stands. What a virtual router says first as Master is held until the answer: an advert makes
 * the other router let go, and an announcement draws packets. Its next advert is not held: it would be missed.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine/firewall_watch.h"
#include "engine/state.h"

#define OPS_AWAITED 16 /* no more than these are waited for... */
#define OPS_PATIENCE (2 * DUR_MS) /* ...and no longer: an advert is never later than that for their sake */
#define IN_FLIGHT_MOST 512

static void added(struct engine *engine, const struct kernel_op *op, const struct op_owner *owner, mono_t now)
{
	struct instance *instance = owner->instance;
	struct claim *claim = &instance->claims[owner->index];

	claim->error = (int16_t)op->error;
	instance->will_is_old = true;
	if (op->error != 0) {
		/* What stood there before may still stand: it is not forgotten, so that it will be taken away. */
		if (owner->restoring) {
			if (claim->holding != NULL)
				holding_refused(engine, claim->holding, now);
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

static bool adds(const struct kernel_op *op)
{
	return op->type == KERNEL_ADD_ADDRESS || op->type == KERNEL_ADD_ROUTE || op->type == KERNEL_ADD_RULE;
}

static const struct ring_kind owners_in_flight = {sizeof(struct op_owner), KERNEL_OPS_SIZE, SIZE_MAX, malloc, free};

static void push(struct engine *engine, const struct op_owner *owner)
{
	*(struct op_owner *)ring_push(&engine->in_flight, &owners_in_flight) = *owner;
	if (owner->instance != NULL)
		owner->instance->ops_in_flight++;
}

void ops_free(struct engine *engine)
{
	ring_free(&engine->in_flight, &owners_in_flight);
}

/* The answer will be a good one. */
static void assume(struct engine *engine, const struct kernel_op *op, const struct op_owner *owner)
{
	struct claim *claim = &owner->instance->claims[owner->index];
	const bool fresh = claim->holding == NULL;

	claim->in_flight++;
	if (!adds(op))
		return;
	claim->holding = holding_follow(engine, claim->holding, op);
	/* What another claim has put there stands anyway. */
	claim->assumed = claim->assumed || (fresh && claim->holding != NULL && claim->holding->claims == 1);
	claim->error = claim->holding == NULL ? -ENOMEM : 0;
	owner->instance->will_is_old = true;
}

/* true: they are in flight. */
static bool run(struct engine *engine, struct kernel_op *ops, size_t count, dur_t patience)
{
	const struct port *port = engine->port;

	if (port->kernel_later != NULL && ring_reserve(&engine->in_flight, &owners_in_flight, count))
		return port->kernel_later(port->user, ops, count, patience);
	port->kernel(port->user, ops, count);
	return false;
}

void ops_run(struct engine *engine, mono_t now)
{
	struct op_queue *queue = &engine->ops;
	size_t count = queue->count;
	bool later;

	if (count == 0)
		return;
	queue->count = 0;
	later = run(engine, queue->ops, count, count <= OPS_AWAITED ? OPS_PATIENCE : 0);
	for (size_t i = 0; i < count; i++) {
		if (!later) {
			finished(engine, &queue->ops[i], &queue->owners[i], now);
			continue;
		}
		assume(engine, &queue->ops[i], &queue->owners[i]);
		push(engine, &queue->owners[i]);
	}
}

void ops_renew(struct engine *engine, struct kernel_op *ops, const struct op_owner *owners, size_t count)
{
	if (!run(engine, ops, count, 0))
		return;
	for (size_t i = 0; i < count; i++)
		push(engine, &owners[i]);
}

bool ops_give(struct engine *engine, struct kernel_op *op, size_t index, bool restoring)
{
	if (!run(engine, op, 1, OPS_PATIENCE))
		return false;
	push(engine, &(struct op_owner){.index = index, .restoring = restoring});
	return true;
}

bool ops_are_many(const struct engine *engine)
{
	return engine->in_flight.count >= IN_FLIGHT_MOST;
}

static void settle_claim(struct engine *engine, const struct kernel_op *op, const struct op_owner *owner, mono_t now)
{
	struct claim *claim = &owner->instance->claims[owner->index];
	/* It stands now, or does not: what comes behind it may fail. */
	const bool assumed = adds(op) ? claim->assumed && op->error != 0 : claim->holding != NULL;

	claim->in_flight--;
	claim->assumed = assumed && claim->in_flight > 0;
	if (claim->in_flight > 0)
		return;
	/* Given up meanwhile, with its link or for another. */
	if (adds(op) && claim->holding == NULL && claim->error != -ENOMEM)
		return;
	if (adds(op) && assumed && claim->holding != NULL) {
		holding_drop(engine, claim->holding);
		claim->holding = NULL;
	}
	finished(engine, op, owner, now);
}

static void answered(struct engine *engine, const struct kernel_op *op, mono_t now)
{
	const struct op_owner owner = *(struct op_owner *)ring_take(&engine->in_flight, &owners_in_flight);
	struct instance *instance = owner.instance;

	if (instance == NULL) {
		if (owner.index != OPS_NOBODYS)
			statics_answered(engine, owner.index, op, owner.restoring, now);
		return;
	}
	if (!owner.renewal)
		settle_claim(engine, op, &owner, now);
	if (--instance->ops_in_flight > 0)
		return;
	batch_touch(engine, instance);
	if (instance->install_waits)
		batch_install_answered(engine, instance, now);
	if (instance->retry_waits)
		install_retry_answered(engine, instance, now);
	engine->someone_gone = engine->someone_gone || instance->gone || instance->leaving;
}

void port_run_task(const struct port *port, struct port_task *task)
{
	switch (task->type) {
	case TASK_DEVICE_ADD:
		task->result = port->device_add != NULL ? port->device_add(port->user, &task->device) : -EOPNOTSUPP;
		break;
	case TASK_DEVICE_CHECK:
		task->result = port->device_check != NULL ? port->device_check(port->user, &task->device, task->ifindex) : 0;
		break;
	case TASK_JOIN:
		task->result = port->join(port->user, task->ifindex, &task->group);
		break;
	case TASK_SILENCE:
		task->result = port->mortal(port->user, NULL, task->count, task->length);
		break;
	case TASK_RULES:
		task->result = port->firewall(port->user, NULL, 0);
		break;
	}
}

bool task_give(struct engine *engine, struct port_task *task)
{
	const struct port *port = engine->port;
	bool later = false;

	if (engine->started && port->task != NULL)
		later = port->task(port->user, task);
	else
		port_run_task(port, task);
	engine->tasks += later;
	return later;
}

static void take_task_answers(struct engine *engine, bool wait, mono_t now)
{
	const struct port *port = engine->port;
	const struct port_task *task;

	while (port->task_answer != NULL && (task = port->task_answer(port->user, wait && engine->tasks > 0)) != NULL)
		switch (task->type) {
		case TASK_DEVICE_ADD:
		case TASK_DEVICE_CHECK:
			engine->tasks--;
			devices_answered(engine, task, now);
			break;
		case TASK_SILENCE:
		case TASK_RULES:
			engine->tasks--;
			firewall_answered(engine, task->result, now);
			break;
		case TASK_JOIN:
			interface_not_joined(engine, task->ifindex, &task->group, now);
			break;
		}
}

static void take_answers(struct engine *engine, bool wait, mono_t now)
{
	const struct port *port = engine->port;
	const struct kernel_op *ops;
	size_t count;
	bool more;

	while (port->kernel_answers != NULL &&
		(ops = port->kernel_answers(port->user, wait && engine->in_flight.count > 0, &count)) != NULL)
		for (size_t i = 0; i < count; i++)
			answered(engine, &ops[i], now);
	take_task_answers(engine, wait, now);
	if (engine->in_flight.count == 0)
		engine->status.at = (mono_t){0};
	do {
		more = batch_release_held(engine);
		turn_end(engine, now);
	} while (more);
}

void engine_kernel_answered(struct engine *engine, mono_t now)
{
	take_answers(engine, false, now);
}

void engine_kernel_settle(struct engine *engine, mono_t now)
{
	while (!engine_kernel_is_settled(engine))
		take_answers(engine, true, now);
}

bool engine_kernel_is_settled(const struct engine *engine)
{
	return engine->in_flight.count == 0 && engine->tasks == 0;
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
