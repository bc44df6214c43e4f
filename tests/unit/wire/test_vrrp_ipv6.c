/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adverts over IPv6: RFC 9568 5.1.2, RFC 8200. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "wire/vrrp.h"

/* Offsets in packet_ipv6. */
enum {
	PAYLOAD_LENGTH = 4,
	NEXT_HEADER = 6,
	HOP_LIMIT = 7,
	SOURCE = 8,
	DESTINATION = 24,
	MESSAGE = 40,
	COUNT = 43,
	CHECKSUM = 46,
	ADDRESSES = 48,
};

struct packet {
	uint8_t bytes[256];
	size_t length;
};

static struct packet golden(void)
{
	struct packet packet = {.length = sizeof(packet_ipv6)};

	memcpy(packet.bytes, packet_ipv6, sizeof(packet_ipv6));
	return packet;
}

/* From memory of exactly the packet's size, so that a sanitizer sees any step beyond it. */
static enum drop_reason decode(const struct packet *packet, struct vrrp_advert *advert)
{
	uint8_t *exact = malloc(packet->length > 0 ? packet->length : 1);
	enum drop_reason reason;

	memcpy(exact, packet->bytes, packet->length);
	reason = vrrp_decode(exact, packet->length, advert);
	free(exact);
	advert->addresses = NULL;
	return reason;
}

static void assert_drop(const struct packet *packet, enum drop_reason expected)
{
	struct vrrp_advert advert;
	enum drop_reason reason = decode(packet, &advert);

	if (reason != expected)
		fail_msg("got %s, expected %s", drop_reason_name(reason), drop_reason_name(expected));
}

static struct ip_addr address(const char *text)
{
	struct ip_addr addr = {0};

	assert_true(ip_parse(text, strlen(text), &addr));
	return addr;
}

static void assert_address(struct ip_addr addr, const char *text)
{
	struct ip_addr expected = address(text);

	assert_true(ip_equal(&addr, &expected));
}

/* covers: V3-PKT-10 V3-PKT-16 CKS-04 */
static void golden_packet(void **state)
{
	struct vrrp_advert advert;

	(void)state;
	assert_int_equal(vrrp_decode(packet_ipv6, sizeof(packet_ipv6), &advert), DROP_NONE);
	assert_address(advert.source, "fe80::2");
	assert_address(advert.destination, "ff02::12");
	assert_int_equal(advert.ttl, 255);
	assert_int_equal(advert.version, 3);
	assert_int_equal(advert.vrid, 51);
	assert_int_equal(advert.priority, 100);
	assert_int_equal(advert.interval, DUR_S);
	assert_int_equal(advert.address_count, 2);
	assert_address(vrrp_advert_address(&advert, 0), "fe80::100");
	assert_address(vrrp_advert_address(&advert, 1), "2001:db8::1");
	assert_int_equal(advert.checksum_form, VRRP_CHECKSUM_PSEUDO_HEADER);
}

/* covers: V3-PKT-10 CKS-04 IPH-04 IPH-05 IPH-07 IPH-11 */
static void encoder_makes_the_golden_packet(void **state)
{
	static const uint8_t ethernet[] = {
		0x33, 0x33, 0x00, 0x00, 0x00, 0x12, 0x00, 0x00, 0x5e, 0x00, 0x02, 51, 0x86, 0xdd};
	struct ip_addr addresses[] = {address("fe80::100"), address("2001:db8::1")};
	struct vrrp_encode_request request = {
		.source_mac = vrrp_virtual_mac(IP_V6, 51),
		.source = address("fe80::2"),
		.version = 3,
		.vrid = 51,
		.priority = 100,
		.interval = DUR_S,
		.checksum_form = VRRP_CHECKSUM_MESSAGE_ONLY, /* IPv6 has no such form */
		.addresses = addresses,
		.address_count = 2,
	};
	uint8_t frame[VRRP_FRAME_MAX];

	(void)state;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 14 + sizeof(packet_ipv6));
	assert_memory_equal(frame, ethernet, sizeof(ethernet));
	assert_memory_equal(frame + 14, packet_ipv6, sizeof(packet_ipv6));
}

/* A group of one's own: mcast_dst_ip. */
static void another_group(void **state)
{
	static const uint8_t mac_v6[] = {0x33, 0x33, 0x12, 0x34, 0x56, 0x78};
	static const uint8_t mac_v4[] = {0x01, 0x00, 0x5e, 0x7f, 0x00, 0x01};
	struct ip_addr listed = address("fe80::100");
	struct vrrp_encode_request request = {.source = address("fe80::2"),
		.destination = address("ff05::1234:5678"),
		.version = 3,
		.vrid = 51,
		.interval = DUR_S,
		.addresses = &listed,
		.address_count = 1};
	uint8_t frame[VRRP_FRAME_MAX];

	(void)state;
	assert_int_not_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	assert_memory_equal(frame, mac_v6, sizeof(mac_v6));
	assert_memory_equal(frame + 14 + DESTINATION, request.destination.bytes, 16);
	request.source = ip_v4(10, 0, 0, 2);
	request.destination = ip_v4(239, 255, 0, 1);
	listed = ip_v4(10, 0, 0, 1);
	assert_int_not_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	assert_memory_equal(frame, mac_v4, sizeof(mac_v4));
}

/* covers: V3-CFG-13 */
static void ninety_addresses_fill_an_ethernet_frame(void **state)
{
	struct ip_addr addresses[VRRP_ADDRESSES_MAX];
	struct vrrp_encode_request request = {.source = address("fe80::2"),
		.version = 3,
		.vrid = 51,
		.interval = DUR_S,
		.addresses = addresses,
		.address_count = 90};
	uint8_t frame[VRRP_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < VRRP_ADDRESSES_MAX; i++)
		addresses[i] = address("fe80::100");
	assert_int_not_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	request.address_count = 91;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
}

/* covers: IPH-06 IPH-07 RX-01 RX-26 RX-27 V2-PKT-06 */
static void drops(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum drop_reason reason;
	} table[] = {
		{0, 0x7c, DROP_IP_HEADER},
		{PAYLOAD_LENGTH + 1, 0, DROP_IP_HEADER},
		{PAYLOAD_LENGTH + 1, 41, DROP_IP_HEADER}, /* one more than there is */
		{PAYLOAD_LENGTH, 0xff, DROP_IP_HEADER},
		{PAYLOAD_LENGTH + 1, 39, DROP_LENGTH},
		{NEXT_HEADER, 58, DROP_PROTOCOL},
		{NEXT_HEADER, 51, DROP_PROTOCOL},
		{NEXT_HEADER, 59, DROP_PROTOCOL}, /* no next header */
		{SOURCE, 0xff, DROP_SOURCE},
		/* Another group may be configured; but the checksum covers it. */
		{DESTINATION + 15, 0x13, DROP_CHECKSUM},
		{DESTINATION, 0xfe, DROP_CHECKSUM},
		{HOP_LIMIT, 254, DROP_TTL},
		{HOP_LIMIT, 64, DROP_TTL},
		{HOP_LIMIT, 0, DROP_TTL},
		{MESSAGE, 0x21, DROP_VERSION}, /* version 2 has no IPv6 */
		{MESSAGE, 0x41, DROP_VERSION},
		{MESSAGE, 0x32, DROP_TYPE},
		{COUNT, 1, DROP_LENGTH},
		{COUNT, 3, DROP_LENGTH},
	};
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		packet = golden();
		packet.bytes[table[i].at] = table[i].value;
		assert_drop(&packet, table[i].reason);
	}
	packet = golden();
	memset(packet.bytes + SOURCE, 0, 16);
	assert_drop(&packet, DROP_SOURCE);
	for (packet = golden(); packet.length-- > 0;)
		assert_drop(&packet, DROP_IP_HEADER);
}

/* covers: CKS-04 CKS-08 CKS-09 CKS-10 */
static void every_flipped_bit_of_addresses_and_message_is_seen(void **state)
{
	(void)state;
	for (size_t bit = SOURCE * 8; bit < sizeof(packet_ipv6) * 8; bit++) {
		struct packet packet = golden();
		struct vrrp_advert advert;

		packet.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(decode(&packet, &advert), DROP_NONE);
	}
}

/* covers: CKS-04 */
static void the_sum_without_pseudo_header_is_wrong(void **state)
{
	struct packet packet = golden();
	uint16_t sum;

	(void)state;
	memset(packet.bytes + CHECKSUM, 0, 2);
	sum = checksum_finish(checksum_add(0, packet.bytes + MESSAGE, packet.length - MESSAGE));
	packet.bytes[CHECKSUM] = (uint8_t)(sum >> 8);
	packet.bytes[CHECKSUM + 1] = (uint8_t)sum;
	assert_drop(&packet, DROP_CHECKSUM);
}

/* Between the IPv6 header and what follows it now; its first octet becomes the type of the next header. */
static void insert(struct packet *packet, uint8_t type, const uint8_t *header, size_t length)
{
	memmove(packet->bytes + MESSAGE + length, packet->bytes + MESSAGE, packet->length - MESSAGE);
	memcpy(packet->bytes + MESSAGE, header, length);
	packet->bytes[MESSAGE] = packet->bytes[NEXT_HEADER];
	packet->bytes[NEXT_HEADER] = type;
	packet->bytes[PAYLOAD_LENGTH + 1] = (uint8_t)(packet->bytes[PAYLOAD_LENGTH + 1] + length);
	packet->length += length;
}

/* covers: CKS-04 RX-28 */
static void extension_headers(void **state)
{
	static const uint8_t options[16] = {0, 1, 1, 12}, routing[8] = {0, 0, 4, 0}, atomic[8] = {0};
	struct packet packet = golden();

	(void)state;
	insert(&packet, 60, options, sizeof(options));
	assert_drop(&packet, DROP_NONE);
	insert(&packet, 44, atomic, sizeof(atomic));
	assert_drop(&packet, DROP_NONE);
	insert(&packet, 43, routing, sizeof(routing));
	insert(&packet, 0, options, sizeof(options));
	assert_drop(&packet, DROP_NONE);
	/* One that leads beyond the payload. */
	packet.bytes[MESSAGE + 1] = 60;
	assert_drop(&packet, DROP_IP_HEADER);
	packet = golden();
	insert(&packet, 43, routing, sizeof(routing));
	packet.bytes[MESSAGE + 3] = 1; /* segments left */
	assert_drop(&packet, DROP_DESTINATION);
}

/* covers: RX-28 */
static void fragments(void **state)
{
	static const uint8_t first[8] = {0, 0, 0, 1}, last[8] = {0, 0, 0x05, 0xa8};
	struct packet packet = golden();

	(void)state;
	insert(&packet, 44, first, sizeof(first));
	assert_drop(&packet, DROP_FRAGMENT);
	packet = golden();
	insert(&packet, 44, last, sizeof(last));
	assert_drop(&packet, DROP_FRAGMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_packet),
		cmocka_unit_test(encoder_makes_the_golden_packet),
		cmocka_unit_test(another_group),
		cmocka_unit_test(ninety_addresses_fill_an_ethernet_frame),
		cmocka_unit_test(drops),
		cmocka_unit_test(every_flipped_bit_of_addresses_and_message_is_seen),
		cmocka_unit_test(the_sum_without_pseudo_header_is_wrong),
		cmocka_unit_test(extension_headers),
		cmocka_unit_test(fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
