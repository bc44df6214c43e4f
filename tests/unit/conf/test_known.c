/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a word belongs, and the search for the word somebody meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "conf/keyword.h"
#include "conf_test.h"

static void test_known(void **state)
{
	(void)state;
	assert_string_equal(known_elsewhere("priority"), "vrrp_instance");
	assert_string_equal(known_elsewhere("real_server"), "virtual_server");
	assert_null(known_elsewhere("weight_of_the_world"));
}

static void test_distance(void **state)
{
	(void)state;
	static const struct {
		const char *a;
		const char *b;
		unsigned distance;
	} cases[] = {{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "acb", 1},
		{"abc", "ac", 1}, {"kitten", "sitting", 3}, {"priorty", "priority", 1}, {"ab", "ba", 1},
		{"abcd", "badc", 2}, {"intreface", "interface", 1}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(edit_distance(cases[i].a, cases[i].b), cases[i].distance);
		assert_int_equal(edit_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
	char longest[66];
	memset(longest, 'a', 65);
	longest[65] = '\0';
	assert_in_range(edit_distance(longest, "a"), 65, UINT32_MAX);
	longest[64] = '\0';
	assert_int_equal(edit_distance(longest, ""), 64);
}

static void test_suggestions(void **state)
{
	(void)state;
	assert_string_equal(suggest(&instance_keywords, "intreface"), "interface");
	assert_string_equal(suggest(&instance_keywords, "virtual_routerid"), "virtual_router_id");
	assert_string_equal(suggest(&instance_keywords, "use_vmack"), "use_vmac"); /* known to keepalived */
	assert_string_equal(suggest(&route_keywords, "vai"), "via");
	assert_null(suggest(&instance_keywords, "xyzzy"));
	assert_null(suggest(&instance_keywords, "x"));
	assert_null(suggest(&instance_keywords, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_suggestions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
