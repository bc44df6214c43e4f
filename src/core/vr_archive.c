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

static void membership(struct archive *archive, bool *agrees, struct vr_membership *membership)
{
	archive_bool(archive, agrees);
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
		vr->announce_again = both->serving.announce_again;
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
	archive_u8(archive, &vr->listened_again);
	archive_time(archive, &vr->quiet_until);
	archive_time(archive, &both->serving.announce_again);
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
	archive_u8(archive, &vr->stop_adverts_left);
	archive_time(archive, &both->aside.stop_advert_at);
}

void vr_archive(struct archive *archive, struct vr *vr)
{
	struct vr_rare none = {.membership = {MONO_NEVER, MONO_NEVER}};
	struct vr_rare *rare = vr->rare != NULL ? vr->rare : &none;
	struct both both = both_of(vr);

	ARCHIVE_ENUM(archive, vr->state, VR_MASTER);
	archive_time(archive, &vr->since);
	blockers(archive, &vr->blockers);
	archive_size(archive, &vr->blocking_track);
	ARCHIVE_ENUM(archive, vr->blocking_state, TRACK_STATE_LAST);
	sibling(archive, &rare->sibling);
	archive_u8(archive, &vr->priority);
	archive_ip(archive, &vr->primary);
	archive_duration(archive, &vr->active_adver_interval);
	timers(archive, vr, &both);
	archive_bool(archive, &vr->path_proven);
	archive_bool(archive, &vr->unproven);
	archive_bool(archive, &vr->unproven_told);
	membership(archive, &vr->agrees, &rare->membership);
	peer(archive, &vr->peer);
	version_3(archive, &rare->version_3);
	holding(archive, vr, &both);
	rival(archive, &both.serving.rival);
	archive_bool(archive, &vr->message_only_learned);
	archive_bool(archive, &vr->pseudo_header_heard);
	archive_bool(archive, &vr->served_before);
	archive_bool(archive, &vr->stopping);
	archive_bool(archive, &vr->returns);
	archive_int(archive, &vr->bonus);
	archive_bool(archive, &vr->unready);
	archive_bool(archive, &vr->waits_ready);
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
