/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual MACs and the devices they stand on; sync groups. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

#define VR(name, interface, vrid, address, body)                                                             \
	"vrrp_instance " name " {\ninterface " interface "\nvirtual_router_id " vrid                         \
	"\nvirtual_ipaddress { " address " }\n" body "\n}\n"

static void assert_vmac(const char *body, enum vmac_mode mode, const char *name, const char *mac)
{
	struct conf_result result;
	char text[512];
	char printed[MAC_ADDR_TEXT_SIZE];
	strcpy(text, HEAD "virtual_ipaddress { 10.0.0.1 }\n");
	strcat(text, body);
	strcat(text, "\n}\n");
	read_clean(text, &result);
	const struct vmac_config *vmac = &instance_of(&result, 0)->extra->vmac;
	assert_int_equal(vmac->mode, mode);
	if (name)
		assert_string_equal(vmac->name, name);
	else
		assert_null(vmac->name);
	assert_string_equal(mac_format(&vmac->mac, printed), mac);
	conf_result_free(&result);
}

#define NO_MAC "00:00:00:00:00:00"

static void test_use_vmac(void **state)
{
	(void)state;
	assert_vmac("", VMAC_NONE, NULL, NO_MAC);
	assert_vmac("use_vmac", VMAC_MACVLAN, "vrrp.7", NO_MAC);
	assert_vmac("use_vmac vip0", VMAC_MACVLAN, "vip0", NO_MAC);
	assert_vmac("use_vmac name group", VMAC_MACVLAN, "group", NO_MAC);
	assert_vmac("use_vmac vip0 02:00:00:00:00:09", VMAC_MACVLAN, "vip0", "02:00:00:00:00:09");
	assert_vmac("use_vmac 02:00:00:00:00 netlink_notify_msg group 5", VMAC_MACVLAN, "vrrp.7",
		"02:00:00:00:00:07");
	assert_vmac("use_vmac 00:00:5e:00:01:07", VMAC_MACVLAN, "vrrp.7", NO_MAC);
	assert_vmac("use_vmac_rules", VMAC_RULES, NULL, NO_MAC);
	assert_vmac("use_vmac_rules 02:00:00:00:01", VMAC_RULES, NULL, "02:00:00:00:01:07");
	assert_one_error(V4("use_vmac a b"), 5, 12, "unknown word 'b'");
	assert_one_error(V4("use_vmac a gruop 5"), 5, 12, "did you mean 'group'?");
	assert_one_error(V4("use_vmac 01:00:00:00:00:01"), 5, 10, "address of a group");
	assert_one_error(V4("use_vmac 00:00:00:00:00:00"), 5, 10, "no device's address");
	assert_one_error(V4("use_vmac 02:00:00:00"), 5, 10, "six octets, or of five");
	assert_one_error(V4("use_vmac 00:00:5e:00:01:08"), 5, 1, "of another virtual router");
	assert_one_error(V4("use_vmac 00:00:5e:00:02:07"), 5, 1, "of another virtual router");
	assert_one_error(V4("use_vmac_rules vip0"), 5, 16, "is not a MAC address");
	assert_one_error(V4("use_vmac_rules 02:00:00:00:00:01 x"), 5, 34, "takes a MAC alone");
	assert_one_error(V4("use_vmac\nuse_ipvlan 10.0.0.9"), 6, 1, "exclude each other");
	assert_one_error(V4("use_vmac a-name-too-long-for-it"), 5, 10, "1 to 15 bytes");
	assert_one_error(V4("use_vmac eth0"), 5, 1, "is the interface of an instance");
}

static void test_vmac_and_others(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(V4("use_vmac\nunicast_peer { 10.0.0.9 }"), &result);
	assert_true(instance_of(&result, 0)->extra->vmac.transmit_base);
	conf_result_free(&result);
	read_warned(V4("vmac_xmit_base"), 5, "no effect without use_vmac", &result);
	assert_false(instance_of(&result, 0)->extra->vmac.transmit_base);
	conf_result_free(&result);
	read_warned(V4("strict_mode\nuse_vmac 02:00:00:00:00:01"), 6, "strict mode: the MAC is set aside",
		&result);
	assert_int_equal(instance_of(&result, 0)->extra->vmac.mac.bytes[0], 0);
	conf_result_free(&result);
	assert_one_error("vrrp_instance A {\nvirtual_router_id 7\nunicast_src_ip 10.0.0.8\nuse_vmac\n"
			 "unicast_peer { 10.0.0.9 }\nvirtual_ipaddress { 10.0.0.1 dev eth0 }\n}\n",
		4, 1, "needs an interface below it");
	read_clean("global_defs {\nvmac_prefix vv\n}\n" V4("use_vmac_addr\nuse_vmac"), &result);
	assert_string_equal(instance_of(&result, 0)->extra->vmac.name, "vv.7");
	assert_string_equal(instance_of(&result, 0)->extra->vmac.address_prefix, "vv");
	assert_true(instance_of(&result, 0)->extra->vmac.for_addresses);
	conf_result_free(&result);
	read_clean("global_defs {\nvmac_addr_prefix va\n}\n" V4(
			   "virtual_ipaddress { 10.0.0.2 dev eth1 use_vmac }"),
		&result);
	assert_string_equal(instance_of(&result, 0)->extra->vmac.address_prefix, "va");
	assert_true(address_options(&instance_of(&result, 0)->addresses[1])->use_vmac);
	conf_result_free(&result);
}

static void test_device_names(void **state)
{
	struct conf_result result;
	static const char *const expected[] = {"vrrp.7", "vrrp6.7", "vrrp4.7", "vrrp.7.2", "vrrp.8"};

	(void)state;
	read_clean(VR("A", "eth0", "7", "10.0.0.1", "use_vmac") VR("B", "eth0", "7", "fe80::1", "use_vmac")
			   VR("C", "eth1", "7", "10.0.0.2", "use_vmac") VR("D", "eth2", "7", "10.0.0.3",
				   "use_vmac") VR("E", "eth0", "8", "10.0.0.4", "use_vmac"),
		&result);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(instance_of(&result, i)->extra->vmac.name, expected[i]);
	conf_result_free(&result);
	/* a name that is written counts before one that is made up */
	read_clean(VR("A", "eth0", "7", "10.0.0.1", "use_vmac")
			   VR("B", "eth0", "8", "10.0.0.2", "use_vmac vrrp.7"),
		&result);
	assert_string_equal(instance_of(&result, 0)->extra->vmac.name, "vrrp4.7");
	conf_result_free(&result);
	assert_one_error(VR("A", "eth0", "7", "10.0.0.1", "use_vmac x")
				 VR("B", "eth0", "8", "10.0.0.2", "use_vmac x"),
		11, 1, "the device of 'A' (line 1) is called x, too");
}

/* One VRID on a trunk of many networks. */
static void test_many_devices_of_one_vrid(void **state)
{
	static char text[300000];
	struct conf_result result;
	size_t used = 0;

	(void)state;
	for (int i = 0; i < 2000; i++)
		used += (size_t)snprintf(text + used, sizeof text - used,
			VR("V%d", "eth0.%d", "7", "10.0.%d.%d", "use_vmac"), i, i, i / 200, i % 200 + 1);
	assert_in_range(used, 0, sizeof text - 1);
	read_clean(text, &result);
	assert_string_equal(instance_of(&result, 0)->extra->vmac.name, "vrrp.7");
	assert_string_equal(instance_of(&result, 1)->extra->vmac.name, "vrrp4.7");
	assert_string_equal(instance_of(&result, 2)->extra->vmac.name, "vrrp.7.2");
	assert_string_equal(instance_of(&result, 1999)->extra->vmac.name, "vrrp.7.1999");
	conf_result_free(&result);
}

static void test_use_ipvlan(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(V4("use_ipvlan private group 7 10.0.0.9/24 ipv0"), &result);
	const struct vr_config *vr = instance_of(&result, 0);
	assert_int_equal(vr->extra->vmac.mode, VMAC_IPVLAN);
	assert_int_equal(vr->extra->vmac.ipvlan_flag, VMAC_IPVLAN_PRIVATE);
	assert_string_equal(vr->extra->vmac.name, "ipv0");
	assert_int_equal(vr->extra->vmac.group, 7);
	assert_int_equal(vr->extra->vmac.ipvlan_address.length, 24);
	assert_int_equal(vr->extra->source.bytes[3], 9);
	conf_result_free(&result);
	read_clean(VR("A", "eth0", "7", "fe80::1", "use_ipvlan vepa"), &result);
	assert_false(ip_is_set(&instance_of(&result, 0)->extra->vmac.ipvlan_address.addr));
	conf_result_free(&result);
	assert_one_error(V4("use_ipvlan"), 5, 1, "needs an address of its own");
	assert_one_error(V4("use_ipvlan fe80::9"), 5, 1, "is not IPv4, as the instance is");
	assert_one_error(V4("use_ipvlan 10.0.0.9\nmcast_src_ip 10.0.0.8"), 5, 1, "another source is given");
	assert_one_error(V4("use_ipvlan 10.0.0.9/33"), 5, 12, "length of 0 to 32");
	assert_one_error(V4("use_ipvlan 224.0.0.9"), 5, 12, "cannot be the address of a device");
	assert_one_error(V4("use_ipvlan a b 10.0.0.9"), 5, 14, "unknown word 'b'");
}

#define A VR("A", "eth0", "7", "10.0.0.1", "")
#define B VR("B", "eth1", "7", "10.0.1.1", "")

static void test_sync_groups(void **state)
{
	struct conf_result result;

	(void)state;
	read_clean(A "vrrp_sync_group G {\ngroup {\nA\nB\n}\ntrack_interface { eth7 }\n}\n" B, &result);
	assert_int_equal(result.conf->sync_group_count, 1);
	const struct sync_group_config *group = &result.conf->sync_groups[0];
	assert_string_equal(group->name, "G");
	assert_int_equal(group->member_count, 2);
	assert_string_equal(group->members[1], "B");
	assert_false(group->tracking_weight);
	assert_string_equal(group->tracked[0].name, "eth7");
	assert_string_equal(instance_of(&result, 0)->extra->sync_group, "G");
	assert_string_equal(instance_of(&result, 1)->extra->sync_group, "G");
	conf_result_free(&result);
	read_clean("vrrp_sync_group G { group { A B } }\n" A B, &result);
	conf_result_free(&result);
	read_warned("vrrp_sync_group G { group { A } }\n" A B, 1, "has one member", &result);
	assert_int_equal(result.conf->sync_group_count, 1);
	assert_null(instance_of(&result, 1)->extra->sync_group);
	conf_result_free(&result);
	read_warned("vrrp_sync_group G {\ngroup {\n}\n}\n" A, 1, "no member, so it is left out", &result);
	assert_int_equal(result.conf->sync_group_count, 0);
	conf_result_free(&result);
	assert_one_error(
		"vrrp_sync_group G { group { GATEWYA B } }\n" VR("GATEWAY", "eth0", "7", "10.0.0.1", "") B, 1,
		29, "no vrrp_instance 'GATEWYA'; did you mean 'GATEWAY'?");
	assert_one_error("vrrp_sync_group G { group { A A B } }\n" A B, 1, 31, "in this group already");
	assert_one_error("vrrp_sync_group G { group { A B } }\nvrrp_sync_group H { group { B C } }\n" A B VR(
				 "C", "eth2", "7", "10.0.2.1", ""),
		2, 29, "'B' is in the group 'G' (test.conf:1) already");
	assert_one_error("vrrp_sync_group G { group { A B } }\nvrrp_sync_group G { group { C D } }\n" A B VR(
				 "C", "eth2", "7", "10.0.2.1", "") VR("D", "eth3", "7", "10.0.3.1", ""),
		2, 17, "the name 'G' is taken");
	assert_one_error("vrrp_sync_group {\ngroup { A }\n}\n" A, 1, 1, "needs a name");
	assert_one_error("vrrp_sync_group G {\ngruop { A B }\n}\n" A B, 2, 1, "did you mean 'group'?");
}

static void test_weights_in_a_sync_group(void **state)
{
	struct conf_result result;
	static const char members[] =
		VR("A", "eth0", "7", "10.0.0.1", "track_interface { eth5 weight -5 }") B;
	char text[1024];

	(void)state;
	strcpy(text, "vrrp_sync_group G { group { A B } }\n");
	strcat(text, members);
	read_warned(text, 6, "the weight is set aside, as in keepalived", &result);
	assert_int_equal(instance_of(&result, 0)->extra->tracked[0].weight, 0);
	conf_result_free(&result);
	strcpy(text, "vrrp_sync_group G {\ngroup { A B }\ntrack_interface { eth6 weight 5 }\n}\n" A B);
	read_warned(text, 3, "the weight is set aside", &result);
	assert_int_equal(result.conf->sync_groups[0].tracked[0].weight, 0);
	conf_result_free(&result);
	strcpy(text, "vrrp_sync_group G {\ngroup { A B }\nsync_group_tracking_weight\n}\n");
	strcat(text, members);
	read_clean(text, &result);
	assert_int_equal(instance_of(&result, 0)->extra->tracked[0].weight, -5);
	conf_result_free(&result);
	strcpy(text, "vrrp_sync_group G {\ngroup { A B }\nglobal_tracking\n}\n");
	strcat(text, members);
	read_warned(text, 3, "is an old word", &result);
	assert_true(result.conf->sync_groups[0].tracking_weight);
	conf_result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_use_vmac),
		cmocka_unit_test(test_vmac_and_others),
		cmocka_unit_test(test_device_names),
		cmocka_unit_test(test_many_devices_of_one_vrid),
		cmocka_unit_test(test_use_ipvlan),
		cmocka_unit_test(test_sync_groups),
		cmocka_unit_test(test_weights_in_a_sync_group),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
