/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was not given: defaults, and what follows from other settings. Runs when all files are read, because
 * global_defs may stand behind the instances.
 */
#include "conf/draft.h"

bool draft_given(const struct draft *draft, enum instance_keyword keyword)
{
	return draft->set[keyword].place.line != 0;
}

const struct spot *draft_spot(const struct draft *draft, enum instance_keyword keyword)
{
	return draft_given(draft, keyword) ? &draft->set[keyword] : &draft->spot;
}

bool draft_wrong(const struct draft *draft, enum instance_keyword keyword)
{
	return draft->wrong[keyword];
}

/* Whether the row's field is a number; texts and addresses that were not given stay empty. */
static bool is_number(const struct keyword *row)
{
	return row->stored.size && row->kind != KEYWORD_STRING && row->kind != KEYWORD_INTERFACE &&
	       row->kind != KEYWORD_ADDRESS && row->kind != KEYWORD_MULTICAST;
}

#define GIVEN_MAX 256 /* more than any table has */

/* Rows that were given: few of many, and looked for in ten thousand virtual routers. */
struct given {
	const struct keyword *rows[GIVEN_MAX];
	size_t count;
};

static void collect_given(const struct keyword_table *table, const struct spot *set, struct given *given)
{
	given->count = 0;
	for (size_t i = 0; i < table->count; i++)
		if (set[i].place.line && table->rows[i].stored.size && given->count < GIVEN_MAX)
			given->rows[given->count++] = &table->rows[i];
}

/* preempt and nopreempt are one field. */
static bool field_given(const struct given *given, struct field field)
{
	for (size_t i = 0; i < given->count; i++)
		if (given->rows[i]->stored.offset == field.offset)
			return true;
	return false;
}

void fill_defaults(const struct keyword_table *table, const struct spot *set, void *object,
	const struct conf_global *global)
{
	struct given given;
	collect_given(table, set, &given);
	for (size_t i = 0; i < table->count; i++) {
		const struct keyword *row = &table->rows[i];
		if (is_number(row) && !field_given(&given, row->stored))
			field_set(object, row->stored, keyword_default(row, object, global));
	}
}

/* native_ipv6, or the first advertised address, or where the adverts go. */
static void settle_family(struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	if (vr->family)
		return;
	if (draft->advertised)
		vr->family = draft->advertised->address.prefix.addr.family;
	else if (ip_is_set(&draft->extra.source))
		vr->family = draft->extra.source.family;
	else if (draft->peers)
		vr->family = draft->peers->peer.address.family;
	else
		vr->family = IP_V4;
}

/* RFC 9568 5.2.9, 6.1: the link-local address is the first one of an IPv6 advert. */
static void link_local_first(struct draft *draft)
{
	struct draft_address **at = &draft->advertised;
	while (*at && !ip_is_link_local(&(*at)->address.prefix.addr))
		at = &(*at)->next;
	struct draft_address *entry = *at;
	if (!entry || at == &draft->advertised)
		return;
	*at = entry->next;
	if (draft->advertised_end == &entry->next)
		draft->advertised_end = at;
	entry->next = draft->advertised;
	draft->advertised = entry;
}

/* There is no version 2 of IPv6: a vrrp_version of 2 is meant for the others. */
static void settle_version(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	if (vr->family != IP_V6)
		return;
	if (vr->version == 2 && draft_given(draft, INSTANCE_VERSION) && !draft_wrong(draft, INSTANCE_VERSION))
		reader_error(reader, draft_spot(draft, INSTANCE_VERSION),
			"version 2 is for IPv4 alone (RFC 3768); write \"version 3\" on all routers, or "
			"leave "
			"it out");
	vr->version = 3;
}

static void drop_authentication(struct draft *draft)
{
	draft->extra.authentication = AUTHENTICATION_NONE;
	for (size_t i = 0; i < VRRP_AUTHENTICATION_SIZE; i++)
		draft->extra.authentication_data[i] = 0;
}

static void settle_authentication(struct reader *reader, struct draft *draft)
{
	const struct spot *spot = draft_spot(draft, INSTANCE_AUTHENTICATION);
	struct vr_config *vr = &draft->vr;
	if (!draft_given(draft, INSTANCE_AUTHENTICATION) || draft_wrong(draft, INSTANCE_AUTHENTICATION))
		return;
	if (vr->version != 2 || vr->strict) {
		reader_warning(reader, spot,
			vr->version != 2
				? "version 3 has no authentication (RFC 9568 9), so it is left out, as in "
				  "keepalived; remove the block"
				: "strict mode leaves the authentication of RFC 2338 out, as in keepalived: "
				  "RFC 3768 has none");
		drop_authentication(draft);
		return;
	}
	if (draft->extra.authentication == AUTHENTICATION_NONE)
		reader_error(reader, spot, "auth_type is missing: auth_type PASS or auth_type AH");
	else if (!draft->extra.authentication_data[0])
		reader_error(reader, spot, "auth_pass is missing: auth_pass TEXT");
	else
		reader_warning(reader, spot,
			"this authentication keeps nobody out who is on the network, and RFC 3768 removed "
			"it; use it only while another router asks for it");
}

/* RFC 9568 8.4. */
static void settle_version_2_too(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	const struct spot *spot = draft_spot(draft, INSTANCE_ALSO_VERSION_2);
	if (!vr->version_2_too)
		return;
	if (vr->version != 3 || vr->family != IP_V4)
		reader_error(reader, spot, "also_version_2 needs version 3 over IPv4");
	else
		reader_warning(reader, spot,
			"two versions side by side are for the time of a migration alone (RFC 9568 8.4): "
			"remove also_version_2 when the last router speaks version 3");
}

static void settle_roles(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	if (draft_given(draft, INSTANCE_OWNER_IGNORE_ADVERTS) && vr->owner_deaf &&
		vr->priority != VR_PRIORITY_OWNER)
		reader_warning(reader, draft_spot(draft, INSTANCE_OWNER_IGNORE_ADVERTS),
			"owner_ignore_adverts has no effect below priority 255");
	if (draft_given(draft, INSTANCE_THREAD_TIMER_EXPIRED))
		reader_warning(reader, draft_spot(draft, INSTANCE_THREAD_TIMER_EXPIRED),
			"thread_timer_expired is an old word; write timer_expired_backup");
	if (!vr->stalled_steps_down || !vr->preempt)
		return;
	reader_warning(reader,
		draft_spot(draft, draft_given(draft, INSTANCE_TIMER_EXPIRED_BACKUP)
					  ? INSTANCE_TIMER_EXPIRED_BACKUP
					  : INSTANCE_THREAD_TIMER_EXPIRED),
		"timer_expired_backup has no effect without nopreempt");
	vr->stalled_steps_down = 0;
}

static void settle_group(struct draft *draft, const struct conf_global *global)
{
	if (!draft->extra.unicast.enabled && !ip_is_set(&draft->extra.group))
		draft->extra.group = draft->vr.family == IP_V6 ? global->group_v6 : global->group_v4;
}

void settle_instance(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	fill_defaults(&instance_keywords, draft->set, &draft->whole, &reader->global);
	/* state MASTER alone is an address owner: keepalived's rule */
	if (vr->start_as_master && !draft_given(draft, INSTANCE_PRIORITY))
		vr->priority = VR_PRIORITY_OWNER;
	settle_family(draft);
	settle_version(reader, draft);
	if (vr->family == IP_V6)
		link_local_first(draft);
	settle_authentication(reader, draft);
	settle_unicast(reader, draft);
	settle_vmac(reader, draft);
	settle_version_2_too(reader, draft);
	settle_hmac(reader, draft);
	settle_announce(reader, draft);
	settle_roles(reader, draft);
	settle_group(draft, &reader->global);
	if (vr->strict)
		settle_strict(reader, draft);
}
