/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire/authentication.h"
#include "packets.h"

#define AH_AT 20
#define DIGEST_AT 32

/* Sent by keepalived 2.2.7, auth_pass secret12. */
static const uint8_t keepalived_ah[] = {
	0x45, 0xc0, 0x00, 0x40, 0x00, 0x01, 0x00, 0x00, 0xff, 0x33, 0x19, 0x0e, /* IP header */
	192, 168, 1, 1, 224, 0, 0, 18, /* source, destination */
	112, 4, 0, 0, 192, 168, 1, 1, 0, 0, 0, 1, /* next header, length, SPI, sequence number */
	0x39, 0xfd, 0x0e, 0xbf, 0xfb, 0x3b, 0x5a, 0x25, 0xa8, 0x8d, 0xee, 0x9f, /* digest */
	0x21, 51, 100, 1, 2, 1, 0xb6, 0x59, 192, 168, 1, 200, /* VRRP */
	0, 0, 0, 0, 0, 0, 0, 0, /* authentication data */
};
/* Of the same packet, without its TTL as RFC 2402 wants it; by Python's hmac. */
static const uint8_t rfc_digest[] = {
	0x23, 0x25, 0xc2, 0xef, 0x6f, 0x18, 0x7c, 0x42, 0xf1, 0x15, 0x85, 0xbf};
static const uint8_t secret[] = "secret12";

/* Of the message of packet_v3_pseudo_header, key 1, 2, ... 32; by Python's hmac. */
static const uint8_t trailer_v4[VRRP_TRAILER_SIZE] = {
	7, 0, 0, 0, 0x65, 0x66, 0xa1, 0xb2, 0x80, 0x00, 0x00, 0x03, /* key id, time stamp, sub-second, counter */
	0x76, 0x15, 0x38, 0x8f, 0xdb, 0xee, 0xb8, 0x26, 0x08, 0x27, 0x0b, 0x30, 0x2a, 0x59, 0x20, 0x02};
static const uint8_t message_v6[] = {0x31, 51, 100, 1, 0, 100, 0x12, 0x34, /* VRRP */
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x33};
static const uint8_t source_v6[16] = {0xfe, 0x80, [15] = 2};
static const uint8_t trailer_v6[VRRP_TRAILER_SIZE] = {
	7, 0, 0, 0, 0x65, 0x66, 0xa1, 0xb2, 0x80, 0x00, 0x00, 0x03,
	0xfb, 0x42, 0xb2, 0x12, 0x19, 0x24, 0xbb, 0xa8, 0x37, 0x2f, 0x9c, 0x63, 0xc3, 0xd6, 0x4e, 0xdc};

static void fill_key(uint8_t key[32])
{
	for (unsigned i = 0; i < 32; i++)
		key[i] = (uint8_t)(i + 1);
}

static void header_of_keepalived(void **state)
{
	struct vrrp_ah ah = vrrp_ah_read(keepalived_ah + AH_AT);

	(void)state;
	assert_int_equal(ah.next_header, 112);
	assert_int_equal(ah.length, 4);
	assert_int_equal(ah.spi, 0xc0a80101);
	assert_int_equal(ah.sequence, 1);
	assert_true(vrrp_ah_is_right(keepalived_ah, sizeof(keepalived_ah), secret, 8));
	assert_false(vrrp_ah_is_right(keepalived_ah, sizeof(keepalived_ah), secret, 7));
	assert_false(vrrp_ah_is_right(keepalived_ah, AH_AT + VRRP_AH_SIZE - 1, secret, 8));
}

static void every_octet_counts_but_the_mutable_ones(void **state)
{
	uint8_t packet[sizeof(keepalived_ah)];

	(void)state;
	for (size_t i = 1; i < sizeof(packet); i++) {
		/* TOS, fragment offset and checksum change on the way; so does the TTL, in one of the readings. */
		bool counts = i != 1 && i != 6 && i != 7 && i != 10 && i != 11;

		memcpy(packet, keepalived_ah, sizeof(packet));
		packet[i] ^= 1;
		assert_int_equal(vrrp_ah_is_right(packet, sizeof(packet), secret, 8), !counts);
	}
	memcpy(packet, keepalived_ah, sizeof(packet));
	memcpy(packet + DIGEST_AT, rfc_digest, sizeof(rfc_digest));
	assert_true(vrrp_ah_is_right(packet, sizeof(packet), secret, 8));
	packet[8]--;
	assert_true(vrrp_ah_is_right(packet, sizeof(packet), secret, 8));
}

static void header_as_keepalived_writes_it(void **state)
{
	struct ip_addr source = ip_v4(192, 168, 1, 1);
	uint8_t packet[sizeof(keepalived_ah)];
	struct writer writer = writer_over(packet, sizeof(packet));

	(void)state;
	write_bytes(&writer, keepalived_ah, AH_AT);
	vrrp_ah_write(&writer, &source, 1);
	write_bytes(&writer, keepalived_ah + AH_AT + VRRP_AH_SIZE, sizeof(packet) - AH_AT - VRRP_AH_SIZE);
	assert_false(writer.failed);
	vrrp_ah_sign(packet, sizeof(packet), secret, 8);
	assert_memory_equal(packet, keepalived_ah, sizeof(packet));
	/* To one router, perhaps over others. */
	packet[16] = 10;
	vrrp_ah_sign(packet, sizeof(packet), secret, 8);
	assert_true(vrrp_ah_is_right(packet, sizeof(packet), secret, 8));
	packet[8] = 17;
	assert_true(vrrp_ah_is_right(packet, sizeof(packet), secret, 8));
}

static void trailer(void **state)
{
	const uint8_t *message = packet_v3_pseudo_header + AT_MESSAGE;
	size_t length = sizeof(packet_v3_pseudo_header) - AT_MESSAGE;
	struct ip_addr source = ip_v4(192, 168, 1, 2);
	struct vrrp_trailer said = vrrp_trailer_read(trailer_v4);
	uint8_t key[32], packet[64];
	struct writer writer = writer_over(packet, sizeof(packet));

	(void)state;
	fill_key(key);
	assert_int_equal(said.key_id, 7);
	assert_true(said.stamp == 0x6566a1b280000003);
	assert_true(vrrp_trailer_is_right(&source, message, length, trailer_v4, key, sizeof(key)));
	write_zeros(&writer, 3);
	write_bytes(&writer, message, length);
	vrrp_trailer_write(&writer, 3, &source, &said, key, sizeof(key));
	assert_int_equal(writer.length, 3 + length + VRRP_TRAILER_SIZE);
	assert_memory_equal(packet + 3 + length, trailer_v4, VRRP_TRAILER_SIZE);
	writer = writer_over(packet, length + VRRP_TRAILER_SIZE - 1);
	write_bytes(&writer, message, length);
	vrrp_trailer_write(&writer, 0, &source, &said, key, sizeof(key));
	assert_true(writer.failed);
}

static void trailer_covers_everything_but_the_checksum(void **state)
{
	struct ip_addr source = ip_v6_from(source_v6), other = source;
	uint8_t key[32], packet[sizeof(message_v6) + VRRP_TRAILER_SIZE];
	const size_t length = sizeof(message_v6);

	(void)state;
	fill_key(key);
	assert_true(vrrp_trailer_is_right(&source, message_v6, length, trailer_v6, key, sizeof(key)));
	assert_false(vrrp_trailer_is_right(&source, message_v6, 7, trailer_v6, key, sizeof(key)));
	for (size_t i = 0; i < sizeof(packet); i++) {
		bool counts = i != 6 && i != 7;

		memcpy(packet, message_v6, length);
		memcpy(packet + length, trailer_v6, VRRP_TRAILER_SIZE);
		packet[i] ^= 0x10;
		assert_int_equal(vrrp_trailer_is_right(&source, packet, length, packet + length, key, sizeof(key)),
			!counts);
	}
	other.bytes[15]++;
	assert_false(vrrp_trailer_is_right(&other, message_v6, length, trailer_v6, key, sizeof(key)));
	key[31]++;
	assert_false(vrrp_trailer_is_right(&source, message_v6, length, trailer_v6, key, sizeof(key)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_of_keepalived),
		cmocka_unit_test(every_octet_counts_but_the_mutable_ones),
		cmocka_unit_test(header_as_keepalived_writes_it),
		cmocka_unit_test(trailer),
		cmocka_unit_test(trailer_covers_everything_but_the_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
