/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an instance must fulfil as a whole, and what follows from several settings together. Where keepalived quietly
 * sets something aside, so do we, with a warning; what cannot work is an error.
 */
#include <string.h>

#include "conf/draft.h"

#define ADVERTISED_MAX 255 /* RFC 3768 5.3.5, RFC 9568 5.2.5: the count is one octet */
#define V2_INTERVAL_MIN DUR_S
#define V2_INTERVAL_MAX (255 * DUR_S)
#define V3_INTERVAL_MAX (4095 * DUR_CS) /* RFC 9568 5.2.7: 12 bits of centiseconds */

/* Unicast from a given source needs none. */
static bool stands_without_interface(const struct draft *draft)
{
	return draft->extra.unicast.enabled && ip_is_set(&draft->extra.source);
}

static void check_required(struct reader *reader, const struct draft *draft)
{
	for (size_t i = 0; i < instance_keywords.count; i++) {
		const struct keyword *row = &instance_keywords.rows[i];
		if (!(row->traits & KEYWORD_REQUIRED) || draft_given(draft, (enum instance_keyword)i) ||
			draft->broken || (i == INSTANCE_INTERFACE && stands_without_interface(draft)))
			continue;
		reader_error(reader, &draft->spot, "'%s' has no %s: add \"%s %s\"",
			draft->vr.name ? draft->vr.name : "?", row->word, row->word, row->argument);
	}
}

static void check_interval(struct reader *reader, const struct draft *draft)
{
	dur_t interval = draft->vr.advert_interval;
	const struct spot *spot = draft_spot(draft, INSTANCE_ADVERT_INT);
	char text[40];
	struct text out;
	text_init(&out, text, sizeof text);
	text_seconds(&out, interval);
	if (draft->vr.version == 2 &&
		(interval < V2_INTERVAL_MIN || interval > V2_INTERVAL_MAX || interval % DUR_S)) {
		reader_code(reader, "interval-not-expressible");
		reader_error(reader, spot,
			"version 2 cannot say %s seconds: its advertisements carry whole seconds, 1 to 255;"
			" write such a number, or \"version 3\" on all routers for 0.01 to 40.95",
			text);
	}
	if (draft->vr.version == 3 && (interval > V3_INTERVAL_MAX || interval % DUR_CS)) {
		reader_code(reader, "interval-not-expressible");
		reader_error(reader, spot,
			"version 3 cannot say %s seconds: its advertisements carry hundredths, 0.01 to"
			" 40.95; write such a number",
			text);
	}
}

static void check_state(struct reader *reader, struct draft *draft)
{
	bool owner = draft->vr.priority == VR_PRIORITY_OWNER;
	if (owner && draft_given(draft, INSTANCE_STATE) && !draft->vr.start_as_master)
		reader_warning(reader, draft_spot(draft, INSTANCE_STATE),
			"state BACKUP has no effect with priority 255: the owner"
			" of the addresses is master whenever it runs");
	draft->vr.start_as_master |= owner;
	if (owner && !draft_given(draft, INSTANCE_PRIORITY))
		reader_warning(reader, draft_spot(draft, INSTANCE_STATE),
			"state MASTER without priority means 255, the owner of"
			" the addresses, whom tracking cannot lower; write a priority if that is not meant");
}

static void check_preemption(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	bool owner = vr->priority == VR_PRIORITY_OWNER;
	const char *reason = owner ? "priority 255" : "state MASTER";
	if (!vr->preempt && vr->start_as_master) {
		reader_code(reader, "nopreempt-with-master");
		reader_warning(reader, draft_spot(draft, INSTANCE_NOPREEMPT),
			"nopreempt has no effect with %s; write \"state BACKUP\" on all routers and a "
			"priority below 255",
			reason);
		vr->preempt = true;
	}
	if (!draft->extra.preempt_delay)
		return;
	if (vr->start_as_master || !vr->preempt) {
		reader_warning(reader, draft_spot(draft, INSTANCE_PREEMPT_DELAY),
			"preempt_delay has no effect with %s, as in keepalived",
			vr->preempt ? reason : "nopreempt");
		draft->extra.preempt_delay = 0;
	}
}

static void check_weights(struct reader *reader, const struct draft *draft, enum track_kind kind)
{
	int priority = draft->vr.priority;
	for (const struct draft_track *entry = draft->tracks[kind].first; entry; entry = entry->next) {
		int weight = entry->track.reverse ? -entry->track.weight : entry->track.weight;
		if (!weight)
			continue;
		bool is_cut = kind != TRACK_FILE && priority != VR_PRIORITY_OWNER &&
			      (priority + weight > 254 || priority + weight < 1);
		reader_code(reader, is_cut ? "weight-is-cut" : "weight-without-effect");
		if (priority == VR_PRIORITY_OWNER)
			reader_warning(reader, &entry->spot,
				"the weight has no effect: priority 255 stays what it is");
		else if (is_cut)
			reader_warning(reader, &entry->spot,
				"priority %d and weight %d make %d, which is cut to %d", priority, weight,
				priority + weight, weight > 0 ? 254 : 1);
		else if (!draft->vr.preempt)
			reader_warning(reader, &entry->spot,
				"with nopreempt on all routers a weight never moves the addresses;"
				" without weight %s takes this router out",
				track_loss(kind));
		reader_code(reader, NULL);
	}
}

static void check_addresses(struct reader *reader, struct draft *draft)
{
	if (draft->extra.no_address && draft->advertised_count)
		reader_warning(reader, draft_spot(draft, INSTANCE_NO_VIRTUAL_IPADDRESS),
			"'%s' has addresses in virtual_ipaddress, so no_virtual_ipaddress has no effect", draft->vr.name);
	if (draft->advertised_count == 0 && !draft->broken &&
		!draft_wrong(draft, INSTANCE_VIRTUAL_IPADDRESS)) {
		const struct spot *spot = draft_spot(draft, INSTANCE_VIRTUAL_IPADDRESS);
		if (draft->vr.version == 3 || draft->vr.strict)
			reader_error(reader, spot,
				"'%s' has no address: %s needs at least one in virtual_ipaddress",
				draft->vr.name, draft->vr.version == 3 ? "version 3" : "strict mode");
		else if (!draft->extra.no_address)
			reader_warning(reader, spot,
				"'%s' has no address in virtual_ipaddress, so there is nothing to advertise",
				draft->vr.name);
	}
	if (draft->advertised_count <= ADVERTISED_MAX)
		return;
	reader_warning(reader, draft_spot(draft, INSTANCE_VIRTUAL_IPADDRESS),
		"%zu addresses: an advertisement carries %d, so the rest is held but not advertised, as in"
		" virtual_ipaddress_excluded",
		draft->advertised_count, ADVERTISED_MAX);
	struct draft_address **last = &draft->advertised;
	for (size_t i = 0; i < ADVERTISED_MAX; i++)
		last = &(*last)->next;
	for (struct draft_address *entry = *last; entry; entry = entry->next)
		entry->address.excluded = true;
	*draft->advertised_end = draft->excluded;
	draft->excluded = *last;
	*last = NULL;
	draft->excluded_count += draft->advertised_count - ADVERTISED_MAX;
	draft->advertised_count = ADVERTISED_MAX;
}

/* RFC 9568 5.2.9: an advert carries one family; AMB-16. */
static void check_families(struct reader *reader, struct draft *draft)
{
	const struct vr_config *vr = &draft->vr;
	char text[IP_ADDR_TEXT_SIZE];
	for (const struct draft_address *entry = draft->advertised; entry; entry = entry->next) {
		if (entry->address.prefix.addr.family == vr->family)
			continue;
		reader_error(reader, &entry->spot,
			"%s is not IPv%u, as this instance is: an advertisement carries one family; write it "
			"in "
			"virtual_ipaddress_excluded, or in an instance of its own",
			ip_format(&entry->address.prefix.addr, text), vr->family);
		return;
	}
	if (vr->family != IP_V6 || !draft->advertised ||
		ip_is_link_local(&draft->advertised->address.prefix.addr))
		return;
	static const char problem[] =
		"no address of '%s' is link-local: IPv6 hosts take a router by its link-local "
		"address, which RFC 9568 5.2.9 lists first; add one, such as fe80::%x/64";
	if (vr->strict)
		reader_error(
			reader, draft_spot(draft, INSTANCE_VIRTUAL_IPADDRESS), problem, vr->name, vr->vrid);
	else
		reader_warning(
			reader, draft_spot(draft, INSTANCE_VIRTUAL_IPADDRESS), problem, vr->name, vr->vrid);
}

void check_instance(struct reader *reader, struct draft *draft)
{
	check_required(reader, draft);
	if (draft->vr.interface && strcmp(draft->vr.interface, "lo") == 0)
		reader_error(reader, draft_spot(draft, INSTANCE_INTERFACE),
			"no other router can be heard on lo; name the interface"
			" of the network");
	if (!draft_wrong(draft, INSTANCE_VERSION) && !draft_wrong(draft, INSTANCE_ADVERT_INT))
		check_interval(reader, draft);
	if (!draft_wrong(draft, INSTANCE_STATE) && !draft_wrong(draft, INSTANCE_PRIORITY)) {
		check_state(reader, draft);
		check_preemption(reader, draft);
		for (size_t kind = 0; kind < TRACK_KIND_COUNT; kind++)
			check_weights(reader, draft, (enum track_kind)kind);
	}
	if (!draft_wrong(draft, INSTANCE_VIRTUAL_IPADDRESS)) {
		check_unicast(reader, draft);
		check_families(reader, draft);
	}
	check_addresses(reader, draft);
}
