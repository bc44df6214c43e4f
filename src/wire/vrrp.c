/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading adverts. The checks stand in the order of RFC 9568 7.1 and RFC 3768 7.1 (RX in doc/conformance.md),
 * behind those of the IP header; the first that fails names the reason. The message is what the IP header's
 * length says, so Ethernet padding is never seen (RX-31).
 */
#include "wire/vrrp.h"

#include <string.h>

#include "base/cursor.h"
#include "wire/ip_packet.h"
#include "wire/message.h"

struct ip_addr vrrp_group(enum ip_family family)
{
	static const uint8_t group_v6[16] = {0xff, 0x02, [15] = 0x12};

	return family == IP_V6 ? ip_v6_from(group_v6) : ip_v4(224, 0, 0, 18);
}

struct mac_addr vrrp_virtual_mac(enum ip_family family, uint8_t vrid)
{
	return (struct mac_addr){{0x00, 0x00, 0x5e, 0x00, family == IP_V6 ? 0x02 : 0x01, vrid}};
}

const char *vrrp_checksum_form_name(enum vrrp_checksum_form form)
{
	switch (form) {
	case VRRP_CHECKSUM_NONE:
		return "none";
	case VRRP_CHECKSUM_MESSAGE_ONLY:
		return "message-only";
	case VRRP_CHECKSUM_PSEUDO_HEADER:
		return "pseudo-header";
	case VRRP_CHECKSUM_BOTH:
		return "both";
	}
	return "unknown";
}

struct ip_addr vrrp_advert_address(const struct vrrp_advert *advert, unsigned index)
{
	unsigned size = ip_size(&advert->source);
	const uint8_t *bytes = advert->addresses + (size_t)index * size;

	return size == 16 ? ip_v6_from(bytes) : ip_v4_from(bytes);
}

/* An address no host can have (RX-26). Directed broadcasts look like any other host: nobody told us the mask.
 */
static bool source_is_impossible(const struct ip_addr *source)
{
	struct ip_addr broadcast = ip_v4(255, 255, 255, 255);

	return ip_is_unspecified(source) || ip_is_multicast(source) || ip_equal(source, &broadcast);
}

/* VRRP itself, or an authentication header with VRRP behind it (RFC 2338 5.3.6.3, IPv4 only). */
static enum drop_reason decode_payload(const struct ip_packet *ip, struct vrrp_advert *out, struct reader *message)
{
	*message = reader_over(ip->payload, ip->length);
	if (ip->protocol == VRRP_IP_PROTOCOL)
		return DROP_NONE;
	if (ip->protocol != IP_PROTOCOL_AH || ip->source.family != IP_V4)
		return DROP_PROTOCOL;
	if (ip->length > 0 && ip->payload[0] != VRRP_IP_PROTOCOL)
		return DROP_PROTOCOL;
	out->ah = read_bytes(message, VRRP_AH_SIZE);
	return DROP_NONE;
}

static bool destination_is_possible(const struct ip_addr *destination)
{
	struct ip_addr broadcast = ip_v4(255, 255, 255, 255);

	return !ip_is_unspecified(destination) && !ip_equal(destination, &broadcast);
}

/* On DROP_NONE *message covers the VRRP message, and its trailer if there is one. */
static enum drop_reason decode_ip(
	const uint8_t *packet, size_t length, struct vrrp_advert *out, struct reader *message)
{
	struct ip_packet ip;
	enum drop_reason reason = ip_packet_decode(packet, length, &ip);

	out->source = ip.source;
	out->destination = ip.destination;
	out->ttl = ip.hops;
	if (reason != DROP_NONE)
		return reason;
	out->packet = packet;
	out->packet_length = (size_t)(ip.payload - packet) + ip.length;
	reason = decode_payload(&ip, out, message);
	if (reason != DROP_NONE)
		return reason;
	if (source_is_impossible(&out->source))
		return DROP_SOURCE;
	if (!destination_is_possible(&out->destination))
		return DROP_DESTINATION;
	/* A unicast advert may come from further away. */
	if (out->ttl != VRRP_TTL && ip_is_multicast(&out->destination))
		return DROP_TTL;
	return DROP_NONE;
}

/* Version, type and length; the reader is at the end afterwards. */
static enum drop_reason decode_message(struct reader *message, struct vrrp_advert *out)
{
	uint8_t version_and_type;
	uint16_t interval;

	if (message->failed || message->left == 0)
		return DROP_LENGTH;
	out->message = message->at;
	version_and_type = read_u8(message);
	out->version = version_and_type >> 4;
	out->type = version_and_type & 0x0f;
	out->vrid = read_u8(message);
	out->priority = read_u8(message);
	out->address_count = read_u8(message);
	interval = read_u16(message);
	out->checksum = read_u16(message);
	if (out->version != 3 && (out->version != 2 || out->source.family != IP_V4))
		return DROP_VERSION;
	if (out->type != VRRP_TYPE_ADVERTISEMENT)
		return DROP_TYPE;
	if (out->version == 2) {
		out->auth_type = (uint8_t)(interval >> 8);
		out->interval = (interval & 0xff) * DUR_S;
	} else {
		out->interval = (interval & VRRP_V3_INTERVAL_MAX) * DUR_CS;
	}
	out->addresses = read_bytes(message, out->address_count * (size_t)ip_size(&out->source));
	if (out->version == 2)
		out->auth_data = read_bytes(message, VRRP_AUTH_SIZE);
	out->message_length = (size_t)(message->at - out->message);
	if (out->version == 3 && message->left == VRRP_TRAILER_SIZE)
		out->trailer = read_bytes(message, VRRP_TRAILER_SIZE);
	if (message->failed || message->left > 0) {
		out->addresses = NULL;
		out->auth_data = NULL;
		return DROP_LENGTH;
	}
	return DROP_NONE;
}

/* Version 2 and IPv6 leave no choice; version 3 over IPv4 has two forms in use: AMB-01. */
static enum drop_reason verify_checksum(struct vrrp_advert *out)
{
	uint32_t sum = checksum_add(0, out->message, out->message_length);
	uint32_t pseudo_sum = sum + ip_pseudo_header_sum(&out->source, &out->destination, VRRP_IP_PROTOCOL,
					    out->message_length);
	bool alone = checksum_finish(sum) == 0 && out->source.family == IP_V4;
	bool with_pseudo_header = checksum_finish(pseudo_sum) == 0;

	if (out->version == 2)
		return alone ? DROP_NONE : DROP_CHECKSUM;
	if (alone)
		out->checksum_form = with_pseudo_header ? VRRP_CHECKSUM_BOTH : VRRP_CHECKSUM_MESSAGE_ONLY;
	else if (with_pseudo_header)
		out->checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER;
	return out->checksum_form != VRRP_CHECKSUM_NONE ? DROP_NONE : DROP_CHECKSUM;
}

enum drop_reason vrrp_decode(const uint8_t *packet, size_t length, struct vrrp_advert *out)
{
	struct reader message = {0};
	enum drop_reason reason;

	memset(out, 0, sizeof(*out));
	reason = decode_ip(packet, length, out, &message);
	if (reason == DROP_NONE)
		reason = decode_message(&message, out);
	return reason == DROP_NONE ? verify_checksum(out) : reason;
}
