/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section of one virtual router in `vigia status`. */
#include "ctl/status_text.h"

#include <stdint.h>
#include <string.h>

/* Older ones are shown by --json alone. */
#define HISTORY_SHOWN 8
#define INDENT "             "

static void put_cause(FILE *out, const json_t *instance)
{
	const char *blockers = text_of(instance, "blockers_text", NULL);

	fprintf(out, "  why        %s\n", cause_text(instance, "nothing has happened yet"));
	if (blockers && json_array_size(json_object_get(instance, "blockers")) > 0)
		fprintf(out, "  blocked    %s\n", blockers);
}

/* "is up", "holds -20" */
static void put_value(FILE *out, const json_t *part)
{
	const char *waiting = text_of(part, "waiting", NULL);
	const json_t *value = json_object_get(part, "value");

	if (waiting)
		fprintf(out, " counts as down (%s)", waiting);
	else if (json_is_integer(value))
		fprintf(out, " holds %lld", (long long)json_integer_value(value));
	else
		fprintf(out, " is %s", text_of(part, "state", "unknown"));
}

static void put_part(FILE *out, const json_t *part)
{
	json_int_t weight = whole_of(part, "weight");
	bool reverse = json_is_true(json_object_get(part, "reverse"));

	fprintf(out, INDENT "%s %s", text_of(part, "kind", "object"), text_of(part, "object", "?"));
	put_value(out, part);
	if (weight == 0)
		fprintf(out, ", without weight%s", reverse ? ", reverse" : "");
	else
		fprintf(out, ", weight %lld%s: adds %+lld", (long long)weight, reverse ? " reverse" : "",
			(long long)whole_of(part, "adds"));
	if (json_is_true(json_object_get(part, "fails")))
		fprintf(out, ": that is a fault");
	else if (weight == 0)
		fprintf(out, ": else it were a fault");
	fputc('\n', out);
}

static void put_priority(FILE *out, const json_t *priority)
{
	const json_t *parts = json_object_get(priority, "parts");
	size_t i;
	const json_t *part;
	json_int_t configured = whole_of(priority, "configured");
	json_int_t effective = whole_of(priority, "effective");

	if (!priority)
		return;
	fprintf(out, "  priority   %lld", (long long)effective);
	if (effective != configured)
		fprintf(out, " (%lld is configured)", (long long)configured);
	fputc('\n', out);
	json_array_foreach(parts, i, part) put_part(out, part);
	if (whole_of(priority, "parts_omitted") > 0)
		fprintf(out, INDENT "and %lld more\n", (long long)whole_of(priority, "parts_omitted"));
}

static void put_authentication(FILE *out, const json_t *authentication)
{
	const char *scheme = text_of(authentication, "scheme", NULL);

	if (!scheme)
		return;
	fprintf(out, "; authenticated by %s", scheme);
	if (strcmp(scheme, "hmac") == 0)
		fprintf(out, " (%s, key %lld)", text_of(authentication, "mode", "?"),
			(long long)whole_of(authentication, "active_key"));
}

/* Where both forms of the checksum may be met. */
static void put_checksum(FILE *out, const json_t *instance, const json_t *sender)
{
	if (text_of(instance, "checksum", NULL))
		fprintf(out, ", checksum %s", text_of(sender, "checksum", "unknown"));
}

static void put_adverts(FILE *out, const json_t *instance)
{
	char interval[AGE_SIZE];
	char learned[AGE_SIZE];
	const json_t *own = json_object_get(instance, "advert_interval");
	const json_t *active = json_object_get(instance, "active_adver_interval");

	if (!json_is_number(own))
		return;
	fprintf(out, "  adverts    VRRPv%lld, every %s", (long long)whole_of(instance, "version"),
		length_text(json_number_value(own), interval));
	if (json_is_number(active) && json_number_value(active) != json_number_value(own))
		fprintf(out, " (the master's interval is %s)",
			length_text(json_number_value(active), learned));
	fprintf(out, ", from %s", text_of(instance, "primary", "no address yet"));
	put_checksum(out, instance, instance);
	put_authentication(out, json_object_get(instance, "authentication"));
	fputs(json_is_false(json_object_get(instance, "preempt")) ? "; does not preempt\n" : "\n", out);
}

static void put_peer(FILE *out, const json_t *instance, json_int_t now)
{
	const json_t *peer = json_object_get(instance, "peer");
	char age[AGE_SIZE];
	char interval[AGE_SIZE];

	if (!json_is_object(peer)) {
		fputs("  heard      no other router yet\n", out);
		return;
	}
	fprintf(out, "  heard      %s %s ago: priority %lld (ours is %lld), VRRPv%lld",
		text_of(peer, "address", "?"), age_text(peer, "heard", now, age),
		(long long)whole_of(peer, "priority"),
		(long long)whole_of(json_object_get(instance, "priority"), "effective"),
		(long long)whole_of(peer, "version"));
	if (json_is_number(json_object_get(peer, "interval")))
		fprintf(out, ", every %s", length_text(number_of(peer, "interval"), interval));
	put_checksum(out, instance, peer);
	fputc('\n', out);
}

/* Two masters that do not hear each other: this says why. */
static void put_rejected(FILE *out, const json_t *rejected, json_int_t now)
{
	const char *before = "  not heard  ";
	size_t i;
	const json_t *entry;

	json_array_foreach(rejected, i, entry)
	{
		char age[AGE_SIZE];

		fprintf(out, "%s%s %s ago, priority %lld: %s\n", before, text_of(entry, "source", "?"),
			age_text(entry, "at", now, age), (long long)whole_of(entry, "priority"),
			text_of(entry, "text", "?"));
		before = INDENT;
	}
}

static const char *timer_text(const char *name)
{
	static const struct {
		const char *name;
		const char *text;
	} texts[] = {
		{"advert", "next advert"},
		{"master_down", "master if nothing is heard"},
		{"preempt", "preempts"},
		{"announce", "announces again"},
		{"hold", "lets go"},
		{"hold_down", "held down after start or link-up: ends"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].name, name) == 0)
			return texts[i].text;
	return name;
}

static void put_timers(FILE *out, const json_t *instance)
{
	const json_t *timers = json_object_get(instance, "timers");
	const char *formula = text_of(instance, "timer_formula", NULL);
	const char *before = "  timers     ";
	const char *name;
	json_t *left;

	json_object_foreach((json_t *)(uintptr_t)timers, name, left)
	{
		char length[AGE_SIZE];

		if (!json_is_number(left))
			continue;
		fprintf(out, "%s%s in %s\n", before, timer_text(name),
			length_text(json_number_value(left), length));
		before = INDENT;
	}
	/* What the down timer was set to; without it, it is nobody's wait. */
	if (formula && json_is_number(json_object_get(timers, "master_down")))
		fprintf(out, "%s%s\n", before, formula);
}

static void put_held(FILE *out, const char *title, const json_t *list, const char *key, json_int_t omitted)
{
	const char *before = title;
	size_t i;
	const json_t *entry;

	json_array_foreach(list, i, entry)
	{
		const char *device = text_of(entry, "device", NULL);
		const char *error = text_of(entry, "error", NULL);

		fprintf(out, "  %-9s  %s", before, text_of(entry, key, "?"));
		if (device)
			fprintf(out, " on %s", device);
		fputs(json_is_true(json_object_get(entry, "held")) ? ": held" : ": not held", out);
		if (error)
			fprintf(out, " (%s)", error);
		fputc('\n', out);
		before = "";
	}
	if (omitted > 0)
		fprintf(out, INDENT "and %lld more\n", (long long)omitted);
}

/* What a host sees of it, or does not see: the first question of whoever pings a virtual address in vain. */
static void put_firewall(FILE *out, const json_t *instance)
{
	const json_t *firewall = json_object_get(instance, "firewall");
	const char *error = text_of(firewall, "error", NULL);
	const char *before = "  rules      ";

	if (json_is_true(json_object_get(firewall, "refuses"))) {
		fprintf(out, "%spackets to the virtual addresses are dropped (accept off)\n", before);
		before = INDENT;
	}
	if (json_is_true(json_object_get(firewall, "mutes"))) {
		fprintf(out, "%sthe owner's addresses give no answers while another router is master\n",
			before);
		before = INDENT;
	}
	if (json_is_true(json_object_get(firewall, "virtual_mac"))) {
		fprintf(out, "%sthe interface has the virtual MAC, too\n", before);
		before = INDENT;
	}
	if (error)
		fprintf(out, "%snot all nftables rules are in force (%s)\n", before, error);
}

static void put_virtual_mac(FILE *out, const json_t *instance)
{
	const char *mac = text_of(instance, "virtual_mac", NULL);
	const char *before = "  MAC        ";
	size_t i;
	const json_t *device;

	if (mac && json_array_size(json_object_get(instance, "devices")) == 0) {
		fprintf(out, "%s%s (virtual)\n", before, mac);
		return;
	}
	json_array_foreach(json_object_get(instance, "devices"), i, device)
	{
		const char *error = text_of(device, "error", NULL);
		const char *wrong = text_of(device, "wrong", NULL);

		fprintf(out, "%s%s, %s %s over %s", before, text_of(device, "mac", "?"),
			text_of(device, "kind", "device"), text_of(device, "name", "?"),
			text_of(device, "interface", "?"));
		if (!json_is_integer(json_object_get(device, "index")))
			fprintf(out, ": not there%s%s", error ? ", " : "", error ? error : "");
		fputc('\n', out);
		before = INDENT;
		if (wrong)
			fprintf(out, INDENT "wrong: %s\n", wrong);
	}
}

static void put_counters(FILE *out, const json_t *instance)
{
	const json_t *counters = json_object_get(instance, "counters");

	if (json_is_object(counters)) {
		fprintf(out,
			"  counters   %lld adverts sent, %lld received; priority 0: %lld sent, %lld "
			"received\n",
			(long long)whole_of(counters, "adverts_sent"),
			(long long)whole_of(counters, "adverts_received"),
			(long long)whole_of(counters, "priority_zero_sent"),
			(long long)whole_of(counters, "priority_zero_received"));
		if (whole_of(counters, "send_errors") > 0)
			fprintf(out, INDENT "%lld could not be sent\n",
				(long long)whole_of(counters, "send_errors"));
		if (whole_of(counters, "restored") > 0)
			fprintf(out, INDENT "%lld times something was taken away by others and put back\n",
				(long long)whole_of(counters, "restored"));
	}
	counts_text(out, "  dropped    ", json_object_get(instance, "drops"));
}

static void put_history(FILE *out, const json_t *history, json_int_t now)
{
	size_t count = json_array_size(history);
	const char *before = "  history    ";

	for (size_t i = count > HISTORY_SHOWN ? count - HISTORY_SHOWN : 0; i < count; i++) {
		const json_t *entry = json_array_get(history, i);
		const char *from = text_of(entry, "from", "");
		const char *to = text_of(entry, "to", "");
		char age[AGE_SIZE];

		fprintf(out, "%s%10s ago  ", before, age_text(entry, "at", now, age));
		if (strcmp(from, to) != 0)
			fprintf(out, "%s -> %s: ", from, to);
		fprintf(out, "%s\n", text_of(entry, "text", text_of(entry, "code", "?")));
		before = INDENT;
	}
}

void status_instance(FILE *out, const json_t *instance, json_int_t now, const struct status_style *style)
{
	const char *state = text_of(instance, "state", "UNKNOWN");
	bool known = strcmp(state, "UNKNOWN") != 0;
	char age[AGE_SIZE];

	fprintf(out, "\n%s: %s%s%s", text_of(instance, "name", "?"), state_colour(state, style), state,
		colour_end(style));
	if (known)
		fprintf(out, " for %s", age_text(instance, "since", now, age));
	fputc('\n', out);
	put_cause(out, instance);
	if (!known)
		return;
	put_priority(out, json_object_get(instance, "priority"));
	put_peer(out, instance, now);
	put_rejected(out, json_object_get(instance, "rejected"), now);
	put_timers(out, instance);
	put_held(out, "addresses", json_object_get(instance, "addresses"), "address",
		whole_of(instance, "addresses_omitted"));
	put_held(out, "routes", json_object_get(instance, "routes"), "route",
		whole_of(instance, "routes_omitted"));
	put_held(out, "policy", json_object_get(instance, "rules"), "rule", whole_of(instance, "rules_omitted"));
	put_firewall(out, instance);
	put_adverts(out, instance);
	put_virtual_mac(out, instance);
	put_counters(out, instance);
	put_history(out, json_object_get(instance, "history"), now);
}
