/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who takes whose adverts, for the laws: by the configurations of two virtual routers (versions, peer lists, keys), and for one
 * packet that is handed in. Whether the network carries it is not asked here.
 */
#include <string.h>

#include "core/accept.h"
#include "sim/world.h"

#define ETHERNET_HEADER 14

static bool same_addresses(const struct vr_config *a, const struct vr_config *b)
{
	if (a->advertised_count != b->advertised_count)
		return false;
	for (size_t i = 0; i < a->advertised_count; i++)
		if (!ip_equal(&a->addresses[i].prefix.addr, &b->addresses[i].prefix.addr))
			return false;
	return true;
}

static const struct unicast_peer *peer_of(const struct vr_config *config, const struct ip_addr *address)
{
	for (size_t i = 0; i < config->extra->unicast.peer_count; i++)
		if (ip_equal(&config->extra->unicast.peers[i].address, address))
			return &config->extra->unicast.peers[i];
	return NULL;
}

/* By multicast of one group, or from one peer list to the other. */
static bool same_way(const struct view *hearer, const struct view *speaker)
{
	const struct vr_config *a = speaker->config, *b = hearer->config;
	const struct unicast_peer *known;

	if (!a->extra->unicast.enabled || !b->extra->unicast.enabled)
		return a->extra->unicast.enabled == b->extra->unicast.enabled && ip_equal(&a->extra->group, &b->extra->group);
	known = peer_of(b, &speaker->primary);
	if (known == NULL ? b->extra->unicast.check_source
			  : a->extra->unicast.ttl < known->min_ttl || a->extra->unicast.ttl > known->max_ttl)
		return false;
	return peer_of(a, &hearer->primary) != NULL;
}

static bool signs(const struct hmac_config *hmac)
{
	return hmac->enabled && hmac->mode != HMAC_RECEIVE_ONLY;
}

static bool knows_key(const struct hmac_config *hearer, const struct hmac_config *speaker)
{
	const struct hmac_key *a = config_hmac_key(speaker, speaker->active_key);
	const struct hmac_key *b = config_hmac_key(hearer, speaker->active_key);

	return a != NULL && b != NULL && a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* What is said now, and a moment later, is within the window. */
static bool same_time(const struct hmac_config *hearer, dur_t apart)
{
	return hearer->monotonic || (apart < 0 ? -apart : apart) + SIM_LATE < hearer->time_window;
}

static bool verifies(const struct vr_config *hearer, const struct vr_config *speaker, dur_t apart)
{
	const struct hmac_config *a = &speaker->extra->hmac, *b = &hearer->extra->hmac;

	if (hearer->version == 2)
		return hearer->extra->authentication == speaker->extra->authentication &&
		       (hearer->extra->authentication == AUTHENTICATION_NONE ||
			       memcmp(hearer->extra->authentication_data, speaker->extra->authentication_data,
				       VRRP_AUTHENTICATION_SIZE) == 0);
	if (!b->enabled || !signs(a))
		return !signs(a) && (!b->enabled || b->mode != HMAC_ENFORCE);
	return knows_key(b, a) && same_time(b, apart);
}

bool hearing_understands(const struct router *hearing, const struct view *hearer,
	const struct router *speaking, const struct view *speaker)
{
	const struct vr_config *a = speaker->config, *b = hearer->config;

	if (a->vrid != b->vrid || a->family != b->family || a->version != b->version)
		return false;
	if (b->priority == VR_PRIORITY_OWNER && (b->version == 2 || b->owner_deaf))
		return false;
	if (!same_way(hearer, speaker) || !verifies(b, a, speaking->wall_offset - hearing->wall_offset))
		return false;
	return b->version == 3 || (a->advert_interval == b->advert_interval && same_addresses(a, b));
}

bool hearing_is_vrrp(const struct packet *packet, uint8_t *vrid, uint8_t *family)
{
	const uint8_t *ip = packet->bytes + ETHERNET_HEADER;
	uint8_t protocol;
	size_t header;

	if (packet->length < ETHERNET_HEADER + 20)
		return false;
	header = ip[0] >> 4 == 4 ? 4u * (ip[0] & 15) : 40;
	protocol = ip[0] >> 4 == 4 ? ip[9] : ip[6];
	if (protocol == IP_PROTOCOL_AH && ETHERNET_HEADER + header + VRRP_AH_SIZE <= packet->length) {
		protocol = ip[header];
		header += VRRP_AH_SIZE;
	}
	if (ETHERNET_HEADER + header + 2 > packet->length || protocol != VRRP_IP_PROTOCOL)
		return false;
	*family = ip[0] >> 4 == 4 ? IP_V4 : IP_V6;
	*vrid = ip[header + 1];
	return true;
}

static bool decode(const struct packet *packet, struct vrrp_advert *advert)
{
	return vrrp_decode(packet->bytes + ETHERNET_HEADER, packet->length - ETHERNET_HEADER, advert) ==
	       DROP_NONE;
}

/* Those that speak to listed routers may share interface and VRID. */
struct view *hearing_view(struct router *router, int ifindex, const struct packet *packet)
{
	struct vrrp_advert advert;
	uint8_t vrid, family;
	struct view *best;
	unsigned most;

	if (!hearing_is_vrrp(packet, &vrid, &family))
		return NULL;
	best = router_view(router, family, vrid, ifindex);
	if (best == NULL || !decode(packet, &advert))
		return best;
	most = advert_fitness(best->config, &best->primary, &advert);
	for (size_t i = 0; i < router->view_count; i++) {
		struct view *view = &router->views[i];
		unsigned fits;

		if (!view->used || view->config->vrid != vrid || view->config->family != family ||
			view->ifindex != best->ifindex)
			continue;
		fits = advert_fitness(view->config, &view->primary, &advert);
		if (fits > most || (fits == most && best->leaving)) {
			best = view;
			most = fits;
		}
	}
	return best;
}

/* After a reload the one that is leaving and its successor may speak from the same address: the former gives up, and says
 * nothing else. */
static bool may_have_said(
	const struct router *router, const struct view *view, const struct vrrp_advert *advert)
{
	return view->used && (advert->priority == VR_PRIORITY_STOP || !view_is_leaving(router, view));
}

struct view *hearing_speaker(struct router *router, int ifindex, const struct vrrp_advert *advert)
{
	struct view *speaker = NULL;

	for (size_t i = 0; i < router->view_count && !ip_is_multicast(&advert->destination); i++) {
		struct view *view = &router->views[i];
		/* In the midst of a reload, what the view has may be freed. */
		const struct vr *vr = view->used ? view_vr(router, view) : NULL;

		if (vr != NULL && may_have_said(router, view, advert) && vr->config->vrid == advert->vrid &&
			vr->config->extra->unicast.enabled && ip_equal(&view->primary, &advert->source) &&
			(speaker == NULL || view->leaving))
			speaker = view;
	}
	if (speaker == NULL)
		speaker = router_view(router, advert->source.family, advert->vrid, ifindex);
	return speaker != NULL && may_have_said(router, speaker, advert) ? speaker : NULL;
}

bool hearing_takes(const struct router *router, const struct view *view, const struct packet *packet,
	struct anti_replay *replay, struct vrrp_advert *advert)
{
	const struct vr_config *config = view->config;
	const bool hands_over = view->hold == VR_HOLD_UNTIL_SUCCESSOR;

	return decode(packet, advert) && advert_check(config, hands_over, advert) == DROP_NONE &&
	       (!config->extra->unicast.enabled || ip_equal(&advert->destination, &view->primary)) &&
	       anti_replay_check(replay, config, advert, router_wall(router)) == DROP_NONE;
}
