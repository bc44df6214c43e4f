/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VRRP packets: RFC 3768 section 5 (version 2) and RFC 9568 section 5 (version 3).
 *
 * vrrp_decode reads an IP packet and answers with a struct or with the reason to drop it; it trusts no length and no
 * field. vrrp_encode writes a whole Ethernet frame, since adverts leave by a packet socket that fills in nothing.
 */
#ifndef VIGIA_WIRE_VRRP_H
#define VIGIA_WIRE_VRRP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/small_enum.h"
#include "base/time.h"
#include "wire/authentication.h"
#include "wire/checksum.h"
#include "wire/drop.h"

#define VRRP_IP_PROTOCOL 112
#define VRRP_TTL 255 /* and hop limit */
#define VRRP_TOS 0xc0 /* CS6, also the IPv6 traffic class: IPH-11 */
#define VRRP_ADDRESSES_MAX 255
#define VRRP_FRAME_MAX 1514 /* at the usual MTU; 90 IPv6 addresses fit */
#define VRRP_AUTH_SIZE 8

/* How the checksum of a version 3 advert verified: AMB-01. */
enum vrrp_checksum_form {
	VRRP_CHECKSUM_NONE, /* not verified, or version 2 */
	VRRP_CHECKSUM_MESSAGE_ONLY, /* IPv4 only */
	VRRP_CHECKSUM_PSEUDO_HEADER, /* always so over IPv6 */
	VRRP_CHECKSUM_BOTH, /* the sums agree by chance */
} SMALL_ENUM;
#define VRRP_CHECKSUM_FORM_LAST VRRP_CHECKSUM_BOTH

/* Stable words for JSON, traces and people: "none", "message-only", "pseudo-header", "both". */
const char *vrrp_checksum_form_name(enum vrrp_checksum_form form);

/* A decoded advert. The pointers point into the packet: they live as long as the bytes. */
struct vrrp_advert {
	struct ip_addr source;
	struct ip_addr destination;
	uint8_t ttl;
	uint8_t version;
	uint8_t type;
	uint8_t vrid;
	uint8_t priority;
	uint8_t auth_type; /* version 2 */
	uint8_t address_count;
	enum vrrp_checksum_form checksum_form;
	uint16_t checksum; /* as received */
	dur_t interval; /* Max_Advertise_Interval (v3) or Adver_Int (v2) */
	const uint8_t *addresses; /* address_count of ip_size() bytes each */
	const uint8_t *auth_data; /* version 2: VRRP_AUTH_SIZE bytes */

	/* What digests are made of: wire/authentication.h. */
	const uint8_t *packet; /* from the IP header on */
	size_t packet_length; /* by the IP header */
	const uint8_t *ah; /* the authentication header before the message, VRRP_AH_SIZE bytes; NULL: none */
	const uint8_t *message;
	size_t message_length; /* without the trailer */
	const uint8_t *trailer; /* version 3: VRRP_TRAILER_SIZE bytes behind the message; NULL: none */
};

/* Decodes the IP packet (from the IP header on; Ethernet padding after the IP length is legal and ignored). Whether it came
 * to the right group or host, what TTL a unicast advert may have, and who had to authenticate: core/accept.h.
 * On a drop, *out holds what had been read by then (the rest zero), so that a log line can name the sender. */
enum drop_reason vrrp_decode(const uint8_t *packet, size_t length, struct vrrp_advert *out);
struct ip_addr vrrp_advert_address(const struct vrrp_advert *advert, unsigned index);

/* How to authenticate what is sent. */
struct vrrp_signature {
	enum vrrp_scheme scheme; /* PASS and AH: version 2 over IPv4; HMAC: version 3 */
	const uint8_t *key; /* PASS: VRRP_AUTH_SIZE octets */
	size_t key_length;
	uint8_t key_id; /* HMAC */
	uint64_t sequence; /* AH: 32 bits; HMAC: the stamp of the trailer */
};

/* What to send. */
struct vrrp_encode_request {
	struct mac_addr source_mac;
	struct ip_addr
		source; /* primary address of the sending interface; its family is that of the advert */
	struct ip_addr destination; /* a group or a host; IP_NONE: vrrp_group() */
	uint8_t ttl; /* 0: 255 */
	uint8_t version;
	uint8_t vrid;
	uint8_t priority;
	dur_t interval; /* rounded to the unit of the version by the configuration already */
	enum vrrp_checksum_form checksum_form; /* v3 over IPv4: MESSAGE_ONLY or PSEUDO_HEADER */
	const struct ip_addr *addresses;
	size_t address_count; /* at most VRRP_ADDRESSES_MAX */
	const struct vrrp_signature *signature; /* NULL: none */
};

/* The Ethernet frame to the group, not padded (to a host: the destination MAC is zero, and the packet behind the Ethernet
 * header is what counts); returns its length. 0: it does not fit the buffer, or the fields of the
 * version cannot say it (version 2 has IPv4 only; one family throughout; interval to 255 s or 40.95 s). */
size_t vrrp_encode(const struct vrrp_encode_request *request, uint8_t *frame, size_t size);

/* 224.0.0.18 or ff02::12 */
struct ip_addr vrrp_group(enum ip_family family);
/* 00:00:5e:00:01:VRID (IPv4), 00:00:5e:00:02:VRID (IPv6): RFC 9568 7.3 */
struct mac_addr vrrp_virtual_mac(enum ip_family family, uint8_t vrid);

#endif
