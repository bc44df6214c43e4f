/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [TYPE] DESTINATION [OPTIONS]: a line of virtual_routes. Options may stand before the destination too, as in
 * "src 10.0.0.1 to 10.9.0.0/16 via 10.0.0.2".
 */
#include <string.h>

#include "conf/draft.h"

#include "conf/route_parts.h"

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
	return is_default(word) || (*word >= '0' && *word <= '9') ||
	       strchr(word, ':');
}

static void take_filler(const char *word, struct reading *reading)
{
	if (strcmp(word, "to") == 0)
		return;
	reading->family = strcmp(word, "inet") == 0 ? IP_V4 : IP_V6;
	reading->is_default |= strcmp(word, "default6") == 0;
}

static bool read_word(
	struct reader *reader, const struct statement *statement, size_t *at, struct reading *reading)
{
	const struct token *token = &statement->words[*at];
	const struct keyword *row = NULL;
	bool has_destination = reading->is_default || ip_is_set(&reading->route->destination.addr);
	enum option_result result = option_read(reader, &route_keywords, statement, at, reading->route, &row);
	if (result != OPTION_UNKNOWN) {
		if (has_destination && (row->traits & KEYWORD_LEADING)) {
			reader_error(reader, &token->spot, "'%s' stands before the destination", token->text);
			return false;
		}
		if (row->kind == KEYWORD_FILLER)
			take_filler(row->word, reading);
		return result == OPTION_READ;
	}
	if (has_destination || !looks_like_destination(token->text)) {
		parse_unknown(reader, &route_keywords, token);
		return false;
	}
	++*at;
	return read_destination(reader, token, reading);
}

/* The first next router of one family, wherever it stands. */
static unsigned gateway_family(const struct virtual_route *route)
{
	if (ip_is_set(&route->gateway))
		return route->gateway.family;
	for (size_t i = 0; i < route->hop_count; i++)
		if (ip_is_set(&route->hops[i].gateway))
			return route->hops[i].gateway.family;
	return IP_NONE;
}

static void settle_default(struct reading *reading)
{
	struct virtual_route *route = reading->route;
	unsigned family = reading->family;
	if (!family)
		family = gateway_family(route);
	if (!family && ip_is_set(&route->source))
		family = route->source.family;
	route->destination.addr.family = (uint8_t)(family ? family : IP_V4);
}

static bool drops(enum route_type type)
{
	return type == ROUTE_BLACKHOLE || type == ROUTE_UNREACHABLE || type == ROUTE_PROHIBIT || type == ROUTE_THROW;
}

static const char *wrong_ways(const struct virtual_route *route)
{
	bool has_gateway = ip_is_set(&route->gateway);
	bool has_way = has_gateway || route->device || route->hop_count || route->encap;
	if (drops(route->type) && (has_way || route->on_link))
		return "a route that drops packets has no via, dev or onlink";
	if (!drops(route->type) && !has_way)
		return route->type == ROUTE_UNICAST
			       ? "a route needs the next router (via ADDRESS) or an interface (dev NAME)"
			       : "a route of this type needs an interface (dev NAME)";
	if (route->hop_count && (has_gateway || route->device || route->encap || route->on_link))
		return "with nexthop, via, dev, onlink and encap stand behind each nexthop";
	if (route->on_link && !(has_gateway && route->device))
		return "onlink needs via and dev";
	return NULL;
}

static const char *wrong_family(const struct virtual_route *route)
{
	unsigned family = route->destination.addr.family;
	if ((family == IP_V6 && gateway_family(route) == IP_V4) ||
		(ip_is_set(&route->source) && route->source.family != family))
		return "destination, via and src are all IPv4 or all IPv6; only via of an IPv4 route may be IPv6";
	if (ip_is_set(&route->from.addr) && route->from.addr.family != family)
		return "from is of another family than the destination";
	if (family == IP_V4 && (route->preference_set || route->expires || ip_is_set(&route->from.addr)))
		return "from, pref and expires are for IPv6 routes alone";
	if (family == IP_V6 && route->realms)
		return "realms are for IPv4 routes alone";
	if (route->table && route->vrf)
		return "table and vrf both say which table; write one of them";
	return NULL;
}

/* A device of all next routers, from before `or`. */
static void spread_device(struct virtual_route *route)
{
	struct route_hop *hops = (struct route_hop *)(uintptr_t)route->hops;
	if (!route->hop_count || ip_is_set(&route->gateway) || route->encap || !route->device)
		return;
	for (size_t i = 0; i < route->hop_count; i++) {
		if (hops[i].device)
			return;
		hops[i].device = route->device;
		hops[i].on_link |= route->on_link;
	}
	route->device = NULL;
	route->on_link = false;
}

/* Who made it can be told of those alone that have our number; the others cannot be watched. */
static void settle_origin(struct reader *reader, const struct spot *spot, struct virtual_route *route)
{
	if (route->protocol == VIGIA_KERNEL_PROTOCOL)
		route->protocol = 0;
	if (route->protocol && !route->untracked) {
		reader_warning(reader, spot,
			"a route that is tracked has protocol keepalived (%d); write no_track for another one",
			VIGIA_KERNEL_PROTOCOL);
		route->protocol = 0;
	}
	if (route->expires)
		route->untracked = true;
	bool of_table_local = route->type == ROUTE_LOCAL || route->type == ROUTE_BROADCAST ||
			      route->type == ROUTE_ANYCAST;
	if (of_table_local && !route->table && !route->vrf)
		route->table = 255;
}

/* NULL: in error, reported. */
static struct draft_route *read_route(struct reader *reader, const struct statement *statement)
{
	struct draft_route *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return NULL;
	entry->spot = statement->words[0].spot;
	struct virtual_route *route = &entry->route;
	struct reading reading = {.route = route};
	for (size_t at = 0; at < statement->count;)
		if (!read_word(reader, statement, &at, &reading))
			return NULL;
	if (reading.is_default)
		settle_default(&reading);
	else if (reading.family && ip_is_set(&route->destination.addr) &&
		 reading.family != route->destination.addr.family) {
		reader_error(reader, &entry->spot, "the destination is not of the family that %s says",
			reading.family == IP_V4 ? "inet" : "inet6");
		return NULL;
	}
	spread_device(route);
	const char *problem = "the destination is missing: ADDRESS/LENGTH or default";
	if (route->destination.addr.family != IP_NONE)
		problem = wrong_family(route) ? wrong_family(route) : wrong_ways(route);
	if (problem) {
		reader_error(reader, &entry->spot, "%s", problem);
		return NULL;
	}
	settle_origin(reader, &entry->spot, route);
	return entry;
}

bool route_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	struct draft_route *entry = read_route(reader, statement);
	if (!entry)
		return false;
	if (entry->route.track_group) {
		reader_error(reader, &entry->spot, "track_group is for lines of static_routes; a route of an "
						   "instance is tracked by that instance");
		return false;
	}
	*draft->routes_end = entry;
	draft->routes_end = &entry->next;
	draft->route_count++;
	return true;
}

bool static_route_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_statics *statics = reader->statics;
	struct draft_route *entry = read_route(reader, statement);
	(void)owner;
	if (!entry)
		return false;
	*statics->routes_end = entry;
	statics->routes_end = &entry->next;
	statics->route_count++;
	return true;
}
