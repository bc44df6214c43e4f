/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a received packet was not taken: one reason, one counter, one rate-limited log line each (RX-24).
 * The order of the list is the order of the checks (RFC 9568 7.1, RFC 3768 7.1; RX in doc/conformance.md):
 * the first failure names the reason. Reasons up to DROP_CHECKSUM come from the bytes alone (wire/), the others,
 * and what only a unicast or a multicast router may refuse, from comparing with a configuration (core/accept.h).
 */
#ifndef VIGIA_WIRE_DROP_H
#define VIGIA_WIRE_DROP_H

#include "base/small_enum.h"

enum drop_reason {
	DROP_NONE = 0, /* accepted */
	DROP_IP_HEADER, /* not a sound IP header: version, lengths, checksum; or more promised than there is */
	DROP_FRAGMENT, /* RX-28 */
	DROP_PROTOCOL, /* neither protocol 112 nor an authentication header with 112 behind it */
	DROP_SOURCE, /* unspecified, multicast or broadcast source; IPv6: kept if just not link-local: RX-26 */
	DROP_DESTINATION, /* not the group of the virtual router, or not its own address: RX-27 */
	DROP_TTL, /* RX-01; unicast: beyond the peer's min_ttl and max_ttl */
	DROP_VERSION, /* neither 2 nor 3, or not that of the virtual router: RX-02, RX-25 */
	DROP_TYPE, /* RX-03 */
	DROP_LENGTH, /* short or long: RX-04, RX-05 */
	DROP_CHECKSUM, /* RX-06 */
	DROP_VRID, /* no such virtual router on this interface: RX-07 */
	DROP_PEER, /* unicast: the sender is not listed as a peer */
	DROP_OWNER, /* v2: the local router owns the addresses: RX-30 */
	DROP_AUTH_TYPE, /* v2, type unknown: RX-19 */
	DROP_AUTH_MISMATCH, /* v2, known but not the configured type: RX-20; v3, no trailer where one is due */
	DROP_AUTH_FAILURE, /* wrong text, digest or key: RX-21, RX-22 */
	DROP_REPLAY, /* authenticated, but said before, or too long ago */
	DROP_ADDRESS_LIST, /* v3 count 0 (RX-09); v2 list differs (RX-18) */
	DROP_INTERVAL, /* v3 interval 0 (RX-11); v2 interval differs (RX-16) */
	DROP_NOT_RUNNING, /* the virtual router is in Initialize: FSM-I4 */
	DROP_LOOPED, /* our own frame came back to us: IPH-13 */
	DROP_REASON_COUNT
} SMALL_ENUM;

/* Stable words for JSON and counters: "ttl", "address-list". */
const char *drop_reason_name(enum drop_reason reason);
/* One line for people: "TTL or hop limit is not 255 (sent by something that is not on this link)". */
const char *drop_reason_text(enum drop_reason reason);

#endif
