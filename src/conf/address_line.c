/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ADDRESS[/LENGTH] [OPTIONS]: a line of virtual_ipaddress or virtual_ipaddress_excluded. */
#include <string.h>

#include "conf/route_parts.h"

PARTS(peer_parts)
{
	struct ip_prefix peer;
	if (!option_has_more(reader, keyword, statement, *at) ||
		!value_read_prefix(reader, &statement->words[(*at)++], &peer))
		return false;
	memcpy((char *)object + keyword->stored.offset, &peer, sizeof peer);
	return true;
}

PRINT(peer_print)
{
	struct ip_prefix peer;
	memcpy(&peer, (const char *)object + keyword->stored.offset, sizeof peer);
	if (!ip_is_set(&peer.addr))
		return;
	text_str(out, " peer ");
	text_ip_prefix(out, &peer);
}

PARTS(lifetime_parts)
{
	uint64_t value = UINT32_MAX;
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	if (strcmp(token->text, "forever") != 0 && !number_parse(token->text, UINT32_MAX - 1, &value)) {
		reader_error(reader, &token->spot, "'%.60s': preferred_lft is forever or a number of seconds",
			token->text);
		return false;
	}
	field_set(object, keyword->stored, (int64_t)value);
	field_set(object, keyword->given, true);
	return true;
}

PRINT(lifetime_print)
{
	uint32_t value = (uint32_t)field_get(object, keyword->stored);
	if (!field_get(object, keyword->given))
		return;
	text_str(out, " preferred_lft ");
	if (value == UINT32_MAX)
		text_str(out, "forever");
	else
		text_u64(out, value);
}

/* In which block the line stands. */
enum line_place {
	LINE_ADVERTISED,
	LINE_EXCLUDED,
	LINE_STATIC,
};

/* What hosts are to send to is a machine's. Others may also stand on lo, or join a group. */
static bool can_have(const struct draft_address *entry, enum line_place place)
{
	const struct ip_addr *addr = &entry->address.prefix.addr;
	if (place != LINE_ADVERTISED && (ip_is_loopback(addr) || (entry->options.auto_join && ip_is_multicast(addr))))
		return true;
	return value_is_machine(addr) && !ip_is_loopback(addr);
}

static bool check_address(
	struct reader *reader, const struct token *token, const struct draft_address *entry, enum line_place place)
{
	if (!can_have(entry, place)) {
		reader_error(reader, &token->spot, "'%s' cannot be %s address: no machine on a network can have it%s",
			token->text, place == LINE_STATIC ? "a static" : "a virtual",
			place != LINE_ADVERTISED && ip_is_multicast(&entry->address.prefix.addr)
				? "; autojoin behind it joins the group"
				: "");
		return false;
	}
	if (entry->address.prefix.length == 0) {
		reader_error(reader, &token->spot,
			"'%s': with length 0 every address would be on this network", token->text);
		return false;
	}
	return true;
}

/* IPv6 addresses have neither: they are set aside, as keepalived does. */
static void drop_what_v6_lacks(
	struct reader *reader, const struct token *token, struct draft_address *entry)
{
	bool has_broadcast = ip_is_set(&entry->options.broadcast) || entry->options.broadcast_auto;
	if (!has_broadcast && !entry->options.label && !entry->options.scope)
		return;
	reader_warning(reader, &token->spot, "'%s': %s has no effect on an IPv6 address", token->text,
		has_broadcast    ? "brd"
		: entry->options.label ? "label"
				 : "scope");
	entry->options.broadcast = (struct ip_addr){.family = IP_NONE};
	entry->options.broadcast_auto = false;
	entry->options.label = NULL;
	entry->options.scope = 0;
}

/* What IPv6 alone has is set aside of IPv4 addresses, as keepalived does. */
static void drop_what_v4_lacks(
	struct reader *reader, const struct token *token, struct draft_address *entry)
{
	if (!entry->options.home && !entry->options.detects_duplicates && !entry->options.managed)
		return;
	reader_warning(reader, &token->spot, "'%s': %s has no effect on an IPv4 address", token->text,
		entry->options.home                 ? "home"
		: entry->options.detects_duplicates ? "-nodad"
					      : "mngtmpaddr");
	entry->options.home = entry->options.detects_duplicates = entry->options.managed = false;
}

/* The kernel counts the length as one of the peer. */
static bool check_peer(struct reader *reader, const struct token *token, struct draft_address *entry)
{
	if (!ip_is_set(&entry->options.peer.addr))
		return true;
	if (entry->options.peer.addr.family != entry->address.prefix.addr.family) {
		reader_error(reader, &token->spot, "the address and its peer are of one family");
		return false;
	}
	entry->address.prefix.length = entry->options.peer.length;
	return true;
}

/* That of the peer, if there is one: it has the length. */
static struct ip_addr network_of(const struct draft_address *entry)
{
	return ip_network(ip_is_set(&entry->options.peer.addr) ? &entry->options.peer : &entry->address.prefix).addr;
}

static void check_broadcast(struct reader *reader, const struct token *token, struct draft_address *entry)
{
	bool cleared = entry->options.broadcast.family == IP_V4 && ip_is_unspecified(&entry->options.broadcast);
	if (!entry->options.broadcast_auto && !cleared)
		return;
	if (entry->address.prefix.length < 31) {
		if (cleared)
			entry->options.broadcast = network_of(entry);
		return;
	}
	if (!cleared)
		reader_warning(reader, &token->spot,
			"a network of length %u has no broadcast address, so brd + sets none; write the "
			"length of the network",
			entry->address.prefix.length);
	entry->options.broadcast_auto = false;
	entry->options.broadcast = (struct ip_addr){.family = IP_NONE};
}

/* false: in error, reported. */
static bool read_line(struct reader *reader, const struct statement *statement, struct draft_address *entry,
	enum line_place place)
{
	const struct token *first = &statement->words[0];
	if (!value_read_prefix(reader, first, &entry->address.prefix))
		return false;
	for (size_t at = 1; at < statement->count;) {
		const struct token *token = &statement->words[at];
		enum option_result result =
			option_read(reader, &address_keywords, statement, &at, &entry->options, NULL);
		struct ip_prefix second;
		if (result == OPTION_UNKNOWN && ip_prefix_parse(token->text, token->length, &second))
			reader_error(reader, &token->spot, "'%s': each address stands on a line of its own",
				token->text);
		else if (result == OPTION_UNKNOWN)
			parse_unknown(reader, &address_keywords, token);
		if (result != OPTION_READ)
			return false;
	}
	if (!check_address(reader, first, entry, place))
		return false;
	if (ip_is_set(&entry->options.broadcast) && entry->options.broadcast.family != IP_V4) {
		reader_error(reader, &first->spot, "a broadcast address is an IPv4 address");
		return false;
	}
	if (!check_peer(reader, first, entry))
		return false;
	if (entry->address.prefix.addr.family == IP_V6)
		drop_what_v6_lacks(reader, first, entry);
	else
		drop_what_v4_lacks(reader, first, entry);
	check_broadcast(reader, first, entry);
	return true;
}

static struct draft_address *read_entry(
	struct reader *reader, const struct statement *statement, enum line_place place)
{
	bool of_instance = place != LINE_STATIC;
	struct draft_address *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return NULL;
	entry->spot = statement->words[0].spot;
	if (!read_line(reader, statement, entry, place))
		return NULL;
	if (of_instance ? !entry->options.track_group : !entry->options.use_vmac)
		return entry;
	reader_error(reader, &entry->spot,
		of_instance ? "track_group is for lines of static_ipaddress; an address of an instance is tracked by "
			      "that instance"
			    : "use_vmac is for addresses of an instance");
	return NULL;
}

bool address_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	struct draft_address *entry = read_entry(reader, statement, LINE_ADVERTISED);
	if (!entry)
		return false;
	*draft->advertised_end = entry;
	draft->advertised_end = &entry->next;
	draft->advertised_count++;
	return true;
}

bool excluded_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	struct draft_address *entry = read_entry(reader, statement, LINE_EXCLUDED);
	if (!entry)
		return false;
	entry->address.excluded = true;
	*draft->excluded_end = entry;
	draft->excluded_end = &entry->next;
	draft->excluded_count++;
	return true;
}

bool static_address_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_statics *statics = reader->statics;
	struct draft_address *entry = read_entry(reader, statement, LINE_STATIC);
	(void)owner;
	if (!entry)
		return false;
	*statics->addresses_end = entry;
	statics->addresses_end = &entry->next;
	statics->address_count++;
	return true;
}
