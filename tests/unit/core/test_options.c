/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What options change of a virtual router: strict mode, and the ones that make it silent or deaf. */
#include "fixture.h"

#include "core/accept.h"

static void master_with(struct fixture *f, uint8_t version, const struct vr_config *options)
{
	fixture_init(f, version);
	f->config.strict = options->strict;
	f->config.lower_priority_silent = options->lower_priority_silent;
	f->config.yield_silent = options->yield_silent;
	f->extra.announce.refresh = options->extra != NULL ? options->extra->announce.refresh : 0;
	fixture_reinit(f);
	fixture_master(f);
}

static unsigned announcements(const struct fixture *f)
{
	unsigned made = 0;

	for (size_t i = 0; i < f->actions.count; i++)
		if (f->actions.list[i].type == VR_ACTION_ANNOUNCE)
			made += f->actions.list[i].count;
	return made;
}

static const struct vr_extra often = {.announce.refresh = 3 * DUR_S};

/* covers: ARP-03 AMB-17 */
static void strict_announces_once(void **unused)
{
	struct fixture f;

	(void)unused;
	for (uint8_t version = 2; version <= 3; version++) {
		master_with(&f, version, &(struct vr_config){.strict = true, .extra = &often});
		expect_outcome(&f, "MASTER 1 all | install advert:100 announce:1 | down-timer announced");
		for (int i = 0; i < 20; i++) {
			f.now = vr_deadline(&f.vr);
			tick(&f);
			assert_int_equal(announcements(&f), 0);
		}
	}
}

/* One for a new address, no refresh; and repeats that were due are due no longer. */
/* covers: ARP-03 */
static void reload_into_strict(void **unused)
{
	struct fixture f;

	(void)unused;
	master_with(&f, 3, &(struct vr_config){.extra = &often});
	f.other_config = f.config;
	f.other_config.strict = true;
	f.other_config.address_count = f.other_config.advertised_count = 2;
	input(&f,
		&(struct vr_event){
			.type = VR_EVENT_CONFIG, .config = &f.other_config, .track_values = f.track_values});
	expect_outcome(&f, "MASTER 1 all | install announce:1 | announced");
	assert_false(f.vr.announces_again);
	assert_int_equal(f.vr.announce_delayed.ns, MONO_NEVER.ns);
	assert_int_equal(f.vr.announce_refresh.ns, MONO_NEVER.ns);
	input(&f,
		&(struct vr_event){.type = VR_EVENT_CONFIG, .config = &f.config, .track_values = f.track_values});
	assert_int_equal(f.vr.announce_refresh.ns, mono_add(f.now, 3 * DUR_S).ns);
}

/* The answer of RFC 9568 stays, whatever keepalived's strict mode does (AMB-17); version 2 has none. */
/* covers: FSM-A15 FSM-A16 AMB-17 FSM-A12 */
static void strict_answers_and_yields_as_written(void **unused)
{
	const struct vr_config strict = {.strict = true, .lower_priority_silent = true};
	struct fixture f;

	(void)unused;
	master_with(&f, 3, &strict);
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "advert:100 | lower-heard");
	hear(&f, 30, 200, DUR_S);
	expect_actions(&f, "remove-addresses | higher-priority released-addresses");
	master_with(&f, 2, &strict);
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "| lower-heard");
}

/* A peer of the other form is heard, and changes nothing. */
/* covers: AMB-01 AMB-17 */
static void strict_checksum_is_that_of_rfc_9568(void **unused)
{
	struct fixture f;

	(void)unused;
	master_with(&f, 3, &(struct vr_config){.strict = true});
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_MESSAGE_ONLY);
	hear(&f, 20, 200, DUR_S);
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_MESSAGE_ONLY);
	assert_null(find_record(&f, VR_RECORD_CHECKSUM_MIXED));
	f.config.checksum_form = V3_CHECKSUM_PSEUDO_HEADER; /* asked for in so many words */
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_PSEUDO_HEADER);
}

static void silent_when_asked_to(void **unused)
{
	struct fixture f;

	(void)unused;
	master_with(&f, 3, &(struct vr_config){.lower_priority_silent = true, .yield_silent = true});
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "announce:1 | lower-heard");
	hear(&f, 20, 0, DUR_S); /* FSM-A11 is another matter */
	expect_actions(&f, "advert:100");
	hear(&f, 30, 200, DUR_S);
	expect_actions(&f, "remove-addresses | higher-priority released-addresses");
}

/* garp_lower_prio_repeat 3, garp_lower_prio_delay 2: a burst when the rival is silent, and again later. */
static void rivals_are_announced_against_as_asked(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.extra.announce = (struct announce_config){.repeat = 5, .rival_repeat = 3, .rival_delay = 2 * DUR_S};
	fixture_reinit(&f);
	fixture_master(&f);
	run_until(&f, mono_add(f.now, 5 * DUR_S + DUR_MS));
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "advert:100 announce:1 | lower-heard");
	run_until(&f, f.vr.rival.gone_at);
	expect_actions(&f, "announce:3 | rival-gone");
	run_until(&f, mono_add(f.now, 2 * DUR_S));
	expect_actions(&f, "announce:3");
	assert_int_equal(f.vr.rival.again_at.ns, MONO_NEVER.ns);
	f.extra.announce.rival_repeat = 0;
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "advert:100");
}

/* owner_ignore_adverts: RFC 9568 as it was published. */
/* covers: AMB-02 RX-08 */
static void deaf_owner(void **unused)
{
	struct fixture f;
	struct vrrp_advert advert = {.source = ip_v4(192, 168, 1, 20),
		.destination = vrrp_group(IP_V4),
		.version = 3,
		.priority = 255,
		.interval = DUR_S};

	(void)unused;
	fixture_init(&f, 3);
	advert.addresses = f.advertised;
	advert.address_count = 1;
	f.config.owner_deaf = true;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_NONE);
	f.config.priority = VR_PRIORITY_OWNER;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_OWNER);
	assert_int_equal(advert_check(&f.config, true, &advert), DROP_NONE);
	f.config.owner_deaf = false;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_announces_once),
		cmocka_unit_test(reload_into_strict),
		cmocka_unit_test(strict_answers_and_yields_as_written),
		cmocka_unit_test(strict_checksum_is_that_of_rfc_9568),
		cmocka_unit_test(silent_when_asked_to),
		cmocka_unit_test(rivals_are_announced_against_as_asked),
		cmocka_unit_test(deaf_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
