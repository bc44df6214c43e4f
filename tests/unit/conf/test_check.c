/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What settings mean together: versions and intervals, owners, preemption, weights, doubles; lines of blocks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

/* Five lines before the body. */
#define ADDRESSED "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 }\n"
#define ONE(body) ADDRESSED body "\n}\n"
#define OTHER(name, interface, vrid, address)                                                                \
	"vrrp_instance " name " {\ninterface " interface "\nvirtual_router_id " vrid                         \
	"\nvirtual_ipaddress { " address " }\n}\n"

static void assert_interval(const char *body, dur_t expected)
{
	struct conf_result result;
	read_instance_text(body, &result);
	assert_clean(&result);
	assert_int_equal(result.conf->instances[0].vr.advert_interval, expected);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

/* covers: V2-PKT-02 V3-CFG-04 */
static void test_intervals(void **state)
{
	(void)state;
	assert_interval("advert_int 1", DUR_S);
	assert_interval("advert_int 255", 255 * DUR_S);
	assert_interval("advert_int 1.000", DUR_S);
	assert_interval("version 3\nadvert_int 0.01", DUR_CS);
	assert_interval("advert_int .25\nversion 3", 25 * DUR_CS);
	assert_interval("version 3\nadvert_int 40.95", 4095 * DUR_CS);
	assert_one_error(ONE("advert_int 0.5"), 5, 1, "version 2 cannot say 0.5 seconds");
	assert_one_error(ONE("advert_int 1.5"), 5, 1, "whole seconds, 1 to 255");
	assert_one_error(ONE("advert_int 0.005"), 5, 12, "0.01 to 255 seconds");
	assert_one_error(ONE("advert_int 256"), 5, 12, "0.01 to 255 seconds");
	assert_one_error(ONE("version 3\nadvert_int 0.105"), 6, 1, "version 3 cannot say 0.105 seconds");
	assert_one_error(ONE("version 3\nadvert_int 41"), 6, 1, "0.01 to 40.95");
	assert_one_error(
		"global_defs {\nvrrp_version 3\n}\n" ONE("advert_int 41"), 8, 1, "version 3 cannot say 41");
}

/* covers: V3-PKT-04 V3-CFG-03 V3-CFG-08 V2-PKT-06 */
static void test_numbers_of_the_protocol(void **state)
{
	static const char vrid[] = "vrrp_instance A {\ninterface eth0\nvirtual_router_id %d\n"
				   "virtual_ipaddress { 10.0.0.1 }\n}\n";
	char text[256];
	struct conf_result result;

	(void)state;
	for (int number = -1; number <= 257; number++) {
		snprintf(text, sizeof text, vrid, number);
		read_text(text, &result);
		assert_int_equal(result.conf != NULL, number >= 1 && number <= 255);
		assert_true(result.conf == NULL || result.conf->instances[0].vr.vrid == number);
		conf_result_free(&result);
		snprintf(text, sizeof text, ONE("priority %d"), number);
		read_text(text, &result);
		assert_int_equal(result.conf != NULL, number >= 1 && number <= 255);
		assert_true(result.conf == NULL || result.conf->instances[0].vr.priority == number);
		conf_result_free(&result);
	}
	assert_one_error("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nversion 2\n"
			 "virtual_ipaddress { fe80::1 }\n}\n",
		4, 1, "version 2 is for IPv4 alone");
}

/* covers: V3-PKT-04 V3-PKT-05 */
static void test_required(void **state)
{
	(void)state;
	assert_one_error("vrrp_instance A {\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 }\n}\n", 1, 15,
		"'A' has no interface");
	assert_one_error("vrrp_instance A {\ninterface eth0\nvirtual_ipaddress { 10.0.0.1 }\n}\n", 1, 15,
		"'A' has no virtual_router_id");
	assert_one_error("vrrp_instance {\ninterface eth0\n}\n", 1, 1, "needs a name");
	assert_one_error("vrrp_instance A B {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { "
			 "10.0.0.1 }\n}\n",
		1, 17, "nothing may follow");
	assert_one_error("vrrp_instance A\nglobal_defs {\n}\n", 1, 1, "begins a block");
	assert_one_error(
		"vrrp_instance A {\ninterface lo\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 }\n}\n",
		2, 1, "no other router can be heard on lo");
	/* a wrong value is not reported a second time as a missing one */
	assert_one_error(
		"vrrp_instance A {\ninterface eth0\nvirtual_router_id 0\nvirtual_ipaddress { 10.0.0.1 }\n}\n",
		3, 19, "out of range");
	assert_one_error("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nversion "
			 "3\nvirtual_ipaddress { ten }\n}\n",
		5, 21, "not an IP address");
	assert_one_error("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nversion 3\n}\n", 1, 15,
		"version 3 needs at least one");
	struct conf_result result;
	assert_one_warning("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n}\n", 1, 15,
		"nothing to advertise", &result);
	conf_result_free(&result);
}

/* covers: AMB-12 */
static void test_owner_and_state(void **state)
{
	(void)state;
	struct conf_result result;
	assert_one_warning(ONE("state MASTER"), 5, 1, "means 255", &result);
	assert_int_equal(result.conf->instances[0].vr.priority, 255);
	assert_true(result.conf->instances[0].vr.start_as_master);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	assert_one_warning(ONE("state BACKUP\npriority 255"), 5, 1, "no effect with priority 255", &result);
	assert_true(result.conf->instances[0].vr.start_as_master);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	read_text(ONE("priority 255"), &result);
	assert_clean(&result);
	assert_true(result.conf->instances[0].vr.start_as_master);
	conf_result_free(&result);
	read_text(ONE("state MASTER\npriority 100"), &result);
	assert_clean(&result);
	assert_int_equal(result.conf->instances[0].vr.priority, 100);
	assert_true(result.conf->instances[0].vr.start_as_master);
	conf_result_free(&result);
}

static void test_preemption(void **state)
{
	(void)state;
	struct conf_result result;
	assert_one_warning(ONE("nopreempt\nstate MASTER\npriority 100"), 5, 1,
		"nopreempt has no effect with state MASTER", &result);
	assert_true(result.conf->instances[0].vr.preempt);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	assert_one_warning(ONE("nopreempt\npriority 255"), 5, 1, "no effect with priority 255", &result);
	conf_result_free(&result);
	assert_one_warning(ONE("preempt_delay 5\nstate MASTER\npriority 9"), 5, 1,
		"no effect with state MASTER", &result);
	assert_int_equal(result.conf->instances[0].vr.extra->preempt_delay, 0);
	conf_result_free(&result);
	assert_one_warning(ONE("nopreempt\npreempt_delay 5"), 6, 1, "no effect with nopreempt", &result);
	assert_false(result.conf->instances[0].vr.preempt);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	read_text(ONE("nopreempt\npreempt"), &result);
	assert_true(result.conf->instances[0].vr.preempt);
	conf_result_free(&result);
}

static void test_tracking(void **state)
{
	(void)state;
	struct conf_result result;
	read_text(ONE("priority 100\ntrack_interface {\neth0\neth1 weight -20\neth2 weight 30 reverse\neth3 "
		      "weight 0 reverse\n}"),
		&result);
	assert_clean(&result);
	const struct vr_config *vr = &result.conf->instances[0].vr;
	assert_int_equal(vr->extra->tracked_count, 4);
	assert_int_equal(vr->extra->tracked[0].weight, 0);
	assert_int_equal(vr->extra->tracked[1].weight, -20);
	assert_true(vr->extra->tracked[2].reverse);
	assert_true(vr->extra->tracked[3].reverse);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	assert_one_error(
		ONE("track_interface {\neth1\neth2\neth1 weight 5\n}"), 8, 1, "tracked already, on line 6");
	assert_one_error(ONE("track_interface {\neth1 reverse\n}"), 6, 6, "stands after a weight");
	assert_one_error(ONE("track_interface {\neth1 wieght 5\n}"), 6, 6, "did you mean 'weight'?");
	assert_one_error(ONE("track_interface {\neth1 eth2\n}"), 6, 6, "unknown word 'eth2'");
	assert_one_warning(
		ONE("priority 250\ntrack_interface {\neth1 weight 10\n}"), 7, 1, "cut to 254", &result);
	conf_result_free(&result);
	assert_one_warning(ONE("priority 20\ntrack_interface {\neth1 weight -50\n}"), 7, 1,
		"make -30, which is cut to 1", &result);
	conf_result_free(&result);
	assert_one_warning(ONE("priority 255\ntrack_interface {\neth1 weight -50\n}"), 7, 1,
		"255 stays what it is", &result);
	conf_result_free(&result);
	assert_one_warning(ONE("nopreempt\ntrack_interface {\neth1 weight -50\n}"), 7, 1,
		"never moves the addresses", &result);
	conf_result_free(&result);
}

static void test_addresses(void **state)
{
	(void)state;
	struct conf_result result;
	read_text("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n"
		  "192.168.1.200\n192.168.1.201/24 brd + dev eth1 label eth1:7 scope link\n}\n"
		  "virtual_ipaddress_excluded {\n10.9.9.9/8 broadcast 10.255.255.255\n10.9.9.8 brd -\n"
		  "10.9.9.7/24 brd -\n239.1.1.1/32 autojoin\n127.0.0.9/8 dev lo\n}\n"
		  "virtual_ipaddress { 192.168.1.202/31 scope 77 }\n}\n",
		&result);
	assert_clean(&result);
	const struct vr_config *vr = &result.conf->instances[0].vr;
	assert_int_equal(vr->address_count, 8);
	assert_int_equal(vr->advertised_count, 3);
	assert_true(address_options(&vr->addresses[1])->broadcast_auto);
	assert_int_equal(address_options(&vr->addresses[1])->scope, 253);
	assert_string_equal(address_options(&vr->addresses[1])->label, "eth1:7");
	assert_int_equal(address_options(&vr->addresses[2])->scope, 77);
	assert_true(vr->addresses[3].excluded);
	assert_int_equal(address_options(&vr->addresses[3])->broadcast.bytes[1], 255);
	assert_false(ip_is_set(&address_options(&vr->addresses[4])->broadcast));
	assert_memory_equal(address_options(&vr->addresses[5])->broadcast.bytes, ((uint8_t[]){10, 9, 9, 0}), 4);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	assert_one_error(ONE("virtual_ipaddress { 10.0.0.2/33 }"), 5, 21, "length of 0 to 32");
	assert_one_error(ONE("virtual_ipaddress { 224.0.0.18 }"), 5, 21, "cannot be a virtual address");
	assert_one_error(ONE("virtual_ipaddress { 224.0.0.18 autojoin }"), 5, 21, "cannot be a virtual address");
	assert_one_error(ONE("virtual_ipaddress_excluded { 224.0.0.99 }"), 5, 30, "autojoin behind it joins the group");
	assert_one_error(ONE("virtual_ipaddress { 127.0.0.1 }"), 5, 21, "cannot be a virtual address");
	assert_one_error(ONE("virtual_ipaddress { 0.0.0.0 }"), 5, 21, "cannot be a virtual address");
	assert_one_error(ONE("virtual_ipaddress { 255.255.255.255 }"), 5, 21, "cannot be a virtual address");
	assert_one_error(ONE("virtual_ipaddress { 10.0.0.2/0 }"), 5, 21, "length 0");
	assert_one_error(ONE("virtual_ipaddress { fe80::1/64 }"), 5, 21, "carries one family");
	assert_one_error(ONE("virtual_ipaddress { fe80::1/129 }"), 5, 21, "length of 0 to 128");
	assert_one_error(ONE("virtual_ipaddress { ff02::12 }"), 5, 21, "cannot be a virtual address");
	assert_one_error(ONE("virtual_ipaddress { ::1 }"), 5, 21, "cannot be a virtual address");
	assert_one_error(ONE("virtual_ipaddress { :: }"), 5, 21, "cannot be a virtual address");
	assert_one_error(ONE("virtual_ipaddress { ::ffff:10.0.0.2 }"), 5, 21, "cannot be a virtual address");
	assert_one_error(ONE("virtual_ipaddress { 10.0.0.2 10.0.0.3 }"), 5, 30, "line of its own");
	assert_one_error(ONE("virtual_ipaddress { 10.0.0.2 lable x }"), 5, 30, "did you mean 'label'?");
	assert_one_error(ONE("virtual_ipaddress { 10.0.0.1/24 }"), 5, 21, "stands here already, on line 4");
}

static void test_no_address_that_is_meant_so(void **state)
{
	(void)state;
	struct conf_result result;
	assert_one_warning("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n}\n", 1, 0, "nothing to advertise", &result);
	conf_result_free(&result);
	read_text("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nno_virtual_ipaddress\n}\n", &result);
	assert_clean(&result);
	assert_true(result.conf->instances[0].vr.extra->no_address);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	assert_one_error("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nversion 3\nno_virtual_ipaddress\n}\n", 1, 0,
		"version 3 needs at least one");
	assert_one_warning(ONE("no_virtual_ipaddress"), 5, 1, "has no effect", &result);
	conf_result_free(&result);
}

static void test_broadcast_of_one_address(void **state)
{
	(void)state;
	struct conf_result result;
	assert_one_warning("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { "
			   "10.0.0.1 brd + }\n}\n",
		4, 21, "length 32 has no broadcast", &result);
	assert_false(address_options(&result.conf->instances[0].vr.addresses[0])->broadcast_auto);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

/* A name that would begin an include, or the line of another block, is one all the same. */
static void test_interfaces_named_like_keywords(void **state)
{
	(void)state;
	struct conf_result result;
	read_text(ONE("track_interface {\n\"include\"\nstate\npriority weight 5\n}"), &result);
	assert_clean(&result);
	assert_string_equal(result.conf->instances[0].vr.extra->tracked[0].name, "include");
	assert_int_equal(result.conf->instances[0].vr.extra->tracked_count, 3);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

static void test_address_of_two_instances(void **state)
{
	(void)state;
	struct conf_result result;
	assert_one_warning(OTHER("A", "eth0", "1", "10.0.0.1") OTHER("B", "eth1", "1", "10.0.0.1/24"), 9, 21,
		"also an address of 'A' (test.conf:4)", &result);
	conf_result_free(&result);
}

/* covers: AMB-15 */
static void test_more_addresses_than_fit(void **state)
{
	(void)state;
	static char text[16384];
	strcpy(text, "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress_excluded { "
		     "10.7.0.1 }\n"
		     "virtual_ipaddress {\n");
	for (int i = 0; i < 300; i++)
		sprintf(text + strlen(text), "10.0.%d.%d\n", i / 200, i % 200 + 1);
	strcat(text, "}\n}\n");
	struct conf_result result;
	assert_one_warning(text, 5, 1, "300 addresses: an advertisement carries 255", &result);
	const struct vr_config *vr = &result.conf->instances[0].vr;
	assert_int_equal(vr->advertised_count, 255);
	assert_int_equal(vr->address_count, 301);
	assert_false(vr->addresses[254].excluded);
	assert_true(vr->addresses[255].excluded);
	assert_int_equal(vr->addresses[255].prefix.addr.bytes[3], 56);
	assert_int_equal(vr->addresses[300].prefix.addr.bytes[1], 7);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

static void test_routes(void **state)
{
	(void)state;
	struct conf_result result;
	read_text(ONE("virtual_routes {\ndefault gw 10.0.0.100\n0.0.0.0/0 gw 192.168.0.1 table 100\n"
		      "src 192.168.100.1 to 192.168.109.0/24 via 192.168.200.254 dev eth1\n192.168.111.0/24 "
		      "dev eth2\n"
		      "blackhole 192.168.114.0/24\nunreachable default metric 4294967295\nunicast to "
		      "10.5.0.0/16 oif eth3\n"
		      "10.6.0.0/16 via 10.0.0.9 dev eth1 onlink mtu 1400 tos 16 scope host table local "
		      "preference 3\n"
		      "10.7.7.7 dev eth4 scope global\n}"),
		&result);
	assert_clean(&result);
	const struct vr_config *vr = &result.conf->instances[0].vr;
	assert_int_equal(vr->extra->route_count, 9);
	assert_int_equal(vr->extra->routes[0].gateway.bytes[3], 100);
	assert_int_equal(vr->extra->routes[0].destination.length, 0);
	assert_int_equal(vr->extra->routes[1].table, 100);
	assert_int_equal(vr->extra->routes[2].source.bytes[0], 192);
	assert_string_equal(vr->extra->routes[2].device, "eth1");
	assert_int_equal(vr->extra->routes[4].type, ROUTE_BLACKHOLE);
	assert_int_equal(vr->extra->routes[5].type, ROUTE_UNREACHABLE);
	assert_int_equal(vr->extra->routes[5].metric, UINT32_MAX);
	assert_int_equal(vr->extra->routes[7].table, 255);
	assert_int_equal(vr->extra->routes[7].scope, 254);
	assert_int_equal(vr->extra->routes[7].tos, 16);
	assert_int_equal(vr->extra->routes[7].metrics[ROUTE_METRIC_MTU], 1400);
	assert_int_equal(vr->extra->routes[7].metric, 3);
	assert_true(vr->extra->routes[7].on_link);
	assert_int_equal(vr->extra->routes[8].destination.length, 32);
	assert_true(vr->extra->routes[8].scope_set);
	assert_false(vr->extra->routes[3].scope_set);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

static void test_wrong_routes(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		unsigned column;
		const char *words;
	} cases[] = {
		{"default", 1, "needs the next router"},
		{"10.0.0.0/8 metric 5", 1, "needs the next router"},
		{"via 10.0.0.1", 1, "destination is missing"},
		{"blackhole 10.0.0.0/8 via 10.0.0.1", 1, "drops packets has no via"},
		{"10.1.0.0/16 onlink dev eth0", 1, "onlink needs via and dev"},
		{"10.0.0.1/8 dev eth0", 1, "did you mean 10.0.0.0/8?"},
		{"10.1.0.0/16 blackhole", 13, "before the destination"},
		{"10.1.0.0/16 10.2.0.0/16 dev eth0", 13, "unknown word"},
		{"10.1.0.0/33 dev eth0", 1, "length of 0 to 32"},
		{"2001:db8::/32 via 10.0.0.1", 1, "all IPv4 or all IPv6"},
		{"default6 via 10.0.0.1", 1, "all IPv4 or all IPv6"},
		{"inet6 default via 10.0.0.1", 1, "all IPv4 or all IPv6"},
		{"default via fe80::1 src 10.0.0.1", 1, "all IPv4 or all IPv6"},
		{"inet6 10.1.0.0/16 dev eth0", 1, "not of the family that inet6 says"},
		{"2001:db8::1/32 dev eth0", 1, "did you mean 2001:db8::/32?"},
		{"default via 10.0.0.1 nexthop via 10.0.0.2", 1, "stand behind each nexthop"},
		{"default vai 10.0.0.1", 9, "did you mean 'via'?"},
		{"defualt via 10.0.0.1", 1, "unknown word 'defualt'"},
		{"default via 10.0.0.1 mtu 10", 26, "mtu takes 68 to 65535"},
		{"default via 10.0.0.1 metric", 22, "needs a value"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[512];
		snprintf(text, sizeof text, "%svirtual_routes {\n%s\n}\n}\n", ADDRESSED, cases[i].line);
		assert_one_error(text, 6, cases[i].column, cases[i].words);
	}
}

/* Names of tables and scopes may come from the files of iproute2. */
static void test_names_of_iproute(void **state)
{
	(void)state;
	static const struct memory_file list[] = {
		{"/etc/iproute2/rt_tables",
			"# c\n255\tlocal\n 100 isp1 # first\n0x65\tisp2\nbad line\n200 isp", 0},
		{"/usr/share/iproute2/rt_dsfield", "0x00\tdefault\n0x80\tfast", 0},
		{"/etc/iproute2/rt_scopes", "99999 wide\n", 0}};
	struct memory_files files = {list, 3};
	struct conf_files over = memory_files_over(&files);
	static const char text[] =
		ONE("virtual_routes {\ndefault via 10.0.0.9 table isp1\n10.1.0.0/16 dev eth1 table isp2\n"
		    "10.2.0.0/16 dev eth1 table isp tos fast\n}");
	struct conf_result result;
	conf_load_text(text, strlen(text), "test.conf", &over, &result);
	assert_clean(&result);
	assert_int_equal(result.conf->instances[0].vr.extra->routes[0].table, 100);
	assert_int_equal(result.conf->instances[0].vr.extra->routes[1].table, 0x65);
	assert_int_equal(result.conf->instances[0].vr.extra->routes[2].table, 200);
	assert_int_equal(result.conf->instances[0].vr.extra->routes[2].tos, 0x80);
	conf_result_free(&result);
	static const char wrong[] = ONE("virtual_routes {\n10.1.0.0/16 dev eth1 scope wide\n}");
	conf_load_text(wrong, strlen(wrong), "test.conf", &over, &result);
	assert_message(&result, CONF_ERROR, 6, 28, "rt_scopes");
	conf_result_free(&result);
}

static void test_doubles(void **state)
{
	(void)state;
	struct conf_result result;
	assert_one_error(OTHER("A", "eth0", "1", "10.0.0.1") OTHER("A", "eth0", "2", "10.0.0.2"), 6, 15,
		"the name 'A' is taken by the instance at test.conf:1");
	assert_one_error(OTHER("A", "eth0", "1", "10.0.0.1") OTHER("B", "eth0", "1", "10.0.0.2"), 8, 1,
		"eth0 already has a virtual router 1 ('A' at test.conf:1)");
	read_text(OTHER("A", "eth0", "1", "10.0.0.1") OTHER("B", "eth1", "1", "10.0.0.2"), &result);
	assert_clean(&result);
	conf_result_free(&result);
	assert_one_warning(
		ONE("priority 5\npriority 6"), 6, 1, "given before, on line 5; this one counts", &result);
	assert_int_equal(result.conf->instances[0].vr.priority, 6);
	conf_result_free(&result);
}

static void test_everything_is_reported_in_one_run(void **state)
{
	(void)state;
	struct conf_result result;
	read_text("global_defs {\nvrrp_version 4\n}\nfoo\nvrrp_instance A {\ninterface "
		  "eth0\nvirtual_router_id 999\n"
		  "priorty 5\nlvs_sync_daemon_interface eth0\nvirtual_rulers {\nauth_type PASS\nauth_pass "
		  "x\n}\nvirtual_ipaddress "
		  "{\n10.0.0\n"
		  "10.0.0.400\n}\nadvert_int 0.5\n}\nbfd_instance x {\nneighbor_ip 10.0.0\n}\n",
		&result);
	assert_int_equal(result.error_count, 9);
	assert_int_equal(result.message_count, 10);
	static const unsigned lines[] = {2, 4, 7, 8, 9, 10, 15, 16, 18, 21};
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(result.messages[i].place.line, lines[i]);
	assert_null(result.conf);
	conf_result_free(&result);
}

static void test_unknown_keywords(void **state)
{
	(void)state;
	assert_one_error(ONE("priorty 100"), 5, 1,
		"unknown keyword 'priorty' in vrrp_instance; did you mean 'priority'?");
	assert_one_error(ONE("virtual_rulers {\n10.0.0.1\n}"), 5, 1, "did you mean 'virtual_rules'?");
	assert_one_error(
		ONE("virtual_rulers\n{\n10.0.0.1 { \"}\" '} }\n}\n}"), 5, 1, "did you mean 'virtual_rules'?");
	assert_one_error(
		ONE("router_id x"), 5, 1, "cannot stand in vrrp_instance; it belongs in global_defs");
	assert_one_error(
		ONE("net_namespace x"), 5, 1, "cannot stand in vrrp_instance; it belongs at the top level");
	assert_one_error("priority 100\n", 1, 1, "belongs in vrrp_instance (is there a '}' too early?)");
	assert_one_error("vrrp_instnace A {\ninterface eth0\n}\n", 1, 1, "did you mean 'vrrp_instance'?");
	assert_one_error("completely_different {\na {\nb\n}\n}\n", 1, 1,
		"unknown keyword 'completely_different' at the top");
}

static void take_link(void *user, const struct conf_polled_link *link)
{
	char *all = user;
	sprintf(all + strlen(all), "%s %s\n", link->interface, conf_link_poll_name((enum link_poll)link->method));
}

#define BEATS(lines) "linkbeat_interfaces {\n" lines "\n}\n"

static void test_polled_links(void **state)
{
	(void)state;
	struct conf_result result;
	char all[400] = "";
	read_text(BEATS("eth3 IOCTL\neth0\neth1 MII\neth2 ETHTOOL") ONE("linkbeat_use_polling"), &result);
	assert_clean(&result);
	conf_list_polled_links(result.conf, take_link, all);
	assert_string_equal(all, "eth0 MII\neth1 MII\neth2 ETHTOOL\neth3 IOCTL\n");
	assert_true(conf_polls_link(result.conf, "eth2"));
	assert_false(conf_polls_link(result.conf, "eth4"));
	assert_true(conf_needs_runner(result.conf));
	char *printed = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
	assert_non_null(strstr(printed, BEATS("    eth0\n    eth1\n    eth2 ETHTOOL\n    eth3 IOCTL")));
	free(printed);
	conf_result_free(&result);
	/* The old word in an instance stands for its interface. */
	read_text(ONE("linkbeat_use_polling"), &result);
	assert_clean(&result);
	assert_int_equal(result.conf->polled_link_count, 1);
	assert_string_equal(result.conf->polled_links[0].interface, "eth0");
	conf_result_free(&result);
	/* The one at the top level for all. */
	read_text("linkbeat_use_polling\n" BEATS("eth9 ETHTOOL") ONE("track_interface {\neth5\n}\n"
		"virtual_routes {\n10.9.0.0/16 dev eth6\n}\n"), &result);
	assert_clean(&result);
	all[0] = '\0';
	conf_list_polled_links(result.conf, take_link, all);
	assert_string_equal(all, "eth9 ETHTOOL\neth0 MII\neth5 MII\neth6 MII\neth6 MII\n");
	assert_true(conf_polls_link(result.conf, "eth4"));
	conf_result_free(&result);
	assert_one_error(BEATS("eth0 mii") ONE(""), 2, 6, "none of MII, ETHTOOL and IOCTL");
	assert_one_error(BEATS("eth0 MII 1") ONE(""), 2, 10, "'1' is too much");
	assert_one_error(BEATS("a/b") ONE(""), 2, 1, "a/b");
	assert_one_error(BEATS("eth0\neth1\neth0 MII") ONE(""), 4, 1, "stands in linkbeat_interfaces already (test.conf:2)");
}

static void test_link_delays(void **state)
{
	(void)state;
	struct conf_result result;
	read_text("interface_up_down_delays {\neth1 0 255\neth0 7\n}\n" ONE(""), &result);
	assert_clean(&result);
	assert_int_equal(result.conf->link_delay_count, 2);
	assert_string_equal(result.conf->link_delays[0].interface, "eth0");
	assert_int_equal(result.conf->link_delays[0].down, 7 * DUR_S);
	assert_int_equal(result.conf->link_delays[0].up, 7 * DUR_S);
	assert_int_equal(result.conf->link_delays[1].down, 0);
	assert_int_equal(result.conf->link_delays[1].up, 255 * DUR_S);
	conf_result_free(&result);
	static const struct {
		const char *lines;
		unsigned line;
		unsigned column;
		const char *error;
	} wrong[] = {
		{"eth0", 2, 1, "a delay is missing"},
		{"eth0 256", 2, 6, "255"},
		{"eth0 1 1.5", 2, 8, "the delay of up"},
		{"eth0 1 -1", 2, 8, "is not a number of seconds"},
		{"eth0 1 2 3", 2, 10, "'3' is too much"},
		{"a/b 1", 2, 1, "a/b"},
		{"eth0 1\neth1 1\neth0 1", 4, 1, "'eth0' has its delays already (test.conf:2)"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char text[400];
		snprintf(text, sizeof text, "interface_up_down_delays {\n%s\n}\n" ONE(""), wrong[i].lines);
		assert_one_error(text, wrong[i].line, wrong[i].column, wrong[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_numbers_of_the_protocol),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_owner_and_state),
		cmocka_unit_test(test_preemption),
		cmocka_unit_test(test_tracking),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_no_address_that_is_meant_so),
		cmocka_unit_test(test_broadcast_of_one_address),
		cmocka_unit_test(test_interfaces_named_like_keywords),
		cmocka_unit_test(test_address_of_two_instances),
		cmocka_unit_test(test_more_addresses_than_fit),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_wrong_routes),
		cmocka_unit_test(test_names_of_iproute),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_everything_is_reported_in_one_run),
		cmocka_unit_test(test_unknown_keywords),
		cmocka_unit_test(test_link_delays),
		cmocka_unit_test(test_polled_links),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
