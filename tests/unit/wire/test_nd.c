/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "wire/checksum.h"
#include "wire/ip_packet.h"
#include "wire/nd.h"

static const struct mac_addr mac = {{0x00, 0x00, 0x5e, 0x00, 0x02, 0x33}};

/* Both frames were made by scapy. */
static const uint8_t announcement[ND_FRAME_SIZE] = {
	0x33, 0x33, 0, 0, 0, 0x01, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, 0x86, 0xdd, /* Ethernet */
	0x60, 0, 0, 0, 0x00, 0x20, 58, 255, /* IPv6 header */
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x00, /* source */
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, /* destination */
	136, 0, 0x49, 0x31, 0xa0, 0, 0, 0, /* type, code, checksum, flags */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, /* target */
	2, 1, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, /* target link-layer address */
};

static const uint8_t solicitation[ND_FRAME_SIZE] = {
	0x33, 0x33, 0xff, 0, 0, 0xfe, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, 0x86, 0xdd, /* Ethernet */
	0x60, 0, 0, 0, 0x00, 0x20, 58, 255, /* IPv6 header */
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, /* source */
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff, 0, 0, 0xfe, /* destination */
	135, 0, 0x1a, 0x6c, 0, 0, 0, 0, /* type, code, checksum, flags */
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe, /* target */
	1, 1, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, /* source link-layer address */
};

enum {
	HOP_LIMIT = 14 + 7,
	SOURCE = 14 + 8,
	MESSAGE = 14 + 40,
	CODE = MESSAGE + 1,
	CHECKSUM = MESSAGE + 2,
	TARGET = MESSAGE + 8,
	OPTION_LENGTH = MESSAGE + 25,
};

static struct ip_addr address(const char *text)
{
	struct ip_addr addr = {0};

	assert_true(ip_parse(text, strlen(text), &addr));
	return addr;
}

static void mend(uint8_t *frame, size_t length)
{
	struct ip_packet ip;
	uint32_t sum;
	uint16_t folded;

	memset(frame + CHECKSUM, 0, 2);
	if (ip_packet_decode(frame + 14, length - 14, &ip) != DROP_NONE)
		return;
	sum = ip_pseudo_header_sum(&ip.source, &ip.destination, ip.protocol, ip.length);
	folded = checksum_finish(checksum_add(sum, ip.payload, ip.length));
	frame[CHECKSUM] = (uint8_t)(folded >> 8);
	frame[CHECKSUM + 1] = (uint8_t)folded;
}

/* covers: ND-01 */
static void announcement_on_the_wire(void **state)
{
	struct ip_addr source = address("fe80::100"), target = address("2001:db8::1");
	uint8_t frame[ND_FRAME_SIZE];

	(void)state;
	assert_int_equal(nd_encode_announcement(&mac, &source, &target, frame, sizeof(frame)), ND_FRAME_SIZE);
	assert_memory_equal(frame, announcement, sizeof(announcement));
	assert_int_equal(nd_encode_announcement(&mac, &source, &target, frame, ND_FRAME_SIZE - 1), 0);
	target = ip_v4(10, 0, 0, 1);
	assert_int_equal(nd_encode_announcement(&mac, &source, &target, frame, sizeof(frame)), 0);
}

static void question_on_the_wire(void **state)
{
	struct ip_addr source = address("fe80::2"), target = address("fe80::fe");
	uint8_t frame[ND_FRAME_SIZE];

	(void)state;
	assert_int_equal(nd_encode_solicitation(&mac, &source, &target, frame, sizeof(frame)), ND_FRAME_SIZE);
	assert_memory_equal(frame, solicitation, sizeof(solicitation));
}

static void decoded(void **state)
{
	struct ip_addr target = address("2001:db8::1"), asked = address("fe80::fe");
	struct nd_packet nd;

	(void)state;
	assert_true(nd_decode(announcement + 14, sizeof(announcement) - 14, &nd));
	assert_int_equal(nd.type, ND_ADVERTISEMENT);
	assert_true(nd.router && !nd.solicited && nd.override);
	assert_true(ip_equal(&nd.target, &target));
	assert_true(nd.has_mac);
	assert_memory_equal(&nd.mac, &mac, sizeof(mac));
	assert_true(nd_decode(solicitation + 14, sizeof(solicitation) - 14, &nd));
	assert_int_equal(nd.type, ND_SOLICITATION);
	assert_true(ip_equal(&nd.target, &asked));
	assert_memory_equal(&nd.mac, &mac, sizeof(mac));
}

/* What RFC 4861 7.1 tells to discard. */
static void not_valid(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} table[] = {
		{HOP_LIMIT, 254},
		{MESSAGE, 134}, /* a router advertisement */
		{CODE, 1},
		{TARGET, 0xff},
		{OPTION_LENGTH, 0},
		{OPTION_LENGTH, 2},
	};
	struct nd_packet nd = {.type = 99};
	uint8_t frame[ND_FRAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		memcpy(frame, announcement, sizeof(frame));
		frame[table[i].at] = table[i].value;
		mend(frame, sizeof(frame));
		assert_false(nd_decode(frame + 14, sizeof(frame) - 14, &nd));
	}
	for (size_t bit = SOURCE * 8; bit < sizeof(frame) * 8; bit++) {
		memcpy(frame, announcement, sizeof(frame));
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(nd_decode(frame + 14, sizeof(frame) - 14, &nd));
	}
	for (size_t length = 0; length < ND_FRAME_SIZE - 14; length++) {
		uint8_t *exact = malloc(length > 0 ? length : 1);

		memcpy(exact, announcement + 14, length);
		assert_false(nd_decode(exact, length, &nd));
		free(exact);
	}
	assert_int_equal(nd.type, 99);
}

/* A multicast solicitation is often answered without the option. */
static void without_option(void **state)
{
	uint8_t frame[ND_FRAME_SIZE];
	struct nd_packet nd;

	(void)state;
	memcpy(frame, announcement, sizeof(frame));
	frame[14 + 5] = 24;
	mend(frame, sizeof(frame) - 8);
	assert_true(nd_decode(frame + 14, sizeof(frame) - 14 - 8, &nd));
	assert_false(nd.has_mac);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(announcement_on_the_wire),
		cmocka_unit_test(question_on_the_wire),
		cmocka_unit_test(decoded),
		cmocka_unit_test(not_valid),
		cmocka_unit_test(without_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
