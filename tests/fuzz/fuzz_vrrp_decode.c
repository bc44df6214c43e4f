/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An IP packet from anybody. What is accepted must be sayable again, and then mean the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"
#include "wire/ip_packet.h"
#include "wire/vrrp.h"

#define FRAME_MAX (14 + 40 + 8 + 16 * VRRP_ADDRESSES_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say_again(const struct vrrp_advert *advert)
{
	struct ip_addr addresses[VRRP_ADDRESSES_MAX];
	struct vrrp_encode_request request = {
		.source = advert->source,
		.version = advert->version,
		.vrid = advert->vrid,
		.priority = advert->priority,
		.interval = advert->interval,
		.checksum_form = advert->checksum_form,
		.addresses = addresses,
		.address_count = advert->address_count,
	};
	uint8_t frame[FRAME_MAX];
	struct vrrp_advert again;
	size_t length;

	for (unsigned i = 0; i < advert->address_count; i++)
		addresses[i] = vrrp_advert_address(advert, i);
	length = vrrp_encode(&request, frame, sizeof(frame));
	REQUIRE(length > 14);
	REQUIRE(vrrp_decode(frame + 14, length - 14, &again) == DROP_NONE);
	REQUIRE(ip_equal(&again.source, &advert->source));
	REQUIRE(again.version == advert->version && again.vrid == advert->vrid);
	REQUIRE(again.priority == advert->priority && again.interval == advert->interval);
	REQUIRE(again.address_count == advert->address_count);
	REQUIRE(advert->address_count == 0 ||
		memcmp(again.addresses, advert->addresses,
			advert->address_count * (size_t)ip_size(&advert->source)) == 0);
}

/* Nobody guesses a digest; what we sign ourselves is right, whatever is in it. */
static void authenticate(const struct vrrp_advert *advert)
{
	static const uint8_t key[32] = "a key that nobody has";
	uint8_t *copy;

	if (advert->trailer != NULL)
		REQUIRE(!vrrp_trailer_is_right(&advert->source, advert->message, advert->message_length,
			advert->trailer, key, sizeof(key)));
	if (advert->ah == NULL)
		return;
	REQUIRE(!vrrp_ah_is_right(advert->packet, advert->packet_length, key, sizeof(key)));
	copy = malloc(advert->packet_length);
	memcpy(copy, advert->packet, advert->packet_length);
	vrrp_ah_sign(copy, advert->packet_length, key, sizeof(key));
	REQUIRE(vrrp_ah_is_right(copy, advert->packet_length, key, sizeof(key)));
	free(copy);
}

static void decode(const uint8_t *packet, size_t size)
{
	struct vrrp_advert advert;
	enum drop_reason reason = vrrp_decode(packet, size, &advert);

	REQUIRE(reason <= DROP_CHECKSUM);
	if (reason != DROP_NONE)
		return;
	say_again(&advert);
	authenticate(&advert);
}

static void put_checksum(uint8_t *start, size_t length, size_t at, uint32_t pseudo_header)
{
	uint16_t sum;

	memset(start + at, 0, 2);
	sum = checksum_finish(checksum_add(pseudo_header, start, length));
	start[at] = (uint8_t)(sum >> 8);
	start[at + 1] = (uint8_t)sum;
}

/* The message from `start` on, without `behind` octets at its end. */
static void decode_with_message_checksum(uint8_t *packet, size_t size, size_t start, size_t behind)
{
	size_t total = (size_t)(packet[2] << 8 | packet[3]);

	if (total < start + 8 + behind || total > size)
		return;
	put_checksum(packet + start, total - start - behind, 6, 0);
	decode(packet, size);
}

/* Hardly any mutation has right checksums: look behind those checks too. */
static void decode_with_checksums(const uint8_t *data, size_t size)
{
	size_t header = size > 0 ? (data[0] & 0x0fu) * 4u : 0;
	uint8_t *copy;

	if (size < 28 || header < 20 || header > size)
		return;
	copy = malloc(size);
	memcpy(copy, data, size);
	put_checksum(copy, header, 10, 0);
	decode(copy, size);
	decode_with_message_checksum(copy, size, header, 0);
	decode_with_message_checksum(copy, size, header, VRRP_TRAILER_SIZE);
	if (data[9] == IP_PROTOCOL_AH) {
		memcpy(copy, data, size);
		put_checksum(copy, header, 10, 0);
		decode_with_message_checksum(copy, size, header + VRRP_AH_SIZE, 0);
	}
	free(copy);
}

/* The same over IPv6, behind whatever extension headers there are. */
static void decode_with_ipv6_checksum(const uint8_t *data, size_t size)
{
	struct ip_packet ip;
	uint8_t *copy;

	if (ip_packet_decode(data, size, &ip) != DROP_NONE || ip.source.family != IP_V6 || ip.length < 8)
		return;
	copy = malloc(size);
	memcpy(copy, data, size);
	put_checksum(copy + (ip.payload - data), ip.length, 6,
		ip_pseudo_header_sum(&ip.source, &ip.destination, VRRP_IP_PROTOCOL, ip.length));
	decode(copy, size);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	decode(data, size);
	decode_with_checksums(data, size);
	decode_with_ipv6_checksum(data, size);
	return 0;
}
