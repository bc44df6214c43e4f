/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/probe_log.h"

#define AT(ms) ((mono_t){(ms)*DUR_MS})

static void send_every_ms(struct probe_log *log, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(probe_log_sent(log, AT((int64_t)i)), 0);
}

static void answer(struct probe_log *log, size_t first, size_t last)
{
	for (size_t i = first; i <= last; i++)
		probe_log_answered(log, i, mono_add(log->samples[i].sent, 200 * DUR_US));
}

static void nothing_wrong(void **state)
{
	struct probe_log log;
	struct probe_summary summary;

	(void)state;
	probe_log_init(&log);
	send_every_ms(&log, 10000);
	answer(&log, 0, 9999);
	assert_int_equal(probe_log_summarize(&log, &summary), 0);
	assert_int_equal(summary.sent, 10000);
	assert_int_equal(summary.received, 10000);
	assert_int_equal(summary.lost, 0);
	assert_int_equal(summary.outage_count, 0);
	assert_int_equal(summary.longest, 0);
	assert_int_equal(summary.round_trip_median, 200 * DUR_US);
	probe_summary_free(&summary);
	probe_log_free(&log);
}

static void an_outage_ends_with_the_next_answered_request(void **state)
{
	struct probe_log log;
	struct probe_summary summary;

	(void)state;
	probe_log_init(&log);
	send_every_ms(&log, 1000);
	answer(&log, 0, 99);
	answer(&log, 150, 499);
	answer(&log, 501, 999);
	assert_int_equal(probe_log_summarize(&log, &summary), 0);
	assert_int_equal(summary.lost, 51);
	assert_int_equal(summary.outage_count, 2);
	assert_int_equal(summary.outages[0].start.ns, AT(100).ns);
	assert_int_equal(summary.outages[0].end.ns, AT(150).ns);
	assert_int_equal(summary.outages[0].lost, 50);
	assert_false(summary.outages[0].open);
	assert_int_equal(probe_outage_length(&summary.outages[1]), 1 * DUR_MS);
	assert_int_equal(summary.longest, 50 * DUR_MS);
	probe_summary_free(&summary);
	probe_log_free(&log);
}

static void an_outage_at_the_end_is_open(void **state)
{
	struct probe_log log;
	struct probe_summary summary;

	(void)state;
	probe_log_init(&log);
	send_every_ms(&log, 20);
	answer(&log, 0, 9);
	assert_int_equal(probe_log_summarize(&log, &summary), 0);
	assert_int_equal(summary.outage_count, 1);
	assert_true(summary.outages[0].open);
	assert_int_equal(summary.outages[0].end.ns, AT(19).ns);
	assert_int_equal(summary.outages[0].lost, 10);
	probe_summary_free(&summary);
	probe_log_free(&log);
}

static void an_answer_counts_once_and_within_the_grace(void **state)
{
	struct probe_log log;

	(void)state;
	probe_log_init(&log);
	send_every_ms(&log, 3);
	probe_log_answered(&log, 0, AT(1));
	probe_log_answered(&log, 0, AT(2));
	probe_log_answered(&log, 1, mono_add(AT(1), PROBE_GRACE));
	probe_log_answered(&log, 2, mono_add(AT(2), PROBE_GRACE + 1));
	probe_log_answered(&log, 3, AT(3)); /* never sent */
	assert_int_equal(log.received, 2);
	assert_int_equal(log.duplicates, 1);
	assert_int_equal(log.late, 1);
	probe_log_free(&log);
}

static void nothing_sent(void **state)
{
	struct probe_log log;
	struct probe_summary summary;

	(void)state;
	probe_log_init(&log);
	assert_int_equal(probe_log_summarize(&log, &summary), 0);
	assert_int_equal(summary.sent, 0);
	assert_int_equal(summary.outage_count, 0);
	probe_summary_free(&summary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_wrong),
		cmocka_unit_test(an_outage_ends_with_the_next_answered_request),
		cmocka_unit_test(an_outage_at_the_end_is_open),
		cmocka_unit_test(an_answer_counts_once_and_within_the_grace),
		cmocka_unit_test(nothing_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
