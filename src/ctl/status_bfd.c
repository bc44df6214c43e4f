/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD sessions, as text: part of status_text.h. */
#include "ctl/status_text.h"

#include <string.h>

/*
 *   UPLINK: Up for 4 s with 203.0.113.1; every 20 ms, lost after 60 ms; 812 sent, 811 received
 *     the neighbor hears us
 */
static void put_session(FILE *out, const json_t *session, json_int_t now, const struct status_style *style)
{
	const char *state = text_of(session, "state", "?");
	const char *interface = text_of(session, "interface", NULL);
	const json_t *remote = json_object_get(session, "remote");
	char age[AGE_SIZE], length[AGE_SIZE];

	fprintf(out, "  %s: %s%s%s for %s with %s%s%s%s", text_of(session, "name", "?"),
		state_colour(strcmp(state, "Up") == 0 ? "MASTER" : "FAULT", style), state, colour_end(style),
		age_text(session, "since", now, age), text_of(session, "neighbor", "?"),
		interface ? "%" : "", interface ? interface : "",
		json_is_true(json_object_get(session, "multihop")) ? " over several hops" : "");
	if (number_of(session, "interval") > 0)
		fprintf(out, "; every %s", length_text(number_of(session, "interval"), length));
	if (number_of(session, "detection_time") > 0)
		fprintf(out, ", lost after %s", length_text(number_of(session, "detection_time"), length));
	fprintf(out, "; %lld sent, %lld received\n    %s", (long long)whole_of(session, "sent"),
		(long long)whole_of(session, "received"),
		text_of(json_object_get(session, "cause"), "text", "?"));
	if (whole_of(session, "diag") > 0)
		fprintf(out, " (diagnostic %lld, %s)", (long long)whole_of(session, "diag"),
			text_of(session, "diag_text", "?"));
	fputc('\n', out);
	if (json_is_object(remote) && strcmp(text_of(remote, "state", "?"), state) != 0)
		fprintf(out, "    the neighbor says %s\n", text_of(remote, "state", "?"));
	if (text_of(session, "error", NULL))
		fprintf(out, "    it cannot send: %s\n", text_of(session, "error", "?"));
	if (whole_of(session, "downs") > 0)
		fprintf(out, "    lost so far: %lld\n", (long long)whole_of(session, "downs"));
	counts_text(out, "    packets dropped: ", json_object_get(session, "drops"));
}

void status_bfd(FILE *out, const json_t *status, json_int_t now, const struct status_style *style)
{
	const json_t *sessions = json_object_get(status, "bfd");
	size_t i;
	const json_t *session;

	if (json_array_size(sessions) > 0)
		fputs("\nBFD sessions\n", out);
	json_array_foreach(sessions, i, session) put_session(out, session, now, style);
	counts_text(out,
		"\nBFD packets dropped that belong to no session: ", json_object_get(status, "bfd_drops"));
}
