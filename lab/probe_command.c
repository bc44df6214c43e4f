/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vigia lab probe FROM TO`: how long was it out? */
#include "lab/commands.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lab/clock.h"
#include "lab/device_address.h"
#include "lab/probe.h"

struct options {
	const char *directory;
	const char *from;
	const char *to;
	unsigned rate;
	dur_t duration; /* 0: until Ctrl-C */
	bool json;
	bool help;
};

static void print_usage(FILE *out)
{
	fputs("usage: vigia lab probe FROM TO [--rate N] [--duration SECONDS] [-d DIRECTORY] [--json]\n"
	      "\n"
	      "Sends N (1000) echo requests a second from the device FROM to TO, an address or a device, "
	      "until Ctrl-C or\n"
	      "for SECONDS, and says what was lost and how long each outage was: from the moment the first "
	      "lost request\n"
	      "was sent to the moment the next answered one was. Exit status 1 when nothing came back.\n",
		out);
}

static bool parse_number(const char *text, double least, double most, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out >= least && *out <= most;
}

static bool take_option(int option, struct options *options)
{
	double number;

	switch (option) {
	case 'd':
		options->directory = optarg;
		return true;
	case 'r':
		if (!parse_number(optarg, 1, PROBE_RATE_MAX, &number) || number > (double)(unsigned)number) {
			complain("--rate is a whole number from 1 to %d, not \"%s\"", PROBE_RATE_MAX, optarg);
			return false;
		}
		options->rate = (unsigned)number;
		return true;
	case 't':
		if (!parse_number(optarg, 0.001, 86400, &number)) {
			complain("--duration is a number of seconds up to 86400, not \"%s\"", optarg);
			return false;
		}
		options->duration = (dur_t)(number * (double)DUR_S);
		return true;
	case 'j':
		options->json = true;
		return true;
	case 'h':
		options->help = true;
		return true;
	default:
		return false;
	}
}

static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {{"directory", required_argument, NULL, 'd'},
		{"rate", required_argument, NULL, 'r'}, {"duration", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "d:h", known, NULL)) != -1)
		if (!take_option(option, options))
			return false;
	if (options->help)
		return true;
	if (argc - optind != 2)
		return false;
	options->from = argv[optind];
	options->to = argv[optind + 1];
	return true;
}

/* Until a signal to end comes, the time is up, or the lab has ended. The signals are blocked for the probe's thread too. */
static void wait_for_the_end(int signals, int supervisor, dur_t duration)
{
	mono_t end = mono_add(mono_now(), duration);
	struct pollfd ready[] = {{.fd = signals, .events = POLLIN}, {.fd = supervisor, .events = POLLIN}};

	for (;;) {
		dur_t left = mono_sub(end, mono_now());
		struct timespec timeout = {left / DUR_S, left % DUR_S};

		if (duration && left <= 0)
			return;
		if (ppoll(ready, 2, duration ? &timeout : NULL, NULL) > 0)
			return;
	}
}

static void print_json(const struct probe_summary *summary)
{
	printf("{\"sent\":%zu,\"received\":%zu,\"lost\":%zu,\"duplicates\":%llu,\"late\":%llu,",
		summary->sent, summary->received, summary->lost, (unsigned long long)summary->duplicates,
		(unsigned long long)summary->late);
	printf("\"round_trip_median_ms\":%.6f,\"round_trip_max_ms\":%.6f,\"longest_outage_ms\":%.6f,"
	       "\"outages\":[",
		duration_ms(summary->round_trip_median), duration_ms(summary->round_trip_max),
		duration_ms(summary->longest));
	for (size_t i = 0; i < summary->outage_count; i++) {
		const struct probe_outage *outage = &summary->outages[i];

		printf("%s{\"start\":%lld,\"end\":%lld,\"ms\":%.6f,\"lost\":%zu,\"open\":%s}", i ? "," : "",
			(long long)outage->start.ns, (long long)outage->end.ns,
			duration_ms(probe_outage_length(outage)), outage->lost,
			outage->open ? "true" : "false");
	}
	puts("]}");
}

static void print_outage(const struct probe_outage *outage, mono_t began)
{
	printf("  outage %.1f ms, %zu lost, from %.3f s to %.3f s%s\n",
		duration_ms(probe_outage_length(outage)), outage->lost,
		duration_ms(mono_sub(outage->start, began)) / 1000,
		duration_ms(mono_sub(outage->end, began)) / 1000,
		outage->open ? ", not over at the end" : "");
}

static void print_text(
	const struct options *options, const struct probe_log *log, const struct probe_summary *summary)
{
	printf("%s to %s: %zu sent, %zu answered, %zu lost\n", options->from, options->to, summary->sent,
		summary->received, summary->lost);
	for (size_t i = 0; i < summary->outage_count; i++)
		print_outage(&summary->outages[i], log->samples[0].sent);
	if (summary->outage_count > 1)
		printf("  longest outage %.1f ms\n", duration_ms(summary->longest));
	if (summary->duplicates)
		printf("  %llu duplicates\n", (unsigned long long)summary->duplicates);
	if (summary->late)
		printf("  %llu answers came more than a second late and count as lost\n",
			(unsigned long long)summary->late);
	if (summary->received)
		printf("  round trip: median %.3f ms, longest %.3f ms\n",
			duration_ms(summary->round_trip_median), duration_ms(summary->round_trip_max));
}

static int report(const struct options *options, const struct probe_log *log)
{
	struct probe_summary summary;
	size_t received;

	if (probe_log_summarize(log, &summary) < 0) {
		complain("no memory to sum up %zu requests", log->count);
		return 1;
	}
	if (options->json)
		print_json(&summary);
	else
		print_text(options, log, &summary);
	received = summary.received;
	probe_summary_free(&summary);
	return received == 0;
}

static int open_probe(
	struct lab *lab, const struct options *options, struct probe **probe, struct lab_error *error)
{
	struct lab_device *from = lab_device(lab, options->from, error);
	struct in_addr to;
	int result;

	if (!from)
		return -ENOENT;
	result = device_or_address(lab, options->to, &to, error);
	if (result < 0)
		return result;
	result = lab_socket(lab, from, PROBE_SOCKET, error);
	if (result < 0)
		return result;
	result = probe_start(result, to, options->rate, probe);
	if (result == -ENETUNREACH)
		return lab_fail(error, result, "%s has no route to %s", options->from, options->to);
	if (result < 0)
		return lab_fail(error, result, "the probe does not start: %s", strerror(-result));
	return 0;
}

static int run_probe(const struct options *options)
{
	struct probe_log log;
	struct lab_error error;
	struct probe *probe;
	struct lab lab;
	sigset_t ending;
	int signals, supervisor, status;

	if (lab_find(options->directory, &lab, &error) < 0) {
		complain("%s", error.text);
		return 1;
	}
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	signals = signalfd(-1, &ending, SFD_CLOEXEC);
	supervisor = pidfd_open(lab.supervisor, 0);
	if (signals < 0 || supervisor < 0)
		status = lab_fail(&error, -errno, "cannot watch the lab: %s", strerror(errno));
	else
		status = open_probe(&lab, options, &probe, &error);
	lab_free(&lab);
	if (status < 0) {
		complain("%s", error.text);
		return 1;
	}
	wait_for_the_end(signals, supervisor, options->duration);
	probe_stop(probe, &log);
	status = report(options, &log);
	probe_log_free(&log);
	close(supervisor);
	close(signals);
	return status;
}

int command_probe(int argc, char **argv)
{
	struct options options = {.rate = PROBE_RATE};

	if (!parse_options(argc, argv, &options)) {
		print_usage(stderr);
		return 2;
	}
	if (options.help) {
		print_usage(stdout);
		return 0;
	}
	return run_probe(&options);
}
