/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that the readers and the writers of messages share; private to wire/. */
#ifndef VIGIA_WIRE_MESSAGE_H
#define VIGIA_WIRE_MESSAGE_H

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_ARP 0x0806
#define VRRP_TYPE_ADVERTISEMENT 1
#define VRRP_V3_INTERVAL_MAX 0x0fff /* 12 bits of centiseconds: RFC 9568 5.2.7 */

#endif
