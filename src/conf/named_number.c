/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers that have names: routing tables, scopes and the like. The names that every iproute2 has are built in; others
 * come from its files (names.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"

struct named_number {
	const char *name;
	uint32_t number;
};

static const struct named_number scopes[] = {
	{"global", 0}, {"site", 200}, {"link", 253}, {"host", 254}, {"nowhere", 255}};
static const struct named_number link_groups[] = {{"default", 0}};
static const struct named_number tables[] = {{"main", 254}, {"local", 255}, {"default", 253}};
static const struct named_number origins[] = {{"redirect", 1}, {"kernel", 2}, {"boot", 3}, {"static", 4},
	{"gated", 8}, {"ra", 9}, {"mrt", 10}, {"zebra", 11}, {"bird", 12}, {"dnrouted", 13}, {"xorp", 14},
	{"ntk", 15}, {"dhcp", 16}, {"mrouted", 17}, {"keepalived", 18}, {"babel", 42}, {"bgp", 186},
	{"isis", 187}, {"ospf", 188}, {"rip", 189}, {"eigrp", 192}};
static const struct named_number protocols[] = {{"icmp", 1}, {"igmp", 2}, {"ipip", 4}, {"tcp", 6}, {"udp", 17},
	{"dccp", 33}, {"ipv6", 41}, {"rsvp", 46}, {"gre", 47}, {"esp", 50}, {"ah", 51}, {"ipv6-icmp", 58},
	{"icmpv6", 58}, {"eigrp", 88}, {"ospf", 89}, {"pim", 103}, {"vrrp", 112}, {"l2tp", 115},
	{"sctp", 132}, {"udplite", 136}, {"mpls-in-ip", 137}};

#define COUNT(array) (sizeof array / sizeof *array)

static const struct {
	const struct named_number *names;
	size_t count;
	const char *file; /* of iproute2 */
	uint32_t limit;
} lists[] = {
	[NAMES_SCOPE] = {scopes, COUNT(scopes), "rt_scopes", 255},
	[NAMES_TABLE] = {tables, COUNT(tables), "rt_tables", UINT32_MAX},
	[NAMES_TOS] = {NULL, 0, "rt_dsfield", 255},
	[NAMES_LINK_GROUP] = {link_groups, COUNT(link_groups), "group", UINT32_MAX},
	[NAMES_ORIGIN] = {origins, COUNT(origins), "rt_protos", 255},
	[NAMES_REALM] = {NULL, 0, "rt_realms", UINT16_MAX},
	[NAMES_IP_PROTOCOL] = {protocols, COUNT(protocols), NULL, 255},
};

bool number_parse(const char *text, uint64_t limit, uint64_t *out)
{
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = is_hex ? text + 2 : text;
	char *end;
	if (!*digits || strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return false;
	errno = 0;
	*out = strtoull(digits, &end, is_hex ? 16 : 10);
	return errno == 0 && *out <= limit;
}

bool named_number_find(struct reader *reader, const char *name, enum name_list list, uint32_t *number)
{
	uint64_t value;
	if (number_parse(name, lists[list].limit, &value)) {
		*number = (uint32_t)value;
		return true;
	}
	for (size_t i = 0; i < lists[list].count; i++)
		if (strcmp(lists[list].names[i].name, name) == 0) {
			*number = lists[list].names[i].number;
			return true;
		}
	return lists[list].file && name_to_number(reader, lists[list].file, name, number) &&
	       *number <= lists[list].limit;
}

bool named_number_read(struct reader *reader, const char *word, const struct token *token,
	enum name_list list, uint32_t *number)
{
	if (named_number_find(reader, token->text, list, number))
		return true;
	unsigned long limit = lists[list].limit;
	if (lists[list].file)
		reader_error(reader, &token->spot,
			"'%.60s': %s is a number up to %lu, or a name that stands in /etc/iproute2/%s",
			token->text, word, limit, lists[list].file);
	else
		reader_error(reader, &token->spot, "'%.60s': %s is a number up to %lu, or a name such as %s",
			token->text, word, limit, "tcp or udp");
	return false;
}

void conf_print_scope(uint32_t scope, struct text *out)
{
	for (size_t i = 0; i < COUNT(scopes); i++)
		if (scopes[i].number == scope) {
			text_str(out, scopes[i].name);
			return;
		}
	text_u64(out, scope);
}
