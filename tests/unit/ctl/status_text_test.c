/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of `vigia status` against golden files: NAME.json is what the daemon says, NAME.txt what a person
 * sees. With --update as second argument the golden files are written anew.
 */
#include "ctl/status_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;
static bool update;

static char *read_file(const char *path)
{
	static char buffer[65536];
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s cannot be read", path);
	buffer[fread(buffer, 1, sizeof(buffer) - 1, file)] = '\0';
	fclose(file);
	return buffer;
}

static void compare(const char *name, const char *suffix, const struct status_style *style)
{
	char path[512];
	json_error_t error;
	json_t *status;
	char *text;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.json", folder, name);
	status = json_load_file(path, 0, &error);
	if (!status)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	text = status_text(status, style);
	assert_non_null(text);
	snprintf(path, sizeof(path), "%s/%s%s.txt", folder, name, suffix);
	if (update) {
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	assert_string_equal(text, read_file(path));
	free(text);
	json_decref(status);
}

static void shows_a_master(void **state)
{
	(void)state;
	compare("master", "", &(struct status_style){0});
}

static void cuts_the_table_at_the_screen(void **state)
{
	(void)state;
	compare("master", "-80", &(struct status_style){.width = 80});
	compare("master", "-20", &(struct status_style){.width = 20});
}

static void shows_backup_and_fault(void **state)
{
	(void)state;
	compare("backup-and-fault", "", &(struct status_style){0});
	compare("backup-and-fault", "-colour", &(struct status_style){.colour = true});
}

static void a_dead_engine_never_looks_like_a_master(void **state)
{
	(void)state;
	compare("engine-dead", "", &(struct status_style){0});
}

static void survives_nonsense(void **state)
{
	(void)state;
	compare("nonsense", "", &(struct status_style){0});
}

static void lengths_are_readable(void **state)
{
	char text[AGE_SIZE];

	(void)state;
	assert_string_equal(length_text(-1, text), "0 ms");
	assert_string_equal(length_text(0.0124, text), "12 ms");
	assert_string_equal(length_text(3.61, text), "3.6 s");
	assert_string_equal(length_text(59.99, text), "59.9 s");
	assert_string_equal(length_text(0.9999, text), "999 ms");
	assert_string_equal(length_text(312, text), "5 min 12 s");
	assert_string_equal(length_text(7380, text), "2 h 03 min");
	assert_string_equal(length_text(3 * 86400.0 + 4 * 3600 + 59 * 60, text), "3 d 4 h");
}

static void columns_are_characters(void **state)
{
	(void)state;
	assert_int_equal(columns_of("gateway"), 7);
	assert_int_equal(columns_of("Jo\xc3\xa3o"), 4);
	assert_int_equal(bytes_of_columns("Jo\xc3\xa3o", 3), 4);
	assert_int_equal(bytes_of_columns("Jo\xc3\xa3o", 2), 2);
	assert_int_equal(bytes_of_columns("Jo", 0), 0);
	assert_int_equal(bytes_of_columns("Jo", 9), 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_a_master),
		cmocka_unit_test(cuts_the_table_at_the_screen),
		cmocka_unit_test(shows_backup_and_fault),
		cmocka_unit_test(a_dead_engine_never_looks_like_a_master),
		cmocka_unit_test(survives_nonsense),
		cmocka_unit_test(lengths_are_readable),
		cmocka_unit_test(columns_are_characters),
	};

	if (argc < 2)
		return 2;
	folder = argv[1];
	update = argc > 2 && strcmp(argv[2], "--update") == 0;
	return cmocka_run_group_tests_name("ctl/status-text", tests, NULL, NULL);
}
