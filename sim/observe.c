/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outsiders see of an engine: the states of its virtual routers. The one file here that looks into the engine's private
 * structures; it only reads.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"
#include "sim/world.h"

#define DOUBT_LONGEST (11 * DUR_S) /* in a link that came back: it is asked over for ten, by its own clock */

size_t router_vr_count(const struct router *router)
{
	return router->engine != NULL ? router->engine->instance_count : 0;
}

const struct vr *router_vr(const struct router *router, size_t index)
{
	return &router->engine->instances[index]->vr;
}

static int ifindex_of(const struct instance *instance)
{
	const struct interface *interface = instance->interface;

	return interface != NULL && interface->link != NULL ? interface->link->ifindex : 0;
}

int router_vr_ifindex(const struct router *router, size_t index)
{
	return ifindex_of(router->engine->instances[index]);
}

static const struct instance *find(const struct router *router, const char *name)
{
	for (size_t i = 0; i < router_vr_count(router); i++)
		if (name == NULL || strcmp(router->engine->instances[i]->config->name, name) == 0)
			return router->engine->instances[i];
	return NULL;
}

const struct vr *router_vr_by_name(const struct router *router, const char *name)
{
	const struct instance *instance = find(router, name);

	return instance != NULL ? &instance->vr : NULL;
}

uint64_t router_vr_drops(const struct router *router, const char *name, enum drop_reason reason)
{
	const struct instance *instance = find(router, name);
	uint64_t count = instance != NULL ? instance_drops(instance, reason) : 0;

	return count + (router->engine != NULL ? router->engine->drops[reason] : 0);
}

static void note_state(struct router *router, struct view *view, const struct vr *vr)
{
	const struct watcher *watcher = &router->world->watcher;
	const enum vr_state from = view->state;

	if (view->state == vr->state)
		return;
	router->world->masters += (vr->state == VR_MASTER);
	router->world->masters -= (from == VR_MASTER);
	view->state = vr->state;
	/* Out of service it forgets whom it followed, and what it learnt. */
	if (vr->state == VR_INITIALIZE)
		view->loyalty = 0;
	view->since = router->world->now;
	view->may_send = true;
	router->kernel_changed = true;
	if (watcher->transition != NULL)
		watcher->transition(watcher->user, router, view, from);
}

/* How long this one may hear nothing before it is Master: invariants.c. */
static dur_t patience_of(const struct vr *vr)
{
	const struct vr_config *config = vr->config;
	const dur_t interval = config->version == 3 && vr->active_adver_interval > config->advert_interval
				       ? vr->active_adver_interval
				       : config->advert_interval;
	const dur_t patience =
		vr_down_interval(config->version, vr->priority, interval, config->down_timer_adverts);

	/* nopreempt listens twice as long before it takes over from nobody. */
	/* Unicast: its peers may have to ask for its hardware address first. */
	return (config->preempt ? 1 : 2) * patience + (config->extra->unicast.enabled ? DUR_S + DUR_S / 8 : 0);
}

static void note_change(struct router *router, struct view *view)
{
	view->patience_before -= mono_sub(router->world->now, view->changed);
	if (view->patience_before < view->patience)
		view->patience_before = view->patience;
	view->changed = router->world->now;
	view->may_send = true;
}

dur_t view_advert_bound(const struct view *view)
{
	if (!mono_before(view->changed, view->sent_regular) && view->interval_before > view->interval)
		return view->interval_before;
	return view->interval;
}

static void look(struct router *router, struct view *view, const struct instance *instance)
{
	const struct vr *vr = &instance->vr;
	const bool other = !view->used || view->config != instance->config ||
			   view->priority != vr->priority || view->ifindex != ifindex_of(instance);

	if (other) {
		view->used = true;
		view->config = instance->config;
		view->vrid = instance->config->vrid;
		view->family = instance->config->family;
		strncpy(view->name, instance->config->name, sizeof(view->name) - 1);
		view->priority = vr->priority;
		view->ifindex = ifindex_of(instance);
		view->interval_before = view_advert_bound(view);
		note_change(router, view);
		view->interval = instance->config->advert_interval;
	}
	view->leaving = instance->leaving;
	view->patience = patience_of(vr);
	view->quiet_until = vr->quiet_until.ns > 0 ? router_true(router, vr->quiet_until) : (mono_t){0};
	if (vr->unproven && mono_sub(router->world->now, router_true(router, vr->since)) < DOUBT_LONGEST)
		view->doubted = router->world->now;
	if (view->hold != vr->hold)
		router->kernel_changed = true;
	view->hold = vr->hold;
	view->primary = vr->primary;
	note_state(router, view, vr);
}

static void forget(struct router *router, struct view *view)
{
	static const struct vr nobody = {.state = VR_INITIALIZE};

	if (!view->used)
		return;
	view->config = NULL; /* it is freed already */
	note_state(router, view, &nobody);
	*view = (struct view){0};
}

void router_observe(struct router *router)
{
	const size_t count = router_vr_count(router);
	bool seen[SIM_VIEWS_MAX] = {false};

	for (size_t i = 0; i < count; i++) {
		const struct instance *instance = router->engine->instances[i];

		if (instance->slot >= SIM_VIEWS_MAX)
			continue;
		seen[instance->slot] = true;
		look(router, &router->views[instance->slot], instance);
		if (instance->slot >= router->view_count)
			router->view_count = instance->slot + 1;
	}
	for (size_t i = 0; i < router->view_count; i++)
		if (!seen[i])
			forget(router, &router->views[i]);
}

static void follow_same(void *user, const struct conf_difference *difference)
{
	struct router *router = user;

	for (size_t i = 0; i < router->view_count && difference->change == CONF_SAME; i++)
		if (router->views[i].config == &difference->before->vr)
			router->views[i].config = &difference->after->vr;
}

void router_follow_config(struct router *router, const struct conf *before, const struct conf *after)
{
	conf_diff(before, after, follow_same, router);
}

void router_keep_views(struct router *router)
{
	struct view *before = malloc(sizeof(router->views));

	if (before == NULL) {
		router->world->out_of_memory = true;
		return;
	}
	memcpy(before, router->views, sizeof(router->views));
	memset(router->views, 0, sizeof(router->views));
	for (size_t i = 0; i < router->engine->instance_count; i++) {
		const struct instance *instance = router->engine->instances[i];

		for (size_t k = 0; k < router->view_count && instance->slot < SIM_VIEWS_MAX; k++) {
			if (!before[k].used || strcmp(before[k].name, instance->config->name) != 0)
				continue;
			router->views[instance->slot] = before[k];
			router->views[instance->slot].config = instance->config;
		}
	}
	router->view_count = SIM_VIEWS_MAX;
	free(before);
}

void router_forget_views(struct router *router)
{
	for (size_t i = 0; i < router->view_count; i++)
		forget(router, &router->views[i]);
	router->view_count = 0;
}

struct view *router_view(struct router *router, uint8_t family, uint8_t vrid, int ifindex)
{
	const struct nic *nic = nic_by_index(router, ifindex);
	const int parent = nic != NULL && nic->parent != 0 ? nic->parent : ifindex;

	for (size_t i = 0; i < router->view_count; i++) {
		struct view *view = &router->views[i];

		if (view->used && view->vrid == vrid && view->family == family &&
			(view->ifindex == ifindex || view->ifindex == parent))
			return view;
	}
	return NULL;
}

const struct vr *view_vr(const struct router *router, const struct view *view)
{
	for (size_t i = 0; i < router_vr_count(router); i++)
		if (router->engine->instances[i]->slot == (size_t)(view - router->views))
			return &router->engine->instances[i]->vr;
	return NULL;
}

bool view_errors(const struct router *router, const struct view *view)
{
	for (size_t i = 0; i < router_vr_count(router); i++) {
		const struct instance *instance = router->engine->instances[i];

		if (instance->slot == (size_t)(view - router->views))
			return install_error(instance) != 0 || instance->retry_at.ns != MONO_NEVER.ns;
	}
	return false;
}

struct track_value view_track_value(const struct router *router, const struct view *view, size_t index)
{
	for (size_t i = 0; i < router_vr_count(router); i++)
		if (router->engine->instances[i]->slot == (size_t)(view - router->views))
			return router->engine->instances[i]->vr.track_values[index];
	return (struct track_value){.state = TRACK_UNKNOWN};
}

const struct anti_replay *view_replay(const struct router *router, const struct view *view)
{
	for (size_t i = 0; i < router_vr_count(router); i++)
		if (router->engine->instances[i]->slot == (size_t)(view - router->views))
			return router->engine->instances[i]->rare->replay;
	return NULL;
}

bool view_is_leaving(const struct router *router, const struct view *view)
{
	for (size_t i = 0; i < router_vr_count(router); i++)
		if (router->engine->instances[i]->slot == (size_t)(view - router->views))
			return router->engine->instances[i]->leaving;
	return true;
}
