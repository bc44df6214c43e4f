/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices for virtual MACs in words: what is wrong with their settings, and in status. */
#include "base/error_name.h"
#include "engine/state.h"

/* Settings in words: where, what it does, what to do. %d is the device, %p its parent. */
static const struct fault_words {
	enum port_device_fault fault;
	const char *words;
} fault_words[] = {
	{DEVICE_FAULT_ARP_IGNORE,
		"%d answers ARP for addresses of other interfaces: set net/ipv4/conf/%d/arp_ignore to 1"},
	{DEVICE_FAULT_RP_FILTER, "%d drops what comes for the virtual addresses: set "
				 "net/ipv4/conf/%d/rp_filter to 0, or to 2 where "
				 "net/ipv4/conf/all/rp_filter is 1"},
	{DEVICE_FAULT_FORWARDING,
		"net/ipv4/conf/%d/forwarding is not as it should be: 1 in a master if %p forwards, else 0"},
	{DEVICE_FAULT_PARENT_ARP_IGNORE, "%p answers ARP for the virtual addresses, too, with its own MAC: "
					 "set net/ipv4/conf/%p/arp_ignore to 1"},
	{DEVICE_FAULT_PARENT_ARP_ANNOUNCE, "%p asks in the name of the virtual addresses with its own MAC: "
					   "set net/ipv4/conf/%p/arp_announce to 2"},
	{DEVICE_FAULT_IPV6, "%d speaks IPv6 that nobody needs: set net/ipv6/conf/%d/disable_ipv6 to 1"},
	{DEVICE_FAULT_NO_IPV6, "%d cannot have IPv6 addresses: set net/ipv6/conf/%d/disable_ipv6 to 0"},
	{DEVICE_FAULT_ROUTER_ADVERTS, "%d takes addresses and routes from the router advertisements that it "
				      "hears: set net/ipv6/conf/%d/accept_ra to 0"},
	{DEVICE_FAULT_NO_ROUTER, "%d tells IPv6 hosts that it is no router: set net/ipv6/conf/%d/forwarding to 1"},
	{DEVICE_FAULT_LINK_LOCAL,
		"%d makes a link-local address of the virtual MAC: set it to addrgenmode none"},
	{DEVICE_FAULT_VRF, "%d is not in the VRF of %p: put it there"},
	{DEVICE_FAULT_ADDRESS, "%d lacks the address that adverts leave from: put it back"},
	{DEVICE_FAULT_BRIDGE, "%p is a bridge that hands its frames to iptables: what comes to the virtual "
			      "MAC passes without connection "
			      "tracking, so unmasqueraded: " BRIDGE_ADVICE},
	{DEVICE_FAULT_UNFILTERED, "what %d might say by IGMP and MLD in a backup is not filtered: load "
				  "nf_tables, where the switch minds"},
};

static void put_words(struct text *text, const char *words, const char *device, const char *parent)
{
	for (; *words != '\0'; words++)
		if (words[0] == '%' && words[1] == 'd') {
			text_str(text, device);
			words++;
		} else if (words[0] == '%' && words[1] == 'p') {
			text_str(text, parent);
			words++;
		} else {
			text_char(text, *words);
		}
}

void device_faults_text(struct text *text, int faults, const char *device, const char *parent)
{
	bool first = true;

	if (faults == 0)
		text_str(text, "all settings are as they should be");
	for (size_t i = 0; i < sizeof(fault_words) / sizeof(fault_words[0]); i++) {
		if (!(faults & (int)fault_words[i].fault))
			continue;
		if (!first)
			text_str(text, "; ");
		first = false;
		put_words(text, fault_words[i].words, device, parent);
	}
}

void bad_device_text(struct text *text, const struct instance *instance)
{
	const struct device *device = instance_bad_device(instance);

	if (!(instance->vr.blockers & VR_BLOCKER_BAD_DEVICE) || device == NULL)
		return;
	text_str(text, ": ");
	device_faults_text(
		text, device->faults & DEVICE_FAULTS_THAT_BREAK, device->wanted.name, device->parent->name);
}

static const char *mode_name(enum vmac_mode mode)
{
	switch (mode) {
	case VMAC_MACVLAN:
		return "macvlan";
	case VMAC_IPVLAN:
		return "ipvlan";
	case VMAC_RULES:
		return "rules";
	case VMAC_NONE:
		break;
	}
	return "none";
}

static void write_device(struct json_out *json, const struct device *device)
{
	const struct mac_addr mac = device_mac(device);
	char buffer[512];
	struct text text;

	json_out_object(json, NULL);
	json_out_string(json, "name", device->wanted.name);
	json_out_string(json, "kind", mode_name(device->wanted.mode));
	json_out_string(json, "interface", device->parent->name);
	if (device_is_ready(device))
		json_out_i64(json, "index", device->ifindex);
	else
		json_out_null(json, "index");
	json_out_string(json, "mac", mac_format(&mac, buffer));
	json_out_string(json, "error", device->error != 0 ? error_name(device->error) : NULL);
	text_init(&text, buffer, sizeof(buffer));
	device_faults_text(&text, device->faults, device->wanted.name, device->parent->name);
	json_out_string(json, "wrong", device->faults != 0 ? buffer : NULL);
	json_out_end(json);
}

void status_write_devices(struct json_out *json, const struct instance *instance)
{
	const struct vr_config *config = instance->config;
	const struct device *last = instance->rare->device;
	char buffer[MAC_ADDR_TEXT_SIZE];
	const struct mac_addr mac = virtual_mac(config);

	json_out_string(json, "virtual_mac_mode", mode_name(config->extra->vmac.mode));
	json_out_string(json, "virtual_mac",
		config->extra->vmac.mode == VMAC_MACVLAN || config->extra->vmac.mode == VMAC_RULES
			? mac_format(&mac, buffer)
			: NULL);
	json_out_array(json, "devices");
	if (instance->rare->device != NULL)
		write_device(json, instance->rare->device);
	for (size_t i = 0; i < config->address_count; i++) {
		const struct device *device = instance->claims[i].device;

		if (device != NULL && device != last && device != instance->rare->device)
			write_device(json, device);
		last = device;
	}
	json_out_end(json);
}
