/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses, routes and rules that stand as long as the daemon runs, whatever the virtual routers are. They share the
 * holdings with them: an address that is static and virtual stays when the virtual router lets go.
 *
 * What others take away is put back at once, but the same thing at most once per RESTORE_SPACING. What the kernel refuses,
 * or what lacks its interface, is tried again every few seconds, and when an interface comes up. A reload puts in what is
 * new before it takes out what is old. When the engine dies its successor takes over what stands; when the daemon ends,
 * all of it goes.
 */
#include "engine/statics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_name.h"
#include "engine/state.h"

#define ITEM_TEXT_SIZE 1024

static size_t count_of(const struct static_items *items)
{
	return items->address_count + items->route_count + items->rule_count;
}

/* The operation on item number index of a configuration. Its ifindex is -1 when the device does not exist. */
static struct kernel_op op_of(
	const struct engine *engine, const struct static_items *items, size_t index, bool add)
{
	if (index < items->address_count)
		return address_op(engine, &items->addresses[index], add);
	index -= items->address_count;
	if (index < items->route_count)
		return route_op(engine, NULL, &items->routes[index], add);
	return rule_op(&items->rules[index - items->route_count], add);
}

static void put_item(struct text *text, const struct static_items *items, size_t index)
{
	if (index < items->address_count) {
		text_str(text, "static address ");
		conf_print_address(&items->addresses[index], text);
	} else if (index < items->address_count + items->route_count) {
		text_str(text, "static route ");
		conf_print_route(&items->routes[index - items->address_count], text);
	} else {
		text_str(text, "static rule");
		conf_print_rule(&items->rules[index - items->address_count - items->route_count], text);
	}
}

static void tell(struct engine *engine, const char *code, size_t index, const char *what, int error, mono_t now)
{
	char sentence[ITEM_TEXT_SIZE];
	struct text line;
	struct json_out json;

	text_init(&line, sentence, sizeof(sentence));
	put_item(&line, &engine->conf->statics, index);
	text_str(&line, what);
	if (error != 0)
		text_str(&line, error_name(error));
	text_init(&line, engine->line, sizeof(engine->line));
	json_out_begin(&json, &line);
	json_out_object(&json, NULL);
	json_out_null(&json, "vr");
	json_out_mono(&json, "at", now);
	json_out_string(&json, "code", code);
	json_out_string(&json, "text", sentence);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
}

static bool know_devices(struct engine *engine)
{
	const struct static_items *items = &engine->conf->statics;
	bool known = true;

	for (size_t i = 0; i < items->address_count; i++)
		known = interface_get(engine, items->addresses[i].device) != NULL && known;
	for (size_t i = 0; i < items->route_count; i++)
		known = route_devices_known(engine, &items->routes[i]) && known;
	return known;
}

bool statics_prepare(struct engine *engine)
{
	const size_t count = count_of(&engine->conf->statics);

	engine->statics.retry_at = MONO_NEVER;
	if (count == 0)
		return true;
	engine->statics.items = calloc(count, sizeof(*engine->statics.items));
	engine->statics.count = engine->statics.items != NULL ? count : 0;
	engine->statics.has_slot = slot_take(engine, &engine->statics.slot);
	return engine->statics.items != NULL && engine->statics.has_slot && know_devices(engine);
}

/* The guard takes all of it away if the engine dies and no other one comes. */
static void write_will(struct engine *engine)
{
	struct statics *statics = &engine->statics;
	struct testament_entry entry = {.active = false};
	struct kernel_op *removals;

	if (!statics->has_slot)
		return;
	removals = calloc(statics->count + 1, sizeof(*removals));
	for (size_t i = 0; i < statics->count && removals != NULL; i++) {
		if (statics->items[i].holding == NULL)
			continue;
		removals[entry.removal_count] = op_of(engine, &engine->conf->statics, i, false);
		removals[entry.removal_count++].ifindex = statics->items[i].holding->ifindex;
	}
	entry.removals = removals;
	entry.active = entry.removal_count > 0;
	engine->port->testament(engine->port->user, statics->slot, &entry);
	free(removals);
}

static void install_one(struct engine *engine, size_t index, bool restoring, mono_t now)
{
	struct static_item *item = &engine->statics.items[index];
	struct kernel_op op = op_of(engine, &engine->conf->statics, index, true);
	const int before = item->error;

	if (op.ifindex < 0)
		op.error = -ENODEV;
	else
		engine->port->kernel(engine->port->user, &op, 1);
	if (op.error == 0 && item->holding == NULL)
		item->holding = holding_take(engine, &op);
	if (op.error == 0 && item->holding == NULL)
		op.error = -ENOMEM;
	item->error = op.error;
	if (op.error != 0) {
		if (op.error != before)
			tell(engine, "static-failed", index, " cannot be had: ", op.error, now);
		engine->statics.retry_at = mono_min(engine->statics.retry_at, mono_add(now, INSTALL_RETRY_LATER));
		return;
	}
	item->holding->missing = false;
	if (restoring && !item->holding->quiet)
		tell(engine, "static-restored", index, " was removed by somebody else and is put back", 0, now);
	else if (before != 0)
		tell(engine, "static-works", index, " stands now", 0, now);
}

void statics_install(struct engine *engine, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++)
		if (engine->statics.items[i].holding == NULL)
			install_one(engine, i, false, now);
	write_will(engine);
}

void statics_adopt(struct engine *engine, size_t index)
{
	struct kernel_op op = op_of(engine, &engine->conf->statics, index, true);

	if (op.ifindex >= 0)
		engine->statics.items[index].holding = holding_take(engine, &op);
}

void statics_tick(struct engine *engine, mono_t now)
{
	struct statics *statics = &engine->statics;

	if (!mono_due(statics->retry_at, now))
		return;
	statics->retry_at = MONO_NEVER;
	for (size_t i = 0; i < statics->count; i++)
		if (statics->items[i].error != 0)
			install_one(engine, i, false, now);
	write_will(engine);
}

void statics_restore(struct engine *engine, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++) {
		struct holding *holding = engine->statics.items[i].holding;
		mono_t when;

		if (holding == NULL || !holding->missing)
			continue;
		when = mono_add(holding->restored_at, RESTORE_SPACING);
		if (mono_before(now, when)) {
			engine->restore_at = mono_min(engine->restore_at, when);
			continue;
		}
		holding->restored_at = now;
		install_one(engine, i, true, now);
	}
}

void statics_link_gone(struct engine *engine, int ifindex, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++) {
		struct static_item *item = &engine->statics.items[i];

		if (item->holding != NULL && item->holding->kind == HELD_ROUTE && item->holding->ifindex == 0)
			holding_missing(engine, item->holding, true, now);
		if (item->holding == NULL || ifindex == 0 || item->holding->ifindex != ifindex)
			continue;
		holding_drop(engine, item->holding);
		item->holding = NULL;
		item->error = -ENODEV;
		tell(engine, "static-failed", i, " went with its interface", 0, now);
		engine->statics.retry_at = mono_min(engine->statics.retry_at, mono_add(now, INSTALL_RETRY_LATER));
	}
}

void statics_link_up(struct engine *engine, int ifindex, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++) {
		struct static_item *item = &engine->statics.items[i];

		if (item->holding != NULL && item->holding->kind == HELD_ROUTE &&
			(item->holding->ifindex == ifindex || item->holding->ifindex == 0 || ifindex == 0))
			holding_missing(engine, item->holding, true, now);
		if (item->error != 0)
			engine->statics.retry_at = mono_min(engine->statics.retry_at, now);
	}
}

void statics_resync(struct engine *engine, bool begin, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++) {
		struct holding *holding = engine->statics.items[i].holding;

		if (holding == NULL)
			continue;
		if (begin) {
			holding->stale = holding->kind == HELD_ADDRESS;
			continue;
		}
		if (holding->stale || holding->kind != HELD_ADDRESS)
			holding_missing(engine, holding, holding->kind != HELD_ADDRESS, now);
		holding->stale = false;
	}
}

/* Lets go of an item of that configuration. */
static void release(struct engine *engine, const struct static_items *items, struct static_item *item, size_t index)
{
	struct holding *holding = item->holding;

	item->holding = NULL;
	item->error = 0;
	if (holding == NULL)
		return;
	if (holding->claims == 1 && !holding_shares_place(engine, holding)) {
		struct kernel_op op = op_of(engine, items, index, false);

		op.ifindex = holding->ifindex;
		engine->port->kernel(engine->port->user, &op, 1);
	}
	holding_drop(engine, holding);
}

/* Rules first, addresses last: the other way round than they came. */
void statics_remove(struct engine *engine, mono_t now)
{
	(void)now;
	for (size_t i = engine->statics.count; i-- > 0;)
		release(engine, &engine->conf->statics, &engine->statics.items[i], i);
	engine->statics.retry_at = MONO_NEVER;
	write_will(engine);
}

void statics_free(struct engine *engine)
{
	for (size_t i = 0; i < engine->statics.count; i++)
		if (engine->statics.items[i].holding != NULL)
			holding_drop(engine, engine->statics.items[i].holding);
	free(engine->statics.items);
	engine->statics.items = NULL;
	engine->statics.count = 0;
}

static bool same_item(const struct static_items *old, size_t i, const struct static_items *new, size_t k)
{
	if (i < old->address_count)
		return k < new->address_count && virtual_address_equal(&old->addresses[i], &new->addresses[k]);
	if (k < new->address_count)
		return false;
	i -= old->address_count;
	k -= new->address_count;
	if (i < old->route_count)
		return k < new->route_count && virtual_route_equal(&old->routes[i], &new->routes[k]);
	return k >= new->route_count && virtual_rule_equal(&old->rules[i - old->route_count], &new->rules[k - new->route_count]);
}

void statics_reload(struct engine *engine, const struct conf *old, mono_t now)
{
	struct statics before = engine->statics;

	engine->statics.items = NULL;
	engine->statics.count = 0;
	if (!before.has_slot && !statics_prepare(engine))
		return;
	if (before.has_slot) {
		know_devices(engine);
		engine->statics.items = calloc(count_of(&engine->conf->statics) + 1, sizeof(*before.items));
		/* Without memory the old ones stay in the kernel, and nobody looks after them. */
		engine->statics.count = engine->statics.items != NULL ? count_of(&engine->conf->statics) : 0;
	}
	for (size_t i = 0; i < before.count; i++)
		for (size_t k = 0; k < engine->statics.count; k++)
			if (engine->statics.items[k].holding == NULL && engine->statics.items[k].error == 0 &&
				same_item(&old->statics, i, &engine->conf->statics, k)) {
				engine->statics.items[k] = before.items[i];
				before.items[i] = (struct static_item){0};
				break;
			}
	if (engine->started)
		for (size_t k = 0; k < engine->statics.count; k++)
			if (engine->statics.items[k].holding == NULL && engine->statics.items[k].error == 0)
				install_one(engine, k, false, now);
	for (size_t i = before.count; i-- > 0;)
		release(engine, &old->statics, &before.items[i], i);
	free(before.items);
	write_will(engine);
}

bool statics_have_address(const struct engine *engine, int ifindex, const struct ip_prefix *prefix)
{
	const struct static_items *items = &engine->conf->statics;

	for (size_t i = 0; i < items->address_count; i++)
		if (ip_prefix_equal(&items->addresses[i].prefix, prefix) &&
			interface_index(engine, items->addresses[i].device) == ifindex)
			return true;
	return false;
}

size_t statics_list_removals(const struct engine *engine, struct kernel_op *removals)
{
	size_t count = 0;

	for (size_t i = engine->conf->statics.address_count; i < engine->statics.count; i++) {
		removals[count] = op_of(engine, &engine->conf->statics, i, false);
		count += removals[count].ifindex >= 0;
	}
	return count;
}

void statics_write(struct json_out *json, const struct engine *engine)
{
	json_out_array(json, "static");
	for (size_t i = 0; i < engine->statics.count; i++) {
		const struct static_item *item = &engine->statics.items[i];
		char buffer[ITEM_TEXT_SIZE];
		struct text text;

		text_init(&text, buffer, sizeof(buffer));
		put_item(&text, &engine->conf->statics, i);
		json_out_object(json, NULL);
		json_out_string(json, "item", buffer + strlen("static "));
		json_out_bool(json, "held", item->holding != NULL && !item->holding->missing);
		json_out_string(json, "error", item->error != 0 ? error_name(item->error) : NULL);
		json_out_end(json);
	}
	json_out_end(json);
}
