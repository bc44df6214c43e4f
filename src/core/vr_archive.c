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
	archive_bool(archive, &membership->agrees);
	archive_time(archive, &membership->followed);
	archive_time(archive, &membership->given_up);
}

static void timers(struct archive *archive, struct vr *vr)
{
	archive_time(archive, &vr->timer);
	ARCHIVE_ENUM(archive, vr->timer_cause, VR_RECORD_CODE_COUNT - 1);
	archive_duration(archive, &vr->timer_length);
	archive_time(archive, &vr->preempt_at);
	archive_time(archive, &vr->check_at);
	archive_u8(archive, &vr->listened_again);
	archive_time(archive, &vr->quiet_until);
	archive_time(archive, &vr->announce_again);
	archive_time(archive, &vr->announce_delayed);
	archive_time(archive, &vr->announce_refresh);
	archive_time(archive, &vr->own_address_answer_at);
}

static void holding(struct archive *archive, struct vr *vr)
{
	ARCHIVE_ENUM(archive, vr->hold, VR_HOLD_ROUTES);
	archive_time(archive, &vr->hold_since);
	archive_time(archive, &vr->hold_deadline);
	archive_time(archive, &vr->successor_from);
	archive_u8(archive, &vr->said_priority);
	archive_u8(archive, &vr->stop_adverts_left);
	archive_time(archive, &vr->stop_advert_at);
}

void vr_archive(struct archive *archive, struct vr *vr)
{
	struct vr_rare none = {0};
	struct vr_rare *rare = vr->rare != NULL ? vr->rare : &none;

	ARCHIVE_ENUM(archive, vr->state, VR_MASTER);
	archive_time(archive, &vr->since);
	blockers(archive, &vr->blockers);
	archive_size(archive, &vr->blocking_track);
	ARCHIVE_ENUM(archive, vr->blocking_state, TRACK_STATE_LAST);
	sibling(archive, &rare->sibling);
	archive_u8(archive, &vr->priority);
	archive_ip(archive, &vr->primary);
	archive_duration(archive, &vr->active_adver_interval);
	timers(archive, vr);
	archive_bool(archive, &vr->path_proven);
	archive_bool(archive, &vr->unproven);
	archive_bool(archive, &vr->unproven_told);
	membership(archive, &vr->membership);
	peer(archive, &vr->peer);
	version_3(archive, &rare->version_3);
	holding(archive, vr);
	rival(archive, &vr->rival);
	archive_bool(archive, &vr->message_only_learned);
	archive_bool(archive, &vr->pseudo_header_heard);
	archive_bool(archive, &vr->served_before);
	archive_bool(archive, &vr->stopping);
	archive_bool(archive, &vr->returns);
	archive_int(archive, &vr->bonus);
	archive_bool(archive, &vr->unready);
	archive_bool(archive, &vr->waits_ready);
	archive_time(archive, &vr->answer_at);
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
