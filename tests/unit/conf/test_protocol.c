/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Families, strict mode, unicast and authentication: what their settings mean together. */
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

static const struct vr_config *first(const struct conf_result *result)
{
	return instance_of(result, 0);
}

/* covers: V2-PKT-06 */
static void test_the_first_address_says_the_family(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(V4("virtual_ipaddress_excluded { 2001:db8::1/64 }"), &result);
	assert_int_equal(first(&result)->family, IP_V4);
	assert_int_equal(first(&result)->version, 2);
	assert_int_equal(first(&result)->addresses[1].prefix.addr.family, IP_V6);
	conf_result_free(&result);
	read_clean(V6("virtual_ipaddress_excluded { 10.0.0.1/24 brd + }"), &result);
	assert_int_equal(first(&result)->family, IP_V6);
	assert_int_equal(first(&result)->version, 3);
	assert_int_equal(first(&result)->addresses[0].prefix.length, 128);
	conf_result_free(&result);
	/* vrrp_version 2 is meant for the IPv4 ones */
	read_clean("global_defs {\nvrrp_version 2\n}\n" V6("native_ipv6\nadvert_int 0.5"), &result);
	assert_int_equal(first(&result)->version, 3);
	conf_result_free(&result);
	assert_one_error(V6("version 2"), 5, 1, "version 2 is for IPv4 alone");
	assert_one_error(V4("native_ipv6"), 4, 21, "10.0.0.1 is not IPv6, as this instance is");
}

/* covers: V3-PKT-13 */
static void test_one_family_is_advertised(void **state)
{
	(void)state;
	assert_one_error(HEAD "virtual_ipaddress {\n10.0.0.1\nfe80::1\n}\n}\n", 6, 1,
		"fe80::1 is not IPv4, as this instance is: an advertisement carries one family");
	assert_one_error(HEAD "virtual_ipaddress {\nfe80::1\n10.0.0.1\n10.0.0.2\n}\n}\n", 6, 1,
		"10.0.0.1 is not IPv6, as this instance is");
}

/* covers: V3-PKT-11 */
static void test_link_local_stands_first(void **state)
{
	struct conf_result result;
	char text[IP_ADDR_TEXT_SIZE];
	static const char *const expected[] = {
		"fe80::7", "2001:db8::1", "2001:db8::2", "fe80::8", "2001:db8::3"};

	(void)state;
	read_clean(HEAD "virtual_ipaddress {\n2001:db8::1\n2001:db8::2\nfe80::7\nfe80::8\n}\n"
			"virtual_ipaddress_excluded { 2001:db8::3 }\n}\n",
		&result);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(ip_format(&first(&result)->addresses[i].prefix.addr, text), expected[i]);
	conf_result_free(&result);
	/* the last one, so that the end of the list moves */
	read_clean(HEAD
		"virtual_ipaddress {\n2001:db8::1\nfe80::7\n}\nvirtual_ipaddress { 2001:db8::9 }\n}\n",
		&result);
	assert_int_equal(first(&result)->advertised_count, 3);
	assert_string_equal(ip_format(&first(&result)->addresses[0].prefix.addr, text), "fe80::7");
	conf_result_free(&result);
}

/* covers: AMB-16 */
static void test_no_link_local_address(void **state)
{
	struct conf_result result;

	(void)state;
	read_warned(HEAD "virtual_ipaddress { 2001:db8::1 }\n}\n", 4, "add one, such as fe80::7/64", &result);
	conf_result_free(&result);
	assert_one_error(HEAD "strict_mode\nvirtual_ipaddress { 2001:db8::1 }\n}\n", 5, 1,
		"add one, such as fe80::7/64");
}

/* covers: V3-CFG-06 */
static void test_both_families_share_a_vrid(void **state)
{
	struct conf_result result;
	static const char other[] = "vrrp_instance B {\ninterface eth0\nvirtual_router_id 7\n"
				    "virtual_ipaddress { fe80::2 }\n}\n";
	char text[512];

	(void)state;
	strcpy(text, V4(""));
	strcat(text, other);
	read_clean(text, &result);
	assert_int_equal(result.conf->instance_count, 2);
	conf_result_free(&result);
	strcpy(text, V6(""));
	strcat(text, other);
	assert_one_error(text, 9, 1, "eth0 already has a virtual router 7 ('A' at test.conf:1)");
}

static void test_what_ipv6_addresses_lack(void **state)
{
	struct conf_result result;
	static const char *const options[] = {"brd +", "brd 10.0.0.255", "label x", "scope link"};

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		char text[256];
		strcpy(text, HEAD "virtual_ipaddress { fe80::1/64 ");
		strcat(text, options[i]);
		strcat(text, " }\n}\n");
		read_warned(text, 4, "has no effect on an IPv6 address", &result);
		conf_result_free(&result);
	}
}

static void test_ipv6_routes(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(V6("virtual_routes {\ndefault via fe80::9 dev eth0\ninet6 default dev eth1\ndefault6 via "
		      "fe80::8 dev eth0\n::/0 dev eth2\n2001:db8::/32 via fe80::7 dev eth0 metric 5\n"
		      "default dev eth3\nblackhole default src 2001:db8::1\n2001:db8::5 dev eth1\n}"),
		&result);
	const struct vr_config *vr = first(&result);
	static const uint8_t families[] = {IP_V6, IP_V6, IP_V6, IP_V6, IP_V6, IP_V4, IP_V6, IP_V6};
	assert_int_equal(vr->extra->route_count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(vr->extra->routes[i].destination.addr.family, families[i]);
	assert_int_equal(vr->extra->routes[7].destination.length, 128);
	conf_result_free(&result);
}

/* covers: SEC-02 SEC-03 */
static void test_authentication(void **state)
{
	struct conf_result result;

	(void)state;
	read_warned(
		V4("authentication {\nauth_type PASS\nauth_pass 1111\n}"), 5, "keeps nobody out", &result);
	assert_int_equal(first(&result)->extra->authentication, AUTHENTICATION_PASS);
	assert_memory_equal(first(&result)->extra->authentication_data, "1111\0\0\0\0", 8);
	conf_result_free(&result);
	read_text(V4("authentication {\nauth_type AH\nauth_pass 123456789\n}"), &result);
	assert_message(&result, CONF_WARNING, 7, 11, "the rest is cut");
	assert_memory_equal(first(&result)->extra->authentication_data, "12345678", 8);
	assert_int_equal(first(&result)->extra->authentication, AUTHENTICATION_AH);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	/* any bytes, also half a character */
	read_text(V4("authentication {\nauth_type PASS\nauth_pass \"a\\\"$#\x01 {\xc3\xa9\"\n}"), &result);
	assert_memory_equal(first(&result)->extra->authentication_data, "a\"$#\x01 {\xc3", 8);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	read_warned(
		"global_defs {\nvrrp_version 3\n}\n" V4("authentication {\nauth_type PASS\nauth_pass x\n}"),
		8, "version 3 has no authentication", &result);
	assert_int_equal(first(&result)->extra->authentication, AUTHENTICATION_NONE);
	assert_int_equal(first(&result)->extra->authentication_data[0], 0);
	conf_result_free(&result);
	assert_one_error(V4("authentication {\nauth_type PASS\n}"), 5, 1, "auth_pass is missing");
	assert_one_error(V4("authentication {\nauth_pass x\n}"), 5, 1, "auth_type is missing");
	assert_one_error(V4("authentication {\nauth_type MD5\nauth_pass x\n}"), 6, 11, "one of PASS|AH");
	assert_one_error(
		V4("authentication {\nauth_pas x\nauth_type AH\n}"), 6, 1, "did you mean 'auth_pass'?");
	assert_one_error(V4("authentication {\nauth_type AH\nauth_pass \"\"\n}"), 7, 11, "1 to 8 bytes");
	assert_one_error(V4("authentication {\nauth_type AH\nauth_pass a b\n}"), 7, 11, "quotes");
	assert_one_error(V4("authentication {\nauth_type AH\nauth_pass x\npriority 5"), 8, 1,
		"the '}' of 'authentication' (line 5) is missing");
}

/* No message shows the text, and the form for people does not either. */
static void test_the_password_is_not_shown(void **state)
{
	struct conf_result result;
	static const char *const texts[] = {V4("authentication { auth_pass hunter2\nauth_type PASS\n}"),
		V4("authentication {\nauth_type PASS\nauth_pass hunter2hunter2\nauth_pass hunter2\n}"),
		V4("authentication {\nauth_pas hunter2\n}"), V4("authentication {\nauth_pass; hunter2\n}"),
		V4("authentication {\nauth_pass x hunter2\n}"), V4("authentication {\nauth_type hunter2\n}")};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char buffer[4096];
		struct text out;
		read_text(texts[i], &result);
		assert_true(result.message_count > 0);
		for (size_t j = 0; j < result.message_count; j++) {
			text_init(&out, buffer, sizeof buffer);
			conf_message_print(&result.messages[j], &out);
			assert_null(strstr(buffer, "hunter2"));
		}
		if (result.conf) {
			char *masked = conf_print_alloc(result.conf, CONF_SECRETS_MASKED, NULL);
			assert_null(strstr(masked, "hunter2"));
			assert_non_null(strstr(masked, "auth_pass ********\n"));
			free(masked);
		}
		conf_result_free(&result);
	}
}

static void test_strict_mode_sets_aside(void **state)
{
	static const struct {
		const char *line;
		const char *words;
	} cases[] = {
		{"preempt_delay 5", "preempt at once"},
		{"down_timer_adverts 5", "the RFCs say 3"},
		{"v3_checksum_as_v2 off", "leaves the pseudo-header out"},
		{"state MASTER\npriority 100", "only the owner"},
		{"authentication {\nauth_type PASS\nauth_pass x\n}", "RFC 3768 has none"},
	};
	struct conf_result result;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[256];
		strcpy(text, HEAD "strict_mode on\n");
		strcat(text, cases[i].line);
		strcat(text, "\nvirtual_ipaddress { 10.0.0.1 }\n}\n");
		read_warned(text, 5, cases[i].words, &result);
		const struct vr_config *vr = first(&result);
		assert_int_equal(vr->extra->preempt_delay, 0);
		assert_int_equal(vr->down_timer_adverts, 3);
		assert_int_equal(vr->checksum_form, V3_CHECKSUM_MESSAGE_ONLY);
		assert_int_equal(vr->extra->authentication, AUTHENTICATION_NONE);
		assert_false(vr->start_as_master);
		conf_result_free(&result);
	}
	assert_one_error(V4("strict_mode\nunicast_peer { 10.0.0.9 }"), 6, 1, "strict mode has no unicast");
	assert_one_error(HEAD "strict_mode\n}\n", 1, 15, "strict mode needs at least one");
}

/* covers: AMB-17 */
static void test_defaults_of_strict_mode(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean("global_defs {\nvrrp_strict\nvrrp_down_timer_adverts 5\n}\n" V4("version 3"), &result);
	const struct vr_config *vr = first(&result);
	assert_true(vr->strict);
	assert_false(vr->accept);
	assert_int_equal(vr->checksum_form, V3_CHECKSUM_MESSAGE_ONLY);
	assert_true(vr->yield_silent);
	assert_false(vr->lower_priority_silent);
	assert_int_equal(vr->extra->announce.rival_repeat, 0);
	assert_int_equal(vr->down_timer_adverts, 3);
	conf_result_free(&result);
	read_clean(V4("strict_mode\naccept"), &result);
	assert_true(first(&result)->accept);
	assert_true(first(&result)->lower_priority_silent);
	conf_result_free(&result);
	read_clean("global_defs {\nvrrp_strict\n}\n" V4("strict_mode off"), &result);
	assert_false(first(&result)->strict);
	assert_true(first(&result)->accept);
	conf_result_free(&result);
	read_clean(V4("no_accept"), &result);
	assert_false(first(&result)->accept);
	conf_result_free(&result);
}

static void test_unicast(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(
		V4("unicast_src_ip 10.0.0.8\nunicast_ttl 64\nunicast_peer {\n10.0.0.9\n10.0.0.10 min_ttl 250 "
		   "max_ttl 254\n}"),
		&result);
	const struct unicast_config *unicast = &first(&result)->extra->unicast;
	assert_true(unicast->enabled);
	assert_true(unicast->check_source); /* because of min_ttl */
	assert_int_equal(unicast->ttl, 64);
	assert_int_equal(unicast->peer_count, 2);
	assert_int_equal(unicast->peers[0].max_ttl, 255);
	assert_int_equal(unicast->peers[1].min_ttl, 250);
	assert_int_equal(first(&result)->extra->source.bytes[3], 8);
	conf_result_free(&result);
	read_clean(V6("unicast_peer { 2001:db8::9 }"), &result);
	assert_false(first(&result)->extra->unicast.check_source);
	conf_result_free(&result);
	read_clean("global_defs {\nvrrp_check_unicast_src\n}\n" V4("unicast_peer { 10.0.0.9 }"), &result);
	assert_true(first(&result)->extra->unicast.check_source);
	conf_result_free(&result);
	assert_one_error(V4("unicast_peer { fe80::9 }"), 5, 16, "fe80::9 is IPv6, and the instance IPv4");
	assert_one_error(
		V4("unicast_src_ip 10.0.0.9\nunicast_peer { 10.0.0.9 }"), 6, 16, "this router itself");
	assert_one_error(V4("unicast_peer {\n10.0.0.9\n10.0.0.9\n}"), 7, 1, "already, on line 6");
	assert_one_error(V4("unicast_peer { 10.0.0.8 10.0.0.9 }"), 5, 25, "a line of its own");
	assert_one_error(V4("unicast_peer { 10.0.0.8 mini_ttl 5 }"), 5, 25, "did you mean 'min_ttl'?");
	assert_one_error(
		V4("unicast_peer { 10.0.0.8 min_ttl 9 max_ttl 8 }"), 5, 16, "nothing would be heard");
	assert_one_error(V4("unicast_peer { 224.0.0.18 }"), 5, 16, "cannot be the address of a router");
}

static void test_unicast_without_peer(void **state)
{
	struct conf_result result;

	(void)state;
	read_warned(V4("unicast_src_ip 10.0.0.8"), 5, "go to the multicast group, as in keepalived", &result);
	assert_false(first(&result)->extra->unicast.enabled);
	assert_int_equal(first(&result)->extra->source.bytes[3], 8);
	conf_result_free(&result);
	read_warned(V4("unicast_peer {\n}"), 5, "unicast_fault_no_peer", &result);
	conf_result_free(&result);
	read_clean(V4("unicast_fault_no_peer"), &result);
	assert_true(first(&result)->extra->unicast.enabled);
	assert_true(first(&result)->extra->unicast.fault_without_peer);
	conf_result_free(&result);
	read_warned(V4("unicast_ttl 5"), 5, "no effect without unicast_peer", &result);
	assert_int_equal(first(&result)->extra->unicast.ttl, 255);
	conf_result_free(&result);
	read_warned(V4("check_unicast_src"), 5, "no effect without unicast_peer", &result);
	conf_result_free(&result);
}

static void test_no_interface(void **state)
{
	static const char head[] = "vrrp_instance A {\nvirtual_router_id 7\nunicast_peer { 10.0.0.9 }\n";
	struct conf_result result;
	char text[512];

	(void)state;
	strcpy(text, head);
	strcat(text, "unicast_src_ip 10.0.0.8\nvrf blue\nvirtual_ipaddress { 10.0.0.1 dev eth0 }\n}\n");
	read_clean(text, &result);
	assert_null(first(&result)->interface);
	assert_string_equal(first(&result)->extra->unicast.vrf, "blue");
	conf_result_free(&result);
	strcpy(text, head);
	strcat(text, "unicast_src_ip 10.0.0.8\nvirtual_ipaddress { 10.0.0.1 }\n}\n");
	assert_one_error(text, 5, 21, "each address needs its own: dev NAME");
	strcpy(text, head);
	strcat(text, "virtual_ipaddress { 10.0.0.1 dev eth0 }\n}\n");
	assert_one_error(text, 1, 15, "has no interface");
	read_warned(V4("unicast_peer { 10.0.0.9 }\nvrf blue"), 6, "no effect with an interface", &result);
	assert_null(first(&result)->extra->unicast.vrf);
	conf_result_free(&result);
}

/* Two of one VRID on one interface; the second one begins on line 9. */
#define TWO(first, second)                                                                                   \
	V4(first)                                                                                            \
	"vrrp_instance B {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress { 10.0.0.2 }\n" second "\n}\n"

static void assert_two_are_clean(const char *text)
{
	struct conf_result result;

	read_clean(text, &result);
	assert_int_equal(result.conf->instance_count, 2);
	conf_result_free(&result);
}

static void test_what_can_be_told_apart(void **state)
{
	(void)state;
	assert_two_are_clean(TWO("unicast_peer { 10.0.0.9 }", "unicast_peer { 10.0.0.10 }"));
	assert_two_are_clean(TWO("unicast_peer { 10.0.0.9 }", ""));
	assert_two_are_clean(TWO("unicast_src_ip 10.0.0.7\nunicast_peer { 10.0.0.9 }",
		"unicast_src_ip 10.0.0.8\nunicast_peer { 10.0.0.9 }"));
	assert_two_are_clean(TWO("unicast_peer { 10.0.0.9 }\nuse_vmac\nvmac_xmit_base", "unicast_peer { 10.0.0.10 }"));
	assert_one_error(TWO("", ""), 9, 1, "already has a virtual router 7 ('A' at test.conf:1)");
	assert_one_error(TWO("", "mcast_dst_ip 224.0.0.77"), 9, 1, "already has a virtual router 7");
	assert_one_error(TWO("unicast_peer { 10.0.0.9 }", "unicast_peer {\n10.0.0.10\n10.0.0.9\n}"), 13, 1,
		"10.0.0.9 is a peer of 'A' (test.conf:5), too");
	/* The source of the second one is the address of the interface, whatever that is. */
	assert_one_error(TWO("unicast_src_ip 10.0.0.7\nunicast_peer { 10.0.0.9 }", "unicast_peer { 10.0.0.9 }"), 12, 16,
		"give each its own unicast_src_ip");
	assert_one_error(TWO("use_vmac\nvmac_xmit_base\nunicast_peer { 10.0.0.9 }",
				 "use_vmac vrrp7b\nvmac_xmit_base\nunicast_peer { 10.0.0.10 }"),
		11, 1, "already has a virtual router 7");
}

/* covers: IPH-01 */
static void test_sources_and_groups(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean("global_defs {\nvrrp_mcast_group4 224.0.0.99\n}\n" V4("mcast_src_ip 10.0.0.8"), &result);
	assert_int_equal(first(&result)->extra->group.bytes[3], 99);
	assert_int_equal(first(&result)->extra->source.bytes[3], 8);
	conf_result_free(&result);
	read_clean("global_defs {\nvrrp_mcast_group4 224.0.0.99\n}\n" V6(""), &result);
	assert_false(ip_is_set(&first(&result)->extra->group));
	conf_result_free(&result);
	read_clean(V6("mcast_dst_ip ff02::77\nmcast_src_ip fe80::8"), &result);
	assert_int_equal(first(&result)->extra->group.bytes[15], 0x77);
	conf_result_free(&result);
	read_warned(V6("mcast_dst_ip ff05::77"), 5, "not of link-local scope", &result);
	conf_result_free(&result);
	read_warned(V6("mcast_src_ip 2001:db8::8"), 5, "is not link-local", &result);
	conf_result_free(&result);
	read_warned(V4("mcast_dst_ip 224.0.0.77\nunicast_peer { 10.0.0.9 }"), 5,
		"no effect with unicast_peer", &result);
	conf_result_free(&result);
	assert_one_error(V4("mcast_src_ip 10.0.0.1"), 5, 1, "is a virtual address");
	assert_one_error(V4("mcast_src_ip fe80::8"), 5, 1, "the source of adverts is of the family");
	assert_one_error(V4("mcast_dst_ip ff02::12"), 5, 1, "mcast_dst_ip is of the family");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_address_says_the_family),
		cmocka_unit_test(test_one_family_is_advertised),
		cmocka_unit_test(test_link_local_stands_first),
		cmocka_unit_test(test_no_link_local_address),
		cmocka_unit_test(test_both_families_share_a_vrid),
		cmocka_unit_test(test_what_ipv6_addresses_lack),
		cmocka_unit_test(test_ipv6_routes),
		cmocka_unit_test(test_authentication),
		cmocka_unit_test(test_the_password_is_not_shown),
		cmocka_unit_test(test_strict_mode_sets_aside),
		cmocka_unit_test(test_defaults_of_strict_mode),
		cmocka_unit_test(test_unicast),
		cmocka_unit_test(test_unicast_without_peer),
		cmocka_unit_test(test_no_interface),
		cmocka_unit_test(test_what_can_be_told_apart),
		cmocka_unit_test(test_sources_and_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
