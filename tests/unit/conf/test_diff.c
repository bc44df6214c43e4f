/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reload changes, and the canonical form it is handed over in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

struct seen {
	char text[8192]; /* "-A =B *C>D +E " */
};

static void note(void *user, const struct conf_difference *difference)
{
	struct seen *seen = user;
	static const char marks[] = {
		[CONF_SAME] = '=', [CONF_CHANGED] = '*', [CONF_ADDED] = '+', [CONF_REMOVED] = '-'};
	const char *before = difference->before ? difference->before->vr.name : "";
	const char *after = difference->after ? difference->after->vr.name : "";
	char one[64];
	snprintf(one, sizeof one, "%c%s%s%s ", marks[difference->change], before,
		difference->change == CONF_CHANGED ? ">" : "",
		difference->change == CONF_CHANGED || difference->change == CONF_ADDED ? after : "");
	strcat(seen->text, one);
	assert_int_equal(difference->before == NULL, difference->change == CONF_ADDED);
	assert_int_equal(difference->after == NULL, difference->change == CONF_REMOVED);
}

static void assert_diff(const char *before, const char *after, const char *expected)
{
	struct conf_result a;
	struct conf_result b;
	struct seen seen = {""};
	read_text(before, &a);
	read_text(after, &b);
	assert_non_null(a.conf);
	assert_non_null(b.conf);
	conf_diff(a.conf, b.conf, note, &seen);
	assert_string_equal(seen.text, expected);
	conf_result_free(&a);
	conf_result_free(&b);
}

#define VR(name, interface, vrid, rest)                                                                      \
	"vrrp_instance " name " {\ninterface " interface "\nvirtual_router_id " vrid "\n" rest "\n}\n"
#define FULL                                                                                                 \
	"version 3\nadvert_int 0.5\nvirtual_ipaddress {\n10.0.0.1/24 label a brd "                           \
	"+\n10.0.0.2\n}\nvirtual_routes {\n"                                                                 \
	"default via 10.0.0.9\nblackhole 10.1.0.0/16\n}\ntrack_interface {\neth1\neth2 weight 5\n}"
#define A VR("A", "eth0", "1", FULL)
#define B VR("B", "eth0", "2", "virtual_ipaddress { 10.0.1.1 }")
#define C VR("C", "eth1", "1", "virtual_ipaddress { 10.0.2.1 }")

static void test_identity(void **state)
{
	(void)state;
	assert_diff("", "", "");
	assert_diff(A B C, A B C, "=A =B =C ");
	assert_diff(A B C, C A B, "=C =A =B ");
	assert_diff("", A B, "+A +B ");
	assert_diff(A B, "", "-A -B ");
	assert_diff(A B, B C, "-A =B +C ");
	assert_diff(A, VR("A2", "eth0", "1", FULL), "*A>A2 ");
	assert_diff(B, VR("B", "eth1", "2", "virtual_ipaddress { 10.0.1.1 }"), "-B +B ");
	assert_diff(B, VR("B", "eth0", "3", "virtual_ipaddress { 10.0.1.1 }"), "-B +B ");
	/* two instances exchange their VRIDs */
	assert_diff(B VR("D", "eth0", "4", "virtual_ipaddress { 10.0.3.1 }"),
		VR("B", "eth0", "4", "virtual_ipaddress { 10.0.1.1 }")
			VR("D", "eth0", "2", "virtual_ipaddress { 10.0.3.1 }"),
		"*D>B *B>D ");
}

static void test_same_said_differently(void **state)
{
	(void)state;
	assert_diff(B,
		VR("\"B\"", "eth0", "2",
			"version 2\npriority 100\nadvert_int 1.0\nstate BACKUP\n"
			"virtual_ipaddress {\n10.0.1.1/32\n}"),
		"=B ");
	assert_diff("global_defs {\nvrrp_version 3\n}\n" B,
		VR("B", "eth0", "2", "version 3\nvirtual_ipaddress { 10.0.1.1 }"), "=B ");
	assert_diff(B, "global_defs {\nvrrp_garp_master_repeat 4\n}\n" B, "*B>B ");
}

#define KEY "0123456789abcdef0123456789abcdef"
#define HMAC(id, key, active, rest)                                                                          \
	"version 3\nauth_hmac {\nkey " id " " key "\nactive_key " active "\n" rest "\n}"

/* Each of these lines, added to an instance, changes it. */
static void test_every_setting_counts(void **state)
{
	(void)state;
	static const char *const lines[] = {"state MASTER\npriority 100", "priority 99", "version 3",
		"advert_int 2", "nopreempt", "preempt_delay 3", "down_timer_adverts 4", "skip_check_adv_addr",
		"v3_checksum_as_v2", "garp_master_delay 1", "garp_master_repeat 1", "garp_master_refresh 1",
		"garp_master_refresh_repeat 2", "no_accept", "strict_mode", "mcast_src_ip 10.0.0.8",
		"mcast_dst_ip 224.0.0.77", "use_vmac", "use_vmac_rules", "use_vmac_addr", "use_ipvlan 10.0.0.9", "promote_secondaries",
		"dont_track_primary", "nopreempt\ntimer_expired_backup", "link_up_delay 1",
		"higher_prio_send_advert off", "lower_prio_no_advert", "priority 255\nowner_ignore_adverts",
		"garp_lower_prio_delay 1", "garp_lower_prio_repeat 1", "garp_extra_if 5",
		"version 3\nalso_version_2", "version 3\nauth_hmac {\nkey 1 " KEY "\nactive_key 1\n}",
		"authentication {\nauth_type AH\nauth_pass x\n}", "track_interface { eth5 }",
		"virtual_ipaddress { 10.0.1.2 }", "virtual_ipaddress_excluded { 10.0.1.2 }",
		"virtual_routes { 10.0.0.0/8 dev eth0 }"};
	char before[] = B;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char after[512];
		snprintf(after, sizeof after, "%.*s%s\n}\n", (int)(strlen(before) - 2), before, lines[i]);
		assert_diff(before, after, "*B>B ");
		assert_diff(after, before, "*B>B ");
		assert_diff(after, after, "=B ");
	}
}

/* Who speaks in another way is another router: its peers do not hear it any more. */
static void test_unicast_and_multicast_are_two_routers(void **state)
{
	(void)state;
	static const char *const lines[] = {"unicast_peer { 10.0.0.9 }", "unicast_fault_no_peer"};
	char before[] = B;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char after[512];
		snprintf(after, sizeof after, "%.*s%s\n}\n", (int)(strlen(before) - 2), before, lines[i]);
		assert_diff(before, after, "-B +B ");
		assert_diff(after, before, "-B +B ");
		assert_diff(after, after, "=B ");
	}
}

/* Those with the same interface, family and VRID are told apart by source and name; one of both may change. */
static void test_unicast_routers(void **state)
{
	(void)state;
#define PEER(name, source, peer)                                                                              \
	VR(name, "eth0", "2", source "unicast_peer { " peer " }\nvirtual_ipaddress { 10.0.1.1 }")
#define U(name, source) PEER(name, source, "10.0.0.9")
#define FROM(address) "unicast_src_ip " address "\n"
	assert_diff(U("A", ""), U("A", FROM("10.0.0.1")), "*A>A ");
	assert_diff(U("A", FROM("10.0.0.1")), U("A", FROM("10.0.0.2")), "*A>A ");
	assert_diff(U("A", FROM("10.0.0.1")), U("B", FROM("10.0.0.1")), "*A>B ");
	assert_diff(U("A", FROM("10.0.0.1")), U("B", FROM("10.0.0.2")), "-A +B ");
	assert_diff(U("A", ""), U("A", FROM("10.0.0.1")) U("B", FROM("10.0.0.2")), "*A>A +B ");
	assert_diff(U("A", FROM("10.0.0.1")) PEER("B", FROM("10.0.0.2"), "10.0.0.8"),
		PEER("B", FROM("10.0.0.2"), "10.0.0.8") U("A", ""), "=B *A>A ");
	/* two change their sources, or their names, with each other */
	assert_diff(U("A", FROM("10.0.0.1")) U("B", FROM("10.0.0.2")), U("A", FROM("10.0.0.2")) U("B", FROM("10.0.0.1")),
		"*A>A *B>B ");
	/* which is the successor, nobody can say */
	assert_diff(U("A", FROM("10.0.0.1")), U("B", FROM("10.0.0.1")) PEER("C", FROM("10.0.0.1"), "10.0.0.8"),
		"-A +B +C ");
	assert_diff(U("B", FROM("10.0.0.1")) PEER("C", FROM("10.0.0.1"), "10.0.0.8"), U("A", FROM("10.0.0.1")),
		"-B -C +A ");
	assert_diff(U("A", FROM("10.0.0.1")), VR("A", "eth1", "2",
		FROM("10.0.0.1") "unicast_peer { 10.0.0.9 }\nvirtual_ipaddress { 10.0.1.1 }"), "-A +A ");
	/* without an interface, the source says where it is */
#define NOWHERE(address)                                                                                     \
	"vrrp_instance A {\nvirtual_router_id 2\n" FROM(address) "unicast_peer { 10.0.0.9 }\nvirtual_ipaddress { "  \
	"10.0.1.1 dev eth0 }\n}\n"
	assert_diff(NOWHERE("10.0.0.1"), NOWHERE("10.0.0.1"), "=A ");
	assert_diff(NOWHERE("10.0.0.1"), NOWHERE("10.0.0.2"), "-A +A ");
#undef NOWHERE
#undef U
#undef PEER
#undef FROM
}

/* What changes within a setting that is there before and after. */
static void test_every_part_of_a_setting_counts(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{"unicast_peer { 10.0.0.9 }", "unicast_peer { 10.0.0.8 }"},
		{"unicast_peer { 10.0.0.9 }", "unicast_peer {\n10.0.0.9\n10.0.0.8\n}"},
		{"unicast_peer { 10.0.0.9 min_ttl 5 }", "unicast_peer { 10.0.0.9 min_ttl 6 }"},
		{"unicast_peer { 10.0.0.9 max_ttl 5 }", "unicast_peer { 10.0.0.9 max_ttl 6 }"},
		{"unicast_peer { 10.0.0.9 }", "unicast_peer { 10.0.0.9 }\ncheck_unicast_src"},
		{"unicast_peer { 10.0.0.9 }", "unicast_peer { 10.0.0.9 }\nunicast_ttl 5"},
		{"authentication {\nauth_type AH\nauth_pass x\n}",
			"authentication {\nauth_type PASS\nauth_pass x\n}"},
		{"authentication {\nauth_type AH\nauth_pass x\n}",
			"authentication {\nauth_type AH\nauth_pass y\n}"},
		{"garp_extra_if 5", "garp_extra_if all 5"},
		{HMAC("1", KEY, "1", ""), HMAC("1", "X" KEY, "1", "")},
		{HMAC("1", KEY, "1", ""), HMAC("2", KEY, "2", "")},
		{HMAC("1", KEY, "1", "key 2 " KEY), HMAC("1", KEY, "2", "key 2 " KEY)},
		{HMAC("1", KEY, "1", ""), HMAC("1", KEY, "1", "key 2 " KEY)},
		{HMAC("1", KEY, "1", ""), HMAC("1", KEY, "1", "mode permissive")},
		{HMAC("1", KEY, "1", ""), HMAC("1", KEY, "1", "anti_replay monotonic")},
		{HMAC("1", KEY, "1", ""), HMAC("1", KEY, "1", "time_window 6")},
		{"use_vmac", "use_vmac x"},
		{"use_vmac", "use_vmac 02:00:00:00:00:01"},
		{"use_vmac", "use_vmac netlink_notify_msg"},
		{"use_vmac", "use_vmac group 0"},
		{"use_vmac group 4", "use_vmac group 5"},
		{"use_vmac", "use_vmac\nvmac_xmit_base"},
		{"use_ipvlan 10.0.0.9", "use_ipvlan 10.0.0.9 private"},
		{"use_ipvlan 10.0.0.9/24", "use_ipvlan 10.0.0.9/25"},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char texts[2][512];
		for (size_t j = 0; j < 2; j++)
			snprintf(texts[j], sizeof texts[j],
				VR("B", "eth0", "2", "virtual_ipaddress { 10.0.1.1 }\n%s"), pairs[i][j]);
		assert_diff(texts[0], texts[1], "*B>B ");
		assert_diff(texts[1], texts[1], "=B ");
	}
	assert_diff(B C, B C "vrrp_sync_group G { group { B C } }\n", "*B>B *C>C ");
}

static void assert_line_counts(const char *block, const char *before, const char *after)
{
	char first[512];
	char second[512];
	static const char form[] =
		"vrrp_instance B {\ninterface eth0\nvirtual_router_id 2\n%s {\n%s\n}\n%s\n}\n";
	const char *rest = strcmp(block, "virtual_ipaddress") ? "virtual_ipaddress { 10.9.9.9 }" : "";
	snprintf(first, sizeof first, form, block, before, rest);
	snprintf(second, sizeof second, form, block, after, rest);
	assert_diff(first, second, "*B>B ");
	assert_diff(first, first, "=B ");
	assert_diff(second, second, "=B ");
}

static void test_every_option_of_a_line_counts(void **state)
{
	(void)state;
	static const char *const addresses[] = {"10.0.0.2", "10.0.0.1/24", "10.0.0.1 dev eth1",
		"10.0.0.1 label x", "10.0.0.1 brd 10.0.0.127", "10.0.0.1 brd 10.0.0.255",
		"10.0.0.1 scope link", "10.0.0.1 use_vmac"};
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		assert_line_counts("virtual_ipaddress", "10.0.0.1", addresses[i]);
	assert_line_counts("virtual_ipaddress", "10.0.0.1/24", "10.0.0.1/24 brd +");
	static const char *const options[] = {"src 10.0.0.7", "metric 5", "table 5", "scope link",
		"scope global", "tos 0x10", "mtu 1400", "onlink"};
	static const char route[] = "10.1.0.0/16 via 10.0.0.9 dev eth1";
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		char with[128];
		snprintf(with, sizeof with, "%s %s", route, options[i]);
		assert_line_counts("virtual_routes", route, with);
	}
	assert_line_counts("virtual_routes", "10.1.0.0/16 via 10.0.0.9", "10.1.0.0/16 via 10.0.0.8");
	assert_line_counts("virtual_routes", "10.1.0.0/16 via 10.0.0.9", "10.2.0.0/16 via 10.0.0.9");
	assert_line_counts("virtual_routes", "blackhole 10.1.0.0/16", "prohibit 10.1.0.0/16");
	assert_line_counts("virtual_routes", "10.1.0.0/16 dev eth1", "10.1.0.0/16 dev eth2");
	assert_line_counts("track_interface", "eth1", "eth2");
	assert_line_counts("track_interface", "eth1", "eth1 weight 5");
	assert_line_counts("track_interface", "eth1 weight 5", "eth1 weight 5 reverse");
}

static char *print(const char *text)
{
	struct conf_result result;
	read_text(text, &result);
	assert_non_null(result.conf);
	assert_fixed_point(result.conf);
	char *printed = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
	conf_result_free(&result);
	return printed;
}

static void test_canonical_form(void **state)
{
	(void)state;
	char *printed =
		print("vrrp_instance \"my gateway\" { version 3\nvirtual_ipaddress { 10.0.0.1/24 dev eth0 }\n"
		      "advert_int 0.10\ninterface eth0\nvirtual_router_id 0051\nnopreempt\n}\n"
		      "global_defs { router_id gw\\#1\n}");
	assert_string_equal(printed,
		"global_defs {\n    router_id \"gw#1\"\n}\n\nvrrp_instance \"my gateway\" {\n"
		"    interface eth0\n    virtual_router_id 51\n    priority 100\n    version 3\n"
		"    advert_int 0.1\n    nopreempt\n    virtual_ipaddress {\n"
		"        10.0.0.1/24 dev eth0\n    }\n}\n");
	free(printed);
}

static void test_bounded_print(void **state)
{
	(void)state;
	struct conf_result result;
	read_text(A, &result);
	size_t length;
	char *whole = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, &length);
	for (size_t size = 1; size <= length + 1; size++) {
		char buffer[1024];
		struct text text;
		memset(buffer, 'x', sizeof buffer);
		text_init(&text, buffer, size);
		conf_print(result.conf, CONF_SECRETS_SHOWN, &text);
		assert_int_equal(text.overflow, size <= length);
		assert_memory_equal(buffer, whole, size - 1);
		assert_int_equal(buffer[size], 'x');
	}
	free(whole);
	conf_result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_same_said_differently),
		cmocka_unit_test(test_every_setting_counts),
		cmocka_unit_test(test_unicast_and_multicast_are_two_routers),
		cmocka_unit_test(test_unicast_routers),
		cmocka_unit_test(test_every_part_of_a_setting_counts),
		cmocka_unit_test(test_every_option_of_a_line_counts),
		cmocka_unit_test(test_canonical_form),
		cmocka_unit_test(test_bounded_print),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
