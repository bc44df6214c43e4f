/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "wire/bfd.h"

/* Up, Poll, diagnostic 3, every field another number; written by hand from RFC 5880 4.1. */
static const uint8_t golden[BFD_PACKET_SIZE] = {
	0x23, 0xe0, 5, 24, /* version, diag; state, flags; multiplier, length */
	0x01, 0x02, 0x03, 0x04, /* My Discriminator */
	0x05, 0x06, 0x07, 0x08, /* Your Discriminator */
	0x00, 0x00, 0x27, 0x10, /* Desired Min TX: 10 ms */
	0x00, 0x00, 0x4e, 0x20, /* Required Min RX: 20 ms */
	0x00, 0x00, 0x00, 0x01, /* Required Min Echo RX */
};

static enum bfd_drop decode(const uint8_t *bytes, size_t length, struct bfd_packet *out)
{
	uint8_t *exact = malloc(length > 0 ? length : 1);
	enum bfd_drop reason;

	memcpy(exact, bytes, length);
	reason = bfd_decode(exact, length, out);
	free(exact);
	return reason;
}

/* With one octet changed. */
static enum bfd_drop with(size_t at, uint8_t value)
{
	uint8_t bytes[sizeof(golden)];
	struct bfd_packet packet;

	memcpy(bytes, golden, sizeof(bytes));
	bytes[at] = value;
	return decode(bytes, sizeof(bytes), &packet);
}

static void both_ways(void **state)
{
	struct bfd_packet packet;
	uint8_t bytes[BFD_PACKET_SIZE];

	(void)state;
	assert_int_equal(decode(golden, sizeof(golden), &packet), BFD_DROP_NONE);
	assert_int_equal(packet.state, BFD_UP);
	assert_int_equal(packet.diag, BFD_DIAG_NEIGHBOR_DOWN);
	assert_true(packet.poll);
	assert_false(
		packet.final || packet.control_plane_independent || packet.authentication || packet.demand);
	assert_int_equal(packet.multiplier, 5);
	assert_int_equal(packet.my_discriminator, 0x01020304);
	assert_int_equal(packet.your_discriminator, 0x05060708);
	assert_int_equal(packet.desired_min_tx, 10000);
	assert_int_equal(packet.required_min_rx, 20000);
	assert_int_equal(packet.required_min_echo_rx, 1);
	bfd_encode(&packet, bytes);
	assert_memory_equal(bytes, golden, sizeof(golden));
}

static void flags(void **state)
{
	struct bfd_packet packet;
	uint8_t bytes[BFD_PACKET_SIZE];

	(void)state;
	memcpy(bytes, golden, sizeof(bytes));
	bytes[1] = 0x40 | 0x10;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_NONE);
	assert_true(packet.state == BFD_DOWN && packet.final && !packet.poll);
	bytes[1] = 0x80 | 0x08;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_NONE);
	assert_true(packet.state == BFD_INIT && packet.control_plane_independent);
	bytes[1] = 0x00 | 0x02;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_NONE);
	assert_true(packet.state == BFD_ADMIN_DOWN && packet.demand);
	bfd_encode(&packet, bytes);
	assert_int_equal(bytes[1], 0x02);
}

/* covers: BFD-05 */
static void drops_in_order(void **state)
{
	static const uint8_t zeros[BFD_PACKET_SIZE] = {0};
	struct bfd_packet packet = {.multiplier = 77};
	uint8_t bytes[BFD_PACKET_SIZE];

	(void)state;
	assert_int_equal(decode(zeros, sizeof(zeros), &packet), BFD_DROP_VERSION);
	memcpy(bytes, zeros, sizeof(bytes));
	bytes[0] = 1 << 5;
	bytes[1] = 0xc0 | 0x01; /* Up, multipoint */
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_LENGTH);
	bytes[3] = BFD_PACKET_SIZE;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_MULTIPLIER);
	bytes[2] = 1;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_MULTIPOINT);
	bytes[1] = 0xc0;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_MY_DISCRIMINATOR);
	bytes[7] = 1;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_STATE);
	assert_int_equal(packet.multiplier, 77); /* not written to so far */
	bytes[11] = 1;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_NONE);
	for (unsigned version = 0; version < 8; version++)
		assert_int_equal(
			with(0, (uint8_t)(version << 5)), version == 1 ? BFD_DROP_NONE : BFD_DROP_VERSION);
}

/* covers: BFD-05 */
static void states_without_a_session(void **state)
{
	uint8_t bytes[BFD_PACKET_SIZE];
	struct bfd_packet packet;

	(void)state;
	memcpy(bytes, golden, sizeof(bytes));
	memset(bytes + 8, 0, 4);
	for (unsigned value = 0; value < BFD_STATE_COUNT; value++) {
		bytes[1] = (uint8_t)(value << 6);
		assert_int_equal(decode(bytes, sizeof(bytes), &packet),
			value == BFD_DOWN || value == BFD_ADMIN_DOWN ? BFD_DROP_NONE : BFD_DROP_STATE);
	}
}

/* covers: BFD-05 */
static void lengths(void **state)
{
	uint8_t bytes[64] = {0};
	struct bfd_packet packet;

	(void)state;
	memcpy(bytes, golden, sizeof(golden));
	for (size_t length = 0; length < BFD_PACKET_SIZE; length++)
		assert_int_equal(decode(bytes, length, &packet), BFD_DROP_LENGTH);
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_NONE); /* something behind it */
	assert_int_equal(with(3, 23), BFD_DROP_LENGTH);
	assert_int_equal(with(3, 25), BFD_DROP_LENGTH);
	bytes[1] |= 0x04;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_LENGTH);
	bytes[3] = 25;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_LENGTH);
	bytes[3] = 26;
	assert_int_equal(decode(bytes, sizeof(bytes), &packet), BFD_DROP_NONE);
	assert_true(packet.authentication);
	assert_int_equal(decode(bytes, 25, &packet), BFD_DROP_LENGTH);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(bfd_state_name(BFD_ADMIN_DOWN), "AdminDown");
	assert_string_equal(bfd_diag_text(1), "Control Detection Time Expired");
	assert_string_equal(bfd_diag_text(8), "Reverse Concatenated Path Down");
	assert_string_equal(bfd_diag_text(9), "reserved");
	for (unsigned i = 0; i < BFD_DROP_COUNT; i++) {
		assert_string_not_equal(bfd_drop_name(i), "unknown");
		assert_string_not_equal(bfd_drop_text(i), "unknown");
	}
	assert_string_equal(bfd_drop_name(BFD_DROP_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(flags),
		cmocka_unit_test(drops_in_order),
		cmocka_unit_test(states_without_a_session),
		cmocka_unit_test(lengths),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
