/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyword table: the single source of what is accepted, where it may stand, its argument, range and default,
 * where the value is stored, and one line that says what it means. Reading, range errors, the canonical print and the
 * reference manual all walk it.
 */
#ifndef VIGIA_CONF_KEYWORD_H
#define VIGIA_CONF_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/small_enum.h"
#include "conf/reader.h"

enum keyword_kind {
	KEYWORD_FLAG, /* no argument; stores `on` */
	KEYWORD_BOOL, /* on, yes, true or nothing store `on`; off, no, false store `off` */
	KEYWORD_NUMBER,
	KEYWORD_SECONDS, /* whole seconds, stored as dur_t */
	KEYWORD_TIMER, /* seconds with up to 6 decimals, stored as dur_t */
	KEYWORD_MILLISECONDS, /* with up to 3 decimals, stored as dur_t */
	KEYWORD_STATE, /* MASTER or BACKUP, stored as bool */
	KEYWORD_CHOICE, /* one word of `choices`, stored as its number */
	KEYWORD_STRING, /* stored as const char *; up to `maximum` bytes */
	KEYWORD_INTERFACE, /* the same, a name the kernel would take */
	KEYWORD_ADDRESS, /* struct ip_addr, of a machine; `on`: the one family it may have, or 0 */
	KEYWORD_MULTICAST, /* the same, of a group */
	KEYWORD_BROADCAST, /* the same, or '+' (sets `given`) or '-' */
	KEYWORD_SCOPE, /* a name or number */
	KEYWORD_TABLE, /* a routing table, by name or number */
	KEYWORD_TOS, /* a type of service, by name or number */
	KEYWORD_LINK_GROUP, /* a group of interfaces, by name or number */
	KEYWORD_ORIGIN, /* who made a route or rule, by name or number */
	KEYWORD_FILLER, /* a word that says nothing */
	KEYWORD_PARTS, /* of a line: keyword WORDS..., read by `parts` and printed by `print` */
	KEYWORD_WORDS, /* keyword WORDS..., all read by `line`, printed by code of their own */
	KEYWORD_BLOCK, /* keyword [NAME] { rows of `block` } */
	KEYWORD_LINES, /* keyword { lines, each read by `line` } */
} SMALL_ENUM;

enum keyword_trait {
	KEYWORD_REQUIRED = 1,
	KEYWORD_ALIAS = 2, /* another word for an earlier row: read, never printed */
	KEYWORD_LEADING = 4, /* of a route: stands before the destination */
	KEYWORD_ALWAYS = 8, /* printed even when it is the default */
	KEYWORD_INHERITS = 16, /* the default is in struct conf_global, at `inherited` */
	KEYWORD_ZERO_IS_ONE = 32, /* as in keepalived; with a warning */
	KEYWORD_OPTIONAL = 64, /* the argument may be missing: stores `on` */
	KEYWORD_OFF_IN_STRICT = 128, /* of an instance: in strict mode the default is 0 */
	KEYWORD_OWN = 256, /* Vigia's own, unknown to keepalived */
	KEYWORD_BY_HAND = 512, /* printed by code of its own */
	KEYWORD_ADDS = 2048, /* stands as often as one likes */
	KEYWORD_NAMES = 1024, /* of lines: they begin with a name, which may be any word */
	KEYWORD_DEPRECATED = 8192, /* keepalived advises against it */
	KEYWORD_KEPT = 16384, /* not acted on: checked, and kept as its words (conf/kept.c) */
	KEYWORD_SECRET = 32768, /* of a kept row: asterisks for its value where secrets are masked */
	KEYWORD_ALWAYS_SO = 65536, /* of a kept row: no warning, because nothing is to be done for it */
};

struct keyword_choice {
	const char *word; /* NULL ends the list */
	int64_t value;
};

struct kept_block;

/* The place of a field in a struct. */
struct field {
	uint16_t offset;
	uint8_t size; /* 0: none */
};

/* There are some 800 in each of the processes, so what different kinds have shares its place. */
struct keyword {
	const char *word;
	int64_t minimum; /* durations in ns */
	int64_t maximum;
	int64_t fallback; /* the default */
	int32_t on;
	int32_t off;
	unsigned traits;
	enum keyword_kind kind;
	struct field stored;
	struct field zone; /* of an address: where the INTERFACE of "ADDRESS%INTERFACE" is kept */
	struct field given; /* a bool set when the option is given, where the default is not told from it */
	struct field inherited;
	const char *argument; /* as the manual shows it; NULL: none */
	union {
		const struct keyword_choice *choices; /* of a CHOICE */
		const struct keyword_table *block; /* of a BLOCK */
		const struct keyword_table *line_table; /* of WORDS and LINES: the options of what `line` reads */
		/* Of PARTS: reads words[*at] and on into object, and moves *at behind them; false: in error, reported. */
		bool (*parts)(struct reader *reader, const struct keyword *keyword,
			const struct statement *statement, size_t *at, void *object);
	};
	union {
		/* Of WORDS and LINES. owner: what the block around it fills, such as struct draft; false: in error,
		 * reported. Of a kept BLOCK: the words between its keyword and '{'. */
		bool (*line)(struct reader *reader, void *owner, const struct statement *statement);
		/* Of PARTS: " WORD ARGUMENTS", or nothing where it was not given. */
		void (*print)(const struct keyword *keyword, const void *object, struct text *out);
	};
	const char *meaning; /* NULL but in conf_meanings_dep: see MEANING */
	const char *differs; /* what is otherwise than in keepalived; NULL: nothing */
};

struct keyword_table {
	const char *context; /* as in tests/golden/keywords/keepalived.tsv */
	const char *title; /* towards users */
	const char *first; /* what its lines begin with, or hold anywhere, that is no row; NULL: nothing */
	bool secret; /* no message shows its lines */
	bool kept; /* all its rows are KEYWORD_KEPT; the owner is a struct kept_block */
	/* of a kept block: reads lines that begin with no row; NULL: there are none */
	bool (*other_line)(struct reader *reader, void *owner, const struct statement *statement);
	/* of a kept block: what must hold when it is complete; NULL: nothing */
	void (*check)(struct reader *reader, const struct kept_block *block);
	const struct keyword *rows;
	size_t count;
};

/* The rows of vrrp_instance, which checks ask about by name. */
enum instance_keyword {
	INSTANCE_STATE,
	INSTANCE_INTERFACE,
	INSTANCE_VRF,
	INSTANCE_USE_VMAC,
	INSTANCE_USE_IPVLAN,
	INSTANCE_USE_VMAC_RULES,
	INSTANCE_VMAC_XMIT_BASE,
	INSTANCE_USE_VMAC_ADDR,
	INSTANCE_PROMOTE_SECONDARIES,
	INSTANCE_DONT_TRACK_PRIMARY,
	INSTANCE_VIRTUAL_ROUTER_ID,
	INSTANCE_PRIORITY,
	INSTANCE_VERSION,
	INSTANCE_NATIVE_IPV6,
	INSTANCE_STRICT_MODE,
	INSTANCE_ALSO_VERSION_2,
	INSTANCE_ADVERT_INT,
	INSTANCE_PREEMPT,
	INSTANCE_NOPREEMPT,
	INSTANCE_PREEMPT_DELAY,
	INSTANCE_TIMER_EXPIRED_BACKUP,
	INSTANCE_THREAD_TIMER_EXPIRED,
	INSTANCE_LINK_UP_DELAY,
	INSTANCE_HIGHER_PRIO_SEND_ADVERT,
	INSTANCE_LOWER_PRIO_NO_ADVERT,
	INSTANCE_OWNER_IGNORE_ADVERTS,
	INSTANCE_ACCEPT,
	INSTANCE_NO_ACCEPT,
	INSTANCE_DOWN_TIMER_ADVERTS,
	INSTANCE_SKIP_CHECK_ADV_ADDR,
	INSTANCE_V3_CHECKSUM_AS_V2,
	INSTANCE_MCAST_SRC_IP,
	INSTANCE_MCAST_DST_IP,
	INSTANCE_UNICAST_SRC_IP,
	INSTANCE_UNICAST_TTL,
	INSTANCE_CHECK_UNICAST_SRC,
	INSTANCE_UNICAST_FAULT_NO_PEER,
	INSTANCE_UNICAST_PEER,
	INSTANCE_AUTHENTICATION,
	INSTANCE_AUTH_HMAC,
	INSTANCE_OLD_UNICAST_CHECKSUM,
	INSTANCE_GARP_MASTER_DELAY,
	INSTANCE_GARP_MASTER_REPEAT,
	INSTANCE_GARP_MASTER_REFRESH,
	INSTANCE_GARP_MASTER_REFRESH_REPEAT,
	INSTANCE_GARP_LOWER_PRIO_DELAY,
	INSTANCE_GARP_LOWER_PRIO_REPEAT,
	INSTANCE_GARP_EXTRA_IF,
	INSTANCE_VMAC_GARP_INTVL,
	INSTANCE_TRACK_INTERFACE,
	INSTANCE_TRACK_SCRIPT,
	INSTANCE_TRACK_FILE,
	INSTANCE_TRACK_PROCESS,
	INSTANCE_TRACK_BFD,
	INSTANCE_VIRTUAL_IPADDRESS,
	INSTANCE_NO_VIRTUAL_IPADDRESS,
	INSTANCE_VIRTUAL_IPADDRESS_EXCLUDED,
	INSTANCE_VIRTUAL_ROUTES,
	INSTANCE_VIRTUAL_RULES,
	INSTANCE_NOTIFY,
	INSTANCE_NOTIFY_MASTER,
	INSTANCE_NOTIFY_BACKUP,
	INSTANCE_NOTIFY_FAULT,
	INSTANCE_NOTIFY_STOP,
	INSTANCE_NOTIFY_DELETED,
	INSTANCE_NOTIFY_MASTER_RX_LOWER_PRI,
	INSTANCE_NOTIFY_PRIORITY_CHANGES,
	INSTANCE_DEBUG,
	INSTANCE_TRACK_SRC_IP,
	INSTANCE_LINKBEAT_USE_POLLING,
	INSTANCE_LVS_SYNC_DAEMON_INTERFACE,
	INSTANCE_KERNEL_RX_BUF_SIZE,
	INSTANCE_SMTP_ALERT,
	INSTANCE_KEYWORD_COUNT,
};

/* The rows of vrrp_sync_group. */
enum sync_group_keyword {
	SYNC_GROUP_GROUP,
	SYNC_GROUP_TRACK_INTERFACE,
	SYNC_GROUP_TRACK_SCRIPT,
	SYNC_GROUP_TRACK_FILE,
	SYNC_GROUP_TRACK_PROCESS,
	SYNC_GROUP_TRACK_BFD,
	SYNC_GROUP_TRACKING_WEIGHT,
	SYNC_GROUP_GLOBAL_TRACKING,
	SYNC_GROUP_NOTIFY,
	SYNC_GROUP_NOTIFY_MASTER,
	SYNC_GROUP_NOTIFY_BACKUP,
	SYNC_GROUP_NOTIFY_FAULT,
	SYNC_GROUP_NOTIFY_STOP,
	SYNC_GROUP_NOTIFY_PRIORITY_CHANGES,
	SYNC_GROUP_SMTP_ALERT,
	SYNC_GROUP_KEYWORD_COUNT,
};

/* The rows of garp_group. */
enum garp_group_keyword {
	GARP_GROUP_GARP_INTERVAL,
	GARP_GROUP_GNA_INTERVAL,
	GARP_GROUP_INTERFACE,
	GARP_GROUP_INTERFACES,
	GARP_GROUP_KEYWORD_COUNT,
};

/* The rows of track_file. */
enum file_keyword {
	FILE_FILE,
	FILE_WEIGHT,
	FILE_INIT_FILE,
	FILE_KEYWORD_COUNT,
};

/* The rows of vrrp_track_process. */
enum process_keyword {
	PROCESS_PROCESS,
	PROCESS_PARAM_MATCH,
	PROCESS_WEIGHT,
	PROCESS_QUORUM,
	PROCESS_QUORUM_MAX,
	PROCESS_FORK_DELAY,
	PROCESS_TERMINATE_DELAY,
	PROCESS_DELAY,
	PROCESS_FULL_COMMAND,
	PROCESS_KEYWORD_COUNT,
};

/* The rows of vrrp_script. */
enum script_keyword {
	SCRIPT_SCRIPT,
	SCRIPT_INTERVAL,
	SCRIPT_TIMEOUT,
	SCRIPT_WEIGHT,
	SCRIPT_RISE,
	SCRIPT_FALL,
	SCRIPT_USER,
	SCRIPT_INIT_FAIL,
	SCRIPT_KEYWORD_COUNT,
};

/* The rows of bfd_instance. */
enum bfd_keyword {
	BFD_ROW_NEIGHBOR_IP,
	BFD_ROW_NEIGHBOUR_IP,
	BFD_ROW_SOURCE_IP,
	BFD_ROW_MIN_RX,
	BFD_ROW_MIN_TX,
	BFD_ROW_IDLE_TX,
	BFD_ROW_MULTIPLIER,
	BFD_ROW_PASSIVE,
	BFD_ROW_TTL,
	BFD_ROW_HOPLIMIT,
	BFD_ROW_MAX_HOPS,
	BFD_ROW_MULTIHOP,
	BFD_ROW_WEIGHT,
	BFD_ROW_VRRP,
	BFD_ROW_CHECKER,
	BFD_ROW_COUNT,
};

/* The rows of track_group. */
enum track_group_keyword {
	TRACK_GROUP_GROUP,
	TRACK_GROUP_KEYWORD_COUNT,
};

/* The rows of auth_hmac. */
enum hmac_keyword {
	HMAC_KEY,
	HMAC_ACTIVE_KEY,
	HMAC_TIME_WINDOW,
	HMAC_ANTI_REPLAY,
	HMAC_MODE_ROW,
	HMAC_KEYWORD_COUNT,
};

extern const struct keyword_table root_keywords;
extern const struct keyword_table global_keywords;
extern const struct keyword_table umask_keywords; /* of umask */
extern const struct keyword_table instance_keywords;
extern const struct keyword_table authentication_keywords;
extern const struct keyword_table hmac_keywords; /* of auth_hmac */
extern const struct keyword_table sync_group_keywords;
extern const struct keyword_table garp_group_keywords;
extern const struct keyword_table track_group_keywords;
extern const struct keyword_table script_keywords; /* of vrrp_script */
extern const struct keyword_table bfd_keywords; /* of bfd_instance */
extern const struct keyword_table track_bfd_keywords; /* of track_bfd */
extern const struct keyword_table script_weight_keywords; /* words of its weight */
extern const struct keyword_table vmac_keywords; /* words after use_vmac */
extern const struct keyword_table ipvlan_keywords; /* words after use_ipvlan */
extern const struct keyword_table address_keywords; /* options of a line of virtual_ipaddress */
extern const struct keyword_table route_keywords; /* of virtual_routes */
extern const struct keyword_table hop_keywords; /* of its nexthop */
extern const struct keyword_table encap_ip_keywords;
extern const struct keyword_table encap_ip6_keywords;
extern const struct keyword_table encap_mpls_keywords;
extern const struct keyword_table encap_ila_keywords;
extern const struct keyword_table rule_keywords; /* of virtual_rules */
extern const struct keyword_table track_keywords; /* of track_interface */
extern const struct keyword_table track_script_keywords; /* of track_script */
extern const struct keyword_table syntax_keywords; /* the lines themselves; nobody reads by them */
extern const struct keyword_table include_check_keywords;
extern const struct keyword_table linkbeat_keywords; /* nobody reads by them, either */
extern const struct keyword_table link_delay_keywords; /* the same of interface_up_down_delays */
extern const struct keyword_table track_file_keywords; /* of track_file in an instance */
extern const struct keyword_table track_process_keywords; /* of track_process */
extern const struct keyword_table file_keywords; /* of track_file */
extern const struct keyword_table old_file_keywords; /* of vrrp_track_file */
extern const struct keyword_table process_keywords; /* of vrrp_track_process */
extern const struct keyword_table file_weight_keywords; /* words of the weight of both */
extern const struct keyword_table peer_keywords; /* of unicast_peer */
extern const struct keyword_table server_keywords; /* of virtual_server */
extern const struct keyword_table real_server_keywords;
extern const struct keyword_table server_group_keywords; /* of virtual_server_group */
extern const struct keyword_table ssl_keywords;
extern const struct keyword_table scheduler_keywords; /* after lb_algo */
extern const struct keyword_table method_keywords; /* after lvs_method */
extern const struct keyword_table misc_check_keywords;
extern const struct keyword_table smtp_check_keywords;
extern const struct keyword_table smtp_host_keywords; /* of host in SMTP_CHECK */
extern const struct keyword_table tcp_check_keywords;
extern const struct keyword_table ping_check_keywords;
extern const struct keyword_table udp_check_keywords;
extern const struct keyword_table http_check_keywords; /* of HTTP_GET */
extern const struct keyword_table http_url_keywords; /* of url in it */
extern const struct keyword_table https_check_keywords; /* of SSL_GET */
extern const struct keyword_table https_url_keywords;
extern const struct keyword_table dns_check_keywords;
extern const struct keyword_table file_check_keywords;
extern const struct keyword_table bfd_check_keywords;
extern const struct keyword_table regex_option_keywords; /* after regex_options */
extern const struct keyword_table record_keywords; /* after type in DNS_CHECK */
extern const struct keyword_table dynamic_keywords; /* after dynamic_interfaces */
extern const struct keyword_table timeout_keywords; /* after lvs_timeouts */
extern const struct keyword_table sync_daemon_keywords; /* after lvs_sync_daemon */
/* All of them; NULL ends the list. */
extern const struct keyword_table *const keyword_tables[];
/* What is described for the manual alone, by whose rows nobody reads; NULL ends the list. */
extern const struct keyword_table *const described_tables[];

const struct keyword *keyword_find(const struct keyword_table *table, const char *word);

/* Reads a stored number, bool or duration of any size; writes it. */
int64_t field_get(const void *object, struct field field);
void field_set(void *object, struct field field, int64_t value);
/* The default of a row for this object, which may be what global says. */
int64_t keyword_default(const struct keyword *keyword, const void *object, const struct conf_global *global);

/* known.c */
/* A context in which the word is known, or NULL; "vrrp_instance" is preferred. */
const char *known_elsewhere(const char *word);

/* suggest.c */
/* The word of the table, or of keepalived in the same context, that is nearest; NULL when none is near. */
const char *suggest(const struct keyword_table *table, const char *word);

#endif
