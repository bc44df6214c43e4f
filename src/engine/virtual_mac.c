/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hardware address a virtual router speaks with: RFC 9568 7.3, and what use_vmac and its kin make of it. */
#include <string.h>

#include "engine/state.h"

struct mac_addr virtual_mac(const struct vr_config *config)
{
	static const struct mac_addr not_given;

	if (memcmp(&config->extra->vmac.mac, &not_given, sizeof(not_given)) != 0)
		return config->extra->vmac.mac;
	return vrrp_virtual_mac(config->family, config->vrid);
}

struct mac_addr instance_mac(const struct instance *instance, const struct link *link)
{
	switch (instance->config->extra->vmac.mode) {
	case VMAC_RULES:
		return link_has_arp(link) ? virtual_mac(instance->config) : link->mac;
	case VMAC_NONE:
	case VMAC_MACVLAN: /* the device has it */
	case VMAC_IPVLAN:
		break;
	}
	return link->mac;
}

struct mac_addr instance_advert_mac(const struct instance *instance, const struct link *link)
{
	/* The last advert of one that gives up comes after its successor's: from the virtual MAC, it would draw the
	 * switch's port back to us. */
	if (instance->config->extra->vmac.transmit_base || instance->vr.state == VR_BACKUP || !link_has_arp(link))
		return link->mac;
	return instance->config->extra->vmac.mode == VMAC_MACVLAN ? virtual_mac(instance->config)
							   : instance_mac(instance, link);
}
