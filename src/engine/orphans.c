/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What engines that died had put into the kernel and nobody claims now, because the configuration has changed since. While such
 * an address stands, two machines answer for it. Their testaments say what it is; where those are lost, addresses with our mark
 * count, and routes and rules are left alone: another daemon that lives may have the same mark. A device says itself who made it.
 */
#include "engine/state.h"

#include <stdlib.h>

#include "base/error_name.h"

static bool is_claimed(const struct engine *engine, const struct link *link, const struct ip_prefix *prefix)
{
	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = engine->instances[i];

		for (size_t k = 0; k < instance->config->address_count; k++) {
			struct kernel_op op = claim_op(engine, instance, k, false);

			if (op.ifindex == link->ifindex && ip_prefix_equal(&op.address->prefix, prefix))
				return true;
		}
	}
	return statics_have_address(engine, link->ifindex, prefix);
}

static bool was_left(const struct engine *engine, const struct kernel_op *removal)
{
	return engine->options.by_marks ||
	       (engine->port->was_left != NULL && engine->port->was_left(engine->port->user, removal));
}

/* Also when it was about to be deleted, or has just been made: no testament says so, and the guard may have gone in good order. */
static bool device_was_left(const struct engine *engine, const struct link *link)
{
	const struct kernel_op removal = {.type = KERNEL_DELETE_DEVICE, .ifindex = link->ifindex};

	if (!link->ours || link->maker != 0)
		return link->ours && link->maker == engine->options.maker;
	return (engine->options.bury || engine->options.adopt) && was_left(engine, &removal);
}

static void tell(struct engine *engine, const char *thing, int error, mono_t now)
{
	char sentence[192];
	struct text line;

	text_init(&line, sentence, sizeof(sentence));
	text_str(&line, thing);
	text_str(&line, " was left by a daemon that died, and no virtual router has it now: ");
	text_str(&line, error == 0 ? "removed" : error_name(error));
	tell_of_all(engine, "orphan-removed", sentence, now);
}

static void tell_address(
	struct engine *engine, const struct link *link, const struct ip_prefix *prefix, int error, mono_t now)
{
	char thing[96];
	struct text text;

	text_init(&text, thing, sizeof(thing));
	text_ip_prefix(&text, prefix);
	text_str(&text, " on ");
	text_str(&text, link->name);
	tell(engine, thing, error, now);
}

static void remove_from(struct engine *engine, const struct link *link, mono_t now)
{
	for (size_t i = 0; i < link->address_count; i++) {
		struct virtual_address address = {.prefix = link->addresses[i].prefix};
		struct kernel_op op = {
			.type = KERNEL_DELETE_ADDRESS, .ifindex = link->ifindex, .address = &address};

		if (link->addresses[i].protocol != VIGIA_KERNEL_PROTOCOL ||
			is_claimed(engine, link, &address.prefix) || !was_left(engine, &op))
			continue;
		engine->port->kernel(engine->port->user, &op, 1);
		tell_address(engine, link, &address.prefix, op.error, now);
	}
}

void orphans_remove(struct engine *engine, mono_t now)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next)
		if (interface->link != NULL)
			remove_from(engine, interface->link, now);
}

/* One that is there already, or that the kernel is being asked for. */
static bool is_wanted(const struct engine *engine, const struct link *link)
{
	return device_of_link(engine, link->ifindex) != NULL || (link->name != NULL && device_has_name(engine, link->name));
}

void orphans_remove_devices(struct engine *engine, mono_t now)
{
	for (const struct link *link = engine->links; link; link = link->next) {
		char thing[96];
		struct text text;

		if (!device_was_left(engine, link) || is_wanted(engine, link))
			continue;
		text_init(&text, thing, sizeof(thing));
		text_str(&text, "device ");
		text_str(&text, link->name);
		engine->port->device_remove(engine->port->user, link->ifindex);
		tell(engine, thing, 0, now);
	}
}

/* What has been adopted, and what is static, stands already or will. */
static size_t list_wanted(const struct engine *engine, struct kernel_op *removals)
{
	size_t count = statics_list_removals(engine, removals);

	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = engine->instances[i];

		for (size_t k = instance->config->address_count; k < claim_count(instance->config); k++)
			if (instance->claims[k].holding != NULL) {
				removals[count] = claim_op(engine, instance, k, false);
				removals[count++].ifindex = instance->claims[k].holding->ifindex;
			}
	}
	return count;
}

void orphans_remove_routes(struct engine *engine)
{
	size_t room = engine->statics.count + 1;
	struct kernel_op *wanted;

	if (engine->port->remove_left == NULL)
		return;
	for (size_t i = 0; i < engine->instance_count; i++)
		room += claim_count(engine->instances[i]->config);
	wanted = calloc(room, sizeof(*wanted));
	if (wanted != NULL)
		engine->port->remove_left(engine->port->user, wanted, list_wanted(engine, wanted));
	free(wanted);
}
