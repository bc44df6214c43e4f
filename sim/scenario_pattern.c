/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an advert or announcement that is expected looks like:
 *
 *	advert from R [prio N] [vrid N] [version N] [interval T] [source A] [to A] [ttl N] [mac M] [addresses A,B]
 *		[checksum message|pseudo]
 *	announcement from R [of A] [mac M]
 *	answer from R [of A] [mac M]
 */
#include <string.h>

#include "sim/scenario.h"

#define ADDRESSES_MAX 16

static bool read_mac(struct scenario *scenario, struct line *line, struct frame_pattern *pattern)
{
	const char *word = word_take(scenario, line, "the hardware address of the sender");

	if (word == NULL)
		return false;
	pattern->mac_set = mac_parse(word, strlen(word), &pattern->mac);
	return pattern->mac_set ||
	       complain(scenario, line->number, "\"%s\" is no hardware address: write 00:00:5e:00:01:33", word);
}

static bool read_checksum(struct scenario *scenario, struct line *line, struct frame_pattern *pattern)
{
	if (word_is(line, "message"))
		pattern->checksum_form = VRRP_CHECKSUM_MESSAGE_ONLY;
	else if (word_is(line, "pseudo"))
		pattern->checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER;
	else
		return complain(scenario, line->number, "a checksum is `message` or `pseudo`");
	return true;
}

static bool read_listed(struct scenario *scenario, struct line *line, struct frame_pattern *pattern)
{
	struct ip_addr *addresses =
		arena_alloc(&scenario->arena, ADDRESSES_MAX * sizeof(*addresses));

	if (addresses == NULL)
		return complain(scenario, line->number, "no memory");
	pattern->addresses = addresses;
	return read_addresses(scenario, line, addresses, ADDRESSES_MAX, &pattern->address_count);
}

/* found: whether the next word is one of ours. */
static bool read_of_advert(
	struct scenario *scenario, struct line *line, struct frame_pattern *pattern, bool *found)
{
	*found = true;
	if (word_is(line, "prio")) {
		pattern->priority_set = true;
		return read_octet(scenario, line, "priority", &pattern->priority);
	}
	if (word_is(line, "vrid"))
		return read_octet(scenario, line, "VRID", &pattern->vrid);
	if (word_is(line, "version"))
		return read_octet(scenario, line, "version", &pattern->version);
	if (word_is(line, "interval"))
		return read_duration(scenario, line, "interval", &pattern->interval);
	if (word_is(line, "source"))
		return read_address(scenario, line, "source", &pattern->source);
	if (word_is(line, "to"))
		return read_address(scenario, line, "destination", &pattern->destination);
	if (word_is(line, "ttl")) {
		pattern->ttl_set = true;
		return read_octet(scenario, line, "TTL", &pattern->ttl);
	}
	if (word_is(line, "addresses"))
		return read_listed(scenario, line, pattern);
	if (word_is(line, "checksum"))
		return read_checksum(scenario, line, pattern);
	*found = false;
	return true;
}

bool read_frame_pattern(struct scenario *scenario, struct line *line, struct condition *condition)
{
	struct frame_pattern *pattern = arena_alloc(&scenario->arena, sizeof(*pattern));
	bool found = true;

	if (pattern == NULL)
		return complain(scenario, line->number, "no memory");
	*pattern = (struct frame_pattern){0};
	condition->pattern = pattern;
	if (!word_is(line, "from"))
		return complain(scenario, line->number, "`from ROUTER` is missing");
	if (!read_router(scenario, line, &condition->router))
		return false;
	while (found) {
		bool good = true;

		if (word_is(line, "mac"))
			good = read_mac(scenario, line, pattern);
		else if (condition->type == CONDITION_ADVERT)
			good = read_of_advert(scenario, line, pattern, &found);
		else if (word_is(line, "of"))
			good = read_address(scenario, line, "the address it is about", &pattern->source);
		else
			found = false;
		if (!good)
			return false;
	}
	return true;
}

static bool lists(const struct frame_pattern *pattern, const struct vrrp_advert *advert)
{
	if (pattern->addresses == NULL)
		return true;
	if (advert->address_count != pattern->address_count)
		return false;
	for (unsigned i = 0; i < advert->address_count; i++) {
		const struct ip_addr address = vrrp_advert_address(advert, i);

		if (!ip_equal(&address, &pattern->addresses[i]))
			return false;
	}
	return true;
}

static bool same_or_any(const struct ip_addr *wanted, const struct ip_addr *address)
{
	return !ip_is_set(wanted) || ip_equal(wanted, address);
}

static bool advert_fits(const struct frame_pattern *pattern, const struct vrrp_advert *advert)
{
	const bool priority = pattern->priority_set ? advert->priority == pattern->priority
						    : advert->priority != VR_PRIORITY_STOP;

	return priority && (pattern->vrid == 0 || advert->vrid == pattern->vrid) &&
	       (pattern->version == 0 || advert->version == pattern->version) &&
	       (pattern->interval == 0 || advert->interval == pattern->interval) &&
	       (!pattern->ttl_set || advert->ttl == pattern->ttl) &&
	       (pattern->checksum_form == VRRP_CHECKSUM_NONE ||
		       advert->checksum_form == pattern->checksum_form) &&
	       same_or_any(&pattern->source, &advert->source) &&
	       same_or_any(&pattern->destination, &advert->destination) && lists(pattern, advert);
}

bool condition_is_seen(const struct condition *condition, const struct seen *seen)
{
	const struct frame_pattern *pattern = condition->pattern;

	if (pattern == NULL || (pattern->mac_set && memcmp(&pattern->mac, seen->mac, sizeof(pattern->mac)) != 0))
		return false;
	if (condition->type == CONDITION_ADVERT)
		return seen->advert != NULL && advert_fits(pattern, seen->advert);
	if (condition->type == CONDITION_ANSWER)
		return seen->answered != NULL && same_or_any(&pattern->source, seen->answered);
	return seen->announced != NULL && same_or_any(&pattern->source, seen->announced);
}
