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

bool vr_peer_heard(struct vr *vr, const struct vrrp_advert *advert, mono_t now, struct actions *out)
{
	const struct vr_config *config = vr->config;
	struct vr_peer before = vr->peer;
	bool same_router = ip_equal(&before.address, &advert->source);
	bool differ = !config->skip_address_check && !advert_addresses_match(config, advert);
	bool was_silent = mono_before(before.heard, vr->since) ||
			  mono_sub(now, before.heard) > vr_present_down_interval(vr);

	vr->path_proven = true;
	vr->peer = (struct vr_peer){
		.address = advert->source,
		.priority = advert->priority,
		.version = advert->version,
		.checksum_form = advert->checksum_form,
		.addresses_differ = differ,
		.interval = advert->interval,
		.heard = now,
	};
	if (advert->interval != config->advert_interval &&
		!(same_router && before.interval == advert->interval))
		vr_remark_peer(vr, VR_RECORD_INTERVAL_DIFFERS, advert->interval, out);
	if (differ && !(same_router && before.addresses_differ))
		vr_remark_peer(vr, VR_RECORD_ADDRESSES_DIFFER, 0, out);
	learn_checksum_form(vr, advert->checksum_form, out);
	return !same_router || before.priority != advert->priority || was_silent;
}
