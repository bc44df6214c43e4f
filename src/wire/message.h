/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reader and the writer of VRRP messages share; private to wire/. */
#ifndef VIGIA_WIRE_MESSAGE_H
#define VIGIA_WIRE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ETHERNET_HEADER_SIZE 14
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define IP_HEADER_SIZE 20 /* without options */
#define VRRP_TYPE_ADVERTISEMENT 1
#define VRRP_V3_INTERVAL_MAX 0x0fff /* 12 bits of centiseconds: RFC 9568 5.2.7 */

/* The unfinished sum of the IPv4 pseudo-header that RFC 5798 5.2.8 is read as; length is that of the message. */
uint32_t vrrp_pseudo_header_sum(
	const struct ip_addr *source, const struct ip_addr *destination, size_t length);

#endif
