/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "wire/vrrp.h"

/* A packet to change before it is decoded. */
struct packet {
	uint8_t bytes[2048];
	size_t length;
};

static struct packet packet_of(const uint8_t *bytes, size_t length)
{
	struct packet packet = {.length = length};

	memcpy(packet.bytes, bytes, length);
	return packet;
}

#define PACKET(bytes) packet_of(bytes, sizeof(bytes))

static void set_u16(struct packet *packet, size_t at, unsigned value)
{
	packet->bytes[at] = (uint8_t)(value >> 8);
	packet->bytes[at + 1] = (uint8_t)value;
}

/* Total length and VRRP checksum (message only) as they should be. */
static void mend(struct packet *packet)
{
	size_t header = (packet->bytes[0] & 0x0fu) * 4u;

	set_u16(packet, AT_TOTAL_LENGTH, (unsigned)packet->length);
	set_u16(packet, header + 6, 0);
	set_u16(packet, header + 6,
		checksum_finish(checksum_add(0, packet->bytes + header, packet->length - header)));
}

/* The IP header's own checksum, as far as there is a header. */
static void mend_ip_checksum(struct packet *packet)
{
	size_t header = (packet->bytes[0] & 0x0fu) * 4u;

	if (packet->length < 20 || header < 20 || header > packet->length)
		return;
	set_u16(packet, AT_IP_CHECKSUM, 0);
	set_u16(packet, AT_IP_CHECKSUM, checksum_finish(checksum_add(0, packet->bytes, header)));
}

/* Decodes from memory of exactly the packet's size, so that a sanitizer sees any step beyond it. */
static enum drop_reason decode_as_it_is(const struct packet *packet, struct vrrp_advert *advert)
{
	static struct packet kept;
	uint8_t *exact = malloc(packet->length > 0 ? packet->length : 1);
	enum drop_reason reason;

	memcpy(exact, packet->bytes, packet->length);
	reason = vrrp_decode(exact, packet->length, advert);
	/* The advert points into the packet: let it point to a copy that stays. */
	kept = *packet;
	if (advert->addresses != NULL)
		advert->addresses = kept.bytes + (advert->addresses - exact);
	if (advert->auth_data != NULL)
		advert->auth_data = kept.bytes + (advert->auth_data - exact);
	free(exact);
	return reason;
}

/* Most tests change fields of the IP header for what they mean, not for the checksum. */
static enum drop_reason decode(const struct packet *packet, struct vrrp_advert *advert)
{
	struct packet mended = *packet;

	mend_ip_checksum(&mended);
	return decode_as_it_is(&mended, advert);
}

static void assert_drop(const struct packet *packet, enum drop_reason expected)
{
	struct vrrp_advert advert;
	enum drop_reason reason = decode(packet, &advert);

	if (reason != expected)
		fail_msg("got %s, expected %s", drop_reason_name(reason), drop_reason_name(expected));
}

static void assert_address(struct ip_addr addr, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	struct ip_addr expected = ip_v4(a, b, c, d);

	assert_true(ip_equal(&addr, &expected));
}

static void assert_golden(const struct vrrp_advert *advert, uint8_t version)
{
	assert_address(advert->source, 192, 168, 1, 2);
	assert_address(advert->destination, 224, 0, 0, 18);
	assert_int_equal(advert->ttl, 255);
	assert_int_equal(advert->version, version);
	assert_int_equal(advert->type, 1);
	assert_int_equal(advert->vrid, 51);
	assert_int_equal(advert->priority, 100);
	assert_int_equal(advert->interval, DUR_S);
	assert_int_equal(advert->address_count, 2);
	assert_address(vrrp_advert_address(advert, 0), 10, 0, 0, 1);
	assert_address(vrrp_advert_address(advert, 1), 10, 0, 0, 2);
}

/* covers: V3-PKT-01 V2-PKT-01 CKS-01 CKS-03 CKS-05 */
static void golden_packets(void **state)
{
	static const uint8_t zero[VRRP_AUTH_SIZE];
	struct packet packet = PACKET(packet_v2);
	struct vrrp_advert advert;

	(void)state;
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_golden(&advert, 2);
	assert_int_equal(advert.checksum_form, VRRP_CHECKSUM_NONE);
	assert_int_equal(advert.checksum, 0x66c6);
	assert_int_equal(advert.auth_type, 0);
	assert_memory_equal(advert.auth_data, zero, sizeof(zero));

	packet = PACKET(packet_v3_message_only);
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_golden(&advert, 3);
	assert_int_equal(advert.checksum_form, VRRP_CHECKSUM_MESSAGE_ONLY);
	assert_null(advert.auth_data);

	packet = PACKET(packet_v3_pseudo_header);
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_golden(&advert, 3);
	assert_int_equal(advert.checksum_form, VRRP_CHECKSUM_PSEUDO_HEADER);
	assert_int_equal(advert.checksum, 0xb425);
}

/* covers: V3-PKT-01 V3-PKT-02 V3-PKT-09 V3-PKT-10 V3-PKT-14 V2-PKT-01 V2-PKT-04 CKS-01 IPH-02 IPH-05
 * IPH-07 IPH-11 TX-02 */
static void encoder_makes_the_golden_packets(void **state)
{
	struct ip_addr addresses[] = {ip_v4(10, 0, 0, 1), ip_v4(10, 0, 0, 2)};
	struct vrrp_encode_request request = {
		.source_mac = vrrp_virtual_mac(IP_V4, 51),
		.source = ip_v4(192, 168, 1, 2),
		.version = 2,
		.vrid = 51,
		.priority = 100,
		.interval = DUR_S,
		.addresses = addresses,
		.address_count = 2,
	};
	static const uint8_t ethernet[] = {
		0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x00, 0x00, 0x5e, 0x00, 0x01, 51, 0x08, 0x00};
	uint8_t frame[VRRP_FRAME_MAX];

	(void)state;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 14 + sizeof(packet_v2));
	assert_memory_equal(frame, ethernet, sizeof(ethernet));
	assert_memory_equal(frame + 14, packet_v2, sizeof(packet_v2));

	request.version = 3;
	request.checksum_form = VRRP_CHECKSUM_MESSAGE_ONLY;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 14 + sizeof(packet_v3_message_only));
	assert_memory_equal(frame + 14, packet_v3_message_only, sizeof(packet_v3_message_only));

	request.checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 14 + sizeof(packet_v3_pseudo_header));
	assert_memory_equal(frame + 14, packet_v3_pseudo_header, sizeof(packet_v3_pseudo_header));
}

/* covers: V3-PKT-07 */
static void every_interval_that_can_be_sent(void **state)
{
	struct ip_addr address = ip_v4(10, 0, 0, 1);
	struct vrrp_encode_request request = {
		.source = ip_v4(192, 168, 1, 2),
		.version = 3,
		.vrid = 51,
		.addresses = &address,
		.address_count = 1,
	};
	uint8_t frame[VRRP_FRAME_MAX];

	(void)state;
	for (unsigned hundredths = 1; hundredths <= 4095; hundredths++) {
		request.interval = hundredths * DUR_CS;
		assert_int_not_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
		assert_int_equal(frame[14 + AT_INTERVAL] * 256 + frame[14 + AT_INTERVAL + 1], hundredths);
	}
}

/* covers: IPH-06 RX-01 RX-26 RX-27 RX-28 */
static void drops_of_the_ip_header(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum drop_reason reason;
	} table[] = {
		{0, 0x65, DROP_IP_HEADER}, /* version 6 */
		{0, 0x44, DROP_IP_HEADER}, /* header of 16 octets */
		{0, 0x4f, DROP_IP_HEADER}, /* header of 60, total length of 36 */
		{AT_TOTAL_LENGTH + 1, 19, DROP_IP_HEADER},
		{AT_TOTAL_LENGTH + 1, 37, DROP_IP_HEADER}, /* one more than there is */
		{AT_TOTAL_LENGTH, 0xff, DROP_IP_HEADER},
		{AT_FRAGMENT, 0x20, DROP_FRAGMENT}, /* more fragments */
		{AT_FRAGMENT, 0x10, DROP_FRAGMENT}, /* the highest bit of the offset */
		{AT_FRAGMENT + 1, 0x01, DROP_FRAGMENT},
		{AT_PROTOCOL, 17, DROP_PROTOCOL},
		{AT_PROTOCOL, 51, DROP_PROTOCOL}, /* IP AH, and not 112 behind it */
		{AT_SOURCE, 224, DROP_SOURCE},
		{AT_TTL, 254, DROP_TTL},
		{AT_TTL, 64, DROP_TTL},
		{AT_TTL, 0, DROP_TTL},
	};
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		packet = PACKET(packet_v3_message_only);
		packet.bytes[table[i].at] = table[i].value;
		assert_drop(&packet, table[i].reason);
	}
	packet = PACKET(packet_v3_message_only);
	memset(packet.bytes + AT_SOURCE, 0, 4);
	assert_drop(&packet, DROP_SOURCE);
	memset(packet.bytes + AT_SOURCE, 255, 4);
	assert_drop(&packet, DROP_SOURCE);
	packet = PACKET(packet_v3_message_only);
	memset(packet.bytes + AT_DESTINATION, 255, 4);
	assert_drop(&packet, DROP_DESTINATION);
	memset(packet.bytes + AT_DESTINATION, 0, 4);
	assert_drop(&packet, DROP_DESTINATION);
	/* To one router, over others. */
	packet.bytes[AT_DESTINATION] = 10;
	packet.bytes[AT_TTL] = 7;
	assert_drop(&packet, DROP_NONE);
	assert_int_equal(vrrp_decode(NULL, 0, &(struct vrrp_advert){0}), DROP_IP_HEADER);
}

static void every_flipped_bit_of_the_ip_header_is_seen(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 20 * 8; bit++) {
		struct packet packet = PACKET(packet_v2);
		struct vrrp_advert advert;

		packet.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(decode_as_it_is(&packet, &advert), DROP_IP_HEADER);
	}
}

static void flags_that_are_no_fragments(void **state)
{
	struct packet packet = PACKET(packet_v3_message_only);

	(void)state;
	packet.bytes[AT_FRAGMENT] = 0x00;
	assert_drop(&packet, DROP_NONE);
	packet.bytes[AT_FRAGMENT] = 0xc0;
	assert_drop(&packet, DROP_NONE);
}

/* covers: RX-02 RX-03 RX-04 RX-05 */
static void drops_of_the_message(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum drop_reason reason;
	} table[] = {
		{AT_MESSAGE, 0x11, DROP_VERSION}, {AT_MESSAGE, 0x41, DROP_VERSION},
		{AT_MESSAGE, 0x01, DROP_VERSION},
		{AT_MESSAGE, 0x42, DROP_VERSION}, /* version comes before type */
		{AT_MESSAGE, 0x32, DROP_TYPE}, {AT_MESSAGE, 0x30, DROP_TYPE}, {AT_MESSAGE, 0x22, DROP_TYPE},
		{AT_COUNT, 3, DROP_LENGTH}, {AT_COUNT, 1, DROP_LENGTH}, /* 4 octets too many: AMB-05 */
		{AT_COUNT, 255, DROP_LENGTH},
		{AT_MESSAGE, 0x21, DROP_LENGTH}, /* version 2 without authentication data */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct packet packet = PACKET(packet_v3_message_only);

		packet.bytes[table[i].at] = table[i].value;
		/* With the checksum mended the later check would pass; without, it would fail: the earlier must win. */
		assert_drop(&packet, table[i].reason);
		mend(&packet);
		assert_drop(&packet, table[i].reason);
	}
}

/* covers: RX-04 RX-31 */
static void every_short_message(void **state)
{
	(void)state;
	for (size_t length = 20; length < sizeof(packet_v2); length++) {
		struct packet packet = packet_of(packet_v2, length);

		set_u16(&packet, AT_TOTAL_LENGTH, (unsigned)length);
		assert_drop(&packet, DROP_LENGTH);
	}
	for (size_t length = 0; length < sizeof(packet_v2); length++) {
		struct packet packet = packet_of(packet_v2, length);

		assert_drop(&packet, DROP_IP_HEADER);
	}
}

/* covers: CKS-07 IPH-10 RX-05 RX-31 V3-PKT-15 */
static void trailing_octets(void **state)
{
	struct packet packet = PACKET(packet_v3_message_only);

	(void)state;
	/* Beyond the IP length: Ethernet padding. */
	packet.length = 46;
	memset(packet.bytes + 36, 0xee, 10);
	assert_drop(&packet, DROP_NONE);
	/* Within it: a length error whatever the octet is, never a checksum error (CKS-07). */
	packet.length = 37;
	for (unsigned value = 0; value < 256; value++) {
		packet.bytes[36] = (uint8_t)value;
		set_u16(&packet, AT_TOTAL_LENGTH, 37);
		assert_drop(&packet, DROP_LENGTH);
	}
	/* An authentication trailer does not belong into version 3 (V3-PKT-15). */
	packet.length = 44;
	memset(packet.bytes + 36, 0, 8);
	mend(&packet);
	assert_drop(&packet, DROP_LENGTH);
}

/* covers: CKS-06 CKS-08 */
static void every_flipped_bit_is_seen(void **state)
{
	static const struct {
		const uint8_t *bytes;
		size_t length;
	} table[] = {
		{packet_v2, sizeof(packet_v2)},
		{packet_v3_message_only, sizeof(packet_v3_message_only)},
		{packet_v3_pseudo_header, sizeof(packet_v3_pseudo_header)},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (size_t bit = AT_MESSAGE * 8; bit < table[i].length * 8; bit++) {
			struct packet packet = packet_of(table[i].bytes, table[i].length);
			struct vrrp_advert advert;

			packet.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_not_equal(decode(&packet, &advert), DROP_NONE);
		}
	}
}

/* covers: CKS-09 */
static void checksum_of_another_source(void **state)
{
	struct packet packet = PACKET(packet_v3_pseudo_header);

	(void)state;
	packet.bytes[AT_SOURCE + 3] = 3;
	assert_drop(&packet, DROP_CHECKSUM);
	/* The message-only form does not protect the source. */
	packet = PACKET(packet_v3_message_only);
	packet.bytes[AT_SOURCE + 3] = 3;
	assert_drop(&packet, DROP_NONE);
	/* Version 2 never had a pseudo-header. */
	packet = PACKET(packet_v2);
	set_u16(&packet, AT_CHECKSUM, 0xc47f);
	assert_drop(&packet, DROP_CHECKSUM);
}

/* A source chosen so that the pseudo-header sums to nothing: both forms verify. */
static void both_forms_by_chance(void **state)
{
	struct packet packet = PACKET(packet_v3_message_only);
	struct vrrp_advert advert;

	(void)state;
	/* 0xe000 + 0x0012 + 112 + 16 is 0xe092; the source adds 0x1f6d: 0xffff, which is the zero of this sum. */
	set_u16(&packet, AT_SOURCE, 0x0a01);
	set_u16(&packet, AT_SOURCE + 2, 0x1f6d - 0x0a01);
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_int_equal(advert.checksum_form, VRRP_CHECKSUM_BOTH);
}

/* covers: IPH-10 */
static void ip_options(void **state)
{
	(void)state;
	for (unsigned words = 6; words <= 15; words++) {
		struct packet packet = PACKET(packet_v3_pseudo_header);
		size_t options = (words - 5) * 4;
		struct vrrp_advert advert;

		memmove(packet.bytes + 20 + options, packet.bytes + 20, 16);
		memset(packet.bytes + 20, 1, options); /* no-operation */
		packet.bytes[0] = (uint8_t)(0x40 | words);
		packet.length += options;
		set_u16(&packet, AT_TOTAL_LENGTH, (unsigned)packet.length);
		assert_int_equal(decode(&packet, &advert), DROP_NONE);
		assert_golden(&advert, 3);
	}
}

/* covers: V3-PKT-08 */
static void fields_at_their_limits(void **state)
{
	struct packet packet = PACKET(packet_v3_message_only);
	struct vrrp_advert advert;

	(void)state;
	set_u16(&packet, AT_INTERVAL, 0xf064); /* the reserve nibble is ignored: V3-PKT-08 */
	mend(&packet);
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_int_equal(advert.interval, DUR_S);
	set_u16(&packet, AT_INTERVAL, 0x0fff);
	mend(&packet);
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_int_equal(advert.interval, 4095 * DUR_CS);
	set_u16(&packet, AT_INTERVAL, 0); /* for core/accept to refuse */
	packet.bytes[AT_MESSAGE + 1] = 0;
	packet.bytes[AT_MESSAGE + 2] = 0;
	mend(&packet);
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_int_equal(advert.interval, 0);
	assert_int_equal(advert.vrid, 0);
	assert_int_equal(advert.priority, 0);

	packet = PACKET(packet_v2);
	packet.bytes[AT_INTERVAL] = 1;
	packet.bytes[AT_INTERVAL + 1] = 255;
	memcpy(packet.bytes + packet.length - 8, "password", 8);
	mend(&packet);
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_int_equal(advert.interval, 255 * DUR_S);
	assert_int_equal(advert.auth_type, 1);
	assert_memory_equal(advert.auth_data, "password", 8);
}

/* Count 0 is decoded: what it means is for core/accept to say. */
static void no_addresses(void **state)
{
	struct packet packet = packet_of(packet_v3_message_only, 28);
	struct vrrp_advert advert;

	(void)state;
	packet.bytes[AT_COUNT] = 0;
	mend(&packet);
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_int_equal(advert.address_count, 0);

	packet = packet_of(packet_v2, 36);
	memset(packet.bytes + 28, 0, 8);
	packet.bytes[AT_COUNT] = 0;
	mend(&packet);
	assert_int_equal(decode(&packet, &advert), DROP_NONE);
	assert_int_equal(advert.address_count, 0);
	assert_non_null(advert.auth_data);
}

static void drop_says_who_sent_it(void **state)
{
	struct packet packet = PACKET(packet_v3_message_only);
	struct vrrp_advert advert;

	(void)state;
	packet.bytes[AT_CHECKSUM] ^= 1;
	assert_int_equal(decode(&packet, &advert), DROP_CHECKSUM);
	assert_golden(&advert, 3);
	assert_int_equal(advert.checksum_form, VRRP_CHECKSUM_NONE);

	packet.bytes[AT_TTL] = 3;
	assert_int_equal(decode(&packet, &advert), DROP_TTL);
	assert_address(advert.source, 192, 168, 1, 2);
	assert_int_equal(advert.ttl, 3);
	assert_int_equal(advert.version, 0);

	packet = PACKET(packet_v3_message_only);
	packet.bytes[AT_COUNT] = 9;
	assert_int_equal(decode(&packet, &advert), DROP_LENGTH);
	assert_int_equal(advert.vrid, 51);
	assert_null(advert.addresses);
}

/* covers: VMAC-01 */
static void virtual_macs(void **state)
{
	struct mac_addr v4 = vrrp_virtual_mac(IP_V4, 255), v6 = vrrp_virtual_mac(IP_V6, 1);
	static const uint8_t expected_v4[] = {0, 0, 0x5e, 0, 1, 255}, expected_v6[] = {0, 0, 0x5e, 0, 2, 1};

	(void)state;
	assert_memory_equal(v4.bytes, expected_v4, 6);
	assert_memory_equal(v6.bytes, expected_v6, 6);
}

/* The example of RFC 1071 section 3, an odd length, and a sum that carries twice. */
static void checksums(void **state)
{
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	uint8_t ones[60000];

	(void)state;
	assert_int_equal(checksum_finish(checksum_add(0, example, 8)), (uint16_t)~0xddf2);
	assert_int_equal(checksum_finish(checksum_add(0, example, 3)), (uint16_t)~0xf201);
	assert_int_equal(checksum_finish(checksum_add(checksum_add(0, example, 4), example + 4, 4)),
		(uint16_t)~0xddf2);
	assert_int_equal(checksum_finish(0), 0xffff);
	assert_int_equal(checksum_finish(0xffffffff), 0);
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(checksum_finish(checksum_add(0, ones, sizeof(ones))), 0);
}

static void drop_names(void **state)
{
	(void)state;
	assert_string_equal(drop_reason_name(DROP_NONE), "none");
	assert_string_equal(drop_reason_name(DROP_ADDRESS_LIST), "address-list");
	for (unsigned i = 0; i < DROP_REASON_COUNT; i++) {
		const char *name = drop_reason_name((enum drop_reason)i);

		assert_true(strlen(drop_reason_text((enum drop_reason)i)) > 5);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		assert_string_not_equal(name, "unknown");
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name, drop_reason_name((enum drop_reason)k));
	}
	assert_string_equal(drop_reason_name(DROP_REASON_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_packets),
		cmocka_unit_test(encoder_makes_the_golden_packets),
		cmocka_unit_test(every_interval_that_can_be_sent),
		cmocka_unit_test(drops_of_the_ip_header),
		cmocka_unit_test(every_flipped_bit_of_the_ip_header_is_seen),
		cmocka_unit_test(flags_that_are_no_fragments),
		cmocka_unit_test(drops_of_the_message),
		cmocka_unit_test(every_short_message),
		cmocka_unit_test(trailing_octets),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(checksum_of_another_source),
		cmocka_unit_test(both_forms_by_chance),
		cmocka_unit_test(ip_options),
		cmocka_unit_test(fields_at_their_limits),
		cmocka_unit_test(no_addresses),
		cmocka_unit_test(drop_says_who_sent_it),
		cmocka_unit_test(virtual_macs),
		cmocka_unit_test(checksums),
		cmocka_unit_test(drop_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
