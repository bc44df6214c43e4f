/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keywords of the top level, and the fields that rows name. */
#include <string.h>

#include "conf/keyword_kept.h"

static const struct keyword root_rows[] = {
	{.word = "net_namespace",
		.kind = KEYWORD_STRING,
		GLOBAL(process.net_namespace),
		.maximum = 255,
		.argument = "NAME",
		MEANING("The network namespace, of 'ip netns', that the whole daemon runs in. A change "
			"needs a restart.")},
	{.word = "instance",
		.kind = KEYWORD_STRING,
		GLOBAL(process.instance_name),
		.maximum = 64,
		.argument = "NAME",
		MEANING("Names this daemon among several: its pid files and control socket have the name "
			"in theirs. A "
			"change needs a restart.")},
	{.word = "child_wait_time",
		.kind = KEYWORD_SECONDS,
		GLOBAL(process.child_wait),
		RANGE(0, CHILD_WAIT_MAX),
		.fallback = 5 * DUR_S,
		.argument = "SECONDS",
		MEANING("How long the engine may take to stop, beyond the time that a successor needs to be heard; then it "
			"is killed.")},
	{.word = "use_pid_dir",
		.kind = KEYWORD_FLAG,
		GLOBAL(process.use_pid_dir),
		.on = true,
		MEANING("Pid files in a directory of their own, where vigiad's always are.")},
	{.word = "global_defs",
		.kind = KEYWORD_BLOCK,
		.block = &global_keywords,
		.argument = "{ ... }",
		MEANING("Settings of the whole daemon. May stand more than once.")},
	{.word = "vrrp_instance",
		.kind = KEYWORD_BLOCK,
		.block = &instance_keywords,
		.argument = "NAME { ... }",
		MEANING("A virtual router.")},
	{.word = "vrrp_script",
		.kind = KEYWORD_BLOCK,
		.block = &script_keywords,
		.argument = "NAME { ... }",
		MEANING("A command that says whether something works.")},
	{.word = "track_file",
		.kind = KEYWORD_BLOCK,
		.block = &file_keywords,
		.argument = "NAME { ... }",
		MEANING("A file with a number that moves priorities.")},
	{.word = "vrrp_track_file",
		.kind = KEYWORD_BLOCK,
		.traits = KEYWORD_ALIAS | KEYWORD_DEPRECATED,
		.block = &old_file_keywords,
		.argument = "NAME { ... }",
		MEANING("The old word for track_file.")},
	{.word = "vrrp_track_process",
		.kind = KEYWORD_BLOCK,
		.block = &process_keywords,
		.argument = "NAME { ... }",
		MEANING("Processes that should run, or should not.")},
	{.word = "bfd_instance",
		.kind = KEYWORD_BLOCK,
		.block = &bfd_keywords,
		.argument = "NAME { ... }",
		MEANING("A session of BFD with another router, that tells within milliseconds when it cannot be "
			"reached."),
		.differs = "it runs whether anything tracks it or not, in the process of the virtual routers."},
	{.word = "vrrp_sync_group",
		.kind = KEYWORD_BLOCK,
		.block = &sync_group_keywords,
		.argument = "NAME { ... }",
		MEANING("Virtual routers that are master and backup together.")},
	{.word = "track_group",
		.kind = KEYWORD_BLOCK,
		.block = &track_group_keywords,
		.argument = "NAME { ... }",
		MEANING("Instances that are taken out when the interface of something static that names the group is "
			"lost.")},
	{.word = "static_ipaddress",
		.kind = KEYWORD_LINES,
		.line = static_address_line,
		.line_table = &address_keywords,
		.argument = "{ ADDRESS[/LENGTH] [OPTIONS] ... }",
		MEANING("Addresses that stand as long as the daemon runs, whatever the instances are. Without dev on "
			"default_interface.")},
	{.word = "static_routes",
		.kind = KEYWORD_LINES,
		.line = static_route_line,
		.line_table = &route_keywords,
		.argument = "{ [TYPE] DESTINATION [OPTIONS] ... }",
		MEANING("Routes that stand as long as the daemon runs.")},
	{.word = "static_rules",
		.kind = KEYWORD_LINES,
		.line = static_rule_line,
		.line_table = &rule_keywords,
		.argument = "{ OPTIONS ... }",
		MEANING("Rules of policy routing that stand as long as the daemon runs.")},
	{.word = "garp_group",
		.kind = KEYWORD_BLOCK,
		.block = &garp_group_keywords,
		.argument = "{ ... }",
		MEANING("How often addresses may be announced on some interfaces.")},
	{.word = "interface_up_down_delays",
		.kind = KEYWORD_LINES,
		.line = link_delay_line,
		.argument = "{ INTERFACE DOWN [UP] ... }",
		MEANING("For how many seconds, 0 to 255, an interface must have been down, or up, before that is "
			"believed; UP is as DOWN when it is missing. With a DOWN longer than three intervals a backup "
			"whose own link is down becomes master."),
		.differs = "what is found at the start, and an interface that is removed, is believed at once."},
	{.word = "linkbeat_use_polling",
		.kind = KEYWORD_FLAG,
		GLOBAL(poll_links),
		.on = true,
		MEANING("Every interface that the configuration names is treated as one of linkbeat_interfaces.")},
	{.word = "linkbeat_interfaces",
		.kind = KEYWORD_LINES,
		.line = linkbeat_line,
		.argument = "{ INTERFACE [MII|ETHTOOL|IOCTL] ... }",
		MEANING("Once a second the drivers of these are asked whether there is a link, and the answer "
			"counts instead of the carrier that netlink tells of. The first of MII, ETHTOOL and IOCTL "
			"that the driver knows, or the given one if it does. For drivers that tell the kernel nothing: "
			"where netlink works it is faster.")},
	KEPT_BLOCK("virtual_server", "ADDRESS [PORT]|fwmark NUMBER|group NAME { ... }", &server_keywords,
		"A service of the kernel's load balancer.", .line = kept_server_line),
	KEPT_BLOCK("virtual_server_group", "NAME { ... }", &server_group_keywords,
		"Addresses and marks that share the servers of one virtual_server.",
		.line = kept_server_group_line),
	KEPT_BLOCK("SSL", "{ ... }", &ssl_keywords, "What SSL_GET shows and trusts."),
	KEPT_WORDS("net_namespace_ipvs", "[NAME]", kept_name_line,
		"The network namespace of the load balancer; without NAME that of init.",
		.traits = KEYWORD_KEPT | KEYWORD_OPTIONAL),
	KEPT_FLAG("namespace_with_ipsets", "ipsets may be used inside a network namespace.",
		.traits = KEYWORD_KEPT | KEYWORD_ALWAYS_SO,
		.differs = "It is always so: the sets are those of nftables."),
};

const struct keyword_table root_keywords = {.context = "(root)", .title = "the top level", TABLE(root_rows)};

const struct keyword_table *const keyword_tables[] = {
	&root_keywords,
	&global_keywords,
	&umask_keywords,
	&instance_keywords,
	&authentication_keywords,
	&hmac_keywords,
	&vmac_keywords,
	&ipvlan_keywords,
	&peer_keywords,
	&address_keywords,
	&route_keywords,
	&hop_keywords,
	&encap_ip_keywords,
	&encap_ip6_keywords,
	&encap_mpls_keywords,
	&encap_ila_keywords,
	&rule_keywords,
	&track_keywords,
	&track_script_keywords,
	&track_file_keywords,
	&track_process_keywords,
	&sync_group_keywords,
	&garp_group_keywords,
	&track_group_keywords,
	&script_keywords,
	&server_keywords,
	&real_server_keywords,
	&server_group_keywords,
	&ssl_keywords,
	&scheduler_keywords,
	&method_keywords,
	&misc_check_keywords,
	&smtp_check_keywords,
	&smtp_host_keywords,
	&tcp_check_keywords,
	&ping_check_keywords,
	&udp_check_keywords,
	&http_check_keywords,
	&http_url_keywords,
	&https_check_keywords,
	&https_url_keywords,
	&dns_check_keywords,
	&file_check_keywords,
	&bfd_check_keywords,
	&regex_option_keywords,
	&record_keywords,
	&dynamic_keywords,
	&timeout_keywords,
	&sync_daemon_keywords,
	&file_keywords,
	&old_file_keywords,
	&process_keywords,
	&bfd_keywords,
	&track_bfd_keywords,
	NULL,
};

const struct keyword_table *const described_tables[] = {
	&syntax_keywords, &include_check_keywords, &link_delay_keywords,
	&linkbeat_keywords, NULL};

const struct keyword *keyword_find(const struct keyword_table *table, const char *word)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].word[0] == word[0] && strcmp(table->rows[i].word, word) == 0)
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

int64_t keyword_default(const struct keyword *keyword, const void *object, const struct conf_global *global)
{
	if ((keyword->traits & KEYWORD_OFF_IN_STRICT) && ((const struct vr_config *)object)->strict)
		return 0;
	return keyword->traits & KEYWORD_INHERITS ? field_get(global, keyword->inherited) : keyword->fallback;
}
