/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of routes and rules whose arguments are more than one value: see route_parts.h. */
#include "conf/route_parts.h"

#include <stdlib.h>
#include <string.h>

static bool word_is(const struct statement *statement, size_t at, const char *word)
{
	return at < statement->count && strcmp(statement->words[at].text, word) == 0;
}

static void print_word(const struct keyword *keyword, struct text *out)
{
	text_char(out, ' ');
	text_str(out, keyword->word);
	text_char(out, ' ');
}

static void *field_of(const struct keyword *keyword, void *object)
{
	return (char *)object + keyword->stored.offset;
}

static const void *field_in(const struct keyword *keyword, const void *object)
{
	return (const char *)object + keyword->stored.offset;
}

/* Takes "lock", and looks whether something follows. */
static bool take_lock(struct reader *reader, const struct keyword *keyword, const struct statement *statement,
	size_t *at, struct virtual_route *route)
{
	if (word_is(statement, *at, "lock")) {
		route->metrics_locked |= 1u << keyword->on;
		++*at;
	}
	return option_has_more(reader, keyword, statement, *at);
}

/* "200", "200ms", "0.2s": in the kernel's units, rounded up. */
static bool read_time(const char *text, int64_t units, uint64_t *out)
{
	size_t digits = strspn(text, "0123456789.");
	const char *unit = text + digits;
	char *end;
	if (!*unit)
		return number_parse(text, UINT32_MAX, out);
	if (!digits || digits > 12 || (strcmp(unit, "s") != 0 && strcmp(unit, "ms") != 0))
		return false;
	double value = strtod(text, &end) * (unit[0] == 's' ? 1000 : 1);
	if (end != unit || value > UINT32_MAX / 8)
		return false;
	uint64_t milliseconds = (uint64_t)value;
	*out = (milliseconds + ((double)milliseconds < value)) * (uint64_t)units;
	return true;
}

PARTS(metric_parts)
{
	struct virtual_route *route = object;
	uint64_t value;
	if (!take_lock(reader, keyword, statement, at, route))
		return false;
	const struct token *token = &statement->words[(*at)++];
	bool read = keyword->off ? read_time(token->text, keyword->off, &value)
				 : number_parse(token->text, UINT64_MAX, &value);
	if (!read || value < (uint64_t)keyword->minimum || value > (uint64_t)keyword->maximum) {
		reader_error(reader, &token->spot, "'%.60s': %s takes %s%lld to %lld", token->text, keyword->word,
			keyword->off ? "a time such as 200ms or 0.2s, or " : "", (long long)keyword->minimum,
			(long long)keyword->maximum);
		return false;
	}
	route->metrics[keyword->on] = (uint32_t)value;
	route->metrics_given |= 1u << keyword->on;
	return true;
}

static bool print_metric_word(const struct keyword *keyword, const struct virtual_route *route, struct text *out)
{
	if (!(route->metrics_given & 1u << keyword->on))
		return false;
	print_word(keyword, out);
	if (route->metrics_locked & 1u << keyword->on)
		text_str(out, "lock ");
	return true;
}

PRINT(metric_print)
{
	const struct virtual_route *route = object;
	if (print_metric_word(keyword, route, out))
		text_u64(out, route->metrics[keyword->on]);
}

PARTS(features_parts)
{
	struct virtual_route *route = object;
	if (!take_lock(reader, keyword, statement, at, route))
		return false;
	if (!word_is(statement, *at, "ecn")) {
		reader_error(reader, &statement->words[*at].spot, "'%.60s': the one feature is ecn",
			statement->words[*at].text);
		return false;
	}
	++*at;
	route->metrics[ROUTE_METRIC_FEATURES] = ROUTE_FEATURE_ECN;
	route->metrics_given |= 1u << ROUTE_METRIC_FEATURES;
	return true;
}

PRINT(features_print)
{
	if (print_metric_word(keyword, object, out))
		text_str(out, "ecn");
}

PARTS(congestion_parts)
{
	static const struct keyword name = {.word = "congctl",
		.kind = KEYWORD_STRING,
		.stored = {offsetof(struct virtual_route, congestion), sizeof(char *)},
		.maximum = 15};
	struct virtual_route *route = object;
	if (!take_lock(reader, keyword, statement, at, route))
		return false;
	route->metrics_given |= 1u << ROUTE_METRIC_CONGESTION;
	return value_read(reader, &name, &statement->words[(*at)++], route);
}

PRINT(congestion_print)
{
	const struct virtual_route *route = object;
	if (print_metric_word(keyword, route, out))
		value_print_string(route->congestion, out);
}

PARTS(lock_parts)
{
	(void)keyword;
	(void)object;
	reader_error(reader, &statement->words[*at - 1].spot,
		"'lock' stands behind the word of a number that can be locked: mtu lock 1400");
	return false;
}

static const struct keyword_choice preferences[] = {{"low", 3}, {"medium", 0}, {"high", 1}, {NULL, 0}};

PARTS(preference_parts)
{
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	uint64_t value;
	bool found = number_parse(token->text, 3, &value);
	for (const struct keyword_choice *choice = preferences; choice->word && !found; choice++) {
		found = strcmp(choice->word, token->text) == 0;
		value = (uint64_t)choice->value;
	}
	if (!found) {
		reader_error(reader, &token->spot, "'%.60s': pref is low, medium, high, or a number up to 3",
			token->text);
		return false;
	}
	field_set(object, keyword->stored, (int64_t)value);
	field_set(object, keyword->given, true);
	return true;
}

PRINT(preference_print)
{
	if (!field_get(object, keyword->given))
		return;
	print_word(keyword, out);
	for (const struct keyword_choice *choice = preferences; choice->word; choice++)
		if (choice->value == field_get(object, keyword->stored)) {
			text_str(out, choice->word);
			return;
		}
	text_i64(out, field_get(object, keyword->stored));
}

static bool read_gateway(struct reader *reader, const struct keyword *keyword,
	const struct statement *statement, size_t *at, struct ip_addr *out)
{
	unsigned family = word_is(statement, *at, "inet")    ? IP_V4
			  : word_is(statement, *at, "inet6") ? IP_V6
							     : IP_NONE;
	*at += family != IP_NONE;
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	if (!value_read_address(reader, token, out))
		return false;
	if (family != IP_NONE && out->family != family) {
		reader_error(reader, &token->spot, "'%s' is not of the family that %s says", token->text,
			family == IP_V4 ? "inet" : "inet6");
		return false;
	}
	if (value_is_machine(out))
		return true;
	reader_error(reader, &token->spot, "'%s' cannot be the address of a machine", token->text);
	return false;
}

PARTS(gateway_parts)
{
	struct ip_addr gateway;
	if (!read_gateway(reader, keyword, statement, at, &gateway))
		return false;
	memcpy(field_of(keyword, object), &gateway, sizeof gateway);
	return true;
}

PRINT(gateway_print)
{
	struct ip_addr gateway;
	memcpy(&gateway, field_in(keyword, object), sizeof gateway);
	if (!ip_is_set(&gateway))
		return;
	print_word(keyword, out);
	text_ip(out, &gateway);
}

/* NULL: reported. The legs are in one block, with room for all there may be. */
static struct route_hop *add_hop(struct reader *reader, const struct spot *spot, struct virtual_route *route)
{
	if (route->hop_count == ROUTE_HOPS_MAX) {
		reader_error(reader, spot, "more than %d next hops", ROUTE_HOPS_MAX);
		return NULL;
	}
	struct route_hop *hops = (struct route_hop *)(uintptr_t)route->hops;
	if (!hops)
		hops = reader_keep(reader, ROUTE_HOPS_MAX * sizeof *hops);
	route->hops = hops;
	return hops ? &hops[route->hop_count++] : NULL;
}

PARTS(other_gateway_parts)
{
	const struct spot *spot = &statement->words[*at - 1].spot;
	struct virtual_route *route = object;
	struct ip_addr other;
	if (!ip_is_set(&route->gateway) && !route->hop_count) {
		reader_error(reader, spot, "'or' stands behind the first router: via ADDRESS or ADDRESS");
		return false;
	}
	if (!read_gateway(reader, keyword, statement, at, &other))
		return false;
	if (!route->hop_count) {
		struct route_hop *first = add_hop(reader, spot, route);
		if (!first)
			return false;
		*first = (struct route_hop){.gateway = route->gateway, .weight = 1};
		route->gateway = (struct ip_addr){.family = IP_NONE};
	}
	struct route_hop *hop = add_hop(reader, spot, route);
	if (hop)
		*hop = (struct route_hop){.gateway = other, .weight = 1};
	return hop != NULL;
}

PARTS(as_parts)
{
	(void)object;
	reader_error(reader, &statement->words[*at - 1].spot,
		"'%s' changes the destination, which only MPLS routes can do; translate it with nftables",
		keyword->word);
	return false;
}

PARTS(gone_parts)
{
	(void)object;
	reader_error(reader, &statement->words[*at - 1].spot, "the kernel has no routes of type %s; remove the line",
		keyword->word);
	return false;
}

/* 20/30/16 */
static bool read_labels(struct reader *reader, const struct token *token, struct route_encap *encap)
{
	char part[16];
	for (const char *text = token->text; text; text = strchr(text, '/') ? strchr(text, '/') + 1 : NULL) {
		size_t length = strcspn(text, "/");
		uint64_t label;
		bool fits = length < sizeof part && encap->label_count < ROUTE_LABELS_MAX;
		if (fits) {
			memcpy(part, text, length);
			part[length] = '\0';
		}
		if (!fits || !number_parse(part, (1u << 20) - 1, &label)) {
			reader_error(reader, &token->spot,
				"'%.60s': labels are 1 to %d numbers up to 1048575, parted by slashes", token->text,
				ROUTE_LABELS_MAX);
			return false;
		}
		encap->labels[encap->label_count++] = (uint32_t)label;
	}
	return true;
}

/* Four groups of up to four hexadecimal digits. */
static bool read_locator(struct reader *reader, const struct token *token, struct route_encap *encap)
{
	const char *text = token->text;
	unsigned groups = 0;
	for (; groups < 4; groups++) {
		size_t length = strspn(text, "0123456789abcdefABCDEF");
		if (length == 0 || length > 4 || text[length] != (groups < 3 ? ':' : '\0'))
			break;
		encap->locator = encap->locator << 16 | strtoul(text, NULL, 16);
		text += length + 1;
	}
	if (groups == 4)
		return true;
	reader_error(reader, &token->spot, "'%.60s': a locator is four groups of digits: 2001:db8:0:1",
		token->text);
	return false;
}

static bool read_tunnel(struct reader *reader, const struct keyword_table *table, const struct statement *statement,
	size_t *at, struct route_encap *encap)
{
	const struct spot *spot = &statement->words[*at - 1].spot;
	enum option_result result = OPTION_READ;
	while (result == OPTION_READ && *at < statement->count)
		result = option_read(reader, table, statement, at, encap, NULL);
	if (result == OPTION_WRONG)
		return false;
	if (ip_is_set(&encap->destination) || encap->id_set)
		return true;
	reader_error(reader, spot, "%s needs the end of the tunnel or its id: dst ADDRESS, id NUMBER", table->title);
	return false;
}

static bool read_encap(struct reader *reader, const struct keyword *keyword, const struct statement *statement,
	size_t *at, struct route_encap *encap)
{
	static const char *const words[] = {[ROUTE_ENCAP_IP] = "ip",
		[ROUTE_ENCAP_IP6] = "ip6",
		[ROUTE_ENCAP_MPLS] = "mpls",
		[ROUTE_ENCAP_ILA] = "ila"};
	unsigned type = ROUTE_ENCAP_IP;
	while (type <= ROUTE_ENCAP_ILA && !word_is(statement, *at, words[type]))
		type++;
	if (type > ROUTE_ENCAP_ILA) {
		reader_error(reader, &statement->words[*at].spot, "'%.60s': encap is ip, ip6, mpls or ila",
			statement->words[*at].text);
		return false;
	}
	++*at;
	encap->type = (enum route_encap_type)type;
	if (encap->type == ROUTE_ENCAP_IP || encap->type == ROUTE_ENCAP_IP6)
		return read_tunnel(reader, encap->type == ROUTE_ENCAP_IP ? &encap_ip_keywords : &encap_ip6_keywords,
			statement, at, encap);
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	return encap->type == ROUTE_ENCAP_MPLS ? read_labels(reader, token, encap)
					       : read_locator(reader, token, encap);
}

PARTS(encap_parts)
{
	struct route_encap *encap = reader_keep(reader, sizeof *encap);
	const struct route_encap *made = encap;
	if (!encap || !option_has_more(reader, keyword, statement, *at) ||
		!read_encap(reader, keyword, statement, at, encap))
		return false;
	memcpy(field_of(keyword, object), &made, sizeof made);
	return true;
}

static void print_labels(const struct route_encap *encap, struct text *out)
{
	for (unsigned i = 0; i < encap->label_count; i++) {
		text_char(out, i ? '/' : ' ');
		text_u64(out, encap->labels[i]);
	}
}

static void print_locator(uint64_t locator, struct text *out)
{
	for (unsigned i = 0; i < 4; i++) {
		text_char(out, i ? ':' : ' ');
		text_hex(out, locator >> (48 - 16 * i) & 0xffff, 1);
	}
}

PRINT(encap_print)
{
	const struct route_encap *encap;
	memcpy(&encap, field_in(keyword, object), sizeof encap);
	if (!encap)
		return;
	print_word(keyword, out);
	switch (encap->type) {
	case ROUTE_ENCAP_IP:
		text_str(out, "ip");
		print_options(&encap_ip_keywords, encap, false, out);
		break;
	case ROUTE_ENCAP_IP6:
		text_str(out, "ip6");
		print_options(&encap_ip6_keywords, encap, false, out);
		break;
	case ROUTE_ENCAP_MPLS:
		text_str(out, "mpls");
		print_labels(encap, out);
		break;
	case ROUTE_ENCAP_ILA:
		text_str(out, "ila");
		print_locator(encap->locator, out);
		break;
	}
}

PARTS(hop_parts)
{
	const struct spot *spot = &statement->words[*at - 1].spot;
	struct route_hop *hop = add_hop(reader, spot, object);
	(void)keyword;
	if (!hop)
		return false;
	*hop = (struct route_hop){.weight = 1};
	enum option_result result = OPTION_READ;
	while (result == OPTION_READ && *at < statement->count)
		result = option_read(reader, &hop_keywords, statement, at, hop, NULL);
	if (result == OPTION_UNKNOWN && !word_is(statement, *at, "nexthop")) {
		bool of_route = keyword_find(&route_keywords, statement->words[*at].text);
		if (of_route)
			reader_error(reader, &statement->words[*at].spot,
				"'%s' is of the whole route, and stands before the first nexthop",
				statement->words[*at].text);
		else
			parse_unknown(reader, &hop_keywords, &statement->words[*at]);
		return false;
	}
	if (result != OPTION_WRONG && !ip_is_set(&hop->gateway) && !hop->device && !hop->encap) {
		reader_error(reader, spot, "a nexthop needs the next router or an interface: via ADDRESS, dev NAME");
		return false;
	}
	return result != OPTION_WRONG;
}

PRINT(hops_print)
{
	const struct virtual_route *route = object;
	for (size_t i = 0; i < route->hop_count; i++) {
		text_char(out, ' ');
		text_str(out, keyword->word);
		print_options(&hop_keywords, &route->hops[i], false, out);
	}
}

PARTS(prefix_parts)
{
	struct ip_prefix prefix = {.length = 0};
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	bool any = strcmp(token->text, "default") == 0 || strcmp(token->text, "any") == 0 ||
		   strcmp(token->text, "all") == 0;
	if (!any && !value_read_prefix(reader, token, &prefix))
		return false;
	prefix = any ? prefix : ip_network(&prefix);
	memcpy(field_of(keyword, object), &prefix, sizeof prefix);
	return true;
}

PRINT(prefix_print)
{
	struct ip_prefix prefix;
	memcpy(&prefix, field_in(keyword, object), sizeof prefix);
	if (!ip_is_set(&prefix.addr))
		return;
	print_word(keyword, out);
	text_ip_prefix(out, &prefix);
}

PARTS(realms_parts)
{
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	const char *slash = strchr(token->text, '/');
	char name[64] = "0";
	uint32_t from = 0, to;
	bool read = !slash || (size_t)(slash - token->text) < sizeof name;
	if (read && slash) {
		memcpy(name, token->text, (size_t)(slash - token->text));
		name[slash - token->text] = '\0';
	}
	read = read && named_number_find(reader, name, NAMES_REALM, &from) &&
	       named_number_find(reader, slash ? slash + 1 : token->text, NAMES_REALM, &to);
	if (!read) {
		reader_error(reader, &token->spot,
			"'%.60s': realms are [FROM/]TO, numbers up to 65535 or names of /etc/iproute2/rt_realms",
			token->text);
		return false;
	}
	field_set(object, keyword->stored, (int64_t)(from << 16 | to));
	return true;
}

PRINT(realms_print)
{
	uint32_t realms = (uint32_t)field_get(object, keyword->stored);
	if (!realms)
		return;
	print_word(keyword, out);
	if (realms >> 16) {
		text_u64(out, realms >> 16);
		text_char(out, '/');
	}
	text_u64(out, realms & UINT16_MAX);
}

PARTS(wide_parts)
{
	uint64_t value;
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	if (!number_parse(token->text, UINT64_MAX, &value)) {
		reader_error(reader, &token->spot, "'%.60s': %s is a number of up to 64 bits", token->text,
			keyword->word);
		return false;
	}
	memcpy(field_of(keyword, object), &value, sizeof value);
	field_set(object, keyword->given, true);
	return true;
}

PRINT(wide_print)
{
	uint64_t value;
	if (!field_get(object, keyword->given))
		return;
	memcpy(&value, field_in(keyword, object), sizeof value);
	print_word(keyword, out);
	text_u64(out, value);
}
