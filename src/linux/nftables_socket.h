/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A netlink socket to nf_tables. Tables are made with "owner": they live as long as a descriptor of this socket, nobody
 * else can change them, and `nft flush ruleset` leaves them alone. The guard opens it and keeps a copy, so that
 * they outlive an engine and end with the daemon.
 */
#ifndef VIGIA_LINUX_NFTABLES_SOCKET_H
#define VIGIA_LINUX_NFTABLES_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/nftables_message.h"

#define FIREWALL_NAME_SIZE 32 /* of a daemon's tables, without the interface */

/* Close-on-exec; or -errno: -EPROTONOSUPPORT when the kernel has no nfnetlink. */
int nft_socket_open(void);
/* Sends the batch, frees it, and reads the answer: 0, or -errno of the first message that the kernel refused, and then
 * nothing has changed. */
int nft_socket_run(int fd, struct nft_batch *batch);
/* Its netlink port: the owner of what it makes. 0: it has none. */
uint32_t nft_socket_port(int fd);
/* Whether it is `name`, or begins with `name` and a dot. */
bool nft_name_is_of(const char *table, const char *name);
/* Every table of the namespace whose name is `name`, or begins with `name` and a dot, but those that another socket owns; and whatever
 * this one owns. 0 or -errno: -EOPNOTSUPP or the
 * like when the kernel has no nf_tables. each must not use the socket. */
int nft_socket_list(
	int fd, const char *name, void (*each)(void *user, const struct nft_table *table), void *user);
/* Removes all of these. 0 or -errno. */
int nft_socket_remove(int fd, const char *name);

#endif
