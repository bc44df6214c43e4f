/* SPDX-License-Identifier: GPL-2.0-or-later */
/* include: where names are looked for, patterns, braces, missing files, and includes that would not end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_test.h"

#define INSTANCE(name, vrid)                                                                                 \
	"vrrp_instance " name " {\ninterface eth0\nvirtual_router_id " vrid                                  \
	"\nvirtual_ipaddress { 10.0.0." vrid " }\n}\n"

static void load(const struct memory_file *list, size_t count, struct conf_result *result)
{
	struct memory_files files = {list, count};
	struct conf_files over = memory_files_over(&files);
	conf_load_with(
		list[0].path, NULL, 0, &over, &(struct conf_options){.instance_places = true}, result);
}

#define LOAD(list, result) load(list, sizeof list / sizeof *list, result)

static void test_relative_and_nested(void **state)
{
	(void)state;
	static const struct memory_file files[] = {
		{"/etc/k/k.conf", "include conf.d/a.conf\n" INSTANCE("Z", "9"), 0},
		{"/etc/k/conf.d/a.conf", INSTANCE("A", "1") "include sub/b.conf\n", 0},
		{"/etc/k/conf.d/sub/b.conf", INSTANCE("B", "2") "include /abs/c.conf", 0},
		{"/abs/c.conf", INSTANCE("C", "3"), 0},
	};
	struct conf_result result;
	LOAD(files, &result);
	assert_clean(&result);
	assert_int_equal(result.conf->instance_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(result.conf->instances[i].vr.name[0], "ABCZ"[i]);
	assert_string_equal(result.conf->instance_places[1].file, "/etc/k/conf.d/sub/b.conf");
	assert_int_equal(result.conf->instance_places[3].line, 2);
	conf_result_free(&result);
}

static void test_inside_blocks(void **state)
{
	(void)state;
	static const struct memory_file files[] = {
		{"/k.conf",
			"vrrp_instance A {\ninclude common.conf # same everywhere\nvirtual_ipaddress {\n"
			"include addresses.conf\n} }",
			0},
		{"/common.conf", "interface eth0\nvirtual_router_id 7", 0},
		{"/addresses.conf", "10.0.0.1\n10.0.0.2", 0},
	};
	struct conf_result result;
	LOAD(files, &result);
	assert_clean(&result);
	assert_int_equal(result.conf->instances[0].vr.vrid, 7);
	assert_int_equal(result.conf->instances[0].vr.address_count, 2);
	conf_result_free(&result);
}

static void test_patterns(void **state)
{
	(void)state;
	static const struct memory_file files[] = {
		{"/k.conf",
			"include d/*.conf\ninclude \"d/{y,x{1,2}}.inc\"\ninclude none/*.conf\nincludea "
			"d/?.conf\n",
			0},
		{"/d/a.conf", "# a\n", 0},
		{"/d/b.conf", "# b\n", 0},
		{"/d/x1.inc", INSTANCE("X1", "1"), 0},
		{"/d/x2.inc", INSTANCE("X2", "2"), 0},
		{"/d/y.inc", INSTANCE("Y", "3"), 0},
	};
	struct conf_result result;
	LOAD(files, &result);
	assert_clean(&result);
	assert_int_equal(result.conf->instance_count, 3);
	assert_string_equal(result.conf->instances[0].vr.name, "Y");
	assert_string_equal(result.conf->instances[2].vr.name, "X2");
	conf_result_free(&result);
}

static void test_missing(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum conf_severity severity;
		const char *words;
	} cases[] = {
		{"include x.conf", CONF_WARNING, "'/x.conf' does not exist, so nothing is read"},
		{"includer x.conf", CONF_WARNING, "does not exist"},
		{"includem x.conf", CONF_ERROR, "does not exist; create it"},
		{"includew x/*", CONF_ERROR, "no file matches '/x/*'"},
		{"includeb {x,y}.conf", CONF_ERROR, "'/x.conf' does not exist"},
		{"includea x.conf", CONF_ERROR, "does not exist"},
		{"include secret.conf", CONF_ERROR, "cannot read '/secret.conf': Permission denied"},
		{"include folder", CONF_ERROR, "Is a directory"},
		{"include fold*", CONF_WARNING, "is a directory"},
		{"include", CONF_ERROR, "needs the name of a file"},
		{"include \"\"", CONF_ERROR, "needs the name of a file"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct memory_file files[] = {
			{"/k.conf", cases[i].line, 0},
			{"/secret.conf", NULL, EACCES},
			{"/folder", NULL, EISDIR},
		};
		struct conf_result result;
		LOAD(files, &result);
		assert_message(&result, cases[i].severity, 1, 0, cases[i].words);
		assert_int_equal(result.conf == NULL, cases[i].severity == CONF_ERROR);
		conf_result_free(&result);
	}
}

static void test_words_after_the_name(void **state)
{
	(void)state;
	static const struct memory_file files[] = {
		{"/k.conf", "include a.conf b.conf\n", 0}, {"/a.conf", "", 0}};
	struct conf_result result;
	LOAD(files, &result);
	assert_message(&result, CONF_ERROR, 1, 16, "b.conf");
	conf_result_free(&result);
}

static void test_recursion(void **state)
{
	(void)state;
	static const struct memory_file itself[] = {{"/k.conf", "\ninclude k.conf\n", 0}};
	static const struct memory_file circle[] = {{"/k.conf", "include a.conf\n", 0},
		{"/a.conf", "\n\ninclude b.conf\n", 0}, {"/b.conf", "include a.conf\n", 0}};
	/* every name is another one, so only the depth ends it */
	static const struct memory_file deep[] = {{"/k.conf", "include ./k.conf\n", 0},
		{"/./k.conf", "include ./././k.conf", 0}, {"/././././k.conf", "", 0}};
	struct conf_result result;
	LOAD(itself, &result);
	assert_null(result.messages[0].included_by);
	assert_message(&result, CONF_ERROR, 2, 9, "'/k.conf' would include itself");
	assert_int_equal(result.error_count, 1);
	conf_result_free(&result);
	LOAD(circle, &result);
	assert_message(
		&result, CONF_ERROR, 1, 9, "we are in /b.conf, included by /a.conf:3, included by /k.conf:1");
	assert_string_equal(result.messages[0].place.file, "/b.conf");
	assert_string_equal(result.messages[0].included_by, "/a.conf:3, /k.conf:1");
	assert_int_equal(result.error_count, 1);
	conf_result_free(&result);
	LOAD(deep, &result);
	assert_clean(&result);
	conf_result_free(&result);
}

/* Serves any file, each including two more: 2^16 of them unless something ends it. */
static char *doubling_read(void *user, const char *path, size_t *length)
{
	static unsigned count;
	(void)user;
	(void)path;
	char *text = NULL;
	count += 2;
	int printed = asprintf(&text, "include f%u\ninclude f%u\n", count, count + 1);
	assert_true(printed > 0);
	*length = (size_t)printed;
	return text;
}

static int no_glob(
	void *user, const char *pattern, int (*each)(void *each_user, const char *path), void *each_user)
{
	(void)user;
	(void)pattern;
	(void)each;
	(void)each_user;
	return 0;
}

static void test_multiplying(void **state)
{
	(void)state;
	static const struct conf_files files = {doubling_read, no_glob, NULL};
	struct conf_result result;
	conf_load("f0", &files, &result);
	assert_null(result.conf);
	assert_message(&result, CONF_ERROR, 0, 0, "nested more than 16 deep: we are in");
	assert_int_equal(result.messages[result.message_count - 1].place.line, 0);
	conf_result_free(&result);
}

static void test_too_many_alternatives(void **state)
{
	(void)state;
	static const struct memory_file files[] = {{"/k.conf",
		"include {0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}{0,1}*\n", 0}};
	struct conf_result result;
	LOAD(files, &result);
	assert_message(&result, CONF_ERROR, 1, 9, "more than 1000 names");
	conf_result_free(&result);
}

static void test_patterns_that_are_refused(void **state)
{
	(void)state;
	char text[4000] = "include ";
	for (int i = 0; i < 1800; i++)
		strcat(text, "{}");
	const struct memory_file files[] = {{"/k.conf", text, 0}};
	static const struct memory_file control[] = {{"/k.conf", "include a\001b\n", 0}};
	static const struct memory_file open[] = {{"/k.conf", "include {a,{b\n", 0}, {"/{a,{b", "", 0}};
	struct conf_result result;
	LOAD(files, &result);
	assert_message(&result, CONF_ERROR, 1, 9, "too many braces");
	conf_result_free(&result);
	LOAD(control, &result);
	assert_message(&result, CONF_ERROR, 1, 9, "control character");
	conf_result_free(&result);
	LOAD(open, &result);
	assert_clean(&result);
	conf_result_free(&result);
}

/* Every file is as large as one may be, so that five of them are too much in sum. */
static char *large_read(void *user, const char *path, size_t *length)
{
	(void)user;
	*length = 60 << 20;
	char *text = malloc(*length + 1);
	assert_non_null(text);
	memset(text, ' ', *length);
	for (size_t i = 0; i < *length; i += 4000)
		text[i] = '\n';
	text[*length] = '\0';
	if (strcmp(path, "first") == 0)
		memcpy(text, "include a\ninclude b\ninclude c\ninclude d\ninclude e\ninclude f\n", 60);
	return text;
}

static void test_too_large_in_sum(void **state)
{
	(void)state;
	static const struct conf_files files = {large_read, no_glob, NULL};
	struct conf_result result;
	conf_load("first", &files, &result);
	assert_message(&result, CONF_ERROR, 5, 9, "too large in sum (limit 256 MiB)");
	assert_int_equal(result.error_count, 1);
	conf_result_free(&result);
}

static int broken_glob(
	void *user, const char *pattern, int (*each)(void *each_user, const char *path), void *each_user)
{
	(void)user;
	(void)pattern;
	(void)each;
	(void)each_user;
	return -EIO;
}

static void test_a_folder_that_cannot_be_read(void **state)
{
	(void)state;
	static const struct memory_file list[] = {{"/k.conf", "include *.conf\n", 0}};
	struct memory_files files = {list, 1};
	struct conf_files over = memory_files_over(&files);
	over.glob = broken_glob;
	struct conf_result result;
	conf_load("/k.conf", &over, &result);
	assert_message(&result, CONF_ERROR, 1, 9, "cannot look for '/*.conf': Input/output error");
	conf_result_free(&result);
}

static void test_blocks_end_in_their_file(void **state)
{
	(void)state;
	static const struct memory_file open[] = {{"/k.conf", "include a.conf\n}\n", 0},
		{"/a.conf", "vrrp_instance A {\n interface eth0\n", 0}};
	static const struct memory_file closing[] = {
		{"/k.conf",
			"vrrp_instance A {\ninterface eth0\ninclude a.conf\nvirtual_router_id 1\n"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			0},
		{"/a.conf", "\n}\n", 0}};
	struct conf_result result;
	LOAD(open, &result);
	assert_message(&result, CONF_ERROR, 1, 1, "block that begins here is not closed");
	assert_message(&result, CONF_ERROR, 2, 1, "without its '{'");
	conf_result_free(&result);
	LOAD(closing, &result);
	assert_message(&result, CONF_ERROR, 2, 1, "must be closed in the file it was opened in");
	assert_int_equal(result.message_count, 1);
	conf_result_free(&result);
}

static void test_first_file(void **state)
{
	(void)state;
	static const struct memory_file files[] = {{"/d/a.conf", INSTANCE("A", "1"), 0},
		{"/d/b.conf", INSTANCE("B", "2"), 0}, {"/secret", NULL, EACCES}};
	struct memory_files list = {files, 3};
	struct conf_files over = memory_files_over(&list);
	struct conf_result result;
	conf_load("/d/*.conf", &over, &result);
	assert_int_equal(result.message_count, 1);
	assert_message(&result, CONF_WARNING, 0, 0, "matches more than one file");
	assert_int_equal(result.conf->instance_count, 2);
	conf_result_free(&result);
	conf_load("/nowhere.conf", &over, &result);
	assert_true(result.file_missing);
	assert_null(result.conf);
	assert_message(&result, CONF_ERROR, 0, 0, "cannot be read: No such file");
	conf_result_free(&result);
	conf_load("/secret", &over, &result);
	assert_true(result.file_missing);
	assert_message(&result, CONF_ERROR, 0, 0, "Permission denied");
	conf_result_free(&result);
	conf_load("/none/*", &over, &result);
	assert_true(result.file_missing);
	conf_result_free(&result);
}

/* What keepalived reads and what it refuses, by the word after include and by include_check. */
static void test_checks(void **state)
{
	(void)state;
	static const struct {
		const char *before;
		const char *include;
		const char *problem; /* NULL: none but a warning */
	} cases[] = {
		{"", "include /none", NULL},
		{"", "includer /none", NULL},
		{"", "includer /none*", NULL},
		{"", "includem /none", "does not exist"},
		{"", "includem /none*", NULL},
		{"", "includew /none*", "no file matches"},
		{"", "includeb /{a.conf,none}", "does not exist"},
		{"", "includea /none*", "no file matches"},
		{"", "include /secret", "cannot read '/secret': Permission denied"},
		{"include_check", "include /none", "does not exist"},
		{"include_check", "include /none*", "no file matches"},
		{"include_check match", "include /none", "does not exist"},
		{"include_check match", "include /none*", NULL},
		{"include_check match wildcard_match", "include /none*", "no file matches"},
		{"include_check\ninclude_check -wildcard_match", "include /none*", NULL},
		{"include_check\ninclude_check -match -brace_match", "include /none", NULL},
		{"include_check +brace_match", "include /{a.conf,none}", "does not exist"},
		{"include_check\ninclude_check read", "include /none", NULL},
		{"include_check mach", "include /none", "include_check takes read, match"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[200];
		snprintf(text, sizeof text, "global_defs {\n%s\n}\n%s\n", cases[i].before, cases[i].include);
		const struct memory_file files[] = {
			{"/k.conf", text, 0}, {"/a.conf", "# a\n", 0}, {"/secret", NULL, EACCES}};
		struct conf_result result;
		LOAD(files, &result);
		if (cases[i].problem)
			assert_message(&result, CONF_ERROR, 0, 0, cases[i].problem);
		else
			assert_int_equal(result.error_count, 0);
		bool is_missing = cases[i].problem && !strstr(cases[i].problem, "takes") &&
				  !strstr(cases[i].problem, "cannot");
		assert_int_equal(result.include_missing, is_missing);
		conf_result_free(&result);
	}
}

/* An include_check in a file ends with it, and holds in those it includes. */
static void test_checks_end_with_their_file(void **state)
{
	(void)state;
	static const struct memory_file files[] = {
		{"/k.conf", "include /a.conf\ninclude /none\n", 0},
		{"/a.conf", "global_defs { include_check\n}\ninclude /b.conf\n", 0},
		{"/b.conf", "include /nowhere\n", 0},
	};
	struct conf_result result;
	LOAD(files, &result);
	assert_int_equal(result.error_count, 1);
	assert_message(&result, CONF_ERROR, 1, 9, "'/nowhere' does not exist");
	assert_message(&result, CONF_WARNING, 2, 9, "'/none' does not exist");
	conf_result_free(&result);
	struct memory_files list = {files, 1};
	struct conf_files over = memory_files_over(&list);
	conf_load_with("/k.conf", NULL, 0, &over, &(struct conf_options){.all_includes = true}, &result);
	assert_int_equal(result.error_count, 2);
	conf_result_free(&result);
}

static int check_by_name(void *user, const char *path)
{
	(void)user;
	return strstr(path, "program") ? ENOEXEC : strstr(path, "pipe") ? ENODEV : 0;
}

static void test_what_is_no_configuration(void **state)
{
	(void)state;
	static const struct memory_file files[] = {
		{"/k.conf", "include /program\ninclude /pipe\n", 0}, {"/program", "", 0}, {"/pipe", "", 0}};
	struct memory_files list = {files, 3};
	struct conf_files over = memory_files_over(&list);
	struct conf_result result;
	over.check = check_by_name;
	conf_load("/k.conf", &over, &result);
	assert_message(&result, CONF_ERROR, 1, 9, "chmod a-x");
	assert_message(&result, CONF_ERROR, 2, 9, "not a regular file");
	conf_result_free(&result);
	conf_load("/program", &over, &result);
	assert_true(result.file_missing);
	conf_result_free(&result);
	conf_load("/pipe", &over, &result);
	assert_clean(&result);
	conf_result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relative_and_nested),
		cmocka_unit_test(test_inside_blocks),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_words_after_the_name),
		cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_multiplying),
		cmocka_unit_test(test_too_many_alternatives),
		cmocka_unit_test(test_patterns_that_are_refused),
		cmocka_unit_test(test_too_large_in_sum),
		cmocka_unit_test(test_a_folder_that_cannot_be_read),
		cmocka_unit_test(test_blocks_end_in_their_file),
		cmocka_unit_test(test_first_file),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_checks_end_with_their_file),
		cmocka_unit_test(test_what_is_no_configuration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
