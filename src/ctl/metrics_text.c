/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia metrics` as a table of metric families. States are numbers, never labels: a state that changes must not leave a time series
 * behind. No type but gauge, counter and histogram is used, for node_exporter knows no others; and no label is called "instance",
 * which Prometheus keeps for the machine.
 */
#include "ctl/metrics_text.h"

#include <stdbool.h>
#include <string.h>

#include "ctl/status_text.h"

enum value {
	VALUE_NUMBER, /* or a boolean, as 0 and 1 */
	VALUE_WORD, /* the number of a word */
	VALUE_AGE, /* seconds since that time */
	VALUE_IS_NULL,
	VALUE_ONE, /* always: what counts is the labels */
};

struct word {
	const char *word;
	int number;
};

static const struct word instance_states[] = {{"UNKNOWN", -1}, {"INIT", 0}, {"BACKUP", 1}, {"MASTER", 2}, {"FAULT", 3}, {"DRAINED", 4}, {NULL, 0}};
static const struct word bfd_states[] = {{"AdminDown", 0}, {"Down", 1}, {"Init", 2}, {"Up", 3}, {NULL, 0}};
static const struct word track_states[] = {{"unknown", -1}, {"down", 0}, {"up", 1}, {NULL, 0}};
static const struct word process_states[] = {{"running", 1}, {"starting", 0}, {"dead", 0}, {"not answering", 0}, {NULL, 0}};

#define GAUGE "gauge"
#define COUNTER "counter"
#define SECONDS "seconds"
#define LABELS_MAX 6

struct family {
	const char *name; /* a counter's without _total */
	const char *type;
	const char *unit; /* NULL: none */
	const char *help;
	enum value value;
	const char *member; /* of the object; NULL: the key stands in the object itself */
	const char *key;
	const struct word *words; /* VALUE_WORD */
};

/* The families of one kind of object. */
struct section {
	const char *list; /* of the status: an array of objects, or one object */
	const struct {
		const char *label;
		const char *key;
	} labels[LABELS_MAX];
	const struct family *families;
	size_t family_count;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define COUNTED(name, help, member, key) {name, COUNTER, NULL, help, VALUE_NUMBER, member, key, NULL}

static const struct family build_families[] = {
	{"vigia_build_info", GAUGE, NULL, "The version of vigiad, as a label.", VALUE_ONE, NULL, "version", NULL},
};

static const struct family daemon_families[] = {
	{"vigia_engine_up", GAUGE, NULL, "Whether the engine runs and answers.", VALUE_WORD, NULL, "engine", process_states},
	{"vigia_runner_up", GAUGE, NULL, "Whether the process that runs scripts does; missing if there is nothing to run.", VALUE_WORD,
		NULL, "runner", process_states},
	{"vigia_uptime_seconds", GAUGE, SECONDS, "Since the start of vigiad.", VALUE_AGE, NULL, "started", NULL},
	{"vigia_config_age_seconds", GAUGE, SECONDS, "Since the configuration in force was read.", VALUE_AGE, NULL, "config_loaded", NULL},
	{"vigia_config_last_reload_successful", GAUGE, NULL, "0 after a reload that was refused.", VALUE_IS_NULL, NULL,
		"last_reload_error", NULL},
	COUNTED("vigia_engine_restarts", "Engines that died and were started again.", NULL, "engine_restarts"),
	COUNTED("vigia_runner_restarts", "Runners that died and were started again.", NULL, "runner_restarts"),
	COUNTED("vigia_log_lines_lost", "Lines of the log that were too many, or that a disk, syslog or a console did not take.", NULL,
		"log_lines_lost"),
};

static const struct family lateness_families[] = {
	{"vigia_engine_lateness_last_seconds", GAUGE, SECONDS, "How late the last turn of the engine was.", VALUE_NUMBER, NULL, "last",
		NULL},
	{"vigia_engine_lateness_longest_seconds", GAUGE, SECONDS, "The latest turn since the engine started.", VALUE_NUMBER, NULL,
		"longest", NULL},
	COUNTED("vigia_engine_stalls", "Turns that were later than 0.1 s.", NULL, "stalls"),
};

static const struct family overrun_families[] = {
	COUNTED("vigia_packets_lost", "VRRP packets that found no room in the receive queue.", NULL, "packets"),
	COUNTED("vigia_netlink_overruns", "How often events of the kernel were lost.", NULL, "netlink"),
	COUNTED("vigia_bfd_packets_lost", "BFD packets that found no room in the receive queue, or had a wrong checksum.", NULL, "bfd"),
	COUNTED("vigia_neighbour_answers_lost", "Answers of next hops (ARP, neighbour discovery) that found no room in the receive queue.", NULL,
		"neighbours"),
};

static const struct family rules_families[] = {
	COUNTED("vigia_nftables_restored", "Times that somebody took our nftables rules away and they were put back.", NULL, "restored"),
};

static const struct family after_death_families[] = {
	{"vigia_after_death_silent", GAUGE, NULL, "Whether nothing answers for virtual addresses once all of vigiad is dead.", VALUE_NUMBER,
		NULL, "silent", NULL},
};

static const struct family info_families[] = {
	{"vigia_instance_info", GAUGE, NULL, "What does not change in a virtual router, as labels.", VALUE_ONE, NULL, "name", NULL},
};

static const struct family instance_families[] = {
	{"vigia_instance_state", GAUGE, NULL, "-1 not known, 0 INIT, 1 BACKUP, 2 MASTER, 3 FAULT, 4 DRAINED.", VALUE_WORD, NULL, "state",
		instance_states},
	{"vigia_instance_state_age_seconds", GAUGE, SECONDS, "For how long it has been in this state.", VALUE_AGE, NULL, "since", NULL},
	{"vigia_instance_priority", GAUGE, NULL, "The effective priority.", VALUE_NUMBER, "priority", "effective", NULL},
	{"vigia_instance_priority_configured", GAUGE, NULL, "The priority of the configuration.", VALUE_NUMBER, "priority", "configured", NULL},
	COUNTED("vigia_instance_transitions", "Changes from a state to another one.", "counters", "transitions"),
	COUNTED("vigia_instance_became_master", "Transitions to MASTER.", "counters", "became_master"),
	COUNTED("vigia_instance_adverts_sent", "Adverts sent.", "counters", "adverts_sent"),
	COUNTED("vigia_instance_adverts_received", "Adverts taken from others.", "counters", "adverts_received"),
	COUNTED("vigia_instance_priority_zero_sent", "Adverts that said goodbye.", "counters", "priority_zero_sent"),
	COUNTED("vigia_instance_priority_zero_received", "Adverts of others that said goodbye.", "counters", "priority_zero_received"),
	COUNTED("vigia_instance_announcements_sent", "Gratuitous ARP and unsolicited neighbour advertisements.", "counters",
		"announcements_sent"),
	COUNTED("vigia_instance_send_errors", "Packets that the kernel did not take.", "counters", "send_errors"),
	COUNTED("vigia_instance_restored", "Addresses, routes, rules, devices and memberships that somebody took away, put back.",
		"counters", "restored"),
};

static const struct family group_families[] = {
	{"vigia_sync_group_state", GAUGE, NULL, "As vigia_instance_state, of all members.", VALUE_WORD, NULL, "state", instance_states},
	{"vigia_sync_group_state_age_seconds", GAUGE, SECONDS, "For how long it has been in this state.", VALUE_AGE, NULL, "since", NULL},
};

static const struct family interface_families[] = {
	{"vigia_interface_up", GAUGE, NULL, "Whether it is set up.", VALUE_NUMBER, NULL, "up", NULL},
	{"vigia_interface_carrier", GAUGE, NULL, "Whether it has carrier.", VALUE_NUMBER, NULL, "carrier", NULL},
	{"vigia_interface_counts_as_up", GAUGE, NULL, "What the virtual routers believe of it, after delays.", VALUE_NUMBER, NULL,
		"counts_as_up", NULL},
};

static const struct family bfd_families[] = {
	{"vigia_bfd_session_state", GAUGE, NULL, "0 AdminDown, 1 Down, 2 Init, 3 Up.", VALUE_WORD, NULL, "state", bfd_states},
	{"vigia_bfd_session_state_age_seconds", GAUGE, SECONDS, "For how long it has been in this state.", VALUE_AGE, NULL, "since", NULL},
	COUNTED("vigia_bfd_session_sent", "Control packets sent.", NULL, "sent"),
	COUNTED("vigia_bfd_session_received", "Control packets taken.", NULL, "received"),
	COUNTED("vigia_bfd_session_send_errors", "Control packets that the kernel did not take.", NULL, "send_errors"),
	COUNTED("vigia_bfd_session_ups", "Transitions to Up.", NULL, "ups"),
	COUNTED("vigia_bfd_session_downs", "Transitions from Up.", NULL, "downs"),
};

static const struct family script_families[] = {
	{"vigia_script_state", GAUGE, NULL, "-1 not known, 0 down, 1 up.", VALUE_WORD, NULL, "state", track_states},
	COUNTED("vigia_script_runs", "Runs that have ended.", "counters", "runs"),
	COUNTED("vigia_script_failures", "Runs that failed.", "counters", "failures"),
	COUNTED("vigia_script_timeouts", "Runs that took too long.", "counters", "timeouts"),
	COUNTED("vigia_script_start_failures", "Runs that could not begin.", "counters", "start_failures"),
};

static const struct family process_families[] = {
	{"vigia_process_state", GAUGE, NULL, "-1 not known, 0 down, 1 up.", VALUE_WORD, NULL, "state", track_states},
	{"vigia_process_running", GAUGE, NULL, "How many of them run.", VALUE_NUMBER, NULL, "running", NULL},
};

static const struct family file_families[] = {
	{"vigia_file_value", GAUGE, NULL, "The number in a tracked file.", VALUE_NUMBER, NULL, "value", NULL},
	{"vigia_file_readable", GAUGE, NULL, "0 while no number can be read from it.", VALUE_IS_NULL, NULL, "problem", NULL},
};

static const struct family static_families[] = {
	{"vigia_static_held", GAUGE, NULL, "Whether a static address, route or rule is in place.", VALUE_NUMBER, NULL, "held", NULL},
	COUNTED("vigia_static_restored", "How often somebody took it away and it was put back.", NULL, "restored"),
};

static const struct family notification_families[] = {
	COUNTED("vigia_notify_runs", "Notify commands that have ended.", NULL, "runs"),
	COUNTED("vigia_notify_failures", "Notify commands that failed.", NULL, "failures"),
	COUNTED("vigia_notify_skipped", "States that were over before a command could be told of them.", NULL, "skipped"),
};

static const struct family fifo_families[] = {
	COUNTED("vigia_fifo_lines", "Lines written to a notify pipe.", NULL, "lines"),
	COUNTED("vigia_fifo_dropped", "Lines that a notify pipe had no room for.", NULL, "dropped"),
};

static const struct family mail_families[] = {
	{"vigia_mail_queued", GAUGE, NULL, "Mails that wait or are under way.", VALUE_NUMBER, NULL, "queued", NULL},
	COUNTED("vigia_mail_sent", "Mails sent.", NULL, "sent"),
	COUNTED("vigia_mail_failed", "Mails that were refused for good or given up.", NULL, "failed"),
	COUNTED("vigia_mail_lost", "Mails that a full queue had no room for.", NULL, "lost"),
	COUNTED("vigia_mail_replaced", "Mails that gave their place to a newer state.", NULL, "replaced"),
};

#define SECTION(list, families, ...) {list, {__VA_ARGS__}, families, COUNT(families)}

static const struct section sections[] = {
	SECTION("daemon", build_families, {"version", "version"}),
	SECTION("daemon", daemon_families, {NULL, NULL}),
	SECTION("lateness", lateness_families, {NULL, NULL}),
	SECTION("overruns", overrun_families, {NULL, NULL}),
	SECTION("rules", rules_families, {NULL, NULL}),
	SECTION("after_death", after_death_families, {NULL, NULL}),
	SECTION("instances", info_families, {"vrrp_instance", "name"}, {"interface", "interface"}, {"family", "family"}, {"vrid", "vrid"},
		{"version", "version"}, {"sync_group", "sync_group"}),
	SECTION("instances", instance_families, {"vrrp_instance", "name"}),
	SECTION("sync_groups", group_families, {"sync_group", "name"}),
	SECTION("interfaces", interface_families, {"interface", "name"}),
	SECTION("bfd", bfd_families, {"session", "name"}),
	SECTION("scripts", script_families, {"script", "name"}),
	SECTION("processes", process_families, {"process", "name"}),
	SECTION("files", file_families, {"file", "name"}),
	SECTION("static", static_families, {"item", "item"}),
	SECTION("notifications", notification_families, {"kind", "kind"}, {"name", "name"}),
	SECTION("fifos", fifo_families, {"path", "path"}),
	SECTION("mail", mail_families, {NULL, NULL}),
};

/* A family under way: its head comes before its first sample. */
struct writer {
	FILE *out;
	double now; /* of the answer, nanoseconds */
	bool head_written;
};

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			putc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			putc(*text, out);
	}
}

static void put_head(struct writer *writer, const struct family *family)
{
	if (writer->head_written)
		return;
	writer->head_written = true;
	fprintf(writer->out, "# TYPE %s %s\n", family->name, family->type);
	if (family->unit)
		fprintf(writer->out, "# UNIT %s %s\n", family->name, family->unit);
	fprintf(writer->out, "# HELP %s ", family->name);
	put_escaped(writer->out, family->help);
	putc('\n', writer->out);
}

/* A string, or a whole number, as one. */
static void put_label(FILE *out, bool first, const char *label, const json_t *value)
{
	fprintf(out, "%s%s=\"", first ? "{" : ",", label);
	if (json_is_integer(value))
		fprintf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_string(value))
		put_escaped(out, json_string_value(value));
	putc('"', out);
}

static void put_name(struct writer *writer, const struct family *family, const struct section *section, const json_t *object)
{
	const bool counter = strcmp(family->type, COUNTER) == 0;

	put_head(writer, family);
	fprintf(writer->out, "%s%s", family->name, counter ? "_total" : "");
	for (size_t i = 0; i < LABELS_MAX && section->labels[i].label; i++)
		put_label(writer->out, i == 0, section->labels[i].label, json_object_get(object, section->labels[i].key));
	if (section->labels[0].label)
		putc('}', writer->out);
	putc(' ', writer->out);
}

static bool number_of_word(const struct word *words, const json_t *value, double *number)
{
	const char *word = json_string_value(value);

	for (; word && words->word; words++)
		if (strcmp(words->word, word) == 0) {
			*number = words->number;
			return true;
		}
	return false;
}

/* false: there is none. */
static bool value_of(const struct writer *writer, const struct family *family, const json_t *value, double *number)
{
	switch (family->value) {
	case VALUE_NUMBER:
		*number = json_is_boolean(value) ? (double)json_is_true(value) : json_number_value(value);
		return json_is_boolean(value) || json_is_number(value);
	case VALUE_WORD:
		return number_of_word(family->words, value, number);
	case VALUE_AGE:
		*number = (writer->now - json_number_value(value)) / 1e9;
		return json_is_integer(value);
	case VALUE_IS_NULL:
		*number = json_is_null(value);
		return value != NULL;
	case VALUE_ONE:
		*number = 1;
		return value != NULL;
	}
	return false;
}

static void put_sample(struct writer *writer, const struct family *family, const struct section *section, const json_t *object)
{
	const json_t *holder = family->member ? json_object_get(object, family->member) : object;
	const json_t *value = json_object_get(holder, family->key);
	double number;

	if (!value_of(writer, family, value, &number))
		return;
	put_name(writer, family, section, object);
	/* Counters are exact. */
	if (json_is_integer(value) && family->value == VALUE_NUMBER)
		fprintf(writer->out, "%lld\n", (long long)json_integer_value(value));
	else
		fprintf(writer->out, "%.12g\n", number);
}

static void put_section(struct writer *writer, const struct section *section, const json_t *list)
{
	for (size_t i = 0; i < section->family_count; i++) {
		const json_t *object;
		size_t k;

		writer->head_written = false;
		if (json_is_object(list))
			put_sample(writer, &section->families[i], section, list);
		json_array_foreach(list, k, object)
			put_sample(writer, &section->families[i], section, object);
	}
}

/* Reasons that have never been met are left out where there are very many counters: of each virtual router. */
static void put_drops(struct writer *writer, const struct family *family, const char *label, const json_t *object, bool all)
{
	json_t *drops = json_object_get(object, family->key);
	const char *reason;
	const json_t *count;

	json_object_foreach(drops, reason, count)
	{
		if (!json_is_integer(count) || (!all && json_integer_value(count) == 0))
			continue;
		put_head(writer, family);
		fprintf(writer->out, "%s_total", family->name);
		if (label)
			put_label(writer->out, true, label, json_object_get(object, "name"));
		fprintf(writer->out, "%sreason=\"", label ? "," : "{");
		put_escaped(writer->out, reason);
		fprintf(writer->out, "\"} %lld\n", (long long)json_integer_value(count));
	}
}

static void put_all_drops(struct writer *writer, const json_t *status)
{
	static const struct family all = COUNTED("vigia_dropped_packets", "VRRP packets that belong to no virtual router.", NULL, "drops");
	static const struct family bfd = COUNTED("vigia_bfd_dropped_packets", "BFD packets that belong to no session.", NULL, "bfd_drops");
	static const struct family of_instance =
		COUNTED("vigia_instance_dropped_packets", "Adverts that were not taken; reasons with none are left out.", NULL, "drops");
	static const struct family of_session =
		COUNTED("vigia_bfd_session_dropped_packets", "BFD packets that were not taken; reasons with none are left out.", NULL, "drops");
	const json_t *object;
	size_t i;

	writer->head_written = false;
	put_drops(writer, &all, NULL, status, true);
	writer->head_written = false;
	put_drops(writer, &bfd, NULL, status, true);
	writer->head_written = false;
	json_array_foreach(json_object_get(status, "instances"), i, object)
		put_drops(writer, &of_instance, "vrrp_instance", object, false);
	writer->head_written = false;
	json_array_foreach(json_object_get(status, "bfd"), i, object)
		put_drops(writer, &of_session, "session", object, false);
}

static void put_histogram(struct writer *writer, const json_t *lateness)
{
	static const struct family family = {"vigia_engine_lateness_seconds", "histogram", SECONDS,
		"How late the turns of the engine look at its timers.", VALUE_NUMBER, NULL, NULL, NULL};
	const json_t *entry;
	json_int_t turns = 0;
	size_t i;

	writer->head_written = false;
	json_array_foreach(json_object_get(lateness, "histogram"), i, entry)
	{
		const json_t *bound = json_object_get(entry, "at_most");

		put_head(writer, &family);
		turns = whole_of(entry, "turns");
		if (json_is_number(bound))
			/* "1.0", not "1": so everybody writes them. */
			fprintf(writer->out, "%s_bucket{le=\"%g%s\"} %lld\n", family.name, json_number_value(bound),
				json_is_integer(bound) ? ".0" : "", (long long)turns);
		else
			fprintf(writer->out, "%s_bucket{le=\"+Inf\"} %lld\n", family.name, (long long)turns);
	}
	if (!writer->head_written)
		return;
	fprintf(writer->out, "%s_count %lld\n", family.name, (long long)turns);
	fprintf(writer->out, "%s_sum %.12g\n", family.name, number_of(lateness, "sum"));
}

void metrics_text(FILE *out, const json_t *status)
{
	static const struct family up = {"vigia_up", GAUGE, NULL, "Whether vigiad answers.", VALUE_ONE, NULL, NULL, NULL};
	struct writer writer = {.out = out, .now = number_of(json_object_get(status, "daemon"), "now")};

	put_head(&writer, &up);
	fprintf(out, "%s %d\n", up.name, status != NULL);
	for (size_t i = 0; i < COUNT(sections); i++)
		put_section(&writer, &sections[i], json_object_get(status, sections[i].list));
	put_histogram(&writer, json_object_get(status, "lateness"));
	put_all_drops(&writer, status);
	fputs("# EOF\n", out);
}
