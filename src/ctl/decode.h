/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of `vigia decode` share: a packet found in a capture, and what a router would make of it. */
#ifndef VIGIA_CTL_DECODE_H
#define VIGIA_CTL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/text.h"
#include "base/time.h"
#include "conf/conf.h"
#include "wire/vrrp.h"

/* What a frame carries. Bytes point into the frame. */
struct link_payload {
	uint16_t ethertype;
	bool has_mac; /* the capture tells who sent it */
	struct mac_addr mac;
	uint16_t vlan; /* of the innermost tag; 0: none */
	const uint8_t *bytes;
	size_t length;
};

/* Ethernet, Linux cooked (1 and 2) and raw IP. link_type: a DLT_ number of libpcap. */
bool link_type_is_known(int link_type);
/* Takes the link header off, and VLAN tags. false: shorter than its header. */
bool link_payload_of(int link_type, const uint8_t *frame, size_t length, struct link_payload *out);

struct decoded_packet {
	unsigned long number; /* place in the file, from 1, as Wireshark counts */
	dur_t time; /* since 1970 */
	bool has_mac;
	struct mac_addr mac;
	uint16_t vlan; /* 0: not tagged */
	struct vrrp_advert advert;
	enum drop_reason reason;
	bool not_captured; /* the capture holds too little of it (a snap length): nobody can judge it */
	const char *instance; /* of the given configuration, or NULL: then no key is known, and signatures are only shown */
	/* Accepted, but not what that instance would say itself: two routers of one group are configured differently. */
	bool addresses_differ;
	bool interval_differs;
};

/* What tells hosts where a virtual address is: gratuitous ARP, or an unsolicited neighbour advertisement. */
struct decoded_announcement {
	unsigned long number;
	dur_t time;
	bool has_mac; /* of the frame */
	struct mac_addr frame_mac;
	uint16_t vlan;
	struct ip_addr address;
	bool names_mac; /* an advertisement may leave it out */
	struct mac_addr mac;
};

/* decode_announcement.c: fills in all but number and time. false: none. */
bool announcement_of(const struct link_payload *payload, struct decoded_announcement *out);

/* One line, without its end. Time is local, as everywhere else on the screen. */
void decoded_packet_text(const struct decoded_packet *packet, struct text *out);
void decoded_packet_json(const struct decoded_packet *packet, struct text *out);
void decoded_announcement_text(const struct decoded_announcement *announcement, struct text *out);
void decoded_announcement_json(const struct decoded_announcement *announcement, struct text *out);

#endif
