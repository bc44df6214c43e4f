/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions 2 and 3 in one virtual router, to migrate: RFC 9568 8.4. */
#include "fixture.h"

#include "core/accept.h"

#define SKEW (INT64_C(609375) * DUR_US) /* priority 100, 1 s */

static void dual(struct fixture *f)
{
	fixture_init(f, 3);
	f->config.version_2_too = true;
	fixture_reinit(f);
}

static void hear_version(struct fixture *f, uint8_t version, uint8_t host, uint8_t priority, dur_t interval)
{
	struct vrrp_advert advert = {
		.source = ip_v4(192, 168, 1, host),
		.destination = ip_v4(224, 0, 0, 18),
		.ttl = 255,
		.version = version,
		.type = 1,
		.vrid = 51,
		.priority = priority,
		.address_count = 1,
		.checksum_form = version == 3 ? VRRP_CHECKSUM_PSEUDO_HEADER : VRRP_CHECKSUM_NONE,
		.interval = interval,
		.addresses = f->advertised,
	};

	assert_int_equal(advert_check(&f->config, false, &advert), DROP_NONE);
	input(f, &(struct vr_event){.type = VR_EVENT_ADVERT, .advert = &advert});
}

/* A Master of version 2 at 2 s: followed at its rate, with the Skew_Time of version 3. */
/* covers: INT-04 INT-12 INT-13 AMB-14 CHG-12 */
static void version_2_is_learned_from(void **unused)
{
	struct fixture f;

	(void)unused;
	dual(&f);
	fixture_start(&f);
	hear_version(&f, 2, 20, 200, 2 * DUR_S);
	expect_outcome(&f, "BACKUP 7.21875 nothing | interval-differs new-master-heard interval-learned");
	assert_int_equal(f.vr.active_adver_interval, 200 * DUR_CS);
	hear_version(&f, 2, 20, 0, 2 * DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, f.now), 2 * SKEW);
}

/* covers: INT-05 */
static void version_3_wins(void **unused)
{
	struct fixture f;
	struct vr before;

	(void)unused;
	dual(&f);
	fixture_start(&f);
	hear_version(&f, 3, 20, 200, 50 * DUR_CS);
	before = f.vr;
	pass(&f, DUR_S / 4);
	hear_version(&f, 2, 20, 200, DUR_S);
	assert_int_equal(f.actions.count, 0);
	assert_int_equal(f.vr.active_adver_interval, 50 * DUR_CS);
	assert_int_equal(f.vr.timer.ns, before.timer.ns);
	/* Version 2 of another router is another matter. */
	hear_version(&f, 2, 30, 200, DUR_S);
	assert_int_equal(f.vr.active_adver_interval, 100 * DUR_CS);
	/* One that has sent no version 3 for an Active_Down_Interval counts again. */
	f.now = mono_add(f.rare.version_3.heard, 3 * DUR_S + SKEW);
	hear_version(&f, 2, 20, 200, 3 * DUR_S);
	assert_int_equal(f.vr.active_adver_interval, 300 * DUR_CS);
}

/* Both kinds of a rival are one claim, answered once; and both kinds of priority 0 one resignation. */
/* covers: INT-05 FSM-A19 */
static void copies_are_not_answered(void **unused)
{
	struct fixture f;

	(void)unused;
	dual(&f);
	fixture_master(&f);
	run_until(&f, mono_add(f.now, DUR_S / 4));
	hear_version(&f, 3, 20, 50, DUR_S);
	expect_actions(&f, "advert:100 announce:1 | lower-heard");
	pass(&f, VR_ANSWER_SPACING);
	hear_version(&f, 2, 20, 50, DUR_S);
	expect_actions(&f, "");
	hear_version(&f, 3, 20, 0, DUR_S);
	expect_actions(&f, "advert:100");
	pass(&f, VR_ANSWER_SPACING);
	hear_version(&f, 2, 20, 0, DUR_S);
	expect_actions(&f, "");
	hear_version(&f, 2, 30, 50, DUR_S); /* a router of version 2 */
	expect_actions(&f, "advert:100 | lower-heard");
}

/* covers: INT-06 */
static void master_without_version_2(void **unused)
{
	struct fixture f;
	unsigned told = 0;

	(void)unused;
	for (int both = 0; both <= 1; both++) {
		told = 0;
		dual(&f);
		fixture_start(&f);
		for (int second = 0; second < 20; second++) {
			run_until(&f, mono_add(f.now, DUR_S));
			hear_version(&f, 3, 20, 200, DUR_S);
			told += find_record(&f, VR_RECORD_NO_VERSION_2) != NULL;
			if (both == 1)
				hear_version(&f, 2, 20, 200, DUR_S);
		}
		assert_int_equal(told, both == 1 ? 0 : 1);
	}
}

/* Half a second is a whole one in version 2: no difference worth a word. */
/* covers: INT-09 */
static void rounding(void **unused)
{
	struct fixture f;

	(void)unused;
	assert_int_equal(vr_version_2_interval(DUR_CS), DUR_S);
	assert_int_equal(vr_version_2_interval(DUR_S), DUR_S);
	assert_int_equal(vr_version_2_interval(150 * DUR_CS), 2 * DUR_S);
	dual(&f);
	f.config.advert_interval = 50 * DUR_CS;
	fixture_reinit(&f);
	fixture_start(&f);
	hear_version(&f, 2, 20, 200, DUR_S);
	assert_null(find_record(&f, VR_RECORD_INTERVAL_DIFFERS));
}

/* Sound by its own rules, judged by those of version 3. */
/* covers: INT-10 INT-12 AMB-14 RX-02 */
static void what_is_taken(void **unused)
{
	struct fixture f;
	struct vrrp_advert advert = {.source = ip_v4(192, 168, 1, 20),
		.destination = ip_v4(224, 0, 0, 18),
		.ttl = 255,
		.version = 2,
		.priority = 100,
		.interval = 7 * DUR_S};

	(void)unused;
	dual(&f);
	advert.addresses = f.advertised + 4; /* not the configured one */
	advert.address_count = 1;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_NONE);
	f.config.priority = VR_PRIORITY_OWNER;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_NONE);
	advert.auth_type = 1;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_AUTH_MISMATCH);
	advert.auth_type = 3;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_AUTH_TYPE);
	advert.auth_type = 0;
	advert.interval = 0;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_INTERVAL);
	advert.address_count = 0;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_ADDRESS_LIST);
	advert.address_count = 1;
	advert.interval = DUR_S;
	f.config.family = IP_V6;
	assert_false(vr_config_speaks(&f.config, 2)); /* version 2 has IPv4 only */
	f.config.family = IP_V4;
	f.config.version_2_too = false;
	assert_int_equal(advert_check(&f.config, false, &advert), DROP_VERSION);
}

/* A Backup of version 2 waits up to a second after priority 0, however short our interval is. */
static void held_for_backups_of_version_2(void **unused)
{
	struct fixture f;

	(void)unused;
	dual(&f);
	f.config.advert_interval = 10 * DUR_CS;
	fixture_reinit(&f);
	fixture_master(&f);
	input_type(&f, VR_EVENT_SHUTDOWN);
	assert_int_equal(mono_sub(f.vr.hold_deadline, f.now), vr_skew_time(2, 1, DUR_S) + VR_HOLD_MARGIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_2_is_learned_from),
		cmocka_unit_test(version_3_wins),
		cmocka_unit_test(copies_are_not_answered),
		cmocka_unit_test(master_without_version_2),
		cmocka_unit_test(rounding),
		cmocka_unit_test(what_is_taken),
		cmocka_unit_test(held_for_backups_of_version_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
