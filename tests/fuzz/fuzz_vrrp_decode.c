/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An IP packet from anybody. What is accepted must be sayable again, and then mean the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"
#include "wire/vrrp.h"

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
	uint8_t frame[VRRP_FRAME_MAX];
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
		memcmp(again.addresses, advert->addresses, advert->address_count * 4u) == 0);
}

static void decode(const uint8_t *packet, size_t size)
{
	struct vrrp_advert advert;
	enum drop_reason reason = vrrp_decode(packet, size, &advert);

	REQUIRE(reason <= DROP_CHECKSUM);
	if (reason == DROP_NONE)
		say_again(&advert);
}

/* Hardly any mutation has a right checksum: look behind that check too. */
static void decode_with_checksum(const uint8_t *data, size_t size)
{
	size_t header = size > 0 ? (data[0] & 0x0fu) * 4u : 0, total;
	uint8_t *copy;
	uint16_t sum;

	if (size < 28 || header < 20 || (total = (size_t)(data[2] << 8 | data[3])) < header + 8 ||
		total > size)
		return;
	copy = malloc(size);
	memcpy(copy, data, size);
	memset(copy + header + 6, 0, 2);
	sum = checksum_finish(checksum_add(0, copy + header, total - header));
	copy[header + 6] = (uint8_t)(sum >> 8);
	copy[header + 7] = (uint8_t)sum;
	decode(copy, size);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	decode(data, size);
	decode_with_checksum(data, size);
	return 0;
}
