/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keepalived.conf: text -> tokens -> the keyword table -> one immutable struct conf in one arena.
 *
 * Every error is collected, with file, line and column, before anything is used; a struct conf exists only when there
 * was none. The keyword table (keyword.h) is the single source of what is accepted, its ranges and defaults.
 */
#ifndef VIGIA_CONF_CONF_H
#define VIGIA_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"
#include "core/config.h"

#define CONF_NICE_INHERITED 20 /* as the daemon was started */

/* What a process gets of the machine. */
struct conf_schedule {
	int64_t nice; /* -20..19, or CONF_NICE_INHERITED */
	bool no_swap; /* its memory is locked; the engine's is, with or without */
	uint8_t rt_priority; /* SCHED_RR; 0: none */
	uint32_t rt_limit; /* microseconds without a wait, while real-time */
	const uint16_t *cpus; /* that it may use */
	size_t cpu_count; /* 0: all */
};

/* How the processes of the daemon run. */
struct conf_process {
	const char *net_namespace; /* all of it runs there; NULL: where it was started */
	const char *instance_name; /* "instance": of this daemon, among several; NULL: none */
	bool use_pid_dir;
	dur_t child_wait; /* what a stopping engine gets beyond the time a successor needs; then it is killed */
	uint16_t umask; /* of files that are written */
	const char *name; /* of the guard, as ps shows it; NULL: the usual one */
	const char *vrrp_name; /* of the engine; NULL: the usual one */
	bool process_names; /* the usual ones of keepalived for both */
	struct conf_schedule vrrp; /* of the engine */
	struct conf_schedule bfd; /* what is wanted for BFD, which runs in the engine: conf_engine_schedule */
	int64_t max_auto_priority; /* SCHED_RR priority up to which a late engine raises itself; 0 and -1: never */
	uint32_t min_auto_priority_delay; /* microseconds late that raise it by one */
	bool data_use_instance; /* the dump of the state has the names above in its own */
	uint8_t json_version; /* 1: an array; 2: an object that has it */
	const char *state_dump_file; /* NULL, or a folder with its '/': the usual name */
	const char *stats_dump_file;
	const char *json_dump_file;
	bool reload_check; /* reload_check_config: so it is anyway... */
	const char *reload_check_log; /* ...but what is wrong is written there, too; NULL: nowhere */
	const char *reload_time_file; /* says when to reload; NULL: nothing does */
	bool reload_repeat; /* it stays, so that a time without a date means every day */
	const char *tmp_folder; /* tmp_config_directory: accepted configurations lie there; NULL: in memory */
	const char *save_folder; /* config_save_dir: copies around each reload; NULL: none */
	bool reload_file_wanted; /* a file stands while configurations are read... */
	const char *reload_file; /* ...here; NULL: beside the control socket */
};

/* vrrp_rx_bufs_policy */
enum buffer_policy {
	BUFFER_OWN, /* what vigiad takes anyway */
	BUFFER_MTU,
	BUFFER_ADVERT,
	BUFFER_BYTES,
};

#define BUFFER_MAX (1u << 30)

/* How much room sockets get for what has arrived. Never less than vigiad takes anyway. */
struct conf_buffers {
	uint32_t netlink_answers; /* bytes; vrrp_netlink_cmd_rcv_bufs */
	uint32_t netlink_news; /* vrrp_netlink_monitor_rcv_bufs */
	uint8_t policy; /* enum buffer_policy, for each instance */
	uint32_t advert_bytes; /* with BUFFER_BYTES */
	uint32_t multiplier; /* with the others; vrrp_rx_bufs_multiplier */
};

/* The rules of nftables. */
struct conf_firewall {
	const char *table; /* NULL: vigiad's own name */
	int64_t priority; /* of the chains that filter */
	bool counts;
};

#define FIREWALL_TABLE_MAX 31
#define FIREWALL_PRIORITY (-300) /* before connection tracking: what is dropped leaves no trace */

/* Where an object was defined, for messages. */
struct conf_place {
	const char *file;
	unsigned line; /* from 1 */
	unsigned column; /* from 1, in bytes */
};

/* What is run, and as whom: words of a command are cut by conf/command.h. */
struct conf_command {
	const char *line; /* NULL: none */
	const char *user; /* NULL: that of all scripts */
	const char *group; /* NULL: that of the user; a colon before it is kept */
	struct conf_place place;
};

enum conf_notify_command {
	NOTIFY_MASTER,
	NOTIFY_BACKUP,
	NOTIFY_FAULT,
	NOTIFY_STOP,
	NOTIFY_DELETED,
	NOTIFY_LOWER_HEARD,
	NOTIFY_ANY, /* behind that of the state */
	NOTIFY_COMMAND_COUNT,
};

/* What is run when a virtual router or a sync group changes. */
struct conf_notify {
	struct conf_command commands[NOTIFY_COMMAND_COUNT];
	bool says_deleted; /* notify_deleted: DELETED, not FAULT, when a reload takes it away */
};

/* A named pipe that gets lines about states. */
struct conf_fifo {
	const char *path; /* NULL: none */
	const char *user; /* to whom it belongs */
	const char *group;
	struct conf_command reader;
};

#define CONF_FIFO_COUNT 2

/* What the runner does for all. */
struct conf_run {
	const char *user; /* script_user; NULL: keepalived_script, or root */
	const char *group;
	struct conf_place user_place; /* of script_user */
	bool security; /* enable_script_security */
	bool keep_links; /* use_symlink_paths */
	bool supplementary; /* set_supplementary_groups */
	struct conf_command startup;
	struct conf_command shutdown;
	dur_t startup_timeout;
	dur_t shutdown_timeout;
	struct conf_fifo fifos[CONF_FIFO_COUNT]; /* notify_fifo, vrrp_notify_fifo */
	bool priority_changes; /* vrrp_notify_priority_changes */
	bool fifo_repeats; /* fifo_write_vrrp_states_on_reload */
};

struct conf_mailbox {
	const char *name; /* for people; NULL: none */
	const char *address; /* printable ASCII */
};

/* What is said by mail, and how. */
struct conf_mail {
	struct conf_mailbox *recipients; /* notification_email */
	size_t recipient_count;
	struct conf_mailbox from; /* address NULL: root at this host */
	const char *server; /* a host or an address; NULL: no mail is sent */
	uint16_t port;
	const char *helo; /* NULL: the name of this host */
	uint32_t connect_timeout; /* seconds */
	bool of_all; /* smtp_alert: the default of all kinds of objects... */
	bool of_vrrp; /* ...and of virtual routers and sync groups */
	bool no_faults; /* not of FAULT */
};

struct conf_global {
	struct conf_mail mail;
	struct conf_run run;
	struct conf_buffers buffers;
	struct conf_firewall firewall;
	struct conf_process process;
	const char *router_id; /* NULL: the host name */
	uint8_t vrrp_version; /* default of the instances: 2 */
	bool strict; /* vrrp_strict */
	bool skip_address_check;
	bool message_only_checksum; /* v3_checksum_as_v2 */
	uint8_t down_timer_adverts;
	struct announce_config announce; /* vrrp_garp_*: defaults of the instances */
	dur_t garp_interval; /* vrrp_garp_interval: least time between two on an interface without garp_group */
	dur_t gna_interval; /* the same for NA */
	bool min_garp; /* vrrp_min_garp */
	bool lower_priority_silent; /* vrrp_lower_prio_no_advert */
	bool yield_silent; /* vrrp_higher_prio_send_advert off */
	bool owner_deaf; /* vrrp_owner_ignore_adverts */
	bool check_unicast_source; /* vrrp_check_unicast_src */
	dur_t startup_delay; /* vrrp_startup_delay */
	dur_t delay_after_boot; /* vrrp_delay_after_boot */
	bool quiet_igmp; /* disable_local_igmp: the kernel reports no membership of 224.0.0.0/24 */
	struct ip_addr group_v4; /* vrrp_mcast_group4 */
	struct ip_addr group_v6; /* vrrp_mcast_group6 */
	const char *iproute_usr_dir; /* names of tables and the like; NULL: where distributions have them */
	const char *iproute_etc_dir; /* these count before; NULL: "/etc/iproute2" */
	const char *default_interface; /* of static_ipaddress; NULL: "eth0" */
	const char *vmac_prefix; /* NULL: "vrrp" */
	uint32_t process_events_buffer; /* process_monitor_rcv_bufs; 0: the kernel's default */
	bool process_events_buffer_forced; /* beyond the limit of the system */
	const char *vmac_address_prefix; /* vmac_addr_prefix; NULL: as vmac_prefix */
	bool poll_links; /* linkbeat_use_polling: of all links, as conf_list_polled_links says */
};

/* What the engine has no use for, and most say nothing of; shared by all who say the same. */
struct conf_instance_extra {
	struct conf_notify notify;
	const struct conf_kept *kept;
	uint32_t receive_buffer; /* kernel_rx_buf_size, bytes; 0: by the policy */
};

struct conf_instance {
	struct vr_config vr;
};

/* vrrp_script: a command that says whether something works, for instances to track. */
struct conf_script {
	const char *name;
	const char *command;
	const char *user; /* NULL: that of all scripts */
	const char *group; /* NULL: that of the user; a colon before it is kept */
	dur_t interval; /* from start to start */
	dur_t timeout; /* a run that takes longer failed; 0: interval */
	uint32_t rise; /* so many successes in a row: it works */
	uint32_t fall; /* so many failures in a row: it does not */
	int16_t weight; /* for those who track it without a weight of their own */
	bool reverse;
	bool init_fail; /* does not work until it is known to */
	struct conf_place place;
};

/* A statement that was checked and that this build does not act on. */
struct conf_kept {
	struct conf_kept *next;
	struct conf_kept *inner; /* what stands in its block, in order */
	const char *const *words;
	size_t word_count;
	bool has_block;
	bool secret; /* the words after the first one */
};

#define FILE_WEIGHT_DEFAULT 1

/* track_file: a file whose number moves priorities. */
struct conf_tracked_file {
	const char *name;
	const char *path;
	bool create; /* init_file: written when it is not there at the start... */
	bool overwrite; /* ...or in any case... */
	int32_t initial; /* ...with this number */
	int16_t weight; /* as of a script */
	bool reverse;
};

enum parameter_match {
	PARAMETERS_AS_GIVEN, /* none was given: not compared; else PARAMETERS_EXACT */
	PARAMETERS_EXACT,
	PARAMETERS_INITIAL, /* the last one may be longer */
	PARAMETERS_PARTIAL, /* more may follow */
};

#define PROCESS_QUORUM_UNLIMITED 65536

/* vrrp_track_process: processes, so many of which should run. */
struct conf_tracked_process {
	const char *name;
	const char *command;
	const char *const *parameters;
	size_t parameter_count;
	enum parameter_match param_match;
	bool full_command; /* command is the first word of the command line, not the name that the kernel shows */
	uint32_t quorum;
	uint32_t quorum_max;
	dur_t fork_delay; /* how long there must be enough before they count */
	dur_t terminate_delay; /* how long there must be too few */
	int16_t weight; /* as of a script */
	bool reverse;
};

/* What stands in the kernel for the life of the daemon. */
struct static_items {
	const struct virtual_address *addresses; /* each has its device */
	size_t address_count;
	const struct virtual_route *routes;
	size_t route_count;
	const struct virtual_rule *rules;
	size_t rule_count;
};

/* track_group: instances that depend on static items which name it. */
struct track_group {
	const char *name;
	const char *const *members;
	size_t member_count;
};

/* How long a link must have been down, or up, before that is believed. */
struct conf_link_delay {
	const char *interface;
	dur_t down; /* 0..255 s, both */
	dur_t up;
};

/* How the driver of a link is asked whether there is one, in the order in which they are tried. */
enum link_poll {
	LINK_POLL_MII, /* the status register of the PHY */
	LINK_POLL_ETHTOOL, /* ETHTOOL_GLINK */
	LINK_POLL_IOCTL, /* IFF_RUNNING */
	LINK_POLL_COUNT,
};

/* A link that is asked for once a second; what netlink says of its carrier does not count. */
struct conf_polled_link {
	const char *interface;
	uint8_t method; /* enum link_poll: the first to be tried */
};

struct conf {
	struct conf_global global;
	const struct conf_kept *global_kept; /* in global_defs */
	const struct conf_kept *kept; /* at the top level */
	const struct conf_instance *instances; /* in the order of the file */
	const struct conf_instance_extra *const *instance_extras; /* of each of them; NULL: they say nothing of it */
	const struct conf_place *instance_places; /* of each of them; NULL: conf_options does not want them */
	size_t instance_count;
	const struct sync_group_config *sync_groups;
	const struct conf_notify *sync_group_notifies; /* of each of them */
	size_t sync_group_count;
	const struct bfd_config *bfd; /* bfd_instance blocks; no two with the same neighbor and interface */
	size_t bfd_count;
	struct static_items statics;
	const struct track_group *track_groups;
	size_t track_group_count;
	const struct announce_limit *announce_limits; /* garp_group blocks */
	size_t announce_limit_count;
	const struct conf_link_delay *link_delays; /* interface_up_down_delays, by name; each interface once */
	size_t link_delay_count;
	const struct conf_polled_link *polled_links; /* linkbeat_interfaces, by name; each interface once */
	size_t polled_link_count;
	const struct conf_script *scripts; /* those that something tracks */
	size_t script_count;
	const struct conf_tracked_file *files; /* the same */
	size_t file_count;
	const struct conf_tracked_process *processes; /* the same */
	size_t process_count;
};

/* Of conf->instances[index]. */
static inline const struct conf_instance_extra *conf_instance_extra(const struct conf *conf, size_t index)
{
	static const struct conf_instance_extra none;

	return conf->instance_extras ? conf->instance_extras[index] : &none;
}

enum conf_severity {
	CONF_ERROR,
	CONF_WARNING,
};

struct conf_message {
	enum conf_severity severity;
	struct conf_place place;
	const char *code; /* a word for programs that stays what it is */
	const char *text; /* one line, says what is wrong and what to do */
	const char *source_line; /* the line of the file, or NULL */
	const char *became; /* what it became, when references in it were replaced; or NULL */
	unsigned became_column;
	size_t repeated; /* so many more there are of the same place, for other uses of a definition or turns of a loop */
	const char *used_by; /* "a.conf:9, a.conf:7" when the line stands in a definition; or NULL */
	const char *
		included_by; /* "b.conf:3, a.conf:1" when a.conf includes b.conf, and b.conf the file; or NULL */
};

/* How the reader gets at files: the real one in files.c, a fake one in tests and fuzzers. */
struct conf_files {
	/* The whole file, malloc'd and NUL-terminated, its length in *length; NULL with errno set. */
	char *(*read)(void *user, const char *path, size_t *length);
	/* Calls each for every file that matches the pattern, sorted; number of matches, or -errno. */
	int (*glob)(void *user, const char *pattern, int (*each)(void *each_user, const char *path),
		void *each_user);
	void *user;
	/* Whether an included file may be read: 0, ENOEXEC (it is a program), ENODEV (not a regular file). */
	int (*check)(void *user, const char *path);
};

extern const struct conf_files conf_files_system;

struct conf_pages;

/* The result of reading: always to be freed, whatever conf_load returned. */
struct conf_result {
	struct conf *conf; /* NULL when there was an error */
	const struct conf_message *messages; /* in order of file and line; warnings too */
	size_t message_count;
	size_t error_count;
	bool file_missing; /* the first file could not be read */
	bool include_missing; /* nor could one that must be included */
	void *memory; /* private */
};

/* What only some readers want. All zero: what vigiad wants. */
struct conf_options {
	const char *config_id; /* what lines with '@' are compared with; NULL: the host's name up to its first dot */
	bool all_includes; /* every include is a strict one, as with include_check */
	bool instance_places; /* to speak of an instance when it has been read: ten thousand places are not kept for nobody */
	const struct conf_pages *pages; /* of the arenas; NULL: malloc. conf/load.h */
};

/* Reads path (and what it includes). */
void conf_load(const char *path, const struct conf_files *files, struct conf_result *result);
/* Reads text as if it were the file `name`; includes are relative to the working directory. */
void conf_load_text(const char *text, size_t length, const char *name, const struct conf_files *files,
	struct conf_result *result);
/* The same, with options. text NULL: the file `name` is read. */
void conf_load_with(const char *name, const char *text, size_t length, const struct conf_files *files,
	const struct conf_options *options, struct conf_result *result);
void conf_result_free(struct conf_result *result);
/* All else of the configuration stays. There must be one. */
void conf_result_forget_instances(struct conf_result *result);

/* "FILE:LINE:COLUMN: error: TEXT", then the source line with a caret below it. */
void conf_message_print(const struct conf_message *message, struct text *out);
/* All of them, errors and warnings. */
void conf_messages_print(const struct conf_result *result, FILE *out);

/*
 * The canonical form: every instance with its priority and every setting that differs from its default, in table
 * order. Reading it gives an equal struct conf, and printing that gives the same text. It is what the front hands to
 * the engine; with its secrets masked, it is what --dump-conf shows and what traces carry.
 */
enum conf_secrets {
	CONF_SECRETS_SHOWN, /* for the engine alone */
	CONF_SECRETS_MASKED, /* asterisks in place of passwords and keys; can be read again all the same */
};

void conf_print(const struct conf *conf, enum conf_secrets secrets, struct text *out);
/* The same into malloc'd memory of the right size; NULL without memory. length may be NULL. */
char *conf_print_alloc(const struct conf *conf, enum conf_secrets secrets, size_t *length);

/* As its line in the canonical form. */
void conf_print_address(const struct virtual_address *address, struct text *out);
void conf_print_route(const struct virtual_route *route, struct text *out);
/* The name of a scope, or its number where it has none. */
void conf_print_scope(uint32_t scope, struct text *out);
void conf_print_rule(const struct virtual_rule *rule, struct text *out); /* with a blank before it */

/* linkbeat.c: whether this link is asked for by polling. */
bool conf_polls_link(const struct conf *conf, const char *interface);
/* Calls each for every link that is; for some, more than once: the first time counts. */
void conf_list_polled_links(
	const struct conf *conf, void (*each)(void *user, const struct conf_polled_link *link), void *user);
/* "MII" */
const char *conf_link_poll_name(enum link_poll method);

/* Whether there is anything in it to run, or to watch: src/runner. */
bool conf_needs_runner(const struct conf *conf);
/* What the engine gets: the better of both where there are sessions of BFD. process.c */
struct conf_schedule conf_engine_schedule(const struct conf *conf);
bool conf_notify_equal(const struct conf_notify *a, const struct conf_notify *b);

/* A command, and what it is for. */
struct conf_command_use {
	const char *owner; /* the instance, sync group or script; else the keyword */
	const char *keyword; /* that it stands behind */
	struct conf_command command; /* with the account that it runs as: script_user where it names none... */
	bool own_account; /* ...which it does */
};

/* Every command of the configuration; a script's has the place of its block. */
void conf_each_command(const struct conf *conf, void (*each)(void *user, const struct conf_command_use *use), void *user);

/* What a reload changes for one virtual router. */
enum conf_change {
	CONF_SAME, /* nothing to do, nothing is touched */
	CONF_CHANGED, /* same interface, family and VRID: settings, addresses, routes or tracking differ */
	CONF_ADDED,
	CONF_REMOVED,
};

struct conf_difference {
	enum conf_change change;
	const struct conf_instance *before; /* NULL for CONF_ADDED */
	const struct conf_instance *after; /* NULL for CONF_REMOVED */
};

/* Compares by identity (interface, family, VRID, and of unicast source or name; a rename is CONF_CHANGED). Calls each for every instance of either:
 * first those that are removed, then those of after in its order. */
void conf_diff(const struct conf *before, const struct conf *after,
	void (*each)(void *user, const struct conf_difference *difference), void *user);

/* buffers.c: how many bytes of room for adverts the instances ask for together; 0: they do not care. */
uint32_t conf_advert_buffer(const struct conf *conf);

#endif
