/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtual router's state for another process to go on with: see vr_archive in vr.h, and base/archive.h. */
#include "core/vr_internal.h"

/* Whoever is blocked by what this version does not know would be so for ever. */
static void blockers(struct archive *archive, uint32_t *blockers)
{
	archive_u32(archive, blockers);
	if (*blockers >= VR_BLOCKER_LAST << 1)
		archive->failed = true;
}

/* The machine has less room for these than the archive. */

static uint32_t fitting(struct archive *archive, uint64_t value, uint32_t most)
{
	archive->failed = archive->failed || value > most;
	return value > most ? most : (uint32_t)value;
}

static uint16_t archived_blockers(struct archive *archive, uint16_t value)
{
	uint32_t wide = value;

	blockers(archive, &wide);
	return (uint16_t)wide;
}

static uint32_t archived_track(struct archive *archive, uint32_t value)
{
	size_t wide = value;

	archive_size(archive, &wide);
	return fitting(archive, wide, UINT32_MAX);
}

static uint8_t archived_bonus(struct archive *archive, uint8_t value)
{
	int wide = value;

	archive_int(archive, &wide);
	return (uint8_t)fitting(archive, (uint64_t)wide, VR_PRIORITY_OWNER);
}

static uint8_t archived_few(struct archive *archive, uint8_t value)
{
	archive_u8(archive, &value);
	return value < VR_FEW ? value : VR_FEW;
}

/* It has a bit for what is a time here. */
static bool archived_again(struct archive *archive, const struct vr *vr)
{
	mono_t at = vr_announces_again_at(vr);

	archive_time(archive, &at);
	return at.ns != MONO_NEVER.ns;
}

static void sibling(struct archive *archive, struct vr_sibling *sibling)
{
	archive_text(archive, sibling->name, sizeof(sibling->name));
	blockers(archive, &sibling->blockers);
}

static void peer(struct archive *archive, struct vr_peer *peer)
{
	archive_ip(archive, &peer->address);
	archive_u8(archive, &peer->priority);
	archive_u8(archive, &peer->version);
	ARCHIVE_ENUM(archive, peer->checksum_form, VRRP_CHECKSUM_FORM_LAST);
	archive_bool(archive, &peer->addresses_differ);
	archive_duration(archive, &peer->interval);
	archive_time(archive, &peer->heard);
}

static void rival(struct archive *archive, struct vr_rival *rival)
{
	archive_time(archive, &rival->gone_at);
	archive_time(archive, &rival->again_at);
	archive_time(archive, &rival->announce_at);
	archive_ip(archive, &rival->address);
	archive_u8(archive, &rival->priority);
	archive_bool(archive, &rival->lasting);
}

static void version_3(struct archive *archive, struct vr_version_3_peer *peer)
{
	archive_ip(archive, &peer->address);
	archive_time(archive, &peer->since);
	archive_time(archive, &peer->heard);
	archive_bool(archive, &peer->version_2_too);
	archive_bool(archive, &peer->told);
}

static void membership(struct archive *archive, struct vr_membership *membership)
{
	archive_time(archive, &membership->followed);
	archive_time(archive, &membership->given_up);
}

/* What one state has, and the same of others as it would be at its beginning. */
struct both {
	struct vr aside;
	struct vr serving;
};

static struct both both_of(const struct vr *vr)
{
	struct both both = {*vr, *vr};

	vr_stand_aside(&both.aside, vr->since);
	vr_serve(&both.serving);
	if (vr->state == VR_MASTER)
		both.serving = *vr;
	else
		both.aside = *vr;
	return both;
}

static void read_both(struct vr *vr, const struct both *both)
{
	if (vr->state == VR_MASTER) {
		vr->announce_delayed = both->serving.announce_delayed;
		vr->announce_refresh = both->serving.announce_refresh;
		vr->rival = both->serving.rival;
		return;
	}
	vr->timer_length = both->aside.timer_length;
	vr->preempt_at = both->aside.preempt_at;
	vr->check_at = both->aside.check_at;
	vr->hold_since = both->aside.hold_since;
	vr->hold_deadline = both->aside.hold_deadline;
	vr->successor_from = both->aside.successor_from;
	vr->stop_advert_at = both->aside.stop_advert_at;
}

static void timers(struct archive *archive, struct vr *vr, struct both *both)
{
	archive_time(archive, &vr->timer);
	ARCHIVE_ENUM(archive, vr->timer_cause, VR_RECORD_CODE_COUNT - 1);
	archive_duration(archive, &both->aside.timer_length);
	archive_time(archive, &both->aside.preempt_at);
	archive_time(archive, &both->aside.check_at);
	vr->listened_again = archived_few(archive, vr->listened_again) & VR_FEW;
	archive_time(archive, &vr->quiet_until);
	vr->announces_again = archived_again(archive, vr);
	archive_time(archive, &both->serving.announce_delayed);
	archive_time(archive, &both->serving.announce_refresh);
	archive_time(archive, &vr->own_address_answer_at);
}

static void holding(struct archive *archive, struct vr *vr, struct both *both)
{
	ARCHIVE_ENUM(archive, vr->hold, VR_HOLD_ROUTES);
	archive_time(archive, &both->aside.hold_since);
	archive_time(archive, &both->aside.hold_deadline);
	archive_time(archive, &both->aside.successor_from);
	archive_u8(archive, &vr->said_priority);
	vr->stop_adverts_left = archived_few(archive, vr->stop_adverts_left) & VR_FEW;
	archive_time(archive, &both->aside.stop_advert_at);
}

void vr_archive(struct archive *archive, struct vr *vr)
{
	struct vr_rare none = {.membership = {MONO_NEVER, MONO_NEVER}};
	struct vr_rare *rare = vr->rare != NULL ? vr->rare : &none;
	struct both both = both_of(vr);

	ARCHIVE_ENUM(archive, vr->state, VR_MASTER);
	archive_time(archive, &vr->since);
	vr->blockers = archived_blockers(archive, vr->blockers);
	vr->blocking_track = archived_track(archive, vr->blocking_track);
	ARCHIVE_ENUM(archive, vr->blocking_state, TRACK_STATE_LAST);
	sibling(archive, &rare->sibling);
	archive_u8(archive, &vr->priority);
	archive_ip(archive, &vr->primary);
	archive_duration(archive, &vr->active_adver_interval);
	timers(archive, vr, &both);
	vr->path_proven = archived_bool(archive, vr->path_proven);
	vr->unproven = archived_bool(archive, vr->unproven);
	vr->unproven_told = archived_bool(archive, vr->unproven_told);
	vr->agrees = archived_bool(archive, vr->agrees);
	membership(archive, &rare->membership);
	peer(archive, &vr->peer);
	version_3(archive, &rare->version_3);
	holding(archive, vr, &both);
	rival(archive, &both.serving.rival);
	vr->message_only_learned = archived_bool(archive, vr->message_only_learned);
	vr->pseudo_header_heard = archived_bool(archive, vr->pseudo_header_heard);
	vr->served_before = archived_bool(archive, vr->served_before);
	vr->stopping = archived_bool(archive, vr->stopping);
	vr->returns = archived_bool(archive, vr->returns);
	vr->bonus = archived_bonus(archive, vr->bonus);
	vr->unready = archived_bool(archive, vr->unready);
	vr->waits_ready = archived_bool(archive, vr->waits_ready);
	archive_time(archive, &vr->answer_at);
	if (!archive->writing)
		read_both(vr, &both);
}

void vr_archive_record(struct archive *archive, struct vr_record *record)
{
	ARCHIVE_ENUM(archive, record->code, VR_RECORD_CODE_COUNT - 1);
	ARCHIVE_ENUM(archive, record->from, VR_MASTER);
	ARCHIVE_ENUM(archive, record->to, VR_MASTER);
	archive_ip(archive, &record->peer);
	archive_u8(archive, &record->peer_priority);
	archive_u8(archive, &record->own_priority);
	blockers(archive, &record->blockers);
	archive_size(archive, &record->track_index);
	ARCHIVE_ENUM(archive, record->track_value.state, TRACK_STATE_LAST);
	archive_int(archive, &record->track_value.value);
	sibling(archive, &record->sibling);
	archive_duration(archive, &record->duration);
	archive_int(archive, &record->error);
}
