/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/route_text.h"

static void put_type(struct text *text, enum route_type type)
{
	switch (type) {
	case ROUTE_UNICAST:
		break;
	case ROUTE_BLACKHOLE:
		text_str(text, "blackhole ");
		break;
	case ROUTE_UNREACHABLE:
		text_str(text, "unreachable ");
		break;
	case ROUTE_PROHIBIT:
		text_str(text, "prohibit ");
		break;
	}
}

static void put_address(struct text *text, const char *word, const struct ip_addr *address)
{
	if (!ip_is_set(address))
		return;
	text_str(text, word);
	text_ip(text, address);
}

static void put_number(struct text *text, const char *word, uint64_t number)
{
	if (number == 0)
		return;
	text_str(text, word);
	text_u64(text, number);
}

void route_text(struct text *text, const struct virtual_route *route)
{
	put_type(text, route->type);
	if (route->destination.length == 0)
		text_str(text, "default");
	else
		text_ip_prefix(text, &route->destination);
	put_address(text, " via ", &route->gateway);
	if (route->device != NULL) {
		text_str(text, " dev ");
		text_str(text, route->device);
	}
	put_address(text, " src ", &route->source);
	put_number(text, " metric ", route->metric);
	put_number(text, " table ", route->table);
	put_number(text, " mtu ", route->mtu);
	if (route->on_link)
		text_str(text, " onlink");
}
