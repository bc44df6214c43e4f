/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every reason to drop an advert that a configuration can give, and their order: RX in doc/conformance.md. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/accept.h"

#define ADDRESSES 4

struct meeting {
	struct vr_config config;
	struct virtual_address addresses[300];
	uint8_t wire[300 * 4];
	struct vrrp_advert advert;
};

static struct ip_addr nth_address(unsigned n)
{
	return ip_v4(192, 168, (uint8_t)(n / 250), (uint8_t)(n % 250 + 1));
}

static void advertise(struct meeting *m, unsigned place, unsigned n)
{
	struct ip_addr addr = nth_address(n);

	memcpy(m->wire + (size_t)4 * place, addr.bytes, 4);
}

/* A router of this version, and an advert that it takes. */
static void meet(struct meeting *m, uint8_t version)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < 300; i++) {
		m->addresses[i].prefix.addr = nth_address(i);
		m->addresses[i].prefix.length = 24;
		advertise(m, i, i);
	}
	static const struct vr_extra none;

	m->config = (struct vr_config){
		.extra = &none,
		.name = "VI_1",
		.version = version,
		.family = IP_V4,
		.vrid = 51,
		.priority = 100,
		.advert_interval = DUR_S,
		.addresses = m->addresses,
		.address_count = ADDRESSES + 2, /* two excluded ones */
		.advertised_count = ADDRESSES,
	};
	m->advert = (struct vrrp_advert){
		.source = ip_v4(192, 168, 1, 20),
		.destination = vrrp_group(IP_V4),
		.ttl = 255,
		.version = version,
		.type = 1,
		.vrid = 51,
		.priority = 100,
		.address_count = ADDRESSES,
		.interval = DUR_S,
		.addresses = m->wire,
	};
	assert_int_equal(advert_check(&m->config, false, &m->advert), DROP_NONE);
}

#define assert_check(m, reason) assert_int_equal(advert_check(&(m)->config, false, &(m)->advert), reason)

/* covers: RX-02 RX-25 */
static void version(void **unused)
{
	struct meeting m;

	(void)unused;
	meet(&m, 2);
	m.advert.version = 3;
	assert_check(&m, DROP_VERSION);
	meet(&m, 3);
	m.advert.version = 2;
	assert_check(&m, DROP_VERSION);
}

/* RX-30 against RX-08 */
/* covers: RX-08 RX-30 */
static void owner(void **unused)
{
	struct meeting m;

	(void)unused;
	meet(&m, 2);
	m.config.priority = VR_PRIORITY_OWNER;
	assert_check(&m, DROP_OWNER);
	/* Its successor must be heard, and nothing that is wrong. */
	assert_int_equal(advert_check(&m.config, true, &m.advert), DROP_NONE);
	m.advert.interval = 9 * DUR_S;
	assert_int_equal(advert_check(&m.config, true, &m.advert), DROP_INTERVAL);
	meet(&m, 3);
	m.config.priority = VR_PRIORITY_OWNER;
	assert_check(&m, DROP_NONE);
	m.advert.priority = VR_PRIORITY_OWNER;
	assert_check(&m, DROP_NONE);
}

/* covers: RX-19 RX-20 */
static void authentication(void **unused)
{
	struct meeting m;

	(void)unused;
	for (unsigned type = 0; type < 256; type++) {
		meet(&m, 2);
		m.advert.auth_type = (uint8_t)type;
		assert_check(&m, type == 0 ? DROP_NONE : type <= 2 ? DROP_AUTH_MISMATCH : DROP_AUTH_TYPE);
	}
}

/* covers: RX-18 AMB-04 V2-PKT-05 */
static void address_list_v2(void **unused)
{
	struct meeting m;

	(void)unused;
	meet(&m, 2);
	m.advert.address_count = ADDRESSES - 1;
	assert_check(&m, DROP_ADDRESS_LIST);
	m.advert.priority = 0;
	assert_check(&m, DROP_ADDRESS_LIST);
	m.advert.priority = VR_PRIORITY_OWNER;
	assert_check(&m, DROP_NONE);
	m.advert.priority = 100;
	m.config.skip_address_check = true;
	assert_check(&m, DROP_NONE);
	m.config.skip_address_check = false;
	m.advert.address_count = 0;
	assert_check(&m, DROP_ADDRESS_LIST);
	m.advert.address_count = ADDRESSES;
	advertise(&m, 2, 77);
	assert_check(&m, DROP_ADDRESS_LIST);
}

/* RX-09, RX-17: in version 3 only an empty list is dropped */
/* covers: RX-09 RX-17 */
static void address_list_v3(void **unused)
{
	struct meeting m;

	(void)unused;
	meet(&m, 3);
	m.advert.address_count = 1;
	assert_check(&m, DROP_NONE);
	m.advert.address_count = 0;
	assert_check(&m, DROP_ADDRESS_LIST);
	m.config.skip_address_check = true;
	assert_check(&m, DROP_ADDRESS_LIST);
}

/* RX-16: priority 0 and 255 too */
/* covers: RX-16 TMR-06 AMB-03 */
static void interval_v2(void **unused)
{
	static const uint8_t priorities[] = {0, 100, 255};
	struct meeting m;

	(void)unused;
	for (size_t i = 0; i < sizeof(priorities); i++) {
		meet(&m, 2);
		m.advert.priority = priorities[i];
		m.advert.interval = 2 * DUR_S;
		assert_check(&m, DROP_INTERVAL);
	}
}

/* covers: RX-11 RX-15 */
static void interval_v3(void **unused)
{
	struct meeting m;

	(void)unused;
	meet(&m, 3);
	m.advert.interval = 4095 * DUR_CS;
	assert_check(&m, DROP_NONE);
	m.advert.interval = 0;
	assert_check(&m, DROP_INTERVAL);
	m.advert.priority = 0;
	assert_check(&m, DROP_INTERVAL);
}

/* Everything is wrong; mending the named one shows the next. */
static void order_v2(void **unused)
{
	struct meeting m;

	(void)unused;
	meet(&m, 2);
	m.config.priority = VR_PRIORITY_OWNER;
	m.advert.version = 3;
	m.advert.auth_type = 9;
	m.advert.address_count = 0;
	m.advert.interval = 9 * DUR_S;
	assert_check(&m, DROP_VERSION);
	m.advert.version = 2;
	assert_check(&m, DROP_OWNER);
	m.config.priority = 100;
	assert_check(&m, DROP_AUTH_TYPE);
	m.advert.auth_type = 1;
	assert_check(&m, DROP_AUTH_MISMATCH);
	m.advert.auth_type = 0;
	assert_check(&m, DROP_ADDRESS_LIST);
	m.advert.address_count = ADDRESSES;
	assert_check(&m, DROP_INTERVAL);
	m.advert.interval = DUR_S;
	assert_check(&m, DROP_NONE);
}

static void order_v3(void **unused)
{
	struct meeting m;

	(void)unused;
	meet(&m, 3);
	m.advert.version = 2;
	m.advert.address_count = 0;
	m.advert.interval = 0;
	assert_check(&m, DROP_VERSION);
	m.advert.version = 3;
	assert_check(&m, DROP_ADDRESS_LIST);
	m.advert.address_count = ADDRESSES;
	assert_check(&m, DROP_INTERVAL);
}

static bool matches(const struct meeting *m)
{
	return advert_addresses_match(&m->config, &m->advert);
}

/* RX-17: sets, whatever the order; the excluded addresses are not among them. */
/* covers: RX-17 V3-PKT-14 */
static void sets(void **unused)
{
	struct meeting m;

	(void)unused;
	meet(&m, 3);
	assert_true(matches(&m));
	for (unsigned i = 0; i < ADDRESSES; i++)
		advertise(&m, i, ADDRESSES - 1 - i);
	assert_true(matches(&m));
	advertise(&m, 0, 1); /* one twice, another one not at all */
	assert_false(matches(&m));
	advertise(&m, 0, ADDRESSES); /* an excluded one */
	assert_false(matches(&m));
	meet(&m, 3);
	m.advert.address_count = ADDRESSES + 2;
	assert_false(matches(&m));
}

/* AMB-15: 255 is all that anyone can say. */
/* covers: AMB-15 */
static void more_than_fit(void **unused)
{
	struct meeting m;

	(void)unused;
	meet(&m, 3);
	m.config.address_count = m.config.advertised_count = 300;
	m.advert.address_count = 255;
	assert_true(matches(&m));
	for (unsigned i = 0; i < 255; i++)
		advertise(&m, i, 254 - i);
	assert_true(matches(&m));
	advertise(&m, 0, 255); /* beyond the 255 that we would advertise */
	assert_false(matches(&m));
	m.advert.address_count = 254;
	assert_false(matches(&m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version),
		cmocka_unit_test(owner),
		cmocka_unit_test(authentication),
		cmocka_unit_test(address_list_v2),
		cmocka_unit_test(address_list_v3),
		cmocka_unit_test(interval_v2),
		cmocka_unit_test(interval_v3),
		cmocka_unit_test(order_v2),
		cmocka_unit_test(order_v3),
		cmocka_unit_test(sets),
		cmocka_unit_test(more_than_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
