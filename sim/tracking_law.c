/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The law of tracking, for invariants.c: what a virtual router tracks is counted once more, by the rules of doc/configuration.md
 * and not by the core's. What the runner says is as the scenario has made it, once it had the time to be heard; interfaces,
 * which are believed late, and BFD sessions between two routers are taken as the engine has them.
 */
#include "sim/world.h"

#define HEARD_AFTER (5 * DUR_MS) /* SIM_RUNNER_DELAY, and once more when an upgrade comes between */
#define FILE_FAILURE -254
#define LOWEST 1
#define HIGHEST 254
#define OWNER 255

/* false: it changed a moment ago. */
static bool value_of(const struct router *router, const struct view *view, size_t index, struct track_value *value)
{
	const struct tracked_object *tracked = &view->config->extra->tracked[index];
	const struct outside_object *object = outside_object(router, tracked);

	if (object == NULL) {
		*value = view_track_value(router, view, index);
		return true;
	}
	*value = object->value;
	return mono_sub(router->world->now, object->changed) > HEARD_AFTER;
}

/* With a weight a positive one counts while it is well, a negative one while it is not; a file's is multiplied. */
static int64_t counts(const struct tracked_object *tracked, struct track_value value)
{
	const bool well = value.state == TRACK_UP;
	const bool unwell = value.state == TRACK_DOWN || value.state == TRACK_UNPROVEN;
	int64_t count = 0;

	if (tracked->kind == TRACK_FILE)
		count = (int64_t)value.value * tracked->weight;
	else if ((tracked->weight > 0 && well) || (tracked->weight < 0 && unwell))
		count = tracked->weight;
	return tracked->reverse ? -count : count;
}

/* Without a weight only what is well is good enough, or with reverse only what is not. */
static bool takes_out(const struct tracked_object *tracked, struct track_value value)
{
	if (tracked->kind == TRACK_FILE && value.state != TRACK_UP)
		return true;
	if (tracked->kind == TRACK_FILE && tracked->weight != 0)
		return counts(tracked, value) <= FILE_FAILURE;
	if (tracked->weight != 0)
		return false;
	if (tracked->kind == TRACK_FILE)
		return tracked->reverse ? value.value == 0 : value.value != 0;
	if (value.state == TRACK_UNKNOWN)
		return true;
	return tracked->reverse ? value.state == TRACK_UP : value.state != TRACK_UP;
}

static uint8_t within_bounds(int64_t priority)
{
	return (uint8_t)(priority < LOWEST ? LOWEST : priority > HIGHEST ? HIGHEST : priority);
}

const char *law_tracking(const struct router *router, const struct view *view)
{
	const struct vr *vr = view_vr(router, view);
	int64_t priority;
	bool out = false;

	if (vr == NULL || view->leaving || router->process != PROCESS_RUNS ||
		mono_sub(router->world->now, router->disturbed) <= HEARD_AFTER)
		return NULL;
	priority = vr->config->priority;
	for (size_t i = 0; i < vr->config->extra->tracked_count; i++) {
		struct track_value value;

		if (!value_of(router, view, i, &value))
			return NULL;
		priority += counts(&vr->config->extra->tracked[i], value);
		out = out || takes_out(&vr->config->extra->tracked[i], value);
	}
	/* A takeover that was ordered comes on top. */
	priority = within_bounds(within_bounds(priority) + vr->bonus);
	if (vr->priority != (vr->config->priority == OWNER ? OWNER : priority))
		return "has a priority that is not what it tracks makes of it";
	if (out != ((vr->blockers & VR_BLOCKER_TRACK) != 0))
		return out ? "is in service, and what it tracks takes it out"
			   : "is out of service, and what it tracks does not take it out";
	return NULL;
}
