/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keepalived.data: settings and state, for people and for exporters that look for its labels. */
#include "front/dump.h"

#include <string.h>
#include <time.h>

#define ADDRESS_TEXT_SIZE 256

static const char *const state_names[] = {"INIT", "BACKUP", "MASTER", "FAULT"};

static const char *true_or_false(bool value)
{
	return value ? "true" : "false";
}

static const char *enabled(bool value)
{
	return value ? "enabled" : "disabled";
}

static const char *group_text(const struct ip_addr *group, const char *usual, char *buffer)
{
	return ip_is_set(group) ? ip_format(group, buffer) : usual;
}

static void put_announce(FILE *out, const char *indent, const struct announce_config *announce)
{
	fprintf(out, "%sGratuitous ARP delay = %lld\n", indent, (long long)(announce->delay / DUR_S));
	fprintf(out, "%sGratuitous ARP repeat = %u\n", indent, announce->repeat);
	fprintf(out, "%sGratuitous ARP refresh = %lld\n", indent, (long long)(announce->refresh / DUR_S));
	fprintf(out, "%sGratuitous ARP refresh repeat = %u\n", indent, announce->refresh_repeat);
	fprintf(out, "%sGratuitous ARP lower priority delay = %lld\n", indent,
		(long long)(announce->rival_delay / DUR_S));
	fprintf(out, "%sGratuitous ARP lower priority repeat = %u\n", indent, announce->rival_repeat);
}

static void put_global(FILE *out, const struct dump_source *source)
{
	const struct conf_global *global = &source->conf->global;
	const struct conf_process *process = &global->process;
	const json_t *daemon = json_object_get(source->status, "daemon");
	char buffer[IP_ADDR_TEXT_SIZE];

	fprintf(out, "------< Global definitions >------\n");
	fprintf(out, " Network namespace = %s\n",
		process->net_namespace ? process->net_namespace : "(default)");
	if (process->instance_name)
		fprintf(out, " Instance name = %s\n", process->instance_name);
	fprintf(out, " Router ID = %s\n", json_string_value(json_object_get(daemon, "router_id")));
	fprintf(out, " VRRP IPv4 mcast group = %s\n", group_text(&global->group_v4, "224.0.0.18", buffer));
	fprintf(out, " VRRP IPv6 mcast group = %s\n", group_text(&global->group_v6, "ff02::12", buffer));
	put_announce(out, " ", &global->announce);
	fprintf(out, " Num adverts before down = %u\n", global->down_timer_adverts);
	fprintf(out, " Send advert after receive lower priority advert = %s\n",
		true_or_false(!global->lower_priority_silent));
	fprintf(out, " Send advert after receive higher priority advert = %s\n",
		true_or_false(!global->yield_silent));
	fprintf(out, " VRRP default protocol version = %u\n", global->vrrp_version);
	fprintf(out, " VRRP check unicast_src = %s\n", true_or_false(global->check_unicast_source));
	fprintf(out, " VRRP skip check advert addresses = %s\n", true_or_false(global->skip_address_check));
	fprintf(out, " VRRP strict mode = %s\n", true_or_false(global->strict));
	fprintf(out, " VRRP process priority = %lld\n", (long long)(process->vrrp.nice == CONF_NICE_INHERITED ? 0 : process->vrrp.nice));
	fprintf(out, " VRRP realtime priority = %u\n", process->vrrp.rt_priority);
	fprintf(out, " umask = 0%o\n", process->umask);
}

static void put_last_transition(
	FILE *out, const struct dump_source *source, const struct dump_instance *instance)
{
	const double when = dump_last_transition(source, instance);
	const time_t second = (time_t)when;
	const int microseconds = (int)((when - (double)second) * 1e6);
	struct tm local;
	char date[32];
	char year[8];

	localtime_r(&second, &local);
	strftime(date, sizeof(date), "%a %b %e %H:%M:%S", &local);
	strftime(year, sizeof(year), "%Y", &local);
	fprintf(out, "   Last transition = %lld.%06d (%s.%06d %s)\n", (long long)second, microseconds, date,
		microseconds, year);
}

static void put_interval(FILE *out, const struct vr_config *config)
{
	if (config->version == 2)
		fprintf(out, "   Advert interval = %lld sec\n", (long long)(config->advert_interval / DUR_S));
	else
		fprintf(out, "   Advert interval = %lld milli-sec\n",
			(long long)(config->advert_interval / DUR_MS));
}

static void put_interfaces(FILE *out, const struct dump_instance *instance)
{
	const struct vr_config *config = instance->config;
	const char *primary = json_string_value(json_object_get(instance->status, "primary"));
	const char *interface = config->interface ? config->interface : "(none)";
	const bool has_device = config->extra->vmac.mode == VMAC_MACVLAN || config->extra->vmac.mode == VMAC_IPVLAN;

	if (has_device)
		fprintf(out, "   Use %s, i/f name %s, xmit_base = %s\n   Interface = %s, vmac on %s\n",
			config->extra->vmac.mode == VMAC_MACVLAN ? "VMAC" : "IPVLAN", config->extra->vmac.name,
			true_or_false(config->extra->vmac.transmit_base), config->extra->vmac.name, interface);
	else
		fprintf(out, "   Interface = %s\n", interface);
	fprintf(out, "   Using src_ip = %s\n", primary ? primary : "(none)");
}

static void put_addresses(FILE *out, const struct dump_instance *instance)
{
	const struct vr_config *config = instance->config;
	char buffer[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < config->address_count; i++) {
		if (i == 0 && config->advertised_count > 0)
			fprintf(out, "   Virtual IP (%u):\n", config->advertised_count);
		if (i == config->advertised_count)
			fprintf(out, "   Virtual IP Excluded :\n");
		fprintf(out, "     %s\n", dump_address(instance, i, buffer, sizeof(buffer)));
	}
}

static void put_texts(FILE *out, const char *title, const json_t *status, const char *list, const char *name)
{
	const json_t *each;
	size_t i;

	json_array_foreach(json_object_get(status, list), i, each)
	{
		if (i == 0)
			fprintf(out, "   %s :\n", title);
		fprintf(out, "     %s%s\n", json_string_value(json_object_get(each, name)),
			json_is_true(json_object_get(each, "held")) ? " set" : "");
	}
}

/* By kind of the object: what keepalived lists under its own heading. */
static void put_tracked(FILE *out, const json_t *parts, const char *kind, const char *title)
{
	bool begun = false;
	const json_t *part;
	size_t i;

	json_array_foreach(parts, i, part)
	{
		if (strcmp(json_string_value(json_object_get(part, "kind")), kind) != 0)
			continue;
		if (!begun)
			fprintf(out, "   %s :\n", title);
		begun = true;
		fprintf(out, "     %s, weight %lld\n", json_string_value(json_object_get(part, "object")),
			json_integer_value(json_object_get(part, "weight")));
	}
}

static long long total_priority(const json_t *priority)
{
	long long total = json_integer_value(json_object_get(priority, "configured"));
	const json_t *part;
	size_t i;

	json_array_foreach(json_object_get(priority, "parts"), i, part) total +=
		json_integer_value(json_object_get(part, "adds"));
	return total;
}

static void put_priority(FILE *out, const struct dump_instance *instance)
{
	const json_t *priority = json_object_get(instance->status, "priority");
	const json_t *effective = json_object_get(priority, "effective");
	const int configured = instance->config->priority;

	fprintf(out, "   Virtual Router ID = %u\n   Priority = %d\n", instance->config->vrid, configured);
	fprintf(out, "   Effective priority = %lld\n   Total priority = %lld\n",
		effective ? json_integer_value(effective) : configured,
		priority ? total_priority(priority) : configured);
}

static void put_state(FILE *out, const struct dump_source *source, const struct dump_instance *instance)
{
	const struct vr_config *config = instance->config;
	const enum dump_state state = dump_state_of(instance);
	const json_t *cause = json_object_get(instance->status, "cause");
	const char *why = json_string_value(json_object_get(cause, "text"));

	fprintf(out, " VRRP Instance = %s\n   VRRP Version = %u\n", config->name, config->version);
	if (config->family == IP_V6)
		fprintf(out, "   Using Native IPv6\n");
	if (config->extra->sync_group)
		fprintf(out, "   Sync group = %s\n", config->extra->sync_group);
	fprintf(out, "   State = %s\n   Wantstate = %s\n", state_names[state],
		state_names[state == DUMP_STATE_FAULT ? DUMP_STATE_BACKUP : state]);
	if (why)
		fprintf(out, "   Cause = %s\n", why);
	put_last_transition(out, source, instance);
}

static void put_instance(FILE *out, const struct dump_source *source, const struct dump_instance *instance)
{
	const struct vr_config *config = instance->config;
	const json_t *parts = json_object_get(json_object_get(instance->status, "priority"), "parts");

	put_state(out, source, instance);
	put_interfaces(out, instance);
	put_announce(out, "   ", &config->extra->announce);
	fprintf(out, "   Down timer adverts = %u\n", config->down_timer_adverts);
	fprintf(out, "   Send advert after receive lower priority advert = %s\n",
		true_or_false(!config->lower_priority_silent));
	fprintf(out, "   Send advert after receive higher priority advert = %s\n",
		true_or_false(!config->yield_silent));
	put_priority(out, instance);
	put_interval(out, config);
	fprintf(out, "   Accept = %s\n   Preempt = %s\n", enabled(config->accept), enabled(config->preempt));
	if (config->extra->preempt_delay > 0)
		fprintf(out, "   Preempt delay = %lld.%06lld secs\n",
			(long long)(config->extra->preempt_delay / DUR_S),
			(long long)(config->extra->preempt_delay % DUR_S / DUR_US));
	fprintf(out, "   Promote_secondaries = %s\n", enabled(config->extra->promote_secondaries));
	if (config->extra->authentication != AUTHENTICATION_NONE)
		fprintf(out, "   Authentication type = %s\n",
			config->extra->authentication == AUTHENTICATION_AH ? "IPSEC_AH" : "SIMPLE_PASSWORD");
	put_tracked(out, parts, "interface", "Tracked interfaces");
	put_tracked(out, parts, "script", "Tracked scripts");
	put_tracked(out, parts, "file", "Tracked files");
	put_tracked(out, parts, "process", "Tracked processes");
	put_tracked(out, parts, "bfd", "Tracked BFDs");
	put_addresses(out, instance);
	put_texts(out, "Virtual Routes", instance->status, "routes", "route");
	put_texts(out, "Virtual Rules", instance->status, "rules", "rule");
}

static void put_group(FILE *out, const json_t *group)
{
	const json_t *member;
	size_t i;

	fprintf(out, " VRRP Sync Group = %s, %s\n   VRRP member instances :\n",
		json_string_value(json_object_get(group, "name")),
		json_string_value(json_object_get(group, "state")));
	json_array_foreach(json_object_get(group, "members"), i, member)
		fprintf(out, "     %s\n", json_string_value(member));
}

static void put_interface(FILE *out, const json_t *interface)
{
	const char *primary = json_string_value(json_object_get(interface, "primary"));
	const char *link_local = json_string_value(json_object_get(interface, "link_local"));
	const char *mac = json_string_value(json_object_get(interface, "mac"));
	const json_t *running = json_object_get(interface, "polled");

	if (!json_is_boolean(running))
		running = json_object_get(interface, "carrier");
	fprintf(out, " Name = %s\n   index = %lld\n", json_string_value(json_object_get(interface, "name")),
		json_integer_value(json_object_get(interface, "index")));
	fprintf(out, "   IPv4 address = %s\n   IPv6 address = %s\n", primary ? primary : "(none)",
		link_local ? link_local : "(none)");
	if (mac)
		fprintf(out, "   MAC = %s\n", mac);
	fprintf(out, "   State = %s, %s\n", json_is_true(json_object_get(interface, "up")) ? "UP" : "DOWN",
		json_is_true(running) ? "RUNNING" : "not RUNNING");
}

void dump_data(FILE *out, const struct dump_source *source)
{
	const json_t *groups = json_object_get(source->status, "sync_groups");
	const json_t *each;
	size_t i;

	put_global(out, source);
	fprintf(out, "------< VRRP Topology >------\n");
	for (i = 0; i < source->instance_count; i++)
		put_instance(out, source, &source->instances[i]);
	if (json_array_size(groups) > 0)
		fprintf(out, "------< VRRP Sync groups >------\n");
	json_array_foreach(groups, i, each) put_group(out, each);
	fprintf(out, "------< Interfaces >------\n");
	json_array_foreach(json_object_get(source->status, "interfaces"), i, each) put_interface(out, each);
}
