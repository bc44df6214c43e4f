/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keepalived.json, in both of keepalived's layouts: an array of virtual routers, or (json_version 2) an object that holds it. */
#include "front/dump.h"

#include <stdlib.h>

#include "front/json_text.h"

#define ADDRESS_TEXT_SIZE 256

static json_t *seconds(dur_t duration)
{
	if (duration % DUR_S == 0)
		return json_integer(duration / DUR_S);
	return json_real((double)duration / (double)DUR_S);
}

static json_t *seconds_of(const json_t *status, const char *member)
{
	const double value = json_number_value(json_object_get(status, member));

	return seconds((dur_t)(value * (double)DUR_S + 0.5));
}

static void put_addresses(json_t *data, const char *key, const struct dump_instance *instance, bool excluded)
{
	const struct vr_config *config = instance->config;
	json_t *list = json_array();
	char buffer[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < config->address_count; i++)
		if (config->addresses[i].excluded == excluded)
			json_array_append_new(
				list, json_text(dump_address(instance, i, buffer, sizeof(buffer))));
	if (json_array_size(list) > 0)
		json_object_set(data, key, list);
	json_decref(list);
}

/* Texts of the status, such as routes. */
static void put_texts(json_t *data, const char *key, const json_t *status, const char *list, const char *name)
{
	json_t *texts = json_array();
	const json_t *each;
	size_t i;

	json_array_foreach(json_object_get(status, list), i, each)
		json_array_append(texts, json_object_get(each, name));
	if (json_array_size(texts) > 0)
		json_object_set(data, key, texts);
	json_decref(texts);
}

static void put_announce(json_t *data, const struct vr_config *config)
{
	const struct announce_config *announce = &config->extra->announce;

	json_object_set_new(data, "garp_delay", seconds(announce->delay));
	json_object_set_new(data, "garp_refresh", seconds(announce->refresh));
	json_object_set_new(data, "garp_rep", json_integer(announce->repeat));
	json_object_set_new(data, "garp_refresh_rep", json_integer(announce->refresh_repeat));
	json_object_set_new(data, "garp_lower_prio_delay", seconds(announce->rival_delay));
	json_object_set_new(data, "garp_lower_prio_rep", json_integer(announce->rival_repeat));
	json_object_set_new(data, "lower_prio_no_advert", json_integer(config->lower_priority_silent));
	json_object_set_new(data, "higher_prio_send_advert", json_integer(!config->yield_silent));
}

static void put_identity(json_t *data, const struct dump_source *source, const struct dump_instance *instance)
{
	const struct vr_config *config = instance->config;
	const bool has_device = config->extra->vmac.mode == VMAC_MACVLAN || config->extra->vmac.mode == VMAC_IPVLAN;

	json_object_set_new(data, "iname", json_text(config->name));
	json_object_set_new(data, "dont_track_primary", json_integer(config->extra->own_interface_untracked));
	json_object_set_new(data, "skip_check_adv_addr", json_integer(config->skip_address_check));
	json_object_set_new(data, "strict_mode", json_integer(config->strict));
	json_object_set_new(data, "vmac_ifname", json_text(has_device ? config->extra->vmac.name : ""));
	json_object_set_new(data, "ifp_ifname",
		json_text(has_device ? config->extra->vmac.name : config->interface ? config->interface : ""));
	json_object_set_new(data, "master_priority",
		json_integer(dump_state_of(instance) == DUMP_STATE_MASTER
				     ? 0
				     : dump_number(instance->status, "peer", "priority")));
	json_object_set_new(data, "last_transition", json_real(dump_last_transition(source, instance)));
}

static void put_state(json_t *data, const struct dump_instance *instance)
{
	const struct vr_config *config = instance->config;
	const enum dump_state state = dump_state_of(instance);
	const json_t *priority = json_object_get(instance->status, "priority");
	const json_t *effective = json_object_get(priority, "effective");

	json_object_set_new(data, "vrid", json_integer(config->vrid));
	json_object_set_new(data, "base_priority", json_integer(config->priority));
	json_object_set_new(data, "effective_priority",
		json_integer(effective ? json_integer_value(effective) : config->priority));
	json_object_set_new(data, "vipset", json_boolean(state == DUMP_STATE_MASTER));
	json_object_set_new(data, "promote_secondaries", json_boolean(config->extra->promote_secondaries));
	json_object_set_new(data, "adver_int", seconds(config->advert_interval));
	json_object_set_new(data, "master_adver_int", seconds_of(instance->status, "active_adver_interval"));
	json_object_set_new(data, "accept", json_integer(config->accept));
	json_object_set_new(data, "nopreempt", json_boolean(!config->preempt));
	json_object_set_new(data, "preempt_delay", seconds(config->extra->preempt_delay));
	json_object_set_new(data, "state", json_integer(state));
	json_object_set_new(
		data, "wantstate", json_integer(state == DUMP_STATE_FAULT ? DUMP_STATE_BACKUP : state));
	json_object_set_new(data, "version", json_integer(config->version));
}

static json_t *data_of(const struct dump_source *source, const struct dump_instance *instance)
{
	json_t *data = json_object();

	put_identity(data, source, instance);
	put_announce(data, instance->config);
	put_state(data, instance);
	put_addresses(data, "vips", instance, false);
	put_addresses(data, "evips", instance, true);
	put_texts(data, "vroutes", instance->status, "routes", "route");
	put_texts(data, "vrules", instance->status, "rules", "rule");
	/* Never the password: the file may be read by many. */
	json_object_set_new(data, "auth_type", json_integer(instance->config->extra->authentication));
	return data;
}

static json_t *stats_of(const struct dump_instance *instance)
{
	static const struct {
		const char *key;
		const char *member;
		const char *name;
	} rows[] = {
		{"packet_len_err", "drops", "length"},
		{"advert_interval_err", "drops", "interval"},
		{"ip_ttl_err", "drops", "ttl"},
		{"invalid_type_rcvd", "drops", "type"},
		{"addr_list_err", "drops", "address-list"},
		{"invalid_authtype", "drops", "auth-type"},
		{"authtype_mismatch", "drops", "auth-mismatch"},
		{"auth_failure", "drops", "auth-failure"},
		{"pri_zero_rcvd", "counters", "priority_zero_received"},
		{"pri_zero_sent", "counters", "priority_zero_sent"},
	};
	json_t *stats = json_object();

	json_object_set_new(stats, "advert_rcvd",
		json_integer(dump_number(instance->status, "counters", "adverts_received")));
	json_object_set_new(stats, "advert_sent",
		json_integer(dump_number(instance->status, "counters", "adverts_sent")));
	json_object_set_new(stats, "become_master",
		json_integer(dump_number(instance->status, "counters", "became_master")));
	json_object_set_new(stats, "release_master", json_integer(dump_released_master(instance)));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(stats, rows[i].key,
			json_integer(dump_number(instance->status, rows[i].member, rows[i].name)));
	return stats;
}

void dump_json(FILE *out, const struct dump_source *source)
{
	json_t *list = json_array();
	json_t *whole = list;

	for (size_t i = 0; i < source->instance_count; i++)
		json_array_append_new(
			list, json_pack("{s:o, s:o}", "data", data_of(source, &source->instances[i]), "stats",
				      stats_of(&source->instances[i])));
	if (source->conf->global.process.json_version == 2)
		whole = json_pack("{s:o, s:[]}", "vrrp", list, "track_process");
	json_dumpf(whole, out, JSON_COMPACT | JSON_REAL_PRECISION(16));
	fputc('\n', out);
	json_decref(whole);
}
