/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>
#include <stdint.h>

#include "require.h"
#include "wire/bfd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bfd_packet packet, again;
	uint8_t bytes[BFD_PACKET_SIZE];

	if (bfd_decode(data, size, &packet) != BFD_DROP_NONE)
		return 0;
	REQUIRE(size >= BFD_PACKET_SIZE);
	REQUIRE(packet.multiplier > 0 && packet.my_discriminator > 0 && packet.diag < 32);
	bfd_encode(&packet, bytes);
	REQUIRE(bfd_decode(bytes, sizeof(bytes), &again) == BFD_DROP_NONE);
	REQUIRE(!again.authentication);
	REQUIRE(again.state == packet.state && again.diag == packet.diag);
	REQUIRE(again.poll == packet.poll && again.final == packet.final && again.demand == packet.demand);
	REQUIRE(again.multiplier == packet.multiplier);
	REQUIRE(again.my_discriminator == packet.my_discriminator);
	REQUIRE(again.your_discriminator == packet.your_discriminator);
	REQUIRE(again.desired_min_tx == packet.desired_min_tx);
	REQUIRE(again.required_min_rx == packet.required_min_rx);
	REQUIRE(again.required_min_echo_rx == packet.required_min_echo_rx);
	return 0;
}
