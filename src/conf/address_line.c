/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ADDRESS[/LENGTH] [OPTIONS]: a line of virtual_ipaddress or virtual_ipaddress_excluded. */
#include <string.h>

#include "conf/draft.h"

static bool check_address(struct reader *reader, const struct token *token, const struct ip_prefix *prefix)
{
	const uint8_t *bytes = prefix->addr.bytes;
	if (ip_is_unspecified(&prefix->addr) || ip_is_multicast(&prefix->addr) ||
		ip_is_loopback(&prefix->addr) || bytes[0] == 0 || bytes[0] >= 240) {
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
	if (address->broadcast_auto && address->prefix.length >= 31) {
		reader_warning(reader, &first->spot,
			"a network of length %u has no broadcast address, so brd + sets none; write the "
			"length of the network",
			address->prefix.length);
		address->broadcast_auto = false;
	}
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

bool address_line(struct reader *reader, struct draft *draft, const struct statement *statement)
{
	struct draft_address *entry = read_entry(reader, statement);
	if (!entry)
		return false;
	*draft->advertised_end = entry;
	draft->advertised_end = &entry->next;
	draft->advertised_count++;
	return true;
}

bool excluded_line(struct reader *reader, struct draft *draft, const struct statement *statement)
{
	struct draft_address *entry = read_entry(reader, statement);
	if (!entry)
		return false;
	entry->address.excluded = true;
	*draft->excluded_end = entry;
	draft->excluded_end = &entry->next;
	draft->excluded_count++;
	return true;
}
