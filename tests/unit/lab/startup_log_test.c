/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/startup_log.h"

static void failures_have_their_place_and_words(void **state)
{
	(void)state;
	struct startup_failures failures;
	startup_log_read("+ ip address add 10.0.0.1/24 dev eth0\n"
			 "+ ip address add x dev eth0\n"
			 "Error: any valid prefix is expected rather than \"x\".\n"
			 "vigia-lab: gw1.startup:2: exit status 1: ip address add x dev eth0\n"
			 "+ false\n"
			 "vigia-lab: gw1.startup:3: exit status 1: false\n",
		&failures);
	assert_int_equal(failures.count, 2);
	assert_string_equal(failures.items[0].where, "gw1.startup:2");
	assert_string_equal(failures.items[0].what, "exit status 1: ip address add x dev eth0");
	assert_string_equal(
		failures.items[0].output, "Error: any valid prefix is expected rather than \"x\".");
	assert_null(failures.items[0].hint);
	assert_string_equal(failures.items[1].where, "gw1.startup:3");
	assert_string_equal(failures.items[1].output, "");
	startup_failures_free(&failures);
}

static void a_kernel_without_a_feature_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *command, *output, *hint;
	} table[] = {
		{"ip link add bond0 type bond", "Error: Unknown device type.",
			"needs a kernel with bonding (CONFIG_BONDING)"},
		{"tc qdisc add dev eth0 root netem delay 10ms", "Error: Specified qdisc kind is unknown.",
			"needs a kernel with netem (CONFIG_NET_SCH_NETEM)"},
		{"ip link add link eth0 name eth0.1 type vlan id 1", "Error: Unknown device type.",
			"needs a kernel with 802.1q (CONFIG_VLAN_8021Q)"},
		/* the kernel has it: the fault is the command's */
		{"ip link add link eth9 name v1 type vlan id 1", "RTNETLINK answers: File exists", NULL},
		{"tc qdisc add dev eth0 root tbf", "Error: Specified qdisc kind is unknown.", NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char log[400];
		struct startup_failures failures;
		snprintf(log, sizeof log, "+ %s\n%s\nvigia-lab: a.startup:1: exit status 2: %s\n",
			table[i].command, table[i].output, table[i].command);
		startup_log_read(log, &failures);
		assert_int_equal(failures.count, 1);
		if (table[i].hint == NULL)
			assert_null(failures.items[0].hint);
		else
			assert_string_equal(failures.items[0].hint, table[i].hint);
		startup_failures_free(&failures);
	}
}

static void a_clean_log_has_no_failures(void **state)
{
	(void)state;
	struct startup_failures failures;
	startup_log_read("", &failures);
	assert_int_equal(failures.count, 0);
	startup_log_read("+ echo vigia-lab: hello\nhello\nvigia-lab: no mark", &failures);
	assert_int_equal(failures.count, 0);
	startup_failures_free(&failures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_have_their_place_and_words),
		cmocka_unit_test(a_kernel_without_a_feature_is_named),
		cmocka_unit_test(a_clean_log_has_no_failures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
