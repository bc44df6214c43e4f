/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who changes tables of nf_tables beside us: a netlink socket on which the kernel tells of every transaction in the namespace but our
 * own. Where rule sets of many thousand rules come and go, that is all it costs: they are read, and are not about us.
 */
#ifndef VIGIA_LINUX_NFTABLES_EVENTS_H
#define VIGIA_LINUX_NFTABLES_EVENTS_H

#include <stdint.h>

#define NFT_EVENTS_OF_ALL (-1)

/* own_port: of the socket that makes our changes (nft_socket_port). processor: only of changes made there; or NFT_EVENTS_OF_ALL.
 * Close-on-exec; or -errno. */
int nft_events_open(uint32_t own_port, int processor);
/* Reads what waits, up to a limit that leaves room for adverts: call again while the socket is readable. 1: a table of that name, or
 * of one that begins with it and a dot, was changed, by that transaction last, as the kernel numbers them (16 bits), or may have been,
 * since events were lost (-1); 0; -errno, it is of no more use. */
int nft_events_read(int fd, const char *name, int *transaction);

#endif
