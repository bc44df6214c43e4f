/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BFD Control packets: RFC 5880 section 4.1, without authentication.
 *
 * bfd_decode makes the checks of section 6.8.6 that need nothing but the bytes, in its order; the first that fails names
 * the reason. Those that need a session are in core/bfd.h.
 */
#ifndef VIGIA_WIRE_BFD_H
#define VIGIA_WIRE_BFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BFD_VERSION 1
#define BFD_PACKET_SIZE 24
#define BFD_PORT 3784 /* single hop: RFC 5881 */
#define BFD_MULTIHOP_PORT 4784 /* RFC 5883 */

/* The values of the Sta field. */
enum bfd_state {
	BFD_ADMIN_DOWN,
	BFD_DOWN,
	BFD_INIT,
	BFD_UP,
};
#define BFD_STATE_COUNT 4

/* The values of the Diag field: why the sender last left Up. */
enum bfd_diag {
	BFD_DIAG_NONE,
	BFD_DIAG_DETECTION_EXPIRED,
	BFD_DIAG_ECHO_FAILED,
	BFD_DIAG_NEIGHBOR_DOWN,
	BFD_DIAG_FORWARDING_RESET,
	BFD_DIAG_PATH_DOWN,
	BFD_DIAG_CONCATENATED_DOWN,
	BFD_DIAG_ADMIN_DOWN,
	BFD_DIAG_REVERSE_CONCATENATED_DOWN,
	/* 9 to 31 are reserved: kept as they come. */
};

/* Why a packet was not taken, in the order of the checks. */
enum bfd_drop {
	BFD_DROP_NONE,
	BFD_DROP_VERSION,
	BFD_DROP_LENGTH, /* shorter than a packet, or than its own length says */
	BFD_DROP_MULTIPLIER, /* zero */
	BFD_DROP_MULTIPOINT, /* the M bit */
	BFD_DROP_MY_DISCRIMINATOR, /* zero */
	BFD_DROP_STATE, /* Your Discriminator is zero, but the state is neither Down nor AdminDown */
	BFD_DROP_SESSION, /* no session has that discriminator or, where it is zero, that neighbor */
	BFD_DROP_SOURCE, /* the discriminator of a session, but not the address of its neighbor, or not its interface */
	BFD_DROP_HOPS, /* the TTL or hop limit says it came from too far away */
	BFD_DROP_AUTHENTICATION, /* authenticated, which no session here is */
	BFD_DROP_ADMIN_DOWN, /* the session is shut down */
	BFD_DROP_COUNT
};

struct bfd_packet {
	enum bfd_state state;
	uint8_t diag; /* enum bfd_diag, or a reserved value up to 31 */
	bool poll;
	bool final;
	bool control_plane_independent;
	bool authentication;
	bool demand;
	uint8_t multiplier;
	uint32_t my_discriminator;
	uint32_t your_discriminator;
	uint32_t desired_min_tx; /* microseconds, as the others */
	uint32_t required_min_rx;
	uint32_t required_min_echo_rx;
};

/* The payload of a UDP datagram; what follows the packet's own length is ignored. *out is written on BFD_DROP_NONE only. */
enum bfd_drop bfd_decode(const uint8_t *bytes, size_t length, struct bfd_packet *out);
/* Without an authentication section, whatever the packet says. */
void bfd_encode(const struct bfd_packet *packet, uint8_t bytes[BFD_PACKET_SIZE]);

/* "AdminDown", "Down", "Init", "Up": as RFC 5880 writes them. */
const char *bfd_state_name(enum bfd_state state);
/* One line for people, in the words of RFC 5880 4.1: "Control Detection Time Expired". */
const char *bfd_diag_text(uint8_t diag);
/* Stable words for JSON and counters: "my-discriminator". */
const char *bfd_drop_name(enum bfd_drop reason);
/* One line for people. */
const char *bfd_drop_text(enum bfd_drop reason);

#endif
