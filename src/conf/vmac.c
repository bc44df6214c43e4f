/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual MACs: the words of use_vmac, use_ipvlan and use_vmac_rules, what they mean together, and the names of the
 * devices. A name that was not given is PREFIX.VRID; when another device has that, PREFIX4.VRID or PREFIX6.VRID by
 * the family, then PREFIX.VRID.2 and so on.
 */
#include <string.h>

#include "conf/draft.h"

#define DEVICE_NUMBER_MAX 9999

static const struct mac_addr standard; /* zeroes: that of RFC 9568 7.3 */

static bool looks_like_mac(const struct token *token)
{
	return strchr(token->text, ':') && strspn(token->text, "0123456789abcdefABCDEF:") == token->length;
}

/* Six octets, or five to which the VRID is added when it is known. */
static bool read_mac(struct reader *reader, struct draft *draft, const struct token *token)
{
	char whole[MAC_ADDR_TEXT_SIZE + 1];
	struct mac_addr mac;
	bool read = mac_parse(token->text, token->length, &mac);
	draft->mac_lacks_octet = false;
	if (!read && token->length + 3 < sizeof whole) {
		memcpy(whole, token->text, token->length);
		memcpy(whole + token->length, ":00", 4);
		read = mac_parse(whole, token->length + 3, &mac);
		draft->mac_lacks_octet = read;
	}
	if (!read) {
		reader_error(reader, &token->spot,
			"'%.60s' is not a MAC address of six octets, or of five to "
			"which the VRID is added",
			token->text);
		return false;
	}
	if (memcmp(&mac, &standard, sizeof mac) == 0) {
		reader_error(reader, &token->spot, "'%s' is no device's address", token->text);
		return false;
	}
	if (mac.bytes[0] & 1) {
		reader_error(
			reader, &token->spot, "'%s' is the address of a group, not of a device", token->text);
		return false;
	}
	draft->extra.vmac.mac = mac;
	return true;
}

/* A word that is no option: the name. */
static bool read_name(struct reader *reader, const struct keyword_table *table, struct draft *draft,
	const struct token *token)
{
	if (!draft->extra.vmac.name)
		return value_read_interface(reader, token, &draft->extra.vmac.name);
	parse_unknown(reader, table, token);
	return false;
}

bool vmac_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	draft->extra.vmac.mode = VMAC_MACVLAN;
	for (size_t at = 1; at < statement->count;) {
		const struct token *token = &statement->words[at];
		enum option_result result =
			option_read(reader, &vmac_keywords, statement, &at, &draft->whole, NULL);
		if (result == OPTION_READ)
			continue;
		if (result == OPTION_WRONG)
			return false;
		at++;
		if (looks_like_mac(token) ? !read_mac(reader, draft, token)
					  : !read_name(reader, &vmac_keywords, draft, token))
			return false;
	}
	return true;
}

static bool read_address(struct reader *reader, struct draft *draft, const struct token *token)
{
	struct ip_prefix *address = &draft->extra.vmac.ipvlan_address;
	if (!value_read_prefix(reader, token, address))
		return false;
	if (value_is_machine(&address->addr) && !ip_is_loopback(&address->addr))
		return true;
	reader_error(reader, &token->spot, "'%s' cannot be the address of a device", token->text);
	return false;
}

bool ipvlan_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	draft->extra.vmac.mode = VMAC_IPVLAN;
	for (size_t at = 1; at < statement->count;) {
		const struct token *token = &statement->words[at];
		struct ip_addr addr;
		enum option_result result =
			option_read(reader, &ipvlan_keywords, statement, &at, &draft->whole, NULL);
		if (result == OPTION_READ)
			continue;
		if (result == OPTION_WRONG)
			return false;
		at++;
		bool is_address = strpbrk(token->text, ":/") || ip_parse(token->text, token->length, &addr);
		if (is_address ? !read_address(reader, draft, token)
			       : !read_name(reader, &ipvlan_keywords, draft, token))
			return false;
	}
	return true;
}

bool vmac_rules_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	draft->extra.vmac.mode = VMAC_RULES;
	if (statement->count > 2) {
		reader_error(reader, &statement->words[2].spot,
			"'%.60s' is too much: use_vmac_rules takes a MAC alone", statement->words[2].text);
		return false;
	}
	return statement->count < 2 || read_mac(reader, draft, &statement->words[1]);
}

static const struct spot *mode_spot(const struct draft *draft)
{
	if (draft_given(draft, INSTANCE_USE_IPVLAN))
		return draft_spot(draft, INSTANCE_USE_IPVLAN);
	return draft_spot(
		draft, draft_given(draft, INSTANCE_USE_VMAC) ? INSTANCE_USE_VMAC : INSTANCE_USE_VMAC_RULES);
}

static void settle_mac(struct reader *reader, struct draft *draft)
{
	static const uint8_t registered[] = {0x00, 0x00, 0x5e, 0x00};
	struct vr_config *vr = &draft->vr;
	struct mac_addr *mac = &draft->extra.vmac.mac;
	if (memcmp(mac, &standard, sizeof *mac) == 0)
		return;
	if (draft->mac_lacks_octet)
		mac->bytes[5] = vr->vrid;
	if (memcmp(mac->bytes, registered, sizeof registered) != 0 || mac->bytes[4] < 1 || mac->bytes[4] > 2)
		return;
	if (mac->bytes[4] == (vr->family == IP_V6 ? 2 : 1) && mac->bytes[5] == vr->vrid)
		*mac = standard;
	else
		reader_error(reader, mode_spot(draft),
			"this is the virtual MAC of another virtual router (RFC 9568 7.3); leave it out, or "
			"take one "
			"of your own, such as 02:00:00:00:00:%02x",
			vr->vrid);
}

/* Its address is the one it sends from. */
static void settle_ipvlan(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	const struct ip_addr *address = &draft->extra.vmac.ipvlan_address.addr;
	const struct spot *spot = draft_spot(draft, INSTANCE_USE_IPVLAN);
	if (!ip_is_set(address)) {
		if (vr->family == IP_V4)
			reader_error(reader, spot,
				"an ipvlan of IPv4 needs an address of its own: use_ipvlan ADDRESS/LENGTH");
		return;
	}
	if (address->family != vr->family)
		reader_error(reader, spot, "the address of the ipvlan is not IPv%u, as the instance is",
			vr->family);
	else if (ip_is_set(&draft->extra.source) && !ip_equal(&draft->extra.source, address))
		reader_error(reader, spot,
			"adverts leave from the address of the ipvlan, but another source is given; write "
			"one of them");
	else
		draft->extra.source = *address;
}

static void warn_without_effect(
	struct reader *reader, const struct draft *draft, enum instance_keyword keyword)
{
	if (draft_given(draft, keyword))
		reader_warning(reader, draft_spot(draft, keyword), "'%s' has no effect without use_vmac",
			instance_keywords.rows[keyword].word);
}

void settle_vmac(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	const struct conf_global *global = &reader->global;
	draft->extra.vmac.address_prefix = global->vmac_address_prefix ? global->vmac_address_prefix
				  : global->vmac_prefix       ? global->vmac_prefix
							      : "vrrp";
	int modes = draft_given(draft, INSTANCE_USE_VMAC) + draft_given(draft, INSTANCE_USE_IPVLAN) +
		    draft_given(draft, INSTANCE_USE_VMAC_RULES);
	if (!modes) {
		warn_without_effect(reader, draft, INSTANCE_VMAC_XMIT_BASE);
		draft->extra.vmac.transmit_base = false;
		return;
	}
	if (draft_wrong(draft, INSTANCE_USE_VMAC) || draft_wrong(draft, INSTANCE_USE_IPVLAN) ||
		draft_wrong(draft, INSTANCE_USE_VMAC_RULES))
		return;
	if (modes > 1)
		reader_error(reader, mode_spot(draft),
			"use_vmac, use_ipvlan and use_vmac_rules exclude each other");
	if (!vr->interface && draft->extra.unicast.enabled)
		reader_error(reader, mode_spot(draft), "a device of its own needs an interface below it");
	settle_mac(reader, draft);
	if (draft->extra.vmac.mode == VMAC_IPVLAN && modes == 1)
		settle_ipvlan(reader, draft);
	if (draft->extra.vmac.mode == VMAC_MACVLAN && draft->extra.unicast.enabled)
		draft->extra.vmac.transmit_base = true;
}

/* Who has which name: open addressing, never more than half full. */
struct name_table {
	struct owner {
		const char *name; /* NULL: free */
		const struct draft *draft; /* NULL: the interface of an instance */
	} * owners;
	size_t size; /* a power of two */
	unsigned next_number[UINT8_MAX + 1]; /* by VRID: of names with one, the first that may be free */
};

static struct owner *find_owner(const struct name_table *table, const char *name)
{
	uint32_t hash = 2166136261u;
	for (const char *c = name; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	size_t at = hash & (table->size - 1);
	while (table->owners[at].name && strcmp(table->owners[at].name, name) != 0)
		at = (at + 1) & (table->size - 1);
	return &table->owners[at];
}

static bool makes_device(const struct draft *draft)
{
	return draft->extra.vmac.mode == VMAC_MACVLAN || draft->extra.vmac.mode == VMAC_IPVLAN;
}

static void take_given_names(struct reader *reader, struct name_table *table)
{
	for (const struct draft *draft = reader->drafts; draft; draft = draft->next)
		if (draft->vr.interface)
			find_owner(table, draft->vr.interface)->name = draft->vr.interface;
	for (const struct draft *draft = reader->drafts; draft; draft = draft->next) {
		const char *name = draft->extra.vmac.name;
		if (!name || !makes_device(draft))
			continue;
		struct owner *owner = find_owner(table, name);
		if (!owner->name)
			*owner = (struct owner){name, draft};
		else if (owner->draft)
			reader_error(reader, mode_spot(draft),
				"the device of '%s' (line %u) is called %s, too; choose another",
				owner->draft->vr.name ? owner->draft->vr.name : "?",
				owner->draft->spot.place.line, name);
		else
			reader_error(reader, mode_spot(draft),
				"%s is the interface of an instance; the device needs a name of its own",
				name);
	}
}

static bool try_name(struct name_table *table, struct draft *draft, struct reader *reader, const char *stem,
	const char *family, unsigned number)
{
	char buffer[INTERFACE_NAME_MAX + 1];
	struct text text;
	text_init(&text, buffer, sizeof buffer);
	text_str(&text, stem);
	text_str(&text, family);
	text_char(&text, '.');
	text_u64(&text, draft->vr.vrid);
	if (number) {
		text_char(&text, '.');
		text_u64(&text, number);
	}
	struct owner *owner = find_owner(table, buffer);
	if (text.overflow || owner->name)
		return false;
	draft->extra.vmac.name = reader_keep_string(reader, buffer, text.length);
	*owner = (struct owner){draft->extra.vmac.name, draft};
	return true;
}

static void choose_name(struct reader *reader, struct name_table *table, struct draft *draft)
{
	const char *stem = reader->global.vmac_prefix ? reader->global.vmac_prefix : "vrrp";
	if (try_name(table, draft, reader, stem, "", 0) ||
		try_name(table, draft, reader, stem, draft->vr.family == IP_V6 ? "6" : "4", 0))
		return;
	unsigned *number = &table->next_number[draft->vr.vrid];
	for (*number = *number ? *number : 2; *number <= DEVICE_NUMBER_MAX; ++*number)
		if (try_name(table, draft, reader, stem, "", *number))
			return;
	reader_error(reader, mode_spot(draft), "there is no name left for its device; write one: %s NAME",
		draft->extra.vmac.mode == VMAC_IPVLAN ? "use_ipvlan" : "use_vmac");
}

void settle_device_names(struct reader *reader)
{
	struct name_table table = {.size = 16};
	while (table.size < 4 * reader->draft_count)
		table.size *= 2;
	table.owners = reader_scratch(reader, table.size * sizeof *table.owners);
	if (!table.owners)
		return;
	take_given_names(reader, &table);
	for (struct draft *draft = reader->drafts; draft && !reader->out_of_memory; draft = draft->next)
		if (makes_device(draft) && !draft->extra.vmac.name)
			choose_name(reader, &table, draft);
}
