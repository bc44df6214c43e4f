/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a probe sent and what came back, and what follows from it: losses, outages, round trips. Pure arithmetic on
 * times; the packets are the business of probe.c.
 *
 * An outage is a run of requests without an answer. It lasts from the moment its first request was sent to the moment
 * the next answered request was sent: this is what somebody who uses the network misses, whatever the packets
 * on their way were doing.
 */
#ifndef VIGIA_LAB_PROBE_LOG_H
#define VIGIA_LAB_PROBE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

/* An answer later than this is no answer. */
#define PROBE_GRACE (1 * DUR_S)

struct probe_sample {
	mono_t sent;
	mono_t answered; /* MONO_NEVER: not answered */
};

struct probe_log {
	struct probe_sample *samples; /* by sequence number */
	size_t count;
	size_t capacity;
	size_t received;
	uint64_t duplicates;
	uint64_t late; /* answers after PROBE_GRACE: not among the received ones */
};

struct probe_outage {
	mono_t start;
	mono_t end; /* of an open one: when the last request was sent */
	size_t first; /* sequence number of its first request */
	size_t lost;
	bool open; /* nothing was answered after it */
};

struct probe_summary {
	size_t sent;
	size_t received;
	size_t lost;
	uint64_t duplicates;
	uint64_t late;
	dur_t round_trip_median; /* 0 when nothing was answered, as the next one */
	dur_t round_trip_max;
	struct probe_outage *outages; /* oldest first; owned by the summary */
	size_t outage_count;
	dur_t longest; /* of all outages; 0: none */
};

void probe_log_init(struct probe_log *log);
void probe_log_free(struct probe_log *log);
/* The next request goes out at `at`; its sequence number is log->count before the call. -ENOMEM. */
int probe_log_sent(struct probe_log *log, mono_t at);
void probe_log_answered(struct probe_log *log, uint64_t sequence, mono_t at);
dur_t probe_outage_length(const struct probe_outage *outage);
/* -ENOMEM; *out is to be freed only after 0. */
int probe_log_summarize(const struct probe_log *log, struct probe_summary *out);
void probe_summary_free(struct probe_summary *summary);

#endif
