/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink messages about devices for virtual MACs: see device_message.h. */
#include "linux/device_message.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define IPVLAN_PRIVATE_FLAG 1 /* IPVLAN_F_PRIVATE, IPVLAN_F_VEPA */
#define IPVLAN_VEPA_FLAG 2
/* And the maker. The numbers only have to be nobody else's. */
#define GROUP_OF_OLD 0x76000000u
#define GROUP_OF_NEW 0x77000000u
#define MAKER_MASK 0xffffffu

static struct nlmsghdr *begin(void *buffer, uint16_t type, int ifindex)
{
	struct nlmsghdr *header;
	struct ifinfomsg *body;

	memset(buffer, 0, DEVICE_MESSAGE_SIZE);
	header = mnl_nlmsg_put_header(buffer);
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST;
	body = mnl_nlmsg_put_extra_header(header, sizeof(*body));
	body->ifi_family = AF_UNSPEC;
	body->ifi_index = ifindex;
	return header;
}

struct nlmsghdr *device_message_get(void *buffer, int ifindex, const char *name)
{
	struct nlmsghdr *request = begin(buffer, RTM_GETLINK, ifindex);

	if (ifindex == 0)
		mnl_attr_put_strz(request, IFLA_IFNAME, name);
	return request;
}

uint32_t device_maker(const char *daemon)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *at = daemon; *at; at++)
		hash = (hash ^ (uint8_t)*at) * 16777619u;
	hash = (hash ^ hash >> 24) & MAKER_MASK;
	return hash ? hash : 1;
}

uint32_t device_group_of_new(uint32_t maker)
{
	return GROUP_OF_NEW | maker;
}

uint32_t device_group_of_old(uint32_t maker)
{
	return GROUP_OF_OLD | maker;
}

bool device_is_in_passing(uint32_t group)
{
	const uint32_t kind = group & ~MAKER_MASK;

	return (kind == GROUP_OF_NEW || kind == GROUP_OF_OLD) && (group & MAKER_MASK) != 0;
}

bool device_is_ours(uint32_t group, const char *alias)
{
	return device_is_in_passing(group) || strncmp(alias, DEVICE_ALIAS_MARK, strlen(DEVICE_ALIAS_MARK)) == 0;
}

uint32_t device_maker_of(uint32_t group, const char *alias)
{
	uint32_t maker = 0;
	unsigned number;

	if (device_is_in_passing(group))
		return group & MAKER_MASK;
	if (!device_is_ours(group, alias))
		return 0;
	/* The last one: a virtual router may be called like that. */
	for (const char *at = strchr(alias, ';'); at; at = strchr(at + 1, ';'))
		if (sscanf(at, DEVICE_ALIAS_MAKER, &number) == 1)
			maker = number;
	return maker;
}

const char *device_kind(enum vmac_mode mode)
{
	switch (mode) {
	case VMAC_MACVLAN:
		return "macvlan";
	case VMAC_IPVLAN:
		return "ipvlan";
	case VMAC_NONE:
	case VMAC_RULES:
		break;
	}
	return "";
}

static uint16_t ipvlan_flags(enum vmac_ipvlan_flag flag)
{
	switch (flag) {
	case VMAC_IPVLAN_BRIDGE:
		return 0;
	case VMAC_IPVLAN_PRIVATE:
		return IPVLAN_PRIVATE_FLAG;
	case VMAC_IPVLAN_VEPA:
		return IPVLAN_VEPA_FLAG;
	}
	return 0;
}

struct nlmsghdr *device_message_create(void *buffer, const struct port_device *device, uint32_t maker)
{
	struct nlmsghdr *request = begin(buffer, RTM_NEWLINK, 0);
	struct nlattr *info, *data;

	request->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	mnl_attr_put_u32(request, IFLA_LINK, (uint32_t)device->parent);
	mnl_attr_put_strz(request, IFLA_IFNAME, device->name);
	if (device->mode == VMAC_MACVLAN)
		mnl_attr_put(request, IFLA_ADDRESS, sizeof(device->mac.bytes), device->mac.bytes);
	mnl_attr_put_u32(request, IFLA_GROUP, device_group_of_new(maker));
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, device_kind(device->mode));
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	if (device->mode == VMAC_MACVLAN) {
		mnl_attr_put_u32(request, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
	} else {
		mnl_attr_put_u16(request, IFLA_IPVLAN_MODE, IPVLAN_MODE_L2);
		mnl_attr_put_u16(request, IFLA_IPVLAN_FLAGS, ipvlan_flags(device->ipvlan_flag));
	}
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return request;
}

struct nlmsghdr *device_message_delete(void *buffer, int ifindex)
{
	return begin(buffer, RTM_DELLINK, ifindex);
}

struct nlmsghdr *device_message_delete_group(void *buffer, uint32_t group)
{
	struct nlmsghdr *request = begin(buffer, RTM_DELLINK, 0);

	mnl_attr_put_u32(request, IFLA_GROUP, group);
	return request;
}

struct nlmsghdr *device_message_set_up(void *buffer, int ifindex)
{
	struct nlmsghdr *request = begin(buffer, RTM_SETLINK, ifindex);
	struct ifinfomsg *body = mnl_nlmsg_get_payload(request);

	body->ifi_flags = IFF_UP;
	body->ifi_change = IFF_UP;
	return request;
}

struct nlmsghdr *device_message_set_alias(void *buffer, int ifindex, const char *alias, const uint32_t *group)
{
	struct nlmsghdr *request = begin(buffer, RTM_SETLINK, ifindex);

	mnl_attr_put_strz(request, IFLA_IFALIAS, alias);
	if (group)
		mnl_attr_put_u32(request, IFLA_GROUP, *group);
	return request;
}

struct nlmsghdr *device_message_set_name(void *buffer, int ifindex, const char *name)
{
	struct nlmsghdr *request = begin(buffer, RTM_SETLINK, ifindex);

	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	return request;
}

struct nlmsghdr *device_message_set_group(void *buffer, int ifindex, uint32_t group)
{
	struct nlmsghdr *request = begin(buffer, RTM_SETLINK, ifindex);

	mnl_attr_put_u32(request, IFLA_GROUP, group);
	return request;
}

struct nlmsghdr *device_message_set_master(void *buffer, int ifindex, int master)
{
	struct nlmsghdr *request = begin(buffer, RTM_SETLINK, ifindex);

	mnl_attr_put_u32(request, IFLA_MASTER, (uint32_t)master);
	return request;
}

struct nlmsghdr *device_message_no_link_local(void *buffer, int ifindex)
{
	struct nlmsghdr *request = begin(buffer, RTM_SETLINK, ifindex);
	struct nlattr *families = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	struct nlattr *family = mnl_attr_nest_start(request, AF_INET6);

	mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(request, family);
	mnl_attr_nest_end(request, families);
	return request;
}

/* Hosts of its prefix are reached by the parent, as before. No duplicate address detection: adverts leave from it. */
struct nlmsghdr *device_message_add_address(void *buffer, int ifindex, const struct ip_prefix *prefix)
{
	const bool is_v6 = prefix->addr.family == IP_V6;
	const uint16_t size = is_v6 ? 16 : 4;
	struct nlmsghdr *request;
	struct ifaddrmsg *body;

	memset(buffer, 0, DEVICE_MESSAGE_SIZE);
	request = mnl_nlmsg_put_header(buffer);
	request->nlmsg_type = RTM_NEWADDR;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->ifa_family = is_v6 ? AF_INET6 : AF_INET;
	body->ifa_prefixlen = prefix->length;
	body->ifa_scope = is_v6 && ip_is_link_local(&prefix->addr) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	body->ifa_index = (uint32_t)ifindex;
	mnl_attr_put(request, IFA_LOCAL, size, prefix->addr.bytes);
	mnl_attr_put(request, IFA_ADDRESS, size, prefix->addr.bytes);
	mnl_attr_put_u32(request, IFA_FLAGS, IFA_F_NOPREFIXROUTE | (is_v6 ? IFA_F_NODAD : 0));
	return request;
}

struct nlmsghdr *device_message_settings(void *buffer, int ifindex)
{
	struct nlmsghdr *request = begin(buffer, RTM_SETLINK, ifindex);

	mnl_attr_nest_start(request, IFLA_AF_SPEC);
	mnl_attr_nest_start(request, AF_INET);
	mnl_attr_nest_start(request, IFLA_INET_CONF);
	return request;
}

void device_message_add_setting(struct nlmsghdr *request, enum device_setting setting, uint32_t value)
{
	mnl_attr_put_u32(request, (uint16_t)setting, value);
}

/* The three nests begin one behind the other and end at the same place. */
void device_message_end_settings(struct nlmsghdr *request)
{
	struct nlattr *nest = mnl_nlmsg_get_payload_offset(request, sizeof(struct ifinfomsg));

	for (int depth = 0; depth < 3; depth++)
		mnl_attr_nest_end(request, nest + depth);
}

static int read_inet_conf(const struct nlattr *attribute, int number)
{
	const uint32_t *values = mnl_attr_get_payload(attribute);

	if (mnl_attr_get_payload_len(attribute) < (uint16_t)number * sizeof(*values))
		return DEVICE_SETTING_UNKNOWN;
	return (int)values[number - 1];
}

static int read_inet(const struct nlattr *attribute, void *data)
{
	struct device_facts *facts = data;

	if (mnl_attr_get_type(attribute) != IFLA_INET_CONF)
		return MNL_CB_OK;
	facts->forwarding = read_inet_conf(attribute, SETTING_FORWARDING);
	facts->rp_filter = read_inet_conf(attribute, SETTING_RP_FILTER);
	facts->arp_announce = read_inet_conf(attribute, SETTING_ARP_ANNOUNCE);
	facts->arp_ignore = read_inet_conf(attribute, SETTING_ARP_IGNORE);
	facts->promote_secondaries = read_inet_conf(attribute, SETTING_PROMOTE_SECONDARIES);
	return MNL_CB_OK;
}

static int read_inet6(const struct nlattr *attribute, void *data)
{
	struct device_facts *facts = data;

	if (mnl_attr_get_type(attribute) == IFLA_INET6_ADDR_GEN_MODE &&
		mnl_attr_get_payload_len(attribute) >= 1)
		facts->address_generation = mnl_attr_get_u8(attribute);
	return MNL_CB_OK;
}

static int read_family(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == AF_INET)
		mnl_attr_parse_nested(attribute, read_inet, data);
	else if (mnl_attr_get_type(attribute) == AF_INET6)
		mnl_attr_parse_nested(attribute, read_inet6, data);
	return MNL_CB_OK;
}

static int read_bridge(const struct nlattr *attribute, void *data)
{
	struct device_facts *facts = data;
	const uint16_t type = mnl_attr_get_type(attribute);

	if ((type == IFLA_BR_NF_CALL_IPTABLES || type == IFLA_BR_NF_CALL_IP6TABLES) &&
		mnl_attr_get_payload_len(attribute) >= 1 && mnl_attr_get_u8(attribute) != 0)
		facts->bridge_calls_netfilter = true;
	return MNL_CB_OK;
}

/* The kind comes before what is of that kind. */
static int read_info(const struct nlattr *attribute, void *data)
{
	struct device_facts *facts = data;

	if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA && strcmp(facts->kind, "bridge") == 0)
		mnl_attr_parse_nested(attribute, read_bridge, facts);
	if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND &&
		mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(facts->kind, sizeof(facts->kind), "%s", mnl_attr_get_str(attribute));
	return MNL_CB_OK;
}

static int read_attribute(const struct nlattr *attribute, void *data)
{
	struct device_facts *facts = data;
	const size_t length = mnl_attr_get_payload_len(attribute);

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_LINK:
		facts->parent = length >= 4 ? (int)mnl_attr_get_u32(attribute) : 0;
		break;
	case IFLA_MASTER:
		facts->master = length >= 4 ? (int)mnl_attr_get_u32(attribute) : 0;
		break;
	case IFLA_GROUP:
		facts->group = length >= 4 ? mnl_attr_get_u32(attribute) : 0;
		break;
	case IFLA_ADDRESS:
		if (length == sizeof(facts->mac.bytes))
			memcpy(facts->mac.bytes, mnl_attr_get_payload(attribute), length);
		break;
	case IFLA_IFALIAS:
		if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
			snprintf(facts->alias, sizeof(facts->alias), "%s", mnl_attr_get_str(attribute));
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attribute, read_info, facts);
		break;
	case IFLA_AF_SPEC:
		mnl_attr_parse_nested(attribute, read_family, facts);
		break;
	}
	return MNL_CB_OK;
}

bool device_message_read(const struct nlmsghdr *message, struct device_facts *facts)
{
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(message) < sizeof(*body))
		return false;
	*facts = (struct device_facts){.ifindex = body->ifi_index,
		.up = body->ifi_flags & IFF_UP,
		.forwarding = DEVICE_SETTING_UNKNOWN,
		.rp_filter = DEVICE_SETTING_UNKNOWN,
		.arp_announce = DEVICE_SETTING_UNKNOWN,
		.arp_ignore = DEVICE_SETTING_UNKNOWN,
		.promote_secondaries = DEVICE_SETTING_UNKNOWN,
		.address_generation = DEVICE_SETTING_UNKNOWN};
	mnl_attr_parse(message, sizeof(*body), read_attribute, facts);
	return true;
}
