/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine/port.h for the Linux kernel: see kernel_port.h. */
#include "linux/kernel_port.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error_name.h"
#include "base/text.h"
#include "linux/nftables_events.h"
#include "linux/packet_rx.h"
#include "linux/packet_tx.h"
#include "linux/route_message.h"
#include "linux/rule_message.h"

#define LOG_LINE_SIZE 256
#define LOST_LINE_SPACING (60 * DUR_S)

static void send_frames(void *user, struct port_frame *frames, size_t count)
{
	const struct kernel_port *kernel = user;

	packet_tx_send(kernel->packet_tx, frames, count);
}

static void send_datagrams(void *user, struct port_datagram *datagrams, size_t count)
{
	const struct kernel_port *kernel = user;

	datagram_tx_send(&kernel->datagram_tx, datagrams, count);
}

static void tell_lost(struct kernel_port *kernel)
{
	char line[LOG_LINE_SIZE];
	struct text text;

	text_init(&text, line, sizeof(line));
	text_u64(&text, kernel->lost);
	text_str(&text, " packets found no room in the receive queue: this machine gets more than it can read");
	kernel->log(kernel->log_user, line);
}

static uint64_t lost(void *user)
{
	struct kernel_port *kernel = user;
	const uint64_t lost = kernel->packet_rx ? packet_rx_lost(kernel->packet_rx) : 0;
	const mono_t now = mono_now();

	kernel->lost += lost;
	if (kernel->lost > 0 && mono_due(kernel->lost_told, now)) {
		tell_lost(kernel);
		kernel->lost = 0;
		kernel->lost_told = mono_add(now, LOST_LINE_SPACING);
	}
	return lost;
}

static void lost_beside(void *user, uint64_t *bfd, uint64_t *neighbours)
{
	struct kernel_port *kernel = user;

	*bfd = bfd_sockets_lost(&kernel->bfd);
	*neighbours = neighbour_rx_lost(&kernel->neighbours);
}

static int64_t wall_clock(void *user)
{
	struct timespec time;

	(void)user;
	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * DUR_S + time.tv_nsec;
}

static void run_kernel_ops(void *user, struct kernel_op *ops, size_t count)
{
	struct kernel_port *kernel = user;

	kernel_worker_finish(&kernel->worker);
	kernel_requests_run(&kernel->requests, ops, count);
}

static bool run_kernel_later(void *user, struct kernel_op *ops, size_t count, dur_t patience)
{
	struct kernel_port *kernel = user;

	return kernel_worker_run(&kernel->worker, ops, count, patience);
}

static const struct kernel_op *kernel_answers(void *user, bool wait, size_t *count)
{
	struct kernel_port *kernel = user;

	return kernel_worker_answers(&kernel->worker, wait, count);
}

static bool give_task(void *user, struct port_task *task)
{
	struct kernel_port *kernel = user;

	return kernel_tasks_give(&kernel->tasks, task);
}

static const struct port_task *task_answer(void *user, bool wait)
{
	struct kernel_port *kernel = user;

	return kernel_tasks_answer(&kernel->tasks, wait);
}

static int device_add(void *user, struct port_device *device)
{
	struct kernel_port *kernel = user;

	kernel_worker_finish(&kernel->worker);
	return devices_add(&kernel->devices, device);
}

static int device_check(void *user, const struct port_device *device, int ifindex)
{
	struct kernel_port *kernel = user;

	kernel_worker_finish(&kernel->worker);
	return devices_check(&kernel->devices, device, ifindex);
}

static void device_remove(void *user, int ifindex)
{
	struct kernel_port *kernel = user;

	kernel_tasks_remove_device(&kernel->tasks, ifindex);
}

static int device_rename(void *user, int ifindex, const char *name)
{
	struct kernel_port *kernel = user;

	kernel_worker_finish(&kernel->worker);
	return devices_rename(&kernel->devices, ifindex, name);
}

static void promote_secondaries(void *user, int ifindex, bool on)
{
	struct kernel_port *kernel = user;

	kernel_tasks_promote(&kernel->tasks, ifindex, on);
}

/* When there is something to watch for the first time: privileges have been given up by then. */
static void post_sentries(struct kernel_port *kernel)
{
	kernel->firewall_is_open = firewall_is_open_to_others(&kernel->firewall, kernel->firewall_is_open);
	if (!kernel->sentries.list && kernel->firewall_is_open)
		firewall_sentries_start(&kernel->sentries, &kernel->firewall);
}

static int change_firewall(void *user, const struct firewall_op *ops, size_t count)
{
	static const struct mac_addr none;
	struct kernel_port *kernel = user;
	const int touched_by = kernel->firewall_touched_by;
	int error;

	if (count == 0) {
		kernel->firewall_touched_by = -1;
		return firewall_put_back(&kernel->firewall, touched_by);
	}
	if (count == 1 && ops[0].type == FIREWALL_VMAC && memcmp(&ops[0].mac, &none, sizeof(none)) == 0) {
		kernel_worker_finish(&kernel->worker);
		if (devices_lose_connections(&kernel->devices, ops[0].ifindex))
			return -EMEDIUMTYPE;
	}
	error = firewall_change(&kernel->firewall, ops, count);
	post_sentries(kernel);
	return error;
}

static int make_mortal(void *user, const struct ip_addr *addresses, size_t count, dur_t length)
{
	struct kernel_port *kernel = user;
	const int error = firewall_make_mortal(&kernel->firewall, addresses, count, length);

	post_sentries(kernel);
	return error;
}

static int join(void *user, int ifindex, const struct ip_addr *group)
{
	struct kernel_port *kernel = user;

	return kernel_tasks_join(&kernel->tasks, ifindex, group);
}

static void leave(void *user, int ifindex, const struct ip_addr *group)
{
	struct kernel_port *kernel = user;

	kernel_tasks_leave(&kernel->tasks, ifindex, group);
}

static int check_group(void *user, int ifindex, const struct ip_addr *group)
{
	struct kernel_port *kernel = user;

	return kernel_tasks_check_group(&kernel->tasks, ifindex, group);
}

static int hear_neighbours(void *user, int ifindex, enum ip_family family, bool on)
{
	struct kernel_port *kernel = user;

	return neighbour_rx_set(&kernel->neighbours, ifindex, family, on);
}

static int bfd_open(void *user, const struct bfd_config *config)
{
	struct kernel_port *kernel = user;

	return bfd_sockets_session_open(&kernel->bfd, config);
}

static void bfd_close(void *user, int number, const struct bfd_config *config)
{
	struct kernel_port *kernel = user;

	bfd_sockets_session_close(&kernel->bfd, number, config);
}

static int bfd_send(
	void *user, int number, const struct bfd_config *config, int ifindex, const uint8_t *bytes, size_t length)
{
	(void)user;
	return bfd_sockets_send(number, config, ifindex, bytes, length);
}

static void query_link(void *user, int ifindex)
{
	struct kernel_port *kernel = user;

	kernel_tasks_query_link(&kernel->tasks, &kernel->events, ifindex);
}

static bool was_left(void *user, const struct kernel_op *removal)
{
	const struct kernel_port *kernel = user;

	return kernel->inheritance && inheritance_has(kernel->inheritance, removal);
}

static void put_left(struct text *text, const struct nlmsghdr *request)
{
	struct virtual_route route;
	struct virtual_rule rule;
	int ifindex;

	if (request->nlmsg_type == RTM_DELRULE && rule_message_read(request, &rule)) {
		text_str(text, "rule ");
		text_u64(text, rule.preference);
	} else if (request->nlmsg_type == RTM_DELROUTE && route_message_read(request, &route, &ifindex)) {
		text_str(text, "route ");
		text_ip_prefix(text, &route.destination);
	}
}

static void tell_left(void *user, const struct nlmsghdr *request, int error)
{
	const struct kernel_port *kernel = user;
	char line[LOG_LINE_SIZE];
	struct text text;

	text_init(&text, line, sizeof(line));
	put_left(&text, request);
	text_str(&text, " was left by a daemon that died, and is not wanted now: ");
	text_str(&text, error == 0 ? "removed" : error_name(error));
	kernel->log(kernel->log_user, line);
}

static void remove_left(void *user, const struct kernel_op *keep, size_t count)
{
	struct kernel_port *kernel = user;
	/* Events of what this socket does are not heard. */
	struct netlink_socket own = {kernel->requests.fd, kernel->requests.sequence};

	kernel_worker_finish(&kernel->worker);
	if (kernel->inheritance)
		inheritance_remove_routes(kernel->inheritance, &own, keep, count, tell_left, kernel);
	kernel->requests.sequence = own.sequence + 1;
}

static void write_testament(void *user, size_t slot, const struct testament_entry *entry)
{
	struct kernel_port *kernel = user;
	char line[LOG_LINE_SIZE];
	struct text text;
	int error;

	if (!kernel->testament)
		return;
	error = testament_write(kernel->testament, slot, entry);
	if (!error)
		return;
	text_init(&text, line, sizeof(line));
	text_str(&text, "if the engine dies, not everything of virtual router number ");
	text_u64(&text, slot);
	text_str(&text, " will be cleaned up: ");
	text_str(&text, error_name(error));
	kernel->log(kernel->log_user, line);
}

static void notify(void *user, const struct port_notify *what)
{
	struct kernel_port *kernel = user;

	kernel->notify(kernel->log_user, what);
}

static bool tell(void *user, uint16_t kind, const char *line, size_t length)
{
	struct kernel_port *kernel = user;

	return kernel->tell(kernel->log_user, kind, line, length);
}

static const char *op_name(enum kernel_op_type type)
{
	switch (type) {
	case KERNEL_ADD_ADDRESS:
		return "add address ";
	case KERNEL_DELETE_ADDRESS:
		return "delete address ";
	case KERNEL_ADD_ROUTE:
		return "add route ";
	case KERNEL_DELETE_ROUTE:
		return "delete route ";
	case KERNEL_ADD_RULE:
		return "add rule ";
	case KERNEL_DELETE_RULE:
		return "delete rule ";
	case KERNEL_DELETE_DEVICE:
	case KERNEL_RESTORE_PARENT:
		break;
	}
	return "";
}

static void request_failed(void *user, const struct kernel_op *op, const char *reason)
{
	const struct kernel_port *kernel = user;
	char name[IF_NAMESIZE];
	char line[LOG_LINE_SIZE];
	struct text text;

	text_init(&text, line, sizeof(line));
	text_str(&text, "the kernel does not ");
	text_str(&text, op_name(op->type));
	if (op->rule)
		text_u64(&text, op->rule->preference);
	else
		text_ip_prefix(&text, op->address ? &op->address->prefix : &op->route->destination);
	if (op->ifindex && if_indextoname((unsigned)op->ifindex, name)) {
		text_str(&text, " dev ");
		text_str(&text, name);
	}
	text_str(&text, ": ");
	text_str(&text, error_name(op->error));
	if (reason[0]) {
		text_str(&text, " (");
		text_str(&text, reason);
		text_str(&text, ")");
	}
	kernel->log(kernel->log_user, line);
}

int kernel_port_open(struct kernel_port *kernel, const struct kernel_port_options *options)
{
	int error;

	*kernel = (struct kernel_port){.packet_tx = -1,
		.datagram_tx = {-1, -1},
		.sinks = {{-1, -1, -1}},
		.requests.fd = -1,
		.worker.event_fd = -1,
		.events.fd = -1,
		.firewall_events = -1,
		.firewall_touched_by = -1,
		.testament = options->testament,
		.inheritance = options->inheritance,
		.tell = options->tell,
		.notify = options->notify,
		.log = options->log,
		.log_user = options->log_user};
	kernel->tasks = (struct kernel_tasks){
		.worker = &kernel->worker, .devices = &kernel->devices, .groups = &kernel->groups, .firewall = &kernel->firewall};
	error = devices_open(&kernel->devices, options->maker);
	firewall_open(&kernel->firewall, options->firewall_socket, options->firewall_name,
		&options->firewall_style);
	if (options->firewall_socket >= 0)
		kernel->firewall_events = nft_events_open(nft_socket_port(options->firewall_socket), NFT_EVENTS_OF_ALL);
	neighbour_rx_init(
		&kernel->neighbours, options->loop, options->neighbour_heard, options->neighbour_user);
	bfd_sockets_init(&kernel->bfd, options->loop, options->bfd_heard, options->bfd_user);
	kernel->packet_tx = packet_tx_open();
	if (!error)
		error = kernel->packet_tx < 0 ? kernel->packet_tx : datagram_tx_open(&kernel->datagram_tx);
	if (!error)
		error = datagram_sinks_open(&kernel->sinks);
	if (!error)
		error = kernel_requests_open(&kernel->requests);
	if (!error)
		error = kernel_worker_open(&kernel->worker, &kernel->requests);
	if (error)
		goto fail;
	kernel->requests.failed = request_failed;
	kernel->requests.user = kernel;
	error = kernel_events_open(&kernel->events, options->listener, kernel->requests.port);
	if (!error)
		return 0;
fail:
	kernel_port_close(kernel);
	return error;
}

void kernel_port_close(struct kernel_port *kernel)
{
	if (kernel->packet_tx >= 0)
		close(kernel->packet_tx);
	kernel->packet_tx = -1;
	datagram_tx_close(&kernel->datagram_tx);
	datagram_sinks_close(&kernel->sinks);
	/* What waits is done first. */
	kernel_worker_close(&kernel->worker);
	kernel_tasks_close(&kernel->tasks);
	devices_close(&kernel->devices);
	groups_close(&kernel->groups);
	firewall_sentries_stop(&kernel->sentries);
	firewall_close(&kernel->firewall);
	if (kernel->firewall_events >= 0)
		close(kernel->firewall_events);
	kernel->firewall_events = -1;
	neighbour_rx_close(&kernel->neighbours);
	bfd_sockets_close(&kernel->bfd);
	kernel_requests_close(&kernel->requests);
	kernel_events_close(&kernel->events);
}

int kernel_port_firewall_touched(struct kernel_port *kernel)
{
	const int result = nft_events_read(kernel->firewall_events, kernel->firewall.name, &kernel->firewall_touched_by);

	return result > 0 ? kernel->firewall_is_open : result;
}

int kernel_port_follow_firewall(struct kernel_port *kernel, const char *name, const struct firewall_style *style)
{
	int error;

	firewall_sentries_stop(&kernel->sentries);
	error = firewall_follow(&kernel->firewall, name, style);
	post_sentries(kernel);
	return error;
}

struct port kernel_port_functions(struct kernel_port *kernel)
{
	return (struct port){.user = kernel,
		.send_frames = send_frames,
		.send_datagrams = send_datagrams,
		.lost = lost,
		.lost_beside = lost_beside,
		.wall_clock = wall_clock,
		.kernel = run_kernel_ops,
		.kernel_later = run_kernel_later,
		.kernel_answers = kernel_answers,
		.task = give_task,
		.task_answer = task_answer,
		.device_add = device_add,
		.device_check = device_check,
		.device_remove = device_remove,
		.device_rename = device_rename,
		.promote_secondaries = promote_secondaries,
		.firewall = change_firewall,
		.mortal = make_mortal,
		.join = join,
		.leave = leave,
		.check_group = check_group,
		.hear_neighbours = hear_neighbours,
		.bfd_open = bfd_open,
		.bfd_close = bfd_close,
		.bfd_send = bfd_send,
		.query_link = query_link,
		.was_left = was_left,
		.remove_left = remove_left,
		.testament = write_testament,
		.notify = notify,
		.tell = tell};
}
