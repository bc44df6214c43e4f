/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words, quotes, comments, braces, line ends, and what is not text at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

#define ADDRESSED "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 }\n"

static void assert_router_id(const char *line, const char *expected)
{
	char text[512];
	strcpy(text, "global_defs {\nrouter_id ");
	strcat(text, line);
	strcat(text, "\n}\n");
	struct conf_result result;
	read_text(text, &result);
	assert_clean(&result);
	assert_string_equal(result.conf->global.router_id, expected);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

static void test_words(void **state)
{
	(void)state;
	assert_router_id("gw1", "gw1");
	assert_router_id("  gw1\t ", "gw1");
	assert_router_id("gw1 # a comment", "gw1");
	assert_router_id("gw1!a comment", "gw1");
	assert_router_id("gw1#a \"comment", "gw1");
	assert_router_id("gw\\#1\\!", "gw#1!");
	assert_router_id("\"two words # and { braces }\"", "two words # and { braces }");
	assert_router_id("'two \"words\"'", "two \"words\"");
	assert_router_id("abc\" d \"e", "abc d e");
	assert_router_id("\"a\\\"b\\\\c\"", "a\"b\\\\c");
	assert_router_id("'it'\"'s\"", "it's");
	/* as keepalived: these are ordinary characters */
	assert_router_id("it's", "it's");
	assert_router_id("pa\\ss\\x41", "pa\\ss\\x41");
	assert_router_id("\"DOMAIN\\\"", "DOMAIN\\");
	assert_router_id("\"a # \\\" # b\" # c", "a # \" # b");
}

static void test_words_that_are_refused(void **state)
{
	(void)state;
	assert_one_error("global_defs {\nrouter_id \"a\001\"\n}\n", 2, 11, "control character");
	assert_one_error("global_defs {\nrouter_id \"abc\n}\n", 2, 11, "not closed on this line");
	assert_one_error("global_defs {\nrouter_id it\"s\n}\n", 2, 13, "not closed on this line");
	assert_one_error("global_defs {\nrouter_id \"\"\n}\n", 2, 11, "1 to 255 bytes");
}

/* What is left of the command is for command.h. */
static void assert_command(const char *line, const char *expected)
{
	char text[512];
	snprintf(text, sizeof text, "vrrp_script s {\nscript %s\n}\n" ADDRESSED "track_script { s }\n}\n",
		line);
	struct conf_result result;
	read_text(text, &result);
	assert_clean(&result);
	assert_string_equal(result.conf->scripts[0].command, expected);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

static void test_commands(void **state)
{
	(void)state;
	assert_command("/bin/true", "/bin/true");
	assert_command("\"/bin/echo 'a b' # ! { } \\x41\"", "/bin/echo 'a b' # ! { } \\x41");
	assert_command("'/bin/echo \"a b\"'", "/bin/echo \"a b\"");
	assert_command("\"/bin/echo a\\\"b\"", "/bin/echo a\\\"b");
	assert_command("\"/bin/echo a\"'b c'", "/bin/echo ab c");
	assert_command("/bin/a' b'", "/bin/a' b'");
	assert_command("'a \"b\" '\"'c'\"", "a \"b\" 'c'");
	assert_command("'a \"b'\"'\"'c\"'", "a \"b'c\"");
	assert_command("\"a\\\\\"", "a\\\\");
	assert_one_error("vrrp_script s {\nscript \"/bin/echo 'a\"\n}\n" ADDRESSED "track_script { s }\n}\n",
		2, 1, "in the command is not closed");
	assert_one_error("vrrp_script s {\nscript \"/bin/echo \\000\"\n}\n" ADDRESSED
			 "track_script { s }\n}\n",
		2, 1, "stands for no character");
	assert_one_error("vrrp_script s {\nscript \" \"\n}\n" ADDRESSED "track_script { s }\n}\n", 2, 1,
		"there is no command");
}

static void test_braces(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"vrrp_instance A { interface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 } }",
		"vrrp_instance A{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress{10.0.0.1}}\n",
		"vrrp_instance A\n{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress\n\n# "
		"c\n{\n10.0.0.1\n}\n}\n",
		"vrrp_instance A # c {\n { ! x\ninterface eth0 # }\nvirtual_router_id 1\nvirtual_ipaddress { "
		"# {\n10.0.0.1 }\n}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct conf_result result;
		read_text(texts[i], &result);
		assert_clean(&result);
		assert_int_equal(result.conf->instance_count, 1);
		assert_string_equal(result.conf->instances[0].vr.name, "A");
		assert_int_equal(result.conf->instances[0].vr.address_count, 1);
		conf_result_free(&result);
	}
}

static void test_unbalanced_braces(void **state)
{
	(void)state;
	assert_one_error(ADDRESSED, 1, 1, "not closed");
	assert_one_error(ADDRESSED "}\n}\n", 6, 1, "without its '{'");
	assert_one_error("{\ninterface eth0\n}\n", 1, 1, "without a keyword");
	assert_one_error(ADDRESSED "{ a b }\n}\n", 5, 1, "without a keyword");
	assert_one_error(ADDRESSED "track_interface {\neth1\npriority 100\n}\n", 7, 1,
		"'}' of 'track_interface' (line 5)");
	assert_one_error(ADDRESSED "virtual_ipaddress_excluded {\n10.0.0.2\ntrack_interface {\neth1\n}\n}\n",
		7, 1, "'}' of 'virtual_ipaddress_excluded'");
	assert_one_error(ADDRESSED "\nvrrp_instance B {\ninterface eth0\nvirtual_router_id 2\n"
				   "virtual_ipaddress { 10.0.0.2 }\n}\n",
		6, 1, "the '}' of 'vrrp_instance' (line 1) is missing");
	assert_one_error(
		ADDRESSED "track_interface {\neth1 {\nx\n}\n}\n}\n", 6, 6, "no blocks in track_interface");
	assert_one_error(ADDRESSED "priority 100 {\nx\n}\n}\n", 5, 14, "takes no block");
	assert_one_error(ADDRESSED "track_interface eth1\n}\n", 5, 1, "begins a block");
	assert_one_error(ADDRESSED "track_interface x {\neth1\n}\n}\n", 5, 17, "nothing may follow");
	assert_one_error(ADDRESSED "priority 100;\n}\n", 5, 10, "no semicolons");
}

static void test_line_ends_and_marks(void **state)
{
	(void)state;
	struct conf_result result;
	read_text("\xef\xbb\xbfglobal_defs {\r\n router_id gw1\r\n}\r\n" ADDRESSED "}", &result);
	assert_clean(&result);
	assert_string_equal(result.conf->global.router_id, "gw1");
	conf_result_free(&result);
	assert_one_error("\xff\xfeg\0l", 1, 1, "UTF-16");

	static const char damaged[] = "global_defs {\nrouter_id a\0b\n}\n";
	conf_load_text(damaged, sizeof damaged - 1, "test.conf", &no_files, &result);
	assert_message(&result, CONF_ERROR, 2, 12, "NUL byte");
	conf_result_free(&result);
}

static void test_empty(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "\n", "\n\n  \n", "# only a comment", "!\n", "global_defs {\n}\n"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct conf_result result;
		read_text(texts[i], &result);
		assert_clean(&result);
		assert_int_equal(result.conf->instance_count, 0);
		char *printed = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
		assert_string_equal(printed, "");
		free(printed);
		conf_result_free(&result);
	}
}

static void test_limits(void **state)
{
	(void)state;
	static char text[3 * 4096];
	strcpy(text, "global_defs {\nrouter_id ");
	memset(text + strlen(text), 'x', 4096);
	strcat(text, "\n}\n");
	assert_one_error(text, 2, 1, "at most 4096");
	strcpy(text, "global_defs {\nrouter_id ");
	for (int i = 0; i < 300; i++)
		strcat(text, "a ");
	strcat(text, "\n}\n");
	assert_one_error(text, 2, 0, "more than 256 words");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_that_are_refused),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_braces),
		cmocka_unit_test(test_unbalanced_braces),
		cmocka_unit_test(test_line_ends_and_marks),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
