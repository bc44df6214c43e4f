/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/drop.h"

const char *drop_reason_name(enum drop_reason reason)
{
	switch (reason) {
	case DROP_NONE:
		return "none";
	case DROP_IP_HEADER:
		return "ip-header";
	case DROP_FRAGMENT:
		return "fragment";
	case DROP_PROTOCOL:
		return "protocol";
	case DROP_SOURCE:
		return "source";
	case DROP_DESTINATION:
		return "destination";
	case DROP_TTL:
		return "ttl";
	case DROP_VERSION:
		return "version";
	case DROP_TYPE:
		return "type";
	case DROP_LENGTH:
		return "length";
	case DROP_CHECKSUM:
		return "checksum";
	case DROP_VRID:
		return "vrid";
	case DROP_PEER:
		return "peer";
	case DROP_OWNER:
		return "owner";
	case DROP_AUTH_TYPE:
		return "auth-type";
	case DROP_AUTH_MISMATCH:
		return "auth-mismatch";
	case DROP_AUTH_FAILURE:
		return "auth-failure";
	case DROP_REPLAY:
		return "replay";
	case DROP_ADDRESS_LIST:
		return "address-list";
	case DROP_INTERVAL:
		return "interval";
	case DROP_NOT_RUNNING:
		return "not-running";
	case DROP_LOOPED:
		return "looped";
	case DROP_REASON_COUNT:
		break;
	}
	return "unknown";
}

const char *drop_reason_text(enum drop_reason reason)
{
	switch (reason) {
	case DROP_NONE:
		return "accepted";
	case DROP_IP_HEADER:
		return "the IP header is broken (version, length or checksum), or the packet is cut short";
	case DROP_FRAGMENT:
		return "it is a fragment of an IP packet; adverts are never fragmented";
	case DROP_PROTOCOL:
		return "the IP protocol is not 112 (VRRP), alone or behind an authentication header";
	case DROP_SOURCE:
		return "the source address is not that of a router (unspecified, multicast or broadcast; in "
		       "IPv6: "
		       "not link-local)";
	case DROP_DESTINATION:
		return "it was not sent to the group of the virtual router (224.0.0.18 or ff02::12 unless configured), "
		       "or, if that is a unicast one, not to its own address";
	case DROP_TTL:
		return "TTL or hop limit is not 255 (sent by something that is not on this link), or not within the "
		       "limits of the unicast peer";
	case DROP_VERSION:
		return "the VRRP version is not that of the virtual router, or neither 2 nor 3";
	case DROP_TYPE:
		return "the VRRP type is not 1 (advertisement)";
	case DROP_LENGTH:
		return "the length does not agree with the number of addresses";
	case DROP_CHECKSUM:
		return "the VRRP checksum is wrong";
	case DROP_VRID:
		return "no virtual router with this VRID is configured on the interface";
	case DROP_PEER:
		return "the sender is not listed as a unicast peer";
	case DROP_OWNER:
		return "this router owns the addresses (priority 255): nobody else may announce them";
	case DROP_AUTH_TYPE:
		return "the authentication type is unknown";
	case DROP_AUTH_MISMATCH:
		return "the authentication type is not the configured one: the routers do not hear each other, and "
		       "each may be master";
	case DROP_AUTH_FAILURE:
		return "the authentication is wrong (another password or key): the routers do not hear each other, and "
		       "each may be master";
	case DROP_REPLAY:
		return "it was said before, or its time stamp is too far from our clock";
	case DROP_ADDRESS_LIST:
		return "the advertised addresses are none, or not the configured ones";
	case DROP_INTERVAL:
		return "the advertisement interval is zero, or not the configured one";
	case DROP_NOT_RUNNING:
		return "the virtual router is not running (INIT or FAULT)";
	case DROP_LOOPED:
		return "it is our own advert that came back to us";
	case DROP_REASON_COUNT:
		break;
	}
	return "unknown reason";
}
