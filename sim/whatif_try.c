/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One failure: a world comes to rest, something is broken right after the master has spoken (so that a silence takes as
 * long as it can), the world comes to rest again. What should have moved the address, and did not, is explained.
 */
#include <stdlib.h>
#include <string.h>

#include "core/track.h"
#include "sim/whatif.h"

#define EVENTS_MAX 200000 /* until the next advert; then we go on without */

static struct view *view_of(struct world *world, const struct whatif_set *set, unsigned router)
{
	const struct conf_instance *member = set->members[router];

	if (member == NULL || world->routers[router]->process != PROCESS_RUNS)
		return NULL;
	return router_view(world->routers[router], member->vr.family, member->vr.vrid,
		whatif_ifindex(world, router, member->vr.interface));
}

static void look(struct world *world, const struct whatif_plan *plan, const struct whatif_set *set,
	struct whatif_view *seen)
{
	*seen = (struct whatif_view){.master = WHATIF_NOBODY};
	for (unsigned i = 0; i < plan->router_count; i++) {
		const struct view *view = view_of(world, set, i);

		if (view == NULL)
			continue;
		seen->state[i] = view->state;
		seen->priority[i] = view->priority;
		if (view->state == VR_MASTER)
			seen->master = seen->master == WHATIF_NOBODY ? (int)i : WHATIF_SEVERAL;
	}
}

static mono_t adver_timer(const struct world *world, const struct whatif_set *set, unsigned router)
{
	const struct vr *vr = router_vr_by_name(world->routers[router], set->members[router]->vr.name);

	return vr != NULL ? vr->timer : MONO_NEVER;
}

/* Right behind an advert of the master: it moves Adver_Timer. */
static void await_advert(struct world *world, const struct whatif_set *set, int master)
{
	mono_t timer = master >= 0 ? adver_timer(world, set, (unsigned)master) : MONO_NEVER;
	mono_t moved = timer;

	for (unsigned i = 0; timer.ns != MONO_NEVER.ns && i < EVENTS_MAX && moved.ns == timer.ns; i++) {
		world_run_until(world, world_next(world));
		moved = adver_timer(world, set, (unsigned)master);
	}
	world_run_until(world, mono_add(world->now, DUR_MS));
}

static void pull_cable(struct router *router, const char *name)
{
	struct nic *nic = nic_by_name(router, name);

	if (nic != NULL && nic->port != NULL)
		port_plug(nic->port, false);
}

static void break_it(struct world *world, const struct whatif_failure *failure)
{
	struct router *router = world->routers[failure->router];

	switch (failure->type) {
	case WHATIF_DIES:
		router_power(router, false);
		break;
	case WHATIF_STOPS:
		router_stop(router, false);
		break;
	case WHATIF_INTERFACE:
		pull_cable(router, failure->name);
		break;
	case WHATIF_OBJECT:
		router_set_object(router, failure->kind, failure->name, failure->value);
		break;
	}
}

static const char *name_of(const struct whatif_plan *plan, int router)
{
	return plan->routers[router].name;
}

/* Why two routers do not hear each other, as far as one of them knows. */
static void tell_why_several(const struct whatif_plan *plan, const struct whatif_set *set,
	struct world *world, struct whatif_outcome *outcome)
{
	struct text text;
	bool told = false;

	text_init(&text, outcome->problem, sizeof(outcome->problem));
	text_str(&text, "several routers are master at once");
	for (unsigned i = 0; i < plan->router_count; i++)
		for (unsigned reason = DROP_NONE + 1; set->members[i] != NULL && reason < DROP_REASON_COUNT;
			reason++) {
			if (router_vr_drops(world->routers[i], set->members[i]->vr.name,
				    (enum drop_reason)reason) == 0)
				continue;
			text_str(&text, told ? "; " : ": ");
			text_str(&text, name_of(plan, (int)i));
			text_str(&text, " drops what it hears: ");
			text_str(&text, drop_reason_text((enum drop_reason)reason));
			told = true;
		}
	if (!told)
		text_str(&text, ": they do not hear each other; compare VRID, group and peers");
}

static int best_backup(const struct whatif_plan *plan, const struct whatif_view *view)
{
	int best = WHATIF_NOBODY;

	for (unsigned i = 0; i < plan->router_count; i++)
		if (view->state[i] == VR_BACKUP && (best < 0 || view->priority[i] > view->priority[best]))
			best = (int)i;
	return best;
}

/* Something that the master tracks failed, and it stays. */
static void tell_why_stays(const struct whatif_plan *plan, const struct whatif_set *set,
	const struct whatif_failure *failure, struct whatif_outcome *outcome)
{
	int master = outcome->after.master, other = best_backup(plan, &outcome->after);
	const struct vr_config *config = &set->members[master]->vr;
	int priority = outcome->after.priority[master];
	struct text text;

	text_init(&text, outcome->problem, sizeof(outcome->problem));
	if (other < 0) {
		text_str(&text, "no other router is there to take over");
		return;
	}
	text_str(&text, name_of(plan, master));
	if (config->priority == VR_PRIORITY_OWNER) {
		text_str(&text, " owns the addresses (priority 255): tracking does not move it");
	} else if (outcome->after.priority[other] > priority) {
		text_str(&text, " stays, though its priority is now ");
		text_i64(&text, priority);
		text_str(&text, ": ");
		text_str(&text, name_of(plan, other));
		text_str(&text, " has nopreempt, and waits for a master to fall silent; a weight cannot do "
				"that, a fault (no "
				"weight) can");
	} else {
		text_str(&text, " stays with priority ");
		text_i64(&text, priority);
		text_str(&text, ", and ");
		text_str(&text, name_of(plan, other));
		text_str(&text, " has only ");
		text_i64(&text, outcome->after.priority[other]);
		text_str(&text, ": the weight ");
		text_i64(&text, failure->weight);
		text_str(&text, " cannot move the addresses; it takes one of more than ");
		text_i64(&text, outcome->before.priority[master] - outcome->after.priority[other]);
	}
}

static bool others_serve(const struct whatif_plan *plan, const struct whatif_set *set, unsigned router)
{
	for (unsigned i = 0; i < plan->router_count; i++)
		if (i != router && set->members[i] != NULL)
			return true;
	return false;
}

/* Perhaps another one was meant to be it: the same address under another VRID. */
static void tell_who_lacks_it(const struct whatif_plan *plan, const struct whatif_set *set, unsigned router,
	struct whatif_outcome *outcome)
{
	const struct vr_config *config = &set->members[router]->vr;
	struct text text;

	text_init(&text, outcome->problem, sizeof(outcome->problem));
	text_str(&text, "no other router has this virtual router");
	for (size_t i = 0; i < plan->set_count; i++)
		for (unsigned k = 0; k < plan->router_count; k++) {
			const struct conf_instance *other = plan->sets[i].members[k];

			if (other == NULL || k == router || !vr_config_shares_address(&other->vr, config))
				continue;
			text_str(&text, "; ");
			text_str(&text, name_of(plan, (int)k));
			text_str(&text, " has its address in VRID ");
			text_u64(&text, other->vr.vrid);
			return;
		}
}

static void judge(const struct whatif_plan *plan, const struct whatif_set *set, struct world *world,
	const struct whatif_failure *failure, struct whatif_outcome *outcome)
{
	bool of_master = outcome->before.master == (int)failure->router;

	if (outcome->after.master == WHATIF_SEVERAL)
		tell_why_several(plan, set, world, outcome);
	else if (outcome->after.master == WHATIF_NOBODY && others_serve(plan, set, failure->router))
		snprintf(outcome->problem, sizeof(outcome->problem), "nobody is master afterwards");
	else if (outcome->after.master == WHATIF_NOBODY)
		tell_who_lacks_it(plan, set, failure->router, outcome);
	else if (failure->name != NULL && !failure->reverse && of_master &&
		 outcome->after.master == outcome->before.master)
		tell_why_stays(plan, set, failure, outcome);
}

bool whatif_try(const struct whatif_plan *plan, const struct whatif_set *set,
	const struct whatif_failure *failure, struct whatif_outcome *outcome)
{
	struct world *world = whatif_world(plan, set->cluster);
	dur_t patience = whatif_patience(plan, set->cluster);
	mono_t failed;

	*outcome = (struct whatif_outcome){0};
	if (world == NULL)
		return false;
	world_run_until(world, mono_add(world->now, patience));
	look(world, plan, set, &outcome->before);
	if (failure == NULL) {
		if (outcome->before.master == WHATIF_SEVERAL)
			tell_why_several(plan, set, world, outcome);
		else if (outcome->before.master == WHATIF_NOBODY)
			snprintf(outcome->problem, sizeof(outcome->problem), "nobody becomes master");
		goto out;
	}
	await_advert(world, set, outcome->before.master);
	failed = world->now;
	break_it(world, failure);
	world_run_until(world, mono_add(failed, patience));
	look(world, plan, set, &outcome->after);
	if (outcome->after.master >= 0 && outcome->after.master != outcome->before.master)
		outcome->took = failure->noticed +
				mono_sub(view_of(world, set, (unsigned)outcome->after.master)->since, failed);
	judge(plan, set, world, failure, outcome);
out:
	if (world->out_of_memory) {
		world_free(world);
		return false;
	}
	world_free(world);
	return true;
}
