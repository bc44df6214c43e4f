/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/probe_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 4096

void probe_log_init(struct probe_log *log)
{
	memset(log, 0, sizeof(*log));
}

void probe_log_free(struct probe_log *log)
{
	free(log->samples);
	probe_log_init(log);
}

int probe_log_sent(struct probe_log *log, mono_t at)
{
	if (log->count == log->capacity) {
		size_t capacity = log->capacity ? log->capacity * 2 : FIRST_CAPACITY;
		struct probe_sample *samples = reallocarray(log->samples, capacity, sizeof(*samples));

		if (!samples)
			return -ENOMEM;
		log->samples = samples;
		log->capacity = capacity;
	}
	log->samples[log->count++] = (struct probe_sample){at, MONO_NEVER};
	return 0;
}

void probe_log_answered(struct probe_log *log, uint64_t sequence, mono_t at)
{
	struct probe_sample *sample;

	if (sequence >= log->count)
		return;
	sample = &log->samples[sequence];
	if (sample->answered.ns != MONO_NEVER.ns) {
		log->duplicates++;
		return;
	}
	if (mono_sub(at, sample->sent) > PROBE_GRACE) {
		log->late++;
		return;
	}
	sample->answered = at;
	log->received++;
}

dur_t probe_outage_length(const struct probe_outage *outage)
{
	return mono_sub(outage->end, outage->start);
}

static bool is_lost(const struct probe_sample *sample)
{
	return sample->answered.ns == MONO_NEVER.ns;
}

/* Whether a run of losses begins at this sequence number. */
static bool begins_outage(const struct probe_log *log, size_t sequence)
{
	return is_lost(&log->samples[sequence]) && (sequence == 0 || !is_lost(&log->samples[sequence - 1]));
}

static struct probe_outage outage_at(const struct probe_log *log, size_t first)
{
	struct probe_outage outage = {.start = log->samples[first].sent, .first = first};
	size_t next = first;

	while (next < log->count && is_lost(&log->samples[next]))
		next++;
	outage.lost = next - first;
	outage.open = next == log->count;
	outage.end = log->samples[outage.open ? next - 1 : next].sent;
	return outage;
}

static int collect_outages(const struct probe_log *log, struct probe_summary *out)
{
	size_t count = 0;

	for (size_t i = 0; i < log->count; i++)
		count += begins_outage(log, i);
	out->outages = calloc(count ? count : 1, sizeof(*out->outages));
	if (!out->outages)
		return -ENOMEM;
	for (size_t i = 0; i < log->count; i++) {
		if (!begins_outage(log, i))
			continue;
		struct probe_outage outage = outage_at(log, i);

		if (probe_outage_length(&outage) > out->longest)
			out->longest = probe_outage_length(&outage);
		out->outages[out->outage_count++] = outage;
	}
	return 0;
}

static int compare_durations(const void *left, const void *right)
{
	dur_t a = *(const dur_t *)left, b = *(const dur_t *)right;

	return (a > b) - (a < b);
}

static int measure_round_trips(const struct probe_log *log, struct probe_summary *out)
{
	dur_t *lengths;
	size_t count = 0;

	if (log->received == 0)
		return 0;
	lengths = calloc(log->received, sizeof(*lengths));
	if (!lengths)
		return -ENOMEM;
	for (size_t i = 0; i < log->count; i++)
		if (!is_lost(&log->samples[i]))
			lengths[count++] = mono_sub(log->samples[i].answered, log->samples[i].sent);
	qsort(lengths, count, sizeof(*lengths), compare_durations);
	out->round_trip_median = lengths[count / 2];
	out->round_trip_max = lengths[count - 1];
	free(lengths);
	return 0;
}

int probe_log_summarize(const struct probe_log *log, struct probe_summary *out)
{
	int error;

	*out = (struct probe_summary){
		.sent = log->count,
		.received = log->received,
		.lost = log->count - log->received,
		.duplicates = log->duplicates,
		.late = log->late,
	};
	error = collect_outages(log, out);
	if (error)
		return error;
	error = measure_round_trips(log, out);
	if (error)
		probe_summary_free(out);
	return error;
}

void probe_summary_free(struct probe_summary *summary)
{
	free(summary->outages);
	summary->outages = NULL;
	summary->outage_count = 0;
}
