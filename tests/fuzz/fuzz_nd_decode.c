/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"
#include "wire/checksum.h"
#include "wire/ip_packet.h"
#include "wire/nd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const uint8_t *data, size_t size)
{
	struct nd_packet nd, again;
	uint8_t frame[ND_FRAME_SIZE];

	if (!nd_decode(data, size, &nd))
		return;
	REQUIRE(size >= ND_FRAME_SIZE - 14 - 8);
	REQUIRE(nd.type == ND_SOLICITATION || nd.type == ND_ADVERTISEMENT);
	REQUIRE(nd_encode_announcement(&nd.mac, &nd.source, &nd.target, frame, sizeof(frame)) ==
		sizeof(frame));
	REQUIRE(nd_decode(frame + 14, sizeof(frame) - 14, &again));
	REQUIRE(again.router && again.override && !again.solicited && again.has_mac);
	REQUIRE(ip_equal(&again.source, &nd.source) && ip_equal(&again.target, &nd.target));
	REQUIRE(memcmp(&again.mac, &nd.mac, sizeof(nd.mac)) == 0);
}

/* Hardly any mutation has the right checksum: look behind that too. */
static void decode_with_checksum(const uint8_t *data, size_t size)
{
	struct ip_packet ip;
	uint8_t *copy, *message;
	uint16_t sum;

	if (ip_packet_decode(data, size, &ip) != DROP_NONE || ip.length < 4)
		return;
	copy = malloc(size);
	memcpy(copy, data, size);
	message = copy + (ip.payload - data);
	memset(message + 2, 0, 2);
	sum = checksum_finish(
		checksum_add(ip_pseudo_header_sum(&ip.source, &ip.destination, ip.protocol, ip.length),
			message, ip.length));
	message[2] = (uint8_t)(sum >> 8);
	message[3] = (uint8_t)sum;
	decode(copy, size);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	decode(data, size);
	decode_with_checksum(data, size);
	return 0;
}
