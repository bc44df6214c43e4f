/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much room sockets are asked to have, and how the rules of nftables are made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

#define TWO                                                                                                  \
	V4("")                                                                                               \
	"vrrp_instance B {\ninterface eth1\nvirtual_router_id 7\nvirtual_ipaddress { 10.1.0.1 }\n%s\n}\n"

static uint32_t buffer_of(const char *global, const char *second)
{
	char text[1000];
	struct conf_result result;
	snprintf(text, sizeof text, "global_defs {\n%s\n}\n" TWO, global, second);
	read_text(text, &result);
	assert_clean(&result);
	uint32_t bytes = conf_advert_buffer(result.conf);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	return bytes;
}

static void test_adverts(void **state)
{
	(void)state;
	assert_int_equal(buffer_of("", ""), 0);
	assert_int_equal(buffer_of("", "kernel_rx_buf_size 100"), 100);
	assert_int_equal(buffer_of("vrrp_rx_bufs_policy 5000", ""), 10000);
	assert_int_equal(buffer_of("vrrp_rx_bufs_policy 5000\nvrrp_rx_bufs_multiplier 9", ""), 10000);
	assert_int_equal(buffer_of("vrrp_rx_bufs_policy 5000", "kernel_rx_buf_size 100"), 5100);
	assert_int_equal(buffer_of("vrrp_rx_bufs_policy MTU", ""), 2 * 3 * 9216);
	assert_int_equal(
		buffer_of("vrrp_rx_bufs_policy ADVERT\nvrrp_rx_bufs_multiplier 5", ""), 2 * 5 * 2304);
	assert_int_equal(
		buffer_of("vrrp_rx_bufs_policy MTU\nvrrp_rx_bufs_multiplier 1073741824", ""), BUFFER_MAX);
}

static void test_netlink(void **state)
{
	(void)state;
	struct conf_result result;
	read_clean("global_defs {\nvrrp_netlink_cmd_rcv_bufs 1000000\nvrrp_netlink_monitor_rcv_bufs 9000000\n"
		   "vrrp_netlink_monitor_rcv_bufs_force\n}\n" V4(""),
		&result);
	assert_int_equal(result.conf->global.buffers.netlink_answers, 1000000);
	assert_int_equal(result.conf->global.buffers.netlink_news, 9000000);
	conf_result_free(&result);
}

static void test_firewall(void **state)
{
	(void)state;
	struct conf_result result;
	read_clean(V4(""), &result);
	assert_null(result.conf->global.firewall.table);
	assert_int_equal(result.conf->global.firewall.priority, FIREWALL_PRIORITY);
	conf_result_free(&result);
	read_clean(
		"global_defs {\nnftables\nnftables_priority -70000\nnftables_counters\n}\n" V4(""), &result);
	assert_string_equal(result.conf->global.firewall.table, "keepalived");
	assert_int_equal(result.conf->global.firewall.priority, -70000);
	assert_true(result.conf->global.firewall.counts);
	conf_result_free(&result);
	assert_one_error(
		"global_defs {\nnftables 12345678901234567890123456789012\n}\n", 2, 10, "1 to 31 bytes");
	assert_one_error("global_defs {\nnftables a b\n}\n", 2, 12, "is too much");
}

static void test_wrong(void **state)
{
	(void)state;
	assert_one_error("global_defs {\nvrrp_rx_bufs_policy mtu\n}\n", 2, 21, "is not a number");
	assert_one_error("global_defs {\nvrrp_rx_bufs_policy 0\n}\n", 2, 21, "must be 1 to 1073741824");
	assert_one_error("global_defs {\nvrrp_rx_bufs_policy MTU 3\n}\n", 2, 25, "is too much");
	assert_one_error(V4("kernel_rx_buf_size 0"), 5, 20, "must be 1 to 1073741824");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adverts),
		cmocka_unit_test(test_netlink),
		cmocka_unit_test(test_firewall),
		cmocka_unit_test(test_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
