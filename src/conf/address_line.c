/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ADDRESS[/LENGTH] [OPTIONS]: a line of virtual_ipaddress or virtual_ipaddress_excluded. */
#include <string.h>

#include "conf/draft.h"

static bool check_address(struct reader *reader, const struct token *token, const struct ip_prefix *prefix)
{
	if (!value_is_machine(&prefix->addr) || ip_is_loopback(&prefix->addr)) {
		reader_error(reader, &token->spot,
			"'%s' cannot be a virtual address: no machine on a network can have it", token->text);
		return false;
	}
	if (prefix->length == 0) {
		reader_error(reader, &token->spot,
			"'%s': with length 0 every address would be on this network", token->text);
		return false;
	}
	return true;
}

/* IPv6 addresses have neither: they are set aside, as keepalived does. */
static void drop_what_v6_lacks(
	struct reader *reader, const struct token *token, struct virtual_address *address)
{
	bool has_broadcast = ip_is_set(&address->broadcast) || address->broadcast_auto;
	if (!has_broadcast && !address->label && !address->scope)
		return;
	reader_warning(reader, &token->spot, "'%s': %s has no effect on an IPv6 address", token->text,
		has_broadcast    ? "brd"
		: address->label ? "label"
				 : "scope");
	address->broadcast = (struct ip_addr){.family = IP_NONE};
	address->broadcast_auto = false;
	address->label = NULL;
	address->scope = 0;
}

static void check_broadcast(struct reader *reader, const struct token *token, struct virtual_address *address)
{
	if (!address->broadcast_auto || address->prefix.length < 31)
		return;
	reader_warning(reader, &token->spot,
		"a network of length %u has no broadcast address, so brd + sets none; write the "
		"length of the network",
		address->prefix.length);
	address->broadcast_auto = false;
}

/* false: in error, reported. */
static bool read_line(
	struct reader *reader, const struct statement *statement, struct virtual_address *address)
{
	const struct token *first = &statement->words[0];
	if (!value_read_prefix(reader, first, &address->prefix) ||
		!check_address(reader, first, &address->prefix))
		return false;
	for (size_t at = 1; at < statement->count;) {
		const struct token *token = &statement->words[at];
		enum option_result result =
			option_read(reader, &address_keywords, statement, &at, address, NULL);
		struct ip_prefix second;
		if (result == OPTION_UNKNOWN && ip_prefix_parse(token->text, token->length, &second))
			reader_error(reader, &token->spot, "'%s': each address stands on a line of its own",
				token->text);
		else if (result == OPTION_UNKNOWN)
			parse_unknown(reader, &address_keywords, token);
		if (result != OPTION_READ)
			return false;
	}
	if (ip_is_set(&address->broadcast) && address->broadcast.family != IP_V4) {
		reader_error(reader, &first->spot, "a broadcast address is an IPv4 address");
		return false;
	}
	if (address->prefix.addr.family == IP_V6)
		drop_what_v6_lacks(reader, first, address);
	check_broadcast(reader, first, address);
	return true;
}

static struct draft_address *read_entry(struct reader *reader, const struct statement *statement)
{
	struct draft_address *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return NULL;
	entry->spot = statement->words[0].spot;
	return read_line(reader, statement, &entry->address) ? entry : NULL;
}

bool address_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	struct draft_address *entry = read_entry(reader, statement);
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
	struct draft_address *entry = read_entry(reader, statement);
	if (!entry)
		return false;
	entry->address.excluded = true;
	*draft->excluded_end = entry;
	draft->excluded_end = &entry->next;
	draft->excluded_count++;
	return true;
}
