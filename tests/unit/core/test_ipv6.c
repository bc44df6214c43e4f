/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is different for a virtual router of IPv6: source, tie-break, the order of the advertised list. */
#include <string.h>

#include "core/accept.h"
#include "fixture.h"

static struct ip_addr address(const char *text)
{
	struct ip_addr addr = {0};

	assert_true(ip_parse(text, strlen(text), &addr));
	return addr;
}

/* fe80::100 and 2001:db8::1 on eth0, without routes and tracked interfaces. */
static void fixture_ipv6(struct fixture *f)
{
	fixture_init(f, 3);
	f->config.family = IP_V6;
	f->config.address_count = f->config.advertised_count = 2;
	f->extra.route_count = f->extra.tracked_count = 0;
	f->addresses[0].prefix = (struct ip_prefix){address("fe80::100"), 128};
	f->addresses[1].prefix = (struct ip_prefix){address("2001:db8::1"), 64};
	fixture_reinit(f);
}

static void input_link_local(struct fixture *f, const char *primary, bool tentative, bool duplicate)
{
	struct vr_event event = {.type = VR_EVENT_INTERFACE,
		.interface = {.exists = true, .up = true, .tentative = tentative, .duplicate = duplicate}};

	if (primary != NULL)
		event.interface.primary = address(primary);
	input(f, &event);
}

static void hear_from(struct fixture *f, const char *source, uint8_t priority, const char *first)
{
	struct ip_addr listed[] = {address(first), address("2001:db8::1")};
	uint8_t bytes[32];
	struct vrrp_advert advert = {.source = address(source),
		.destination = vrrp_group(IP_V6),
		.version = 3,
		.type = 1,
		.vrid = f->config.vrid,
		.priority = priority,
		.interval = DUR_S,
		.checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER,
		.address_count = 2,
		.addresses = bytes};
	struct vr_event event = {.type = VR_EVENT_ADVERT, .advert = &advert};

	memcpy(bytes, listed[0].bytes, 16);
	memcpy(bytes + 16, listed[1].bytes, 16);
	assert_int_equal(advert_check(&f->config, false, &advert), DROP_NONE);
	input(f, &event);
}

/* covers: TX-09 FSM-I5 */
static void without_a_usable_link_local_address_it_waits(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_ipv6(&f);
	input_link_local(&f, NULL, false, false);
	input_type(&f, VR_EVENT_STARTUP);
	assert_int_equal(f.vr.blockers, VR_BLOCKER_NO_ADDRESS);
	input_link_local(&f, NULL, true, false);
	assert_int_equal(f.vr.blockers, VR_BLOCKER_TENTATIVE);
	input_link_local(&f, NULL, false, true);
	assert_int_equal(f.vr.blockers, VR_BLOCKER_DUPLICATE);
	assert_int_equal(f.vr.state, VR_INITIALIZE);
	/* And goes on by itself. */
	input_link_local(&f, "fe80::10", false, false);
	assert_int_equal(f.vr.state, VR_BACKUP);
	/* A Master that loses it says so once, under the old source. */
	run_until(&f, mono_add(f.now, 4 * DUR_S));
	assert_int_equal(f.vr.state, VR_MASTER);
	input_link_local(&f, NULL, true, false);
	assert_int_equal(f.vr.state, VR_INITIALIZE);
	assert_int_equal(f.actions.list[0].type, VR_ACTION_SEND_ADVERT);
	assert_int_equal(f.actions.list[0].priority, 0);
}

static const char *blockers(struct fixture *f, uint32_t bits)
{
	struct text text;

	text_init(&text, f->outcome, sizeof(f->outcome));
	vr_blockers_text(&text, bits, 0, track_up(false), &f->rare.sibling, &f->config);
	return f->outcome;
}

static void each_wait_has_its_words(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_ipv6(&f);
	assert_string_equal(blockers(&f, VR_BLOCKER_NO_ADDRESS), "no link-local address on eth0");
	assert_string_equal(blockers(&f, VR_BLOCKER_TENTATIVE),
		"the link-local address of eth0 is still tentative (duplicate address detection)");
	assert_string_equal(blockers(&f, VR_BLOCKER_DUPLICATE),
		"the link-local address of eth0 is a duplicate: another host on the link has it");
	f.extra.source = address("fe80::8");
	assert_string_equal(
		blockers(&f, VR_BLOCKER_NO_ADDRESS), "the source address fe80::8 is not (yet) on eth0");
}

/* covers: FSM-A13 FSM-A14 */
static void a_tie_is_broken_by_all_sixteen_octets(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_ipv6(&f);
	input_link_local(&f, "fe80::10", false, false);
	input_type(&f, VR_EVENT_STARTUP);
	run_until(&f, mono_add(f.now, 4 * DUR_S));
	hear_from(&f, "fe80::f", 100, "fe80::100");
	assert_int_equal(f.vr.state, VR_MASTER);
	hear_from(&f, "fe80::80", 100, "fe80::100"); /* unsigned */
	assert_int_equal(f.vr.state, VR_BACKUP);
}

/* covers: RX-10 V3-PKT-12 AMB-13 */
static void a_list_that_begins_with_another_address_is_dropped(void **unused)
{
	struct fixture f;
	struct ip_addr global = address("2001:db8::1"), other = address("fe80::999");
	struct vrrp_advert advert = {.source = address("fe80::f"),
		.destination = vrrp_group(IP_V6),
		.version = 3,
		.vrid = 51,
		.interval = DUR_S,
		.address_count = 1,
		.addresses = global.bytes};

	(void)unused;
	fixture_ipv6(&f);
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_ADDRESS_LIST);
	advert.addresses = other.bytes;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_NONE);
}

/* covers: AMB-16 */
static void without_a_link_local_address_of_its_own_it_expects_none(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_ipv6(&f);
	f.addresses[0].prefix.addr = address("2001:db8::2");
	fixture_reinit(&f);
	input_link_local(&f, "fe80::10", false, false);
	input_type(&f, VR_EVENT_STARTUP);
	hear_from(&f, "fe80::f", 150, "2001:db8::2");
	assert_int_equal(f.vr.peer.priority, 150);
}

/* covers: AMB-15 */
static void ninety_of_more_addresses_are_no_difference(void **unused)
{
	static struct virtual_address many[91];
	static uint8_t bytes[91 * 16];
	struct fixture f;
	struct vrrp_advert advert = {.source = address("fe80::f"), .version = 3, .addresses = bytes};

	(void)unused;
	fixture_ipv6(&f);
	f.config.addresses = many;
	f.config.address_count = f.config.advertised_count = 91;
	for (uint8_t i = 0; i < 91; i++) {
		many[i].prefix = (struct ip_prefix){address("fe80::100"), 128};
		many[i].prefix.addr.bytes[15] = i;
		memcpy(bytes + (size_t)16 * i, many[i].prefix.addr.bytes, 16);
	}
	advert.address_count = 91;
	assert_true(advert_addresses_match(&f.config, &advert));
	advert.address_count = 90;
	assert_true(advert_addresses_match(&f.config, &advert));
	advert.address_count = 89;
	assert_false(advert_addresses_match(&f.config, &advert));
}

/* covers: CKS-04 */
static void the_checksum_has_one_form(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_ipv6(&f);
	f.config.checksum_form = V3_CHECKSUM_MESSAGE_ONLY;
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_PSEUDO_HEADER);
	f.config.checksum_form = V3_CHECKSUM_AUTOMATIC;
	f.config.strict = true;
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_PSEUDO_HEADER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_usable_link_local_address_it_waits),
		cmocka_unit_test(each_wait_has_its_words),
		cmocka_unit_test(a_tie_is_broken_by_all_sixteen_octets),
		cmocka_unit_test(a_list_that_begins_with_another_address_is_dropped),
		cmocka_unit_test(without_a_link_local_address_of_its_own_it_expects_none),
		cmocka_unit_test(ninety_of_more_addresses_are_no_difference),
		cmocka_unit_test(the_checksum_has_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
