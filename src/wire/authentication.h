/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has a key: the digests of VRRP packets. Three schemes are in use, none of them part of RFC 9568:
 *
 *	PASS	RFC 2338 type 1, version 2: eight octets of text in the clear
 *	AH	RFC 2338 type 2, version 2 over IPv4: an IP authentication header (RFC 2402) with HMAC-MD5-96 (RFC 2403)
 *	HMAC	auth_hmac of keepalived 2.4, version 3: a trailer with HMAC-SHA256, cut to 16 octets
 *
 * Pure functions over bytes; who may say what, and how often, is the business of core/. How they look on the wire, and what
 * of it could be compared with other routers, is in doc/authentication.md.
 */
#ifndef VIGIA_WIRE_AUTHENTICATION_H
#define VIGIA_WIRE_AUTHENTICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cursor.h"

enum vrrp_scheme {
	VRRP_SCHEME_NONE,
	VRRP_SCHEME_PASS,
	VRRP_SCHEME_AH,
	VRRP_SCHEME_HMAC,
};

#define IP_PROTOCOL_AH 51

/* What stands in octet 4 of a version 2 advert: RFC 2338 5.3.6. */
#define VRRP_AUTH_TYPE_NONE 0
#define VRRP_AUTH_TYPE_PASS 1
#define VRRP_AUTH_TYPE_AH 2

#define VRRP_AH_SIZE 24 /* next header, length, reserved, SPI, sequence number, 12 octets of digest */
#define VRRP_AH_DIGEST_SIZE 12
#define VRRP_TRAILER_SIZE 28 /* key id, 3 reserved, time stamp, sub-second, counter, 16 octets of digest */
#define VRRP_TRAILER_DIGEST_SIZE 16

/* Whether the octets agree, in a time that does not tell where they differ. */
bool vrrp_secret_equal(const void *a, const void *b, size_t length);

/* The authentication header between the IP header and the VRRP message. */
struct vrrp_ah {
	uint8_t next_header;
	uint8_t length; /* in words of 4 octets, less 2: 4 */
	uint32_t spi;
	uint32_t sequence;
};
/* ah: VRRP_AH_SIZE bytes. */
struct vrrp_ah vrrp_ah_read(const uint8_t *ah);
/* Writes a header whose digest is zero; vrrp_ah_sign fills it in when the packet is complete. The SPI is the source address,
 * as keepalived has it. */
void vrrp_ah_write(struct writer *packet, const struct ip_addr *source, uint32_t sequence);
/* packet: a whole IPv4 packet, with the authentication header right behind its IP header. */
void vrrp_ah_sign(uint8_t *packet, size_t length, const uint8_t *key, size_t key_length);
/* Takes both readings of what the digest covers: that of RFC 2402, and that of keepalived's multicast, to which the TTL
 * belongs. */
bool vrrp_ah_is_right(const uint8_t *packet, size_t length, const uint8_t *key, size_t key_length);

/* The trailer behind a version 3 message. The stamp is one number that grows with every advert of a router: seconds since 1970
 * (32 bits), 1/65536 of a second (16), and a counter that tells apart what was sent within one of these (16). */
struct vrrp_trailer {
	uint8_t key_id;
	uint64_t stamp;
};
/* trailer: VRRP_TRAILER_SIZE bytes. */
struct vrrp_trailer vrrp_trailer_read(const uint8_t *trailer);
/* Behind the length octets that packet holds since message_start: the VRRP message, complete but for the trailer. */
void vrrp_trailer_write(struct writer *packet, size_t message_start, const struct ip_addr *source,
	const struct vrrp_trailer *trailer, const uint8_t *key, size_t key_length);
/* message: length octets, without the trailer. */
bool vrrp_trailer_is_right(const struct ip_addr *source, const uint8_t *message, size_t length,
	const uint8_t *trailer, const uint8_t *key, size_t key_length);

#endif
