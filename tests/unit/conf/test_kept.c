/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is checked and kept, but not acted on: shown, masked, and without any effect on the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

#define SERVER(body) "virtual_server 10.0.0.1 80 {\nprotocol TCP\n" body "\n}\n"
#define REAL(body) SERVER("real_server 10.0.0.2 80 {\n" body "\n}")

static size_t count_warnings(const struct conf_result *result)
{
	size_t count = 0;
	for (size_t i = 0; i < result->message_count; i++)
		count += result->messages[i].severity == CONF_WARNING;
	return count;
}

static void test_one_warning_for_a_block(void **state)
{
	(void)state;
	struct conf_result result;
	read_warned(REAL("TCP_CHECK {\nconnect_port 81\n}\nHTTP_GET {\nurl {\npath /\n}\n}") V4(""), 1,
		"'virtual_server' is checked, but this vigiad does not act on it", &result);
	assert_int_equal(result.conf->instance_count, 1);
	conf_result_free(&result);
}

static void test_a_warning_for_each_setting(void **state)
{
	(void)state;
	struct conf_result result;
	read_text("global_defs {\nlvs_flush\nenable_dbus\n}\n" V4("lvs_sync_daemon_interface eth1\ndebug 2"),
		&result);
	assert_non_null(result.conf);
	assert_int_equal(count_warnings(&result), 3);
	assert_message(&result, CONF_WARNING, 2, 1, "'lvs_flush'");
	assert_message(&result, CONF_WARNING, 3, 1, "'enable_dbus'");
	assert_message(&result, CONF_WARNING, 9, 1, "'lvs_sync_daemon_interface'");
	char *printed = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
	assert_non_null(strstr(printed, "global_defs {\n    lvs_flush\n    enable_dbus\n}\n"));
	assert_non_null(strstr(printed, "    lvs_sync_daemon_interface eth1\n    debug 2\n}\n"));
	free(printed);
	conf_result_free(&result);
}

static void test_alone_it_is_refused(void **state)
{
	(void)state;
	struct conf_result result;
	read_text("global_defs { router_id R }\n" SERVER("real_server 10.0.0.2 80 { }"), &result);
	assert_null(result.conf);
	assert_int_equal(result.error_count, 1);
	assert_message(&result, CONF_ERROR, 2, 1, "nothing in this configuration that vigiad acts on");
	conf_result_free(&result);
	read_text("SSL { }\n", &result);
	assert_null(result.conf);
	conf_result_free(&result);
}

static void test_passphrase_is_masked(void **state)
{
	(void)state;
	struct conf_result result;
	read_warned("SSL {\npassword \"open sesame\"\nca /ca\n}\n" V4(""), 1, "'SSL'", &result);
	char *shown = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
	char *masked = conf_print_alloc(result.conf, CONF_SECRETS_MASKED, NULL);
	assert_non_null(strstr(shown, "open sesame"));
	assert_null(strstr(masked, "sesame"));
	assert_non_null(strstr(masked, "    password ********\n    ca /ca\n"));
	free(shown);
	free(masked);
	conf_result_free(&result);
	read_text("SSL {\npassword \"open sesame\" today\n}\n" V4(""), &result);
	for (size_t i = 0; i < result.message_count; i++) {
		assert_null(strstr(result.messages[i].text, "sesame"));
		assert_true(
			!result.messages[i].source_line || !strstr(result.messages[i].source_line, "sesame"));
	}
	conf_result_free(&result);
}

/* The later one counts, in the place of the earlier one. */
static void test_given_twice(void **state)
{
	(void)state;
	struct conf_result result;
	read_text(SERVER("weight 1\nquorum 2\nweight 3\nreal_server 10.0.0.2 80 { }") V4(""), &result);
	assert_message(&result, CONF_WARNING, 5, 1, "'weight' was given before, on line 3");
	char *printed = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
	assert_non_null(strstr(printed, "    weight 3\n    quorum 2\n    real_server"));
	assert_null(strstr(printed, "weight 1"));
	free(printed);
	conf_result_free(&result);
}

struct differences {
	size_t same;
	size_t other;
};

static void count_difference(void *user, const struct conf_difference *difference)
{
	struct differences *differences = user;
	if (difference->change == CONF_SAME)
		differences->same++;
	else
		differences->other++;
}

static void test_no_reload_for_it(void **state)
{
	(void)state;
	struct conf_result before;
	struct conf_result after;
	struct differences differences = {0, 0};
	read_text(SERVER("real_server 10.0.0.2 80 { }") V4("debug 1"), &before);
	read_text("global_defs { lvs_flush }\n" SERVER("real_server 10.0.0.3 80 { }") V4("debug 2"), &after);
	conf_diff(before.conf, after.conf, count_difference, &differences);
	assert_int_equal(differences.same, 1);
	assert_int_equal(differences.other, 0);
	conf_result_free(&before);
	conf_result_free(&after);
}

static void expect_mistake(const char *text, unsigned line, unsigned column, const char *words)
{
	struct conf_result result;
	read_text(text, &result);
	assert_null(result.conf);
	assert_int_equal(result.error_count, 1);
	assert_message(&result, CONF_ERROR, line, column, words);
	conf_result_free(&result);
}

static void test_mistakes_are_at_their_place(void **state)
{
	(void)state;
	expect_mistake(REAL("TCP_CHECK {\nconnect_port 0\n}"), 5, 14, "connect_port must be 1 to 65535");
	expect_mistake(REAL("HTTP_GET {\nurl {\nstatus_code 99\n}\n}"), 6, 13, "numbers of 100 to 599");
	expect_mistake(REAL("MISC_CHECK { }"), 4, 1, "'misc_path' is missing in MISC_CHECK");
	expect_mistake(
		REAL("MISC_CHECK { misc_path \"/bin/x 'y\" }"), 4, 24, "a quotation mark is not closed");
	expect_mistake(REAL("notify_up \"\""), 4, 11, "1 to 1023 bytes");
	expect_mistake(REAL("TCP_CHEK { }"), 4, 1, "did you mean 'TCP_CHECK'?");
	expect_mistake(REAL("url { path / }"), 4, 1, "it belongs in virtual_server/real_server/");
	expect_mistake("virtual_server group G {\nprotocol TCP\nreal_server 10.0.0.2 80 { }\n}\n", 1, 22,
		"there is no virtual_server_group 'G'");
	expect_mistake(
		"virtual_server_group G { }\nvirtual_server_group G { }\n", 2, 22, "already, on line 1");
	expect_mistake(
		"global_defs {\nlvs_sync_daemon eth0 inst NOBODY\n}\n", 2, 27, "no vrrp_instance 'NOBODY'");
	expect_mistake("global_defs {\nlvs_sync_daemon eth0 inst\n}\n", 2, 22, "'inst' needs a value");
	expect_mistake("global_defs {\nvrrp_ipsets a b a\n}\n", 2, 17, "'a' is named twice");
	expect_mistake(
		SERVER("quorum 2\nhysteresis 2\nreal_server 10.0.0.2 80 { }"), 4, 1, "less than quorum (2)");
	expect_mistake(SERVER("lvs_method TUN gue port 3"), 3, 16, "'gue' cannot stand here");
	expect_mistake(
		"virtual_server_group G {\n10.0.0.1-256 80\n}\n", 2, 1, "a line of virtual_server_group");
}

/* What a check names is tracked, and stands above it. */
static void test_tracked_file(void **state)
{
	(void)state;
	struct conf_result result;
	read_warned("track_file F {\nfile /x\n}\n" REAL("FILE_CHECK {\ntrack_file F\n}") V4(""), 4,
		"'virtual_server'", &result);
	conf_result_free(&result);
	expect_mistake("track_file FILE {\nfile /x\n}\n" REAL("FILE_CHECK {\ntrack_file FILES\n}"), 8, 12,
		"there is no track_file 'FILES'; did you mean 'FILE'?");
	expect_mistake("bfd_instance B {\nneighbor_ip 10.0.0.9\n}\n" REAL("BFD_CHECK {\nname C\n}"), 8, 6,
		"there is no bfd_instance 'C'");
	expect_mistake(REAL("FILE_CHECK {\ntrack_file F\n}") "track_file F {\nfile /x\n}\n", 5, 12,
		"is defined further down");
}

/* Thousands of servers, groups and names: in time that grows with them, not with their square. */
static void test_many(void **state)
{
	(void)state;
	enum { SERVERS = 20000 };
	char *text = malloc(SERVERS * 200 + 1000);
	size_t used = 0;
	for (int i = 0; i < SERVERS; i++)
		used += (size_t)sprintf(text + used,
			"virtual_server_group G%d { 10.0.0.1 80\n}\nvirtual_server group G%d {\nreal_server "
			"10.0.0.2 80 {\nweight 1\nweight 2\n}\n}\n",
			i, SERVERS - 1 - i);
	sprintf(text + used, V4(""));
	struct conf_result result;
	read_text(text, &result);
	assert_non_null(result.conf);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_warning_for_a_block),
		cmocka_unit_test(test_a_warning_for_each_setting),
		cmocka_unit_test(test_alone_it_is_refused),
		cmocka_unit_test(test_passphrase_is_masked),
		cmocka_unit_test(test_given_twice),
		cmocka_unit_test(test_no_reload_for_it),
		cmocka_unit_test(test_mistakes_are_at_their_place),
		cmocka_unit_test(test_tracked_file),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
