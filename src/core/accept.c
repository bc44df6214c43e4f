/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of RFC 9568 7.1 and RFC 3768 7.1 that need a configuration, in the order of drop.h: the first failure names
 * the reason. */
#include "core/accept.h"

#include <string.h>

#define AUTH_TYPE_NONE 0
#define USUAL_MTU_V6_ADDRESSES 90 /* more do not fit into an advert at an MTU of 1500: AMB-15 */
#define AUTH_TYPE_LAST_KNOWN 2 /* RFC 2338 5.3.6: simple text, IP authentication header */

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

static enum drop_reason check_v2(
	const struct vr_config *config, bool hands_over, const struct vrrp_advert *advert)
{
	if (config->priority == VR_PRIORITY_OWNER && !hands_over)
		return DROP_OWNER;
	if (advert->auth_type > AUTH_TYPE_LAST_KNOWN)
		return DROP_AUTH_TYPE;
	if (advert->auth_type != AUTH_TYPE_NONE)
		return DROP_AUTH_MISMATCH;
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
	if (config->owner_deaf && config->priority == VR_PRIORITY_OWNER && !hands_over)
		return DROP_OWNER;
	if (advert->address_count == 0 || link_local_is_missing(config, advert))
		return DROP_ADDRESS_LIST;
	if (advert->interval == 0)
		return DROP_INTERVAL;
	return DROP_NONE;
}

enum drop_reason advert_check(
	const struct vr_config *config, bool hands_over, const struct vrrp_advert *advert)
{
	if (advert->version != config->version)
		return DROP_VERSION;
	return config->version == 2 ? check_v2(config, hands_over, advert)
				    : check_v3(config, hands_over, advert);
}
