/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the runner of a router tells its engine about scripts, files, processes and BFD sessions: nothing runs here, a scenario says
 * how each is. Without a word of it all succeed, and files hold 0. A process is told everything after its start and after a
 * reload, SIM_RUNNER_DELAY later.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

/* Finds it or makes it; -1: no memory. */
static int find(struct router *router, enum track_kind kind, const char *name)
{
	struct outside_object *objects;

	for (size_t i = 0; i < router->outside_count; i++)
		if (router->outside[i].kind == kind && strcmp(router->outside[i].name, name) == 0)
			return (int)i;
	objects = reallocarray(router->outside, router->outside_count + 1, sizeof(*objects));
	if (objects == NULL)
		return -1;
	router->outside = objects;
	objects[router->outside_count] = (struct outside_object){
		.kind = kind, .name = strdup(name), .value = {.state = TRACK_UP}};
	return objects[router->outside_count].name != NULL ? (int)router->outside_count++ : -1;
}

static void report(struct router *router, enum track_kind kind, const char *name)
{
	int number = find(router, kind, name);
	struct event *event = number >= 0 ? event_new(router->world, EVENT_OBJECT) : NULL;

	if (event == NULL) {
		router->world->out_of_memory = true;
		return;
	}
	event->router = router;
	event->life = router->life;
	event->ifindex = number;
	event_schedule(router->world, event, mono_add(router->world->now, SIM_RUNNER_DELAY));
}

void router_set_object(
	struct router *router, enum track_kind kind, const char *name, struct track_value value)
{
	int number = find(router, kind, name);

	if (number < 0) {
		router->world->out_of_memory = true;
		return;
	}
	router->outside[number].value = value;
	router->outside[number].changed = router->world->now;
	if (router->process != PROCESS_NONE)
		report(router, kind, name);
}

/* Between two routers of the world a session finds out by itself. */
static bool runs_by_itself(const struct router *router, const struct tracked_object *tracked)
{
	const struct conf *conf = router->conf.conf;

	for (size_t i = 0; tracked->kind == TRACK_BFD && i < conf->bfd_count; i++)
		if (strcmp(conf->bfd[i].name, tracked->name) == 0)
			return bfd_session_open(router, &conf->bfd[i]) == 0;
	return false;
}

const struct outside_object *outside_object(const struct router *router, const struct tracked_object *tracked)
{
	if (tracked->kind == TRACK_INTERFACE || runs_by_itself(router, tracked))
		return NULL;
	for (size_t i = 0; i < router->outside_count; i++)
		if (router->outside[i].kind == tracked->kind && strcmp(router->outside[i].name, tracked->name) == 0)
			return &router->outside[i];
	return NULL;
}

void router_report_objects(struct router *router)
{
	const struct conf *conf = router->conf.conf;

	for (size_t i = 0; i < conf->instance_count; i++)
		for (size_t k = 0; k < conf->instances[i].vr.extra->tracked_count; k++) {
			const struct tracked_object *tracked = &conf->instances[i].vr.extra->tracked[k];

			if (tracked->kind != TRACK_INTERFACE && !runs_by_itself(router, tracked))
				report(router, tracked->kind, tracked->name);
		}
}

void router_hand_in_object(struct router *router, int number, mono_t now)
{
	const struct outside_object *object = &router->outside[number];

	engine_object(router->engine, object->kind, object->name, object->value.state, object->value.value, now);
}

void router_forget_objects(struct router *router)
{
	for (size_t i = 0; i < router->outside_count; i++)
		free(router->outside[i].name);
	free(router->outside);
}
