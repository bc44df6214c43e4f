/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of the engine: see engine_process.h. */
#include "daemon/engine_process.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error_name.h"
#include "conf/memory.h"
#include "daemon/exit_codes.h"
#include "engine/lateness.h"
#include "linux/channel.h"
#include "linux/close_first.h"
#include "linux/device_message.h"
#include "linux/fault.h"
#include "linux/privileges.h"
#include "linux/process_blocks.h"
#include "linux/process_setup.h"
#include "linux/syscall_filter.h"

#define PACKET_BATCHES_PER_TURN 64
#define READING_MOST (500 * DUR_US) /* of a turn, for each family: our own adverts wait so long */
#define STALL_LINE_SPACING (10 * DUR_S)

static void on_link(void *user, const struct engine_link *link)
{
	struct engine_process *process = user;

	engine_link(process->engine, link, process->clock.now);
}

static void on_link_gone(void *user, int ifindex)
{
	struct engine_process *process = user;

	engine_link_gone(process->engine, ifindex, process->clock.now);
}

static void log_address(struct engine_process *process, const struct engine_address *address, const char *what)
{
	char line[160];
	char prefix[IP_PREFIX_TEXT_SIZE];
	char interface[IF_NAMESIZE];

	if (!process->options.log_addresses)
		return;
	if (!if_indextoname((unsigned)address->ifindex, interface))
		snprintf(interface, sizeof(interface), "%d", address->ifindex);
	snprintf(line, sizeof(line), "address %s on interface %s %s",
		ip_prefix_format(&address->prefix, prefix), interface, what);
	front_voice_log(&process->voice, line);
}

static void on_address(void *user, const struct engine_address *address)
{
	struct engine_process *process = user;

	log_address(process, address, "is new or changed");
	engine_address(process->engine, address, process->clock.now);
}

static void on_address_gone(void *user, const struct engine_address *address)
{
	struct engine_process *process = user;

	log_address(process, address, "is gone");
	engine_address_gone(process->engine, address, process->clock.now);
}

static void on_route_gone(void *user, const struct virtual_route *route, int ifindex)
{
	struct engine_process *process = user;

	engine_route_gone(process->engine, route, ifindex, process->clock.now);
}

static void on_rule_gone(void *user, const struct virtual_rule *rule)
{
	struct engine_process *process = user;

	engine_rule_gone(process->engine, rule, process->clock.now);
}

/* The first picture is the start, not a correction. */
static void on_resync_begin(void *user)
{
	struct engine_process *process = user;

	if (process->running)
		engine_resync_begin(process->engine, process->clock.now);
}

static void on_resync_end(void *user)
{
	struct engine_process *process = user;

	if (process->running)
		engine_resync_end(process->engine, process->clock.now);
}

static void on_events_lost(void *user)
{
	struct engine_process *process = user;

	engine_events_lost(process->engine, process->clock.now);
}

static void on_neighbour(void *user, int ifindex, enum ip_family family, const uint8_t *bytes, size_t length)
{
	struct engine_process *process = user;

	if (family == IP_V6)
		engine_nd(process->engine, ifindex, bytes, length, process->clock.now);
	else
		engine_arp(process->engine, ifindex, bytes, length, process->clock.now);
}

static void on_bfd(void *user, const struct engine_bfd_packet *packet)
{
	struct engine_process *process = user;

	engine_bfd(process->engine, packet, process->clock.now);
}

static bool on_tell(void *user, uint16_t kind, const char *line, size_t length)
{
	struct engine_process *process = user;

	if (kind == ENGINE_TELL_DRAINED)
		return channel_send(process->options.guard_fd, MESSAGE_DRAINED, line, length, -1) == 0;
	if (kind == ENGINE_TELL_STOPPED)
		process->stopped = true;
	return front_voice_tell(&process->voice, kind, line, length);
}

static void on_notify(void *user, const struct port_notify *notify)
{
	struct engine_process *process = user;

	runner_voice_notify(&process->runner_voice, notify);
}

static void on_log(void *user, const char *line)
{
	struct engine_process *process = user;

	front_voice_log(&process->voice, line);
}

/* The first transaction replaces what there is, whoever has changed it. */
static void firewall_ready(void *user, uint32_t epoll_events)
{
	struct engine_process *process = user;
	const int result = kernel_port_firewall_touched(&process->kernel);

	(void)epoll_events;
	if (result < 0)
		process->failure = result;
	if (result > 0 && process->running)
		engine_firewall_touched(process->engine, process->clock.now);
}

static void netlink_ready(void *user, uint32_t epoll_events)
{
	struct engine_process *process = user;
	int error = kernel_events_read(&process->kernel.events);

	(void)epoll_events;
	if (error)
		process->failure = error;
}

static void kernel_has_answered(void *user, uint32_t epoll_events)
{
	struct engine_process *process = user;

	(void)epoll_events;
	engine_kernel_answered(process->engine, process->clock.now);
	engine_process_end_reload(process);
}

/* The turn has taken the packets already. */
static void packets_ready(void *user, uint32_t epoll_events)
{
	(void)user;
	(void)epoll_events;
}

/* A successor leaves out what its predecessor has heard. */
static void hand_in(struct engine_process *process, const struct engine_packet *packets, size_t count)
{
	if (process->options.successor && !process->running)
		return;
	while (count > 0 && mono_due(packets->received, process->heard_until)) {
		packets++;
		count--;
	}
	if (count > 0)
		engine_packets(process->engine, packets, count, process->clock.now);
}

/* What came after the time returned may wait still; MONO_NEVER: nothing does. */
static mono_t take_packets_of(struct engine_process *process, size_t family)
{
	struct packet_rx *rx = process->packet_rx;
	const mono_t enough = mono_add(mono_now(), READING_MOST);
	mono_t last = process->clock.emptied;

	for (int i = 0; i < PACKET_BATCHES_PER_TURN; i++) {
		const int count = packet_rx_read(rx, family, &process->clock);

		if (count < 0)
			process->failure = count;
		if (count > 0) {
			last = rx->packets[count - 1].received;
			hand_in(process, rx->packets, (size_t)count);
		}
		if (!packet_rx_goes_on(rx, family, count))
			return MONO_NEVER;
		if (mono_due(enough, mono_now()))
			break;
	}
	return last;
}

static int add_source(struct engine_process *process, struct event_source *source, int fd,
	void (*ready)(void *user, uint32_t epoll_events))
{
	*source = (struct event_source){fd, ready, process};
	return event_loop_add(&process->loop, source, EPOLLIN);
}

/* The sockets are others from now on. */
static void follow_sockets(struct engine_process *process)
{
	for (size_t i = 0; i < PACKET_RX_SOCKETS; i++) {
		if (process->packets[i].fd == process->packet_rx->fds[i])
			continue;
		event_loop_remove(&process->loop, &process->packets[i]);
		process->failure = add_source(process, &process->packets[i], process->packet_rx->fds[i], packets_ready);
	}
}

/* A successor that waits for the state keeps what comes. */
static void take_packets(struct engine_process *process)
{
	mono_t heard = MONO_NEVER;

	if (process->waiting && !process->running)
		return;
	for (size_t i = 0; i < PACKET_RX_SOCKETS; i++)
		heard = mono_min(heard, take_packets_of(process, i));
	process->clock.behind = heard.ns != MONO_NEVER.ns;
	engine_unheard(process->engine, heard);
	/* A storm: what became due meanwhile is done in this turn. */
	if (process->clock.behind)
		process->clock.now = mono_now();
	if (packet_rx_adapt(process->packet_rx, process->clock.now))
		follow_sockets(process);
}

static void raise_when_late(struct engine_process *process, dur_t late)
{
	char line[128];
	int priority;
	int error;

	if (process->raise.maximum < 1 || late == 0)
		return;
	priority = process_raise_when_late(&process->raise, late);
	if (priority == 0)
		return;
	error = engine_process_reschedule(process, &(struct process_schedule){.parts = SCHEDULE_REAL_TIME,
							   .rt_priority = priority,
							   .rt_limit = process->raise.rt_limit});
	if (error) {
		process->raise.maximum = 0;
		snprintf(line, sizeof(line), "the engine is late, but may not raise its priority: %s",
			error_name(error));
	} else {
		snprintf(line, sizeof(line), "the engine was %lld ms late: it has the real-time priority %d now",
			(long long)(late / DUR_MS), priority);
	}
	front_voice_log(&process->voice, line);
}

/* Not more than a line in STALL_LINE_SPACING: a machine that stalls always has other troubles than a full log. */
static void tell_stall(struct engine_process *process, dur_t late, mono_t now)
{
	char line[160];
	int length;

	if (mono_before(now, mono_add(process->stall_told, STALL_LINE_SPACING))) {
		process->stalls_untold++;
		return;
	}
	length = snprintf(line, sizeof(line), "the engine stood still, or had no processor: it is %lld ms late",
		(long long)(late / DUR_MS));
	if (process->stalls_untold > 0)
		snprintf(line + length, sizeof(line) - (size_t)length, "; %llu stalls since the last such line are not told",
			(unsigned long long)process->stalls_untold);
	front_voice_log(&process->voice, line);
	process->stall_told = now;
	process->stalls_untold = 0;
}

/* The packets of the turn were taken before: what they cost, the timers have waited for. */
static void see_lateness(struct engine_process *process)
{
	const mono_t now = mono_now();
	const dur_t late = engine_lateness(process->engine, now);

	if (late > LATENESS_STALL)
		tell_stall(process, late, now);
	raise_when_late(process, late);
}

static void start(struct engine_process *process)
{
	if (process->options.successor) {
		engine_process_wait_for_state(process);
		return;
	}
	process->running = true;
	engine_start(process->engine, process->clock.now);
	inheritance_close(&process->inheritance);
	channel_send(process->options.guard_fd, MESSAGE_READY, NULL, 0, -1);
}

static void turn(struct engine_process *process)
{
	int error = event_loop_wait(&process->loop);

	if (error)
		process->failure = error;
	turn_clock_read(&process->clock);
	engine_process_rise(process);
	take_packets(process);
	event_loop_dispatch(&process->loop);
	if (!process->running && !process->stopped && process->kernel.events.state == PICTURE_COMPLETE)
		start(process);
	see_lateness(process);
	engine_tick(process->engine, process->clock.now);
	front_voice_retry(&process->voice);
	engine_process_tell_runner(process);
	event_loop_set_deadline(&process->loop, engine_deadline(process->engine));
}

static int open_signals(void)
{
	sigset_t signals;

	/* SIGTERM comes when the guard dies; the guard's own messages say everything else. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGXCPU);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		signal(number, SIG_IGN);
	return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* By what tells two daemons in one network namespace apart anyway, whatever the tables are called. */
static uint32_t maker_of(const struct engine_process *process)
{
	return device_maker(process->options.firewall_name ? process->options.firewall_name : "");
}

/* Sockets and memory. 0 or -errno. */
static int open_all(struct engine_process *process)
{
	const struct kernel_port_options kernel = {.loop = &process->loop,
		.neighbour_heard = on_neighbour,
		.neighbour_user = process,
		.bfd_heard = on_bfd,
		.bfd_user = process,
		.listener = &process->listener,
		.testament = &process->testament,
		.inheritance = &process->inheritance,
		.maker = maker_of(process),
		.firewall_socket = close_first(process->options.firewall_fd),
		.firewall_name = engine_process_firewall_name(process),
		.firewall_style = engine_process_firewall_style(process),
		.tell = on_tell,
		.notify = on_notify,
		.log = on_log,
		.log_user = process};
	int error;

	process->listener = (struct kernel_listener){.link = on_link,
		.link_gone = on_link_gone,
		.address = on_address,
		.address_gone = on_address_gone,
		.route_gone = on_route_gone,
		.rule_gone = on_rule_gone,
		.resync_begin = on_resync_begin,
		.resync_end = on_resync_end,
		.lost = on_events_lost,
		.user = process};
	process->packet_rx = calloc(1, sizeof(*process->packet_rx));
	process->body = malloc(MESSAGE_BODY_MAX + 1);
	if (!process->packet_rx || !process->body)
		return -ENOMEM;
	error = event_loop_open(&process->loop);
	if (!error)
		error = inheritance_open(
			&process->inheritance, process->options.left_fds, process->options.left_count);
	if (!error)
		error = packet_rx_open(process->packet_rx);
	if (!error)
		error = kernel_port_open(&process->kernel, &kernel);
	process->kernel.packet_rx = process->packet_rx;
	process->port = kernel_port_functions(&process->kernel);
	return error;
}

static int add_sources(struct engine_process *process)
{
	int error = 0;

	for (size_t i = 0; !error && i < PACKET_RX_SOCKETS; i++)
		error = add_source(process, &process->packets[i], process->packet_rx->fds[i], packets_ready);
	if (!error)
		error = add_source(process, &process->netlink, process->kernel.events.fd, netlink_ready);
	if (!error && process->kernel.firewall_events >= 0)
		error = add_source(process, &process->firewall, process->kernel.firewall_events, firewall_ready);
	if (!error)
		error = add_source(process, &process->answers, process->kernel.worker.event_fd, kernel_has_answered);
	if (!error)
		error = add_source(
			process, &process->guard, process->options.guard_fd, engine_process_hear_guard);
	if (!error)
		error = add_source(process, &process->signals, open_signals(), engine_process_hear_signal);
	return error;
}

void engine_process_report(struct engine_process *process, const char *what, int error)
{
	char line[160];

	if (!error)
		return;
	snprintf(line, sizeof(line), "the engine %s: %s", what, error_name(error));
	front_voice_log(&process->voice, line);
}

static int load_configuration(struct engine_process *process)
{
	int error = conf_load_memory(process->options.config_fd, "configuration", &process->conf);

	runner_voice_begin(&process->runner_voice, process->options.config_fd);
	if (!error && process->conf.conf)
		return 0;
	fprintf(stderr, "vigiad: the engine cannot read the configuration it was given: %s\n",
		error ? error_name(error) : "it has errors");
	return -EINVAL;
}

static int make_engine(struct engine_process *process)
{
	const struct engine_options options = {.adopt = process->options.adopt,
		.bury = process->options.bury,
		.by_marks = process->options.by_marks,
		.maker = maker_of(process),
		.keep = process->options.keep,
		.no_bfd = process->options.no_bfd,
		.record = process->options.record,
		.brief = process->options.brief,
		.booted = mono_booted(),
		.confinement = &process->confinement,
		.trace_name = process->options.name};

	turn_clock_read(&process->clock);
	process->engine = engine_new(process->conf.conf, &process->port, &options, process->clock.now);
	return process->engine ? 0 : -ENOMEM;
}

static int fail(const char *what, int error)
{
	fprintf(stderr, "vigiad: the engine %s: %s\n", what, error_name(error));
	return error == -EPERM || error == -EACCES ? EXIT_PERMISSION : EXIT_FATAL;
}

int engine_process_run(struct engine_process *process, const struct engine_process_options *options)
{
	int error;

	process->options = *options;
	process->options.guard_fd = close_first(options->guard_fd);
	fault_tell(process->options.guard_fd);
	process->stall_told = MONO_LONG_AGO;
	process->nice = getpriority(PRIO_PROCESS, 0);
	process->lowered_until = MONO_NEVER;
	process->heard_until = (mono_t){INT64_MIN};
	process->voice.socket = process->front.fd = process->runner.fd = -1;
	process->new_config = -1;
	if (!privileges_have(PRIVILEGES_NETWORK))
		return fail("needs the capabilities NET_ADMIN and NET_RAW", -EPERM);
	process_raise_limits();
	process_map_large_blocks();
	if (load_configuration(process))
		return EXIT_CONFIG;
	error = testament_open(&process->testament, options->testament_fd);
	if (error)
		return fail(error == -EPROTO ? "cannot write a testament that its guard has laid out in another way"
					     : "cannot open the testament",
			error);
	error = open_all(process);
	if (!error)
		error = make_engine(process);
	if (!error)
		error = add_sources(process);
	if (error)
		return fail("cannot open its sockets", error);
	if (options->front_fd >= 0)
		engine_process_set_front(process, options->front_fd);
	engine_process_report(process, "does not have all of its memory locked", process_lock_memory());
	engine_process_follow_configuration(process, NULL);
	engine_process_report(process, "stays root", privileges_become(&options->user));
	error = privileges_seal(PRIVILEGES_NETWORK);
	if (error)
		return fail("cannot give up its capabilities", error);
	process->sealed = true;
	error = syscall_filter_install(syscalls_of_engine, process->options.guard_fd);
	engine_process_report(process, "runs without a filter of system calls", error);
	process->confinement = (struct engine_confinement){.user = geteuid(), .filtered = error == 0};

	while (!process->stopped && !process->failure)
		turn(process);
	if (process->waiting && !process->running && process->failure)
		return EXIT_FATAL; /* it has said why it does not succeed */
	if (process->failure)
		return fail("lost a socket", process->failure);
	kernel_worker_finish(&process->kernel.worker);
	devices_finish(&process->kernel.devices);
	engine_finish(process->engine);
	channel_send(process->options.guard_fd, MESSAGE_STOPPED, NULL, 0, -1);
	return EXIT_OK;
}
