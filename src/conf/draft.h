/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An instance while it is read: its settings, and where each of them was given. The readers of lines append to lists
 * in the scratch arena; load.c turns them into the arrays of struct vr_config.
 */
#ifndef VIGIA_CONF_DRAFT_H
#define VIGIA_CONF_DRAFT_H

#include "conf/keyword.h"

/* A block of them while it is read. */
struct kept_block {
	const struct keyword *keyword; /* that begins it */
	const struct kept_block *outer; /* NULL: it is at the top level */
	struct conf_kept *statement;
	struct kept_list inner;
	struct spot opened;
	struct spot *set; /* by row */
	bool broken; /* something in it is in error: what seems to be missing may be that */
};

struct draft_address {
	struct draft_address *next;
	struct virtual_address address; /* without its options, which are... */
	struct address_options options; /* ...these, until they are kept */
	struct spot spot;
};

struct draft_route {
	struct draft_route *next;
	struct virtual_route route;
	struct spot spot;
};

struct draft_rule {
	struct draft_rule *next;
	struct virtual_rule rule;
	struct spot spot;
};

struct draft_rules {
	struct draft_rule *first, **end;
	size_t count;
};

struct draft_track {
	struct draft_track *next;
	struct tracked_object track;
	bool has_weight; /* of its own */
	bool has_reverse; /* or noreverse */
	size_t objects_before; /* so many were defined above this line */
	struct spot spot;
};

struct draft_peer {
	struct draft_peer *next;
	struct unicast_peer peer;
	struct spot spot;
};

struct draft_tracks {
	struct draft_track *first, **end;
	size_t count;
};

/* A word of a list, such as the name of a member or an interface. */
struct draft_name {
	struct draft_name *next;
	const char *name;
	struct spot spot;
};

struct draft_names {
	struct draft_name *first, **end;
	size_t count;
};

/* A sync group while it is read. */
struct draft_group {
	struct draft_group *next;
	size_t index; /* in the order of the file */
	struct sync_group_config group;
	struct spot spot; /* of its name */
	struct spot set[SYNC_GROUP_KEYWORD_COUNT];
	bool broken; /* something in it could not be read */
	bool dropped; /* it has no member */
	bool uneven; /* its members differ in priority, and that was said */
	const struct draft *first_member;
	struct conf_notify notify;
	struct draft_names members;
	struct draft_tracks tracks[TRACK_KIND_COUNT];
};

/* The definition of something to track while it is read: first member of what each kind has. */
struct draft_object {
	struct draft_object *next;
	size_t index; /* in the order of the file, among those of all kinds */
	enum track_kind kind;
	struct spot spot; /* of its name */
	bool broken;
	bool tracked; /* by something; else it is left out */
	/* In what is being read. */
	const char **name;
	int16_t *weight;
	bool *reverse;
};

struct draft_file {
	struct draft_object object;
	struct conf_tracked_file file;
	struct spot set[FILE_KEYWORD_COUNT];
};

struct draft_process {
	struct draft_object object;
	struct conf_tracked_process process;
	struct draft_names parameters;
	struct spot set[PROCESS_KEYWORD_COUNT];
};

struct draft_script {
	struct draft_object object;
	struct conf_script script;
	struct spot set[SCRIPT_KEYWORD_COUNT];
};

struct draft_bfd {
	struct draft_object object;
	struct bfd_config bfd;
	struct spot set[BFD_ROW_COUNT];
};

/* A garp_group while it is read. */
struct draft_limit {
	struct draft_limit *next;
	struct announce_limit limit;
	struct spot spot;
	struct spot set[GARP_GROUP_KEYWORD_COUNT];
	bool broken;
	bool dropped; /* it limits nothing */
	struct draft_names interfaces;
};

/* A line of interface_up_down_delays. */
struct draft_link_delay {
	struct draft_link_delay *next;
	struct conf_link_delay delay;
	struct spot spot;
};

/* A line of linkbeat_interfaces. */
struct draft_polled_link {
	struct draft_polled_link *next;
	struct conf_polled_link link;
	struct spot spot;
	bool of_instance; /* the old word for it */
};

/* A track_group while it is read. */
struct draft_track_group {
	struct draft_track_group *next;
	const char *name;
	struct spot spot; /* of its name */
	struct spot set[TRACK_GROUP_KEYWORD_COUNT];
	bool broken;
	bool used;
	struct draft_names members;
};

/* What stands for the life of the daemon. */
struct draft_statics {
	struct draft_address *addresses, **addresses_end;
	struct draft_route *routes, **routes_end;
	struct draft_rules rules;
	struct draft_track_group *groups, **groups_end;
	size_t address_count, route_count, group_count;
};

struct draft_key {
	struct draft_key *next;
	struct hmac_key key;
	struct spot spot;
};

/* What the rows of vrrp_instance are about. */
struct vr_whole {
	struct vr_config vr;
	struct vr_extra extra;
};

struct draft {
	struct draft *next;
	size_t index; /* in the order of the file */
	union {
		struct vr_whole whole;
		struct {
			struct vr_config vr; /* its extra is the one below until it is kept */
			struct vr_extra extra;
		};
	};
	struct spot spot; /* of its name */
	bool broken; /* something in it could not be read at all: what seems to be missing may be that */
	struct spot set[INSTANCE_KEYWORD_COUNT]; /* place.line 0: not given */
	bool wrong
		[INSTANCE_KEYWORD_COUNT]; /* given, but in error: what depends on it is not reported as well */
	struct draft_address *advertised, **advertised_end;
	struct draft_address *excluded, **excluded_end;
	struct draft_route *routes, **routes_end;
	struct draft_rules rules;
	struct draft_tracks tracks[TRACK_KIND_COUNT];
	struct draft_peer *peers, **peers_end;
	bool mac_lacks_octet; /* of vmac.mac five were given: the VRID is the last one */
	struct draft_key *keys, **keys_end;
	size_t key_count;
	struct draft_group *group; /* the sync group it is in, or NULL */
	struct conf_instance_extra instance_extra; /* without kept */
	size_t advertised_count, excluded_count, route_count, peer_count;
	struct kept_list kept;
};

/* parse.c: reads all files into the reader's global and drafts. */
void parse_all(struct reader *reader);
/* "unknown word" in a line of options, with what is near, or known to keepalived. */
/* "too much" for the words from `first` on. */
void report_extra(struct reader *reader, const struct statement *statement, size_t first);
void parse_unknown(struct reader *reader, const struct keyword_table *table, const struct token *token);

/* value.c: reads the argument of a row into object; false: in error, reported. */
bool value_read(
	struct reader *reader, const struct keyword *keyword, const struct token *argument, void *object);
/* The same of a row that is only kept: nothing is stored. */
bool value_check(struct reader *reader, const struct keyword *keyword, const struct token *argument);
/* What stands in the place of an argument, or NULL: is it one? Rows without argument take none. */
bool value_wants_argument(const struct keyword *keyword);
bool value_check_string(struct reader *reader, const struct keyword *keyword, const struct token *token);
bool value_read_address(struct reader *reader, const struct token *token, struct ip_addr *out);
/* Not the unspecified address, a group, or of a range that no machine has. */
bool value_is_machine(const struct ip_addr *addr);
bool value_read_prefix(struct reader *reader, const struct token *token, struct ip_prefix *out);
bool value_read_interface(struct reader *reader, const struct token *token, const char **out);
/* Prints the value of a row as value_read would read it. */
void value_print(const struct keyword *keyword, const void *object, struct text *out);
/* A word, in quotes when it needs them. */
void value_print_string(const char *string, struct text *out);

/* print.c: the options of a line that stand before (leading) or after its main word, each with the blank that parts it. */
void print_options(const struct keyword_table *table, const void *object, bool leading, struct text *out);

/* names.c: the number of a name in iproute2's files ("rt_tables"); false: not there. */
bool name_to_number(struct reader *reader, const char *file, const char *name, uint32_t *number);

/* named_number.c */
enum name_list {
	NAMES_SCOPE,
	NAMES_TABLE,
	NAMES_TOS,
	NAMES_LINK_GROUP,
	NAMES_ORIGIN, /* rt_protos: who made a route or rule */
	NAMES_REALM,
	NAMES_IP_PROTOCOL,
};
/* "16" or "0x10", up to limit. */
bool number_parse(const char *text, uint64_t limit, uint64_t *out);
/* A number or a name; word is that of the option, for the message. */
bool named_number_read(struct reader *reader, const char *word, const struct token *token,
	enum name_list list, uint32_t *number);
bool named_number_find(struct reader *reader, const char *name, enum name_list list, uint32_t *number);

/* Options "KEYWORD [ARGUMENT]" of a line from words[*at]; *at moves past. false: the word is no row, or in error. */
enum option_result {
	OPTION_READ,
	OPTION_UNKNOWN, /* nothing was consumed or reported */
	OPTION_WRONG, /* reported */
};
enum option_result option_read(struct reader *reader, const struct keyword_table *table,
	const struct statement *statement, size_t *at, void *object, const struct keyword **row);
/* Whether words[at] is there to be an argument of the row; else reports it. */
bool option_has_more(
	struct reader *reader, const struct keyword *keyword, const struct statement *statement, size_t at);

/* load.c: all from first on, and what stands behind them, as they are kept. false: no memory. */
bool draft_addresses_keep(struct reader *reader, const struct draft_address *first, struct virtual_address *out);

/* Lines of a block of an instance, whose struct draft is the owner; false: in error, reported. */
bool address_line(struct reader *reader, void *owner, const struct statement *statement);
bool excluded_line(struct reader *reader, void *owner, const struct statement *statement);
bool static_address_line(struct reader *reader, void *owner, const struct statement *statement);
bool static_route_line(struct reader *reader, void *owner, const struct statement *statement);
bool static_rule_line(struct reader *reader, void *owner, const struct statement *statement);
bool track_group_member_line(struct reader *reader, void *owner, const struct statement *statement);
bool route_line(struct reader *reader, void *owner, const struct statement *statement);
bool rule_line(struct reader *reader, void *owner, const struct statement *statement);
bool track_line(struct reader *reader, void *owner, const struct statement *statement);
bool track_file_line(struct reader *reader, void *owner, const struct statement *statement);
bool track_process_line(struct reader *reader, void *owner, const struct statement *statement);
bool track_script_line(struct reader *reader, void *owner, const struct statement *statement);
bool track_bfd_line(struct reader *reader, void *owner, const struct statement *statement);
bool peer_line(struct reader *reader, void *owner, const struct statement *statement);
bool password_line(struct reader *reader, void *owner, const struct statement *statement);
bool vmac_line(struct reader *reader, void *owner, const struct statement *statement);
bool ipvlan_line(struct reader *reader, void *owner, const struct statement *statement);
bool vmac_rules_line(struct reader *reader, void *owner, const struct statement *statement);
bool key_line(struct reader *reader, void *owner, const struct statement *statement);
bool extra_line(struct reader *reader, void *owner, const struct statement *statement);
bool old_checksum_line(struct reader *reader, void *owner, const struct statement *statement);
/* Of global_defs: the owner is the struct conf_global. */
bool global_extra_line(struct reader *reader, void *owner, const struct statement *statement);
bool cpus_line(struct reader *reader, void *owner, const struct statement *statement);
bool bfd_cpus_line(struct reader *reader, void *owner, const struct statement *statement);
bool reload_check_line(struct reader *reader, void *owner, const struct statement *statement);
bool reload_file_line(struct reader *reader, void *owner, const struct statement *statement);
bool umask_line(struct reader *reader, void *owner, const struct statement *statement);
bool link_delay_line(struct reader *reader, void *owner, const struct statement *statement);
bool linkbeat_line(struct reader *reader, void *owner, const struct statement *statement);
/* Of a garp_group: the owner is a struct draft_limit. */
bool limited_interface_line(struct reader *reader, void *owner, const struct statement *statement);
bool limited_interfaces_line(struct reader *reader, void *owner, const struct statement *statement);
/* Of a sync group: the owner is a struct draft_group. */
bool member_line(struct reader *reader, void *owner, const struct statement *statement);
bool group_track_line(struct reader *reader, void *owner, const struct statement *statement);
bool group_track_file_line(struct reader *reader, void *owner, const struct statement *statement);
bool group_track_process_line(struct reader *reader, void *owner, const struct statement *statement);
bool group_track_script_line(struct reader *reader, void *owner, const struct statement *statement);
bool init_file_line(struct reader *reader, void *owner, const struct statement *statement);
bool process_line(struct reader *reader, void *owner, const struct statement *statement);
bool process_delay_line(struct reader *reader, void *owner, const struct statement *statement);
bool group_track_bfd_line(struct reader *reader, void *owner, const struct statement *statement);
bool script_command_line(struct reader *reader, void *owner, const struct statement *statement);
/* Of what can be tracked: the owner is the struct draft_object. */
bool object_weight_line(struct reader *reader, void *owner, const struct statement *statement);
bool script_user_line(struct reader *reader, void *owner, const struct statement *statement);
/* Reads "weight NUMBER [reverse]" from words[first] on, by a table of options that has these. */
bool read_weight(struct reader *reader, const struct keyword_table *table, const struct statement *statement,
	size_t first, struct draft_track *entry);
void draft_tracks_begin(struct draft_tracks tracks[TRACK_KIND_COUNT]);
void draft_tracks_add(struct draft_tracks *tracks, struct draft_track *entry);
/* Adds the words of the statement from `first` on to the list. */
bool read_names(
	struct reader *reader, struct draft_names *names, const struct statement *statement, size_t first);

/* lines.c: of global_defs */
bool nftables_line(struct reader *reader, void *owner, const struct statement *statement);

/* buffers.c */
bool buffer_policy_line(struct reader *reader, void *owner, const struct statement *statement);
bool buffer_size_line(struct reader *reader, void *owner, const struct statement *statement);
void buffer_policy_print(const struct conf_buffers *buffers, struct text *out);

/* objects.c: something that is only kept names an object, which must be defined above it; false: no memory. */
bool object_refer(struct reader *reader, enum track_kind kind, const struct token *name);

/* run.c: what is run, as whom, and when. */
bool global_script_user_line(struct reader *reader, void *owner, const struct statement *statement);
bool global_command_line(struct reader *reader, void *owner, const struct statement *statement);
bool global_fifo_line(struct reader *reader, void *owner, const struct statement *statement);
bool notify_line(struct reader *reader, void *owner, const struct statement *statement);
bool group_notify_line(struct reader *reader, void *owner, const struct statement *statement);
/* Whether its words can be told apart; false: reported. */
bool command_is_sound(struct reader *reader, const struct spot *spot, const char *line);
void settle_run(struct reader *reader);
void print_run(const struct conf_run *run, struct text *out);
bool run_is_default(const struct conf_run *run); /* of what print_run prints */
void print_notify(const struct conf_notify *notify, struct text *out);

/* kept.c: what this build does not act on. */
void kept_list_begin(struct kept_list *list);
/* Adds the statement, or puts it in the place of an earlier one where the row may stand only once. NULL: in error. */
struct conf_kept *keep_statement(struct reader *reader, struct kept_list *list,
	const struct keyword_table *table, const struct keyword *keyword, const struct statement *statement);
/* Remembers what must be there when everything is read; false: no memory. */
bool keep_reference(struct reader *reader, enum reference kind, const struct token *token);
void check_references(struct reader *reader);
/* The place of a row that was given, by its word; NULL: it was not. */
const struct spot *kept_spot(const struct kept_block *block, const char *word);
/* The number that follows a word, or the fallback. */
int64_t kept_number(const struct kept_block *block, const char *word, int64_t fallback);
/* What stands in a complete block: rows that are required, and what else its table asks for. */
void check_kept_block(struct reader *reader, const struct kept_block *block);
/* Refuses a configuration that has nothing else. */
void check_kept_alone(struct reader *reader);
void kept_print(const struct conf_kept *list, unsigned depth, enum conf_secrets secrets, struct text *out);

/* Whether a setting was given; its place, or that of the instance's name; whether it was in error. */
bool draft_given(const struct draft *draft, enum instance_keyword keyword);
const struct spot *draft_spot(const struct draft *draft, enum instance_keyword keyword);
bool draft_wrong(const struct draft *draft, enum instance_keyword keyword);

/* settle.c: gives what was not given its default, and what depends on other settings its value. */
void fill_defaults(const struct keyword_table *table, const struct spot *set, void *object,
	const struct conf_global *global);
void settle_instance(struct reader *reader, struct draft *draft);

/* rule_line.c: the preferences of rules that have none. */
void settle_rules(struct reader *reader);

/* statics.c */
bool draft_statics_begin(struct reader *reader); /* false: no memory */
struct draft_track_group *draft_track_group_new(struct reader *reader); /* NULL: no memory */
/* The interfaces that instances depend on by what they use. */
void settle_statics(struct reader *reader);
bool build_statics(struct reader *reader, struct conf *conf); /* false: no memory */

/* strict.c: what strict mode sets aside or refuses. */
void settle_strict(struct reader *reader, struct draft *draft);

/* vmac.c: what virtual MACs mean together; the names of the devices. */
void settle_vmac(struct reader *reader, struct draft *draft);
void settle_device_names(struct reader *reader);

/* hmac.c: the keys of auth_hmac, and what must be there with them. */
void settle_hmac(struct reader *reader, struct draft *draft);

/* process.c: print what has lines of its own there; nothing for what is the default. */
#define UMASK_DEFAULT 0177
void print_process_lines(const struct conf_process *process, struct text *out);
bool process_lines_are_default(const struct conf_process *process);

/* announce.c: how addresses are announced. */
void settle_global_announce(struct reader *reader);
void settle_announce(struct reader *reader, struct draft *draft);
void settle_limits(struct reader *reader);

/* link_delay.c */
void settle_link_delays(struct reader *reader);

/* linkbeat.c */
void settle_polled_links(struct reader *reader);

/* object_definition.c: what can be tracked. What is read into, and where its settings were given. NULL: no memory. */
struct draft_object *definition_new(
	struct reader *reader, enum track_kind kind, void **object, struct spot **set);
void definition_settle(struct reader *reader, struct draft_object *object);
bool build_objects(struct reader *reader, struct conf *conf);

/* objects.c: finds what is tracked, and what its trackers take over from it. */
/* Whether a block defines something to track, and of what kind. */
bool object_kind_of(const struct keyword_table *block, enum track_kind *kind);
/* What is read into, and where its settings were given. NULL: no memory. */
struct draft_object *draft_object_new(
	struct reader *reader, const struct keyword_table *block, void **object, struct spot **set);
void settle_objects(struct reader *reader);
/* bfd.c: what a bfd_instance must fulfil, and all of them together. */
void settle_bfd(struct reader *reader, struct draft_bfd *draft);
void check_bfd_neighbors(struct reader *reader);
/* Where its neighbor was given. */
const struct spot *draft_bfd_neighbor_spot(const struct draft_bfd *draft);
/* For messages: "the failure of the script", "track_script". */
const char *track_loss(enum track_kind kind);
const char *track_word(enum track_kind kind);

/* groups.c: finds the members of sync groups, and what being in one means for them. */
void settle_groups(struct reader *reader);

/* unicast.c: what unicast settings mean together. */
void settle_unicast(struct reader *reader, struct draft *draft);
void check_unicast(struct reader *reader, const struct draft *draft);

/* check.c: what each instance must fulfil. */
void check_instance(struct reader *reader, struct draft *draft);

/* identities.c: virtual routers whose adverts nobody could tell apart. */
void check_identities(struct reader *reader);
/* unique.c: what may stand only once. */
void check_unique(struct reader *reader);

#endif
