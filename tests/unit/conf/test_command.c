/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands into words, and who can change what a path leads to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "conf/command.h"
#include "conf/script_path.h"

static void test_words(void **state)
{
	static const struct {
		const char *line;
		int count;
		const char *words[4];
	} cases[] = {
		{"/bin/true", 1, {"/bin/true"}},
		{"  a\tb  c ", 3, {"a", "b", "c"}},
		{"a 'b c' d", 3, {"a", "b c", "d"}},
		{"a \"b 'c\"", 2, {"a", "b 'c"}},
		{"x'y z'\"w v\" ''", 2, {"xy zw v", ""}},
		{"sh -c 'test \"$(cat /x)\" = 1'", 3, {"sh", "-c", "test \"$(cat /x)\" = 1"}},
		{"\\x41\\102\\cC a\\ b", 2, {"AB\003", "a b"}},
		{"\"\\\"\\'\" '\\'\\t' \\\\\\q", 3, {"\"'", "'\t", "\\q"}},
		{"\\xg \\x4g", 2, {"xg", "\004g"}},
		{"a\\", -1, {NULL}},
		{"\\000", -1, {NULL}},
		{"\\777", -1, {NULL}},
		{"\\x00", -1, {NULL}},
		{"", 0, {NULL}},
		{" \t", 0, {NULL}},
		{"a 'b", -1, {NULL}},
		{"a \"", -1, {NULL}},
	};
	char line[64];
	char *words[COMMAND_WORDS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		strcpy(line, cases[i].line);
		assert_int_equal(command_split(line, words), cases[i].count);
		for (int k = 0; k < cases[i].count; k++)
			assert_string_equal(words[k], cases[i].words[k]);
		if (cases[i].count >= 0)
			assert_null(words[cases[i].count]);
	}
}

static void test_too_many_words(void **state)
{
	char line[COMMAND_MAX + 1];
	char *words[COMMAND_WORDS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COMMAND_WORDS_MAX; i++)
		memcpy(line + 2 * i, "x ", 3);
	assert_int_equal(command_split(line, words), COMMAND_WORDS_MAX);
	for (size_t i = 0; i <= COMMAND_WORDS_MAX; i++)
		memcpy(line + 2 * i, "x ", 3);
	assert_int_equal(command_split(line, words), -2);
}

/* A host of some files. */
static const struct file {
	const char *path;
	const char *link;
	struct path_status status;
} files[] = {
	{"/", NULL, {0, 0, S_IFDIR | 0755}},
	{"/bin", "usr/bin", {0, 0, S_IFLNK | 0777}},
	{"/usr", NULL, {0, 0, S_IFDIR | 0755}},
	{"/usr/bin", NULL, {0, 0, S_IFDIR | 0755}},
	{"/usr/bin/true", NULL, {0, 0, S_IFREG | 0755}},
	{"/usr/bin/mine", NULL, {1000, 0, S_IFREG | 0755}},
	{"/usr/bin/wheel", NULL, {0, 10, S_IFREG | 0775}},
	{"/usr/bin/roots", NULL, {0, 0, S_IFREG | 0775}},
	{"/tmp", NULL, {0, 0, S_IFDIR | S_ISVTX | 0777}},
	{"/tmp/check", NULL, {0, 0, S_IFREG | 0755}},
	{"/tmp/link", "/usr/bin/true", {1000, 1000, S_IFLNK | 0777}},
	{"/opt", NULL, {0, 0, S_IFDIR | 0757}},
	{"/opt/check", NULL, {0, 0, S_IFREG | 0755}},
	{"/loop", "/loop", {0, 0, S_IFLNK | 0777}},
	{"/up", "/usr/bin/../../opt/./check", {0, 0, S_IFLNK | 0777}},
};

static const struct file *file_at(const char *path)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

static int fake_status(void *user, const char *path, struct path_status *status)
{
	const struct file *file = file_at(path);

	(void)user;
	if (!file)
		return -ENOENT;
	*status = file->status;
	return 0;
}

static int fake_link(void *user, const char *path, char *target, size_t size)
{
	(void)user;
	return snprintf(target, size, "%s", file_at(path)->link);
}

static const struct path_world world = {fake_status, fake_link, NULL};

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		enum path_weakness weakness;
		const char *component; /* or what it resolves to */
		const char *text;
	} cases[] = {
		{"/usr/bin/true", PATH_SAFE, "/usr/bin/true", "only root"},
		{"/bin/true", PATH_SAFE, "/usr/bin/true", "only root"},
		{"//bin/.//true", PATH_SAFE, "/usr/bin/true", "only root"},
		{"/usr/bin/roots", PATH_SAFE, "/usr/bin/roots", "only root"},
		{"/tmp/check", PATH_SAFE, "/tmp/check", "only root"},
		{"/bin/mine", PATH_NOT_ROOTS, "/usr/bin/mine",
			"/usr/bin/mine belongs to user 1000 (mode 0755)"},
		{"/bin/wheel", PATH_GROUP_WRITES, "/usr/bin/wheel",
			"group 10 may write to /usr/bin/wheel (owner 0, mode 0775)"},
		{"/tmp/link", PATH_NOT_ROOTS, "/tmp/link", "belongs to user 1000"},
		{"/opt/check", PATH_OTHERS_WRITE, "/opt", "everybody may write to /opt (owner 0, mode 0757)"},
		{"/up", PATH_OTHERS_WRITE, "/opt", "everybody may write"},
		{"/usr/none", PATH_UNREADABLE, "/usr/none", "ENOENT"},
		{"/loop", PATH_UNREADABLE, "/loop", "ELOOP"},
		{"relative", PATH_UNREADABLE, "", "EINVAL"},
	};
	struct path_check check;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool safe = script_path_check(cases[i].path, &world, &check);

		assert_int_equal(check.weakness, cases[i].weakness);
		assert_int_equal(safe, cases[i].weakness == PATH_SAFE);
		assert_string_equal(safe ? check.resolved : check.component, cases[i].component);
		assert_non_null(strstr(script_path_text(&check, text, sizeof text), cases[i].text));
	}
}

static void test_finding(void **state)
{
	char path[SCRIPT_PATH_SIZE];

	(void)state;
	assert_int_equal(script_path_find("sh", path, sizeof path), 0);
	assert_string_equal(path + strlen(path) - 4, "n/sh");
	assert_int_equal(script_path_find("/bin/sh", path, sizeof path), 0);
	assert_int_equal(script_path_find("no-such-program", path, sizeof path), -ENOENT);
	assert_int_equal(script_path_find("/no/such/program", path, sizeof path), -ENOENT);
	assert_int_equal(script_path_find("/etc/passwd", path, sizeof path), -EACCES);
	assert_int_equal(script_path_find("/bin", path, sizeof path), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_too_many_words),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
