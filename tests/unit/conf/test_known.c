/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of keepalived's keywords, and the search for the word somebody meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/keyword.h"
#include "conf_test.h"

static void test_known(void **state)
{
	(void)state;
	assert_true(known_keyword("vrrp_instance", "use_vmac"));
	assert_true(known_keyword("(root)", "virtual_server"));
	assert_false(known_keyword("(root)", "use_vmac"));
	assert_false(known_keyword("vrrp_instance", ""));
	assert_string_equal(known_elsewhere("priority"), "vrrp_instance");
	assert_string_equal(known_elsewhere("real_server"), "virtual_server");
	assert_null(known_elsewhere("weight_of_the_world"));
}

struct order {
	const char *last;
	size_t count;
};

static void check_order(void *user, const char *word)
{
	struct order *order = user;
	if (order->last)
		assert_true(strcmp(order->last, word) < 0);
	order->last = word;
	order->count++;
}

static void test_list_is_sorted(void **state)
{
	(void)state;
	struct order order = {NULL, 0};
	known_each("global_defs", check_order, &order);
	assert_in_range(order.count, 100, 1000);
	order = (struct order){NULL, 0};
	known_each("vrrp_instance", check_order, &order);
	assert_in_range(order.count, 60, 1000);
}

/* KEYWORDS_TSV may name a table "context<TAB>keyword<TAB>..." made from keepalived's own documentation. */
static void test_list_against_the_table(void **state)
{
	(void)state;
	const char *path = getenv("KEYWORDS_TSV");
	FILE *file = path ? fopen(path, "r") : NULL;
	if (!file) {
		skip();
		return;
	}
	char line[4096];
	size_t count = 0;
	while (fgets(line, sizeof line, file)) {
		char *context = strtok(line, "\t");
		char *word = strtok(NULL, "\t");
		bool is_keyword = word && strcmp(context, "context") && strcmp(context, "syntax") &&
				  !strpbrk(word, " /[]|") && word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
		if (!is_keyword)
			continue;
		count++;
		if (!known_keyword(context, word))
			fail_msg("%s in %s is missing", word, context);
	}
	fclose(file);
	assert_in_range(count, 700, 2000);
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
		cmocka_unit_test(test_list_is_sorted),
		cmocka_unit_test(test_list_against_the_table),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_suggestions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
