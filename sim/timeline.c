/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened, for people: the engines' own sentences, outages of hosts, broken laws; all of it with --verbose, the last
 * lines when something failed. Also the captures and traces that were asked for.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"
#include "wire/arp.h"
#include "wire/nd.h"

#define KEPT 32

struct timeline {
	struct run_options options;
	struct run *run;
	struct pcap_file *pcap;
	FILE *traces[SIM_ROUTERS_MAX];
	char lines[KEPT][SCENARIO_MESSAGE_SIZE];
	size_t count; /* so far */
	bool failed; /* a file could not be written */
};

struct timeline *timeline_new(const struct run_options *options)
{
	struct timeline *timeline = calloc(1, sizeof(*timeline));

	if (timeline == NULL)
		return NULL;
	timeline->options = *options;
	if (options->pcap == NULL)
		return timeline;
	timeline->pcap = pcap_file_new(options->pcap);
	if (timeline->pcap != NULL)
		return timeline;
	free(timeline);
	return NULL;
}

void timeline_free(struct timeline *timeline)
{
	if (timeline->pcap != NULL && pcap_file_close(timeline->pcap) != 0)
		fprintf(stderr, "vigia sim: %s could not be written\n", timeline->options.pcap);
	for (size_t i = 0; i < SIM_ROUTERS_MAX; i++)
		if (timeline->traces[i] != NULL && fclose(timeline->traces[i]) != 0)
			fprintf(stderr, "vigia sim: a trace could not be written\n");
	free(timeline);
}

void timeline_add(struct timeline *timeline, const char *text)
{
	snprintf(timeline->lines[timeline->count++ % KEPT], SCENARIO_MESSAGE_SIZE, "%s", text);
	if (timeline->options.verbose)
		printf("# %s\n", text);
}

void timeline_print_last(const struct timeline *timeline, size_t most)
{
	size_t from = timeline->count > KEPT ? timeline->count - KEPT : 0;

	if (timeline->options.verbose)
		return;
	if (timeline->count - from > most)
		from = timeline->count - most;
	for (; from < timeline->count; from++)
		printf("# %s\n", timeline->lines[from % KEPT]);
}

/* "3.414062 s: " */
static void put_time(struct timeline *timeline, struct text *text)
{
	const dur_t at = mono_sub(timeline->run->scenario->world->now, WORLD_START);

	text_seconds(text, at / DUR_US * DUR_US);
	text_str(text, " s: ");
}

static void on_event(struct timeline *timeline, const struct router *router, const char *line, size_t length)
{
	json_t *event = json_loadb(line, length, 0, NULL);
	const char *instance = json_string_value(json_object_get(event, "vr"));
	const char *bfd = json_string_value(json_object_get(event, "bfd"));
	const char *said = json_string_value(json_object_get(event, "text"));
	const char *to = json_string_value(json_object_get(event, "to"));
	char buffer[SCENARIO_MESSAGE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	put_time(timeline, &text);
	text_str(&text, router->name);
	text_char(&text, ' ');
	text_str(&text, bfd != NULL ? bfd : instance);
	text_char(&text, ' ');
	text_str(&text, to);
	text_str(&text, ": ");
	text_str(&text, said);
	timeline_add(timeline, buffer);
	if (said != NULL)
		run_said(timeline->run, router, instance, said);
	json_decref(event);
}

static void on_answer_of(struct timeline *timeline, const struct router *router, const char *name, const char *said)
{
	char buffer[SCENARIO_MESSAGE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	put_time(timeline, &text);
	text_str(&text, router->name);
	text_str(&text, " answers: ");
	text_str(&text, name);
	text_str(&text, name != NULL ? ": " : NULL);
	text_str(&text, said);
	timeline_add(timeline, buffer);
	if (said != NULL)
		run_said(timeline->run, router, name, said);
}

/* To an order. */
static void on_answer(struct timeline *timeline, const struct router *router, const char *line, size_t length)
{
	json_t *answer = json_loadb(line, length, 0, NULL);
	const json_t *part;
	size_t i;

	if (json_object_get(answer, "error") != NULL)
		on_answer_of(timeline, router, NULL, json_string_value(json_object_get(answer, "error")));
	json_array_foreach(json_object_get(answer, "instances"), i, part)
		on_answer_of(timeline, router, json_string_value(json_object_get(part, "name")),
			json_string_value(json_object_get(part, "text")));
	json_decref(answer);
}

static void on_trace(struct timeline *timeline, const struct router *router, const char *line, size_t length)
{
	FILE **file = &timeline->traces[router->number];
	char path[4096];

	if (timeline->options.trace == NULL || timeline->failed)
		return;
	if (*file == NULL) {
		snprintf(path, sizeof(path), "%s-%s.trace", timeline->options.trace, router->name);
		*file = fopen(path, "we");
	}
	timeline->failed = *file == NULL;
	if (timeline->failed)
		fprintf(stderr, "vigia sim: the trace %s cannot be written\n", path);
	else
		fprintf(*file, "%.*s\n", (int)length, line);
}

static void on_line(
	void *user, const struct router *router, enum engine_tell kind, const char *line, size_t length)
{
	if (kind == ENGINE_TELL_EVENT)
		on_event(user, router, line, length);
	if (kind == ENGINE_TELL_ANSWER)
		on_answer(user, router, line, length);
	if (kind == ENGINE_TELL_TRACE)
		on_trace(user, router, line, length);
}

/* What an ARP packet or a neighbour advertisement is about, and the hardware address that it names; false: it is no such
 * frame. To everybody it is an announcement, to one machine an answer. */
static bool named_address(
	const uint8_t *bytes, size_t length, struct ip_addr *address, struct mac_addr *mac)
{
	struct arp_packet arp;
	struct nd_packet nd;

	if (length > 14 && bytes[12] == 0x08 && arp_decode(bytes + 14, length - 14, &arp)) {
		*address = arp.sender;
		*mac = arp.sender_mac;
		return arp.operation == ARP_REPLY || ip_equal(&arp.sender, &arp.target);
	}
	if (length <= 14 || bytes[12] != 0x86 || !nd_decode(bytes + 14, length - 14, &nd))
		return false;
	*address = nd.target;
	*mac = nd.mac;
	return nd.type == ND_ADVERTISEMENT;
}

static void on_frame(void *user, const struct router *from, int ifindex, const uint8_t *bytes, size_t length,
	const struct vrrp_advert *advert)
{
	struct timeline *timeline = user;
	struct ip_addr address;
	struct mac_addr named;
	struct seen seen = {.advert = advert, .mac = bytes + 6};

	(void)ifindex;
	if (timeline->pcap != NULL)
		pcap_file_write(timeline->pcap, mono_sub(timeline->run->scenario->world->now, WORLD_START),
			bytes, length);
	if (timeline->run->open == 0)
		return;
	if (advert == NULL && named_address(bytes, length, &address, &named)) {
		if ((bytes[0] & 1) != 0) {
			seen.announced = &address;
		} else {
			seen.answered = &address;
			seen.mac = named.bytes;
		}
	}
	run_frame(timeline->run, from, &seen);
}

static void on_stream(void *user, const struct host *host, const struct stream *stream)
{
	struct timeline *timeline = user;
	char buffer[SCENARIO_MESSAGE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	put_time(timeline, &text);
	text_str(&text, host->name);
	text_str(&text, stream->works ? " reaches " : " no longer reaches ");
	text_ip(&text, ip_is_set(&stream->destination) ? &stream->destination : &stream->via);
	if (stream->works && stream->by != NULL) {
		text_str(&text, " by ");
		text_str(&text, stream->by->name);
	}
	if (stream->works && stream->outages > 0) {
		text_str(&text, ", after ");
		text_duration(&text, mono_sub(timeline->run->scenario->world->now, stream->down_since));
	}
	timeline_add(timeline, buffer);
}

static void on_violation(void *user, const char *law, const char *what)
{
	run_broken(((struct timeline *)user)->run, law, what);
}

static void on_step(void *user)
{
	run_step(((struct timeline *)user)->run);
}

void timeline_attach(struct timeline *timeline, struct run *run)
{
	struct world *world = run->scenario->world;

	timeline->run = run;
	world->record = timeline->options.trace != NULL;
	world->watcher = (struct watcher){.user = timeline,
		.line = on_line,
		.frame = on_frame,
		.stream = on_stream,
		.violation = on_violation,
		.step = on_step};
}
