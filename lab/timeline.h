/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened around a fault, from every witness, on one time axis: the fault itself, the adverts and ARP packets on the hub, the
 * daemons' own histories, the losses of a probe. Printed as a list, and as a sentence that explains the number.
 *
 * Pure: everything is handed in with its time.
 */
#ifndef VIGIA_LAB_TIMELINE_H
#define VIGIA_LAB_TIMELINE_H

#include <stdio.h>

#include "base/text.h"
#include "base/time.h"
#include "lab/capture.h"
#include "lab/lab.h"
#include "lab/probe_log.h"

#define TIMELINE_WORD_SIZE 32
#define TIMELINE_TEXT_SIZE 320

enum timeline_kind {
	TIMELINE_FAULT,
	TIMELINE_PACKET,
	TIMELINE_HISTORY,
	TIMELINE_OUTAGE, /* its first lost request */
	TIMELINE_ANSWERED, /* the request that ends it */
};

struct timeline_entry {
	mono_t at;
	enum timeline_kind kind;
	char device[LAB_DEVICE_NAME_SIZE]; /* PACKET, HISTORY */
	struct capture_event packet; /* PACKET */
	bool swallowed; /* PACKET: a silent cut kept it from everybody */
	bool last_words; /* PACKET: the advert of a master that has just heard a better one */
	char code[TIMELINE_WORD_SIZE]; /* HISTORY, the next three too: doc/control-protocol.md */
	char from[TIMELINE_WORD_SIZE];
	char to[TIMELINE_WORD_SIZE];
	char text[TIMELINE_TEXT_SIZE]; /* also FAULT: what was done */
	dur_t length; /* OUTAGE */
	size_t lost; /* OUTAGE */
	bool open; /* OUTAGE: no ANSWERED follows */
};

struct timeline {
	struct timeline_entry *entries;
	size_t count;
	size_t capacity;
	mono_t zero; /* times are told from here: the fault */
	mono_t end; /* what came later is left out */
	bool no_memory; /* something could not be added */
};

/* Only what lies between 2 s (the last adverts) before zero and end is kept. */
void timeline_init(struct timeline *timeline, mono_t zero, mono_t end);
void timeline_free(struct timeline *timeline);
void timeline_add_fault(struct timeline *timeline, mono_t at, const char *text);
/* silent: "gw1:eth0" if that cable is silently cut from zero to the end, else NULL. */
void timeline_add_packets(
	struct timeline *timeline, const struct capture_event *events, size_t count, const char *silent);
void timeline_add_outages(struct timeline *timeline, const struct probe_summary *summary);
/* The histories in the answer of a device's `vigia status --json`; false: it is no such answer. */
bool timeline_add_status(struct timeline *timeline, const char *device, const char *json);
/* After the last timeline_add_*. */
void timeline_sort(struct timeline *timeline);

/* One line for each entry, with repeated adverts and ARP packets in one. */
void timeline_print(const struct timeline *timeline, FILE *out);
/* Why the master changed when it did, in one sentence; false: it did not change. */
bool timeline_explain(const struct timeline *timeline, struct text *out);

#endif
