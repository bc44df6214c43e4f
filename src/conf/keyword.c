/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "conf/draft.h"
#include "conf/keyword.h"

#define FIELD(type, member)                                                                                  \
	{                                                                                                    \
		offsetof(type, member), sizeof(((type *)0)->member)                                          \
	}
#define VR(member) .stored = FIELD(struct vr_config, member)
#define GLOBAL(member) .stored = FIELD(struct conf_global, member)
#define INHERITS(member, ...)                                                                                \
	.traits = KEYWORD_INHERITS __VA_OPT__(| __VA_ARGS__), .inherited = FIELD(struct conf_global, member)
#define ADDRESS(member) .stored = FIELD(struct virtual_address, member)
#define ROUTE(member) .stored = FIELD(struct virtual_route, member)
#define TRACK(member) .stored = FIELD(struct tracked_interface, member)
#define RANGE(low, high) .minimum = (low), .maximum = (high)
#define TABLE(array) .rows = array, .count = sizeof array / sizeof *array

/* A burst of more announcements would be a flood; the longest delays are days. */
#define ANNOUNCE_REPEAT_MAX 1000
#define ANNOUNCE_DELAY_MAX (1000000 * DUR_S)

static const struct keyword global_rows[] = {
	{.word = "router_id",
		.kind = KEYWORD_STRING,
		GLOBAL(router_id),
		.maximum = 255,
		.argument = "NAME",
		.meaning =
			"The name of this router in messages and notifications; without it the host name."},
	{.word = "vrrp_version",
		.kind = KEYWORD_NUMBER,
		GLOBAL(vrrp_version),
		RANGE(2, 3),
		.fallback = 2,
		.argument = "2|3",
		.meaning = "The version of VRRP for instances that choose none."},
	{.word = "vrrp_skip_check_adv_addr",
		.kind = KEYWORD_BOOL,
		GLOBAL(skip_address_check),
		.on = true,
		.argument = "[BOOL]",
		.meaning = "Default of skip_check_adv_addr."},
	{.word = "v3_checksum_as_v2",
		.kind = KEYWORD_BOOL,
		GLOBAL(message_only_checksum),
		.on = true,
		.argument = "[BOOL]",
		.meaning = "Default of v3_checksum_as_v2 of the instances."},
	{.word = "vrrp_down_timer_adverts",
		.kind = KEYWORD_NUMBER,
		GLOBAL(down_timer_adverts),
		RANGE(1, 100),
		.fallback = 3,
		.argument = "NUMBER",
		.meaning = "Default of down_timer_adverts."},
	{.word = "vrrp_garp_master_delay",
		.kind = KEYWORD_SECONDS,
		GLOBAL(announce.delay),
		RANGE(0, ANNOUNCE_DELAY_MAX),
		.fallback = 5 * DUR_S,
		.argument = "SECONDS",
		.meaning = "Default of garp_master_delay."},
	{.word = "vrrp_garp_master_repeat",
		.kind = KEYWORD_NUMBER,
		GLOBAL(announce.repeat),
		.traits = KEYWORD_ZERO_IS_ONE,
		RANGE(1, ANNOUNCE_REPEAT_MAX),
		.fallback = 5,
		.argument = "NUMBER",
		.meaning = "Default of garp_master_repeat."},
	{.word = "vrrp_garp_master_refresh",
		.kind = KEYWORD_SECONDS,
		GLOBAL(announce.refresh),
		RANGE(0, ANNOUNCE_DELAY_MAX),
		.argument = "SECONDS",
		.meaning = "Default of garp_master_refresh."},
	{.word = "vrrp_garp_master_refresh_repeat",
		.kind = KEYWORD_NUMBER,
		GLOBAL(announce.refresh_repeat),
		.traits = KEYWORD_ZERO_IS_ONE,
		RANGE(1, ANNOUNCE_REPEAT_MAX),
		.fallback = 1,
		.argument = "NUMBER",
		.meaning = "Default of garp_master_refresh_repeat."},
};

static const struct keyword instance_rows[INSTANCE_KEYWORD_COUNT] = {
	[INSTANCE_STATE] = {.word = "state",
		.kind = KEYWORD_STATE,
		VR(start_as_master),
		.argument = "MASTER|BACKUP",
		.meaning = "How it starts. MASTER waits one advertisement interval and the skew time for a "
			   "better router"
			   " before it takes over, BACKUP the whole down interval. Whoever has the highest "
			   "priority is"
			   " master in the end. Without it BACKUP, or MASTER with priority 255."},
	[INSTANCE_INTERFACE] = {.word = "interface",
		.kind = KEYWORD_INTERFACE,
		VR(interface),
		.traits = KEYWORD_REQUIRED,
		.argument = "NAME",
		.meaning = "The network interface the virtual router stands on. When it is down, so is the "
			   "instance."},
	[INSTANCE_VIRTUAL_ROUTER_ID] = {.word = "virtual_router_id",
		.kind = KEYWORD_NUMBER,
		VR(vrid),
		.traits = KEYWORD_REQUIRED,
		RANGE(1, 255),
		.argument = "NUMBER",
		.meaning = "The VRID: the same on all routers of one virtual router, and of no other on that "
			   "network."},
	[INSTANCE_PRIORITY] = {.word = "priority",
		.kind = KEYWORD_NUMBER,
		VR(priority),
		.traits = KEYWORD_ALWAYS,
		RANGE(1, 255),
		.fallback = VR_PRIORITY_DEFAULT,
		.argument = "NUMBER",
		.meaning = "The highest one is master. 255 is the owner of the addresses, whom tracking does "
			   "not lower."
			   " Without it 100, or 255 with state MASTER."},
	[INSTANCE_VERSION] = {.word = "version",
		.kind = KEYWORD_NUMBER,
		VR(version),
		INHERITS(vrrp_version),
		RANGE(2, 3),
		.argument = "2|3",
		.meaning = "The version of VRRP. Without it vrrp_version."},
	[INSTANCE_ADVERT_INT] = {.word = "advert_int",
		.kind = KEYWORD_TIMER,
		VR(advert_interval),
		RANGE(10 * DUR_MS, 255 * DUR_S),
		.fallback = DUR_S,
		.argument = "SECONDS",
		.meaning = "The time between two advertisements. Version 2: whole seconds, 1 to 255, the "
			   "same on all"
			   " routers. Version 3: 0.01 to 40.95 in steps of 0.01."},
	[INSTANCE_PREEMPT] = {.word = "preempt",
		.kind = KEYWORD_FLAG,
		VR(preempt),
		.fallback = true,
		.on = true,
		.meaning = "Take over from a master of lower priority. This is so without the keyword."},
	[INSTANCE_NOPREEMPT] = {.word = "nopreempt",
		.kind = KEYWORD_FLAG,
		VR(preempt),
		.fallback = true,
		.on = false,
		.meaning = "Leave a master of lower priority in peace while it lives. Needs state BACKUP and "
			   "a priority"
			   " below 255."},
	[INSTANCE_PREEMPT_DELAY] = {.word = "preempt_delay",
		.kind = KEYWORD_TIMER,
		VR(preempt_delay),
		RANGE(0, 1000 * DUR_S),
		.argument = "SECONDS",
		.meaning = "Wait so long before taking over from a master of lower priority. Needs state "
			   "BACKUP."},
	[INSTANCE_ACCEPT] = {.word = "accept",
		.kind = KEYWORD_FLAG,
		VR(accept),
		.fallback = true,
		.on = true,
		.meaning = "The master answers packets to the virtual addresses. This is so without the "
			   "keyword."},
	[INSTANCE_DOWN_TIMER_ADVERTS] = {.word = "down_timer_adverts",
		.kind = KEYWORD_NUMBER,
		VR(down_timer_adverts),
		INHERITS(down_timer_adverts),
		RANGE(1, 100),
		.argument = "NUMBER",
		.meaning = "The master is given up after so many advertisement intervals of silence and the "
			   "skew time."
			   " The RFCs say 3."},
	[INSTANCE_SKIP_CHECK_ADV_ADDR] = {.word = "skip_check_adv_addr",
		.kind = KEYWORD_BOOL,
		VR(skip_address_check),
		INHERITS(skip_address_check),
		.on = true,
		.argument = "[BOOL]",
		.meaning = "Do not compare the addresses in an advertisement with one's own when its sender "
			   "is the same"
			   " as that of the one before."},
	[INSTANCE_V3_CHECKSUM_AS_V2] = {.word = "v3_checksum_as_v2",
		.kind = KEYWORD_BOOL,
		VR(checksum_form),
		INHERITS(message_only_checksum),
		.on = V3_CHECKSUM_MESSAGE_ONLY,
		.off = V3_CHECKSUM_PSEUDO_HEADER,
		.argument = "[BOOL]",
		.meaning = "Version 3 over IPv4: on leaves the pseudo-header out of the checksum, off "
			   "includes it."
			   " Without it, it is included until a peer is heard that leaves it out."},
	[INSTANCE_GARP_MASTER_DELAY] = {.word = "garp_master_delay",
		.kind = KEYWORD_SECONDS,
		VR(announce.delay),
		INHERITS(announce.delay),
		RANGE(0, ANNOUNCE_DELAY_MAX),
		.argument = "SECONDS",
		.meaning = "A second burst of gratuitous ARP so long after becoming master; 0: none."},
	[INSTANCE_GARP_MASTER_REPEAT] = {.word = "garp_master_repeat",
		.kind = KEYWORD_NUMBER,
		VR(announce.repeat),
		INHERITS(announce.repeat, KEYWORD_ZERO_IS_ONE),
		RANGE(1, ANNOUNCE_REPEAT_MAX),
		.argument = "NUMBER",
		.meaning = "Gratuitous ARPs for each address in a burst."},
	[INSTANCE_GARP_MASTER_REFRESH] = {.word = "garp_master_refresh",
		.kind = KEYWORD_SECONDS,
		VR(announce.refresh),
		INHERITS(announce.refresh),
		RANGE(0, ANNOUNCE_DELAY_MAX),
		.argument = "SECONDS",
		.meaning = "Repeat gratuitous ARP with this period while master; 0: never."},
	[INSTANCE_GARP_MASTER_REFRESH_REPEAT] = {.word = "garp_master_refresh_repeat",
		.kind = KEYWORD_NUMBER,
		VR(announce.refresh_repeat),
		INHERITS(announce.refresh_repeat, KEYWORD_ZERO_IS_ONE),
		RANGE(1, ANNOUNCE_REPEAT_MAX),
		.argument = "NUMBER",
		.meaning = "Gratuitous ARPs for each address in such a repetition."},
	[INSTANCE_TRACK_INTERFACE] = {.word = "track_interface",
		.kind = KEYWORD_LINES,
		.line = track_line,
		.line_table = &track_keywords,
		.argument = "{ NAME [weight NUMBER] [reverse] ... }",
		.meaning = "More interfaces the instance depends on. Without weight their loss takes it out; "
			   "with one it"
			   " moves the priority."},
	[INSTANCE_VIRTUAL_IPADDRESS] = {.word = "virtual_ipaddress",
		.kind = KEYWORD_LINES,
		.line = address_line,
		.line_table = &address_keywords,
		.argument = "{ ADDRESS[/LENGTH] [OPTIONS] ... }",
		.meaning = "The addresses that the master holds and advertises. Without length /32."},
	[INSTANCE_VIRTUAL_IPADDRESS_EXCLUDED] = {.word = "virtual_ipaddress_excluded",
		.kind = KEYWORD_LINES,
		.line = excluded_line,
		.line_table = &address_keywords,
		.argument = "{ ADDRESS[/LENGTH] [OPTIONS] ... }",
		.meaning = "Addresses that the master holds but does not advertise."},
	[INSTANCE_VIRTUAL_ROUTES] = {.word = "virtual_routes",
		.kind = KEYWORD_LINES,
		.line = route_line,
		.line_table = &route_keywords,
		.argument = "{ [TYPE] DESTINATION [OPTIONS] ... }",
		.meaning = "Routes that the master has. DESTINATION is ADDRESS[/LENGTH] or default."},
};

static const struct keyword address_rows[] = {
	{.word = "dev",
		.kind = KEYWORD_INTERFACE,
		ADDRESS(device),
		.argument = "NAME",
		.meaning = "The interface that gets the address; without it the one of the instance."},
	{.word = "scope",
		.kind = KEYWORD_SCOPE,
		ADDRESS(scope),
		.argument = "SCOPE",
		.meaning = "global, site, link, host, a number, or a name of rt_scopes."},
	{.word = "brd",
		.kind = KEYWORD_BROADCAST,
		ADDRESS(broadcast),
		.given = FIELD(struct virtual_address, broadcast_auto),
		.argument = "ADDRESS|+|-",
		.meaning = "The broadcast address; + computes it from the length, - sets none."},
	{.word = "broadcast",
		.kind = KEYWORD_BROADCAST,
		.traits = KEYWORD_ALIAS,
		ADDRESS(broadcast),
		.given = FIELD(struct virtual_address, broadcast_auto),
		.argument = "ADDRESS|+|-",
		.meaning = "The same as brd."},
	{.word = "label",
		.kind = KEYWORD_STRING,
		ADDRESS(label),
		.maximum = INTERFACE_NAME_MAX,
		.argument = "NAME",
		.meaning = "A label that ip and ifconfig show, such as eth0:1."},
};

static const struct keyword route_rows[] = {
	{.word = "unicast",
		.kind = KEYWORD_FLAG,
		.traits = KEYWORD_LEADING,
		ROUTE(type),
		.on = ROUTE_UNICAST,
		.meaning = "An ordinary route. This is so without the keyword."},
	{.word = "blackhole",
		.kind = KEYWORD_FLAG,
		.traits = KEYWORD_LEADING,
		ROUTE(type),
		.on = ROUTE_BLACKHOLE,
		.meaning = "Drop the packets silently."},
	{.word = "unreachable",
		.kind = KEYWORD_FLAG,
		.traits = KEYWORD_LEADING,
		ROUTE(type),
		.on = ROUTE_UNREACHABLE,
		.meaning = "Drop the packets and answer host unreachable."},
	{.word = "prohibit",
		.kind = KEYWORD_FLAG,
		.traits = KEYWORD_LEADING,
		ROUTE(type),
		.on = ROUTE_PROHIBIT,
		.meaning = "Drop the packets and answer administratively prohibited."},
	{.word = "to",
		.kind = KEYWORD_FILLER,
		.traits = KEYWORD_LEADING | KEYWORD_ALIAS,
		.meaning = "May stand before the destination."},
	{.word = "via",
		.kind = KEYWORD_ADDRESS,
		ROUTE(gateway),
		.argument = "ADDRESS",
		.meaning = "The next router."},
	{.word = "gw",
		.kind = KEYWORD_ADDRESS,
		.traits = KEYWORD_ALIAS,
		ROUTE(gateway),
		.argument = "ADDRESS",
		.meaning = "The same as via."},
	{.word = "dev",
		.kind = KEYWORD_INTERFACE,
		ROUTE(device),
		.argument = "NAME",
		.meaning = "The interface the packets leave by."},
	{.word = "oif",
		.kind = KEYWORD_INTERFACE,
		.traits = KEYWORD_ALIAS,
		ROUTE(device),
		.argument = "NAME",
		.meaning = "The same as dev."},
	{.word = "src",
		.kind = KEYWORD_ADDRESS,
		ROUTE(source),
		.argument = "ADDRESS",
		.meaning = "The source address that the machine's own packets get."},
	{.word = "metric",
		.kind = KEYWORD_NUMBER,
		ROUTE(metric),
		RANGE(0, UINT32_MAX),
		.argument = "NUMBER",
		.meaning = "Of several routes to one destination, the lowest is used."},
	{.word = "priority",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_ALIAS,
		ROUTE(metric),
		RANGE(0, UINT32_MAX),
		.argument = "NUMBER",
		.meaning = "The same as metric."},
	{.word = "preference",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_ALIAS,
		ROUTE(metric),
		RANGE(0, UINT32_MAX),
		.argument = "NUMBER",
		.meaning = "The same as metric."},
	{.word = "table",
		.kind = KEYWORD_TABLE,
		ROUTE(table),
		.argument = "TABLE",
		.meaning = "The routing table: main, local, default, a number, or a name of rt_tables."},
	{.word = "scope",
		.kind = KEYWORD_SCOPE,
		ROUTE(scope),
		.given = FIELD(struct virtual_route, scope_set),
		.argument = "SCOPE",
		.meaning = "global, site, link, host, a number, or a name of rt_scopes. Without it link for "
			   "a route"
			   " without via, else global."},
	{.word = "tos",
		.kind = KEYWORD_TOS,
		ROUTE(tos),
		.argument = "TOS",
		.meaning = "Only for packets of this type of service: a number such as 0x10, or a name of "
			   "rt_dsfield."},
	{.word = "dsfield",
		.kind = KEYWORD_TOS,
		.traits = KEYWORD_ALIAS,
		ROUTE(tos),
		.argument = "TOS",
		.meaning = "The same as tos."},
	{.word = "mtu",
		.kind = KEYWORD_NUMBER,
		ROUTE(mtu),
		RANGE(68, 65535),
		.argument = "NUMBER",
		.meaning = "The largest packet for this destination, in bytes."},
	{.word = "onlink",
		.kind = KEYWORD_FLAG,
		ROUTE(on_link),
		.on = true,
		.meaning = "The next router is reached directly although no address says so. Needs dev."},
};

static const struct keyword track_rows[] = {
	{.word = "weight",
		.kind = KEYWORD_NUMBER,
		TRACK(weight),
		RANGE(-253, 253),
		.argument = "NUMBER",
		.meaning = "Added to the priority: a positive one while the interface is up, a negative one "
			   "while it is"
			   " down. 0: its loss takes the instance out."},
	{.word = "reverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = true,
		.meaning = "After weight: up and down change places."},
};

static const struct keyword root_rows[] = {
	{.word = "global_defs",
		.kind = KEYWORD_BLOCK,
		.block = &global_keywords,
		.argument = "{ ... }",
		.meaning = "Settings of the whole daemon. May stand more than once."},
	{.word = "vrrp_instance",
		.kind = KEYWORD_BLOCK,
		.block = &instance_keywords,
		.argument = "NAME { ... }",
		.meaning = "A virtual router."},
};

const struct keyword_table root_keywords = {.context = "(root)", .title = "the top level", TABLE(root_rows)};
const struct keyword_table global_keywords = {
	.context = "global_defs", .title = "global_defs", TABLE(global_rows)};
const struct keyword_table instance_keywords = {
	.context = "vrrp_instance", .title = "vrrp_instance", TABLE(instance_rows)};
const struct keyword_table address_keywords = {
	.context = "virtual_ipaddress-entry", .title = "a line of virtual_ipaddress", TABLE(address_rows)};
const struct keyword_table route_keywords = {
	.context = "virtual_routes-entry", .title = "a line of virtual_routes", TABLE(route_rows)};
const struct keyword_table track_keywords = {
	.context = "track_interface-entry", .title = "a line of track_interface", TABLE(track_rows)};

const struct keyword *keyword_find(const struct keyword_table *table, const char *word)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].word, word) == 0)
			return &table->rows[i];
	return NULL;
}

int64_t field_get(const void *object, struct field field)
{
	const char *at = (const char *)object + field.offset;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	int64_t i64;
	switch (field.size) {
	case sizeof u8:
		memcpy(&u8, at, sizeof u8);
		return u8;
	case sizeof u16:
		memcpy(&u16, at, sizeof u16);
		return u16;
	case sizeof u32:
		memcpy(&u32, at, sizeof u32);
		return u32;
	default:
		memcpy(&i64, at, sizeof i64);
		return i64;
	}
}

void field_set(void *object, struct field field, int64_t value)
{
	char *at = (char *)object + field.offset;
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;
	switch (field.size) {
	case sizeof u8:
		memcpy(at, &u8, sizeof u8);
		return;
	case sizeof u16:
		memcpy(at, &u16, sizeof u16);
		return;
	case sizeof u32:
		memcpy(at, &u32, sizeof u32);
		return;
	default:
		memcpy(at, &value, sizeof value);
	}
}

int64_t keyword_default(const struct keyword *keyword, const struct conf_global *global)
{
	return keyword->traits & KEYWORD_INHERITS ? field_get(global, keyword->inherited) : keyword->fallback;
}
