/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A BFD session's state for another process to go on with: see bfd_session_archive in bfd.h, and base/archive.h. */
#include "core/bfd.h"

static void packet(struct archive *archive, struct bfd_packet *packet)
{
	ARCHIVE_ENUM(archive, packet->state, BFD_UP);
	archive_u8(archive, &packet->diag);
	archive_bool(archive, &packet->poll);
	archive_bool(archive, &packet->final);
	archive_bool(archive, &packet->control_plane_independent);
	archive_bool(archive, &packet->authentication);
	archive_bool(archive, &packet->demand);
	archive_u8(archive, &packet->multiplier);
	archive_u32(archive, &packet->my_discriminator);
	archive_u32(archive, &packet->your_discriminator);
	archive_u32(archive, &packet->desired_min_tx);
	archive_u32(archive, &packet->required_min_rx);
	archive_u32(archive, &packet->required_min_echo_rx);
}

static void cause(struct archive *archive, struct bfd_record *record)
{
	archive_time(archive, &record->at);
	ARCHIVE_ENUM(archive, record->from, BFD_UP);
	ARCHIVE_ENUM(archive, record->to, BFD_UP);
	ARCHIVE_ENUM(archive, record->cause, BFD_CAUSE_STOP);
	archive_duration(archive, &record->silence);
}

static void neighbor(struct archive *archive, struct bfd_session *session)
{
	archive_u32(archive, &session->remote_discriminator);
	ARCHIVE_ENUM(archive, session->remote_state, BFD_UP);
	archive_u8(archive, &session->remote_diag);
	archive_u8(archive, &session->remote_multiplier);
	archive_bool(archive, &session->remote_demand);
	archive_duration(archive, &session->remote_min_tx);
	archive_duration(archive, &session->remote_min_rx);
}

void bfd_session_archive(struct archive *archive, struct bfd_session *session)
{
	for (size_t i = 0; i < sizeof(session->random.state) / sizeof(session->random.state[0]); i++)
		archive_u64(archive, &session->random.state[i]);
	ARCHIVE_ENUM(archive, session->state, BFD_UP);
	archive_u8(archive, &session->diag);
	archive_u32(archive, &session->local_discriminator);
	neighbor(archive, session);
	archive_duration(archive, &session->announced_tx);
	archive_duration(archive, &session->announced_rx);
	archive_duration(archive, &session->used_tx);
	archive_duration(archive, &session->used_rx);
	archive_bool(archive, &session->polling);
	archive_bool(archive, &session->poll_again);
	archive_bool(archive, &session->sent);
	packet(archive, &session->said);
	archive_time(archive, &session->last_tx);
	archive_time(archive, &session->next_tx);
	archive_duration(archive, &session->interval);
	archive_time(archive, &session->last_rx);
	archive_time(archive, &session->detection_ends);
	cause(archive, &session->cause);
}
