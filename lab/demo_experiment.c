/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/demo.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/clock.h"
#include "lab/probe.h"
#include "lab/timeline.h"

#define EXPLANATION_SIZE 2048
#define CALM_BEFORE (150 * DUR_MS)
#define CALM_AFTER (400 * DUR_MS) /* longer than any remnant of a handover that was told to be over */
#define TOLD_AFTER                                                                                           \
	(150 * DUR_MS) /* how much of it the timeline shows: routes go 100 ms after the addresses */

struct answered_since {
	const struct probe *probe;
	mono_t since;
};

static bool is_answered(struct demo *demo, const void *user)
{
	const struct answered_since *wanted = user;

	(void)demo;
	return mono_before(wanted->since, probe_last_answered(wanted->probe));
}

static struct probe *begin_probe(struct demo *demo)
{
	struct answered_since first = {.since = {0}};
	struct lab_error error;
	struct probe *probe;
	int result = lab_socket(&demo->lab, demo->client, PROBE_SOCKET, &error);

	if (result >= 0)
		result = probe_start(result, demo->target, PROBE_RATE, &probe);
	if (result < 0) {
		demo_fail(demo, "the probe does not start: %s", strerror(-result));
		return NULL;
	}
	first.probe = probe;
	if (!demo_wait(demo, is_answered, &first, DEMO_PATIENCE) && !demo->interrupted)
		demo_fail(demo, "the client does not reach %s", inet_ntoa(demo->target));
	demo_pause(demo, CALM_BEFORE);
	return probe;
}

/* After a handover is over only one router may speak as master. */
static void check_speakers(struct demo *demo, const struct experiment *experiment, mono_t settled)
{
	const char *master = demo->gateways[experiment->master_after]->name;
	size_t count;
	struct capture_event *events = capture_events(demo->capture, &count);

	for (size_t i = 0; i < count; i++) {
		if (events[i].kind != CAPTURE_ADVERT || events[i].priority == 0 ||
			mono_before(events[i].at, settled) || strcmp(events[i].device, master) == 0 ||
			experiment->silent)
			continue;
		demo_fail(demo, "%s still sends adverts beside %s", events[i].device, master);
		break;
	}
	free(events);
}

/* Waits until the network serves again and the right gateway is master; says when that was seen. */
static mono_t settle(
	struct demo *demo, const struct experiment *experiment, const struct probe *probe, mono_t at)
{
	struct answered_since again = {probe, at};
	mono_t settled;
	bool right = demo_wait(demo, demo_only_holder, &experiment->master_after, DEMO_PATIENCE);

	if (!right && !demo->interrupted)
		demo_fail(demo, "%s is not the only one that holds %s (holders as bits: %u)",
			demo->gateways[experiment->master_after]->name, inet_ntoa(demo->virtual_address),
			demo_holders(demo));
	settled = mono_now();
	again.since = settled;
	if (!demo_wait(demo, is_answered, &again, DEMO_PATIENCE) && !demo->interrupted)
		demo_fail(demo, "the client does not reach %s any more", inet_ntoa(demo->target));
	settled = mono_now();
	demo_pause(demo, CALM_AFTER);
	return settled;
}

static void judge(struct demo *demo, const struct experiment *experiment, const struct probe_summary *summary)
{
	const char *master = demo->gateways[experiment->master_after]->name;

	if (demo->result_count < DEMO_RESULTS_MAX)
		demo->results[demo->result_count++] = (struct demo_result){
			experiment->fault, summary->longest, summary->lost, experiment->expected};
	if (summary->outage_count == 0)
		demo_say("No outage: none of %zu requests was lost. %s is master.", summary->sent, master);
	else
		demo_say("Outage %.1f ms, %zu of %zu requests lost. %s is master.",
			duration_ms(summary->longest), summary->lost, summary->sent, master);
	if (summary->longest > experiment->limit)
		demo_fail(demo, "an outage of %.1f ms is far from what it must be (%.1f ms)",
			duration_ms(summary->longest), duration_ms(experiment->expected));
	else if (summary->longest > experiment->expected)
		demo_say("(That is more than the %.1f ms it should be at most; the timeline shows where they "
			 "went.)",
			duration_ms(experiment->expected));
}

static void tell(struct demo *demo, const struct experiment *experiment, const struct probe_summary *summary,
	mono_t at, mono_t settled)
{
	struct timeline timeline;
	char buffer[EXPLANATION_SIZE];
	struct text text;
	size_t count;
	struct capture_event *events = capture_events(demo->capture, &count);

	timeline_init(&timeline, at, mono_add(settled, TOLD_AFTER));
	timeline_add_fault(&timeline, at, experiment->fault);
	timeline_add_packets(&timeline, events, count, experiment->silent);
	timeline_add_outages(&timeline, summary);
	for (unsigned i = 0; i < DEMO_GATEWAYS; i++) {
		char *status = demo_status(demo->gateways[i]);

		if (status)
			timeline_add_status(&timeline, demo->gateways[i]->name, status);
		free(status);
	}
	timeline_sort(&timeline);
	text_init(&text, buffer, sizeof(buffer));
	if (timeline_explain(&timeline, &text))
		demo_say("Why: %s", buffer);
	timeline_print(&timeline, stdout);
	fflush(stdout);
	timeline_free(&timeline);
	free(events);
}

void demo_measure(struct demo *demo, const struct experiment *experiment)
{
	struct probe *probe = begin_probe(demo);
	struct probe_summary summary;
	struct probe_log log;
	mono_t at, settled;
	bool done = false;

	if (!probe)
		return;
	if (!demo->interrupted && experiment->act(demo, experiment, &at)) {
		settled = settle(demo, experiment, probe, at);
		check_speakers(demo, experiment, settled);
		demo_check_answers(demo, experiment->master_after);
		done = !demo->interrupted;
	}
	probe_stop(probe, &log);
	if (done && probe_log_summarize(&log, &summary) == 0) {
		judge(demo, experiment, &summary);
		tell(demo, experiment, &summary, at, settled);
		probe_summary_free(&summary);
	}
	probe_log_free(&log);
}
