/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of the lines in blocks of lines. */
#include "conf/keyword_rows.h"
#include "conf/route_parts.h"

static const struct keyword address_rows[] = {
	{.word = "dev",
		.kind = KEYWORD_INTERFACE,
		ADDRESS(device),
		.argument = "NAME",
		MEANING("The interface that gets the address; without it the one of the instance.")},
	{.word = "scope",
		.kind = KEYWORD_SCOPE,
		ADDRESS(scope),
		.argument = "SCOPE",
		MEANING("global, site, link, host, a number, or a name of rt_scopes.")},
	{.word = "brd",
		.kind = KEYWORD_BROADCAST,
		ADDRESS(broadcast),
		.given = FIELD(struct address_options, broadcast_auto),
		.argument = "ADDRESS|+|-",
		MEANING("The broadcast address; + sets the bits behind the length, - clears them.")},
	{.word = "broadcast",
		.kind = KEYWORD_BROADCAST,
		.traits = KEYWORD_ALIAS,
		ADDRESS(broadcast),
		.given = FIELD(struct address_options, broadcast_auto),
		.argument = "ADDRESS|+|-",
		MEANING("The same as brd.")},
	{.word = "label",
		.kind = KEYWORD_STRING,
		ADDRESS(label),
		.maximum = INTERFACE_NAME_MAX,
		.argument = "NAME",
		MEANING("A label that ip and ifconfig show, such as eth0:1. IPv4 alone.")},
	{.word = "peer",
		.kind = KEYWORD_PARTS,
		ADDRESS(peer),
		.parts = peer_parts,
		.print = peer_print,
		.argument = "ADDRESS[/LENGTH]",
		MEANING("The other end of a line with two ends; the length is its own.")},
	{.word = "home",
		.kind = KEYWORD_FLAG,
		ADDRESS(home),
		.on = true,
		MEANING("A home address of mobile IPv6.")},
	{.word = "-nodad",
		.kind = KEYWORD_FLAG,
		ADDRESS(detects_duplicates),
		.on = true,
		MEANING("Look for another machine with the IPv6 address before it is used, a second or more. Without "
			"it none is looked for, or a takeover would take so long.")},
	{.word = "mngtmpaddr",
		.kind = KEYWORD_FLAG,
		ADDRESS(managed),
		.on = true,
		MEANING("The kernel makes temporary addresses from the IPv6 address.")},
	{.word = "noprefixroute",
		.kind = KEYWORD_FLAG,
		ADDRESS(no_prefix_route),
		.on = true,
		MEANING("The kernel makes no route to the network of the address.")},
	{.word = "autojoin",
		.kind = KEYWORD_FLAG,
		ADDRESS(auto_join),
		.on = true,
		MEANING("The kernel joins the group that the address is. Not of an address that is advertised.")},
	{.word = "preferred_lft",
		.kind = KEYWORD_PARTS,
		ADDRESS(preferred),
		.given = FIELD(struct address_options, preferred_set),
		.parts = lifetime_parts,
		.print = lifetime_print,
		.argument = "forever|SECONDS",
		MEANING("So long new connections may come from the address; 0: none may. Without it 0 for an IPv6 "
			"address of length 128, else forever.")},
	{.word = "no_track",
		.kind = KEYWORD_FLAG,
		ADDRESS(untracked),
		.on = true,
		MEANING("The instance is not taken out by the loss of the interface of dev, nor when the address was "
			"removed and cannot be put back.")},
	{.word = "track_group",
		.kind = KEYWORD_STRING,
		ADDRESS(track_group),
		.maximum = 255,
		.argument = "NAME",
		MEANING("In static_ipaddress: the instances of this track_group are taken out when the interface is "
			"lost, and while the address cannot be had."),
		.differs = "The track_group may come later in the file."},
	{.word = "use_vmac",
		.kind = KEYWORD_FLAG,
		ADDRESS(use_vmac),
		.on = true,
		MEANING("On a macvlan with the virtual MAC, over its interface.")},
};

static const struct keyword track_rows[] = {
	{.word = "weight",
		.kind = KEYWORD_NUMBER,
		TRACK(weight),
		RANGE(-254, 254),
		.argument = "NUMBER",
		MEANING("Added to the priority: a positive one while the interface is up, a negative one "
			"while it is"
			" down. 0: its loss takes the instance out.")},
	{.word = "reverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = true,
		MEANING(REVERSE_MEANING "being up takes the instance out.")},
};

static const struct keyword track_script_rows[] = {
	{.word = "weight",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_BY_HAND,
		TRACK(weight),
		RANGE(-254, 254),
		.argument = "NUMBER",
		MEANING("As of an interface, that is up while the script succeeds. Without it the weight "
			"of the script counts.")},
	{.word = "reverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = true,
		MEANING(REVERSE_MEANING "success takes the instance out. So without it when the script's own weight is "
					"reversed.")},
	{.word = "noreverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = false,
		MEANING("After weight: not so, though the script's own weight is reversed.")},
};

static const struct keyword track_file_rows[] = {
	{.word = "weight",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_BY_HAND,
		TRACK(weight),
		RANGE(-254, 254),
		.argument = "NUMBER",
		MEANING("By which the number in the file is multiplied. Without it the weight of the file counts.")},
	{.word = "reverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = true,
		MEANING("After weight: what would be added is taken away; with weight 0, the number 0 takes the instance "
			"out. So without it when the file's own weight is reversed.")},
	{.word = "noreverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = false,
		MEANING("After weight: it is added, though the file's own weight is reversed.")},
};

static const struct keyword track_process_rows[] = {
	{.word = "weight",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_BY_HAND,
		TRACK(weight),
		RANGE(-254, 254),
		.argument = "NUMBER",
		MEANING("As of an interface, that is up while as many processes run as should. Without it the weight of "
			"the process counts.")},
	{.word = "reverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = true,
		MEANING(REVERSE_MEANING "running takes the instance out. So without it when the process's own weight is "
					"reversed.")},
	{.word = "noreverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = false,
		MEANING("After weight: not so, though the process's own weight is reversed.")},
};

static const struct keyword peer_rows[] = {
	{.word = "min_ttl",
		.kind = KEYWORD_NUMBER,
		PEER(min_ttl),
		RANGE(0, 255),
		.argument = "NUMBER",
		MEANING("Advertisements with a smaller TTL are dropped.")},
	{.word = "max_ttl",
		.kind = KEYWORD_NUMBER,
		PEER(max_ttl),
		RANGE(0, 255),
		.fallback = 255,
		.argument = "NUMBER",
		MEANING("Advertisements with a larger TTL are dropped.")},
};

#define DEVICE_NAME                                                                                          \
	{                                                                                                    \
		.word = "name", .kind = KEYWORD_INTERFACE, EXTRA(vmac.name), .argument = "NAME",                \
		MEANING("The name of the device; the word may be left out.")                                 \
	}
#define DEVICE_GROUP                                                                                         \
	{                                                                                                    \
		.word = "group", .kind = KEYWORD_LINK_GROUP, EXTRA(vmac.group),                                 \
		.given = FIELD(struct vr_whole, extra.vmac.group_set), .argument = "GROUP",                       \
		MEANING("The group of interfaces it is in: a number, or a name of iproute2's file group; "   \
			"without it that of the interface.")                                                 \
	}

static const struct keyword vmac_rows[] = {
	DEVICE_NAME,
	{.word = "netlink_notify_msg",
		.kind = KEYWORD_FLAG,
		EXTRA(vmac.notify_message),
		.on = true,
		MEANING("Announce the device to programs once more when it is complete.")},
	DEVICE_GROUP,
};

static const struct keyword ipvlan_rows[] = {
	{.word = "bridge",
		.kind = KEYWORD_FLAG,
		EXTRA(vmac.ipvlan_flag),
		.on = VMAC_IPVLAN_BRIDGE,
		MEANING("Several ipvlans of an interface reach each other. This is so without the word.")},
	{.word = "private",
		.kind = KEYWORD_FLAG,
		EXTRA(vmac.ipvlan_flag),
		.on = VMAC_IPVLAN_PRIVATE,
		MEANING("They do not.")},
	{.word = "vepa",
		.kind = KEYWORD_FLAG,
		EXTRA(vmac.ipvlan_flag),
		.on = VMAC_IPVLAN_VEPA,
		MEANING("They do by way of the switch.")},
	DEVICE_NAME,
	DEVICE_GROUP,
};

const struct keyword_table address_keywords = {.context = "virtual_ipaddress-entry",
	.title = "a line of virtual_ipaddress",
	.first = "ADDRESS[/PREFIX]",
	TABLE(address_rows)};
const struct keyword_table track_keywords = {.context = "track_interface-entry",
	.title = "a line of track_interface",
	.first = "NAME",
	TABLE(track_rows)};
const struct keyword_table script_weight_keywords = {
	.context = "vrrp_script", .title = "weight", TABLE(track_rows)};
const struct keyword_table track_script_keywords = {.context = "track_script-entry",
	.title = "a line of track_script",
	.first = "NAME",
	TABLE(track_script_rows)};
const struct keyword_table track_file_keywords = {
	.context = "track_file-entry", .title = "a line of track_file", .first = "NAME", TABLE(track_file_rows)};
const struct keyword_table file_weight_keywords = {
	.context = "track_file", .title = "weight", TABLE(track_file_rows)};
const struct keyword_table track_process_keywords = {.context = "track_process-entry",
	.title = "a line of track_process",
	.first = "NAME",
	TABLE(track_process_rows)};
const struct keyword_table peer_keywords = {.context = "unicast_peer-entry",
	.title = "a line of unicast_peer",
	.first = "ADDRESS",
	TABLE(peer_rows)};
const struct keyword_table vmac_keywords = {
	.context = "use_vmac-args", .title = "use_vmac", .first = "MAC", TABLE(vmac_rows)};
const struct keyword_table ipvlan_keywords = {
	.context = "use_ipvlan-args", .title = "use_ipvlan", .first = "ADDRESS", TABLE(ipvlan_rows)};
