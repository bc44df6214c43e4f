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
