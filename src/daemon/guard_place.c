/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the daemon runs and what it is called: the front reads both in the configuration and tells the guard, which enters the
 * network namespace, opens its sockets there, claims its pid files, and says where the control socket shall stand. Whatever
 * is started from then on is in that namespace. See guard.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error_name.h"
#include "daemon/exit_codes.h"
#include "daemon/guard.h"
#include "linux/packet_tx.h"
#include "linux/privileges.h"
#include "linux/testament.h"

#define NAMESPACE_DIRECTORY "/run/netns/" /* of ip-netns(8) */
#define NAME_SIZE (2 * MESSAGE_NAME_SIZE)

/* Somebody put us there: NetworkNamespacePath of a unit, which takes no capability of ours. */
static bool is_ours(int namespace)
{
	struct stat wanted, own;

	return fstat(namespace, &wanted) == 0 && stat("/proc/self/ns/net", &own) == 0 && wanted.st_ino == own.st_ino &&
	       wanted.st_dev == own.st_dev;
}

/* false: a message was printed. */
static bool enter(struct guard *guard, const char *name)
{
	char *path;
	int error = 0;

	if (asprintf(&path, NAMESPACE_DIRECTORY "%s", name) < 0)
		return false;
	/* There alone the kernel tells of processes: src/runner/process_events.h. Nothing is told yet. */
	guard->process_events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	guard->net_namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (guard->net_namespace >= 0 && is_ours(guard->net_namespace)) {
		close(guard->net_namespace);
		guard->net_namespace = -1;
	} else if (guard->net_namespace < 0 || setns(guard->net_namespace, CLONE_NEWNET) < 0) {
		error = errno;
	}
	if (error)
		fprintf(stderr, "vigiad: cannot enter the network namespace %s: %s%s\n", path, strerror(error),
			error == ENOENT  ? "; 'ip netns add' makes one"
			: error == EPERM ? "; it takes CAP_SYS_ADMIN, or NetworkNamespacePath in the unit"
					 : "");
	free(path);
	if (error == EPERM)
		guard->exit_code = EXIT_PERMISSION;
	return !error;
}

/* false: a message was printed. */
static bool claim(struct pid_file *file, const char *path)
{
	pid_t owner;
	int error = pid_file_claim(file, path, &owner);

	if (!error)
		return true;
	if (error == -EWOULDBLOCK)
		fprintf(stderr,
			"vigiad: already running as process %d, which holds %s; "
			"a second daemon needs its own --control (or --pid and --vrrp_pid), or 'instance NAME' in its "
			"configuration\n",
			(int)owner, path);
	else
		fprintf(stderr, "vigiad: cannot write %s: %s\n", path, strerror(-error));
	return false;
}

static bool open_sockets(struct guard *guard)
{
	/* All removals of one virtual router are one message, whatever net.core.wmem_default says. */
	const int room = 2 * TESTAMENT_COPY_SIZE;

	guard->packet_socket = packet_tx_open();
	guard->netlink_socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (guard->packet_socket >= 0 && guard->netlink_socket >= 0 &&
		datagram_tx_open(&guard->datagram_tx) == 0) {
		if (setsockopt(guard->netlink_socket, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
			setsockopt(guard->netlink_socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		return true;
	}
	fprintf(stderr,
		"vigiad: cannot open a packet socket: %s; run it as root, or with CAP_NET_ADMIN and "
		"CAP_NET_RAW\n",
		strerror(guard->packet_socket < 0 ? -guard->packet_socket : errno));
	guard->exit_code = EXIT_PERMISSION;
	return false;
}

/* Whatever two daemons in one network namespace call themselves, their pid files differ. */
static void open_firewall(struct guard *guard)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *at = guard->options->pid_file; *at; at++)
		hash = (hash ^ (uint8_t)*at) * 16777619u;
	if (strcmp(guard->options->pid_file, DEFAULT_PID_FILE) == 0)
		snprintf(guard->firewall_name, sizeof(guard->firewall_name), "vigia");
	else
		snprintf(guard->firewall_name, sizeof(guard->firewall_name), "vigia-%08x", hash);
	guard->firewall_socket = nft_socket_open();
}

static bool settle(struct guard *guard, const struct message_place *place)
{
	const char *wanted = guard->options->net_namespace;
	const char *namespace = wanted ? wanted : place->net_namespace;
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%s%s%s", namespace, namespace[0] && place->instance[0] ? "_" : "",
		place->instance);
	if (!options_settle_places(guard->options, name)) {
		fprintf(stderr, "vigiad: cannot begin: out of memory\n");
		return false;
	}
	if (namespace[0] && !enter(guard, namespace))
		return false;
	open_firewall(guard);
	if (!open_sockets(guard) || !claim(&guard->pid_file, guard->options->pid_file) ||
		!claim(&guard->vrrp_pid_file, guard->options->vrrp_pid_file))
		return false;
	guard_find_left(guard);
	guard_find_igmp(guard);
	return true;
}

/* For good, exec or not: who begins with more is started by the starter, which is left behind here. false: a message was
 * printed. */
bool guard_confine(struct guard *guard)
{
	int error = guard->starter.now.channel < 0 ? guard_open_starter(guard) : 0;

	if (error) {
		fprintf(stderr, "vigiad: cannot begin: the process that starts the others cannot be started: %s\n", error_name(error));
		return false;
	}
	error = privileges_confine(PRIVILEGES_NETWORK);
	if (error)
		guard_log(guard, "the guard cannot give up its capabilities: %s", error_name(error));
	return true;
}

void guard_take_place(struct guard *guard, const struct message_place *place)
{
	const char *control;

	if (guard->placed || guard->state != GUARD_STARTING)
		return;
	guard->exit_code = EXIT_FATAL;
	if (!settle(guard, place) || !guard_confine(guard)) {
		guard_begin_stop(guard, guard->exit_code);
		return;
	}
	guard->exit_code = EXIT_OK;
	guard->placed = true;
	control = guard->options->control;
	channel_send(guard->front.channel.fd, MESSAGE_PLACED, control, strlen(control), guard->net_namespace);
}
