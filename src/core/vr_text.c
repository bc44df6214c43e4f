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
		if ((blockers & VR_BLOCKER_DRAINED) != 0 && (blockers & VR_BLOCKER_NOT_STARTED) == 0)
			return "DRAINED";
		return (blockers & ~(uint32_t)VR_BLOCKER_NOT_STARTED) != 0 ? "FAULT" : "INIT";
	case VR_BACKUP:
		return "BACKUP";
	case VR_MASTER:
		return "MASTER";
	}
	return "?";
}

/* Each code's word for programs and sentence for people; put_part knows what a % stands for. */
static const struct {
	const char *name;
	const char *sentence;
} records[VR_RECORD_CODE_COUNT] = {
	[VR_RECORD_STARTED] = {"started", "%i is ready and nothing blocks: listening for a master"},
	[VR_RECORD_OWNER_STARTED] = {"owner-started", "priority 255 owns the addresses: master at once"},
	[VR_RECORD_DOWN_TIMER] = {"down-timer", "nothing heard from %p for %D"},
	[VR_RECORD_SKEW_TIMER] = {"skew-timer", "%p gave up with priority 0, and no master spoke for %S"},
	[VR_RECORD_PREEMPTED_LOWER] = {"preempted-lower",
		"%p has only priority %q (ours is %o), so the timer ran out: %B"},
	[VR_RECORD_PREEMPT_DELAY] = {"preempt-delay",
		"preempt_delay %d is over, and %p has only priority %q (ours is %o)"},
	[VR_RECORD_FIRST_WAIT] = {"first-wait", "state MASTER, and nobody heard in the first wait: %F"},
	[VR_RECORD_LONG_WAIT] = {"long-wait",
		"nobody heard since the link came up, in %d: twice Master_Down_Interval, for nopreempt must not "
		"take over from a master that could not be heard yet"},
	[VR_RECORD_NEIGHBOUR_WAIT] = {"neighbour-wait",
		"nobody heard since the link came up, in %d: Master_Down_Interval and 1.125 s, for a peer that speaks to "
		"this address alone may have to ask for it first"},
	[VR_RECORD_STALL_OVER] = {"stall-over",
		"nobody has taken over while this router stood still: it listened for %d and goes on"},
	[VR_RECORD_STALLED] = {"stalled",
		"no advert has left for %t, for this process or machine stood still: listening whether another "
		"router has taken over"},
	[VR_RECORD_GROUP_GIVEN_UP] = {"group-given-up",
		"%p gave up with priority 0 at %g of the same sync group, and no master spoke here since"},
	[VR_RECORD_GROUP_JOINED] = {"group-joined",
		"%g of the same sync group is master, and no other master has spoken here"},
	[VR_RECORD_GROUP_YIELDED] = {"group-yielded", "%g of the same sync group %y"},
	[VR_RECORD_NOT_HANDED_OVER] = {"not-handed-over", "no other router has taken over in %t: master again"},
	[VR_RECORD_TAKEN_OVER] = {"taken-over", "told to take over from %p"},
	[VR_RECORD_HIGHER_PRIORITY] = {"higher-priority", "%p has priority %q (ours is %o)"},
	[VR_RECORD_TIE_LOST] = {"tie-lost", "%p has the same priority %q and the greater address"},
	[VR_RECORD_BLOCKED] = {"blocked", "%b"},
	[VR_RECORD_SHUTDOWN] = {"shutdown", "told to stop"},
	[VR_RECORD_PRIORITY_CHANGED] = {"priority-changed", "effective priority %q -> %o%k%n"},
	[VR_RECORD_PRIORITY_RAISED] = {"priority-raised",
		"effective priority %o, above the %q of %p, as long as this router is master: told to take over"},
	[VR_RECORD_BLOCKERS_CHANGED] = {"blockers-changed", "waiting: %b"},
	[VR_RECORD_PRIORITY_ZERO_SENT] = {"priority-zero-sent",
		"said priority 0, so that a backup takes over after its Skew_Time"},
	[VR_RECORD_PRIORITY_ZERO_HEARD] = {"priority-zero-heard", "%p gives up (priority 0): waiting %S"},
	[VR_RECORD_LOWER_HEARD] = {"lower-heard", "%p claims to be master with priority %q (ours is %o): %a"},
	[VR_RECORD_TIE_HELD] = {"tie-held",
		"%p claims to be master with the same priority %q and no greater address: staying master"},
	[VR_RECORD_RIVAL_GONE] = {"rival-gone", "%p was master as well, and is silent now: announced the "
						"virtual addresses again, for hosts that believed it"},
	[VR_RECORD_GROUP_READY] = {"group-ready",
		"may be master after %d, and waits for the others of its sync group"},
	[VR_RECORD_PREEMPT_WAIT] = {"preempt-wait", "%p is master with priority %q (ours is %o): preempting "
						    "in %t, the down timer and then preempt_delay"},
	[VR_RECORD_HELD_DOWN] = {"held-down",
		"not master within %d, whoever is silent: the delay after start, or after the link came up"},
	[VR_RECORD_LISTENS_AGAIN] = {"listens-again",
		"this process or machine stood still for %t and may have missed adverts: listening once more"},
	[VR_RECORD_PACKETS_LOST] = {"packets-lost",
		"nothing heard from %p, but packets were lost in this machine's receive queue, and adverts may have been among "
		"them: listening for %t more"},
	[VR_RECORD_UNPROVEN] = {"unproven",
		"nothing heard from %p, but the link of %i is back and has passed no packet yet: not master before "
		"somebody answers there, or the asking is given up"},
	[VR_RECORD_NOT_READY] = {"not-ready",
		"%p has only priority %q (ours is %o), but it is not certain yet that our links pass packets: waiting for it, a second at "
		"most"},
	[VR_RECORD_INTERVAL_LEARNED] = {"interval-learned", "the advert interval is now %d, learned from %p"},
	[VR_RECORD_INTERVAL_DIFFERS] = {"interval-differs", "%p advertises every %d, configured here is %c"},
	[VR_RECORD_ADDRESSES_DIFFER] = {"addresses-differ",
		"%p advertises other virtual addresses than configured here"},
	[VR_RECORD_NO_VERSION_2] = {"no-older-version",
		"%p is master and sends version 3 only: routers of version 2 do not hear it"},
	[VR_RECORD_OWNER_CONFLICT] = {"owner-conflict",
		"%p also says priority 255: only one router may own the addresses"},
	[VR_RECORD_CHECKSUM_LEARNED] = {"checksum-learned",
		"%p leaves the pseudo-header out of the checksum (RFC 9568): so do we from now on"},
	[VR_RECORD_CHECKSUM_MIXED] = {"checksum-mixed",
		"routers with and without pseudo-header in the checksum are here, the last one %p: keeping "
		"the pseudo-header; set v3_checksum_as_v2 alike on all"},
	[VR_RECORD_NEW_MASTER_HEARD] = {"new-master-heard", "%p is master with priority %q (ours is %o)"},
	[VR_RECORD_INSTALLED] = {"installed", "the kernel has the addresses and routes"},
	[VR_RECORD_INSTALL_FAILED] = {"install-failed", "the kernel refused an address or a route: %e"},
	[VR_RECORD_ANNOUNCED] = {"announced", "announced the virtual addresses"},
	[VR_RECORD_SUCCESSOR_HEARD] = {"successor-heard", "%p has taken over after %t"},
	[VR_RECORD_NO_SUCCESSOR] = {"no-successor", "no other router took over within %d: letting go"},
	[VR_RECORD_RELEASED_ADDRESSES] = {"released-addresses", "virtual addresses removed"},
	[VR_RECORD_RELEASED_ROUTES] = {"released-routes", "virtual routes removed"},
	[VR_RECORD_ADOPTED] = {"adopted",
		"found the addresses standing after a crash: keeping them until a master speaks"},
	[VR_RECORD_STOPPED] = {"stopped", "stopped: nothing of ours is left"},
};

const char *vr_record_name(enum vr_record_code code)
{
	return code < VR_RECORD_CODE_COUNT ? records[code].name : "?";
}

enum vr_record_code vr_record_from_name(const char *name)
{
	for (unsigned code = 0; code < VR_RECORD_CODE_COUNT; code++)
		if (strcmp(records[code].name, name) == 0)
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

static void put_peer(struct text *text, const struct vr_record *record)
{
	if (ip_is_set(&record->peer))
		text_ip(text, &record->peer);
	else
		text_str(text, "any router");
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

/* The timer that a master of lower priority was heard during: any of the three that a backup has. A reload changes no
 * running timer, so its length may fit none of what is configured now. */
static char backup_timer(const struct vr_record *record, const struct vr_config *config)
{
	const unsigned adverts[] = {config->down_timer_adverts, 1, 0};

	for (size_t i = 0; i < 3; i++)
		if (interval_of(config, record->own_priority, adverts[i], record->duration) != 0)
			return "DFS"[i];
	return '\0';
}

static void put_timer_part(
	struct text *text, char part, const struct vr_record *record, const struct vr_config *config)
{
	/* After priority 0 it may let another one go first: vr_backup.c. */
	if (part == 'S' && backup_timer(record, config) == 'F')
		part = 'F';
	switch (part == 'B' ? backup_timer(record, config) : part) {
	case 'D':
		put_timer(text, "Master_Down_Interval", record, config, config->down_timer_adverts);
		break;
	case 'F':
		put_timer(text, "Advertisement_Interval + Skew_Time", record, config, 1);
		break;
	case 'S':
		put_timer(text, "Skew_Time", record, config, 0);
		break;
	default:
		put_seconds(text, "", record->duration, ", begun before priority or interval changed");
		break;
	}
}

static void put_separator(struct text *text, bool *first)
{
	if (!*first)
		text_str(text, ", ");
	*first = false;
}

static void put_track(
	struct text *text, size_t track_index, struct track_value value, const struct vr_config *config)
{
	if (track_index < config->extra->tracked_count)
		track_text(text, &config->extra->tracked[track_index], value);
	else
		text_str(text, "a tracked object fails");
}

/* What keeps another member of the group out of service; its configuration is not at hand. */
static void put_sibling(struct text *text, const struct vr_sibling *sibling)
{
	static const struct {
		enum vr_blocker blocker;
		const char *words;
	} reasons[] = {
		{VR_BLOCKER_NO_INTERFACE, " has no interface"},
		{VR_BLOCKER_LINK_DOWN, " has its interface down or without carrier"},
		{VR_BLOCKER_TRACK, " has a tracked object down"},
		{VR_BLOCKER_NO_ADDRESS, " has no usable address"},
		{VR_BLOCKER_TENTATIVE, " has only a tentative address"},
		{VR_BLOCKER_DUPLICATE, " has an address that another host has, too"},
		{VR_BLOCKER_ROUTE, " has an address, route or rule that cannot be had"},
		{VR_BLOCKER_NO_DEVICE, " lacks what its virtual MAC needs"},
		{VR_BLOCKER_BAD_DEVICE, " has a device that would break the service"},
		{VR_BLOCKER_DRAINED, " is drained"},
		{VR_BLOCKER_NOT_STARTED, " is not started"},
	};

	if (sibling->name[0] == '\0') {
		text_str(text, "waiting for the sync group");
		return;
	}
	text_str(text, sibling->name);
	text_str(text, " of the same sync group");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (sibling->blockers & reasons[i].blocker) {
			text_str(text, reasons[i].words);
			return;
		}
	text_str(text, " is not ready");
}

/* A unicast router may have no interface, but a source address somewhere. */
static void put_interface(struct text *text, const struct vr_config *config)
{
	if (config->interface != NULL) {
		text_str(text, config->interface);
		return;
	}
	text_str(text, "the interface of ");
	text_ip(text, &config->extra->source);
}

static void put_no_address(struct text *text, const struct vr_config *config)
{
	if (config->extra->unicast.enabled && config->extra->unicast.peer_count == 0) {
		text_str(text, "no router is listed in unicast_peer (unicast_fault_no_peer)");
		return;
	}
	if (ip_is_set(&config->extra->source)) {
		text_str(text, "the source address ");
		text_ip(text, &config->extra->source);
		text_str(text, " is not (yet) on ");
	} else if (config->family == IP_V6 && !config->extra->unicast.enabled) {
		text_str(text, "no link-local address on ");
	} else {
		text_str(text, "no usable address on ");
	}
	put_interface(text, config);
}

void vr_blockers_text(struct text *text, uint32_t blockers, size_t track_index, struct track_value track_value,
	const struct vr_sibling *sibling, const struct vr_config *config)
{
	bool first = true;

	if (blockers & VR_BLOCKER_NOT_STARTED) {
		put_separator(text, &first);
		text_str(text, "not started");
	}
	if (blockers & VR_BLOCKER_NO_INTERFACE) {
		put_separator(text, &first);
		text_str(text, config->interface != NULL ? "there is no interface " : "no interface has the address ");
		if (config->interface != NULL)
			text_str(text, config->interface);
		else
			text_ip(text, &config->extra->source);
	}
	if (blockers & VR_BLOCKER_LINK_DOWN) {
		put_separator(text, &first);
		put_interface(text, config);
		text_str(text, " is down or without carrier");
	}
	if (blockers & VR_BLOCKER_TRACK) {
		put_separator(text, &first);
		put_track(text, track_index, track_value, config);
	}
	if (blockers & VR_BLOCKER_NO_ADDRESS) {
		put_separator(text, &first);
		put_no_address(text, config);
	}
	if (blockers & VR_BLOCKER_TENTATIVE) {
		put_separator(text, &first);
		text_str(text, "the link-local address of ");
		put_interface(text, config);
		text_str(text, " is still tentative (duplicate address detection)");
	}
	if (blockers & VR_BLOCKER_DUPLICATE) {
		put_separator(text, &first);
		text_str(text, "the link-local address of ");
		put_interface(text, config);
		text_str(text, " is a duplicate: another host on the link has it");
	}
	if (blockers & VR_BLOCKER_SYNC_GROUP) {
		put_separator(text, &first);
		put_sibling(text, sibling);
	}
	if (blockers & VR_BLOCKER_NO_DEVICE) {
		put_separator(text, &first);
		if (config->extra->vmac.mode == VMAC_RULES) {
			text_str(text, "nftables rules for the virtual MAC are not to be had: the history "
				       "and the log say why");
		} else {
			text_str(text, "device ");
			text_str(text, config->extra->vmac.name);
			text_str(text, " for the virtual MAC is not there");
		}
	}
	if (blockers & VR_BLOCKER_BAD_DEVICE) {
		put_separator(text, &first);
		text_str(text, "a setting of the device for the virtual MAC would break the service");
	}
	if (blockers & VR_BLOCKER_ROUTE) {
		put_separator(text, &first);
		text_str(text, "an address, route or rule cannot be had");
	}
	if (blockers & VR_BLOCKER_DRAINED) {
		put_separator(text, &first);
		text_str(text, "drained: out of service until `vigia resume`");
	}
	if (first)
		text_str(text, "nothing");
}

static void put_yielding(struct text *text, const struct vr_record *record)
{
	if (!ip_is_set(&record->peer)) {
		text_str(text, "listens whether another router has taken over");
		return;
	}
	text_str(text, "gave way to ");
	put_peer(text, record);
	put_u(text, " with priority ", record->peer_priority, "");
}

/* What a weight does with nopreempt is asked by everybody who has set both. */
static void put_stickiness(struct text *text, const struct vr_record *record, const struct vr_config *config)
{
	if (config->preempt || record->own_priority == VR_PRIORITY_OWNER)
		return;
	if (record->from == VR_MASTER && record->own_priority < record->peer_priority)
		text_str(text, "; still master, for with nopreempt no backup takes over from a living master because "
			       "of a weight; a tracked object without weight makes it give up");
	if (record->from == VR_BACKUP && record->own_priority > record->peer_priority)
		text_str(text, "; with nopreempt it counts when the master is gone");
}

static void put_part(
	struct text *text, char part, const struct vr_record *record, const struct vr_config *config)
{
	switch (part) {
	case 'i':
		put_interface(text, config);
		break;
	case 'p':
		put_peer(text, record);
		break;
	case 'q':
		text_u64(text, record->peer_priority);
		break;
	case 'o':
		text_u64(text, record->own_priority);
		break;
	case 'a':
		text_str(text, vr_answers_lower(config) ? "answered at once" : "staying master");
		break;
	case 'k':
		if (record->track_index >= config->extra->tracked_count)
			break;
		text_str(text, ": ");
		track_text(text, &config->extra->tracked[record->track_index], record->track_value);
		break;
	case 'n':
		put_stickiness(text, record, config);
		break;
	case 'b':
		vr_blockers_text(text, record->blockers, record->track_index, record->track_value,
			&record->sibling, config);
		break;
	case 'c':
		put_seconds(text, "", config->advert_interval, "");
		break;
	case 'd':
		put_seconds(text, "", record->duration, "");
		break;
	case 't':
		text_duration(text, record->duration);
		break;
	case 'g':
		text_str(text, record->sibling.name);
		break;
	case 'y':
		put_yielding(text, record);
		break;
	case 'e':
		text_str(text, error_name(record->error));
		break;
	default:
		put_timer_part(text, part, record, config);
		break;
	}
}

void vr_record_text(struct text *text, const struct vr_record *record, const struct vr_config *config)
{
	for (const char *c = records[record->code].sentence; *c != '\0'; c++)
		if (*c == '%')
			put_part(text, *++c, record, config);
		else
			text_char(text, *c);
}
