/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shorter scenarios that still fail: see minimise.h. */
#include "sim/minimise.h"

#include <stdlib.h>
#include <string.h>

#include "sim/random_life.h"
#include "sim/scenario.h"

#define LINES_MAX 4096
#define ROUNDS_MAX 8

struct shrink {
	char *text;
	char *candidate;
	char *lines[LINES_MAX]; /* without their ends */
	size_t line_count;
	size_t removable; /* the lines in front of the peace, without which every failure is easy */
	bool gone[LINES_MAX];
	bool attempt[LINES_MAX]; /* gone, too, in the attempt at hand */
	char kind[FAILURE_KIND_SIZE];
};

/* "FILE:LINE: at 3.4 s: the law one-master is broken: gw2 ...": what is between the time and the next colon or comma. */
static void kind_of(const char *reason, char kind[FAILURE_KIND_SIZE])
{
	const char *start = strstr(reason, " s: ");
	size_t length;

	start = start != NULL ? start + 4 : reason;
	length = strcspn(start, ":,");
	if (length >= FAILURE_KIND_SIZE)
		length = FAILURE_KIND_SIZE - 1;
	memcpy(kind, start, length);
	kind[length] = '\0';
}

bool scenario_fails(const char *text, size_t length, char kind[FAILURE_KIND_SIZE], double *seconds)
{
	struct scenario *scenario = malloc(sizeof(*scenario));
	struct run run;
	bool fails = false;

	if (scenario == NULL)
		return false;
	if (scenario_read(scenario, "random", text, length, NULL)) {
		fails = !scenario_run(&run, scenario, NULL);
		if (fails)
			kind_of(run.reason, kind);
		if (seconds != NULL)
			*seconds = (double)mono_sub(scenario->end, WORLD_START) / (double)DUR_S *
				   (double)scenario->world->router_count;
	} else if (seconds != NULL) {
		/* What was drawn must make sense; a candidate of the minimiser need not. */
		fputs(scenario->message, stderr);
		*seconds = 0;
	}
	scenario_free(scenario);
	free(scenario);
	return fails;
}

static size_t assemble(struct shrink *shrink)
{
	char *at = shrink->candidate;

	for (size_t i = 0; i < shrink->line_count; i++) {
		size_t length = strlen(shrink->lines[i]);

		if (shrink->gone[i] || shrink->attempt[i])
			continue;
		memcpy(at, shrink->lines[i], length);
		at += length;
		*at++ = '\n';
	}
	*at = '\0';
	return (size_t)(at - shrink->candidate);
}

/* Does it still fail without what the attempt takes out? Then that stays out. */
static bool succeed(struct shrink *shrink)
{
	char kind[FAILURE_KIND_SIZE] = "";
	size_t length = assemble(shrink);
	bool good = scenario_fails(shrink->candidate, length, kind, NULL) && strcmp(kind, shrink->kind) == 0;

	for (size_t i = 0; i < shrink->line_count; i++) {
		shrink->gone[i] = shrink->gone[i] || (good && shrink->attempt[i]);
		shrink->attempt[i] = false;
	}
	return good;
}

static bool opens(const char *line)
{
	size_t length = strlen(line);

	return length > 0 && line[length - 1] == '{';
}

/* One behind the line, or behind the block that it opens. */
static size_t unit_end(const struct shrink *shrink, size_t line)
{
	unsigned depth = 0;

	do {
		const char *words = shrink->lines[line] + strspn(shrink->lines[line], " \t");

		if (opens(words))
			depth++;
		else if (words[0] == '}')
			depth -= depth > 0;
		line++;
	} while (depth > 0 && line < shrink->line_count);
	return line;
}

/* Without it, what fails is no wonder: what routers must have in common, that not all are owners, where the client sends.*/
static bool is_common(const char *line)
{
	static const char *const words[] = {"version", "advert_int", "virtual_ipaddress", "priority", "host"};

	line += strspn(line, " \t");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(line, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* So many units from the beginning or the inside of a block, one group after the other. */
static bool shrink_range(struct shrink *shrink, size_t begin, size_t end, size_t group)
{
	bool progress = false;

	for (size_t line = begin; line < end;) {
		size_t units = 0;
		bool something = false;

		while (line < end && units < group) {
			size_t behind = unit_end(shrink, line);

			if (is_common(shrink->lines[line])) {
				line = behind;
				continue;
			}
			units += !shrink->gone[line];
			something = something || !shrink->gone[line];
			for (; line < behind; line++)
				shrink->attempt[line] = !shrink->gone[line];
		}
		if (something)
			progress = succeed(shrink) || progress;
	}
	return progress;
}

static bool shrink_blocks(struct shrink *shrink)
{
	bool progress = false;

	for (size_t line = 0; line < shrink->removable; line++)
		if (opens(shrink->lines[line]) && !shrink->gone[line])
			progress = shrink_range(shrink, line + 1, unit_end(shrink, line) - 1, 1) || progress;
	return progress;
}

static void cut_lines(struct shrink *shrink)
{
	char *save = NULL;

	for (char *line = strtok_r(shrink->text, "\n", &save); line != NULL && shrink->line_count < LINES_MAX;
		line = strtok_r(NULL, "\n", &save)) {
		if (strcmp(line, RANDOM_LIFE_PEACE) == 0)
			shrink->removable = shrink->line_count;
		shrink->lines[shrink->line_count++] = line;
	}
	if (shrink->removable == 0)
		shrink->removable = shrink->line_count;
}

static void search(struct shrink *shrink)
{
	size_t group = shrink->removable / 2;

	for (; group > 1; group /= 2)
		shrink_range(shrink, 0, shrink->removable, group);
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		bool progress = shrink_range(shrink, 0, shrink->removable, 1);

		if (!shrink_blocks(shrink) && !progress)
			break;
	}
}

void scenario_minimise(char *text)
{
	size_t length = strlen(text);
	struct shrink *shrink = calloc(1, sizeof(*shrink));

	if (shrink == NULL || !scenario_fails(text, length, shrink->kind, NULL))
		goto out;
	shrink->text = malloc(length + 1);
	shrink->candidate = malloc(length + 2);
	if (shrink->text == NULL || shrink->candidate == NULL)
		goto out;
	memcpy(shrink->text, text, length + 1);
	cut_lines(shrink);
	search(shrink);
	length = assemble(shrink);
	memcpy(text, shrink->candidate, length + 1);
out:
	if (shrink != NULL) {
		free(shrink->text);
		free(shrink->candidate);
	}
	free(shrink);
}
