/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the status says about those who send: how adverts are authenticated (never with what), and who is not heard and why. */
#include "engine/state.h"

static const char *authentication_name(const struct vr_config *config)
{
	if (config->version == 3)
		return config->extra->hmac.enabled ? "hmac" : NULL;
	switch (config->extra->authentication) {
	case AUTHENTICATION_PASS:
		return "pass";
	case AUTHENTICATION_AH:
		return "ah";
	case AUTHENTICATION_NONE:
		break;
	}
	return NULL;
}

static const char *mode_name(enum hmac_mode mode)
{
	switch (mode) {
	case HMAC_ENFORCE:
		return "enforce";
	case HMAC_PERMISSIVE:
		return "permissive";
	case HMAC_RECEIVE_ONLY:
		return "receive-only";
	}
	return "enforce";
}

void status_write_authentication(struct json_out *json, const struct vr_config *config)
{
	const char *name = authentication_name(config);

	if (name == NULL) {
		json_out_null(json, "authentication");
		return;
	}
	json_out_object(json, "authentication");
	json_out_string(json, "scheme", name);
	if (config->version == 3) {
		json_out_string(json, "mode", mode_name(config->extra->hmac.mode));
		json_out_u64(json, "active_key", config->extra->hmac.active_key);
		json_out_array(json, "keys");
		for (size_t i = 0; i < config->extra->hmac.key_count; i++)
			json_out_u64(json, NULL, config->extra->hmac.keys[i].id);
		json_out_end(json);
	}
	json_out_end(json);
}

void rejection_note(
	struct rejected *rejected, enum drop_reason reason, const struct vrrp_advert *advert, mono_t now)
{
	struct rejection *place = &rejected->last[0];

	for (size_t i = 0; i < REJECTIONS_SIZE; i++) {
		struct rejection *rejection = &rejected->last[i];

		if (ip_equal(&rejection->source, &advert->source)) {
			place = rejection;
			break;
		}
		if (rejection->reason == DROP_NONE ||
			(place->reason != DROP_NONE && mono_before(rejection->at, place->at)))
			place = rejection;
	}
	*place = (struct rejection){.source = advert->source,
		.reason = reason,
		.priority = advert->priority,
		.at = now};
}

void status_write_rejected(struct json_out *json, const struct instance *instance)
{
	json_out_array(json, "rejected");
	for (size_t i = 0; instance->rare->rejected != NULL && i < REJECTIONS_SIZE; i++) {
		const struct rejection *rejection = &instance->rare->rejected->last[i];

		if (rejection->reason == DROP_NONE)
			continue;
		json_out_object(json, NULL);
		json_out_ip(json, "source", &rejection->source);
		json_out_string(json, "reason", drop_reason_name(rejection->reason));
		json_out_string(json, "text", drop_reason_text(rejection->reason));
		json_out_u64(json, "priority", rejection->priority);
		json_out_mono(json, "at", rejection->at);
		json_out_end(json);
	}
	json_out_end(json);
}
