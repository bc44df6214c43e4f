/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every row of every table: a value that is not its default is read, stored where the row says, and printed; a value
 * beyond its range, of the wrong kind, missing or doubled is an error at its place. Lines of routes: test_routes.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/keyword.h"
#include "conf_test.h"

#define KEY "0123456789abcdef0123456789abcdef"

/* Rows of vrrp_instance that mean something only beside others. */
struct company {
	const char *word;
	const char *with; /* lines after it */
	const char *addresses; /* NULL: 10.0.0.1 */
	bool no_interface;
};

static const struct company companies[] = {
	{"vrf", "unicast_src_ip 10.0.0.8\nunicast_peer { 10.0.0.9 }\n", "10.0.0.1 dev eth0", true},
	{"unicast_src_ip", "unicast_peer { 10.0.0.9 }\n", NULL, false},
	{"vmac_xmit_base", "use_vmac\n", NULL, false},
	{"also_version_2", "version 3\n", NULL, false},
	{"timer_expired_backup", "nopreempt\n", NULL, false},
	{"thread_timer_expired", "nopreempt\n", NULL, false},
	{"native_ipv6", "", "fe80::1", false},
	{"unicast_ttl", "unicast_peer { 10.0.0.9 }\n", NULL, false},
	{"check_unicast_src", "unicast_peer { 10.0.0.9 }\n", NULL, false},
};

static const struct company *company_of(const struct keyword *row)
{
	static const struct company alone = {"", "", NULL, false};
	for (size_t i = 0; i < sizeof companies / sizeof *companies; i++)
		if (strcmp(companies[i].word, row->word) == 0)
			return &companies[i];
	return &alone;
}

/* What follows a keyword that is read as a whole. */
static const char *words_of(const struct keyword *row)
{
	static const char *const words[][2] = {{"auth_pass", "secret"}, {"key", "5 " KEY},
		{"interface", "eth7"}, {"old_unicast_checksum", "never"}, {"garp_extra_if", "all 60"},
		{"vmac_garp_intvl", "60"}, {"vrrp_garp_extra_if", "all 60"}, {"vrrp_vmac_garp_intvl", "60"},
		{"include_check", "match"}, {"random_seed", "5"}, {"weight", "-7 reverse"},
		{"user", "nobody"}, {"use_vmac", "vrrp.9"}, {"use_ipvlan", "ipv.9 10.0.0.9/24"},
		{"use_vmac_rules", "02:00:00:00:00:01"}, {"vrrp_cpu_affinity", "0 2"},
		{"umask", "IRWXG|IRWXO"}, {"reload_check_config", "/x"},
		{"reload_file", "/x"}, {"net_namespace_ipvs", "other"}, {"lvs_timeouts", "tcp 7 udp 9"},
		{"lvs_flush_on_stop", "VS"}, {"lvs_flush_onstop", "VS"}, {"lvs_sync_daemon", "eth7 id 3"},
		{"nftables_ipvs", "table"}, {"lvs_notify_fifo", "/run/f nobody"},
		{"lvs_notify_fifo_script", "/bin/true"}, {"checker_cpu_affinity", "0 3"},
		{"bfd_cpu_affinity", "1"}, {"dynamic_interfaces", "allow_if_changes"},
		{"vrrp_iptables", "IN OUT"}, {"vrrp_ipsets", "a b c d e f"}, {"nftables", "mine"},
		{"notification_email_from", "'A B <a@b.example>'"}, {"smtp_server", "mail.example 2525"},
		{"smtp_helo_name", "gw.example"},
		{"vrrp_rx_bufs_policy", "ADVERT"}, {"kernel_rx_buf_size", "65536"}, {"lb_algo", "sh"}, {"lvs_sched", "mh"}, {"lb_kind", "DR"},
		{"script_user", "nobody :nogroup"}, {"startup_script", "'/bin/up x' nobody"},
		{"shutdown_script", "/bin/down"}, {"notify_fifo", "/run/f nobody"}, {"notify_fifo_script", "/bin/reader"},
		{"vrrp_notify_fifo", "/run/g"}, {"vrrp_notify_fifo_script", "'/bin/reader 2' nobody"},
		{"notify", "/bin/all"}, {"notify_master", "'/bin/m x' nobody nogroup"}, {"notify_backup", "/bin/b"},
		{"notify_fault", "/bin/f"}, {"notify_stop", "/bin/s"}, {"notify_deleted", "/bin/d"},
		{"notify_master_rx_lower_pri", "/bin/l"},
		{"lvs_method", "TUN type gue port 7 csum"}, {"sorry_server_lvs_method", "NAT"},
		{"persistence_granularity", "255.255.128.0"}, {"protocol", "tcp"},
		{"quorum_up", "'/bin/up x' nobody :nogroup"}, {"quorum_down", "/bin/down"},
		{"sorry_server", "10.0.0.9 80"}, {"notify_up", "/bin/up nobody"},
		{"notify_down", "/bin/down"}, {"fwmark", "3 inet6"}, {"digest", KEY},
		{"status_code", "200-299 404"}, {"regex", "'^a\\\\.b\\n'"}, {"regex_options", "caseless utf"},
		{"regex_stack", "10 20"}, {"misc_path", "'/bin/true -x'"}, {"sni_name", "a.example"},
		{"payload", "Ab12f 3 456"}, {"require_reply", "0Xff"}, {"type", "MX"}, {"track_file", "F"},
		{"name", "B"}, {"init_file", "7 overwrite"},
		{"process", "nginx \"a b\" c"}, {"delay", "7"}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i][0], row->word) == 0)
			return words[i][1];
	fail_msg("no words for %s", row->word);
	return "";
}

/* A value of the kind that is no default of any row. */
static void sample(const struct keyword *row, char *out, size_t size)
{
	static const char *const fixed[] = {
		[KEYWORD_STATE] = "MASTER",
		[KEYWORD_STRING] = "eth0:7",
		[KEYWORD_INTERFACE] = "eth7",
		[KEYWORD_ADDRESS] = "10.0.0.77",
		[KEYWORD_BROADCAST] = "10.0.0.255",
		[KEYWORD_SCOPE] = "link",
		[KEYWORD_TABLE] = "77",
		[KEYWORD_LINK_GROUP] = "77",
		[KEYWORD_TOS] = "0x10",
		[KEYWORD_LINES] = "",
	};
	switch (row->kind) {
	case KEYWORD_NUMBER:
		snprintf(out, size, "%lld", (long long)(row->maximum <= 3 ? row->maximum : row->maximum - 1));
		return;
	case KEYWORD_SECONDS:
	case KEYWORD_TIMER:
		snprintf(out, size, "7");
		return;
	case KEYWORD_MILLISECONDS:
		snprintf(out, size, "7000");
		return;
	case KEYWORD_BOOL:
		snprintf(out, size, "%s", row->on == row->fallback ? "off" : "on");
		return;
	case KEYWORD_CHOICE:
		snprintf(out, size, "%s", row->choices[row->choices[0].value == row->fallback].word);
		return;
	case KEYWORD_MULTICAST:
		snprintf(out, size, "%s", row->on == IP_V6 ? "ff02::77" : "224.0.0.77");
		return;
	case KEYWORD_WORDS:
		snprintf(out, size, "%s", words_of(row));
		return;
	case KEYWORD_FLAG:
	case KEYWORD_FILLER:
	case KEYWORD_PARTS:
	case KEYWORD_ORIGIN:
	case KEYWORD_BLOCK:
		*out = '\0';
		return;
	case KEYWORD_STATE:
	case KEYWORD_STRING:
	case KEYWORD_INTERFACE:
	case KEYWORD_ADDRESS:
	case KEYWORD_BROADCAST:
	case KEYWORD_SCOPE:
	case KEYWORD_TABLE:
	case KEYWORD_TOS:
	case KEYWORD_LINK_GROUP:
	case KEYWORD_LINES:
		snprintf(out, size, "%s%s", strcmp(row->word, "file") ? "" : "/", fixed[row->kind]);
		return;
	}
}

static void embed_in_instance(const struct keyword *row, const char *value, char *out, size_t size)
{
	const struct company *company = company_of(row);
	bool own = strcmp(row->word, "interface") == 0;
	snprintf(out, size, "vrrp_instance V {\n\n%s %s\n%s%s%svirtual_ipaddress { %s }\n}\n", row->word,
		value, own || company->no_interface ? "" : "interface eth0\n",
		strcmp(row->word, "virtual_router_id") ? "virtual_router_id 51\n" : "", company->with,
		company->addresses ? company->addresses : "10.0.0.1");
}

#define SERVER "virtual_server 10.0.0.1 80 {"
#define SERVER_END "\n}\n" V4("")
#define CHECK(name) SERVER " real_server 10.0.0.2 80 { " name " {\n\n"
#define CHECK_END "\n} }" SERVER_END

/* Around a row of a table whose rows may all stand in the same surroundings. */
static const struct frame {
	const struct keyword_table *table;
	const char *before; /* two lines */
	const char *after;
} frames[] = {
	{&root_keywords, "\n\n", "\n" V4("")},
	{&umask_keywords, "global_defs {\n\numask ", "\n}\n" V4("")},
	{&server_keywords, SERVER "\n\n",
		"\nlb_algo sh\nlvs_sched mh\nsorry_server 10.0.0.3\nquorum 4294967295" SERVER_END},
	{&real_server_keywords, SERVER "\nreal_server 10.0.0.2 {\n", "\n}" SERVER_END},
	{&server_group_keywords, "virtual_server_group G {\n\n", "\n}\n" V4("")},
	{&ssl_keywords, "SSL {\n\n", "\n}\n" V4("")},
	{&scheduler_keywords, SERVER "\n\nlb_algo ", SERVER_END},
	{&misc_check_keywords, CHECK("MISC_CHECK"), "\nmisc_path x" CHECK_END},
	{&smtp_check_keywords, CHECK("SMTP_CHECK"), CHECK_END},
	{&smtp_host_keywords, CHECK("SMTP_CHECK { host"), "\n}" CHECK_END},
	{&tcp_check_keywords, CHECK("TCP_CHECK"), CHECK_END},
	{&ping_check_keywords, CHECK("PING_CHECK"), CHECK_END},
	{&udp_check_keywords, CHECK("UDP_CHECK"), CHECK_END},
	{&http_check_keywords, CHECK("HTTP_GET"), "\nurl { path / }" CHECK_END},
	{&http_url_keywords, CHECK("HTTP_GET { url"), "\npath / \n}" CHECK_END},
	{&https_check_keywords, CHECK("SSL_GET"), "\nurl { path / }" CHECK_END},
	{&https_url_keywords, CHECK("SSL_GET { url"), "\npath / \n}" CHECK_END},
	{&dns_check_keywords, CHECK("DNS_CHECK"), CHECK_END},
	{&file_check_keywords, "track_file F { file /x } " CHECK("FILE_CHECK"), "\ntrack_file F" CHECK_END},
	{&bfd_check_keywords, "bfd_instance B { neighbor_ip 10.0.0.9 } " CHECK("BFD_CHECK"), "\nname B" CHECK_END},
	{&regex_option_keywords, CHECK("HTTP_GET { url") "regex_options ", "\npath / \n}" CHECK_END},
	{&record_keywords, CHECK("DNS_CHECK") "type ", CHECK_END},
	{&dynamic_keywords, "global_defs {\n\ndynamic_interfaces ", "\n}\n" V4("")},
	{&timeout_keywords, "global_defs {\n\nlvs_timeouts ", "\n}\n" V4("")},
	{&sync_daemon_keywords, "global_defs {\n\nlvs_sync_daemon eth7 ",
		"\n}\nvrrp_instance eth0:7 {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress { "
		"10.0.0.1 }\n}\n"},
};

static const struct frame *frame_of(const struct keyword_table *table)
{
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		if (frames[i].table == table)
			return &frames[i];
	return NULL;
}

/* Words that stand alone after lvs_method, after type, or after TUN. */
static void embed_in_method(const struct keyword *row, const char *value, char *out, size_t size)
{
	bool is_method = strlen(row->word) <= 3 && *row->word < 'a';
	bool is_type = row->kind == KEYWORD_FLAG && (*row->word == 'g' || *row->word == 'i');
	snprintf(out, size, SERVER "\n\nlvs_method %s %s %s %s" SERVER_END,
		is_method ? ""
		: is_type ? "TUN type"
			  : "TUN",
		row->word, value, is_type ? "port 7" : "");
}

/* The same for files and processes. false: it is none of them. */
static bool embed_tracked(const struct keyword_table *table, const struct keyword *row, const char *value,
	const char *rest, char *out, size_t size)
{
	const char *word = row->word;
	if (table == &track_file_keywords)
		snprintf(out, size,
			"track_file S { file /x }\nvrrp_instance V { track_file {\nS %s %s %s\n}\n%s"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			row->kind == KEYWORD_FLAG ? "weight 5" : "", word, value, rest);
	else if (table == &track_process_keywords)
		snprintf(out, size,
			"vrrp_track_process S { process x }\nvrrp_instance V { track_process {\nS %s %s %s\n}\n%s"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			row->kind == KEYWORD_FLAG ? "weight 5" : "", word, value, rest);
	else if (table == &file_keywords || table == &old_file_keywords)
		snprintf(out, size,
			"%s S {\n%s\n%s %s\n}\nvrrp_instance V {\n%strack_file { S }\n"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			table->context, strcmp(word, "file") ? "file /x" : "", word, value, rest);
	else if (table == &process_keywords)
		snprintf(out, size,
			"vrrp_track_process S {\n%s\n%s %s\n}\nvrrp_instance V {\n%strack_process { S }\n"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			strcmp(word, "process") ? "process x" : "", word, value, rest);
	else
		return false;
	return true;
}

/* A whole configuration in which the row stands with the value, alone on line 3. */
static void embed(const struct keyword_table *table, const struct keyword *row, const char *value, char *out,
	size_t size)
{
	static const char rest[] = "interface eth0\nvirtual_router_id 51\n";
	const char *word = row->word;
	const struct frame *frame = frame_of(table);
	if (frame)
		snprintf(out, size, "%s%s %s%s", frame->before, word, value, frame->after);
	else if (table == &method_keywords)
		embed_in_method(row, value, out, size);
	else if (table == &global_keywords)
		snprintf(out, size, "global_defs {\n\n%s %s\n}\n", word, value);
	else if (table == &instance_keywords)
		embed_in_instance(row, value, out, size);
	else if (table == &vmac_keywords || table == &ipvlan_keywords)
		snprintf(out, size, "vrrp_instance V {\n\n%s %s %s\n%svirtual_ipaddress { 10.0.0.1 }\n}\n",
			table == &vmac_keywords ? "use_vmac" : "use_ipvlan 10.0.0.9/24", word, value, rest);
	else if (table == &hmac_keywords)
		snprintf(out, size,
			"vrrp_instance V {\nauth_hmac {\n%s %s\nkey 254 " KEY
			"\n%s\n}\nversion 3\n%svirtual_ipaddress { 10.0.0.1 }\n}\n",
			word, value, strcmp(word, "active_key") ? "active_key 254" : "", rest);
	else if (table == &garp_group_keywords)
		snprintf(out, size, "garp_group {\n\n%s %s\n%s\n}\n", word, value,
			strncmp(word, "interface", 9) ? "interface eth9" : "garp_interval 1");
	else if (table == &sync_group_keywords)
		snprintf(out, size,
			"vrrp_sync_group G {\n\n%s %s\ngroup { V }\n}\nvrrp_instance V {\n%s"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			word, value, rest);
	else if (table == &authentication_keywords)
		snprintf(out, size,
			"vrrp_instance V {\nauthentication {\n%s %s\n%s\n}\n%s"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			word, value, strcmp(word, "auth_type") ? "auth_type PASS" : "auth_pass x", rest);
	else if (table == &peer_keywords)
		snprintf(out, size,
			"vrrp_instance V {\nunicast_peer {\n10.0.0.9 %s %s\n}\n%s"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			word, value, rest);
	else if (table == &address_keywords)
		snprintf(out, size, "vrrp_instance V {\nvirtual_ipaddress {\n10.0.0.1/24 %s %s\n}\n%s}\n",
			word, value, rest);
	else if (table == &track_keywords)
		snprintf(out, size,
			"vrrp_instance V {\ntrack_interface {\neth1 %s %s %s\n}\n%s"
			"virtual_ipaddress { 10.0.0.1 }\npreempt\n}\n",
			row->kind == KEYWORD_FLAG ? "weight 5" : "", word, value, rest);
	else if (table == &track_script_keywords)
		snprintf(out, size,
			"vrrp_script S { script x }\nvrrp_instance V { track_script {\nS %s %s %s\n}\n%s"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			row->kind == KEYWORD_FLAG ? "weight 5" : "", word, value, rest);
	else if (table == &track_bfd_keywords)
		snprintf(out, size,
			"bfd_instance B { neighbor_ip 10.0.0.9 }\nvrrp_instance V { track_bfd {\nB %s %s %s\n}\n%s"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			row->kind == KEYWORD_FLAG ? "weight 5" : "", word, value, rest);
	else if (table == &bfd_keywords)
		snprintf(out, size, "bfd_instance B {\n%s\n%s %s\n}\n",
			strncmp(word, "neigh", 5) ? "neighbor_ip 10.0.0.9" : "", word, value);
	else if (table == &script_keywords)
		snprintf(out, size,
			"vrrp_script S {\n%s\n%s %s\n}\nvrrp_instance V {\n%strack_script { S }\n"
			"virtual_ipaddress { 10.0.0.1 }\n}\n",
			strcmp(word, "script") ? "script x" : "", word, value, rest);
	else if (table == &track_group_keywords)
		snprintf(out, size, "track_group G {\n\n%s %s\n}\n", word, value);
	else if (!embed_tracked(table, row, value, rest, out, size))
		fail_msg("no place for %s", word);
}

/* The object of the read configuration in which the row's field lies; good until the next call. */
static const void *object_of(const struct keyword_table *table, const struct conf *conf)
{
	static struct vr_whole whole;
	if (table == &root_keywords || table == &global_keywords)
		return &conf->global;
	if (table == &garp_group_keywords)
		return conf->announce_limits;
	if (table == &script_keywords)
		return conf->scripts;
	if (table == &file_keywords || table == &old_file_keywords)
		return conf->files;
	if (table == &process_keywords)
		return conf->processes;
	if (table == &bfd_keywords)
		return conf->bfd;
	const struct vr_config *vr = &conf->instances[0].vr;
	if (table == &sync_group_keywords)
		return conf->sync_groups;
	if (table == &instance_keywords || table == &authentication_keywords || table == &vmac_keywords ||
		table == &ipvlan_keywords || table == &hmac_keywords) {
		whole = (struct vr_whole){*vr, *vr->extra};
		return &whole;
	}
	if (table == &peer_keywords)
		return vr->extra->unicast.peers;
	if (table == &address_keywords)
		return vr->addresses;
	return vr->extra->tracked;
}

static bool is_text(const struct keyword *row)
{
	return row->kind == KEYWORD_STRING || row->kind == KEYWORD_INTERFACE;
}

static void assert_stored(const struct keyword *row, const char *value, const void *object)
{
	const char *at = (const char *)object + row->stored.offset;
	const char *string;
	struct ip_addr addr;
	char text[IP_ADDR_TEXT_SIZE];
	if (is_text(row)) {
		memcpy(&string, at, sizeof string);
		assert_string_equal(string, value);
	} else if (row->kind == KEYWORD_ADDRESS || row->kind == KEYWORD_MULTICAST ||
		   row->kind == KEYWORD_BROADCAST) {
		memcpy(&addr, at, sizeof addr);
		assert_string_equal(ip_format(&addr, text), value);
	} else if (row->kind == KEYWORD_NUMBER) {
		assert_int_equal(field_get(object, row->stored), atoll(value));
	} else if (row->kind == KEYWORD_SECONDS || row->kind == KEYWORD_TIMER ||
		   row->kind == KEYWORD_MILLISECONDS) {
		assert_int_equal(field_get(object, row->stored), 7 * DUR_S);
	} else if (row->kind == KEYWORD_BOOL || row->kind == KEYWORD_FLAG) {
		assert_int_equal(field_get(object, row->stored), strcmp(value, "off") ? row->on : row->off);
	} else {
		assert_int_not_equal(field_get(object, row->stored), row->fallback);
	}
}

static bool must_be_printed(const struct keyword *row)
{
	bool is_default = row->kind == KEYWORD_FLAG && row->on == row->fallback;
	return (row->stored.size || (row->traits & KEYWORD_KEPT)) && !(row->traits & KEYWORD_ALIAS) &&
	       !is_default;
}

static void check_row(const struct keyword_table *table, const struct keyword *row)
{
	char value[64];
	char text[1024];
	char word[80];
	sample(row, value, sizeof value);
	embed(table, row, value, text, sizeof text);
	struct conf_result result;
	read_text(text, &result);
	if (!result.conf || result.error_count)
		fail_msg("%s %s: %s", row->word, value, result.messages[0].text);
	if (row->stored.size)
		assert_stored(row, value, object_of(table, result.conf));
	assert_fixed_point(result.conf);
	char *printed = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
	snprintf(word, sizeof word, "%s", row->word);
	if ((table->kept || must_be_printed(row)) && !strstr(printed, word))
		fail_msg("%s is not printed:\n%s", row->word, printed);
	free(printed);
	conf_result_free(&result);
}

/* test_routes.c */
static bool is_of_routes(const struct keyword_table *table)
{
	return strncmp(table->context, "virtual_r", 9) == 0 || table == &address_keywords;
}

static void test_every_row_is_read_stored_and_printed(void **state)
{
	(void)state;
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		for (size_t j = 0; j < (*table)->count && !is_of_routes(*table); j++) {
			const struct keyword *row = &(*table)->rows[j];
			if (row->kind != KEYWORD_BLOCK && row->kind != KEYWORD_LINES)
				check_row(*table, row);
		}
}

static void expect_error(
	const struct keyword_table *table, const struct keyword *row, const char *value, const char *words)
{
	char text[1024];
	embed(table, row, value, text, sizeof text);
	struct conf_result result;
	read_text(text, &result);
	assert_null(result.conf);
	assert_message(&result, CONF_ERROR, 3, 0, words);
	assert_int_equal(result.error_count, 1);
	conf_result_free(&result);
}

/* As the row would have it written. */
static void put_bound(const struct keyword *row, int64_t bound, struct text *out)
{
	if (row->kind == KEYWORD_NUMBER)
		text_i64(out, bound);
	else
		text_seconds(out, row->kind == KEYWORD_MILLISECONDS ? bound * 1000 : bound);
}

/* The bounds themselves are in the range, whatever else may be said against them. */
static void check_bound(const struct keyword_table *table, const struct keyword *row, int64_t bound)
{
	char value[40];
	char text[1024];
	struct text out;
	text_init(&out, value, sizeof value);
	put_bound(row, bound, &out);
	embed(table, row, value, text, sizeof text);
	struct conf_result result;
	read_text(text, &result);
	for (size_t i = 0; i < result.message_count; i++)
		if (strstr(result.messages[i].text, "out of range") ||
			strstr(result.messages[i].text, "is not a number"))
			fail_msg("%s %s: %s", row->word, value, result.messages[i].text);
	conf_result_free(&result);
}

/* "... must be MINIMUM to MAXIMUM" */
static void check_said_range(const struct keyword_table *table, const struct keyword *row, const char *value)
{
	char range[100];
	struct text out;
	text_init(&out, range, sizeof range);
	text_str(&out, "must be ");
	for (int i = 0; i < 2; i++) {
		text_str(&out, i ? " to " : "");
		put_bound(row, i ? row->maximum : row->minimum, &out);
	}
	expect_error(table, row, value, range);
}

static void check_range(const struct keyword_table *table, const struct keyword *row)
{
	char value[40];
	bool seconds = row->kind != KEYWORD_NUMBER;
	int64_t unit = row->kind == KEYWORD_MILLISECONDS ? DUR_MS : seconds ? DUR_S : 1;
	snprintf(value, sizeof value, "%lld", (long long)(row->maximum / unit + 1));
	expect_error(table, row, value, "out of range");
	check_said_range(table, row, value);
	check_bound(table, row, row->minimum);
	check_bound(table, row, row->maximum);
	expect_error(table, row, "99999999999999999999999999", "out of range");
	expect_error(table, row, "abc", "is not a number");
	expect_error(table, row, "1x", "is not a number");
	if (row->minimum > 0 && !(row->traits & KEYWORD_ZERO_IS_ONE))
		expect_error(table, row, "0", "out of range");
	if (!seconds)
		expect_error(table, row, "1.5", "is not a number");
	if (row->minimum < 0) {
		snprintf(value, sizeof value, "%lld", (long long)(row->minimum - 1));
		expect_error(table, row, value, "out of range");
	} else {
		expect_error(table, row, "-1", seconds ? "is not a number" : "out of range");
	}
	if (row->kind == KEYWORD_SECONDS)
		expect_error(table, row, "1.5", "whole seconds");
	if (row->kind == KEYWORD_TIMER)
		expect_error(table, row, "1.0000001", "6 decimals");
	if (row->kind == KEYWORD_MILLISECONDS)
		expect_error(table, row, "1000.0001", "3 decimals");
	if (seconds)
		expect_error(table, row, "100ms", "without a unit");
}

static void check_wrong_values(const struct keyword_table *table, const struct keyword *row)
{
	switch (row->kind) {
	case KEYWORD_NUMBER:
	case KEYWORD_SECONDS:
	case KEYWORD_TIMER:
	case KEYWORD_MILLISECONDS:
		check_range(table, row);
		return;
	case KEYWORD_BOOL:
		expect_error(table, row, "maybe", "takes on or off");
		return;
	case KEYWORD_STATE:
		expect_error(table, row, "SLAVE", "state is MASTER or BACKUP");
		expect_error(table, row, "master", "in capitals");
		return;
	case KEYWORD_STRING:
		expect_error(table, row, "\"\"", "bytes");
		return;
	case KEYWORD_INTERFACE:
		expect_error(table, row, "a-name-too-long-for-it",
			row->maximum ? "1 to 11 bytes" : "1 to 15 bytes");
		expect_error(table, row, "a/b", "is not the name of an interface");
		expect_error(table, row, "..", "is not the name of an interface");
		return;
	case KEYWORD_ADDRESS:
		expect_error(table, row, "10.0.0", "is not an IP address");
		expect_error(table, row, "fe80::1::1", "is not an IP address");
		expect_error(table, row, "224.0.0.1", "cannot be the address of a machine");
		expect_error(table, row, "ff02::1", "cannot be the address of a machine");
		expect_error(table, row, "::ffff:10.0.0.1", "cannot be the address of a machine");
		return;
	case KEYWORD_MULTICAST:
		expect_error(table, row, "224.0.0", "is not an IP address");
		expect_error(
			table, row, row->on == IP_V6 ? "fe80::1" : "10.0.0.1", "is not a multicast address");
		if (row->on)
			expect_error(table, row, row->on == IP_V6 ? "224.0.0.1" : "ff02::1", "takes an IPv");
		return;
	case KEYWORD_BROADCAST:
		expect_error(table, row, "ten", "is not an IP address");
		expect_error(table, row, "fe80::1", "is an IPv4 address");
		return;
	case KEYWORD_CHOICE:
		expect_error(table, row, "neither", "is one of");
		return;
	case KEYWORD_SCOPE:
	case KEYWORD_TOS:
		expect_error(table, row, "256", "a number up to 255");
		expect_error(table, row, "no-such-name", "/etc/iproute2/");
		return;
	case KEYWORD_LINK_GROUP:
		expect_error(table, row, "0x1ffffffff", "a number up to");
		expect_error(table, row, "no-such-name", "/etc/iproute2/group");
		return;
	case KEYWORD_TABLE:
		expect_error(table, row, "0", "no routing table 0");
		expect_error(table, row, "0x1ffffffff", "a number up to");
		return;
	case KEYWORD_FLAG:
	case KEYWORD_FILLER:
	case KEYWORD_PARTS:
	case KEYWORD_ORIGIN:
	case KEYWORD_WORDS:
	case KEYWORD_BLOCK:
	case KEYWORD_LINES:
		return;
	}
}

static void test_wrong_values(void **state)
{
	(void)state;
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		for (size_t j = 0; j < (*table)->count && !is_of_routes(*table); j++)
			check_wrong_values(*table, &(*table)->rows[j]);
}

/* Its rows stand on lines of their own. */
static bool is_block_table(const struct keyword_table *table)
{
	for (const struct keyword_table *const *at = keyword_tables; *at; at++)
		for (size_t j = 0; j < (*at)->count; j++)
			if ((*at)->rows[j].kind == KEYWORD_BLOCK && (*at)->rows[j].block == table)
				return true;
	return table == &root_keywords;
}

static void check_too_many(const struct keyword_table *table, const struct keyword *row)
{
	char value[100];
	const bool is_bare = row->kind == KEYWORD_FLAG || row->kind == KEYWORD_FILLER;
	if (is_bare)
		expect_error(table, row, "on", "takes no value");
	if (is_bare || row->kind == KEYWORD_WORDS || row->kind == KEYWORD_BLOCK ||
		row->kind == KEYWORD_LINES)
		return;
	sample(row, value, sizeof value - 2);
	strcat(value, " 3");
	expect_error(table, row, value, "is too much");
}

static void test_missing_value_and_words_too_many(void **state)
{
	(void)state;
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		for (size_t j = 0; j < (*table)->count && !is_of_routes(*table); j++) {
			const struct keyword *row = &(*table)->rows[j];
			bool has_value = row->argument && row->kind != KEYWORD_BOOL &&
					 row->kind != KEYWORD_BLOCK && !(row->traits & KEYWORD_OPTIONAL);
			bool is_block = row->kind == KEYWORD_LINES ||
					(row->kind == KEYWORD_BLOCK && *table != &root_keywords);
			if (is_block)
				expect_error(*table, row, "x", "begins a block");
			else if (has_value)
				expect_error(*table, row, "", "needs a value");
			if (is_block_table(*table) && !is_block)
				check_too_many(*table, row);
		}
}

/* The words stand in the manual and in messages: none may be missing or stand twice in a table. */
static void test_the_tables_themselves(void **state)
{
	(void)state;
	for (const struct keyword_table *const *table = keyword_tables; *table; table++)
		for (size_t j = 0; j < (*table)->count; j++) {
			const struct keyword *row = &(*table)->rows[j];
			assert_non_null(row->word);
			assert_non_null(row->meaning);
			assert_ptr_equal(keyword_find(*table, row->word), row);
			assert_true(row->minimum <= row->maximum);
			if (row->traits & KEYWORD_INHERITS)
				assert_true(row->inherited.size);
		}
}

/* covers: V3-CFG-01 V3-PKT-09 V2-PKT-02 */
static void test_defaults(void **state)
{
	(void)state;
	struct conf_result result;
	read_instance_text("", &result);
	assert_clean(&result);
	const struct vr_config *vr = &result.conf->instances[0].vr;
	assert_int_equal(vr->version, 2);
	assert_int_equal(vr->family, IP_V4);
	assert_int_equal(vr->priority, 100);
	assert_false(vr->start_as_master);
	assert_true(vr->preempt);
	assert_true(vr->accept);
	assert_false(vr->strict);
	assert_false(vr->skip_address_check);
	assert_int_equal(vr->checksum_form, V3_CHECKSUM_AUTOMATIC);
	assert_int_equal(vr->down_timer_adverts, 3);
	assert_int_equal(vr->advert_interval, DUR_S);
	assert_int_equal(vr->extra->preempt_delay, 0);
	assert_int_equal(vr->extra->announce.delay, 5 * DUR_S);
	assert_int_equal(vr->extra->announce.repeat, 5);
	assert_int_equal(vr->extra->announce.refresh, 0);
	assert_int_equal(vr->extra->announce.refresh_repeat, 1);
	assert_int_equal(vr->addresses[0].prefix.length, 32);
	conf_result_free(&result);
}

/* global_defs may stand after the instances, and more than once. */
static void test_inheritance(void **state)
{
	(void)state;
	struct conf_result result;
	read_text(
		"vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 }\n}\n"
		"global_defs {\nvrrp_version 3\nv3_checksum_as_v2\nvrrp_garp_master_repeat 2\n}\n"
		"vrrp_instance B {\ninterface eth0\nvirtual_router_id 2\nvirtual_ipaddress { 10.0.0.2 }\n"
		"version 2\nv3_checksum_as_v2 off\ngarp_master_repeat 5\nskip_check_adv_addr off\n}\n"
		"global_defs {\nvrrp_skip_check_adv_addr\nvrrp_down_timer_adverts 5\n}\n",
		&result);
	assert_clean(&result);
	const struct vr_config *a = &result.conf->instances[0].vr;
	const struct vr_config *b = &result.conf->instances[1].vr;
	assert_int_equal(a->version, 3);
	assert_int_equal(b->version, 2);
	assert_int_equal(a->checksum_form, V3_CHECKSUM_MESSAGE_ONLY);
	assert_int_equal(b->checksum_form, V3_CHECKSUM_PSEUDO_HEADER);
	assert_int_equal(a->extra->announce.repeat, 2);
	assert_int_equal(b->extra->announce.repeat, 5);
	assert_true(a->skip_address_check);
	assert_false(b->skip_address_check);
	assert_int_equal(a->down_timer_adverts, 5);
	assert_int_equal(b->down_timer_adverts, 5);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_is_read_stored_and_printed),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_missing_value_and_words_too_many),
		cmocka_unit_test(test_the_tables_themselves),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_inheritance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
