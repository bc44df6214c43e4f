/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [TYPE] DESTINATION [OPTIONS]: a line of virtual_routes. Options may stand before the destination too, as in
 * "src 10.0.0.1 to 10.9.0.0/16 via 10.0.0.2".
 */
#include <string.h>

#include "conf/draft.h"

static bool is_default(const char *word)
{
	return strcmp(word, "default") == 0 || strcmp(word, "any") == 0 || strcmp(word, "all") == 0;
}

static bool read_destination(struct reader *reader, const struct token *token, struct virtual_route *route)
{
	if (is_default(token->text)) {
		route->destination = (struct ip_prefix){.addr = ip_v4(0, 0, 0, 0), .length = 0};
		return true;
	}
	if (!value_read_prefix(reader, token, &route->destination))
		return false;
	struct ip_prefix network = ip_network(&route->destination);
	if (ip_prefix_equal(&network, &route->destination))
		return true;
	char text[IP_PREFIX_TEXT_SIZE];
	reader_error(reader, &token->spot, "'%s' is an address in a network, not a network; did you mean %s?",
		token->text, ip_prefix_format(&network, text));
	return false;
}

/* What does not look like a destination is a misspelt or unknown option. */
static bool looks_like_destination(const char *word)
{
	return is_default(word) || (*word >= '0' && *word <= '9') || strchr(word, ':');
}

static bool read_word(
	struct reader *reader, const struct statement *statement, size_t *at, struct virtual_route *route)
{
	const struct token *token = &statement->words[*at];
	const struct keyword *row = NULL;
	bool has_destination = route->destination.addr.family != IP_NONE;
	enum option_result result = option_read(reader, &route_keywords, statement, at, route, &row);
	if (result != OPTION_UNKNOWN) {
		if (has_destination && (row->traits & KEYWORD_LEADING)) {
			reader_error(reader, &token->spot, "'%s' stands before the destination", token->text);
			return false;
		}
		return result == OPTION_READ;
	}
	if (has_destination || !looks_like_destination(token->text)) {
		parse_unknown(reader, &route_keywords, token);
		return false;
	}
	++*at;
	return read_destination(reader, token, route);
}

/* What the kernel would refuse. */
static const char *contradiction(const struct virtual_route *route)
{
	bool has_gateway = ip_is_set(&route->gateway);
	if (route->type != ROUTE_UNICAST && (has_gateway || route->device || route->on_link))
		return "a route that drops packets has no via, dev or onlink";
	if (route->type == ROUTE_UNICAST && !has_gateway && !route->device)
		return "a route needs the next router (via ADDRESS) or an interface (dev NAME)";
	if (route->on_link && !(has_gateway && route->device))
		return "onlink needs via and dev";
	return NULL;
}

bool route_line(struct reader *reader, struct draft *draft, const struct statement *statement)
{
	struct draft_route *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return false;
	entry->spot = statement->words[0].spot;
	for (size_t at = 0; at < statement->count;)
		if (!read_word(reader, statement, &at, &entry->route))
			return false;
	const char *problem = contradiction(&entry->route);
	if (entry->route.destination.addr.family == IP_NONE)
		problem = "the destination is missing: ADDRESS/LENGTH or default";
	if (problem) {
		reader_error(reader, &entry->spot, "%s", problem);
		return false;
	}
	*draft->routes_end = entry;
	draft->routes_end = &entry->next;
	draft->route_count++;
	return true;
}
