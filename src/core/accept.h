/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would a virtual router of this configuration take this advert? The second half of RFC 9568 7.1 and RFC 3768 7.1:
 * what cannot be told from the bytes alone. Used by the engine for every advert and by `vigia decode`.
 */
#ifndef VIGIA_CORE_ACCEPT_H
#define VIGIA_CORE_ACCEPT_H

#include "core/config.h"
#include "wire/drop.h"
#include "wire/vrrp.h"

/* DROP_NONE, or the first reason: destination, sender, version, owner, authentication, address list, interval. The caller has found
 * the configuration by interface, family and VRID already. hands_over: the router waits for its successor, and so it
 * listens even as a v2 owner, whom RFC 3768 7.1 makes deaf, and with owner_ignore_adverts. */
enum drop_reason advert_check(
	const struct vr_config *config, bool hands_over, const struct vrrp_advert *advert);
/* The first part of it alone: whether the advert came the way this virtual router is spoken to. By group or to a listed
 * neighbour's address: RX-27. Tells apart virtual routers that share interface, family and VRID. */
enum drop_reason advert_check_way(const struct vr_config *config, const struct vrrp_advert *advert);
/* How well the advert fits a virtual router, to find the right one of those: 0 to 4, and 4 for what comes to its own address
 * from a listed peer, or to its group. own: the address that it speaks from; IP_NONE: not known. */
unsigned advert_fitness(
	const struct vr_config *config, const struct ip_addr *own, const struct vrrp_advert *advert);
/* How this virtual router authenticates what it sends. */
enum vrrp_scheme config_scheme(const struct vr_config *config);
/* NULL: there is no key of this id. */
const struct hmac_key *config_hmac_key(const struct hmac_config *hmac, uint8_t id);
/* 224.0.0.18, ff02::12, or what is configured. */
struct ip_addr config_group(const struct vr_config *config);
/* Whether the advertised addresses are the same set, whatever their order: RX-17. */
bool advert_addresses_match(const struct vr_config *config, const struct vrrp_advert *advert);

#endif
