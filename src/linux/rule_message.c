/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as ip-rule(8) and the kernel's fib_rules.h have them. Several equal ones may stand side by side, so a request to
 * add one fails when it is there, and one to delete it says all of it.
 */
#include "linux/rule_message.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "linux/attributes.h"

_Static_assert((int)RULE_TABLE == FR_ACT_TO_TBL && (int)RULE_GOTO == FR_ACT_GOTO && (int)RULE_NOP == FR_ACT_NOP &&
		       (int)RULE_BLACKHOLE == FR_ACT_BLACKHOLE && (int)RULE_UNREACHABLE == FR_ACT_UNREACHABLE &&
		       (int)RULE_PROHIBIT == FR_ACT_PROHIBIT,
	"enum rule_action has the numbers of the kernel");

static void put_prefix(struct nlmsghdr *header, uint16_t type, const struct ip_prefix *prefix)
{
	if (ip_is_set(&prefix->addr) && prefix->length > 0)
		attribute_put_address(header, type, &prefix->addr);
}

static uint8_t length_of(const struct ip_prefix *prefix)
{
	return ip_is_set(&prefix->addr) ? prefix->length : 0;
}

static void put_ports(struct nlmsghdr *header, uint16_t type, const struct rule_ports *ports)
{
	const struct fib_rule_port_range range = {ports->low, ports->high};

	if (ports->low > 0)
		mnl_attr_put(header, type, sizeof(range), &range);
}

static void put_selectors(struct nlmsghdr *header, const struct virtual_rule *rule)
{
	const struct fib_rule_uid_range users = {rule->user_low, rule->user_high};

	put_prefix(header, FRA_DST, &rule->to);
	put_prefix(header, FRA_SRC, &rule->from);
	if (rule->in)
		mnl_attr_put_strz(header, FRA_IIFNAME, rule->in);
	if (rule->out)
		mnl_attr_put_strz(header, FRA_OIFNAME, rule->out);
	if (rule->mark_set) {
		mnl_attr_put_u32(header, FRA_FWMARK, rule->mark);
		mnl_attr_put_u32(header, FRA_FWMASK, rule->mask);
	}
	if (rule->tunnel_set)
		mnl_attr_put_u64(header, FRA_TUN_ID, htobe64(rule->tunnel));
	if (rule->users_set)
		mnl_attr_put(header, FRA_UID_RANGE, sizeof(users), &users);
	if (rule->ip_protocol)
		mnl_attr_put_u8(header, FRA_IP_PROTO, rule->ip_protocol);
	put_ports(header, FRA_SPORT_RANGE, &rule->source_ports);
	put_ports(header, FRA_DPORT_RANGE, &rule->destination_ports);
}

static void put_action(struct nlmsghdr *header, const struct virtual_rule *rule)
{
	if (rule->action == RULE_GOTO)
		mnl_attr_put_u32(header, FRA_GOTO, rule->target);
	if (rule->table >= 256)
		mnl_attr_put_u32(header, FRA_TABLE, rule->table);
	if (rule->l3mdev)
		mnl_attr_put_u8(header, FRA_L3MDEV, 1);
	if (rule->realms)
		mnl_attr_put_u32(header, FRA_FLOW, rule->realms);
	if (rule->suppress_prefix_set)
		mnl_attr_put_u32(header, FRA_SUPPRESS_PREFIXLEN, rule->suppress_prefix);
	if (rule->suppress_group_set)
		mnl_attr_put_u32(header, FRA_SUPPRESS_IFGROUP, rule->suppress_group);
}

void rule_message_put(struct nlmsghdr *header, const struct kernel_op *op)
{
	const struct virtual_rule *rule = op->rule;
	struct fib_rule_hdr *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));
	const bool add = op->type == KERNEL_ADD_RULE;

	header->nlmsg_type = add ? RTM_NEWRULE : RTM_DELRULE;
	header->nlmsg_flags = NLM_F_REQUEST | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	body->family = rule->family == IP_V6 ? AF_INET6 : AF_INET;
	body->dst_len = length_of(&rule->to);
	body->src_len = length_of(&rule->from);
	body->tos = rule->tos;
	body->table = rule->table < 256 ? (uint8_t)rule->table : RT_TABLE_UNSPEC;
	body->action = (uint8_t)rule->action;
	body->flags = rule->inverted ? FIB_RULE_INVERT : 0;
	mnl_attr_put_u32(header, FRA_PRIORITY, rule->preference);
	mnl_attr_put_u8(header, FRA_PROTOCOL, rule->protocol ? rule->protocol : VIGIA_KERNEL_PROTOCOL);
	put_selectors(header, rule);
	put_action(header, rule);
}

static const char *name_of(const struct nlattr *attribute)
{
	return attribute && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(attribute) : NULL;
}

static struct ip_prefix prefix_of(const struct nlattr *attribute, uint8_t family, uint8_t length)
{
	struct ip_prefix prefix = {attribute_address(attribute, family), length};

	return prefix;
}

static struct rule_ports ports_of(const struct nlattr *attribute)
{
	const struct fib_rule_port_range *range;

	if (!attribute_has_size(attribute, sizeof(*range)))
		return (struct rule_ports){0, 0};
	range = mnl_attr_get_payload(attribute);
	return (struct rule_ports){range->start, range->end};
}

static void read_selectors(const struct nlattr *const *found, struct virtual_rule *rule)
{
	const struct fib_rule_uid_range *users;

	rule->in = name_of(found[FRA_IIFNAME]);
	rule->out = name_of(found[FRA_OIFNAME]);
	rule->mark = attribute_number(found[FRA_FWMARK]);
	rule->mask = attribute_number(found[FRA_FWMASK]);
	rule->mark_set = found[FRA_FWMARK] || found[FRA_FWMASK];
	if (attribute_has_size(found[FRA_TUN_ID], sizeof(uint64_t))) {
		rule->tunnel = be64toh(mnl_attr_get_u64(found[FRA_TUN_ID]));
		rule->tunnel_set = true;
	}
	if (attribute_has_size(found[FRA_UID_RANGE], sizeof(*users))) {
		users = mnl_attr_get_payload(found[FRA_UID_RANGE]);
		rule->user_low = users->start;
		rule->user_high = users->end;
		rule->users_set = true;
	}
	if (attribute_has_size(found[FRA_IP_PROTO], 1))
		rule->ip_protocol = mnl_attr_get_u8(found[FRA_IP_PROTO]);
	rule->source_ports = ports_of(found[FRA_SPORT_RANGE]);
	rule->destination_ports = ports_of(found[FRA_DPORT_RANGE]);
}

static void read_action(const struct nlattr *const *found, const struct fib_rule_hdr *body, struct virtual_rule *rule)
{
	rule->action = (enum rule_action)body->action;
	rule->table = found[FRA_TABLE] ? attribute_number(found[FRA_TABLE]) : body->table;
	rule->target = attribute_number(found[FRA_GOTO]);
	rule->realms = attribute_number(found[FRA_FLOW]);
	rule->l3mdev = attribute_has_size(found[FRA_L3MDEV], 1) && mnl_attr_get_u8(found[FRA_L3MDEV]);
	rule->suppress_prefix = attribute_number(found[FRA_SUPPRESS_PREFIXLEN]);
	/* The kernel says -1 for none. */
	rule->suppress_prefix_set = found[FRA_SUPPRESS_PREFIXLEN] && rule->suppress_prefix != UINT32_MAX;
	if (!rule->suppress_prefix_set)
		rule->suppress_prefix = 0;
	rule->suppress_group = attribute_number(found[FRA_SUPPRESS_IFGROUP]);
	rule->suppress_group_set = found[FRA_SUPPRESS_IFGROUP];
}

bool rule_message_read(const struct nlmsghdr *header, struct virtual_rule *rule)
{
	const struct nlattr *found[ATTRIBUTES_MAX];
	const struct fib_rule_hdr *body = mnl_nlmsg_get_payload(header);

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*body) ||
		(body->family != AF_INET && body->family != AF_INET6))
		return false;
	attributes_collect(header, sizeof(*body), found);
	*rule = (struct virtual_rule){.family = body->family == AF_INET6 ? IP_V6 : IP_V4,
		.inverted = body->flags & FIB_RULE_INVERT,
		.from = prefix_of(found[FRA_SRC], body->family, body->src_len),
		.to = prefix_of(found[FRA_DST], body->family, body->dst_len),
		.tos = body->tos,
		.preference = attribute_number(found[FRA_PRIORITY]),
		.preference_set = true};
	if (attribute_has_size(found[FRA_PROTOCOL], 1))
		rule->protocol = mnl_attr_get_u8(found[FRA_PROTOCOL]);
	read_selectors(found, rule);
	read_action(found, body, rule);
	return true;
}
