/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keepalived.stats: the counters of every virtual router. */
#include "front/dump.h"

static void put_instance(FILE *out, const struct dump_instance *instance)
{
	const json_t *status = instance->status;
	const struct {
		const char *title; /* of a part; NULL: the same part goes on */
		const char *label;
		const char *member;
		const char *name;
	} rows[] = {
		{"Packet Errors", "Length", "drops", "length"},
		{NULL, "TTL", "drops", "ttl"},
		{NULL, "Invalid Type", "drops", "type"},
		{NULL, "Advertisement Interval", "drops", "interval"},
		{NULL, "Address List", "drops", "address-list"},
		{"Authentication Errors", "Invalid Type", "drops", "auth-type"},
		{NULL, "Type Mismatch", "drops", "auth-mismatch"},
		{NULL, "Failure", "drops", "auth-failure"},
		{"Priority Zero", "Received", "counters", "priority_zero_received"},
		{NULL, "Sent", "counters", "priority_zero_sent"},
	};

	fprintf(out, "VRRP Instance: %s\n  Advertisements:\n    Received: %lld\n    Sent: %lld\n",
		instance->config->name, dump_number(status, "counters", "adverts_received"),
		dump_number(status, "counters", "adverts_sent"));
	fprintf(out, "  Became master: %lld\n  Released master: %lld\n",
		dump_number(status, "counters", "became_master"), dump_released_master(instance));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].title)
			fprintf(out, "  %s:\n", rows[i].title);
		fprintf(out, "    %s: %lld\n", rows[i].label,
			dump_number(status, rows[i].member, rows[i].name));
	}
}

void dump_stats(FILE *out, const struct dump_source *source)
{
	for (size_t i = 0; i < source->instance_count; i++)
		put_instance(out, &source->instances[i]);
}
