/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that nftables does for us: engine/port.h's firewall. What should be in force is kept here, so that each call
 * becomes one transaction with the difference, and so that the whole can be put back, in one transaction too,
 * when a predecessor's rules or somebody's hand are in the way.
 *
 * One thing is for the time after that: mortal addresses. Of them nothing is said any more when nobody of us lives.
 *
 * Any thread may call: nf_tables can be locked for long by others (doc/linux.md), and then what is not urgent waits on one of its own;
 * and where others can change our tables, they are put back by threads of their own (firewall_sentries.h).
 *
 * The tables are ours alone (see nftables_socket.h). Their name is what the configuration says; else that of the daemon in its
 * namespace, `vigia` unless a second one runs with a pid file of its own.
 */
#ifndef VIGIA_LINUX_FIREWALL_H
#define VIGIA_LINUX_FIREWALL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/port.h"
#include "linux/firewall_elements.h"
#include "linux/nftables_socket.h"

#define FIREWALL_TABLE_NAME_SIZE (FIREWALL_NAME_SIZE + 16)

struct firewall_table {
	char name[FIREWALL_TABLE_NAME_SIZE];
	uint8_t family;
	int ifindex; /* of a netdev table; FIREWALL_AFTER, FIREWALL_ALIVE; else 0 */
	bool former; /* has a name that we gave up: only to be removed */
	bool exists;
	bool stale; /* left by a predecessor, or no longer believed: to be replaced */
	bool doubtful; /* and there may be none any more */
	bool needed;
};

/* What the configuration says about them. */
struct firewall_style {
	int32_t priority; /* of the chains that drop */
	bool counts; /* rules that accept or drop do */
};

struct firewall {
	pthread_mutex_t lock;
	struct firewall_style style;
	int socket; /* -1: the kernel has no nfnetlink */
	int filters; /* packet socket whose memberships open the network cards' filters; -1: not needed yet */
	char name[FIREWALL_NAME_SIZE]; /* of sentries it is read without the lock: there are none when it changes */
	uint32_t sequence;
	bool owned; /* make tables that nobody else may touch: Linux 5.12 */
	bool persists; /* that for the time after us, too: Linux 6.9 */
	bool learned; /* what stands in the kernel is known */
	bool resting; /* a successor makes the changes: nothing is put back */
	mono_t put_back_at;
	int answered; /* the transaction of others to which that was the answer; -1: none, or it failed */
	uint64_t outlives; /* milliseconds that the mortal addresses are silent after our end */
	struct firewall_elements elements;
	struct firewall_table *tables;
	size_t table_count;
};

/* socket: of nft_socket_open(), or its error; it becomes the firewall's. The kernel is asked for nothing yet. */
void firewall_open(struct firewall *firewall, int socket, const char *name, const struct firewall_style *style);
/* What stands in the kernel stays while anybody has a copy of the socket. */
void firewall_close(struct firewall *firewall);
/* All of them or none: 0 or -errno. */
int firewall_change(struct firewall *firewall, const struct firewall_op *ops, size_t count);
/* What should be in force is made so, wherever others can have changed it, by this transaction (nft_events_read; -1: any); unless a
 * sentry has done so already. 0 or -errno. */
int firewall_put_back(struct firewall *firewall, int transaction);
/* Whether there is anything of ours that others can change; if_busy: what to say without waiting for a transaction that is on its way. */
bool firewall_is_open_to_others(struct firewall *firewall, bool if_busy);
/* By a sentry: does the same, but no sooner than RESTORE_SPACING after it was done last, and only where it is known what stands. If not,
 * firewall_put_back does. */
void firewall_answer(struct firewall *firewall, int transaction);
/* Nothing is put back by sentries until firewall_wake: somebody else with a copy of the socket is to make the changes. false: one of our own is
 * on its way, and may be for long. */
bool firewall_rest(struct firewall *firewall);
void firewall_wake(struct firewall *firewall);
/* Somebody else with a copy of the socket may have changed anything: the next change begins with a look at what stands there. */
void firewall_forget(struct firewall *firewall);
/* Another name, another style: what stands is replaced in one transaction, so that its rules are in force all the time. 0, or -errno
 * and then it stays as it was. No sentries may watch. */
int firewall_follow(struct firewall *firewall, const char *name, const struct firewall_style *style);
/* These addresses are mortal, and no others; addresses NULL and count not 0: those that are. They stay silent for `length` after our end, if
 * this is not called again. 0, or -errno, and then they are as before: -EOPNOTSUPP, the kernel lacks what it needs. */
int firewall_make_mortal(
	struct firewall *firewall, const struct ip_addr *addresses, size_t count, dur_t length);

#endif
