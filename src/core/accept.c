/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of RFC 9568 7.1 and RFC 3768 7.1 that need a configuration, in the order of drop.h: the first failure names
 * the reason. */
#include "core/accept.h"

#include <string.h>

#define USUAL_MTU_V6_ADDRESSES 90 /* more do not fit into an advert at an MTU of 1500: AMB-15 */

static bool lists_address(const struct vrrp_advert *advert, const struct ip_addr *addr)
{
	for (unsigned i = 0; i < advert->address_count; i++) {
		struct ip_addr listed = vrrp_advert_address(advert, i);

		if (ip_equal(&listed, addr))
			return true;
	}
	return false;
}

static bool configures_address(const struct vr_config *config, size_t count, const struct ip_addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (ip_equal(&config->addresses[i].prefix.addr, addr))
			return true;
	return false;
}

/* The usual case, and linear in the number of addresses. */
static bool same_order(const struct vr_config *config, const struct vrrp_advert *advert)
{
	for (unsigned i = 0; i < advert->address_count; i++) {
		struct ip_addr listed = vrrp_advert_address(advert, i);

		if (!ip_equal(&listed, &config->addresses[i].prefix.addr))
			return false;
	}
	return true;
}

bool advert_addresses_match(const struct vr_config *config, const struct vrrp_advert *advert)
{
	size_t count = config->advertised_count;

	if (count > VRRP_ADDRESSES_MAX) /* AMB-15: a peer cannot advertise more either */
		count = VRRP_ADDRESSES_MAX;
	if (config->family == IP_V6 && advert->address_count < count &&
		advert->address_count >= USUAL_MTU_V6_ADDRESSES)
		count = advert->address_count;
	if (advert->address_count != count)
		return false;
	if (same_order(config, advert))
		return true;
	for (unsigned i = 0; i < count; i++) {
		struct ip_addr listed = vrrp_advert_address(advert, i);

		if (!configures_address(config, count, &listed) ||
			!lists_address(advert, &config->addresses[i].prefix.addr))
			return false;
	}
	return true;
}

struct ip_addr config_group(const struct vr_config *config)
{
	return ip_is_set(&config->extra->group) ? config->extra->group : vrrp_group(config->family);
}

static const struct unicast_peer *find_peer(const struct unicast_config *unicast, const struct ip_addr *address)
{
	for (size_t i = 0; i < unicast->peer_count; i++)
		if (ip_equal(&unicast->peers[i].address, address))
			return &unicast->peers[i];
	return NULL;
}

enum drop_reason advert_check_way(const struct vr_config *config, const struct vrrp_advert *advert)
{
	const struct unicast_peer *peer;

	if (!config->extra->unicast.enabled) {
		struct ip_addr group = config_group(config);

		return ip_equal(&advert->destination, &group) ? DROP_NONE : DROP_DESTINATION;
	}
	if (ip_is_multicast(&advert->destination))
		return DROP_DESTINATION;
	peer = find_peer(&config->extra->unicast, &advert->source);
	if (peer == NULL)
		return config->extra->unicast.check_source ? DROP_PEER : DROP_NONE;
	return advert->ttl >= peer->min_ttl && advert->ttl <= peer->max_ttl ? DROP_NONE : DROP_TTL;
}

unsigned advert_fitness(
	const struct vr_config *config, const struct ip_addr *own, const struct vrrp_advert *advert)
{
	if (config->extra->unicast.enabled == ip_is_multicast(&advert->destination))
		return 0;
	if (!config->extra->unicast.enabled)
		return advert_check_way(config, advert) == DROP_NONE ? 4 : 2;
	if (ip_is_set(own) && !ip_equal(&advert->destination, own))
		return 1;
	if (find_peer(&config->extra->unicast, &advert->source) != NULL)
		return 4;
	return config->extra->unicast.check_source ? 2 : 3;
}

enum vrrp_scheme config_scheme(const struct vr_config *config)
{
	if (config->version == 3)
		return config->extra->hmac.enabled && config->extra->hmac.mode != HMAC_RECEIVE_ONLY ? VRRP_SCHEME_HMAC
										     : VRRP_SCHEME_NONE;
	switch (config->extra->authentication) {
	case AUTHENTICATION_PASS:
		return VRRP_SCHEME_PASS;
	case AUTHENTICATION_AH:
		return VRRP_SCHEME_AH;
	case AUTHENTICATION_NONE:
		break;
	}
	return VRRP_SCHEME_NONE;
}

const struct hmac_key *config_hmac_key(const struct hmac_config *hmac, uint8_t id)
{
	for (size_t i = 0; i < hmac->key_count; i++)
		if (hmac->keys[i].id == id)
			return &hmac->keys[i];
	return NULL;
}

/* RFC 2338 5.3.6 and 7.1; an authentication header and type 2 go together. */
static enum drop_reason authenticate_v2(const struct vr_config *config, const struct vrrp_advert *advert)
{
	const uint8_t *secret = config->extra->authentication_data;
	enum drop_reason mismatch = advert->ah != NULL && advert->auth_type != VRRP_AUTH_TYPE_AH
					    ? DROP_AUTH_MISMATCH
					    : DROP_NONE;
	bool right = true;

	if (advert->auth_type > VRRP_AUTH_TYPE_AH)
		return DROP_AUTH_TYPE;
	switch (config->extra->authentication) {
	case AUTHENTICATION_NONE:
		return advert->auth_type == VRRP_AUTH_TYPE_NONE ? mismatch : DROP_AUTH_MISMATCH;
	case AUTHENTICATION_PASS:
		if (advert->auth_type != VRRP_AUTH_TYPE_PASS)
			return DROP_AUTH_MISMATCH;
		right = vrrp_secret_equal(advert->auth_data, secret, VRRP_AUTHENTICATION_SIZE);
		break;
	case AUTHENTICATION_AH:
		if (advert->auth_type != VRRP_AUTH_TYPE_AH)
			return DROP_AUTH_MISMATCH;
		right = advert->ah != NULL &&
			vrrp_ah_is_right(advert->packet, advert->packet_length, secret, VRRP_AUTHENTICATION_SIZE);
		break;
	}
	return right ? mismatch : DROP_AUTH_FAILURE;
}

static enum drop_reason authenticate_v3(const struct vr_config *config, const struct vrrp_advert *advert)
{
	const struct hmac_config *hmac = &config->extra->hmac;
	const struct hmac_key *key;

	if (advert->ah != NULL)
		return DROP_AUTH_MISMATCH;
	if (!hmac->enabled)
		return advert->trailer == NULL ? DROP_NONE : DROP_LENGTH;
	if (advert->trailer == NULL)
		return hmac->mode == HMAC_ENFORCE ? DROP_AUTH_MISMATCH : DROP_NONE;
	key = config_hmac_key(hmac, vrrp_trailer_read(advert->trailer).key_id);
	if (key == NULL || !vrrp_trailer_is_right(&advert->source, advert->message, advert->message_length,
				   advert->trailer, key->bytes, key->length))
		return DROP_AUTH_FAILURE;
	return DROP_NONE;
}

static enum drop_reason check_v2(
	const struct vr_config *config, bool hands_over, const struct vrrp_advert *advert)
{
	enum drop_reason reason;

	if (config->priority == VR_PRIORITY_OWNER && !hands_over)
		return DROP_OWNER;
	reason = authenticate_v2(config, advert);
	if (reason != DROP_NONE)
		return reason;
	if (!config->skip_address_check && advert->priority != VR_PRIORITY_OWNER &&
		!advert_addresses_match(config, advert))
		return DROP_ADDRESS_LIST;
	if (advert->interval != config->advert_interval)
		return DROP_INTERVAL;
	return DROP_NONE;
}

/* Erratum 8300: an IPv6 list begins with the virtual router's link-local address. Where none is configured, the peers have
 * none either: AMB-16. */
static bool link_local_is_missing(const struct vr_config *config, const struct vrrp_advert *advert)
{
	struct ip_addr first = vrrp_advert_address(advert, 0);

	if (advert->source.family != IP_V6 || ip_is_link_local(&first))
		return false;
	for (size_t i = 0; i < config->advertised_count; i++)
		if (ip_is_link_local(&config->addresses[i].prefix.addr))
			return true;
	return false;
}

static enum drop_reason check_v3(
	const struct vr_config *config, bool hands_over, const struct vrrp_advert *advert)
{
	enum drop_reason reason;

	if (config->owner_deaf && config->priority == VR_PRIORITY_OWNER && !hands_over)
		return DROP_OWNER;
	reason = authenticate_v3(config, advert);
	if (reason != DROP_NONE)
		return reason;
	if (advert->address_count == 0 || link_local_is_missing(config, advert))
		return DROP_ADDRESS_LIST;
	if (advert->interval == 0)
		return DROP_INTERVAL;
	return DROP_NONE;
}

/* AMB-14: version 2 at a router of both is sound by its own rules, and judged as version 3 is: RFC 9568 8.4.2. */
static enum drop_reason check_v2_as_v3(
	const struct vr_config *config, bool hands_over, const struct vrrp_advert *advert)
{
	if (advert->auth_type > VRRP_AUTH_TYPE_AH)
		return DROP_AUTH_TYPE;
	if (advert->auth_type != VRRP_AUTH_TYPE_NONE)
		return DROP_AUTH_MISMATCH;
	return check_v3(config, hands_over, advert);
}

enum drop_reason advert_check(
	const struct vr_config *config, bool hands_over, const struct vrrp_advert *advert)
{
	enum drop_reason reason = advert_check_way(config, advert);

	if (reason != DROP_NONE)
		return reason;
	if (!vr_config_speaks(config, advert->version))
		return DROP_VERSION;
	if (advert->version != config->version)
		return check_v2_as_v3(config, hands_over, advert);
	return config->version == 2 ? check_v2(config, hands_over, advert)
				    : check_v3(config, hands_over, advert);
}
