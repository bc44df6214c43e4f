/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia status` for a person at three in the morning: first whether vigiad is well, then one row for each
 * virtual router, then everything about each of them.
 */
#include "ctl/status_text.h"

#include <stdlib.h>
#include <string.h>

enum column {
	COLUMN_NAME,
	COLUMN_INTERFACE,
	COLUMN_VRID,
	COLUMN_STATE,
	COLUMN_SINCE,
	COLUMN_PRIORITY,
	COLUMN_MASTER,
	COLUMN_CAUSE,
	COLUMN_COUNT
};

#define CELL_SIZE 256

struct row {
	char cells[COLUMN_COUNT][CELL_SIZE];
};

static const char *const titles[COLUMN_COUNT] = {
	"INSTANCE", "INTERFACE", "VRID", "STATE", "FOR", "PRIORITY", "MASTER", "WHY"};

static void put_engine(FILE *out, const json_t *daemon, const struct status_style *style)
{
	const char *engine = text_of(daemon, "engine", "?");
	const char *death = text_of(daemon, "engine_death", NULL);
	json_int_t restarts = whole_of(daemon, "engine_restarts");

	if (strcmp(engine, "running") != 0)
		fprintf(out, "%sTHE ENGINE IS %s%s%s%s: what the instances do is not known.\n",
			state_colour("UNKNOWN", style),
			strcmp(engine, "not answering") == 0 ? "NOT ANSWERING"
			: strcmp(engine, "dead") == 0        ? "DEAD"
							     : "STILL STARTING",
			death ? " (" : "", death ? death : "", death ? ")" : "");
	else if (restarts > 0)
		fprintf(out, "The engine was started again %lld time%s; it last died so: %s\n",
			(long long)restarts, restarts == 1 ? "" : "s", death ? death : "?");
	if (strcmp(engine, "running") != 0)
		fputs(colour_end(style), out);
}

static void put_daemon(FILE *out, const json_t *daemon, json_int_t now, const struct status_style *style)
{
	const char *reload_error = text_of(daemon, "last_reload_error", NULL);
	char age[AGE_SIZE];

	fprintf(out, "vigiad %s on %s, process %lld, up %s\n", text_of(daemon, "version", "?"),
		text_of(daemon, "router_id", "?"), (long long)whole_of(daemon, "pid"),
		age_text(daemon, "started", now, age));
	fprintf(out, "%s, read %s ago\n", text_of(daemon, "config", "?"),
		age_text(daemon, "config_loaded", now, age));
	put_engine(out, daemon, style);
	if (reload_error)
		fprintf(out, "The last reload failed, and nothing was changed:\n%s%s", reload_error,
			*reload_error && reload_error[strlen(reload_error) - 1] == '\n' ? "" : "\n");
}

/* Only while something is wrong with it. */
static void put_mail(FILE *out, const json_t *mail)
{
	const char *error = text_of(mail, "last_error", NULL);

	if (error)
		fprintf(out, "Mail cannot be sent, %lld wait: %s\n", (long long)whole_of(mail, "queued"), error);
}

/* The same. */
static void put_after_death(FILE *out, const json_t *after)
{
	const char *error = text_of(after, "error", NULL);
	char length[AGE_SIZE];

	if (error)
		fprintf(out,
			"If all of vigiad dies at once, virtual addresses are answered for up to %s longer; nftables would "
			"prevent that: %s\n",
			length_text(number_of(after, "lifetime"), length), error);
}

/* Only what is not as it should be. */
static void put_confinement(FILE *out, const json_t *confinement)
{
	static const char *const names[] = {"front", "engine"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const json_t *process = json_object_get(confinement, names[i]);

		if (json_is_false(json_object_get(process, "filtered")))
			fprintf(out, "The %s runs without a filter of system calls; the log says why\n", names[i]);
		if (json_is_integer(json_object_get(process, "user")) && whole_of(process, "user") == 0)
			fprintf(out, "The %s runs as root\n", names[i]);
	}
}

/* Once it has been late by more than a busy machine makes it anyway. */
static void put_lateness(FILE *out, const json_t *lateness, json_int_t now)
{
	const json_t *stall = json_object_get(lateness, "last_stall");
	char length[AGE_SIZE], age[AGE_SIZE];

	if (!json_is_object(stall))
		return;
	fprintf(out, "The engine stood still %lld time%s, last for %s", (long long)whole_of(lateness, "stalls"),
		whole_of(lateness, "stalls") == 1 ? "" : "s", length_text(number_of(stall, "late"), length));
	fprintf(out, " %s ago", age_text(stall, "at", now, age));
	fprintf(out, ", at most for %s.\n", length_text(number_of(lateness, "longest"), length));
}

/* what: one of them, and many. */
static void put_lost(FILE *out, const json_t *overruns, const char *name, const char *time, const char *const what[2], json_int_t now)
{
	const json_int_t count = whole_of(overruns, name);
	char age[AGE_SIZE];

	if (count > 0)
		fprintf(out, "%lld %s found no room in the receive queue, the last one %s ago.\n", (long long)count,
			what[count > 1], age_text(overruns, time, now, age));
}

/* Once something was lost. */
static void put_overruns(FILE *out, const json_t *overruns, json_int_t now)
{
	static const char *const packets[] = {"packet", "packets"}, *const bfd[] = {"packet of BFD", "packets of BFD"};
	static const char *const answers[] = {"answer of a next hop", "answers of next hops"};
	const json_int_t events = whole_of(overruns, "netlink");
	char age[AGE_SIZE];

	put_lost(out, overruns, "packets", "packets_at", packets, now);
	put_lost(out, overruns, "bfd", "bfd_at", bfd, now);
	put_lost(out, overruns, "neighbours", "neighbours_at", answers, now);
	if (events > 0)
		fprintf(out, "Events of the kernel were lost %lld time%s, the last one %s ago; everything was asked for again.\n",
			(long long)events, events == 1 ? "" : "s", age_text(overruns, "netlink_at", now, age));
}

static const char *master_text(const json_t *instance, const char *state)
{
	if (strcmp(state, "MASTER") == 0)
		return "this router";
	if (strcmp(state, "BACKUP") == 0)
		return text_of(json_object_get(instance, "peer"), "address", "none heard");
	return "?";
}

/* What keeps a router out of service may have changed since it left: the cause of that is in its own paragraph. */
static const char *why_text(const json_t *instance, const char *state)
{
	if (strcmp(state, "FAULT") == 0 || strcmp(state, "DRAINED") == 0)
		return text_of(instance, "blockers_text", cause_text(instance, "-"));
	return cause_text(instance, "-");
}

static void fill_row(struct row *row, const json_t *instance, json_int_t now)
{
	const char *state = text_of(instance, "state", "UNKNOWN");
	const json_t *priority = json_object_get(instance, "priority");
	char age[AGE_SIZE];
	char priority_text[24] = "?";

	if (priority)
		snprintf(priority_text, sizeof(priority_text), "%lld",
			(long long)whole_of(priority, "effective"));
	snprintf(row->cells[COLUMN_NAME], CELL_SIZE, "%s", text_of(instance, "name", "?"));
	snprintf(row->cells[COLUMN_INTERFACE], CELL_SIZE, "%s", text_of(instance, "interface", "?"));
	snprintf(row->cells[COLUMN_VRID], CELL_SIZE, "%lld", (long long)whole_of(instance, "vrid"));
	snprintf(row->cells[COLUMN_STATE], CELL_SIZE, "%s", state);
	snprintf(row->cells[COLUMN_SINCE], CELL_SIZE, "%s", age_text(instance, "since", now, age));
	snprintf(row->cells[COLUMN_PRIORITY], CELL_SIZE, "%s", priority_text);
	snprintf(row->cells[COLUMN_MASTER], CELL_SIZE, "%s", master_text(instance, state));
	snprintf(row->cells[COLUMN_CAUSE], CELL_SIZE, "%s", why_text(instance, state));
}

static void widen(size_t widths[COLUMN_COUNT], const struct row *row)
{
	for (size_t column = 0; column < COLUMN_COUNT; column++) {
		size_t length = columns_of(row->cells[column]);

		if (length > widths[column])
			widths[column] = length;
	}
}

static void put_row(FILE *out, const struct row *row, const size_t widths[COLUMN_COUNT], bool heading,
	const struct status_style *style)
{
	const char *cause = row->cells[COLUMN_CAUSE];
	size_t used = 0;

	for (size_t column = 0; column < COLUMN_CAUSE; column++) {
		bool coloured = column == COLUMN_STATE && !heading && style->colour;
		const char *cell = row->cells[column];

		fprintf(out, "%s%s%s%*s", coloured ? state_colour(cell, style) : "", cell,
			coloured ? colour_end(style) : "", (int)(widths[column] - columns_of(cell) + 2), "");
		used += widths[column] + 2;
	}
	if (style->width == 0)
		fputs(cause, out);
	else if (style->width > used)
		fwrite(cause, 1, bytes_of_columns(cause, style->width - used), out);
	fputc('\n', out);
}

static void put_table(FILE *out, const json_t *instances, json_int_t now, const struct status_style *style)
{
	size_t count = json_array_size(instances);
	struct row *rows = calloc(count + 1, sizeof(*rows));
	size_t widths[COLUMN_COUNT] = {0};

	if (!rows)
		return;
	for (size_t column = 0; column < COLUMN_COUNT; column++)
		snprintf(rows[0].cells[column], CELL_SIZE, "%s", titles[column]);
	for (size_t i = 0; i < count; i++)
		fill_row(&rows[i + 1], json_array_get(instances, i), now);
	for (size_t i = 0; i <= count; i++)
		widen(widths, &rows[i]);
	fputc('\n', out);
	for (size_t i = 0; i <= count; i++)
		put_row(out, &rows[i], widths, i == 0, style);
	free(rows);
}

static void put_interface(FILE *out, const json_t *interface)
{
	const json_t *proof = json_object_get(interface, "proof");
	const json_t *changes_in = json_object_get(interface, "changes_in");
	const json_t *polled = json_object_get(interface, "polled");
	const char *state = "down";

	if (json_is_boolean(polled) && json_is_true(json_object_get(interface, "up")))
		state = json_is_true(polled) ? "up" : "up, but its driver says that there is no link";
	else if (json_is_true(json_object_get(interface, "up")))
		state = json_is_true(json_object_get(interface, "carrier")) ? "up" : "up, no carrier";
	fprintf(out, "  %s: %s, %s", text_of(interface, "name", "?"), state,
		text_of(interface, "primary", "no address"));
	if (json_is_number(changes_in))
		fprintf(out, ", counts as %s for %.1f s more",
			json_is_true(json_object_get(interface, "counts_as_up")) ? "up" : "down",
			json_number_value(changes_in));
	if (json_is_object(proof)) {
		fprintf(out, ", path %s (%s", text_of(proof, "state", "?"), text_of(proof, "reason", "?"));
		if (text_of(proof, "next_hop", NULL))
			fprintf(out, ", next hop %s", text_of(proof, "next_hop", ""));
		fputc(')', out);
	}
	fputc('\n', out);
}

static void put_interfaces(FILE *out, const json_t *interfaces)
{
	size_t i;
	const json_t *interface;

	if (json_array_size(interfaces) > 0)
		fputs("\ninterfaces\n", out);
	json_array_foreach(interfaces, i, interface) put_interface(out, interface);
}

static void put_group(FILE *out, const json_t *group, json_int_t now, const struct status_style *style)
{
	const char *state = text_of(group, "state", "?");
	char age[AGE_SIZE];
	size_t i;
	const json_t *name;

	fprintf(out, "  %s: %s%s%s for %s:", text_of(group, "name", "?"), state_colour(state, style), state,
		colour_end(style), age_text(group, "since", now, age));
	json_array_foreach(json_object_get(group, "members"), i, name)
		fprintf(out, "%s %s", i == 0 ? "" : ",", json_is_string(name) ? json_string_value(name) : "?");
	fprintf(out, "\n    %s\n", text_of(group, "text", "?"));
}

static void put_groups(FILE *out, const json_t *groups, json_int_t now, const struct status_style *style)
{
	size_t i;
	const json_t *group;

	if (json_array_size(groups) > 0)
		fputs("\nsync groups\n", out);
	json_array_foreach(groups, i, group) put_group(out, group, now, style);
}

static void put_statics(FILE *out, const json_t *items)
{
	size_t i;
	const json_t *item;

	if (json_array_size(items) > 0)
		fputs("\nstatic\n", out);
	json_array_foreach(items, i, item)
	{
		const char *error = text_of(item, "error", NULL);

		fprintf(out, "  %s: %s", text_of(item, "item", "?"),
			json_is_true(json_object_get(item, "held")) ? "held" : "not held");
		if (error)
			fprintf(out, " (%s)", error);
		fputc('\n', out);
	}
}

char *status_text(const json_t *status, const struct status_style *style)
{
	const json_t *daemon = json_object_get(status, "daemon");
	const json_t *instances = json_object_get(status, "instances");
	json_int_t now = whole_of(daemon, "now");
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	size_t i;
	const json_t *instance;

	if (!out)
		return NULL;
	put_daemon(out, daemon, now, style);
	put_lateness(out, json_object_get(status, "lateness"), now);
	put_overruns(out, json_object_get(status, "overruns"), now);
	put_mail(out, json_object_get(status, "mail"));
	put_after_death(out, json_object_get(status, "after_death"));
	put_confinement(out, json_object_get(status, "confinement"));
	put_table(out, instances, now, style);
	put_groups(out, json_object_get(status, "sync_groups"), now, style);
	json_array_foreach(instances, i, instance) status_instance(out, instance, now, style);
	status_bfd(out, status, now, style);
	status_scripts(out, json_object_get(status, "scripts"), now, style);
	put_statics(out, json_object_get(status, "static"));
	status_watched(out, status, now, style);
	put_interfaces(out, json_object_get(status, "interfaces"));
	counts_text(out, "\npackets dropped that belong to no instance: ", json_object_get(status, "drops"));
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
