/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said on the collision domains of a lab: VRRP adverts and ARP, taken from the hub's ports with the kernel's time stamps,
 * by a thread of its own. The port a frame comes in by tells who sent it, whatever its addresses claim.
 *
 * A frame is seen before the bridge gets it: also what a silently cut cable swallows.
 */
#ifndef VIGIA_LAB_CAPTURE_H
#define VIGIA_LAB_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"
#include "lab/lab.h"

enum capture_kind {
	CAPTURE_ADVERT,
	CAPTURE_GRATUITOUS_ARP,
	CAPTURE_ARP_REQUEST,
	CAPTURE_ARP_REPLY,
};

struct capture_event {
	mono_t at;
	enum capture_kind kind;
	char device[LAB_DEVICE_NAME_SIZE]; /* the sender */
	char interface[IFNAMSIZ]; /* by which it sent */
	struct ip_addr source; /* IP source of an advert, sender's address of an ARP packet */
	struct ip_addr target; /* of an ARP packet */
	struct mac_addr mac; /* sender's, ARP */
	uint8_t version; /* the rest: ADVERT */
	uint8_t vrid;
	uint8_t priority;
	dur_t interval;
};

struct capture;

/* Captures from the return on. -errno. */
int capture_start(const struct lab *lab, struct capture **out, struct lab_error *error);
/* A copy of what was seen until now, oldest first, to be freed by the caller; NULL without memory. */
struct capture_event *capture_events(struct capture *capture, size_t *count);
void capture_stop(struct capture *capture);

#endif
