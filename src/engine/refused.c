/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A route or rule that somebody removed and that the kernel refuses to put back, twice in a row: without it the Master does
 * not do what it is there for, so unless no_track says otherwise it goes to FAULT and hands over. Out of service nothing
 * can be tried, for the route would stand on two routers. So it may serve again after a while, at once when an interface
 * comes up or the configuration changes; and when the kernel still refuses then, the next while is twice as long.
 */
#include "engine/state.h"

#define REFUSED_FIRST (10 * DUR_S)
#define REFUSED_LONGEST (320 * DUR_S)

static bool is_tracked(const struct vr_config *config, size_t index)
{
	if (index < config->address_count)
		return false;
	index -= config->address_count;
	if (index < config->route_count)
		return !config->routes[index].untracked;
	return !config->rules[index - config->route_count].untracked;
}

/* At the next try after a fault it need not have stood in between. */
static bool is_refused(const struct instance *instance, size_t index)
{
	const struct claim *claim = &instance->claims[index];

	if (claim->error == 0 || !is_tracked(instance->config, index))
		return false;
	if (claim->holding == NULL)
		return instance->refused_wait > 0;
	return claim->holding->missing && !claim->holding->quiet;
}

static struct history_entry entry_of(const struct instance *instance, size_t index)
{
	const struct vr_config *config = instance->config;
	struct history_entry entry = {.remark = REMARK_REFUSED, .kind = HELD_ROUTE};

	entry.record.error = instance->refused_error;
	index -= config->address_count;
	if (index < config->route_count) {
		entry.prefix = config->routes[index].destination;
	} else {
		entry.kind = HELD_RULE;
		entry.preference = config->rules[index - config->route_count].preference;
	}
	return entry;
}

static void refuse(struct engine *engine, struct instance *instance, size_t index, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_ROUTE, .refused = true};
	struct history_entry entry;
	dur_t wait = instance->refused_wait == 0 ? REFUSED_FIRST : 2 * instance->refused_wait;

	instance->refused_wait = wait < REFUSED_LONGEST ? wait : REFUSED_LONGEST;
	instance->refused_until = mono_add(now, instance->refused_wait);
	instance->refused_index = index;
	instance->refused_error = instance->claims[index].error;
	entry = entry_of(instance, index);
	history_remark(engine, instance, &entry, now);
	instance_input(engine, instance, &event, now);
}

void refused_look(struct engine *engine, struct instance *instance, mono_t now)
{
	for (size_t i = instance->config->address_count; i < claim_count(instance->config); i++)
		if (is_refused(instance, i)) {
			refuse(engine, instance, i, now);
			return;
		}
}

void refused_hurry(struct engine *engine, struct instance *instance, mono_t now)
{
	if (instance->refused_until.ns == MONO_NEVER.ns)
		return;
	instance->refused_until = mono_min(instance->refused_until, now);
	instance_wait(engine, instance);
}

void refused_tick(struct engine *engine, struct instance *instance, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_ROUTE};

	if (!mono_due(instance->refused_until, now))
		return;
	instance->refused_until = MONO_NEVER;
	instance_input(engine, instance, &event, now);
}

void refused_text(struct text *text, const struct instance *instance)
{
	struct history_entry entry;

	if (!(instance->vr.blockers & VR_BLOCKER_ROUTE) || instance->refused_index < instance->config->address_count ||
		instance->refused_index >= claim_count(instance->config))
		return;
	entry = entry_of(instance, instance->refused_index);
	text_str(text, ": ");
	history_remark_text(text, &entry, instance->config);
}
