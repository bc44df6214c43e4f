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

	text_init(&line, sentence, sizeof(sentence));
	put_item(&line, &engine->conf->statics, index);
	text_str(&line, what);
	if (error != 0)
		text_str(&line, error_name(error));
	tell_of_all(engine, code, sentence, now);
}

static bool know_devices(struct engine *engine)
{
	const struct static_items *items = &engine->conf->statics;
	bool known = true;

	for (size_t i = 0; i < items->address_count; i++)
		known = interface_get(engine, address_options(&items->addresses[i])->device) != NULL && known;
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

/* Once may be bad luck: what has stood is tried again soon. */
static void failed(struct engine *engine, struct static_item *item, mono_t now)
{
	const dur_t wait = item->failures == 0 && item->stood ? INSTALL_RETRY_FIRST : INSTALL_RETRY_LATER;

	item->failures++;
	engine->statics.retry_at = mono_min(engine->statics.retry_at, mono_add(now, wait));
}

static bool is_refused(const struct static_item *item)
{
	return item->error != 0 && (item->failures > 1 || !item->stood);
}

static bool has_member(const struct conf *conf, const char *group, const char *instance)
{
	for (size_t i = 0; i < conf->track_group_count; i++)
		for (size_t k = 0; strcmp(conf->track_groups[i].name, group) == 0 && k < conf->track_groups[i].member_count; k++)
			if (strcmp(conf->track_groups[i].members[k], instance) == 0)
				return true;
	return false;
}

static const char *track_group_of(const struct static_items *items, size_t index)
{
	if (index < items->address_count)
		return address_options(&items->addresses[index])->track_group;
	index -= items->address_count;
	if (index < items->route_count)
		return items->routes[index].track_group;
	return items->rules[index - items->route_count].track_group;
}

static void describe(const struct static_items *items, size_t index, int error, struct history_entry *entry)
{
	entry->record.error = error;
	if (index < items->address_count) {
		entry->kind = HELD_ADDRESS;
		entry->prefix = items->addresses[index].prefix;
	} else if (index < items->address_count + items->route_count) {
		entry->kind = HELD_ROUTE;
		entry->prefix = items->routes[index - items->address_count].destination;
	} else {
		entry->kind = HELD_RULE;
		entry->preference = items->rules[index - items->address_count - items->route_count].preference;
	}
}

bool statics_refused(const struct engine *engine, const struct instance *instance, struct history_entry *entry)
{
	const struct static_items *items = &engine->conf->statics;

	for (size_t i = 0; i < engine->statics.count && engine->conf->track_group_count > 0; i++) {
		const char *group = track_group_of(items, i);

		if (!is_refused(&engine->statics.items[i]) || group == NULL ||
			!has_member(engine->conf, group, instance->config->name))
			continue;
		describe(items, i, engine->statics.items[i].error, entry);
		return true;
	}
	return false;
}

/* The virtual routers hear of it when they have started; one that starts looks itself. */
static void look(struct engine *engine, mono_t now)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (engine->instances[i]->started && !engine->instances[i]->leaving)
			refused_look_at_statics(engine, engine->instances[i], now);
}

static void installed(struct engine *engine, size_t index, const struct kernel_op *op, bool restoring, mono_t now)
{
	struct static_item *item = &engine->statics.items[index];
	const int before = item->error;

	if (op->error == 0)
		item->holding = holding_follow(engine, item->holding, op);
	item->error = op->error == 0 && item->holding == NULL ? -ENOMEM : op->error;
	if (item->error != 0) {
		if (item->error != before)
			tell(engine, "static-failed", index, " cannot be had: ", item->error, now);
		failed(engine, item, now);
		return;
	}
	restoring = restoring || (item->holding->missing && item->failures > 0);
	item->failures = 0;
	item->stood = true;
	item->holding->missing = false;
	item->restored += restoring && !item->holding->quiet;
	if (restoring && !item->holding->quiet)
		tell(engine, "static-restored", index, " was removed by somebody else and is put back", 0, now);
	else if (before != 0)
		tell(engine, "static-works", index, " stands now", 0, now);
}

/* At the start all of it is to stand before anything else. */
static void install_one(struct engine *engine, size_t index, bool restoring, mono_t now)
{
	struct static_item *item = &engine->statics.items[index];
	struct kernel_op op = op_of(engine, &engine->conf->statics, index, true);

	if (item->in_flight)
		return;
	if (op.ifindex < 0)
		op.error = -ENODEV;
	else if (!engine->statics.installed)
		engine->port->kernel(engine->port->user, &op, 1);
	else
		item->in_flight = ops_give(engine, &op, index, restoring);
	if (!item->in_flight) {
		installed(engine, index, &op, restoring, now);
		return;
	}
	item->assumed = item->holding == NULL;
	item->holding = holding_follow(engine, item->holding, &op);
}

void statics_answered(struct engine *engine, size_t index, const struct kernel_op *op, bool restoring, mono_t now)
{
	struct static_item *item = &engine->statics.items[index];
	const bool given_up = item->holding == NULL;

	if (op->error != 0 && item->assumed && !given_up) {
		holding_drop(engine, item->holding);
		item->holding = NULL;
	}
	item->in_flight = item->assumed = false;
	/* It went with its interface meanwhile: it is tried again. */
	if (given_up && op->error == 0)
		return;
	installed(engine, index, op, restoring, now);
	look(engine, now);
	write_will(engine);
}

void statics_install(struct engine *engine, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++)
		if (engine->statics.items[i].holding == NULL)
			install_one(engine, i, false, now);
	engine->statics.installed = true;
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
	look(engine, now);
	write_will(engine);
}

void statics_restore(struct engine *engine, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++) {
		struct holding *holding = engine->statics.items[i].holding;
		mono_t when;

		if (holding == NULL || !holding->missing || engine->statics.items[i].error != 0)
			continue;
		when = mono_add(holding->restored_at, RESTORE_SPACING);
		if (mono_before(now, when)) {
			engine->restore_at = mono_min(engine->restore_at, when);
			continue;
		}
		holding->restored_at = now;
		install_one(engine, i, true, now);
	}
	look(engine, now);
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
		item->stood = false;
		failed(engine, item, now);
	}
	look(engine, now);
}

void statics_link_down(struct engine *engine, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++) {
		struct holding *holding = engine->statics.items[i].holding;

		if (holding != NULL && holding_finds_way(holding) && holding->route->mode != ROUTE_MODE_ADD)
			holding_missing(engine, holding, true, now);
	}
}

void statics_link_up(struct engine *engine, int ifindex, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++) {
		struct static_item *item = &engine->statics.items[i];

		if (item->holding != NULL && item->holding->kind == HELD_ROUTE &&
			(item->holding->ifindex == ifindex || item->holding->ifindex == 0 || ifindex == 0))
			holding_missing(engine, item->holding, true, now);
	}
}

void statics_hurry(struct engine *engine, mono_t now)
{
	for (size_t i = 0; i < engine->statics.count; i++)
		if (engine->statics.items[i].error != 0)
			engine->statics.retry_at = mono_min(engine->statics.retry_at, now);
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
		ops_give(engine, &op, OPS_NOBODYS, false);
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
	look(engine, now);
	write_will(engine);
}

bool statics_have_address(const struct engine *engine, int ifindex, const struct ip_prefix *prefix)
{
	const struct static_items *items = &engine->conf->statics;

	for (size_t i = 0; i < items->address_count; i++)
		if (ip_prefix_equal(&items->addresses[i].prefix, prefix) &&
			interface_index(engine, address_options(&items->addresses[i])->device) == ifindex)
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
		json_out_u64(json, "restored", item->restored);
		json_out_end(json);
	}
	json_out_end(json);
}
