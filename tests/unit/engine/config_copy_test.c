/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A copied configuration says the same as the first one, and lives on when that is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/state.h"

#define KEY "0123456789abcdef0123456789abcdef"

/* Everything that is not a number: names, lists, keys. */
static const char config[] =
	"vrrp_script check {\n script /bin/true\n}\n"
	"vrrp_sync_group G {\n group { FULL FAR }\n sync_group_tracking_weight\n}\n"
	"vrrp_instance FULL {\n interface eth0\n virtual_router_id 7\n version 3\n use_vmac vip0 "
	"02:00:00:00:01\n"
	" use_vmac_addr\n auth_hmac {\n key 1 " KEY "\n key 2 x" KEY "\n active_key 1\n }\n"
	" virtual_ipaddress {\n 10.0.0.1/24 dev eth1 label eth1:7 brd +\n 10.0.0.2\n }\n"
	" virtual_ipaddress_excluded { fe80::7 dev eth2 use_vmac }\n"
	" virtual_routes { default via 10.0.0.9 dev eth3 }\n track_interface { eth4 weight 5 }\n"
	" track_script { check weight -5 }\n}\n"
	"vrrp_instance FAR {\n virtual_router_id 8\n vrf blue\n unicast_src_ip 10.0.0.8\n"
	" unicast_peer {\n 10.0.0.9 min_ttl 5\n 10.0.0.10\n }\n virtual_ipaddress { 10.0.0.3 dev eth1 }\n"
	" authentication {\n auth_type PASS\n auth_pass x\n }\n}\n"
	"vrrp_instance EMPTY {\n interface eth5\n virtual_router_id 9\n}\n";

static void read_config(struct conf_result *result)
{
	conf_load_text(config, strlen(config), "test.conf", NULL, result);
	assert_non_null(result->conf);
	assert_int_equal(result->conf->instance_count, 3);
}

static void require_same(void *user, const struct conf_difference *difference)
{
	size_t *count = user;

	assert_int_equal(difference->change, CONF_SAME);
	++*count;
}

static void test_copy_is_the_same(void **state)
{
	struct conf_result first;
	struct conf_result second;
	struct conf_instance copies[3] = {0};
	struct vr_config *blocks[3];
	size_t same = 0;

	(void)state;
	read_config(&first);
	for (size_t i = 0; i < 3; i++) {
		blocks[i] = vr_config_copy(&first.conf->instances[i].vr);
		assert_non_null(blocks[i]);
		copies[i].vr = *blocks[i];
	}
	conf_result_free(&first);
	read_config(&second);
	conf_diff(&(struct conf){.instances = copies, .instance_count = 3}, second.conf, require_same, &same);
	assert_int_equal(same, 3);
	assert_string_equal(copies[0].vr.extra->vmac.name, "vip0");
	assert_string_equal(copies[0].vr.extra->sync_group, "G");
	assert_memory_equal(copies[0].vr.extra->hmac.keys[1].bytes, "x" KEY, 33);
	assert_string_equal(copies[1].vr.extra->unicast.vrf, "blue");
	assert_null(copies[1].vr.interface);
	conf_result_free(&second);
	for (size_t i = 0; i < 3; i++)
		free(blocks[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy_is_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
