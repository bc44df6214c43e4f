/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a virtual router has done, and why: the records of its core machine, and the engine's own remarks, the last ones in a
 * ring for the status. Each is told to the front as well, as a line of JSON with the sentence for people. Private to
 * the room, like state.h.
 */
#ifndef VIGIA_ENGINE_HISTORY_H
#define VIGIA_ENGINE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/small_enum.h"
#include "base/text.h"
#include "base/time.h"
#include "core/vr.h"

#define HISTORY_SIZE 64
#define DEVICE_NAME_SIZE 16 /* IFNAMSIZ */

struct engine;
struct instance;

/* What the engine itself has to say about a virtual router, beside the records of the core. */
enum remark {
	REMARK_NONE, /* the entry is a record of the core */
	REMARK_RESTORED, /* prefix: somebody took it away, it was put back */
	REMARK_REMOVE_FAILED, /* prefix, error */
	REMARK_REFUSED, /* prefix or preference, error: it was taken away, or is static, and cannot be had */
	REMARK_SEND_FAILED, /* error */
	REMARK_ADDRESSES_OMITTED, /* count: as many fit into the advert */
	REMARK_STANDS_ALREADY, /* prefix: on the interface, and not put there by us */
	REMARK_LATE, /* record.duration: an advert left so late */
	REMARK_FIREWALL_FAILED, /* error: what the configuration wants of nftables is not in force */
	REMARK_FIREWALL_WORKS, /* now it is */
	REMARK_DEVICE_RESTORED, /* device: somebody deleted it, it was made again */
	REMARK_DEVICE_FAILED, /* device, record.error: it cannot be made */
	REMARK_DEVICE_SETTINGS, /* device, parent, count: the faults */
	REMARK_GROUP_LOST, /* prefix.addr: the VRRP group; it was joined again */
	REMARK_HOP_SILENT, /* next_hop: was asked before a preemption, and did not answer */
	REMARK_NOT_FORWARDING, /* device: the kernel passes nothing on that comes by it, and yet a preemption is due */
	REMARK_LINK, /* record.track_index, link_reason, next_hop */
	REMARK_LEFT_OUT, /* count: more has happened than is told */
	REMARK_WAITS_FOR_HOP, /* next_hop: its answer is waited for before a preemption */
	REMARK_WAITS_FOR_FORWARDING, /* device: the same, for it to pass packets on */
} SMALL_ENUM;
#define REMARK_LAST REMARK_WAITS_FOR_FORWARDING

/* What of ours stands in the kernel. */
enum held_kind {
	HELD_ADDRESS,
	HELD_ROUTE,
	HELD_RULE,
} SMALL_ENUM;

struct history_entry {
	mono_t at;
	struct vr_record record;
	enum remark remark;
	struct ip_prefix prefix;
	enum held_kind kind; /* of what prefix is of */
	bool of_static; /* it is a static one, whose track_group has the virtual router */
	uint32_t preference; /* of a rule */
	uint8_t link_reason; /* enum link_proof_reason */
	struct ip_addr next_hop;
	unsigned count;
	char device[DEVICE_NAME_SIZE];
	char parent[DEVICE_NAME_SIZE];
};

/* Entries are kept without their many zeroes, one behind the other, the oldest first: there are ten thousand of these. */
struct history {
	uint8_t *bytes;
	uint32_t left_out_told; /* in seconds, as the next one is */
	uint32_t told_until; /* so far the records that were told would reach, one a second */
	uint32_t total; /* ever recorded */
	uint32_t cause; /* the number of the last transition; 0: there was none */
	uint16_t used;
	uint16_t capacity;
	uint16_t left_out; /* since REMARK_LEFT_OUT was made last, or more than can be counted */
	uint8_t count;
	bool cause_is_old; /* it stands before the others, and is not one of count */
};

void history_record(
	struct engine *engine, struct instance *instance, const struct vr_record *record, mono_t now);
/* entry: with what its remark needs; time is filled in. */
void history_remark(
	struct engine *engine, struct instance *instance, const struct history_entry *entry, mono_t now);
/* "no carrier", or what is waited for: link_reason and next_hop of the entry. */
void link_reason_text(struct text *text, const struct history_entry *entry);
struct history_entry history_at(const struct history *history, size_t index); /* 0: the oldest */
/* The one that was the number-th ever, counted from 1; false: it has made room for others. */
bool history_numbered(const struct history *history, uint32_t number, struct history_entry *entry);
/* The last transition; false: there was none yet. */
bool history_cause(const struct history *history, struct vr_record *cause);
/* As if it had happened before all that is recorded. */
void history_set_cause(struct history *history, const struct vr_record *cause);
/* The numbers of tracked objects mean nothing any more. */
void history_forget_tracks(struct history *history);
void history_write_json(
	struct json_out *json, const struct history_entry *entry, const struct vr_config *config);
/* What is told already. */
void history_add(struct history *history, const struct history_entry *entry);
const char *history_remark_name(enum remark remark); /* stable word for JSON */
void history_free(struct history *history);
/* record_write_json and the sentence for people. */
void record_write_with_text(
	struct json_out *json, const struct vr_record *record, const struct vr_config *config);

void history_remark_text(struct text *text, const struct history_entry *entry, const struct vr_config *config);

#endif
