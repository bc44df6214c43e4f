/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened to a virtual router: the records of the core and the engine's own remarks, the last HISTORY_SIZE of them
 * for status, each of them told at once for the log; but not more than a person can read: whoever forges adverts could make
 * a hundred thousand records a second.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_name.h"
#include "engine/state.h"
#include "engine/trace.h"

/* In the long run one a second is told, of one virtual router; at once: */
#define REMARKS_AT_ONCE 64
#define TRANSITIONS_AT_ONCE 256
#define LEFT_OUT_SPACING 60 /* seconds */
#define GROWTH 32u /* bytes: what malloc cuts off at least */

/*
 * A packed entry: its length; the time since the entry that stands before it, seven bits an octet, the lowest first, all but the last
 * octet with the highest bit set; then runs of what else it has. A run: how many zeroes are left out (the upper half of an octet),
 * how many octets follow (the lower half), those octets. HALF zeroes or more: one more octet has their number.
 */
#define HALF 15
#define TIME_MAX 10
#define PACKED_MAX (2 + TIME_MAX + sizeof(struct history_entry) + sizeof(struct history_entry) / HALF)

_Static_assert(PACKED_MAX <= UINT8_MAX, "the length of an entry");
_Static_assert((HISTORY_SIZE + 2) * PACKED_MAX < UINT16_MAX, "the length of a history");

static size_t put_time(uint8_t *packed, uint64_t time)
{
	size_t used = 0;

	for (; time > 0x7f; time >>= 7)
		packed[used++] = (uint8_t)(time | 0x80);
	packed[used++] = (uint8_t)time;
	return used;
}

/* Of the packed entry that begins here; *runs: what is behind it. */
static uint64_t time_of(const uint8_t *packed, const uint8_t **runs)
{
	uint64_t time = 0;
	unsigned shift = 0;

	for (packed++; *packed > 0x7f; packed++, shift += 7)
		time |= (uint64_t)(*packed & 0x7f) << shift;
	time |= (uint64_t)*packed << shift;
	*runs = packed + 1;
	return time;
}

/* Length of the octets that begin here, up to the next two zeroes: a single one costs no less when it is left out. */
static size_t run_length(const uint8_t *bytes, size_t size)
{
	size_t length = 0;

	while (length < size && length < HALF && (bytes[length] != 0 || (length + 1 < size && bytes[length + 1] != 0)))
		length++;
	return length;
}

/* before: the time of the one before it */
static size_t pack(const struct history_entry *entry, mono_t before, uint8_t *packed)
{
	struct history_entry rest = *entry;
	const uint8_t *bytes = (const uint8_t *)&rest;
	size_t used = 1 + put_time(packed + 1, (uint64_t)entry->at.ns - (uint64_t)before.ns), run;

	rest.at = (mono_t){0};
	rest.record.from = (enum vr_state)(entry->record.from | entry->record.to << 4);
	rest.record.to = VR_INITIALIZE;
	for (size_t at = 0, zeroes = 0; at < sizeof(*entry); at += run) {
		run = 1;
		if (bytes[at] == 0 && ++zeroes > 0)
			continue;
		run = run_length(bytes + at, sizeof(*entry) - at);
		packed[used++] = (uint8_t)((zeroes < HALF ? zeroes : HALF) << 4 | run);
		if (zeroes >= HALF)
			packed[used++] = (uint8_t)zeroes;
		memcpy(packed + used, bytes + at, run);
		used += run;
		zeroes = 0;
	}
	packed[0] = (uint8_t)used;
	return used;
}

static size_t packed_length(const uint8_t *packed)
{
	return packed[0];
}

static struct history_entry unpack(const uint8_t *packed, mono_t before)
{
	const uint8_t *const end = packed + packed_length(packed);
	struct history_entry entry = {0};
	uint8_t *out = (uint8_t *)&entry;
	const uint64_t time = time_of(packed, &packed);

	while (packed < end) {
		const size_t zeroes = *packed >> 4, run = *packed & 0xf;

		packed++;
		out += zeroes == HALF ? *packed++ : zeroes;
		memcpy(out, packed, run);
		packed += run;
		out += run;
	}
	entry.at.ns = (int64_t)((uint64_t)before.ns + time);
	entry.record.to = (enum vr_state)(entry.record.from >> 4);
	entry.record.from = (enum vr_state)(entry.record.from & 0xf);
	return entry;
}

/* Where the one of this number stands, counted from the first that is kept; *before: the time of the one before it. */
static const uint8_t *packed_at(const struct history *history, size_t number, mono_t *before)
{
	const uint8_t *packed = history->bytes, *runs;
	uint64_t time = 0;

	for (; number > 0; number--) {
		time += time_of(packed, &runs);
		packed += packed_length(packed);
	}
	before->ns = (int64_t)time;
	return packed;
}

/* The one behind it is then so much longer after the one before. */
static void take_out(struct history *history, uint8_t *packed)
{
	const uint8_t *const end = history->bytes + history->used, *next = packed + packed_length(packed), *runs;
	uint64_t time = time_of(packed, &runs);
	uint8_t head[1 + TIME_MAX];
	size_t length;

	if (next < end) {
		time += time_of(next, &runs);
		length = 1 + put_time(head + 1, time);
		head[0] = (uint8_t)(length + (size_t)(next + packed_length(next) - runs));
		memmove(packed + length, runs, (size_t)(end - runs));
		memcpy(packed, head, length);
		packed += length + (size_t)(end - runs);
	}
	history->used = (uint16_t)(packed - history->bytes);
}

/* The last transition stays. */
static void drop_oldest(struct history *history)
{
	mono_t before;

	if (history->cause == history->total - history->count + 1)
		history->cause_is_old = true;
	else
		take_out(history, (uint8_t *)(uintptr_t)packed_at(history, history->cause_is_old, &before));
	history->count--;
}

static bool is_transition(const struct history_entry *entry)
{
	return entry->remark == REMARK_NONE && entry->record.from != entry->record.to;
}

static void note_cause(struct history *history)
{
	if (history->cause_is_old)
		take_out(history, history->bytes);
	history->cause_is_old = false;
	history->cause = history->total;
}

static bool make_room(struct history *history, size_t length)
{
	/* A multiple of it, less what malloc itself needs. */
	const size_t capacity = (history->used + length + sizeof(size_t) + GROWTH - 1) / GROWTH * GROWTH - sizeof(size_t);
	uint8_t *bytes;

	if (history->used + length <= history->capacity)
		return true;
	bytes = realloc(history->bytes, capacity);
	if (bytes == NULL)
		return false;
	history->bytes = bytes;
	history->capacity = (uint16_t)capacity;
	return true;
}

void history_add(struct history *history, const struct history_entry *entry)
{
	uint8_t packed[PACKED_MAX];
	mono_t last;
	size_t length;

	packed_at(history, (size_t)history->count + history->cause_is_old, &last);
	length = pack(entry, last, packed);
	if (!make_room(history, length))
		return;
	memcpy(history->bytes + history->used, packed, length);
	history->used = (uint16_t)(history->used + length);
	history->total++;
	history->count++;
	if (is_transition(entry))
		note_cause(history);
	if (history->count > HISTORY_SIZE)
		drop_oldest(history);
}

struct history_entry history_at(const struct history *history, size_t index)
{
	mono_t before;
	const uint8_t *const packed = packed_at(history, history->cause_is_old + index, &before);

	return unpack(packed, before);
}

bool history_numbered(const struct history *history, uint32_t number, struct history_entry *entry)
{
	const uint32_t age = history->total - number;

	if (age >= history->count)
		return false;
	*entry = history_at(history, history->count - 1 - age);
	return true;
}

bool history_cause(const struct history *history, struct vr_record *cause)
{
	struct history_entry entry;

	if (history->cause_is_old)
		entry = unpack(history->bytes, (mono_t){0});
	else if (history->cause == 0 || !history_numbered(history, history->cause, &entry))
		return false;
	*cause = entry.record;
	return true;
}

void history_set_cause(struct history *history, const struct vr_record *cause)
{
	history_add(history, &(struct history_entry){.record = *cause});
	if (history->cause != history->total || history->count != 1)
		return;
	history->cause_is_old = true;
	history->count = 0;
}

void history_forget_tracks(struct history *history)
{
	struct history old = *history;
	struct vr_record cause;

	*history = (struct history){.total = old.total - old.count,
		.left_out = old.left_out,
		.left_out_told = old.left_out_told,
		.told_until = old.told_until};
	if (old.cause_is_old && history_cause(&old, &cause)) {
		history->total--;
		cause.track_index = SIZE_MAX;
		history_set_cause(history, &cause);
	}
	for (size_t i = 0; i < old.count; i++) {
		struct history_entry entry = history_at(&old, i);

		entry.record.track_index = SIZE_MAX;
		history_add(history, &entry);
	}
	history_free(&old);
}

void history_free(struct history *history)
{
	free(history->bytes);
}

/* What follows from the transition before it, and the front logs as a detail: with thousands of virtual routers, most of all
 * that would be told. */
static bool is_told(const struct engine *engine, const struct vr_record *record)
{
	const enum vr_record_code code = record->code;

	return !engine->options.brief ||
	       (code != VR_RECORD_INSTALLED && code != VR_RECORD_ANNOUNCED && code != VR_RECORD_RELEASED_ADDRESSES &&
		       code != VR_RECORD_RELEASED_ROUTES && code != VR_RECORD_LISTENS_AGAIN);
}

static uint32_t seconds(mono_t at)
{
	return (uint32_t)(at.ns / DUR_S);
}

static bool is_too_much(struct history *history, const struct vr_record *record, mono_t now)
{
	const uint32_t most = record->from != record->to ? TRANSITIONS_AT_ONCE : REMARKS_AT_ONCE;
	const uint32_t until = history->told_until > seconds(now) ? history->told_until : seconds(now);

	if (until - seconds(now) >= most)
		return true;
	history->told_until = until + 1;
	return false;
}

/* A transition stays the cause of the present state, and a change of priority is no matter of taste to those who are notified. */
static void leave_out(struct engine *engine, struct instance *instance, const struct history_entry *entry, mono_t now)
{
	struct history *history = &instance->history;
	struct history_entry remark = {.remark = REMARK_LEFT_OUT};

	if (entry->record.from != entry->record.to)
		history_add(history, entry);
	if (entry->record.code != VR_RECORD_LOWER_HEARD)
		notify_record(engine, instance, &entry->record);
	if (history->left_out < UINT16_MAX)
		history->left_out++;
	if (seconds(now) < history->left_out_told)
		return;
	remark.count = history->left_out;
	history->left_out = 0;
	history->left_out_told = seconds(now) + LEFT_OUT_SPACING;
	history_remark(engine, instance, &remark, now);
}

void history_record(
	struct engine *engine, struct instance *instance, const struct vr_record *record, mono_t now)
{
	struct history_entry entry = {.at = now, .remark = REMARK_NONE, .record = *record};

	if (record->from != record->to) {
		instance->counters.transitions++;
		if (record->to == VR_MASTER)
			instance->counters.became_master++;
	}
	if (record->code == VR_RECORD_STOPPED) {
		instance->gone = true;
		engine->someone_gone = true;
	}
	if (is_too_much(&instance->history, record, now)) {
		leave_out(engine, instance, &entry, now);
		return;
	}
	history_add(&instance->history, &entry);
	notify_record(engine, instance, record);
	if (is_told(engine, record))
		backlog_tell(engine, instance);
}

void history_remark(
	struct engine *engine, struct instance *instance, const struct history_entry *remark, mono_t now)
{
	struct history_entry entry = *remark;

	entry.at = now;
	entry.record.from = instance->vr.state;
	entry.record.to = instance->vr.state;
	entry.record.blockers = instance->vr.blockers;
	instance->counters.restored += remark->remark == REMARK_RESTORED ||
				       remark->remark == REMARK_DEVICE_RESTORED ||
				       remark->remark == REMARK_GROUP_LOST;
	history_add(&instance->history, &entry);
	backlog_tell(engine, instance);
}

const char *history_remark_name(enum remark remark)
{
	switch (remark) {
	case REMARK_NONE:
		break;
	case REMARK_RESTORED:
		return "restored";
	case REMARK_REMOVE_FAILED:
		return "remove-failed";
	case REMARK_REFUSED:
		return "refused";
	case REMARK_SEND_FAILED:
		return "send-failed";
	case REMARK_ADDRESSES_OMITTED:
		return "addresses-omitted";
	case REMARK_STANDS_ALREADY:
		return "stands-already";
	case REMARK_LATE:
		return "late";
	case REMARK_FIREWALL_FAILED:
		return "firewall-failed";
	case REMARK_FIREWALL_WORKS:
		return "firewall-works";
	case REMARK_DEVICE_RESTORED:
		return "device-restored";
	case REMARK_DEVICE_FAILED:
		return "device-failed";
	case REMARK_DEVICE_SETTINGS:
		return "device-settings";
	case REMARK_GROUP_LOST:
		return "membership-restored";
	case REMARK_HOP_SILENT:
		return "next-hop-silent";
	case REMARK_NOT_FORWARDING:
		return "not-forwarding";
	case REMARK_LINK:
		return "link";
	case REMARK_LEFT_OUT:
		return "left-out";
	case REMARK_WAITS_FOR_HOP:
		return "waits-for-next-hop";
	case REMARK_WAITS_FOR_FORWARDING:
		return "waits-for-forwarding";
	}
	return "record";
}

static void put_thing(struct text *text, const struct history_entry *entry)
{
	text_str(text, entry->of_static ? "the static " : "the ");
	switch (entry->kind) {
	case HELD_ADDRESS:
		text_str(text, "address ");
		break;
	case HELD_ROUTE:
		text_str(text, "route to ");
		break;
	case HELD_RULE:
		text_str(text, "rule with preference ");
		text_u64(text, entry->preference);
		return;
	}
	text_ip_prefix(text, &entry->prefix);
}

void link_reason_text(struct text *text, const struct history_entry *entry)
{
	switch ((enum link_proof_reason)entry->link_reason) {
	case LINK_REASON_NO_CARRIER:
		text_str(text, "no carrier");
		break;
	case LINK_REASON_WAITING_NEXT_HOP:
		text_str(text, "carrier is there, waiting for an answer of next hop ");
		text_ip(text, &entry->next_hop);
		break;
	case LINK_REASON_WAITING_HOLD_DOWN:
		text_str(text, "carrier is there, no next hop to ask: waiting for it to stand for ");
		text_duration(text, LINK_PROOF_HOLD_DOWN);
		break;
	case LINK_REASON_ANSWERED:
		text_str(text, "next hop ");
		text_ip(text, &entry->next_hop);
		text_str(text, " answered, the link is good");
		break;
	case LINK_REASON_HELD_DOWN:
		text_str(text, "carrier has stood for ");
		text_duration(text, LINK_PROOF_HOLD_DOWN);
		text_str(text, ", the link is good");
		break;
	case LINK_REASON_GAVE_UP:
		text_str(text, "next hop ");
		text_ip(text, &entry->next_hop);
		text_str(text, " does not answer; the link is taken for good nevertheless");
		break;
	}
}

/* What it means for hosts, and what to look at. */
static void put_firewall_failure(struct text *text, int error, const struct vr_config *config)
{
	if (error == -EMEDIUMTYPE) {
		text_str(text, "no virtual MAC by rules: the interface is a bridge that hands its frames to "
			       "iptables, and "
			       "what comes to the virtual MAC would pass without connection tracking, so "
			       "unmasqueraded: " BRIDGE_ADVICE ", or do without use_vmac_rules");
		return;
	}
	text_str(text, "the kernel refuses nftables rules (");
	text_str(text, error_name(error));
	if (error == -EOPNOTSUPP)
		text_str(text, config->extra->vmac.mode == VMAC_RULES
				       ? ": it needs nf_tables with egress hooks, Linux 5.16"
				       : ": it needs nf_tables");
	text_str(text, ")");
	if (config->extra->vmac.mode == VMAC_RULES)
		text_str(text, ": frames to the virtual MAC are not taken");
	if (!config->accept)
		text_str(text, ": packets to the virtual addresses are accepted though accept is off");
	if (config->priority == VR_PRIORITY_OWNER)
		text_str(text, ": the owner's addresses answer beside another master's");
}

static void put_device_error(struct text *text, const struct history_entry *entry)
{
	text_str(text, " cannot be made over ");
	text_str(text, entry->parent);
	text_str(text, ": ");
	text_str(text, error_name(entry->record.error));
	if (entry->record.error == -EEXIST)
		text_str(text, " (another link has this name: give it another one, or the device with use_vmac NAME)");
	if (entry->record.error == -EADDRINUSE)
		text_str(text, " (another device over this interface has the same MAC)");
	if (entry->record.error == -EOPNOTSUPP)
		text_str(text, " (the kernel has no such devices: load macvlan or ipvlan)");
}

static void put_device(struct text *text, const struct history_entry *entry)
{
	if (entry->remark == REMARK_DEVICE_SETTINGS) {
		text_str(text, "device ");
		text_str(text, entry->device);
		text_str(text, ": ");
		device_faults_text(text, (int)entry->count, entry->device, entry->parent);
		if (entry->count & DEVICE_FAULTS_THAT_BREAK)
			text_str(text, "; until then no virtual router uses it");
		return;
	}
	text_str(text, "device ");
	text_str(text, entry->device);
	if (entry->remark == REMARK_DEVICE_RESTORED)
		text_str(text, " was deleted by someone else, and has been made again");
	else
		put_device_error(text, entry);
}

static void put_not_forwarding(struct text *text, const struct vr_config *config, const char *device)
{
	text_str(text, device);
	text_str(text, " forwards nothing (net.ipv");
	text_str(text, config->family == IP_V6 ? "6.conf." : "4.conf.");
	text_str(text, device);
	text_str(text, ".forwarding is 0)");
}

void history_remark_text(struct text *text, const struct history_entry *entry, const struct vr_config *config)
{
	switch (entry->remark) {
	case REMARK_NONE:
		break;
	case REMARK_RESTORED:
		put_thing(text, entry);
		text_str(text, " was removed by someone else, and has been put back");
		break;
	case REMARK_REMOVE_FAILED:
		put_thing(text, entry);
		text_str(text, " could not be removed: ");
		text_str(text, error_name(entry->record.error));
		break;
	case REMARK_REFUSED:
		put_thing(text, entry);
		text_str(text, entry->of_static ? " cannot be had: " : " cannot be put back: ");
		text_str(text, error_name(entry->record.error));
		break;
	case REMARK_SEND_FAILED:
		text_str(text, "an advert could not be sent: ");
		text_str(text, error_name(entry->record.error));
		break;
	case REMARK_ADDRESSES_OMITTED:
		text_str(text, "an advert holds the first ");
		text_u64(text, entry->count);
		text_str(text, " addresses, no more; all of them are held");
		break;
	case REMARK_STANDS_ALREADY:
		put_thing(text, entry);
		text_str(text, " stands on the interface already, and vigiad did not put it there: hosts "
			       "will find it"
			       " here even while another router is master");
		break;
	case REMARK_LATE:
		text_str(text, "an advert left ");
		text_duration(text, entry->record.duration);
		text_str(text, " late: this machine did not run the engine in time");
		break;
	case REMARK_FIREWALL_FAILED:
		put_firewall_failure(text, entry->record.error, config);
		break;
	case REMARK_FIREWALL_WORKS:
		text_str(text, "the nftables rules are in force now");
		break;
	case REMARK_DEVICE_RESTORED:
	case REMARK_DEVICE_FAILED:
	case REMARK_DEVICE_SETTINGS:
		put_device(text, entry);
		break;
	case REMARK_GROUP_LOST:
		text_str(text, "the membership in the group ");
		text_ip(text, &entry->prefix.addr);
		text_str(text, " was lost, it was joined again on ");
		text_str(text, config->interface);
		break;
	case REMARK_HOP_SILENT:
		text_str(text, "the next hop ");
		text_ip(text, &entry->next_hop);
		text_str(text, " of a virtual route was asked for a second and did not answer: taking over all the same");
		break;
	case REMARK_NOT_FORWARDING:
		put_not_forwarding(text, config, entry->device);
		text_str(text, ": taking over all the same");
		break;
	case REMARK_WAITS_FOR_FORWARDING:
		put_not_forwarding(text, config, entry->device);
		text_str(text, ": waiting for it");
		break;
	case REMARK_WAITS_FOR_HOP:
		text_str(text, "waiting for an answer of ");
		text_ip(text, &entry->next_hop);
		text_str(text, ", the next hop of a virtual route");
		break;
	case REMARK_LEFT_OUT:
		text_str(text, "more happens than is told: ");
		text_u64(text, entry->count);
		text_str(text, entry->count == 1 ? " record was" : " records were");
		text_str(text, " left out, most likely because of adverts that are forged, or of routers that hear each other one way");
		break;
	case REMARK_LINK:
		if (entry->record.track_index < config->extra->tracked_count)
			text_str(text, config->extra->tracked[entry->record.track_index].name);
		text_str(text, " (tracked): ");
		link_reason_text(text, entry);
		break;
	}
}

static void write_remark(
	struct json_out *json, const struct history_entry *entry, const struct vr_config *config)
{
	const struct vr_record *record = &entry->record;
	char buffer[640];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	history_remark_text(&text, entry, config);
	json_out_string(json, "code", history_remark_name(entry->remark));
	json_out_string(json, "from", vr_state_name(record->from, record->blockers));
	json_out_string(json, "to", vr_state_name(record->to, record->blockers));
	if (record->error != 0)
		json_out_string(json, "error", error_name(record->error));
	json_out_string(json, "text", buffer);
}

void record_write_with_text(
	struct json_out *json, const struct vr_record *record, const struct vr_config *config)
{
	char buffer[512];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	vr_record_text(&text, record, config);
	record_write_json(json, record, config);
	json_out_string(json, "text", buffer);
}

void history_write_json(
	struct json_out *json, const struct history_entry *entry, const struct vr_config *config)
{
	json_out_mono(json, "at", entry->at);
	if (entry->remark == REMARK_NONE)
		record_write_with_text(json, &entry->record, config);
	else
		write_remark(json, entry, config);
}
