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

/* DROP_NONE, or the first reason: version, owner (v2), authentication, address list, interval. The caller has found
 * the configuration by interface, family and VRID already. hands_over: the router waits for its successor, and so it
 * listens even as a v2 owner, whom RFC 3768 7.1 makes deaf, and with owner_ignore_adverts. */
enum drop_reason advert_check(
	const struct vr_config *config, bool hands_over, const struct vrrp_advert *advert);
/* Whether the advertised addresses are the same set, whatever their order: RX-17. */
bool advert_addresses_match(const struct vr_config *config, const struct vrrp_advert *advert);

#endif
