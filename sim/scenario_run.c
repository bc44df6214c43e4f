/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scenario runs: its steps at their times, its open expectations watched in between. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario.h"

#define FAILURES_MAX 20 /* more tell nothing new */

void run_fail(struct run *run, unsigned line, const char *text)
{
	struct scenario *scenario = run->scenario;
	char buffer[SCENARIO_MESSAGE_SIZE];
	struct text message;

	text_init(&message, buffer, sizeof(buffer));
	text_str(&message, scenario->path);
	if (line > 0) {
		text_char(&message, ':');
		text_u64(&message, line);
	}
	text_str(&message, ": at ");
	text_seconds(&message, mono_sub(scenario->world->now, WORLD_START));
	text_str(&message, " s: ");
	text_str(&message, text);
	if (run->timeline != NULL)
		timeline_add(run->timeline, buffer);
	if (run->failures++ == 0)
		memcpy(run->reason, buffer, sizeof(buffer));
	/* Two routers that answer each other without end would keep us for long. */
	if (run->failures == FAILURES_MAX)
		scenario->world->stop = true;
}

void run_broken(struct run *run, const char *law, const char *what)
{
	char buffer[SCENARIO_MESSAGE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_str(&text, "the law ");
	text_str(&text, law);
	text_str(&text, " is broken: ");
	text_str(&text, what);
	run_fail(run, 0, buffer);
}

/* Of a run without a timeline. */
static void on_violation(void *user, const char *law, const char *what)
{
	run_broken(user, law, what);
}

static void fail_condition(struct run *run, const struct step *step)
{
	char buffer[SCENARIO_MESSAGE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_str(&text, "expected ");
	text_str(&text, step->condition.words);
	text_str(&text, ", but ");
	condition_explain(run->scenario->world, &step->condition, &text);
	run_fail(run, step->line, buffer);
}

static void close_window(struct run *run, struct step *step)
{
	if (!step->open)
		return;
	step->open = false;
	run->open--;
}

/* Something that may decide about it has happened. */
static void judge_open(struct run *run, struct step *step)
{
	if (!step->open || condition_is_event(&step->condition))
		return;
	if (condition_holds(run->scenario->world, &step->condition) == (step->window == WINDOW_THROUGHOUT))
		return;
	if (step->window == WINDOW_THROUGHOUT)
		fail_condition(run, step);
	close_window(run, step);
}

void run_step(void *user)
{
	struct run *run = user;

	for (size_t i = 0; run->open > 0 && i < run->scenario->step_count; i++)
		judge_open(run, &run->scenario->steps[i]);
}

static void event_matches(struct run *run, struct step *step)
{
	if (step->window == WINDOW_THROUGHOUT)
		fail_condition(run, step);
	close_window(run, step);
}

void run_frame(struct run *run, const struct router *from, const struct seen *seen)
{
	for (size_t i = 0; run->open > 0 && i < run->scenario->step_count; i++) {
		struct step *step = &run->scenario->steps[i];
		const struct condition *condition = &step->condition;

		if (!step->open || condition->router != from)
			continue;
		if (condition_is_seen(condition, seen))
			event_matches(run, step);
	}
}

void run_said(struct run *run, const struct router *router, const char *instance, const char *text)
{
	for (size_t i = 0; run->open > 0 && i < run->scenario->step_count; i++) {
		struct step *step = &run->scenario->steps[i];
		const struct condition *condition = &step->condition;

		if (step->open && condition->type == CONDITION_SAYS && condition->router == router &&
			(condition->instance == NULL || string_equal(condition->instance, instance)) &&
			strstr(text, condition->text) != NULL)
			event_matches(run, step);
	}
}

static void each_port(struct world *world, const struct target *target,
	void (*each)(struct port_end *port, const struct step *step), const struct step *step)
{
	for (struct segment *segment = world->segments; segment; segment = segment->next)
		for (struct port_end *port = segment->ports; port; port = port->next) {
			const bool all = target->name == NULL || target->segment == segment;
			const bool is_nic = target->nic != NULL && target->nic->port == port;
			const bool is_router = target->nic == NULL && target->router != NULL &&
					       target->router == port->router;
			const bool is_host = target->host != NULL && target->host == port->host;

			if (all || is_nic || is_router || is_host ||
				(target->trunk != NULL && target->trunk == port))
				each(port, step);
		}
	world->changed = true;
}

static void cut_port(struct port_end *port, const struct step *step)
{
	(void)step;
	port_plug(port, false);
}

static void heal_way(struct way *way)
{
	*way = (struct way){.delay = SIM_CABLE_DELAY, .last = way->last};
}

static void heal_port(struct port_end *port, const struct step *step)
{
	(void)step;
	heal_way(&port->in);
	heal_way(&port->out);
	port->part = 0;
	port_plug(port, true);
}

static void break_way(struct way *way, const struct step *step)
{
	switch (step->fault) {
	case FAULT_SILENCE:
		way->cut = true;
		break;
	case FAULT_LOSS:
		way->loss = (uint32_t)step->amount;
		break;
	case FAULT_DUPLICATE:
		way->duplicate = (uint32_t)step->amount;
		break;
	case FAULT_REORDER:
		way->reorder = (uint32_t)step->amount;
		break;
	case FAULT_DELAY:
		way->delay = step->amount;
		break;
	case FAULT_JITTER:
		way->jitter = step->amount;
		break;
	}
}

static void break_port(struct port_end *port, const struct step *step)
{
	if ((step->ways & WAY_IN) != 0)
		break_way(&port->in, step);
	if ((step->ways & WAY_OUT) != 0)
		break_way(&port->out, step);
}

static void part_segment(const struct step *step)
{
	size_t number = 0;

	for (struct port_end *port = step->target.segment->ports; port; port = port->next, number++)
		if (number < step->part_count)
			port->part = step->part[number];
	step->target.segment->world->changed = true;
}

static void resume(struct world *world, struct router *router, uint64_t life)
{
	(void)world;
	if (router->life == life)
		router_resume(router);
}

static void change_link(struct world *world, const struct step *step)
{
	const bool there = step->nic->ifindex != 0;

	if (step->type == STEP_RETURN && !there)
		world->out_of_memory |= !nic_return(step->router, step->nic);
	/* It may have been removed meanwhile. */
	if (step->type == STEP_RETURN || !there)
		return;
	if (step->type == STEP_RENAME)
		nic_rename(step->router, step->nic, step->text);
	else if (step->type == STEP_MAC)
		nic_set_mac(step->router, step->nic, &step->mac);
	else if (step->type == STEP_MTU)
		nic_set_mtu(step->router, step->nic, (unsigned)step->amount);
	else if (step->now)
		nic_remove(step->router, step->nic);
	else
		nic_set_up(step->router, step->nic, step->on);
}

static void delete_device(const struct step *step)
{
	struct nic *nic = nic_by_name(step->router, step->text);

	step->router->tampered = step->router->world->now;
	if (nic != NULL && nic->parent != 0)
		nic_remove(step->router, nic);
}

static void change_kernel(const struct step *step)
{
	struct router *router = step->router;

	router->tampered = router->world->now;
	if (step->type == STEP_RULE)
		kernel_lose_rule(router, (uint32_t)step->preference);
	else if (step->type == STEP_ADDRESS && step->on)
		kernel_add_address(router, step->nic->ifindex, &step->prefix, 0);
	else if (step->type == STEP_ADDRESS)
		kernel_delete_address(router, step->nic->ifindex, &step->prefix);
	else if (step->on)
		kernel_add_route(router, &step->route);
	else
		kernel_lose_route(router, &step->route);
}

static void inject(struct world *world, struct router *router, uint64_t argument)
{
	const struct step *step = (const struct step *)(uintptr_t)argument;

	(void)router;
	network_send(step->host->port, NULL, step->frame, step->length, false);
	if (mono_before(mono_add(world->now, step->amount), step->until))
		call_later(world, NULL, step->amount, inject, argument);
}

static void open_expectation(struct run *run, struct step *step)
{
	if (step->window == WINDOW_NOW) {
		if (!condition_holds(run->scenario->world, &step->condition))
			fail_condition(run, step);
		return;
	}
	step->open = true;
	run->open++;
	judge_open(run, step);
}

static void carry_out(struct run *run, struct step *step)
{
	struct world *world = run->scenario->world;
	struct router *router = step->router;

	switch (step->type) {
	case STEP_START:
		router_start(router);
		break;
	case STEP_STOP:
		router_stop(router, step->now);
		break;
	case STEP_CRASH:
		router_crash(router, step->now);
		break;
	case STEP_UPGRADE:
		router_upgrade(router);
		break;
	case STEP_KILL:
		router_kill(router);
		break;
	case STEP_POWER:
		router_power(router, step->on);
		break;
	case STEP_STALL:
		router_stall(router);
		if (step->until.ns != MONO_NEVER.ns)
			call_later(world, router, mono_sub(step->until, step->at), resume, router->life);
		break;
	case STEP_RESUME:
		router_resume(router);
		break;
	case STEP_RELOAD:
		router_reload(router, step->text, step->length);
		break;
	case STEP_ORDER:
		router_order(router,
			&(struct engine_request){.kind = step->order,
				.name = step->text,
				.timeout = step->amount,
				.force = step->on});
		break;
	case STEP_CUT:
		each_port(world, &step->target, cut_port, step);
		break;
	case STEP_HEAL:
		each_port(world, &step->target, heal_port, step);
		break;
	case STEP_FAULT:
		each_port(world, &step->target, break_port, step);
		break;
	case STEP_PART:
		part_segment(step);
		break;
	case STEP_LINK:
	case STEP_RETURN:
	case STEP_RENAME:
	case STEP_MAC:
	case STEP_MTU:
		change_link(world, step);
		break;
	case STEP_DEVICE:
		delete_device(step);
		break;
	case STEP_ADDRESS:
	case STEP_ROUTE:
	case STEP_RULE:
		change_kernel(step);
		break;
	case STEP_FIREWALL:
		firewall_lose(router);
		break;
	case STEP_CLOCK:
		router_set_rate(router, step->amount);
		break;
	case STEP_WALL_CLOCK:
		router_set_wall(router, step->amount);
		break;
	case STEP_NETLINK:
		router->netlink_delay = step->amount;
		break;
	case STEP_OVERRUN:
		kernel_overrun(router, step->amount);
		break;
	case STEP_OBJECT:
		router_set_object(router, step->kind, step->text, step->value);
		break;
	case STEP_REFUSE:
		router->kernel_error = step->on ? -EPERM : 0;
		break;
	case STEP_KERNEL_DELAY:
		router->kernel_delay = step->amount;
		router->kernel_slowest = step->most;
		break;
	case STEP_INJECT:
		inject(world, NULL, (uint64_t)(uintptr_t)step);
		break;
	case STEP_EXPECT:
		open_expectation(run, step);
		break;
	case STEP_END:
		break;
	}
}

/* Windows that end by this moment. */
static void end_windows(struct run *run)
{
	for (size_t i = 0; run->open > 0 && i < run->scenario->step_count; i++) {
		struct step *step = &run->scenario->steps[i];

		if (!step->open || !mono_due(step->until, run->scenario->world->now))
			continue;
		if (step->window == WINDOW_ONCE)
			fail_condition(run, step);
		close_window(run, step);
	}
}

static mono_t next_end(const struct run *run)
{
	mono_t next = MONO_NEVER;

	for (size_t i = 0; run->open > 0 && i < run->scenario->step_count; i++)
		if (run->scenario->steps[i].open)
			next = mono_min(next, run->scenario->steps[i].until);
	return next;
}

static void pass_time(struct run *run, mono_t end)
{
	struct world *world = run->scenario->world;

	for (mono_t next = next_end(run); mono_before(next, end) && !world->stop; next = next_end(run)) {
		world_run_until(world, next);
		end_windows(run);
	}
	world_run_until(world, end);
}

static void say_step(struct run *run, const struct step *step)
{
	char buffer[SCENARIO_MESSAGE_SIZE];
	struct text text;

	if (run->timeline == NULL || step->type == STEP_EXPECT || step->type == STEP_END)
		return;
	text_init(&text, buffer, sizeof(buffer));
	text_seconds(&text, mono_sub(step->at, WORLD_START));
	text_str(&text, " s: --- line ");
	text_u64(&text, step->line);
	timeline_add(run->timeline, buffer);
}

bool scenario_run(struct run *run, struct scenario *scenario, struct timeline *timeline)
{
	struct world *world = scenario->world;

	*run = (struct run){.scenario = scenario, .timeline = timeline};
	if (timeline != NULL)
		timeline_attach(timeline, run);
	else
		world->watcher = (struct watcher){.user = run, .violation = on_violation, .step = run_step};
	for (size_t i = 0; i < world->router_count; i++)
		if (!scenario->late[i])
			router_start(world->routers[i]);
	for (size_t i = 0; i < scenario->step_count && !world->stop; i++) {
		struct step *step = &scenario->steps[i];

		pass_time(run, step->at);
		say_step(run, step);
		carry_out(run, step);
		end_windows(run);
	}
	if (!world->stop) {
		pass_time(run, scenario->end);
		end_windows(run);
	}
	if (world->out_of_memory)
		run_fail(run, 0, "no memory");
	return run->failures == 0;
}
