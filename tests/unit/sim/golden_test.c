/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenarios that must be refused: DIRECTORY/NAME.scenario is read, and what is said of it compared with NAME.err.
 *
 *	sim-golden-test DIRECTORY [--update]
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/scenario.h"

static char *read_file(const char *path)
{
	size_t length;

	return conf_files_system.read(conf_files_system.user, path, &length);
}

/* The folder's own name does not belong into the messages, and files that are named stand beside the scenario. */
static const char *refusal(const char *path, char message[SCENARIO_MESSAGE_SIZE])
{
	struct scenario scenario;
	char *text = read_file(path);

	if (text == NULL)
		return "it cannot be read\n";
	snprintf(message, SCENARIO_MESSAGE_SIZE, "%s",
		scenario_read(&scenario, path, text, strlen(text), &conf_files_system) ? "it is taken\n" : scenario.message);
	scenario_free(&scenario);
	free(text);
	return message;
}

static bool write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (file == NULL)
		return false;
	fputs(text, file);
	return fclose(file) == 0;
}

static bool check(const char *path, bool update)
{
	char expected_path[256], message[SCENARIO_MESSAGE_SIZE];
	const char *actual = refusal(path, message);
	char *expected;
	bool same;

	snprintf(expected_path, sizeof(expected_path), "%.*s.err", (int)(strlen(path) - strlen(".scenario")),
		path);
	if (update)
		return write_file(expected_path, actual);
	expected = read_file(expected_path);
	same = expected != NULL && strcmp(expected, actual) == 0;
	if (!same)
		printf("%s\nexpected: %sbut it is: %s", path, expected != NULL ? expected : "nothing\n",
			actual);
	free(expected);
	return same;
}

int main(int argc, char **argv)
{
	unsigned failures = 0;
	glob_t found;

	if (argc < 2 || chdir(argv[1]) != 0 || glob("*.scenario", 0, NULL, &found) != 0) {
		fputs("usage: sim-golden-test DIRECTORY [--update]\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		failures += !check(found.gl_pathv[i], argc > 2);
	printf("%zu scenarios, %u failures\n", found.gl_pathc, failures);
	globfree(&found);
	return failures > 0;
}
