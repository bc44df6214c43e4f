/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the configuration says of the engine's process and of what all virtual routers share: its name, how it is scheduled, room in
 * sockets, the tables of nftables. A reload applies what it changes and nothing else: a priority that the engine has raised,
 * or that somebody gave it by hand, is not taken back by one about something else.
 */
#include <errno.h>
#include <string.h>

#include "daemon/engine_process.h"
#include "linux/channel.h"
#include "linux/process_setup.h"
#include "linux/receive_buffer.h"

#define USUAL_PRIORITY 2 /* the least that leaves room for one below: kernel_worker.h */
/* Microseconds without a wait, after half of which it becomes an ordinary process for LOWERED. */
#define USUAL_LIMIT 8000000u
#define LOWERED (10 * DUR_S)

static const char *title_of(const struct conf_process *wanted)
{
	if (wanted->vrrp_name)
		return wanted->vrrp_name;
	return wanted->process_names ? "keepalived_vrrp" : "vigiad: vrrp";
}

static void follow_title(struct engine_process *process, const struct conf_process *before)
{
	const char *title = title_of(&process->conf.conf->global.process);

	if (!before || strcmp(title, title_of(before)) != 0)
		process_set_title(process->options.argument_count, process->options.arguments, title);
}

/* Without BFD nothing counts that is wanted for it. */
static struct conf_schedule wanted_schedule(const struct engine_process *process, const struct conf *conf)
{
	return process->options.no_bfd ? conf->global.process.vrrp : conf_engine_schedule(conf);
}

/* Of a configuration that wants nothing: an advert comes before what else the machine does. */
static bool is_usual(const struct conf *conf, const struct conf_schedule *wanted)
{
	return wanted->nice == CONF_NICE_INHERITED && wanted->rt_priority == 0 && conf->global.process.max_auto_priority < 1;
}

static struct conf_schedule own_schedule(const struct engine_process *process, const struct conf *conf)
{
	struct conf_schedule schedule = wanted_schedule(process, conf);

	if (is_usual(conf, &schedule)) {
		schedule.rt_priority = USUAL_PRIORITY;
		schedule.rt_limit = USUAL_LIMIT;
	}
	if (schedule.nice == CONF_NICE_INHERITED)
		schedule.nice = process->nice;
	return schedule;
}

static struct process_schedule schedule_of(const struct conf_schedule *wanted)
{
	struct process_schedule schedule = {.nice = (int)wanted->nice,
		.rt_priority = wanted->rt_priority,
		.rt_limit = wanted->rt_limit};

	for (size_t i = 0; i < wanted->cpu_count; i++)
		if (wanted->cpus[i] < PROCESS_CPUS_MAX)
			schedule.cpus[wanted->cpus[i] / 8] |= (uint8_t)(1u << wanted->cpus[i] % 8);
	return schedule;
}

static struct process_raise raise_of(const struct conf *conf, const struct conf_schedule *wanted)
{
	const struct conf_process *process = &conf->global.process;

	return (struct process_raise){.maximum = (int)process->max_auto_priority,
		.threshold = process->min_auto_priority_delay * DUR_US,
		.priority = wanted->rt_priority,
		.rt_limit = wanted->rt_limit};
}

static bool same_raise(const struct process_raise *a, const struct process_raise *b)
{
	return a->maximum == b->maximum && a->threshold == b->threshold && a->priority == b->priority &&
	       a->rt_limit == b->rt_limit;
}

int engine_process_reschedule(struct engine_process *process, const struct process_schedule *schedule)
{
	int error = process_schedule(0, schedule);

	if (!process->sealed || (error != -EPERM && error != -EACCES))
		return error;
	return channel_send(process->options.guard_fd, MESSAGE_SCHEDULE, schedule, sizeof(*schedule), -1);
}

/* A priority that the engine raised itself to stays as long as it may have it. */
static void follow_schedule(struct engine_process *process, const struct conf *before)
{
	const struct conf *conf = process->conf.conf;
	const struct conf_schedule wanted = own_schedule(process, conf);
	const struct conf_schedule wanted_before = before ? own_schedule(process, before) : wanted;
	struct process_schedule now = schedule_of(&wanted);
	struct process_schedule old = schedule_of(&wanted_before);
	const struct process_raise raise = raise_of(conf, &wanted);
	const struct process_raise old_raise = before ? raise_of(before, &wanted_before) : raise;
	const struct conf_schedule asked = wanted_schedule(process, conf);
	const int raised = process->raise.priority;
	int error;

	old.rt_priority = raised;
	if (before && same_raise(&raise, &old_raise)) {
		now.rt_priority = raised;
	} else {
		process->raise = raise;
		if (before && raise.priority == old_raise.priority && raised > raise.priority && raised <= raise.maximum)
			process->raise.priority = now.rt_priority = raised;
	}
	now.parts = process_schedule_changes(&now, before ? &old : NULL);
	error = engine_process_reschedule(process, &now);
	process->usual_schedule = is_usual(conf, &asked);
	if (now.parts & SCHEDULE_REAL_TIME)
		process->lowered_until = MONO_NEVER;
	if (!process->usual_schedule)
		engine_process_report(process,
			"does not run with the priority or on the processors that the configuration asks for", error);
}

void engine_process_lower(struct engine_process *process)
{
	if (!process->usual_schedule) {
		front_voice_log(&process->voice, "the engine has run for half of vrrp_rlimit_rttime without a wait: at the "
						 "whole of it the kernel ends it");
		return;
	}
	process_schedule(0, &(struct process_schedule){.parts = SCHEDULE_REAL_TIME});
	process->lowered_until = mono_add(process->clock.now, LOWERED);
	front_voice_log(&process->voice,
		"the engine has run for four seconds without a wait: for ten it has no real-time priority");
}

void engine_process_rise(struct engine_process *process)
{
	const struct process_schedule usual = {
		.parts = SCHEDULE_REAL_TIME, .rt_priority = USUAL_PRIORITY, .rt_limit = USUAL_LIMIT};

	if (!mono_due(process->lowered_until, process->clock.now))
		return;
	process->lowered_until = MONO_NEVER;
	engine_process_reschedule(process, &usual);
}

static void follow_buffers(struct engine_process *process, const struct conf *before)
{
	const struct conf *conf = process->conf.conf;
	const struct conf_buffers *wanted = &conf->global.buffers;

	if (!before || conf_advert_buffer(conf) != conf_advert_buffer(before))
		for (size_t i = 0; i < PACKET_RX_SOCKETS; i++)
			receive_buffer_set(process->packet_rx->fds[i], conf_advert_buffer(conf), PACKET_RX_BUFFER);
	if (!before || wanted->netlink_news != before->global.buffers.netlink_news)
		receive_buffer_set(process->kernel.events.fd, wanted->netlink_news, KERNEL_EVENTS_BUFFER);
	if (!before || wanted->netlink_answers != before->global.buffers.netlink_answers)
		receive_buffer_set(process->kernel.requests.fd, wanted->netlink_answers, 0);
}

const char *engine_process_firewall_name(const struct engine_process *process)
{
	const char *configured = process->conf.conf->global.firewall.table;

	return configured ? configured : process->options.firewall_name;
}

struct firewall_style engine_process_firewall_style(const struct engine_process *process)
{
	const struct conf_firewall *configured = &process->conf.conf->global.firewall;

	return (struct firewall_style){(int32_t)configured->priority, configured->counts};
}

void engine_process_follow_configuration(struct engine_process *process, const struct conf *before)
{
	const struct firewall_style style = engine_process_firewall_style(process);

	follow_title(process, before ? &before->global.process : NULL);
	follow_schedule(process, before);
	follow_buffers(process, before);
	engine_process_report(process, "leaves the tables of nftables as they were before the reload",
		kernel_port_follow_firewall(&process->kernel, engine_process_firewall_name(process), &style));
}
