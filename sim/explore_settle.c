/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a state when nothing more goes wrong: adverts arrive at once and in order, timers fire in order. The
 * rule `rest` of explore_lan.c is judged here.
 */
#include "sim/explore_lan.h"

#include <string.h>

#define REST_INTERVALS                                                                                       \
	18 /* the longest first wait, an Active_Down_Interval, an advert that is still late, and a few more */
#define REST_STEPS_MAX 2000

struct rest {
	mono_t begin;
	mono_t two_since; /* MONO_NEVER: there are not two Masters */
	mono_t none_since; /* MONO_NEVER: there is a Master, or nobody who could be one */
};

static bool serves(const struct explore_router *router)
{
	return router->running && router->vr.state != VR_INITIALIZE;
}

static void watch(struct rest *rest, const struct explore_lan *lan)
{
	unsigned masters = 0, serving = 0;

	for (unsigned i = 0; i < lan->setting->routers; i++) {
		serving += serves(&lan->routers[i]);
		masters += serves(&lan->routers[i]) && lan->routers[i].vr.state == VR_MASTER;
	}
	if (masters < 2)
		rest->two_since = MONO_NEVER;
	else if (rest->two_since.ns == MONO_NEVER.ns)
		rest->two_since = lan->now;
	if (masters > 0 || serving == 0)
		rest->none_since = MONO_NEVER;
	else if (rest->none_since.ns == MONO_NEVER.ns)
		rest->none_since = lan->now;
}

/* The last late advert may still set everything moving once more. */
static mono_t last_arrival(const struct explore_lan *lan)
{
	mono_t last = lan->now;

	for (unsigned i = 0; i < lan->flying_count; i++)
		if (lan->flying[i].late && mono_before(last, lan->flying[i].expires))
			last = lan->flying[i].expires;
	return last;
}

/* Of what began at `since`, and counts from `quiet_from` on. */
static dur_t length(mono_t since, mono_t quiet_from, mono_t now)
{
	mono_t begin = mono_before(since, quiet_from) ? quiet_from : since;

	return mono_before(begin, now) ? mono_sub(now, begin) : 0;
}

static const char *judge_bounds(const struct rest *rest, const struct explore_lan *lan, mono_t quiet_from)
{
	dur_t interval = lan->setting->interval;
	dur_t longest =
		2 * vr_down_interval(lan->setting->version, 1, interval, 3); /* see vr_backup.c: LONG_WAIT */

	if (length(rest->two_since, quiet_from, lan->now) > interval)
		return "rest: two Masters for longer than an advert interval";
	if (length(rest->none_since, quiet_from, lan->now) > longest)
		return "rest: no Master for longer than the longest wait";
	return NULL;
}

static const char *judge_end(const struct explore_lan *lan)
{
	const struct explore_router *master = NULL;
	bool someone = false;

	for (unsigned i = 0; i < lan->setting->routers; i++) {
		const struct explore_router *router = &lan->routers[i];

		someone = someone || serves(router);
		if (!serves(router) || router->vr.state != VR_MASTER)
			continue;
		if (master != NULL)
			return "rest: two Masters in the end";
		master = router;
	}
	if (master == NULL)
		return someone ? "rest: no Master in the end" : NULL;
	for (unsigned i = 0; i < lan->setting->routers; i++)
		if (serves(&lan->routers[i]) && lan->routers[i].vr.priority > master->vr.priority &&
			(lan->setting->preempt[i] || lan->routers[i].vr.priority == VR_PRIORITY_OWNER))
			return "rest: a better router does not preempt";
	for (unsigned i = 0; i < lan->setting->routers; i++)
		if (lan->routers[i].running && (&lan->routers[i] == master) != lan->routers[i].addresses)
			return "rest: not the Master alone has the addresses";
	return NULL;
}

static bool is_due(const struct explore_lan *lan, struct explore_step step)
{
	return mono_due(lan->flying[step.index].expires, lan->now);
}

/* What comes next when nothing goes wrong: first what flies, then the first timer. */
static bool next_step(const struct explore_lan *lan, struct explore_step *step)
{
	struct explore_step steps[EXPLORE_STEPS_MAX];
	size_t count = explore_steps(lan, steps);

	for (size_t i = 0; i < count; i++)
		if ((steps[i].type == EXPLORE_DELIVER && !lan->flying[steps[i].index].late) ||
			steps[i].type == EXPLORE_TICK) {
			*step = steps[i];
			return true;
		}
	/* Of what is late, only that which can be so no longer. */
	for (size_t i = 0; i < count; i++)
		if (steps[i].type == EXPLORE_ARRIVE ||
			(steps[i].type == EXPLORE_DELIVER && is_due(lan, steps[i]))) {
			*step = steps[i];
			return true;
		}
	return false;
}

static mono_t moment_of(const struct explore_lan *lan, struct explore_step step)
{
	return step.type == EXPLORE_TICK ? vr_deadline(&lan->routers[step.index].vr) : lan->now;
}

const char *explore_settle(struct explore_lan *lan, struct text *log)
{
	struct rest rest = {lan->now, MONO_NEVER, MONO_NEVER};
	mono_t quiet_from = last_arrival(lan);
	mono_t until = mono_add(quiet_from, REST_INTERVALS * lan->setting->interval);
	struct explore_step step;

	memset(&lan->left, 0, sizeof(lan->left));
	for (unsigned steps = 0; next_step(lan, &step); steps++) {
		const char *broken;

		if (mono_before(until, moment_of(lan, step)))
			break;
		if (steps == REST_STEPS_MAX)
			return "rest: it never comes to rest";
		broken = explore_apply(lan, step, log);
		watch(&rest, lan);
		if (broken == NULL)
			broken = judge_bounds(&rest, lan, quiet_from);
		if (broken != NULL)
			return broken;
	}
	return judge_end(lan);
}
