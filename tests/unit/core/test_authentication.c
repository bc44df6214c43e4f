/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is heard: authenticated adverts as they come from the wire, against configurations with and without a secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/accept.h"

static const struct virtual_address address = {.prefix = {{IP_V4, {192, 168, 1, 200}}, 32}};
static const struct hmac_key keys[] = {
	{.id = 1, .length = 32, .bytes = "one key of thirty-two octets...."},
	{.id = 2, .length = 40, .bytes = "another key, which is of forty octets..."},
};

static const struct vr_extra none;

static struct vr_config configure(uint8_t version)
{
	return (struct vr_config){.name = "VI_1",
		.version = version,
		.family = IP_V4,
		.vrid = 51,
		.priority = 100,
		.advert_interval = DUR_S,
		.addresses = &address,
		.address_count = 1,
		.advertised_count = 1,
		.extra = &none};
}

/* What is to be otherwise; from a ring, for no test changes more. */
static struct vr_extra *change(struct vr_config *config)
{
	static struct vr_extra extras[256];
	static unsigned next;
	struct vr_extra *extra = &extras[next++ % 256];

	if (config->extra != NULL)
		*extra = *config->extra;
	else
		*extra = (struct vr_extra){0};
	config->extra = extra;
	return extra;
}

static struct vr_config configure_v2(enum authentication_type type, const char *secret)
{
	struct vr_config config = configure(2);

	change(&config)->authentication = type;
	memcpy(change(&config)->authentication_data, secret, strlen(secret));
	return config;
}

static struct vr_config configure_hmac(enum hmac_mode mode, uint8_t active_key)
{
	struct vr_config config = configure(3);

	change(&config)->hmac = (struct hmac_config){.enabled = true,
		.mode = mode,
		.active_key = active_key,
		.time_window = 5 * DUR_S,
		.keys = keys,
		.key_count = 2};
	return config;
}

struct packet {
	uint8_t frame[256];
	size_t length;
	struct vrrp_advert advert;
};

/* What a router of the sender's configuration says. */
static void say(struct packet *packet, const struct vr_config *sender)
{
	const struct hmac_key *key = config_hmac_key(&sender->extra->hmac, sender->extra->hmac.active_key);
	struct vrrp_signature signature = {.scheme = config_scheme(sender),
		.key = sender->extra->authentication_data,
		.key_length = VRRP_AUTHENTICATION_SIZE,
		.key_id = sender->extra->hmac.active_key,
		.sequence = 77};
	struct vrrp_encode_request request = {.source = ip_v4(192, 168, 1, 20),
		.version = sender->version,
		.vrid = sender->vrid,
		.priority = 90,
		.interval = sender->advert_interval,
		.addresses = &address.prefix.addr,
		.address_count = 1,
		.signature = &signature};

	if (key != NULL) {
		signature.key = key->bytes;
		signature.key_length = key->length;
	}
	packet->length = vrrp_encode(&request, packet->frame, sizeof(packet->frame));
	assert_int_not_equal(packet->length, 0);
	assert_int_equal(vrrp_decode(packet->frame + 14, packet->length - 14, &packet->advert), DROP_NONE);
}

static enum drop_reason hear(const struct vr_config *sender, const struct vr_config *receiver)
{
	struct packet packet;

	say(&packet, sender);
	return advert_check(receiver, false, &packet.advert);
}

/* covers: RX-20 RX-21 RX-22 V2-PKT-07 V2-PKT-08 */
static void each_hears_its_like(void **state)
{
	const struct vr_config routers[] = {
		configure_v2(AUTHENTICATION_NONE, ""),
		configure_v2(AUTHENTICATION_PASS, "abc"),
		configure_v2(AUTHENTICATION_PASS, "abcd"),
		configure_v2(AUTHENTICATION_PASS, "12345678"),
		configure_v2(AUTHENTICATION_AH, "abc"),
		configure_v2(AUTHENTICATION_AH, "12345678"),
	};
	const size_t count = sizeof(routers) / sizeof(routers[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++) {
			enum drop_reason expected = DROP_NONE;

			if (routers[i].extra->authentication != routers[k].extra->authentication)
				expected = DROP_AUTH_MISMATCH;
			else if (i != k)
				expected = DROP_AUTH_FAILURE;
			assert_int_equal(hear(&routers[i], &routers[k]), expected);
		}
}

/* covers: RX-21 V2-PKT-07 */
static void text_is_filled_with_zeros(void **state)
{
	struct vr_config router = configure_v2(AUTHENTICATION_PASS, "abc");
	struct packet packet;

	(void)state;
	say(&packet, &router);
	assert_int_equal(packet.advert.auth_type, 1);
	assert_memory_equal(packet.advert.auth_data, "abc\0\0\0\0\0", 8);
	for (size_t i = 0; i < 8; i++) {
		uint8_t *octet = packet.frame + (packet.advert.auth_data - packet.frame) + i;

		*octet ^= 1;
		assert_int_equal(advert_check(&router, false, &packet.advert), DROP_AUTH_FAILURE);
		*octet ^= 1;
	}
	assert_int_equal(advert_check(&router, false, &packet.advert), DROP_NONE);
}

/* covers: RX-22 V2-PKT-08 */
static void header_and_type_go_together(void **state)
{
	struct vr_config router = configure_v2(AUTHENTICATION_AH, "abc");
	struct vr_config text = configure_v2(AUTHENTICATION_PASS, "abc");
	struct packet packet;

	(void)state;
	say(&packet, &router);
	assert_int_equal(packet.frame[14 + 9], 51);
	assert_non_null(packet.advert.ah);
	assert_int_equal(vrrp_ah_read(packet.advert.ah).sequence, 77);
	assert_memory_equal(packet.advert.auth_data, "\0\0\0\0\0\0\0\0", 8);
	/* The trailing octets are nobody's business, but for the digest. */
	packet.advert.ah = NULL;
	assert_int_equal(advert_check(&router, false, &packet.advert), DROP_AUTH_FAILURE);
	say(&packet, &router);
	packet.advert.auth_type = 1;
	assert_int_equal(advert_check(&router, false, &packet.advert), DROP_AUTH_MISMATCH);
	packet.advert.auth_data = text.extra->authentication_data;
	assert_int_equal(advert_check(&text, false, &packet.advert), DROP_AUTH_MISMATCH);
}

static void trailers(void **state)
{
	const struct vr_config plain = configure(3), enforce = configure_hmac(HMAC_ENFORCE, 1),
			       other_key = configure_hmac(HMAC_ENFORCE, 2),
			       permissive = configure_hmac(HMAC_PERMISSIVE, 1),
			       receive_only = configure_hmac(HMAC_RECEIVE_ONLY, 1);
	struct vr_config wrong = enforce, fewer = enforce;
	struct hmac_key wrong_key = keys[0];

	(void)state;
	wrong_key.bytes[0]++;
	change(&wrong)->hmac.keys = &wrong_key;
	change(&wrong)->hmac.key_count = 1;
	change(&fewer)->hmac.key_count = 1;
	assert_int_equal(hear(&enforce, &enforce), DROP_NONE);
	/* Keys are changed one router at a time. */
	assert_int_equal(hear(&other_key, &enforce), DROP_NONE);
	assert_int_equal(hear(&enforce, &other_key), DROP_NONE);
	assert_int_equal(hear(&other_key, &fewer), DROP_AUTH_FAILURE);
	assert_int_equal(hear(&wrong, &enforce), DROP_AUTH_FAILURE);
	assert_int_equal(hear(&wrong, &permissive), DROP_AUTH_FAILURE);
	assert_int_equal(hear(&wrong, &receive_only), DROP_AUTH_FAILURE);
	assert_int_equal(hear(&plain, &enforce), DROP_AUTH_MISMATCH);
	assert_int_equal(hear(&plain, &permissive), DROP_NONE);
	assert_int_equal(hear(&plain, &receive_only), DROP_NONE);
	assert_int_equal(hear(&receive_only, &permissive), DROP_NONE);
	assert_int_equal(hear(&receive_only, &enforce), DROP_AUTH_MISMATCH);
	assert_int_equal(hear(&permissive, &enforce), DROP_NONE);
}

/* covers: RX-05 */
static void a_trailer_that_nobody_asked_for_is_too_long(void **state)
{
	const struct vr_config plain = configure(3), enforce = configure_hmac(HMAC_ENFORCE, 1);

	(void)state;
	assert_int_equal(hear(&enforce, &plain), DROP_LENGTH);
}

/* covers: RX-27 */
static void each_is_spoken_to_in_its_way(void **state)
{
	const struct unicast_peer peers[] = {
		{.address = ip_v4(192, 168, 1, 20), .max_ttl = 255},
		{.address = ip_v4(192, 168, 1, 21), .min_ttl = 250, .max_ttl = 254},
	};
	struct vr_config router = configure(3);
	struct packet packet;

	(void)state;
	say(&packet, &router);
	assert_int_equal(advert_check_way(&router, &packet.advert), DROP_NONE);
	change(&router)->group = ip_v4(224, 0, 0, 77);
	assert_int_equal(advert_check_way(&router, &packet.advert), DROP_DESTINATION);
	packet.advert.destination = router.extra->group;
	assert_int_equal(advert_check_way(&router, &packet.advert), DROP_NONE);
	change(&router)->unicast = (struct unicast_config){.enabled = true, .peers = peers, .peer_count = 2};
	assert_int_equal(advert_check_way(&router, &packet.advert), DROP_DESTINATION);
	packet.advert.destination = ip_v4(192, 168, 1, 1);
	packet.advert.ttl = 7;
	assert_int_equal(advert_check_way(&router, &packet.advert), DROP_NONE);
	packet.advert.source = ip_v4(192, 168, 1, 22);
	assert_int_equal(advert_check_way(&router, &packet.advert), DROP_NONE);
	change(&router)->unicast.check_source = true;
	assert_int_equal(advert_check_way(&router, &packet.advert), DROP_PEER);
	packet.advert.source = ip_v4(192, 168, 1, 21);
	for (unsigned ttl = 0; ttl < 256; ttl++) {
		packet.advert.ttl = (uint8_t)ttl;
		assert_int_equal(advert_check_way(&router, &packet.advert),
			ttl >= 250 && ttl <= 254 ? DROP_NONE : DROP_TTL);
	}
	change(&router)->unicast.enabled = false;
	assert_int_equal(advert_check(&router, false, &packet.advert), DROP_DESTINATION);
}

static void what_cannot_be_signed(void **state)
{
	struct vrrp_signature signature = {.key = keys[0].bytes, .key_length = 32};
	struct vrrp_encode_request request = {.source = ip_v4(192, 168, 1, 20),
		.interval = DUR_S,
		.addresses = &address.prefix.addr,
		.address_count = 1,
		.signature = &signature};
	static const struct {
		uint8_t version;
		enum vrrp_scheme scheme;
		bool possible;
	} table[] = {{2, VRRP_SCHEME_NONE, true}, {3, VRRP_SCHEME_NONE, true}, {2, VRRP_SCHEME_PASS, false},
		{3, VRRP_SCHEME_PASS, false}, {2, VRRP_SCHEME_AH, true}, {3, VRRP_SCHEME_AH, false},
		{2, VRRP_SCHEME_HMAC, false}, {3, VRRP_SCHEME_HMAC, true}};
	uint8_t frame[256];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t length;

		request.version = table[i].version;
		signature.scheme = table[i].scheme;
		length = vrrp_encode(&request, frame, sizeof(frame));
		assert_int_equal(length != 0, table[i].possible);
		if (length != 0)
			assert_int_equal(vrrp_encode(&request, frame, length - 1), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_hears_its_like),
		cmocka_unit_test(text_is_filled_with_zeros),
		cmocka_unit_test(header_and_type_go_together),
		cmocka_unit_test(trailers),
		cmocka_unit_test(a_trailer_that_nobody_asked_for_is_too_long),
		cmocka_unit_test(each_is_spoken_to_in_its_way),
		cmocka_unit_test(what_cannot_be_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
