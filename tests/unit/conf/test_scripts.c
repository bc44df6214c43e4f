/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vrrp_script and track_script. */
#include <stdio.h>

#include "conf_test.h"

#define SCRIPT "vrrp_script chk {\nscript /bin/true\nweight -20 reverse\n}\n"
#define INSTANCE(lines)                                                                                      \
	"vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\ntrack_script {\n" lines                     \
	"\n}\nvirtual_ipaddress { 10.0.0.1 }\n}\n"

static void test_defaults(void **state)
{
	(void)state;
	struct conf_result result;
	read_text("vrrp_script chk {\nscript /bin/true\n}\n" INSTANCE("chk"), &result);
	assert_clean(&result);
	const struct conf_script *script = result.conf->scripts;
	assert_int_equal(result.conf->script_count, 1);
	assert_string_equal(script->command, "/bin/true");
	assert_int_equal(script->interval, DUR_S);
	assert_int_equal(script->timeout, 0);
	assert_int_equal(script->rise, 1);
	assert_int_equal(script->fall, 1);
	assert_int_equal(script->weight, 0);
	assert_false(script->init_fail);
	assert_null(script->user);
	conf_result_free(&result);
}

static void test_who_gets_which_weight(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		int weight;
		bool reverse;
	} cases[] = {
		{"chk", -20, true},
		{"chk weight 7", 7, true},
		{"chk weight 0", 0, true},
		{"chk weight 7 reverse", 7, true},
		{"chk weight -20 noreverse", -20, false},
		{"chk weight 0 noreverse", 0, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[1000];
		struct conf_result result;
		snprintf(text, sizeof text, SCRIPT INSTANCE("%s"), cases[i].line);
		read_text(text, &result);
		assert_clean(&result);
		const struct vr_config *vr = &result.conf->instances[0].vr;
		assert_int_equal(vr->extra->tracked_count, 1);
		assert_int_equal(vr->extra->tracked[0].kind, TRACK_SCRIPT);
		assert_string_equal(vr->extra->tracked[0].name, "chk");
		assert_int_equal(vr->extra->tracked[0].weight, cases[i].weight);
		assert_int_equal(vr->extra->tracked[0].reverse, cases[i].reverse);
		conf_result_free(&result);
	}
}

static void assert_wrong(const char *text, unsigned line, unsigned column, const char *words)
{
	struct conf_result result;
	read_text(text, &result);
	assert_int_equal(result.message_count, 1);
	assert_message(&result, CONF_ERROR, line, column, words);
	conf_result_free(&result);
}

static void test_the_order_counts(void **state)
{
	(void)state;
	assert_wrong(INSTANCE("chk") SCRIPT, 5, 1, "'chk' is defined further down, at test.conf:9");
	assert_wrong(SCRIPT INSTANCE("chkk"), 9, 1, "there is no vrrp_script 'chkk'; did you mean 'chk'?");
	/* what a group says is looked at even where the group stands first */
	assert_wrong("vrrp_sync_group G {\ngroup {\nV\nW\n}\ntrack_script { chk }\n}\n"
		     "vrrp_script chk {\nscript /bin/true\n}\n" INSTANCE(
			     "chk") "vrrp_instance W {\ninterface eth1\nvirtual_router_id 1\n"
				    "virtual_ipaddress { 10.0.1.1 }\n}\n",
		6, 16, "further down");
}

static void count_changed(void *user, const struct conf_difference *difference)
{
	unsigned *changed = user;
	*changed += difference->change == CONF_CHANGED;
}

static void test_a_difference(void **state)
{
	(void)state;
	static const char *const others[] = {INSTANCE("chk weight -20 noreverse"), INSTANCE("chk weight 1"),
		INSTANCE("chk\nchk2"), INSTANCE(""), INSTANCE("chk2 weight -20 reverse")};
	static const char more[] = SCRIPT "vrrp_script chk2 {\nscript /bin/true\n}\n";
	struct conf_result before;
	read_text(SCRIPT INSTANCE("chk"), &before);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		char text[1000];
		struct conf_result after;
		unsigned changed = 0;
		snprintf(text, sizeof text, "%s%s", more, others[i]);
		read_text(text, &after);
		assert_non_null(after.conf);
		conf_diff(before.conf, after.conf, count_changed, &changed);
		assert_int_equal(changed, 1);
		conf_result_free(&after);
	}
	conf_result_free(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_who_gets_which_weight),
		cmocka_unit_test(test_the_order_counts),
		cmocka_unit_test(test_a_difference),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
