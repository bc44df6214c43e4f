/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the runner runs, as text: part of status_text.h. */
#include "ctl/status_text.h"

#include <string.h>

/* "  chk: up for 4 s; 12 runs, 1 failed, 1 of them timed out; last 1 s ago: exit code 0 after 2 ms" */
static void put_script(FILE *out, const json_t *script, json_int_t now, const struct status_style *style)
{
	const json_t *counters = json_object_get(script, "counters");
	const json_t *last = json_object_get(script, "last");
	const char *state = text_of(script, "state", "?");
	const json_int_t timeouts = whole_of(counters, "timeouts");
	char age[AGE_SIZE], length[AGE_SIZE];

	fprintf(out, "  %s: %s%s%s for %s; %lld runs, %lld failed", text_of(script, "name", "?"),
		state_colour(strcmp(state, "down") == 0 ? "FAULT" : state, style), state, colour_end(style),
		age_text(script, "since", now, age), (long long)whole_of(counters, "runs"),
		(long long)whole_of(counters, "failures"));
	if (timeouts > 0)
		fprintf(out, ", %lld of them timed out", (long long)timeouts);
	if (json_is_object(last))
		fprintf(out, "; last %s ago: %s after %s", age_text(last, "at", now, age), text_of(last, "text", "?"),
			length_text(number_of(last, "duration"), length));
	fputc('\n', out);
}

void status_scripts(FILE *out, const json_t *scripts, json_int_t now, const struct status_style *style)
{
	size_t i;
	const json_t *script;

	if (json_array_size(scripts) > 0)
		fputs("\nscripts\n", out);
	json_array_foreach(scripts, i, script) put_script(out, script, now, style);
}

/* "  load: 5 for 4 s, in /run/load" */
static void put_file(FILE *out, const json_t *file, json_int_t now)
{
	const char *problem = text_of(file, "problem", NULL);
	char age[AGE_SIZE];

	fprintf(out, "  %s: %lld for %s, in %s%s%s\n", text_of(file, "name", "?"), (long long)whole_of(file, "value"),
		age_text(file, "since", now, age), text_of(file, "path", "?"), problem ? ", which now " : "",
		problem ? problem : "");
}

/* "  nginx: up for 4 s, 2 run" */
static void put_process(FILE *out, const json_t *process, json_int_t now, const struct status_style *style)
{
	const char *state = text_of(process, "state", "?");
	char age[AGE_SIZE];

	fprintf(out, "  %s: %s%s%s for %s, %lld run (quorum %lld", text_of(process, "name", "?"),
		state_colour(strcmp(state, "down") == 0 ? "FAULT" : state, style), state, colour_end(style),
		age_text(process, "since", now, age), (long long)whole_of(process, "running"),
		(long long)whole_of(process, "quorum"));
	if (json_is_integer(json_object_get(process, "quorum_max")))
		fprintf(out, ", at most %lld", (long long)whole_of(process, "quorum_max"));
	fputs(")\n", out);
}

void status_watched(FILE *out, const json_t *status, json_int_t now, const struct status_style *style)
{
	const json_t *files = json_object_get(status, "files"), *processes = json_object_get(status, "processes");
	size_t i;
	const json_t *each;

	if (json_array_size(files) > 0)
		fputs("\nfiles\n", out);
	json_array_foreach(files, i, each) put_file(out, each, now);
	if (json_array_size(processes) > 0)
		fputs("\nprocesses\n", out);
	json_array_foreach(processes, i, each) put_process(out, each, now, style);
}
