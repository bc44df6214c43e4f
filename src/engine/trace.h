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
 *
 * A header stands before the events that its configuration concerns; a reload writes another one before its first event.
 * A large configuration is spread over several headers, each with some of the virtual routers: a name is looked up in
 * the newest header that has it.
 *
 * {"type":"begin"}, without a line of actions, is vr_init with the configuration of that name in the last header,
 * tracked interfaces down and other tracked objects unknown; a name that begins again is a new virtual router. One that a reload removed is traced up to
 * its shutdown. A trace is complete only from the start of an engine on: recording cannot begin in the middle.
 *
 * Events, all lengths in nanoseconds, absent addresses null:
 *	{"type":"begin"} {"type":"tick"} {"type":"startup","adopt":false,"quiet_until":1234567890} (the latter only with a
 *	hold-down) {"type":"shutdown"} {"type":"shutdown-now"}
 *	{"type":"advert","source":"192.168.1.2","destination":"224.0.0.18","ttl":255,"version":3,"packet_type":1,"vrid":51,
 *	 "priority":99,"auth_type":0,"checksum_form":"none|message-only|pseudo-header|both","checksum":4660,
 *	 "interval":1000000000,"addresses":["192.168.1.200"]}
 *	(with "unproven":true while somebody is asked over a link that came back, "bad_device":true while a setting of a device for the
 *	 virtual MAC would break the service)
 *	{"type":"interface","exists":true,"up":true,"primary":"192.168.1.1","tentative":false,"duplicate":false,"no_device":false}
 *	{"type":"track","index":0,"state":"unknown|up|down","value":-20} (value: of a file, when not 0)
 *	{"type":"config","tracks":[{"state":"up"}],"was":"VI_1"}	vr_config of "vr" in the last header; its states; the old name
 *	{"type":"install-result","error":0}		or a negative errno number
 *	{"type":"group","order":"block|clear|master|backup|hold","member":"VI_2","blockers":["link-down"],"peer":null,
 *	 "peer_priority":0,"until":0}			what its sync group decided, and because of which member
 *	{"type":"route","refused":true}			a route or rule cannot be put back; false: it may be tried again
 * Actions: {"type":"send-advert","priority":N} (and "interval":N when it says another than the configured one) {"type":"install"} {"type":"remove-addresses"} {"type":"remove-routes"}
 *	{"type":"announce","count":N} {"type":"record", members of record_write_json}
 */
#ifndef VIGIA_ENGINE_TRACE_H
#define VIGIA_ENGINE_TRACE_H

#include "base/text.h"
#include "base/time.h"
#include "core/vr.h"

/* config: as conf_print made it. The header takes up to six bytes for each of its bytes, and 64 besides. */
void trace_write_header(struct text *out, const char *name, const char *config);
void trace_write_begin(struct text *out, const struct vr *vr, mono_t now);
void trace_write_event(struct text *out, const struct vr *vr, const struct vr_event *event, mono_t now);
/* After vr_input: its actions, the state and the deadline. */
void trace_write_actions(struct text *out, const struct vr *vr, const struct actions *actions, mono_t now);
/* Writes a record as the members of the JSON object that is open: code, from, to, and what else the record holds
 * (peer, peer_priority, own_priority, blockers, track, track_kind, track_value, member, duration in seconds, error). Used by traces, events and status;
 * the sentence for people is not among them: vr_record_text makes it. */
void record_write_json(struct json_out *json, const struct vr_record *record, const struct vr_config *config);
/* Stable word of one bit of enum vr_blocker: "link-down". */
const char *blocker_name(enum vr_blocker blocker);
/* "block" */
const char *group_order_name(enum vr_group_order order);

#endif
