/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keywords of bfd_instance and of the lines of track_bfd. */
#include "conf/keyword_rows.h"

#define INTERVAL_MAX (INT64_C(4294967) * DUR_MS) /* what the field of the packet can say */

#define BOUND .zone = FIELD(struct bfd_config, interface)

static const struct keyword bfd_rows[BFD_ROW_COUNT] = {
	[BFD_ROW_NEIGHBOR_IP] = {.word = "neighbor_ip",
		.kind = KEYWORD_ADDRESS,
		.traits = KEYWORD_REQUIRED,
		BFD(neighbor),
		BOUND,
		.argument = "ADDRESS[%INTERFACE]",
		MEANING("The other end of the session. With INTERFACE its packets go by that one, and those that "
			"come "
			"by another are dropped. No two sessions have the same."),
		.differs = "an interface may be named, and is if the address is link-local."},
	[BFD_ROW_NEIGHBOUR_IP] = {.word = "neighbour_ip",
		.kind = KEYWORD_ADDRESS,
		.traits = KEYWORD_ALIAS,
		BFD(neighbor),
		BOUND,
		.argument = "ADDRESS[%INTERFACE]",
		MEANING("The same as neighbor_ip.")},
	[BFD_ROW_SOURCE_IP] = {.word = "source_ip",
		.kind = KEYWORD_ADDRESS,
		BFD(source),
		BOUND,
		.argument = "ADDRESS[%INTERFACE]",
		MEANING("Packets are sent from this address; without it from the one that the routing table "
			"says. It may come up later.")},
	[BFD_ROW_MIN_RX] = {.word = "min_rx",
		.kind = KEYWORD_MILLISECONDS,
		BFD(min_rx),
		RANGE(DUR_MS, INTERVAL_MAX),
		.fallback = BFD_INTERVAL_LEAST,
		.argument = "MILLISECONDS",
		MEANING("The neighbor need not send more often than this. The detection time is the "
			"neighbor's "
			"multiplier times this, or times its min_tx if that is longer."),
		.differs = "less than 10 is taken as 10, with a warning."},
	[BFD_ROW_MIN_TX] = {.word = "min_tx",
		.kind = KEYWORD_MILLISECONDS,
		BFD(min_tx),
		RANGE(DUR_MS, INTERVAL_MAX),
		.fallback = BFD_INTERVAL_LEAST,
		.argument = "MILLISECONDS",
		MEANING("While the session is up a packet is sent this often, or as often as the neighbor's "
			"min_rx allows."),
		.differs = "less than 10 is taken as 10, with a warning."},
	[BFD_ROW_IDLE_TX] = {.word = "idle_tx",
		.kind = KEYWORD_MILLISECONDS,
		BFD(idle_tx),
		RANGE(DUR_S, INTERVAL_MAX),
		.fallback = DUR_S,
		.argument = "MILLISECONDS",
		MEANING("The same while it is not up.")},
	[BFD_ROW_MULTIPLIER] = {.word = "multiplier",
		.kind = KEYWORD_NUMBER,
		BFD(multiplier),
		RANGE(1, 255),
		.fallback = 5,
		.argument = "NUMBER",
		MEANING("When so many packets in a row are missing at the neighbor, the session is down.")},
	[BFD_ROW_PASSIVE] = {.word = "passive",
		.kind = KEYWORD_FLAG,
		BFD(passive),
		.on = true,
		MEANING("Says nothing until the neighbor has spoken.")},
	[BFD_ROW_TTL] = {.word = "ttl",
		.kind = KEYWORD_NUMBER,
		BFD(ttl),
		RANGE(1, 255),
		.fallback = 255,
		.argument = "NUMBER",
		MEANING("TTL or hop limit of what is sent. A neighbor that keeps to RFC 5881 takes 255 "
			"alone."),
		.differs = "the default is 255 over IPv6, too, as RFC 5881 asks; keepalived's is 64 there."},
	[BFD_ROW_HOPLIMIT] = {.word = "hoplimit",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_ALIAS,
		BFD(ttl),
		RANGE(1, 255),
		.fallback = 255,
		.argument = "NUMBER",
		MEANING("The same as ttl.")},
	[BFD_ROW_MAX_HOPS] = {.word = "max_hops",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_ALWAYS,
		BFD(max_hops),
		RANGE(-1, 255),
		.argument = "NUMBER",
		MEANING("A packet that crossed more routers than this, by its TTL or hop limit, is "
			"dropped; -1: "
			"none is."),
		.differs = "with multihop the default is -1: no multihop session would come up with 0."},
	[BFD_ROW_MULTIHOP] = {.word = "multihop",
		.kind = KEYWORD_BOOL,
		BFD(multihop),
		.on = true,
		.argument = "[BOOL]",
		MEANING("The neighbor may be behind other routers: RFC 5883, UDP port 4784.")},
	[BFD_ROW_WEIGHT] = {.word = "weight",
		.kind = KEYWORD_WORDS,
		.line = object_weight_line,
		.line_table = &script_weight_keywords,
		.argument = "NUMBER [reverse]",
		MEANING("For those who track it without a weight of their own; -253 to 253. Without it 0: "
			"the "
			"end of the session takes the instance out.")},
	[BFD_ROW_VRRP] = {.word = "vrrp",
		.kind = KEYWORD_FLAG,
		BFD(for_vrrp),
		.on = true,
		MEANING("Virtual routers may track it."),
		.differs = "they may without the word, too, even where checker stands."},
	[BFD_ROW_CHECKER] = {.word = "checker",
		.kind = KEYWORD_FLAG,
		BFD(for_checker),
		.on = true,
		MEANING("Health checks may follow it; there are none yet.")},
};

static const struct keyword track_bfd_rows[] = {
	{.word = "weight",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_BY_HAND,
		TRACK(weight),
		RANGE(-253, 253),
		.argument = "NUMBER",
		MEANING("As of an interface, that is up while the session is. Without it the weight of the "
			"bfd_instance counts.")},
	{.word = "reverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = true,
		MEANING(REVERSE_MEANING "being up takes the instance out.")},
	{.word = "noreverse",
		.kind = KEYWORD_FLAG,
		TRACK(reverse),
		.on = false,
		MEANING("After weight: not so, though the bfd_instance's own weight is reversed.")},
};

const struct keyword_table bfd_keywords = {
	.context = "bfd_instance", .title = "bfd_instance", TABLE(bfd_rows)};
const struct keyword_table track_bfd_keywords = {
	.context = "track_bfd-entry", .title = "a line of track_bfd", .first = "NAME", TABLE(track_bfd_rows)};
