/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions, definitions, references and loops: what the lines become, and what is said when they cannot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

static void load(const char *text, const char *id, struct conf_result *result)
{
	const struct conf_options options = {.config_id = id, .instance_places = true};
	conf_load_with("test.conf", text, strlen(text), &no_files, &options, result);
}

/* `before`, and `lines` among the addresses of an instance: the addresses that come of them. */
static void assert_addresses(const char *before, const char *lines, const char *expected)
{
	char text[2000];
	char found[1000];
	struct text out;
	struct conf_result result;
	snprintf(text, sizeof text,
		"%s\nvrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n%s\n}\n}\n",
		before, lines);
	load(text, "gw1", &result);
	assert_clean(&result);
	text_init(&out, found, sizeof found);
	const struct vr_config *vr = &result.conf->instances[0].vr;
	for (size_t i = 0; i < vr->address_count; i++) {
		text_str(&out, i ? " " : "");
		text_ip(&out, &vr->addresses[i].prefix.addr);
	}
	assert_string_equal(found, expected);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

static void assert_router_id(const char *before, const char *line, const char *expected)
{
	char text[2000];
	struct conf_result result;
	snprintf(text, sizeof text, "%s\nglobal_defs {\nrouter_id %s\n}\n", before, line);
	load(text, "gw1", &result);
	assert_clean(&result);
	assert_string_equal(result.conf->global.router_id, expected);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

static void test_conditions(void **state)
{
	(void)state;
	assert_addresses(
		"", "@gw1 10.0.0.1\n@gw2 10.0.0.2\n@^gw2 10.0.0.3\n  @^gw1 10.0.0.4", "10.0.0.1 10.0.0.3");
	assert_addresses("@gw1 $A=10.0.0.1\n@gw2 $A=10.0.0.2", "$A", "10.0.0.1");
	assert_addresses(
		"$IF=@gw1\n$OTHER=@gw2", "$IF 10.0.0.1\n$OTHER 10.0.0.2\n10.0.0.3", "10.0.0.1 10.0.0.3");
	assert_addresses("$ME=gw1", "@${ME} 10.0.0.1\n@gw1 @^gw2 10.0.0.2\n@gw1\n", "10.0.0.1 10.0.0.2");
	struct conf_result result;
	load("@gw2 global_defs {\nrouter_id x\n}\n", "gw1", &result);
	assert_message(&result, CONF_WARNING, 1, 1, "this line alone");
	conf_result_free(&result);
	assert_one_error("@ x\n", 1, 1, "needs the name of a machine");
}

static void test_definitions(void **state)
{
	(void)state;
	assert_addresses("$A=10.0.0.1 # the first", "$A\n${A}0/24\n", "10.0.0.1 10.0.0.10");
	/* as they are when they are used */
	assert_addresses("$BASE=10.2.${SUB}\n$SUB=0", "${BASE}.1\n$SUB=10\n${BASE}.1", "10.2.0.1 10.2.10.1");
	assert_addresses("$EMPTY=\n$A=1\n$A=2", "10.0.0.${EMPTY}1\n10.0.0.1${A}", "10.0.0.1 10.0.0.12");
	assert_addresses("$A=10.0.0.1 dev eth1", "$A", "10.0.0.1");
	assert_router_id("$A=5", "\"a $A ($A) $A, x$A \"", "a 5 (5) 5, x5 ");
	assert_router_id("$A=\"two words\"", "$A", "two words");
	assert_router_id("$A=\"a # b\" # c", "$A", "a # b");
	assert_router_id("$A=5", "\"\\$A \\${A} ${A}\"", "$A ${A} 5");
	assert_router_id("$A=5", "\"pa$B $ $5 $\"", "pa$B $ $5 $");
	assert_router_id("", "pa$word", "pa$word");
	assert_router_id("", "'${HOME}'\"${HOME}\"", "${HOME}${HOME}");
}

static void test_lines(void **state)
{
	(void)state;
	static const char many[] = "$LAST=3\n$M= \\\n  10.0.0.1 # one \\\n 10.0.0.2 \\\n\t10.0.0.${LAST}";
	assert_addresses(many, "$M", "10.0.0.1 10.0.0.2 10.0.0.3");
	assert_addresses(many, "@gw1 $M # all\n@gw2 $M\n10.0.0.9", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.9");
	/* the example of the manual: an empty line inside a block */
	static const char nested[] =
		"$IN= \\\nvirtual_router_id ${N} \\\nvirtual_ipaddress { \\\n10.0.0.${N} \\\n\n} \n"
		"$ALL= \\\nvrrp_instance V${N} { \\\ninterface eth0 \\\n\n$IN \\\n} \\\n"
		"$N=8 \\\nvrrp_instance W { \\\ninterface eth0 \\\n$IN \\\n} \n$N=7\n$ALL\n";
	struct conf_result result;
	load(nested, "gw1", &result);
	assert_clean(&result);
	assert_int_equal(result.conf->instance_count, 2);
	assert_string_equal(result.conf->instances[0].vr.name, "V7");
	assert_int_equal(result.conf->instances[0].vr.vrid, 7);
	assert_int_equal(result.conf->instances[1].vr.vrid, 8);
	assert_int_equal(result.conf->instance_places[1].line, 14);
	conf_result_free(&result);
}

static void test_a_brace_after_made_lines(void **state)
{
	(void)state;
	struct conf_result result;
	load("$N=A\n$OPEN= \\\nvrrp_instance ${N} \\\n\n$OPEN\n# c\n@gw1 {\ninterface "
	     "eth0\nvirtual_router_id 1\n"
	     "virtual_ipaddress {\n10.0.0.1\n}\n}\n",
		"gw1", &result);
	assert_clean(&result);
	assert_string_equal(result.conf->instances[0].vr.name, "A");
	conf_result_free(&result);
}

static void test_builtins(void **state)
{
	(void)state;
	setenv("VIGIA_TEST_NAME", "a $A b", 1);
	assert_router_id("", "${_INSTANCE}", "gw1");
	assert_router_id("instance east", "${_INSTANCE}", "east");
	assert_router_id("", "\"$_INSTANCE x\"", "gw1 x");
	assert_router_id("$A=5", "\"${_ENV VIGIA_TEST_NAME}\"", "a $A b");
	assert_router_id("", "a${_HASH}b${_BANG}\"${_HASH}${_BANG}\"", "a#b!#!");
	assert_router_id("", "${_RANDOM 7 7}", "7");
	assert_router_id("", "\"\\${_PWD} \\$_PWD x\"", "${_PWD} $_PWD x");
	assert_router_id("global_defs {\nrandom_seed 5\n}", "${_RANDOM 0 1000000}", "796388");
	struct conf_result result;
	static const struct memory_file files[] = {{"/etc/k/k.conf", "include d/a.conf\n", 0},
		{"/etc/k/d/a.conf", "global_defs {\nrouter_id ${_PWD}/x\n}\n", 0}};
	struct memory_files list = {files, 2};
	struct conf_files over = memory_files_over(&list);
	conf_load("/etc/k/k.conf", &over, &result);
	assert_clean(&result);
	assert_string_equal(result.conf->global.router_id, "/etc/k/d/x");
	conf_result_free(&result);
}

static void test_loops(void **state)
{
	(void)state;
	assert_addresses("", "~SEQ(i, 3) 10.0.0.$i", "10.0.0.1 10.0.0.2 10.0.0.3");
	assert_addresses("", "~SEQ(i,5,7) 10.0.0.$i # $i", "10.0.0.5 10.0.0.6 10.0.0.7");
	assert_addresses("", "~SEQ(i, 3, 1) 10.0.0.${i}", "10.0.0.3 10.0.0.2 10.0.0.1");
	assert_addresses("", "~SEQ(i,3,2,8) 10.0.0.${i}", "10.0.0.3 10.0.0.5 10.0.0.7");
	assert_addresses("", "~SEQx(i,0x90,0x10,0xb0) fe80::${i}", "fe80::90 fe80::a0 fe80::b0");
	assert_addresses(
		"$N=2", "~SEQ(i,1,${N}) ~SEQ(j,1,$N) 10.0.${i}.${j}", "10.0.1.1 10.0.1.2 10.0.2.1 10.0.2.2");
	assert_addresses("", "~LST(i, 4, 9) 10.0.0.${i}", "10.0.0.4 10.0.0.9");
	assert_addresses(
		"", "~LST({a, b}, {10,1},{20,4},{5}) 10.0.${a}.${b}1", "10.0.10.11 10.0.20.41 10.0.5.1");
	assert_addresses(
		"", "~LST(a,1,2) ~SEQ(b,2) @gw1 10.0.${a}.${b}", "10.0.1.1 10.0.1.2 10.0.2.1 10.0.2.2");
	/* the variable is what it was, afterwards */
	assert_addresses("$i=9", "~SEQ(i,1,2) 10.0.0.$i\n10.0.0.$i", "10.0.0.1 10.0.0.2 10.0.0.9");
	assert_addresses("$L=~SEQ(i,1,2)", "$L 10.0.0.${i}", "10.0.0.1 10.0.0.2");
	assert_addresses("$M= \\\n10.0.${i}.1 \\\n10.0.${i}.2", "~SEQ(i,1,2) $M",
		"10.0.1.1 10.0.1.2 10.0.2.1 10.0.2.2");
	assert_addresses("", "@gw2 ~SEQ(i,1,3) 10.0.0.$i\n~SEQ(i,9)\n10.0.0.1", "10.0.0.1");
}

static void test_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		unsigned column;
		const char *words;
	} cases[] = {
		{"${NONE}", 1, "there is no definition of '$NONE'"},
		{"$_PWD=x", 1, "is built in"},
		{"$A=x \\", 4, "nothing behind its '='"},
		{"${_ENV}", 1, "this is ${_ENV NAME}"},
		{"${_ENV VIGIA_NOWHERE}", 1, "no environment variable 'VIGIA_NOWHERE'"},
		{"${_RANDOM 5 4}", 1, "this is ${_RANDOM"},
		{"${_RANDOM x}", 1, "this is ${_RANDOM"},
		{"x ${_PWD y}", 3, "takes no values"},
		{"~SEQ(i,1,1000000000) x", 1, "stands for 1000000000 lines"},
		{"~SEQ(i,1,0,5) x", 1, "does not get from 1 to 5"},
		{"~SEQ(i,1,-1,5) x", 1, "does not get from 1 to 5"},
		{"~SEQ(i,5,1,1) x", 1, "does not get from 5 to 1"},
		{"~SEQ(i) x", 1, "this is ~SEQ("},
		{"~SEQ(i,1,2,3,4) x", 1, "this is ~SEQ("},
		{"~SEQ(i,a) x", 1, "'a' is not a number"},
		{"~SEQ(i,99999999999999) x", 1, "is not a number"},
		{"~SEQ(1i,5) x", 1, "cannot be the variable"},
		{"~SEQ(_PWD,5) x", 1, "cannot be the variable"},
		{"~SEQx(i,-1,5) x", 1, "no negative"},
		{"~SEQ(i,5 x", 1, "')' of the loop is missing"},
		{"~LST(i) x", 1, "this is ~LST("},
		{"~LST({a,b},{1,2,3}) x", 1, "more values than there are variables"},
		{"~LST({a,b},{1,2) x", 1, "braces of the loop do not match"},
		{"$SELF= \\\n$SELF\n\n$SELF\n", 1, "leads back to itself"},
		{"$A=$B\n$B=$A\nx $A\n", 3, "leads back to itself"},
		{"$M= \\\na \\\nb\nx $M y\n", 3, "stands for several lines (test.conf:1)"},
		{"$X= \\\n$X=5 \\\n\n$X\n", 1, "defined by its own lines"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_one_error(cases[i].line, 0, cases[i].column, cases[i].words);
}

static void test_hints(void **state)
{
	(void)state;
	struct conf_result result;
	assert_one_warning(
		"$PRIO=5\nglobal_defs {\nrouter_id a$PRIO.b\n}\n", 3, 12, "write ${PRIO}", &result);
	assert_string_equal(result.conf->global.router_id, "a$PRIO.b");
	conf_result_free(&result);
	assert_one_warning("$PRIORITY=5\nglobal_defs {\nrouter_id $PRIORTY\n}\n", 3, 11,
		"did you mean '$PRIORITY'?", &result);
	conf_result_free(&result);
	assert_one_error(
		"$PRIORITY=5\nglobal_defs {\nrouter_id ${PRIORTY}\n}\n", 3, 11, "did you mean '$PRIORITY'?");
}

/* The place is where it is written; what it became, and who used it, is told as well. */
static void test_places(void **state)
{
	(void)state;
	struct conf_result result;
	static const char text[] = "$P=abc\n"
				   "$VI= \\\n"
				   "vrrp_instance V${N} { \\\n"
				   "  interface eth0 \\\n"
				   "  virtual_router_id 1 \\\n"
				   "  priority 1${P}  7 \\\n"
				   "  virtual_ipaddress { 10.0.0.1 } \\\n"
				   "}\n"
				   "~SEQ(N,1,1) $VI\n";
	load(text, "gw1", &result);
	assert_int_equal(result.error_count, 2);
	const struct conf_message *message = &result.messages[0];
	assert_int_equal(message->place.line, 6);
	assert_int_equal(message->place.column, 12);
	assert_string_equal(message->source_line, "  priority 1${P}  7 \\");
	assert_string_equal(message->became, "priority 1abc  7");
	assert_int_equal(message->became_column, 10);
	assert_string_equal(message->used_by, "test.conf:9");
	/* behind the reference the columns are those of the file again */
	message = &result.messages[1];
	assert_int_equal(message->place.line, 6);
	assert_int_equal(message->place.column, 19);
	assert_int_equal(message->became_column, 16);
	conf_result_free(&result);
}

static void test_secrets_stay_hidden(void **state)
{
	(void)state;
	struct conf_result result;
	read_text("$P=secret\n" V4("authentication {\nauth_type PASS\nauth_pass ${P} ${P}x\n}"), &result);
	assert_int_equal(result.error_count, 1);
	for (size_t i = 0; i < result.message_count; i++) {
		char buffer[4096];
		struct text out;
		text_init(&out, buffer, sizeof buffer);
		conf_message_print(&result.messages[i], &out);
		assert_null(strstr(buffer, "secret"));
	}
	conf_result_free(&result);
}

/* Small texts that stand for much: an error, soon. */
static void test_bounds(void **state)
{
	(void)state;
	/* clang takes a text of two lines for a forgotten comma. */
	static const char twice[] = "$A=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n$B=${A}${A}${A}${A}${A}${A}${A}${A}\n"
				    "$C=${B}${B}${B}${B}${B}${B}${B}${B}\n$D=${C}${C}${C}${C}${C}${C}${C}${C}\n$D\n";
	static const char *const texts[] = {
		twice,
		"~SEQ(a,1,1000000) ~SEQ(b,1,1000000) ~SEQ(c,1,1000000)\n",
		"~SEQ(a,1,1000000) ~SEQ(b,1,1000000) @gw2 x\n",
		"$E=\n~SEQ(a,1,1000000) ~SEQ(b,1,1000000) ${E}\n",
		"$A=\n$B=${A}${A}${A}${A}${A}${A}${A}${A}\n$C=${B}${B}${B}${B}${B}${B}${B}${B}\n"
		"$D=${C}${C}${C}${C}${C}${C}${C}${C}\n$E=${D}${D}${D}${D}${D}${D}${D}${D}\n"
		"$F=${E}${E}${E}${E}${E}${E}${E}${E}\n$G=${F}${F}${F}${F}${F}${F}${F}${F}\n"
		"$H=${G}${G}${G}${G}${G}${G}${G}${G}\n$I=${H}${H}${H}${H}${H}${H}${H}${H}\n"
		"$J=${I}${I}${I}${I}${I}${I}${I}${I}\n$J\n$J\n",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct conf_result result;
		load(texts[i], "gw1", &result);
		assert_true(result.error_count > 0);
		conf_result_free(&result);
	}
}

static void test_too_many_definitions(void **state)
{
	(void)state;
	char *text = malloc(70000 * 12);
	size_t used = 0;
	struct conf_result result;
	assert_non_null(text);
	for (int i = 0; i < 70000; i++)
		used += (size_t)sprintf(text + used, "$A%d=\n", i);
	load(text, "gw1", &result);
	assert_int_equal(result.error_count, 1);
	assert_message(&result, CONF_ERROR, 65537, 2, "more than 65536 definitions");
	conf_result_free(&result);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_a_brace_after_made_lines),
		cmocka_unit_test(test_builtins),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_secrets_stay_hidden),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_too_many_definitions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
