/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The router heard last: what status shows of it, what its checksum teaches (AMB-01), and which differences between its
 * adverts and our configuration deserve a remark (RX-15, RX-17). A remark is made when something changes, not for
 * every advert.
 */
#include "core/accept.h"
#include "core/vr_internal.h"

static void learn_checksum_form(struct vr *vr, enum vrrp_checksum_form form, struct actions *out)
{
	bool was_mixed = vr->message_only_learned && vr->pseudo_header_heard;
	bool had_learned = vr->message_only_learned;

	if (vr->config->checksum_form != V3_CHECKSUM_AUTOMATIC || vr->config->strict)
		return;
	if (form == VRRP_CHECKSUM_MESSAGE_ONLY)
		vr->message_only_learned = true;
	if (form == VRRP_CHECKSUM_PSEUDO_HEADER)
		vr->pseudo_header_heard = true;
	if (vr->message_only_learned && vr->pseudo_header_heard) {
		if (!was_mixed)
			vr_remark_peer(vr, VR_RECORD_CHECKSUM_MIXED, 0, out);
	} else if (vr->message_only_learned && !had_learned) {
		vr_remark_peer(vr, VR_RECORD_CHECKSUM_LEARNED, 0, out);
	}
}

enum vrrp_checksum_form vr_checksum_form(const struct vr *vr)
{
	if (vr->config->family == IP_V6) /* RFC 9568 5.2.8 leaves no choice */
		return VRRP_CHECKSUM_PSEUDO_HEADER;
	switch (vr->config->checksum_form) {
	case V3_CHECKSUM_MESSAGE_ONLY:
		return VRRP_CHECKSUM_MESSAGE_ONLY;
	case V3_CHECKSUM_PSEUDO_HEADER:
		return VRRP_CHECKSUM_PSEUDO_HEADER;
	case V3_CHECKSUM_AUTOMATIC:
		break;
	}
	if (vr->config->strict)
		return VRRP_CHECKSUM_MESSAGE_ONLY;
	if (vr->message_only_learned && !vr->pseudo_header_heard)
		return VRRP_CHECKSUM_MESSAGE_ONLY;
	return VRRP_CHECKSUM_PSEUDO_HEADER;
}

/* NULL: it makes no difference. */
static struct vr_version_3_peer *version_3_of(const struct vr *vr)
{
	return vr->rare != NULL && vr->config->version_2_too ? &vr->rare->version_3 : NULL;
}

bool vr_peer_repeats_itself(struct vr *vr, const struct vrrp_advert *advert, mono_t now)
{
	struct vr_version_3_peer *peer = version_3_of(vr);

	if (peer == NULL || advert->version != 2 || !ip_equal(&peer->address, &advert->source) ||
		vr_elapsed(peer->heard, now) >= vr_present_down_interval(vr))
		return false;
	peer->version_2_too = true;
	return true;
}

/* INT-06: a Master whose version 2 adverts are missing is none to routers of version 2, and one of them takes over. */
static void remember_version_3(
	struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	struct vr_version_3_peer *peer = version_3_of(vr);

	if (peer == NULL || advert->version != 3)
		return;
	if (!ip_equal(&peer->address, &advert->source))
		*peer = (struct vr_version_3_peer){.address = advert->source, .since = now};
	peer->heard = now;
	if (vr->state != VR_BACKUP || peer->version_2_too || peer->told ||
		vr_elapsed(peer->since, now) < vr_present_down_interval(vr))
		return;
	peer->told = true;
	vr_remark_peer(vr, VR_RECORD_NO_VERSION_2, 0, out);
}

/* Its own interval as this version says it: another one is worth a remark. */
static dur_t expected_interval(const struct vr_config *config, uint8_t version)
{
	return version == config->version ? config->advert_interval
					  : vr_version_2_interval(config->advert_interval);
}

bool vr_peer_heard(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	const struct vr_config *config = vr->config;
	struct vr_peer before = vr->peer;
	bool same_router = ip_equal(&before.address, &advert->source);
	bool differ = !config->skip_address_check && !advert_addresses_match(config, advert);
	bool was_silent = mono_before(before.heard, vr->since) ||
			  mono_sub(now, before.heard) > vr_present_down_interval(vr);

	vr->path_proven = true;
	vr->unproven = false;
	vr->peer = (struct vr_peer){
		.address = advert->source,
		.priority = advert->priority,
		.version = advert->version,
		.checksum_form = advert->checksum_form,
		.addresses_differ = differ,
		.interval = advert->interval,
		.heard = now,
	};
	remember_version_3(vr, advert, now, out);
	if (advert->interval != expected_interval(config, advert->version) &&
		!(same_router && before.interval == advert->interval))
		vr_remark_peer(vr, VR_RECORD_INTERVAL_DIFFERS, advert->interval, out);
	if (differ && !(same_router && before.addresses_differ))
		vr_remark_peer(vr, VR_RECORD_ADDRESSES_DIFFER, 0, out);
	learn_checksum_form(vr, advert->checksum_form, out);
	return !same_router || before.priority != advert->priority || was_silent;
}
