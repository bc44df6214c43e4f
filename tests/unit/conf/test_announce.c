/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How addresses are announced, what masters say to each other, signed adverts, and two versions together. */
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

#define GLOBAL(body) "global_defs {\n" body "\n}\n"
#define KEY "0123456789abcdef0123456789abcdef"

static const struct vr_config *first(const struct conf_result *result)
{
	return instance_of(result, 0);
}

static void test_against_a_rival(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(V4(""), &result);
	assert_int_equal(first(&result)->extra->announce.rival_delay, 5 * DUR_S);
	assert_int_equal(first(&result)->extra->announce.rival_repeat, 5);
	conf_result_free(&result);
	/* as on becoming master */
	read_clean(GLOBAL("vrrp_garp_master_delay 7\nvrrp_garp_master_repeat 2") V4(""), &result);
	assert_int_equal(first(&result)->extra->announce.rival_delay, 7 * DUR_S);
	assert_int_equal(first(&result)->extra->announce.rival_repeat, 2);
	conf_result_free(&result);
	read_clean(GLOBAL("vrrp_garp_lower_prio_repeat 3")
			   V4("garp_lower_prio_delay 0\ngarp_master_repeat 9"),
		&result);
	assert_int_equal(first(&result)->extra->announce.rival_delay, 0);
	assert_int_equal(first(&result)->extra->announce.rival_repeat, 3);
	conf_result_free(&result);
}

static void test_least_announcements(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(GLOBAL("vrrp_min_garp\nvrrp_garp_master_refresh 60") V4(""), &result);
	const struct announce_config *announce = &first(&result)->extra->announce;
	assert_int_equal(announce->delay, 0);
	assert_int_equal(announce->repeat, 1);
	assert_int_equal(announce->refresh, 60 * DUR_S);
	assert_int_equal(announce->rival_delay, 0);
	assert_int_equal(announce->rival_repeat, 1);
	conf_result_free(&result);
	read_clean(GLOBAL("vrrp_garp_master_repeat 4\nvrrp_min_garp") V4("garp_master_delay 2"), &result);
	assert_int_equal(first(&result)->extra->announce.repeat, 4);
	assert_int_equal(first(&result)->extra->announce.delay, 2 * DUR_S);
	conf_result_free(&result);
}

static void test_extra_interfaces(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(GLOBAL("vrrp_garp_extra_if all 60") V4(""), &result);
	assert_int_equal(first(&result)->extra->announce.extra_period, 60 * DUR_S);
	assert_true(first(&result)->extra->announce.extra_all);
	conf_result_free(&result);
	read_clean(GLOBAL("vrrp_garp_extra_if all 60") V4("garp_extra_if 0"), &result);
	assert_int_equal(first(&result)->extra->announce.extra_period, 0);
	assert_false(first(&result)->extra->announce.extra_all);
	conf_result_free(&result);
	read_clean(V4("vmac_garp_intvl all 5"), &result);
	assert_true(first(&result)->extra->announce.extra_all);
	conf_result_free(&result);
	assert_one_error(V4("garp_extra_if all"), 5, 1, "[all] SECONDS alone");
	assert_one_error(V4("garp_extra_if 5 all"), 5, 1, "[all] SECONDS alone");
	assert_one_error(V4("garp_extra_if 86401"), 5, 15, "0 to 86400");
	assert_one_error(GLOBAL("vrrp_garp_extra_if 0") V4(""), 2, 20, "1 to 86400");
}

static void test_garp_groups(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean("garp_group {\ngarp_interval 0.1\ngna_interval .000001\ninterface eth0\n"
		   "interfaces {\neth1 eth2\neth3\n}\ninterface eth4\n}\n" V4(""),
		&result);
	assert_int_equal(result.conf->announce_limit_count, 1);
	const struct announce_limit *limit = &result.conf->announce_limits[0];
	assert_int_equal(limit->interface_count, 5);
	assert_string_equal(limit->interfaces[4], "eth4");
	assert_int_equal(limit->arp_interval, 100 * DUR_MS);
	assert_int_equal(limit->na_interval, DUR_US);
	conf_result_free(&result);
	read_warned("garp_group {\ngarp_interval 1\n}\n", 1, "no interface, so it is left out", &result);
	assert_int_equal(result.conf->announce_limit_count, 0);
	conf_result_free(&result);
	read_warned("garp_group {\ninterface eth0\n}\n", 1, "no garp_interval or gna_interval", &result);
	conf_result_free(&result);
	assert_one_error("garp_group {\ngarp_interval 1\ninterface eth0\n}\n"
			 "garp_group {\ngna_interval 1\ninterfaces { eth1 eth0 }\n}\n",
		7, 19, "eth0 stands in a garp_group already (test.conf:3)");
	assert_one_error("garp_group {\ngarp_interval 1\ninterface eth0 eth1\n}\n", 3, 16, "takes one name");
	assert_one_error("garp_group {\ngarp_interval 1\ninterfaces { a/b }\n}\n", 3, 14,
		"not the name of an interface");
	assert_one_error("garp_group G {\ngarp_interval 1\ninterface eth0\n}\n", 1, 12, "nothing may follow");
}

/* covers: AMB-17 */
static void test_what_masters_say(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(V4(""), &result);
	assert_false(first(&result)->yield_silent); /* the last advert is said unless it is forbidden */
	assert_false(first(&result)->lower_priority_silent);
	assert_false(first(&result)->owner_deaf);
	conf_result_free(&result);
	read_clean(V4("higher_prio_send_advert off\nlower_prio_no_advert"), &result);
	assert_true(first(&result)->yield_silent);
	assert_true(first(&result)->lower_priority_silent);
	conf_result_free(&result);
	read_clean(GLOBAL("vrrp_higher_prio_send_advert "
			  "no\nvrrp_lower_prio_no_advert\nvrrp_owner_ignore_adverts")
			   V4("higher_prio_send_advert"),
		&result);
	assert_false(first(&result)->yield_silent);
	assert_true(first(&result)->lower_priority_silent);
	assert_true(first(&result)->owner_deaf);
	conf_result_free(&result);
	read_warned(V4("owner_ignore_adverts"), 5, "no effect below priority 255", &result);
	conf_result_free(&result);
	read_clean(V4("owner_ignore_adverts\npriority 255"), &result);
	conf_result_free(&result);
	read_warned(V4("strict_mode\nhigher_prio_send_advert on"), 6, "says nothing more", &result);
	assert_true(first(&result)->yield_silent);
	conf_result_free(&result);
	read_warned(
		V4("strict_mode\nversion 3\nlower_prio_no_advert"), 7, "answers a lower priority", &result);
	assert_false(first(&result)->lower_priority_silent);
	conf_result_free(&result);
	read_warned(
		V4("strict_mode\nlower_prio_no_advert off"), 6, "does not answer a lower priority", &result);
	assert_true(first(&result)->lower_priority_silent);
	conf_result_free(&result);
	read_warned(V4("strict_mode\ngarp_lower_prio_repeat 2"), 6, "announce nothing", &result);
	assert_int_equal(first(&result)->extra->announce.rival_repeat, 0);
	conf_result_free(&result);
}

static void test_delays_and_stalls(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(
		GLOBAL("vrrp_startup_delay 2.5\nvrrp_delay_after_boot 30") V4("link_up_delay 1.5"), &result);
	assert_int_equal(result.conf->global.startup_delay, 2500 * DUR_MS);
	assert_int_equal(result.conf->global.delay_after_boot, 30 * DUR_S);
	assert_int_equal(first(&result)->extra->link_up_delay, 1500 * DUR_MS);
	conf_result_free(&result);
	read_clean(V4("nopreempt\ntimer_expired_backup"), &result);
	assert_int_equal(first(&result)->stalled_steps_down, 254);
	conf_result_free(&result);
	read_clean(V4("nopreempt\ntimer_expired_backup 120"), &result);
	assert_int_equal(first(&result)->stalled_steps_down, 120);
	conf_result_free(&result);
	read_warned(V4("timer_expired_backup"), 5, "no effect without nopreempt", &result);
	assert_int_equal(first(&result)->stalled_steps_down, 0);
	conf_result_free(&result);
	read_warned(V4("nopreempt\nthread_timer_expired 7"), 6, "is an old word", &result);
	assert_int_equal(first(&result)->stalled_steps_down, 7);
	conf_result_free(&result);
	read_warned(V4("old_unicast_checksum never"), 5, "with and without the pseudo-header", &result);
	conf_result_free(&result);
	assert_one_error(V4("old_unicast_checksum always"), 5, 22, "or the word never");
}

/* covers: INT-01 INT-02 */
static void test_two_versions(void **state)
{
	struct conf_result result;

	(void)state;
	read_warned(V4("version 3\nalso_version_2"), 6, "for the time of a migration alone", &result);
	assert_true(first(&result)->version_2_too);
	conf_result_free(&result);
	assert_one_error(V4("also_version_2"), 5, 1, "needs version 3 over IPv4");
	assert_one_error(
		HEAD "also_version_2\nvirtual_ipaddress { fe80::1 }\n}\n", 4, 1, "needs version 3 over IPv4");
}

#define HMAC(body) V4("version 3\nauth_hmac {\n" body "\n}")

static void test_signing(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(HMAC("key 1 " KEY "\nkey 200 hex:" KEY KEY "0A\nactive_key 200"), &result);
	const struct hmac_config *hmac = &first(&result)->extra->hmac;
	assert_true(hmac->enabled);
	assert_int_equal(hmac->mode, HMAC_ENFORCE);
	assert_false(hmac->monotonic);
	assert_int_equal(hmac->active_key, 200);
	assert_int_equal(hmac->time_window, 5 * DUR_S);
	assert_int_equal(hmac->key_count, 2);
	assert_int_equal(hmac->keys[0].length, 32);
	assert_memory_equal(hmac->keys[0].bytes, KEY, 32);
	assert_int_equal(hmac->keys[1].length, 33);
	assert_int_equal(hmac->keys[1].bytes[0], 0x01);
	assert_int_equal(hmac->keys[1].bytes[32], 0x0a);
	conf_result_free(&result);
	read_clean(
		HMAC("key 1 " KEY "\nactive_key 1\nanti_replay monotonic\nmode receive-only\ntime_window 9"),
		&result);
	assert_int_equal(first(&result)->extra->hmac.mode, HMAC_RECEIVE_ONLY);
	assert_true(first(&result)->extra->hmac.monotonic);
	assert_int_equal(first(&result)->extra->hmac.time_window, 9 * DUR_S);
	conf_result_free(&result);
	/* three intervals, in whole seconds */
	read_clean(V4("version 3\nadvert_int 2.5\nauth_hmac {\nkey 1 " KEY "\nactive_key 1\n}"), &result);
	assert_int_equal(first(&result)->extra->hmac.time_window, 8 * DUR_S);
	conf_result_free(&result);
	read_warned(
		V4("strict_mode\nversion 3\nauth_hmac {\nkey 1 " KEY "\nactive_key 1\nmode permissive\n}"), 7,
		"the mode of auth_hmac is enforce", &result);
	assert_int_equal(first(&result)->extra->hmac.mode, HMAC_ENFORCE);
	conf_result_free(&result);
}

static void test_wrong_keys(void **state)
{
	(void)state;
	assert_one_error(HMAC("active_key 1"), 6, 1, "a key is missing");
	assert_one_error(HMAC("key 1 " KEY), 6, 1, "active_key is missing");
	assert_one_error(HMAC("key 1 " KEY "\nactive_key 2"), 6, 1, "there is no key of that number");
	assert_one_error(
		V4("auth_hmac {\nkey 1 " KEY "\nactive_key 1\n}"), 5, 1, "signs adverts of version 3");
	assert_one_error(HMAC("key 1 short\nactive_key 1"), 7, 7, "32 to 64 bytes, this one has 5");
	assert_one_error(HMAC("key 1 " KEY KEY "x\nactive_key 1"), 7, 7, "this one has 65");
	assert_one_error(HMAC("key 1 hex:" KEY KEY "0\nactive_key 1"), 7, 7, "two for each byte");
	assert_one_error(HMAC("key 1 hex:" KEY KEY "0g\nactive_key 1"), 7, 7, "hexadecimal digits");
	assert_one_error(HMAC("key 1 hex:" KEY KEY KEY KEY "00\nactive_key 1"), 7, 7, "this one has 65");
	assert_one_error(HMAC("key 0 " KEY "\nactive_key 1"), 7, 5, "1 to 255");
	assert_one_error(HMAC("key " KEY "\nactive_key 1"), 7, 1, "its number and one word");
	assert_one_error(HMAC("key 1 " KEY "\nkey 1 " KEY "\nactive_key 1"), 8, 1, "already, on line 7");
	assert_one_error(HMAC("key 1 file:nothing\nactive_key 1"), 7, 7, "cannot be read: No such file");
	assert_one_error(HMAC("key 1 " KEY "\nactive_key 1\ntime_window 301"), 9, 13, "1 to 300");
	assert_one_error(
		HMAC("key 1 " KEY "\nactive_key 1\nmode lax"), 9, 6, "enforce|permissive|receive-only");
}

/* A line end at its end is no part of the key; the name starts from the folder of the configuration. */
static void test_keys_from_files(void **state)
{
	static const struct memory_file list[] = {
		{"/etc/v/main.conf", HMAC("key 1 file:one\nkey 2 file:/two\nactive_key 1"), 0},
		{"/etc/v/one", KEY "\n", 0}, {"/two", KEY KEY "\r\n", 0}};
	struct memory_files files = {list, 3};
	struct conf_files over = memory_files_over(&files);
	struct conf_result result;

	(void)state;
	conf_load("/etc/v/main.conf", &over, &result);
	assert_clean(&result);
	assert_int_equal(first(&result)->extra->hmac.keys[0].length, 32);
	assert_int_equal(first(&result)->extra->hmac.keys[1].length, 64);
	assert_fixed_point(result.conf); /* which reads no file */
	conf_result_free(&result);
}

/* No message shows a key; the form for people does not either, and can be read all the same. */
static void test_keys_are_not_shown(void **state)
{
	static const char *const texts[] = {HMAC("key 1 " KEY "\nactive_key 1"),
		HMAC("key 1 " KEY "\nkey 1 " KEY "\nactive_key 1"), HMAC("key " KEY), HMAC("kye 1 " KEY),
		HMAC("key 1 " KEY " " KEY), HMAC("key 1 " KEY ";"), HMAC("mode " KEY)};
	struct conf_result result;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char buffer[4096];
		struct text out;
		read_text(texts[i], &result);
		for (size_t j = 0; j < result.message_count; j++) {
			text_init(&out, buffer, sizeof buffer);
			conf_message_print(&result.messages[j], &out);
			assert_null(strstr(buffer, KEY));
		}
		assert_int_equal(result.conf != NULL, i == 0);
		conf_result_free(&result);
	}
	struct conf_result again;
	read_text(texts[0], &result);
	char *masked = conf_print_alloc(result.conf, CONF_SECRETS_MASKED, NULL);
	assert_null(strstr(masked, "3031323334"));
	read_text(masked, &again);
	assert_clean(&again);
	assert_int_equal(first(&again)->extra->hmac.active_key, 1);
	conf_result_free(&again);
	conf_result_free(&result);
	free(masked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_rival),
		cmocka_unit_test(test_least_announcements),
		cmocka_unit_test(test_extra_interfaces),
		cmocka_unit_test(test_garp_groups),
		cmocka_unit_test(test_what_masters_say),
		cmocka_unit_test(test_delays_and_stalls),
		cmocka_unit_test(test_two_versions),
		cmocka_unit_test(test_signing),
		cmocka_unit_test(test_wrong_keys),
		cmocka_unit_test(test_keys_from_files),
		cmocka_unit_test(test_keys_are_not_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
