/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records as people read them: stable words for programs, sentences with their numbers for everybody else. A timer that
 * fired is shown with the formula that gave its length, as far as the record and the configuration tell: after a
 * change of priority or configuration in between, only the length is.
 */
#include "core/vr_internal.h"

#include <string.h>

#include "base/error_name.h"

const char *vr_state_name(enum vr_state state, uint32_t blockers)
{
	switch (state) {
	case VR_INITIALIZE:
		return (blockers & ~(uint32_t)VR_BLOCKER_NOT_STARTED) != 0 ? "FAULT" : "INIT";
	case VR_BACKUP:
		return "BACKUP";
	case VR_MASTER:
		return "MASTER";
	}
	return "?";
}

static const char *const record_names[VR_RECORD_CODE_COUNT] = {
	[VR_RECORD_STARTED] = "started",
	[VR_RECORD_OWNER_STARTED] = "owner-started",
	[VR_RECORD_DOWN_TIMER] = "down-timer",
	[VR_RECORD_SKEW_TIMER] = "skew-timer",
	[VR_RECORD_PREEMPTED_LOWER] = "preempted-lower",
	[VR_RECORD_PREEMPT_DELAY] = "preempt-delay",
	[VR_RECORD_FIRST_WAIT] = "first-wait",
	[VR_RECORD_HIGHER_PRIORITY] = "higher-priority",
	[VR_RECORD_TIE_LOST] = "tie-lost",
	[VR_RECORD_BLOCKED] = "blocked",
	[VR_RECORD_SHUTDOWN] = "shutdown",
	[VR_RECORD_PRIORITY_CHANGED] = "priority-changed",
	[VR_RECORD_BLOCKERS_CHANGED] = "blockers-changed",
	[VR_RECORD_PRIORITY_ZERO_SENT] = "priority-zero-sent",
	[VR_RECORD_PRIORITY_ZERO_HEARD] = "priority-zero-heard",
	[VR_RECORD_LOWER_HEARD] = "lower-heard",
	[VR_RECORD_TIE_HELD] = "tie-held",
	[VR_RECORD_RIVAL_GONE] = "rival-gone",
	[VR_RECORD_PREEMPT_WAIT] = "preempt-wait",
	[VR_RECORD_INTERVAL_LEARNED] = "interval-learned",
	[VR_RECORD_INTERVAL_DIFFERS] = "interval-differs",
	[VR_RECORD_ADDRESSES_DIFFER] = "addresses-differ",
	[VR_RECORD_OWNER_CONFLICT] = "owner-conflict",
	[VR_RECORD_CHECKSUM_LEARNED] = "checksum-learned",
	[VR_RECORD_CHECKSUM_MIXED] = "checksum-mixed",
	[VR_RECORD_NEW_MASTER_HEARD] = "new-master-heard",
	[VR_RECORD_INSTALLED] = "installed",
	[VR_RECORD_INSTALL_FAILED] = "install-failed",
	[VR_RECORD_ANNOUNCED] = "announced",
	[VR_RECORD_SUCCESSOR_HEARD] = "successor-heard",
	[VR_RECORD_NO_SUCCESSOR] = "no-successor",
	[VR_RECORD_RELEASED_ADDRESSES] = "released-addresses",
	[VR_RECORD_RELEASED_ROUTES] = "released-routes",
	[VR_RECORD_ADOPTED] = "adopted",
	[VR_RECORD_STOPPED] = "stopped",
};

const char *vr_record_name(enum vr_record_code code)
{
	return (unsigned)code < VR_RECORD_CODE_COUNT ? record_names[code] : "?";
}

enum vr_record_code vr_record_from_name(const char *name)
{
	for (unsigned code = 0; code < VR_RECORD_CODE_COUNT; code++)
		if (strcmp(record_names[code], name) == 0)
			return (enum vr_record_code)code;
	return VR_RECORD_CODE_COUNT;
}

static void put_u(struct text *text, const char *before, uint64_t value, const char *after)
{
	text_str(text, before);
	text_u64(text, value);
	text_str(text, after);
}

static void put_seconds(struct text *text, const char *before, dur_t length, const char *after)
{
	text_str(text, before);
	text_seconds(text, length);
	text_str(text, " s");
	text_str(text, after);
}

static void put_peer(struct text *text, const struct vr_record *record, const char *after)
{
	if (ip_is_set(&record->peer))
		text_ip(text, &record->peer);
	else
		text_str(text, "any router");
	text_str(text, after);
}

/* "(256-100)/256 s" or "(256-100)/256 * 0.1 s" */
static void put_skew(struct text *text, uint8_t version, unsigned priority, dur_t interval)
{
	put_u(text, "(256-", priority, ")/256");
	if (version == 2)
		text_str(text, " s");
	else
		put_seconds(text, " * ", interval, "");
}

/* The interval of which length is adverts times and one Skew_Time, or 0 when there is none. In version 3 it may have been
 * learned, and is a whole number of centiseconds. */
static dur_t interval_of(const struct vr_config *config, unsigned priority, unsigned adverts, dur_t length)
{
	dur_t interval = config->advert_interval;

	if (config->version != 2) {
		interval = length * 256 / (256 * adverts + 256 - priority);
		interval = (interval + DUR_CS / 2) / DUR_CS * DUR_CS;
	}
	if (vr_down_interval(config->version, (uint8_t)priority, interval, adverts) != length)
		return 0;
	return interval;
}

static void put_timer(struct text *text, const char *name, const struct vr_record *record,
	const struct vr_config *config, unsigned adverts)
{
	dur_t interval = interval_of(config, record->own_priority, adverts, record->duration);

	text_str(text, name);
	put_seconds(text, " ", record->duration, "");
	if (interval == 0)
		return;
	text_str(text, " = ");
	if (adverts > 1)
		put_u(text, "", adverts, " * ");
	if (adverts > 0)
		put_seconds(text, "", interval, " + ");
	put_skew(text, config->version, record->own_priority, interval);
}

static void put_down_timer(struct text *text, const struct vr_record *record, const struct vr_config *config)
{
	put_timer(text, "Master_Down_Interval", record, config, config->down_timer_adverts);
}

/* The timer that a master of lower priority was heard during: any of the three that a backup has. A reload changes no
 * running timer, so its length may fit none of what is configured now. */
static void put_backup_timer(
	struct text *text, const struct vr_record *record, const struct vr_config *config)
{
	const uint8_t priority = record->own_priority;

	if (interval_of(config, priority, config->down_timer_adverts, record->duration) != 0)
		put_down_timer(text, record, config);
	else if (interval_of(config, priority, 1, record->duration) != 0)
		put_timer(text, "Advertisement_Interval + Skew_Time", record, config, 1);
	else if (interval_of(config, priority, 0, record->duration) != 0)
		put_timer(text, "Skew_Time", record, config, 0);
	else
		put_seconds(text, "", record->duration, ", begun before priority or interval changed");
}

/* "192.168.1.2 has priority 99 (ours is 100)" */
static void put_priorities(
	struct text *text, const char *before, const struct vr_record *record, const char *has)
{
	text_str(text, before);
	put_peer(text, record, has);
	put_u(text, "", record->peer_priority, "");
	put_u(text, " (ours is ", record->own_priority, ")");
}

static void put_separator(struct text *text, bool *first)
{
	if (!*first)
		text_str(text, ", ");
	*first = false;
}

static void put_blocked_track(struct text *text, size_t track_index, const struct vr_config *config)
{
	if (track_index >= config->tracked_interface_count) {
		text_str(text, "a tracked interface is down");
		return;
	}
	text_str(text, config->tracked_interfaces[track_index].name);
	text_str(text, config->tracked_interfaces[track_index].reverse ? " (tracked, reverse) is up"
								       : " (tracked) is down");
}

void vr_blockers_text(
	struct text *text, uint32_t blockers, size_t track_index, const struct vr_config *config)
{
	bool first = true;

	if (blockers & VR_BLOCKER_NOT_STARTED) {
		put_separator(text, &first);
		text_str(text, "not started");
	}
	if (blockers & VR_BLOCKER_NO_INTERFACE) {
		put_separator(text, &first);
		text_str(text, "there is no interface ");
		text_str(text, config->interface);
	}
	if (blockers & VR_BLOCKER_LINK_DOWN) {
		put_separator(text, &first);
		text_str(text, config->interface);
		text_str(text, " is down or without carrier");
	}
	if (blockers & VR_BLOCKER_TRACK) {
		put_separator(text, &first);
		put_blocked_track(text, track_index, config);
	}
	if (blockers & VR_BLOCKER_NO_ADDRESS) {
		put_separator(text, &first);
		text_str(text, "no usable address on ");
		text_str(text, config->interface);
	}
	if (first)
		text_str(text, "nothing");
}

static void put_transition(struct text *text, const struct vr_record *record, const struct vr_config *config)
{
	switch ((unsigned)record->code) {
	case VR_RECORD_STARTED:
		text_str(text, config->interface);
		text_str(text, " is ready and nothing blocks: listening for a master");
		break;
	case VR_RECORD_OWNER_STARTED:
		text_str(text, "priority 255 owns the addresses: master at once");
		break;
	case VR_RECORD_DOWN_TIMER:
		text_str(text, "nothing heard from ");
		put_peer(text, record, " for ");
		put_down_timer(text, record, config);
		break;
	case VR_RECORD_SKEW_TIMER:
		put_peer(text, record, " gave up with priority 0, and no master spoke for ");
		put_timer(text, "Skew_Time", record, config, 0);
		break;
	case VR_RECORD_PREEMPTED_LOWER:
		put_priorities(text, "", record, " has only priority ");
		text_str(text, ", so the timer ran out: ");
		put_backup_timer(text, record, config);
		break;
	case VR_RECORD_PREEMPT_DELAY:
		put_seconds(text, "preempt_delay ", record->duration, " is over, and ");
		put_priorities(text, "", record, " has only priority ");
		break;
	case VR_RECORD_FIRST_WAIT:
		text_str(text, "state MASTER, and nobody heard in the first wait: ");
		put_timer(text, "Advertisement_Interval + Skew_Time", record, config, 1);
		break;
	case VR_RECORD_HIGHER_PRIORITY:
		put_priorities(text, "", record, " has priority ");
		break;
	case VR_RECORD_TIE_LOST:
		put_peer(text, record, " has the same priority ");
		put_u(text, "", record->peer_priority, " and the greater address");
		break;
	case VR_RECORD_BLOCKED:
		vr_blockers_text(text, record->blockers, record->track_index, config);
		break;
	case VR_RECORD_SHUTDOWN:
		text_str(text, "told to stop");
		break;
	}
}

/* Remarks about another router. */
static void put_peer_remark(struct text *text, const struct vr_record *record, const struct vr_config *config)
{
	switch ((unsigned)record->code) {
	case VR_RECORD_PRIORITY_ZERO_HEARD:
		put_peer(text, record, " gives up (priority 0): waiting ");
		put_timer(text, "Skew_Time", record, config, 0);
		break;
	case VR_RECORD_LOWER_HEARD:
		put_priorities(text, "", record, " claims to be master with priority ");
		text_str(text, config->version == 2 ? ": staying master" : ": answered at once");
		break;
	case VR_RECORD_TIE_HELD:
		put_peer(text, record, " claims to be master with the same priority ");
		put_u(text, "", record->peer_priority, " and no greater address: staying master");
		break;
	case VR_RECORD_RIVAL_GONE:
		put_peer(text, record,
			" was master as well, and is silent now: announced the virtual addresses again, for "
			"hosts that believed it");
		break;
	case VR_RECORD_PREEMPT_WAIT:
		put_priorities(text, "", record, " is master with priority ");
		text_str(text, ": preempting in ");
		text_duration(text, record->duration);
		text_str(text, ", the down timer and then preempt_delay");
		break;
	case VR_RECORD_INTERVAL_LEARNED:
		put_seconds(text, "the advert interval is now ", record->duration, ", learned from ");
		put_peer(text, record, "");
		break;
	case VR_RECORD_INTERVAL_DIFFERS:
		put_peer(text, record, " advertises every ");
		put_seconds(text, "", record->duration, ", ");
		put_seconds(text, "configured here is ", config->advert_interval, "");
		break;
	case VR_RECORD_ADDRESSES_DIFFER:
		put_peer(text, record, " advertises other virtual addresses than configured here");
		break;
	case VR_RECORD_OWNER_CONFLICT:
		put_peer(text, record, " also says priority 255: only one router may own the addresses");
		break;
	case VR_RECORD_CHECKSUM_LEARNED:
		put_peer(text, record,
			" leaves the pseudo-header out of the checksum (RFC 9568): so do we from now on");
		break;
	case VR_RECORD_CHECKSUM_MIXED:
		text_str(text,
			"routers with and without pseudo-header in the checksum are here, the last one ");
		put_peer(text, record, ": keeping the pseudo-header; set v3_checksum_as_v2 alike on all");
		break;
	case VR_RECORD_NEW_MASTER_HEARD:
		put_priorities(text, "", record, " is master with priority ");
		break;
	case VR_RECORD_SUCCESSOR_HEARD:
		put_peer(text, record, " has taken over after ");
		text_duration(text, record->duration);
		break;
	}
}

/* Remarks about ourselves. */
static void put_own_remark(struct text *text, const struct vr_record *record, const struct vr_config *config)
{
	switch ((unsigned)record->code) {
	case VR_RECORD_PRIORITY_CHANGED:
		put_u(text, "effective priority ", record->peer_priority, " -> ");
		put_u(text, "", record->own_priority, "");
		break;
	case VR_RECORD_BLOCKERS_CHANGED:
		text_str(text, "waiting: ");
		vr_blockers_text(text, record->blockers, record->track_index, config);
		break;
	case VR_RECORD_PRIORITY_ZERO_SENT:
		text_str(text, "said priority 0, so that a backup takes over after its Skew_Time");
		break;
	case VR_RECORD_INSTALLED:
		text_str(text, "the kernel has the addresses and routes");
		break;
	case VR_RECORD_INSTALL_FAILED:
		text_str(text, "the kernel refused an address or a route: ");
		text_str(text, error_name(record->error));
		break;
	case VR_RECORD_ANNOUNCED:
		text_str(text, "announced the virtual addresses");
		break;
	case VR_RECORD_NO_SUCCESSOR:
		put_seconds(text, "no other router took over within ", record->duration, ": letting go");
		break;
	case VR_RECORD_RELEASED_ADDRESSES:
		text_str(text, "virtual addresses removed");
		break;
	case VR_RECORD_RELEASED_ROUTES:
		text_str(text, "virtual routes removed");
		break;
	case VR_RECORD_ADOPTED:
		text_str(text,
			"found the addresses standing after a crash: keeping them until a master speaks");
		break;
	case VR_RECORD_STOPPED:
		text_str(text, "stopped: nothing of ours is left");
		break;
	}
}

void vr_record_text(struct text *text, const struct vr_record *record, const struct vr_config *config)
{
	/* Each of the three knows its own codes and prints nothing for the others. */
	put_transition(text, record, config);
	put_peer_remark(text, record, config);
	put_own_remark(text, record, config);
}
