/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace: what went into a core machine and what came out, as JSON lines.
 *
 *	{"trace":1,"name":"gw1","config":"vrrp_instance VI_1 {\n..."}
 *	{"t":1234567890,"vr":"VI_1","event":{"type":"advert","source":"192.168.1.2",...}}
 *	{"t":1234567890,"vr":"VI_1","actions":[{"type":"send-advert","priority":100},...],"state":"MASTER","deadline":...}
 *	{"dropped":12}			lines that the front was too slow for: a replay stops there
 *
 * The writer is used by the engine; `vigia replay` reads events (trace_read.c is in ctl, on jansson), feeds the core, and
 * compares the line of actions as text with what the same writer makes of the core's answer now.
 */
#ifndef VIGIA_ENGINE_TRACE_H
#define VIGIA_ENGINE_TRACE_H

#include "base/text.h"
#include "base/time.h"
#include "conf/conf.h"
#include "core/vr.h"

void trace_write_header(struct text *out, const char *name, const struct conf *conf);
void trace_write_event(struct text *out, const struct vr *vr, const struct vr_event *event, mono_t now);
/* After vr_input: its actions, the state and the deadline. */
void trace_write_actions(struct text *out, const struct vr *vr, const struct actions *actions, mono_t now);
/* Writes a record as the members of the JSON object that is open: used by traces, events and status alike. */
void record_write_json(struct json_out *json, const struct vr_record *record, const struct vr_config *config);

#endif
