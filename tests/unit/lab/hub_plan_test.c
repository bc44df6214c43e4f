/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/hub.h"
#include "lab/state.h"

static void plan(const char *directory, const char *text, struct lab *lab)
{
	struct lab_conf conf = {0};
	lab_conf_parse(text, strlen(text), NULL, NULL, &conf);
	assert_false(conf.has_error);
	lab_name(lab, directory);
	hub_plan(&conf, lab);
	lab_conf_free(&conf);
}

static const char course[] =
	"gw1[0]=lan\ngw1[1]=uplink1\ngw2[0]=lan\ngw2[1]=uplink2/00:11:22:33:44:55\nclient[0]=lan\n";

static void every_interface_has_an_index_of_its_own(void **state)
{
	(void)state;
	struct lab lab;
	plan("/tmp/a", course, &lab);
	int next = HUB_FIRST_PORT_INDEX;
	for (size_t i = 0; i < lab.device_count; i++) {
		for (size_t n = 0; n < lab.devices[i].interface_count; n++) {
			const struct lab_interface *interface = &lab.devices[i].interfaces[n];
			assert_int_equal(interface->index, n + 2);
			assert_int_equal(interface->port_index, next++);
			assert_int_not_equal(interface->index, interface->port_index);
		}
	}
	assert_int_equal(
		lab.devices[0].interfaces[0].bridge_index, lab.devices[2].interfaces[0].bridge_index);
	assert_int_not_equal(
		lab.devices[0].interfaces[0].bridge_index, lab.devices[0].interfaces[1].bridge_index);
	lab_free(&lab);
}

static void addresses_are_the_same_each_time_and_local(void **state)
{
	(void)state;
	struct lab first, again, other;
	plan("/tmp/a", course, &first);
	plan("/home/somebody/a", course, &again);
	plan("/tmp/b", course, &other);
	const struct lab_interface *interface = &first.devices[0].interfaces[0];
	assert_memory_equal(&interface->mac, &again.devices[0].interfaces[0].mac, 6);
	assert_memory_not_equal(&interface->mac, &other.devices[0].interfaces[0].mac, 6);
	assert_memory_not_equal(&interface->mac, &first.devices[0].interfaces[1].mac, 6);
	assert_int_equal(interface->mac.bytes[0] & 3, 2);
	assert_memory_equal(&first.devices[1].interfaces[1].mac, "\x00\x11\x22\x33\x44\x55", 6);
	lab_free(&first);
	lab_free(&again);
	lab_free(&other);
}

static void names_fit_an_interface(void **state)
{
	(void)state;
	struct lab lab;
	plan("/tmp/a", "router_with_a_long_name_indeed[0]=a_collision_domain_with_a_long_name\nr[0]=B\n",
		&lab);
	assert_string_equal(lab.devices[0].interfaces[0].bridge, "cd.0");
	assert_string_equal(lab.devices[0].interfaces[0].port, "port.1001");
	assert_string_equal(lab.devices[0].interfaces[0].domain, "a_collision_domain_with_a_long_name");
	assert_string_equal(lab.devices[1].interfaces[0].bridge, "cd-B");
	assert_string_equal(lab.devices[1].interfaces[0].port, "r-eth0");
	lab_free(&lab);
}

static void ports_are_found_by_name(void **state)
{
	(void)state;
	struct lab lab;
	struct lab_device *device;
	struct lab_interface *interface;
	struct lab_error error;
	plan("/tmp/a", course, &lab);
	assert_int_equal(lab_parse_port(&lab, "gw2:eth1", &device, &interface, &error), 0);
	assert_string_equal(device->name, "gw2");
	assert_int_equal(interface->number, 1);
	assert_int_equal(lab_parse_port(&lab, "client", &device, &interface, &error), 0);
	assert_int_equal(interface->number, 0);
	assert_true(lab_parse_port(&lab, "gw1", &device, &interface, &error) < 0);
	assert_string_equal(error.text, "gw1 has 2 interfaces: write gw1:ethN");
	assert_true(lab_parse_port(&lab, "gw1:eth2", &device, &interface, &error) < 0);
	assert_true(lab_parse_port(&lab, "gw3:eth0", &device, &interface, &error) < 0);
	assert_string_equal(error.text, "there is no device 'gw3' in this lab: it has gw1, gw2, client");
	lab_free(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_interface_has_an_index_of_its_own),
		cmocka_unit_test(addresses_are_the_same_each_time_and_local),
		cmocka_unit_test(names_fit_an_interface),
		cmocka_unit_test(ports_are_found_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
