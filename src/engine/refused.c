/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody removed and the kernel refuses to put back, twice in a row: without it the Master does not do what it is there
 * for, so unless no_track says otherwise it goes to FAULT and hands over. Out of service nothing can be tried, for it would stand
 * on two routers. So it may serve again after a while, at once when an interface comes up, an address is new or the configuration
 * changes; and when the kernel still refuses then, the next while is twice as long.
 *
 * What is static is tried whatever the state is. As long as it cannot be had, the virtual routers of its track_group are out.
 */
#include "engine/state.h"

#define REFUSED_FIRST (10 * DUR_S)
#define REFUSED_LONGEST (320 * DUR_S)

static bool is_tracked(const struct vr_config *config, size_t index)
{
	if (index < config->address_count)
		return !address_options(&config->addresses[index])->untracked;
	index -= config->address_count;
	if (index < config->extra->route_count)
		return !config->extra->routes[index].untracked;
	return !config->extra->rules[index - config->extra->route_count].untracked;
}

/* Only by the kernel's word it is known that there is no way any more. */
static bool is_lost(const struct holding *holding)
{
	return holding->missing && (!holding->quiet || holding_finds_way(holding));
}

/* At the next try after a fault it need not have stood in between. */
static bool is_refused(const struct instance *instance, size_t index)
{
	const struct claim *claim = &instance->claims[index];

	if (claim->error == 0 || !is_tracked(instance->config, index))
		return false;
	return claim->holding == NULL ? instance->rare->refused_wait > 0 : is_lost(claim->holding);
}

static struct history_entry entry_of(const struct instance *instance, size_t index)
{
	const struct vr_config *config = instance->config;
	struct history_entry entry = {.remark = REMARK_REFUSED, .kind = HELD_ROUTE};

	entry.record.error = instance->rare->refused_error;
	if (index < config->address_count) {
		entry.kind = HELD_ADDRESS;
		entry.prefix = config->addresses[index].prefix;
		return entry;
	}
	index -= config->address_count;
	if (index < config->extra->route_count) {
		entry.prefix = config->extra->routes[index].destination;
	} else {
		entry.kind = HELD_RULE;
		entry.preference = config->extra->rules[index - config->extra->route_count].preference;
	}
	return entry;
}

static void refuse(struct engine *engine, struct instance *instance, size_t index, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_ROUTE, .refused = true};
	struct history_entry entry;
	struct instance_rare *rare = instance_rare(instance);
	dur_t wait = instance->rare->refused_wait == 0 ? REFUSED_FIRST : 2 * instance->rare->refused_wait;

	if (rare == NULL)
		return;
	rare->refused_wait = wait < REFUSED_LONGEST ? wait : REFUSED_LONGEST;
	rare->refused_until = mono_add(now, rare->refused_wait);
	rare->refused_index = index;
	rare->refused_error = instance->claims[index].error;
	entry = entry_of(instance, index);
	history_remark(engine, instance, &entry, now);
	instance_input(engine, instance, &event, now);
}

void refused_forget(struct instance *instance)
{
	if (instance->rare->refused_wait != 0)
		instance_rare(instance)->refused_wait = 0;
}

void refused_look(struct engine *engine, struct instance *instance, mono_t now)
{
	const size_t count = claim_count(instance->config);

	/* The routes and rules first, without which an address may be impossible. */
	for (size_t i = 0; i < count; i++) {
		const size_t index = (instance->config->address_count + i) % count;

		if (!is_refused(instance, index))
			continue;
		refuse(engine, instance, index, now);
		return;
	}
}

void refused_hurry(struct engine *engine, struct instance *instance, mono_t now)
{
	if (instance->rare->refused_until.ns == MONO_NEVER.ns)
		return;
	instance_rare(instance)->refused_until = mono_min(instance->rare->refused_until, now);
	instance_wait(engine, instance);
}

void refused_tick(struct engine *engine, struct instance *instance, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_ROUTE, .refused = instance->static_refused};

	instance_rare(instance)->refused_until = MONO_NEVER;
	instance_input(engine, instance, &event, now);
}

void refused_look_at_statics(struct engine *engine, struct instance *instance, mono_t now)
{
	struct history_entry entry = {.remark = REMARK_REFUSED, .of_static = true};
	const bool refused = statics_refused(engine, instance, &entry);
	struct vr_event event = {.type = VR_EVENT_ROUTE,
		.refused = refused || instance->rare->refused_until.ns != MONO_NEVER.ns};

	if (refused == instance->static_refused)
		return;
	instance->static_refused = refused;
	if (refused)
		history_remark(engine, instance, &entry, now);
	instance_input(engine, instance, &event, now);
}

void refused_text(struct text *text, const struct engine *engine, const struct instance *instance)
{
	struct history_entry entry = {.remark = REMARK_REFUSED, .of_static = true};

	if (!(instance->vr.blockers & VR_BLOCKER_ROUTE))
		return;
	if (!statics_refused(engine, instance, &entry)) {
		if (instance->rare->refused_index >= claim_count(instance->config))
			return;
		entry = entry_of(instance, instance->rare->refused_index);
	}
	text_str(text, ": ");
	history_remark_text(text, &entry, instance->config);
}
