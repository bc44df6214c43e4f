/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "wire/arp.h"

static const struct mac_addr mac = {{0x00, 0x00, 0x5e, 0x00, 0x01, 0x33}};

/* covers: ARP-01 AMB-07 */
static void gratuitous(void **state)
{
	static const uint8_t expected[ARP_FRAME_SIZE] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 0x08,
		0x06, /* Ethernet */
		0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01, /* Ethernet, IPv4, request */
		0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 10, 0, 0, 1, /* sender */
		0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 10, 0, 0, 1, /* target */
	};
	struct ip_addr addr = ip_v4(10, 0, 0, 1);
	uint8_t frame[ARP_FRAME_SIZE];

	(void)state;
	assert_int_equal(arp_encode_gratuitous(&mac, &addr, frame, sizeof(frame)), ARP_FRAME_SIZE);
	assert_memory_equal(frame, expected, sizeof(expected));
	assert_int_equal(arp_encode_gratuitous(&mac, &addr, frame, ARP_FRAME_SIZE - 1), 0);
	addr.family = IP_V6;
	assert_int_equal(arp_encode_gratuitous(&mac, &addr, frame, sizeof(frame)), 0);
}

static void question(void **state)
{
	static const struct mac_addr zero;
	struct ip_addr sender = ip_v4(10, 0, 0, 2), target = ip_v4(10, 0, 0, 254);
	struct arp_packet arp;
	uint8_t frame[ARP_FRAME_SIZE + 18] = {0};

	(void)state;
	assert_int_equal(arp_encode_request(&mac, &sender, &target, frame, sizeof(frame)), ARP_FRAME_SIZE);
	/* Decoded with its Ethernet padding. */
	assert_true(arp_decode(frame + 14, sizeof(frame) - 14, &arp));
	assert_int_equal(arp.operation, ARP_REQUEST);
	assert_true(ip_equal(&arp.sender, &sender));
	assert_true(ip_equal(&arp.target, &target));
	assert_memory_equal(&arp.sender_mac, &mac, sizeof(mac));
	assert_memory_equal(&arp.target_mac, &zero, sizeof(zero));
}

static void not_ours(void **state)
{
	struct ip_addr addr = ip_v4(10, 0, 0, 1);
	struct arp_packet arp = {.operation = 99};
	uint8_t frame[ARP_FRAME_SIZE];

	(void)state;
	arp_encode_gratuitous(&mac, &addr, frame, sizeof(frame));
	for (size_t length = 0; length < ARP_FRAME_SIZE - 14; length++) {
		uint8_t *exact = malloc(length > 0 ? length : 1);

		memcpy(exact, frame + 14, length);
		assert_false(arp_decode(exact, length, &arp));
		free(exact);
	}
	/* Hardware, protocol and their sizes. */
	for (size_t at = 14; at < 20; at++) {
		frame[at] ^= 0x10;
		assert_false(arp_decode(frame + 14, sizeof(frame) - 14, &arp));
		frame[at] ^= 0x10;
	}
	assert_int_equal(arp.operation, 99);
	assert_true(arp_decode(frame + 14, sizeof(frame) - 14, &arp));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gratuitous),
		cmocka_unit_test(question),
		cmocka_unit_test(not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
