/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UDP for BFD. Each session sends by a socket of its own, whose source port stays the same (RFC 5881 section 4); what comes
 * in arrives at one socket for each family and port, which is there while any session wants it: a host without BFD has
 * no port open.
 */
#ifndef VIGIA_LINUX_BFD_SOCKETS_H
#define VIGIA_LINUX_BFD_SOCKETS_H

#include "core/config.h"
#include "engine/engine.h"
#include "linux/event_loop.h"

#define BFD_KINDS 4 /* IPv4 and IPv6, single hop and multihop */

typedef void bfd_heard(void *user, const struct engine_bfd_packet *packet);

struct bfd_sockets {
	struct event_loop *loop;
	bfd_heard *heard;
	void *user;
	uint16_t next_port;
	uint64_t lost; /* by those that are closed, and not told yet */
	struct bfd_ear {
		struct event_source source; /* fd -1: not open */
		struct bfd_sockets *sockets;
		enum ip_family family;
		bool multihop;
		size_t sessions;
		uint32_t refused; /* of this socket, so far */
	} ears[BFD_KINDS];
};

/* loop is kept; heard is called from its dispatch. */
void bfd_sockets_init(struct bfd_sockets *sockets, struct event_loop *loop, bfd_heard *heard, void *user);
void bfd_sockets_close(struct bfd_sockets *sockets);
/* A descriptor to send by, or -errno: -EADDRINUSE, another program has the port to hear by. */
int bfd_sockets_session_open(struct bfd_sockets *sockets, const struct bfd_config *config);
void bfd_sockets_session_close(struct bfd_sockets *sockets, int fd, const struct bfd_config *config);
/* How many packets found no room since this was asked last. */
uint64_t bfd_sockets_lost(struct bfd_sockets *sockets);
/* By the interface, if it is not 0. 0 or -errno. */
int bfd_sockets_send(int fd, const struct bfd_config *config, int ifindex, const uint8_t *bytes, size_t length);

#endif
