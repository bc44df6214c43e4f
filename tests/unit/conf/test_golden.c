/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/golden/conf/NAME.conf is read; its messages and its canonical form are compared with NAME.ok, or, when there
 * was an error, the messages with NAME.err. The canonical form is read again and must print the same.
 *
 *	test_golden DIRECTORY [--update]
 */
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"

struct output {
	struct text text;
	char buffer[1 << 20];
};

static struct output actual;
static char expected[sizeof actual.buffer];

static void add_messages(const struct conf_result *result)
{
	for (size_t i = 0; i < result->message_count; i++)
		conf_message_print(&result->messages[i], &actual.text);
}

/* The canonical form must be read without a word and print the same. */
static bool is_fixed_point(const char *printed)
{
	struct conf_result again;
	conf_load_text(printed, strlen(printed), "printed", &conf_files_system, &again);
	bool same = false;
	if (again.conf) {
		char *reprinted = conf_print_alloc(again.conf, CONF_SECRETS_SHOWN, NULL);
		same = reprinted && strcmp(printed, reprinted) == 0;
		free(reprinted);
	}
	for (size_t i = 0; i < again.message_count; i++)
		same &= again.messages[i].severity != CONF_ERROR;
	conf_result_free(&again);
	return same;
}

/* What reading the file says, into `actual`; the suffix of the file it belongs in. NULL: no fixed point. */
static const char *run(const char *path)
{
	struct conf_result result;
	text_init(&actual.text, actual.buffer, sizeof actual.buffer);
	conf_load(path, &conf_files_system, &result);
	add_messages(&result);
	const char *suffix = ".err";
	if (result.conf) {
		char *printed = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
		text_str(&actual.text, result.message_count ? "\n" : "");
		text_str(&actual.text, printed);
		suffix = is_fixed_point(printed) ? ".ok" : NULL;
		free(printed);
	}
	conf_result_free(&result);
	return suffix;
}

static bool read_expected(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	size_t length = fread(expected, 1, sizeof expected - 1, file);
	expected[length] = '\0';
	fclose(file);
	return true;
}

static bool write_expected(const char *path)
{
	FILE *file = fopen(path, "w");
	if (!file)
		return false;
	fputs(actual.buffer, file);
	return fclose(file) == 0;
}

static bool check(const char *path, bool update)
{
	char golden[200];
	char other[200];
	const char *suffix = run(path);
	if (!suffix) {
		printf("%s: its canonical form does not print the same when it is read\n%s", path,
			actual.buffer);
		return false;
	}
	int stem = (int)(strlen(path) - strlen(".conf"));
	snprintf(golden, sizeof golden, "%.*s%s", stem, path, suffix);
	snprintf(other, sizeof other, "%.*s%s", stem, path, strcmp(suffix, ".ok") ? ".ok" : ".err");
	if (update) {
		unlink(other);
		return write_expected(golden);
	}
	bool same = read_expected(golden) && strcmp(expected, actual.buffer) == 0 && access(other, F_OK) != 0;
	if (!same)
		printf("%s differs from %s; it gives:\n%s", path, golden, actual.buffer);
	return same;
}

int main(int argc, char **argv)
{
	bool update = argc > 2 && strcmp(argv[2], "--update") == 0;
	glob_t found;
	unsigned failed = 0;
	if (argc < 2 || chdir(argv[1]) < 0 || glob("*.conf", 0, NULL, &found)) {
		printf("usage: test_golden DIRECTORY [--update]\n");
		return 2;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		failed += !check(found.gl_pathv[i], update);
	printf("%zu configurations, %u differ\n", found.gl_pathc, failed);
	globfree(&found);
	return failed || !found.gl_pathc;
}
