/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a captured packet to the announcement of an address in it. */
#include "ctl/decode.h"

#include "wire/arp.h"
#include "wire/nd.h"

#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_IPV6 0x86dd

static bool read_arp(const struct link_payload *payload, struct decoded_announcement *out)
{
	struct arp_packet arp;

	if (!arp_decode(payload->bytes, payload->length, &arp) || !ip_equal(&arp.sender, &arp.target))
		return false;
	out->address = arp.sender;
	out->names_mac = true;
	out->mac = arp.sender_mac;
	return true;
}

static bool read_nd(const struct link_payload *payload, struct decoded_announcement *out)
{
	struct nd_packet nd;

	if (!nd_decode(payload->bytes, payload->length, &nd) || nd.type != ND_ADVERTISEMENT || nd.solicited)
		return false;
	out->address = nd.target;
	out->names_mac = nd.has_mac;
	out->mac = nd.mac;
	return true;
}

bool announcement_of(const struct link_payload *payload, struct decoded_announcement *out)
{
	out->has_mac = payload->has_mac;
	out->frame_mac = payload->mac;
	out->vlan = payload->vlan;
	if (payload->ethertype == ETHERTYPE_ARP)
		return read_arp(payload, out);
	return payload->ethertype == ETHERTYPE_IPV6 && read_nd(payload, out);
}
