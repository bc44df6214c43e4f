/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configurations of several routers beside each other: see lint.h. */
#include "ctl/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/track.h"

#define FINDING_SIZE 600

void lint_report(const struct lint *lint, const char *code, const struct conf_place *place,
	const char *instance, const char *word, const char *format, ...)
{
	char text[FINDING_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	lint->report(lint->user,
		&(struct lint_finding){
			.code = code, .place = *place, .instance = instance, .word = word, .text = text});
}

static bool has_address(const struct vr_config *vr, const struct ip_addr *address, bool advertised)
{
	const size_t count = advertised ? vr->advertised_count : vr->address_count;

	for (size_t i = 0; i < count; i++)
		if (ip_equal(&vr->addresses[i].prefix.addr, address))
			return true;
	return false;
}

/* The instance of conf that is the same virtual router: of the same family and VRID, and with a common address, or
 * on an interface of the same name, or the only one. */
static const struct conf_instance *counterpart(const struct conf *conf, const struct vr_config *vr)
{
	const struct conf_instance *candidate = NULL;
	size_t count = 0;

	for (size_t i = 0; i < conf->instance_count; i++) {
		const struct conf_instance *other = &conf->instances[i];

		if (other->vr.family != vr->family || other->vr.vrid != vr->vrid)
			continue;
		if (vr_config_is_counterpart(&other->vr, vr))
			return other;
		candidate = other;
		count++;
	}
	return count == 1 ? candidate : NULL;
}

struct comparison {
	const struct lint *lint;
	const struct conf_instance *here; /* what is reported stands here... */
	const struct conf_place *place; /* ...at this place */
	const struct conf_instance *there;
	const char *there_name;
};

static void report_priority(const struct comparison *pair)
{
	const struct vr_config *here = &pair->here->vr;

	if (here->priority != pair->there->vr.priority)
		return;
	if (here->priority == VR_PRIORITY_OWNER)
		lint_report(pair->lint, "two-owners", pair->place, here->name, "priority",
			"priority 255 here and on %s: only one router can own the addresses; give the other "
			"one 254 or "
			"less",
			pair->there_name);
	else
		lint_report(pair->lint, "equal-priority", pair->place, here->name, "priority",
			"priority %u here and on %s: the higher address decides who is master; give them "
			"different ones",
			here->priority, pair->there_name);
}

/* The first address that `a` advertises and `b` does not. */
static const struct ip_addr *only_in(const struct vr_config *a, const struct vr_config *b)
{
	for (size_t i = 0; i < a->advertised_count; i++)
		if (!has_address(b, &a->addresses[i].prefix.addr, true))
			return &a->addresses[i].prefix.addr;
	return NULL;
}

static void report_addresses(const struct comparison *pair)
{
	const struct vr_config *here = &pair->here->vr;
	const struct vr_config *there = &pair->there->vr;
	const struct ip_addr *mine = only_in(here, there);
	const struct ip_addr *theirs = only_in(there, here);
	char text[IP_ADDR_TEXT_SIZE];

	if (!vr_config_shares_address(here, there)) {
		lint_report(pair->lint, "vrid-used-twice", pair->place, here->name,
			"virtual_router_id",
			"no address in common with '%s' on %s, which has the same VRID %u: if they are not "
			"the same "
			"virtual router, give one of them another VRID",
			there->name, pair->there_name, here->vrid);
		return;
	}
	if (mine || theirs)
		lint_report(pair->lint, "addresses-differ", pair->place, here->name,
			mine ? ip_format(mine, text) : NULL,
			"%s is an address %s and not %s: each router drops adverts with another list than "
			"its own, or "
			"holds other addresses",
			ip_format(mine ? mine : theirs, text), mine ? "here" : pair->there_name,
			mine ? pair->there_name : "here");
	else if (here->version == 2 && here->advertised_count != there->advertised_count)
		lint_report(pair->lint, "addresses-differ", pair->place, here->name, NULL,
			"%u addresses here and %u on %s", here->advertised_count, there->advertised_count,
			pair->there_name);
}

static void report_excluded(const struct comparison *pair)
{
	const struct vr_config *const sides[] = {&pair->here->vr, &pair->there->vr};
	char text[IP_ADDR_TEXT_SIZE];

	for (int side = 0; side < 2; side++)
		for (size_t i = sides[side]->advertised_count; i < sides[side]->address_count; i++) {
			const struct ip_addr *address = &sides[side]->addresses[i].prefix.addr;

			if (has_address(sides[!side], address, false))
				continue;
			lint_report(pair->lint, "excluded-addresses-differ", pair->place,
				pair->here->vr.name, side ? NULL : ip_format(address, text),
				"%s is in virtual_ipaddress_excluded %s and not %s: only one of the routers "
				"would hold it",
				ip_format(address, text), side ? pair->there_name : "here",
				side ? "here" : pair->there_name);
			return;
		}
}

static void report_intervals(const struct comparison *pair)
{
	const struct vr_config *here = &pair->here->vr;
	const struct vr_config *there = &pair->there->vr;
	char buffer[80];
	struct text text;

	if (here->advert_interval == there->advert_interval)
		return;
	text_init(&text, buffer, sizeof(buffer));
	text_seconds(&text, here->advert_interval);
	text_str(&text, " s here and ");
	text_seconds(&text, there->advert_interval);
	text_str(&text, " s on ");
	lint_report(pair->lint, "intervals-differ", pair->place, here->name, "advert_int",
		"advert_int is %s%s: %s", buffer, pair->there_name,
		here->version == 2
			? "version 2 drops adverts of another interval, so both become master"
			: "the failover takes as long as the master's interval says; give them the same");
}

static bool same_authentication(const struct vr_config *a, const struct vr_config *b)
{
	return a->extra->authentication == b->extra->authentication &&
	       memcmp(a->extra->authentication_data, b->extra->authentication_data, sizeof(a->extra->authentication_data)) == 0 &&
	       a->extra->hmac.enabled == b->extra->hmac.enabled;
}

static void report_protocol(const struct comparison *pair)
{
	const struct vr_config *here = &pair->here->vr;
	const struct vr_config *there = &pair->there->vr;

	if (!vr_config_speaks(here, there->version) && !vr_config_speaks(there, here->version))
		lint_report(pair->lint, "versions-differ", pair->place, here->name, "version",
			"version %u here and %u on %s: they do not hear each other, so both become master",
			here->version, there->version, pair->there_name);
	else if (!same_authentication(here, there))
		lint_report(pair->lint, "authentication-differs", pair->place, here->name, NULL,
			"authentication or auth_hmac is another one on %s: adverts with another one are "
			"dropped, so both "
			"become master",
			pair->there_name);
	if (here->extra->unicast.enabled != there->extra->unicast.enabled)
		lint_report(pair->lint, "unicast-differs", pair->place, here->name, "unicast_peer",
			"unicast %s and not %s: they do not hear each other",
			here->extra->unicast.enabled ? "here" : pair->there_name,
			here->extra->unicast.enabled ? pair->there_name : "here");
}

static int limit(int64_t priority)
{
	return priority < 1 ? 1 : priority > VR_PRIORITY_OWNER - 1 ? VR_PRIORITY_OWNER - 1 : (int)priority;
}

/* The effective priority while everything is well but tracked[failed]; failed == tracked_count: all is well; beyond: all
 * that has a weight has failed. The numbers in files are not known, and count as 0. */
static int priority_with(const struct vr_config *vr, size_t failed)
{
	int64_t priority = vr->priority;

	if (vr->priority == VR_PRIORITY_OWNER)
		return VR_PRIORITY_OWNER;
	for (size_t i = 0; i < vr->extra->tracked_count; i++) {
		const struct tracked_object *object = &vr->extra->tracked[i];
		const bool fails = i == failed || failed > vr->extra->tracked_count;

		if (object->weight != 0 && object->kind != TRACK_FILE)
			priority += track_adds(object, track_up(fails == object->reverse));
	}
	return limit(priority);
}

/* Of a router that would be master: may the failure of what it tracks move the addresses? */
static void report_weights(
	const struct comparison *pair, int rival /* the best other priority while all is well */)
{
	const struct vr_config *vr = &pair->here->vr;
	const size_t all = vr->extra->tracked_count + 1;

	if (priority_with(vr, vr->extra->tracked_count) <= rival || priority_with(vr, all) < rival)
		return;
	for (size_t i = 0; i < vr->extra->tracked_count; i++) {
		const struct tracked_object *object = &vr->extra->tracked[i];
		const int left = priority_with(vr, i);

		if (object->weight == 0 || object->kind == TRACK_FILE || vr->priority == VR_PRIORITY_OWNER)
			continue;
		lint_report(pair->lint, "weight-too-small", pair->place, vr->name, object->name,
			"when %s %s fails the priority is still %d, and that of %s is %d: the addresses "
			"stay; the weight "
			"must make it less than %d, or be left out",
			track_kind_name(object->kind), object->name, left, pair->there_name, rival, rival);
	}
}

static void check_instance(
	const struct lint_file *files, size_t count, size_t file, size_t instance, const struct lint *lint)
{
	const struct conf_instance *here = &files[file].conf->instances[instance];
	const struct conf_place *place = &files[file].conf->instance_places[instance];
	struct comparison best = {.lint = lint, .here = here, .place = place};
	struct comparison first = best;
	int rival = 0;

	for (size_t i = 0; i < count; i++) {
		const struct conf_instance *there = i == file ? NULL : counterpart(files[i].conf, &here->vr);

		if (!there)
			continue;
		if (i < file) {
			struct comparison pair = {lint, here, place, there, files[i].name};

			report_priority(&pair);
			first = first.there ? first : pair;
		}
		if (priority_with(&there->vr, there->vr.extra->tracked_count) > rival || !best.there) {
			rival = priority_with(&there->vr, there->vr.extra->tracked_count);
			best.there = there;
			best.there_name = files[i].name;
		}
	}
	if (!best.there)
		lint_report(lint, "only-in-one-file", place, here->vr.name, NULL,
			"no other file has this virtual router (VRID %u): nobody takes its addresses over",
			here->vr.vrid);
	else
		report_weights(&best, rival);
	if (!first.there)
		return;
	report_addresses(&first);
	report_excluded(&first);
	report_intervals(&first);
	report_protocol(&first);
}

void lint_network(const struct lint_file *files, size_t count, const struct lint *lint)
{
	if (count < 2)
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < files[i].conf->instance_count; k++)
			check_instance(files, count, i, k, lint);
}
