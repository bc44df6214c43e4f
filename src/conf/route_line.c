/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [TYPE] DESTINATION [OPTIONS]: a line of virtual_routes. Options may stand before the destination too, as in
 * "src 10.0.0.1 to 10.9.0.0/16 via 10.0.0.2".
 */
#include <string.h>

#include "conf/draft.h"

/* A route while its line is read. */
struct reading {
	struct virtual_route *route;
	bool is_default; /* its family comes from the other words */
	enum ip_family family; /* inet or inet6 was said */
};

static bool is_default(const char *word)
{
	return strcmp(word, "default") == 0 || strcmp(word, "any") == 0 || strcmp(word, "all") == 0;
}

static bool read_destination(struct reader *reader, const struct token *token, struct reading *reading)
{
	struct virtual_route *route = reading->route;
	if (is_default(token->text)) {
		reading->is_default = true;
		return true;
	}
	if (strcmp(token->text, "default6") == 0) {
		route->destination.addr.family = IP_V6;
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
	return is_default(word) || strcmp(word, "default6") == 0 || (*word >= '0' && *word <= '9') ||
	       strchr(word, ':');
}

static bool read_word(
	struct reader *reader, const struct statement *statement, size_t *at, struct reading *reading)
{
	const struct token *token = &statement->words[*at];
	const struct keyword *row = NULL;
	bool has_destination = reading->is_default || ip_is_set(&reading->route->destination.addr);
	enum option_result result = option_read(reader, &route_keywords, statement, at, reading->route, &row);
	if (result != OPTION_UNKNOWN) {
		if (row->kind == KEYWORD_FILLER && strcmp(row->word, "to") != 0)
			reading->family = strcmp(row->word, "inet") == 0 ? IP_V4 : IP_V6;
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
	return read_destination(reader, token, reading);
}

static void settle_default(struct reading *reading)
{
	struct virtual_route *route = reading->route;
	enum ip_family family = reading->family;
	if (!family && ip_is_set(&route->gateway))
		family = route->gateway.family;
	if (!family && ip_is_set(&route->source))
		family = route->source.family;
	route->destination.addr.family = (uint8_t)(family ? family : IP_V4);
}

/* What the kernel would refuse. */
static const char *contradiction(const struct virtual_route *route)
{
	bool has_gateway = ip_is_set(&route->gateway);
	unsigned family = route->destination.addr.family;
	if ((has_gateway && route->gateway.family != family) ||
		(ip_is_set(&route->source) && route->source.family != family))
		return "destination, via and src are all IPv4 or all IPv6";
	if (route->type != ROUTE_UNICAST && (has_gateway || route->device || route->on_link))
		return "a route that drops packets has no via, dev or onlink";
	if (route->type == ROUTE_UNICAST && !has_gateway && !route->device)
		return "a route needs the next router (via ADDRESS) or an interface (dev NAME)";
	if (route->on_link && !(has_gateway && route->device))
		return "onlink needs via and dev";
	return NULL;
}

bool route_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	struct draft_route *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return false;
	entry->spot = statement->words[0].spot;
	struct reading reading = {.route = &entry->route};
	for (size_t at = 0; at < statement->count;)
		if (!read_word(reader, statement, &at, &reading))
			return false;
	if (reading.is_default)
		settle_default(&reading);
	else if (reading.family && ip_is_set(&entry->route.destination.addr) &&
		 reading.family != entry->route.destination.addr.family) {
		reader_error(reader, &entry->spot, "the destination is not of the family that %s says",
			reading.family == IP_V4 ? "inet" : "inet6");
		return false;
	}
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
