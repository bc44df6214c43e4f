/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random adverts and random damage. Prints its seed; VIGIA_TEST_SEED=N repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "wire/vrrp.h"

#define ROUNDS 30000

#define FRAME_MAX (14 + 40 + 8 + 16 * VRRP_ADDRESSES_MAX)

static struct ip_addr random_host(struct random *random, enum ip_family family)
{
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)random_u64(random);
	bytes[0] = (uint8_t)(1 + random_below(random, 223));
	return family == IP_V6 ? ip_v6_from(bytes) : ip_v4_from(bytes);
}

static struct vrrp_encode_request random_request(
	struct random *random, enum ip_family family, struct ip_addr *addresses)
{
	struct vrrp_encode_request request = {
		.source_mac = vrrp_virtual_mac(family, 1),
		.source = random_host(random, family),
		.version = family == IP_V4 && random_chance(random, 1, 2) ? 2 : 3,
		.vrid = (uint8_t)(1 + random_below(random, 255)),
		.priority = (uint8_t)random_u64(random),
		.checksum_form = random_chance(random, 1, 2) ? VRRP_CHECKSUM_MESSAGE_ONLY
							     : VRRP_CHECKSUM_PSEUDO_HEADER,
		.addresses = addresses,
		.address_count = random_below(random, random_chance(random, 1, 10) ? 256 : 5),
	};

	if (request.version == 2)
		request.interval = (dur_t)random_below(random, 256) * DUR_S;
	else
		request.interval = (dur_t)random_below(random, 4096) * DUR_CS;
	for (size_t i = 0; i < request.address_count; i++)
		addresses[i] = random_host(random, family);
	if (family == IP_V6)
		request.checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER;
	return request;
}

static void assert_says_the_same(const struct vrrp_encode_request *request, const struct vrrp_advert *advert)
{
	assert_true(ip_equal(&advert->source, &request->source));
	assert_int_equal(advert->version, request->version);
	assert_int_equal(advert->vrid, request->vrid);
	assert_int_equal(advert->priority, request->priority);
	assert_int_equal(advert->interval, request->interval);
	assert_int_equal(advert->address_count, request->address_count);
	if (request->version == 3 && advert->checksum_form != VRRP_CHECKSUM_BOTH)
		assert_int_equal(advert->checksum_form, request->checksum_form);
	for (unsigned i = 0; i < advert->address_count; i++) {
		struct ip_addr addr = vrrp_advert_address(advert, i);

		assert_true(ip_equal(&addr, &request->addresses[i]));
	}
}

/* covers: TX-02 V3-PKT-10 */
static void round_trip(void **state)
{
	struct random *random = *state;
	struct ip_addr addresses[VRRP_ADDRESSES_MAX];

	for (unsigned round = 0; round < ROUNDS; round++) {
		enum ip_family family = random_chance(random, 1, 2) ? IP_V6 : IP_V4;
		struct vrrp_encode_request request = random_request(random, family, addresses);
		struct vrrp_advert advert;
		uint8_t frame[FRAME_MAX];
		size_t length = vrrp_encode(&request, frame, sizeof(frame));

		assert_int_not_equal(length, 0);
		if (family == IP_V4)
			assert_int_equal(checksum_finish(checksum_add(0, frame + 14, 20)), 0);
		assert_int_equal(vrrp_decode(frame + 14, length - 14, &advert), DROP_NONE);
		assert_says_the_same(&request, &advert);
		assert_int_equal(vrrp_encode(&request, frame, random_below(random, length)), 0);
	}
}

static void damage(struct random *random, enum ip_family family, uint8_t *bytes, size_t *length)
{
	size_t said = family == IP_V6 ? *length - 40 : *length, at = family == IP_V6 ? 4 : 2;

	switch (random_below(random, 6)) {
	case 0:
		*length = random_below(random, *length + 1);
		break;
	case 1:
		*length += random_below(random, 64);
		break;
	case 2:
		bytes[at + 1] = (uint8_t)said;
		bytes[at] = (uint8_t)(said >> 8);
		break;
	case 3:
		bytes[random_below(random, family == IP_V6 ? 48 : 28)] = (uint8_t)random_u64(random);
		break;
	default:
		bytes[random_below(random, *length + 1)] ^= (uint8_t)(1u << random_below(random, 8));
		break;
	}
}

/* So that half of the damage comes through to the checks behind the header's. */
static void mend_ip_checksum(struct random *random, uint8_t *bytes, size_t length)
{
	size_t header = (bytes[0] & 0x0fu) * 4u;
	uint16_t sum;

	if (bytes[0] >> 4 != 4 || header < 20 || header > length || random_chance(random, 1, 2))
		return;
	bytes[10] = bytes[11] = 0;
	sum = checksum_finish(checksum_add(0, bytes, header));
	bytes[10] = (uint8_t)(sum >> 8);
	bytes[11] = (uint8_t)sum;
}

static uint32_t plain_sum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] * 256 : bytes[i];
	return sum;
}

/* What must hold of a packet that was accepted, said once more and in another way. */
static void assert_acceptable_v6(const uint8_t *bytes, size_t length, const struct vrrp_advert *advert)
{
	size_t payload = bytes[4] * 256u + bytes[5];
	size_t trailer = advert->trailer != NULL ? VRRP_TRAILER_SIZE : 0;
	size_t message = 8u + 16u * advert->address_count, at = 40 + payload - message - trailer;

	assert_int_equal(bytes[0] >> 4, 6);
	assert_in_range(payload, message, length - 40);
	assert_true(bytes[7] == 255 || bytes[24] != 255);
	assert_int_equal(bytes[at], 0x31);
	assert_ptr_equal(advert->addresses, bytes + at + 8);
	assert_int_equal(
		(plain_sum(bytes + at, message) + plain_sum(bytes + 8, 32) + 112 + message) % 0xffff, 0);
}

static void assert_acceptable(const uint8_t *bytes, size_t length, const struct vrrp_advert *advert)
{
	size_t header = (bytes[0] % 16u) * 4u, total = bytes[2] * 256u + bytes[3];
	size_t message = total - header - (advert->trailer != NULL ? VRRP_TRAILER_SIZE : 0);
	uint32_t sum = plain_sum(bytes + header, message);
	uint32_t pseudo = sum + plain_sum(bytes + 12, 8) + 112 + (uint32_t)message;

	assert_in_range(bytes[0], 0x45, 0x4f);
	assert_in_range(total, header + 8, length);
	assert_int_equal(plain_sum(bytes, header) % 0xffff, 0);
	assert_int_equal(bytes[6] & 0x3f, 0);
	assert_int_equal(bytes[7], 0);
	assert_true(bytes[8] == 255 || bytes[16] < 224);
	assert_int_equal(bytes[9], 112);
	assert_true(bytes[header] == 0x21 || bytes[header] == 0x31);
	assert_int_equal(message, 8u + 4u * bytes[header + 3] + (bytes[header] == 0x21 ? 8u : 0u));
	assert_ptr_equal(advert->addresses, bytes + header + 8);
	assert_true(sum % 0xffff == 0 || (bytes[header] == 0x31 && pseudo % 0xffff == 0));
}

static void assert_damage_is_seen(struct random *random, enum ip_family family)
{
	struct ip_addr addresses[VRRP_ADDRESSES_MAX];
	unsigned accepted = 0, seen[DROP_REASON_COUNT] = {0};

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct vrrp_encode_request request = random_request(random, family, addresses);
		uint8_t frame[2 * FRAME_MAX] = {0}, *exact;
		size_t length = vrrp_encode(&request, frame, FRAME_MAX) - 14;
		struct vrrp_advert advert;
		enum drop_reason reason;

		for (uint64_t i = random_below(random, 4); i > 0; i--)
			damage(random, family, frame + 14, &length);
		mend_ip_checksum(random, frame + 14, length);
		/* Memory of exactly this size: a sanitizer sees any step beyond. */
		exact = malloc(length + 1);
		memcpy(exact + 1, frame + 14, length);
		reason = vrrp_decode(exact + 1, length, &advert);
		assert_in_range(reason, DROP_NONE, DROP_CHECKSUM);
		seen[reason]++;
		if (reason == DROP_NONE && advert.source.family == IP_V6)
			assert_acceptable_v6(exact + 1, length, &advert);
		else if (reason == DROP_NONE)
			assert_acceptable(exact + 1, length, &advert);
		accepted += reason == DROP_NONE;
		free(exact);
	}
	assert_true(accepted > ROUNDS / 10 && accepted < ROUNDS);
	for (unsigned reason = DROP_NONE; reason <= DROP_CHECKSUM; reason++) {
		/* Single octets make no broadcast, nor an IPv6 fragment, which has an extension header. */
		if (seen[reason] == 0 && reason != DROP_DESTINATION && (family == IP_V4 || reason != DROP_FRAGMENT))
			fail_msg("no packet was dropped for %s", drop_reason_name((enum drop_reason)reason));
	}
}

/* covers: RX-04 RX-31 */
static void damaged_packets(void **state)
{
	assert_damage_is_seen(*state, IP_V4);
}

/* covers: CKS-04 RX-04 RX-31 */
static void damaged_ipv6_packets(void **state)
{
	assert_damage_is_seen(*state, IP_V6);
}

static void refused_requests(void **state)
{
	struct ip_addr addresses[VRRP_ADDRESSES_MAX] = {ip_v4(10, 0, 0, 1)};
	struct vrrp_encode_request good = {.source = ip_v4(1, 2, 3, 4),
		.version = 3,
		.vrid = 1,
		.interval = DUR_S,
		.addresses = addresses,
		.address_count = 1};
	struct vrrp_encode_request request = good;
	uint8_t frame[VRRP_FRAME_MAX];

	(void)state;
	assert_int_not_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	request.version = 4;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	request = good;
	request.interval = 4096 * DUR_CS;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	request.version = 2;
	request.interval = 256 * DUR_S;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	request = good;
	request.source = (struct ip_addr){.family = IP_V6};
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	request = good;
	addresses[0].family = IP_V6;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	/* One family throughout, and version 3 alone has IPv6. */
	request.source = (struct ip_addr){.family = IP_V6};
	assert_int_not_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	request.destination = vrrp_group(IP_V4);
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	request.destination = vrrp_group(IP_V6);
	request.version = 2;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
	request = good;
	request.address_count = 256;
	assert_int_equal(vrrp_encode(&request, frame, sizeof(frame)), 0);
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(damaged_packets),
		cmocka_unit_test(damaged_ipv6_packets),
		cmocka_unit_test(refused_requests),
	};
	const char *chosen = getenv("VIGIA_TEST_SEED");
	uint64_t seed = chosen != NULL ? strtoull(chosen, NULL, 0) : 9568;
	struct random random;

	random_seed(&random, seed);
	print_message("VIGIA_TEST_SEED=%llu\n", (unsigned long long)seed);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tests[i].initial_state = &random;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
