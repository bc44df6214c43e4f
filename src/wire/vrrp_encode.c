/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing adverts: RFC 3768 5 and 7.2, RFC 9568 5 and 7.2, as whole Ethernet frames. The virtual router's
 * MAC, the TTL and the checksums are ours to fill in, because a packet socket sends what it is given.
 */
#include "wire/vrrp.h"

#include "base/cursor.h"
#include "wire/ip_packet.h"
#include "wire/message.h"

#define VRRP_HEADER_SIZE 8
#define VRRP_CHECKSUM_OFFSET 6

static enum vrrp_scheme scheme_of(const struct vrrp_encode_request *request)
{
	return request->signature != NULL ? request->signature->scheme : VRRP_SCHEME_NONE;
}

/* Octet 4 of version 2: RFC 2338 5.3.6. */
static uint8_t auth_type(enum vrrp_scheme scheme)
{
	switch (scheme) {
	case VRRP_SCHEME_PASS:
		return VRRP_AUTH_TYPE_PASS;
	case VRRP_SCHEME_AH:
		return VRRP_AUTH_TYPE_AH;
	case VRRP_SCHEME_NONE:
	case VRRP_SCHEME_HMAC:
		break;
	}
	return VRRP_AUTH_TYPE_NONE;
}

/* What the scheme adds before and behind the message. */
static size_t signature_length(enum vrrp_scheme scheme)
{
	switch (scheme) {
	case VRRP_SCHEME_AH:
		return VRRP_AH_SIZE;
	case VRRP_SCHEME_HMAC:
		return VRRP_TRAILER_SIZE;
	case VRRP_SCHEME_NONE:
	case VRRP_SCHEME_PASS:
		break;
	}
	return 0;
}

static size_t message_length(const struct vrrp_encode_request *request)
{
	size_t addresses = request->address_count * ip_size(&request->source);

	return VRRP_HEADER_SIZE + addresses + (request->version == 2 ? VRRP_AUTH_SIZE : 0);
}

static uint16_t message_checksum(const struct vrrp_encode_request *request, const struct ip_addr *destination,
	const uint8_t *message, size_t length)
{
	uint32_t sum = 0;

	if (request->version == 3 &&
		(request->source.family == IP_V6 || request->checksum_form == VRRP_CHECKSUM_PSEUDO_HEADER))
		sum = ip_pseudo_header_sum(&request->source, destination, VRRP_IP_PROTOCOL, length);
	return checksum_finish(checksum_add(sum, message, length));
}

static void write_message(
	struct writer *frame, const struct vrrp_encode_request *request, const struct ip_addr *destination)
{
	size_t start = frame->length;

	write_u8(frame, (uint8_t)(request->version << 4 | VRRP_TYPE_ADVERTISEMENT));
	write_u8(frame, request->vrid);
	write_u8(frame, request->priority);
	write_u8(frame, (uint8_t)request->address_count);
	/* The upper octet holds the authentication type in version 2; the reserve nibble, 0, in version 3. */
	write_u16(frame, (uint16_t)(auth_type(scheme_of(request)) << 8 |
				    (request->interval / (request->version == 2 ? DUR_S : DUR_CS))));
	write_u16(frame, 0);
	for (size_t i = 0; i < request->address_count; i++)
		write_bytes(frame, request->addresses[i].bytes, ip_size(&request->source));
	if (scheme_of(request) == VRRP_SCHEME_PASS)
		write_bytes(frame, request->signature->key, VRRP_AUTH_SIZE);
	else if (request->version == 2)
		write_zeros(frame, VRRP_AUTH_SIZE);
	if (frame->failed)
		return;
	write_u16_at(frame, start + VRRP_CHECKSUM_OFFSET,
		message_checksum(request, destination, frame->start + start, frame->length - start));
}

static bool can_be_signed(const struct vrrp_encode_request *request)
{
	switch (scheme_of(request)) {
	case VRRP_SCHEME_NONE:
		return true;
	case VRRP_SCHEME_PASS:
		return request->version == 2 && request->signature->key_length == VRRP_AUTH_SIZE;
	case VRRP_SCHEME_AH:
		return request->version == 2;
	case VRRP_SCHEME_HMAC:
		return request->version == 3;
	}
	return false;
}

static bool can_be_said(const struct vrrp_encode_request *request, const struct ip_addr *destination)
{
	dur_t interval_max = request->version == 2 ? 255 * DUR_S : VRRP_V3_INTERVAL_MAX * DUR_CS;
	uint8_t family = request->source.family;

	if (request->version != 2 && request->version != 3)
		return false;
	if (family != IP_V4 && (family != IP_V6 || request->version == 2))
		return false;
	if (!can_be_signed(request) || destination->family != family || request->address_count > VRRP_ADDRESSES_MAX)
		return false;
	for (size_t i = 0; i < request->address_count; i++) {
		if (request->addresses[i].family != family)
			return false;
	}
	return request->interval >= 0 && request->interval <= interval_max;
}

/* The message, with what the scheme puts around it; packet_start is where the IP header begins. */
static void write_payload(struct writer *frame, const struct vrrp_encode_request *request,
	const struct ip_addr *destination, size_t packet_start)
{
	const struct vrrp_signature *signature = request->signature;
	const enum vrrp_scheme scheme = scheme_of(request);
	size_t message_start;

	if (scheme == VRRP_SCHEME_AH)
		vrrp_ah_write(frame, &request->source, (uint32_t)signature->sequence);
	message_start = frame->length;
	write_message(frame, request, destination);
	if (frame->failed)
		return;
	if (scheme == VRRP_SCHEME_AH)
		vrrp_ah_sign(frame->start + packet_start, frame->length - packet_start, signature->key,
			signature->key_length);
	if (scheme == VRRP_SCHEME_HMAC)
		vrrp_trailer_write(frame, message_start, &request->source,
			&(struct vrrp_trailer){signature->key_id, signature->sequence}, signature->key,
			signature->key_length);
}

size_t vrrp_encode(const struct vrrp_encode_request *request, uint8_t *frame, size_t size)
{
	const enum vrrp_scheme scheme = scheme_of(request);
	struct ip_header header = {.source_mac = request->source_mac,
		.source = request->source,
		.destination = request->destination,
		.hops = request->ttl != 0 ? request->ttl : VRRP_TTL,
		.protocol = scheme == VRRP_SCHEME_AH ? IP_PROTOCOL_AH : VRRP_IP_PROTOCOL,
		.traffic_class = VRRP_TOS,
		.payload_length = message_length(request) + signature_length(scheme)};
	struct writer writer = writer_over(frame, size);

	if (!ip_is_set(&header.destination))
		header.destination = vrrp_group(request->source.family);
	if (!can_be_said(request, &header.destination))
		return 0;
	ip_header_write(&writer, &header);
	write_payload(&writer, request, &header.destination, ETHERNET_HEADER_SIZE);
	return writer.failed ? 0 : writer.length;
}
