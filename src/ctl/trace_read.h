/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading one line of a trace: engine/trace.h says what lines there are. Everything is checked, since a trace comes
 * from anywhere: a wrong line gives a sentence about what is wrong with it.
 */
#ifndef VIGIA_CTL_TRACE_READ_H
#define VIGIA_CTL_TRACE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "core/vr.h"

#define TRACE_PROBLEM_SIZE 320
#define TRACE_VERSION 1

enum trace_line_kind {
	TRACE_HEADER, /* name, config */
	TRACE_BEGIN, /* vr, at */
	TRACE_EVENT, /* vr, at, event; the configuration of VR_EVENT_CONFIG is for the caller to find */
	TRACE_ACTIONS, /* vr, at; the rest is compared as text */
	TRACE_DROPPED, /* dropped */
};

struct trace_line {
	enum trace_line_kind kind;
	void *json; /* private; the strings below are its */
	const char *name; /* of the router; may be NULL */
	const char *config;
	const char *vr;
	mono_t at;
	uint64_t dropped;
	const char *was; /* VR_EVENT_CONFIG: the name before */
	struct track_value *tracks; /* VR_EVENT_CONFIG: malloc'd; the caller may take it and leave NULL */
	size_t track_count;
	struct vr_event event; /* advert points to the next member: do not copy the struct */
	struct vrrp_advert advert;
	uint8_t address_bytes[VRRP_ADDRESSES_MAX * 16];
	char problem[TRACE_PROBLEM_SIZE]; /* when reading failed */
};

/* text: without the end of the line. Whatever the result, trace_line_free is due. */
bool trace_line_read(const char *text, size_t length, struct trace_line *line);
void trace_line_free(struct trace_line *line);

#endif
