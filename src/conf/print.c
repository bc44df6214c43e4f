/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canonical form of a configuration, by the keyword tables. */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/mail.h"
#include "conf/print.h"

static bool is_pointer(const struct keyword *row)
{
	return row->kind == KEYWORD_STRING || row->kind == KEYWORD_INTERFACE;
}

static bool is_default_value(const struct keyword *row, const void *object, const struct conf_global *global)
{
	const char *at = (const char *)object + row->stored.offset;
	const char *string;
	struct ip_addr addr;
	if (row->given.size && field_get(object, row->given))
		return false;
	if (is_pointer(row)) {
		memcpy(&string, at, sizeof string);
		return !string;
	}
	if (row->kind == KEYWORD_ADDRESS || row->kind == KEYWORD_MULTICAST ||
		row->kind == KEYWORD_BROADCAST) {
		memcpy(&addr, at, sizeof addr);
		return !ip_is_set(&addr);
	}
	return field_get(object, row->stored) == keyword_default(row, object, global);
}

/* A flag stands for one of the values of its field, so it is printed only for that one. */
static bool is_printed(const struct keyword *row, const void *object, const struct conf_global *global)
{
	if (!row->stored.size || row->kind == KEYWORD_PARTS || (row->traits & (KEYWORD_ALIAS | KEYWORD_BY_HAND)))
		return false;
	if (row->kind == KEYWORD_FLAG && field_get(object, row->stored) != row->on)
		return false;
	return (row->traits & KEYWORD_ALWAYS) || !is_default_value(row, object, global);
}

static void print_row(const struct keyword *row, const void *object, struct text *out)
{
	text_str(out, row->word);
	if (!value_wants_argument(row))
		return;
	text_char(out, ' ');
	value_print(row, object, out);
}

void print_settings(const struct keyword_table *table, const void *object,
	const struct conf_global *global, const char *indent, struct text *out)
{
	for (size_t i = 0; i < table->count; i++) {
		if (!is_printed(&table->rows[i], object, global))
			continue;
		text_str(out, indent);
		print_row(&table->rows[i], object, out);
		text_char(out, '\n');
	}
}

/* Rows before or after the main word of a line, each with the blank that parts it. */
void print_options(
	const struct keyword_table *table, const void *object, bool leading, struct text *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct keyword *row = &table->rows[i];
		if (leading != !!(row->traits & KEYWORD_LEADING))
			continue;
		const bool by_itself = row->kind == KEYWORD_PARTS && row->print;
		if (by_itself)
			row->print(row, object, out);
		if (by_itself || !is_printed(row, object, NULL))
			continue;
		text_str(out, leading ? "" : " ");
		print_row(row, object, out);
		text_str(out, leading ? " " : "");
	}
}

void conf_print_address(const struct virtual_address *address, struct text *out)
{
	text_ip_prefix(out, &address->prefix);
	print_options(&address_keywords, address_options(address), false, out);
}

static void print_addresses(const struct vr_config *vr, bool excluded, struct text *out)
{
	size_t first = excluded ? vr->advertised_count : 0;
	size_t end = excluded ? vr->address_count : vr->advertised_count;
	if (first == end)
		return;
	text_str(out, excluded ? "    virtual_ipaddress_excluded {\n" : "    virtual_ipaddress {\n");
	for (size_t i = first; i < end; i++) {
		text_str(out, "        ");
		conf_print_address(&vr->addresses[i], out);
		text_char(out, '\n');
	}
	text_str(out, "    }\n");
}

void conf_print_route(const struct virtual_route *route, struct text *out)
{
	print_options(&route_keywords, route, true, out);
	if (route->destination.length == 0 && route->destination.addr.family == IP_V4)
		text_str(out, "default");
	else
		text_ip_prefix(out, &route->destination);
	print_options(&route_keywords, route, false, out);
}

static void print_routes(const struct vr_config *vr, struct text *out)
{
	if (!vr->extra->route_count)
		return;
	text_str(out, "    virtual_routes {\n");
	for (size_t i = 0; i < vr->extra->route_count; i++) {
		text_str(out, "        ");
		conf_print_route(&vr->extra->routes[i], out);
		text_char(out, '\n');
	}
	text_str(out, "    }\n");
}

/* The first option has a blank before it, too. */
void conf_print_rule(const struct virtual_rule *rule, struct text *out)
{
	bool says_family = ip_is_set(&rule->from.addr) || ip_is_set(&rule->to.addr);
	if (rule->family == IP_V6 && !says_family)
		text_str(out, " inet6");
	print_options(&rule_keywords, rule, false, out);
}

static void print_rules(const struct vr_config *vr, struct text *out)
{
	if (!vr->extra->rule_count)
		return;
	text_str(out, "    virtual_rules {\n");
	for (size_t i = 0; i < vr->extra->rule_count; i++) {
		text_str(out, "       ");
		conf_print_rule(&vr->extra->rules[i], out);
		text_char(out, '\n');
	}
	text_str(out, "    }\n");
}

static void print_vmac(const struct vr_whole *whole, struct text *out)
{
	const struct vmac_config *vmac = &whole->extra.vmac;
	static const struct mac_addr standard;
	static const char *const words[] = {[VMAC_MACVLAN] = "    use_vmac",
		[VMAC_IPVLAN] = "    use_ipvlan",
		[VMAC_RULES] = "    use_vmac_rules"};
	if (vmac->mode == VMAC_NONE)
		return;
	text_str(out, words[vmac->mode]);
	if (vmac->mode == VMAC_MACVLAN)
		print_options(&vmac_keywords, whole, false, out);
	if (vmac->mode == VMAC_IPVLAN)
		print_options(&ipvlan_keywords, whole, false, out);
	if (vmac->mode == VMAC_IPVLAN && ip_is_set(&vmac->ipvlan_address.addr)) {
		text_char(out, ' ');
		text_ip_prefix(out, &vmac->ipvlan_address);
	}
	if (memcmp(&vmac->mac, &standard, sizeof standard) != 0) {
		text_char(out, ' ');
		text_mac(out, &vmac->mac);
	}
	text_char(out, '\n');
}

static void print_unicast(const struct vr_config *vr, struct text *out)
{
	if (ip_is_set(&vr->extra->source)) {
		text_str(out, vr->extra->unicast.enabled ? "    unicast_src_ip " : "    mcast_src_ip ");
		text_ip(out, &vr->extra->source);
		text_char(out, '\n');
	}
	if (!vr->extra->unicast.peer_count)
		return;
	text_str(out, "    unicast_peer {\n");
	for (size_t i = 0; i < vr->extra->unicast.peer_count; i++) {
		text_str(out, "        ");
		text_ip(out, &vr->extra->unicast.peers[i].address);
		print_options(&peer_keywords, &vr->extra->unicast.peers[i], false, out);
		text_char(out, '\n');
	}
	text_str(out, "    }\n");
}

static void print_password(const struct vr_config *vr, struct text *out)
{
	char password[sizeof vr->extra->authentication_data + 1] = "";
	memcpy(password, vr->extra->authentication_data, sizeof vr->extra->authentication_data);
	value_print_string(password, out);
}

static void print_authentication(const struct vr_whole *whole, bool masked, struct text *out)
{
	const struct vr_config *vr = &whole->vr;
	if (vr->extra->authentication == AUTHENTICATION_NONE)
		return;
	text_str(out, "    authentication {\n");
	print_settings(&authentication_keywords, whole, NULL, "        ", out);
	text_str(out, "        auth_pass ");
	if (masked)
		text_str(out, "********");
	else
		print_password(vr, out);
	text_str(out, "\n    }\n");
}

static void print_hmac(const struct vr_whole *whole, bool masked, struct text *out)
{
	const struct vr_config *vr = &whole->vr;
	if (!vr->extra->hmac.enabled)
		return;
	text_str(out, "    auth_hmac {\n");
	for (size_t i = 0; i < vr->extra->hmac.key_count; i++) {
		const struct hmac_key *key = &vr->extra->hmac.keys[i];
		text_str(out, "        key ");
		text_u64(out, key->id);
		text_str(out, masked ? " ********************************" : " hex:");
		for (size_t j = 0; j < key->length && !masked; j++)
			text_hex(out, key->bytes[j], 2);
		text_char(out, '\n');
	}
	print_settings(&hmac_keywords, whole, NULL, "        ", out);
	text_str(out, "    }\n");
}

/* garp_extra_if and vrrp_garp_extra_if */
static void print_extra(const char *word, const struct announce_config *announce,
	const struct announce_config *inherited, struct text *out)
{
	if (announce->extra_period == inherited->extra_period && announce->extra_all == inherited->extra_all)
		return;
	text_str(out, "    ");
	text_str(out, word);
	text_str(out, announce->extra_all ? " all " : " ");
	text_seconds(out, announce->extra_period);
	text_char(out, '\n');
}

static void print_instance(const struct conf *conf, size_t index, enum conf_secrets secrets, struct text *out)
{
	const struct vr_config *vr = &conf->instances[index].vr;
	const struct vr_whole whole = {*vr, *vr->extra};
	const struct conf_instance_extra *extra = conf_instance_extra(conf, index);
	const struct conf_global *global = &conf->global;
	text_str(out, "vrrp_instance ");
	value_print_string(vr->name, out);
	text_str(out, " {\n");
	print_settings(&instance_keywords, &whole, global, "    ", out);
	print_vmac(&whole, out);
	print_unicast(vr, out);
	print_authentication(&whole, secrets == CONF_SECRETS_MASKED, out);
	print_hmac(&whole, secrets == CONF_SECRETS_MASKED, out);
	print_extra("garp_extra_if", &vr->extra->announce, &global->announce, out);
	print_all_tracks(vr->extra->tracked, vr->extra->tracked_count, out);
	print_notify(&extra->notify, out);
	print_addresses(vr, false, out);
	print_addresses(vr, true, out);
	print_routes(vr, out);
	print_rules(vr, out);
	if (extra->receive_buffer) {
		text_str(out, "    kernel_rx_buf_size ");
		text_u64(out, extra->receive_buffer);
		text_char(out, '\n');
	}
	kept_print(extra->kept, 1, secrets, out);
	text_str(out, "}\n");
}

/* A block of names, each on a line of its own. */
static void print_names(const char *keyword, const char *const *names, size_t count, struct text *out)
{
	text_str(out, "    ");
	text_str(out, keyword);
	text_str(out, " {\n");
	for (size_t i = 0; i < count; i++) {
		text_str(out, "        ");
		value_print_string(names[i], out);
		text_char(out, '\n');
	}
	text_str(out, "    }\n");
}

static void print_group(const struct sync_group_config *group, const struct conf_notify *notify,
	const struct conf_global *global, struct text *out)
{
	text_str(out, "vrrp_sync_group ");
	value_print_string(group->name, out);
	text_str(out, " {\n");
	print_names("group", group->members, group->member_count, out);
	print_settings(&sync_group_keywords, group, global, "    ", out);
	print_all_tracks(group->tracked, group->tracked_count, out);
	print_notify(notify, out);
	text_str(out, "}\n");
}

static bool global_is_default(const struct conf *conf)
{
	const struct conf_global *global = &conf->global;
	for (size_t i = 0; i < global_keywords.count; i++)
		if (is_printed(&global_keywords.rows[i], global, global))
			return false;
	return process_lines_are_default(&global->process) && run_is_default(&global->run) &&
	       mail_lines_are_default(&global->mail) &&
	       !global->announce.extra_period && global->buffers.policy == BUFFER_OWN && !global->firewall.table &&
	       !conf->global_kept;
}

static void print_global(const struct conf *conf, enum conf_secrets secrets, struct text *out)
{
	const struct conf_global *global = &conf->global;
	static const struct announce_config none;
	text_str(out, "global_defs {\n");
	print_settings(&global_keywords, global, global, "    ", out);
	print_process_lines(&global->process, out);
	print_run(&global->run, out);
	print_mail_lines(&global->mail, out);
	print_extra("vrrp_garp_extra_if", &global->announce, &none, out);
	if (global->firewall.table) {
		text_str(out, "    nftables ");
		value_print_string(global->firewall.table, out);
		text_char(out, '\n');
	}
	buffer_policy_print(&global->buffers, out);
	kept_print(conf->global_kept, 1, secrets, out);
	text_str(out, "}\n");
}

static void open_statics(const char *keyword, const char **between, struct text *out)
{
	text_str(out, *between);
	text_str(out, keyword);
	text_str(out, " {\n");
	*between = "\n";
}

static void print_statics(const struct static_items *items, const char **between, struct text *out)
{
	if (items->address_count > 0)
		open_statics("static_ipaddress", between, out);
	for (size_t i = 0; i < items->address_count; i++) {
		text_str(out, "    ");
		conf_print_address(&items->addresses[i], out);
		text_char(out, '\n');
	}
	text_str(out, items->address_count > 0 ? "}\n" : "");
	if (items->route_count > 0)
		open_statics("static_routes", between, out);
	for (size_t i = 0; i < items->route_count; i++) {
		text_str(out, "    ");
		conf_print_route(&items->routes[i], out);
		text_char(out, '\n');
	}
	text_str(out, items->route_count > 0 ? "}\n" : "");
	if (items->rule_count > 0)
		open_statics("static_rules", between, out);
	for (size_t i = 0; i < items->rule_count; i++) {
		text_str(out, "   ");
		conf_print_rule(&items->rules[i], out);
		text_char(out, '\n');
	}
	text_str(out, items->rule_count > 0 ? "}\n" : "");
}

static void print_track_group(const struct track_group *group, struct text *out)
{
	text_str(out, "track_group ");
	value_print_string(group->name, out);
	text_str(out, " {\n");
	print_names("group", group->members, group->member_count, out);
	text_str(out, "}\n");
}

static void print_limit(const struct announce_limit *limit, struct text *out)
{
	text_str(out, "garp_group {\n");
	print_settings(&garp_group_keywords, limit, NULL, "    ", out);
	print_names("interfaces", limit->interfaces, limit->interface_count, out);
	text_str(out, "}\n");
}

void conf_print(const struct conf *conf, enum conf_secrets secrets, struct text *out)
{
	const size_t start = out->length;
	print_settings(&root_keywords, &conf->global, &conf->global, "", out);
	if (!global_is_default(conf))
		print_global(conf, secrets, out);
	const char *between = out->length > start ? "\n" : "";
	for (size_t i = 0; i < conf->track_group_count; i++) {
		text_str(out, between);
		print_track_group(&conf->track_groups[i], out);
		between = "\n";
	}
	print_statics(&conf->statics, &between, out);
	for (size_t i = 0; i < conf->announce_limit_count; i++) {
		text_str(out, between);
		print_limit(&conf->announce_limits[i], out);
		between = "\n";
	}
	print_link_delays(conf, &between, out);
	print_polled_links(conf, &between, out);
	print_objects(conf, &between, out);
	for (size_t i = 0; i < conf->sync_group_count; i++) {
		text_str(out, between);
		print_group(&conf->sync_groups[i], &conf->sync_group_notifies[i], &conf->global, out);
		between = "\n";
	}
	for (size_t i = 0; i < conf->instance_count; i++) {
		text_str(out, between);
		print_instance(conf, i, secrets, out);
		between = "\n";
	}
	if (conf->kept)
		text_str(out, between);
	kept_print(conf->kept, 0, secrets, out);
}

char *conf_print_alloc(const struct conf *conf, enum conf_secrets secrets, size_t *length)
{
	/* Enough for most; each further try costs as much as the first. */
	for (size_t size = 65536 + 768 * conf->instance_count;; size *= 4) {
		struct text out;
		char *buffer = malloc(size);
		if (!buffer)
			return NULL;
		text_init(&out, buffer, size);
		conf_print(conf, secrets, &out);
		if (!out.overflow) {
			if (length)
				*length = out.length;
			return buffer;
		}
		free(buffer);
	}
}
