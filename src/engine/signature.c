/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authentication of what is sent. PASS is the same every time; AH numbers and HMAC stamps are for one advert each, so a frame
 * with one is built anew for every sending.
 *
 * The frame with priority 0 that the guard keeps gets the number behind that of the last advert, and is written again with each
 * advert. So its stamp is never older than an advert interval, and the peers, whose time_window is three of these or more, take
 * it. Of the two times that the guard says it, they take the first one that reaches them.
 */
#include "core/accept.h"
#include "engine/state.h"

static int64_t wall_clock(const struct engine *engine)
{
	return engine->port->wall_clock(engine->port->user);
}

static bool is_numbered(enum vrrp_scheme scheme)
{
	return scheme == VRRP_SCHEME_AH || scheme == VRRP_SCHEME_HMAC;
}

void signature_make(
	const struct engine *engine, const struct instance *instance, uint8_t version, struct vrrp_signature *out)
{
	const struct vr_config *config = instance->config;
	const struct hmac_key *key = config_hmac_key(&config->extra->hmac, config->extra->hmac.active_key);

	*out = (struct vrrp_signature){.scheme = version == config->version ? config_scheme(config) : VRRP_SCHEME_NONE,
		.key = config->extra->authentication_data,
		.key_length = VRRP_AUTHENTICATION_SIZE};
	if (is_numbered(out->scheme) && instance->rare->replay != NULL)
		out->sequence = anti_replay_next(instance->rare->replay, out->scheme, &config->extra->hmac, wall_clock(engine));
	if (out->scheme == VRRP_SCHEME_HMAC && key != NULL) {
		out->key = key->bytes;
		out->key_length = key->length;
		out->key_id = key->id;
	}
}

void signature_was_sent(struct instance *instance, const struct vrrp_signature *signature)
{
	if (instance->rare->replay != NULL)
		anti_replay_sent(instance->rare->replay, signature->sequence);
}

enum drop_reason signature_check_replay(
	const struct engine *engine, struct instance *instance, const struct vrrp_advert *advert)
{
	const bool timed = advert->trailer != NULL && instance->config->extra->hmac.enabled;

	if (instance->rare->replay == NULL)
		return DROP_NONE;
	return anti_replay_check(instance->rare->replay, instance->config, advert, timed ? wall_clock(engine) : 0);
}
