/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <string.h>

#include "require.h"
#include "wire/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arp_packet arp, again;
	uint8_t frame[ARP_FRAME_SIZE];

	if (!arp_decode(data, size, &arp))
		return 0;
	REQUIRE(size >= ARP_FRAME_SIZE - 14);
	REQUIRE(arp.sender.family == IP_V4 && arp.target.family == IP_V4);
	REQUIRE(arp_encode_request(&arp.sender_mac, &arp.sender, &arp.target, frame, sizeof(frame)) ==
		sizeof(frame));
	REQUIRE(arp_decode(frame + 14, sizeof(frame) - 14, &again));
	REQUIRE(ip_equal(&again.sender, &arp.sender) && ip_equal(&again.target, &arp.target));
	REQUIRE(memcmp(&again.sender_mac, &arp.sender_mac, sizeof(arp.sender_mac)) == 0);
	return 0;
}
