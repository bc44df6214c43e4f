/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keywords of load balancing: virtual_server, virtual_server_group, SSL, and the words of their lines. */
#include "conf/keyword_kept.h"

#define SERVER_WEIGHT_MAX INT32_MAX
#define PERSISTENCE_MAX (31 * 24 * 3600)

/* What servers, pools and checks have alike. */
#define RETRY(low) KEPT_NUMBER("retry", low, UINT32_MAX, "So many failures in a row are put up with.")
#define DELAYS                                                                                               \
	KEPT_TIMER("delay_before_retry", 0, KEPT_TIMER_MAX, "The pause after a failed attempt."),            \
		KEPT_TIMER("warmup", 0, KEPT_TIMER_MAX,                                                      \
			"The first check comes at random within this time; 0: at once."),                    \
		KEPT_TIMER("connect_timeout", KEPT_TIMER_LEAST, KEPT_TIMER_MAX,                              \
			"How long connecting may take."),                                                    \
		KEPT_TIMER("delay_loop", KEPT_TIMER_LEAST, KEPT_LOOP_MAX, "From one check to the next.")

static const struct keyword_choice families[] = {{"inet", IP_V4}, {"inet6", IP_V6}, {NULL, 0}};

static const struct keyword server_rows[] = {
	{.word = "ip_family",
		.kind = KEYWORD_CHOICE,
		.choices = families,
		.argument = "inet|inet6",
		MEANING("The family of a service by mark or group, where no address says it.")},
	RETRY(1),
	DELAYS,
	KEPT_FLAG("inhibit_on_failure", "A failed server gets weight 0 and is not taken out."),
	KEPT_WORDS("lb_algo", "SCHEDULER", kept_scheduler_line, "How the kernel chooses a server.",
		.line_table = &scheduler_keywords),
	KEPT_WORDS("lvs_sched", "SCHEDULER", kept_scheduler_line, "The same as lb_algo.",
		.line_table = &scheduler_keywords),
	KEPT_FLAG("hashed", "Without effect.", .traits = KEYWORD_DEPRECATED),
	KEPT_FLAG("ops", "Each packet is a connection; for UDP."),
	KEPT_FLAG("flag-1", "The first flag of the scheduler."),
	KEPT_FLAG("flag-2", "The second one."),
	KEPT_FLAG("flag-3", "The third one."),
	KEPT_FLAG("sh-port", "The source hash includes the port; after lb_algo sh."),
	KEPT_FLAG("sh-fallback", "The source hash leaves out servers that are down; after lb_algo sh."),
	KEPT_FLAG("mh-port", "The Maglev hash includes the port; after lb_algo mh."),
	KEPT_FLAG("mh-fallback", "The Maglev hash leaves out servers that are down; after lb_algo mh."),
	KEPT_WORDS("lb_kind", "METHOD", kept_method_line, "How packets get to the servers.",
		.line_table = &method_keywords),
	KEPT_WORDS("lvs_method", "METHOD", kept_method_line, "The same as lb_kind.",
		.line_table = &method_keywords),
	KEPT_STRING("persistence_engine", "NAME", "The persistence engine of the kernel, such as sip."),
	{.word = "persistence_timeout",
		.kind = KEYWORD_NUMBER,
		.traits = KEYWORD_OPTIONAL,
		RANGE(1, PERSISTENCE_MAX),
		.argument = "[SECONDS]",
		MEANING("A client keeps its server for so long; without a number 360.")},
	KEPT_WORDS("persistence_granularity", "NETMASK|LENGTH", kept_granularity_line,
		"Clients of one network count as one: an IPv4 netmask, or an IPv6 prefix length."),
	KEPT_WORDS("protocol", "TCP|UDP|SCTP", kept_protocol_line, "The transport protocol."),
	KEPT_FLAG("ha_suspend", "Checks run only while the address of the service is here."),
	KEPT_BOOL("smtp_alert", "Mail when the quorum is reached or lost."),
	KEPT_STRING("virtualhost", "NAME", "The Host header of HTTP_GET and SSL_GET."),
	KEPT_STRING("snmp_name", "TEXT", "What SNMP shows of it."),
	KEPT_FLAG("alpha", "Servers count as down until their checks have succeeded."),
	KEPT_FLAG("omega", "When the daemon stops, the scripts for loss are run."),
	KEPT_WORDS(
		"quorum_up", "COMMAND [USER [GROUP]]", kept_script_line, "Run when the quorum is reached."),
	KEPT_WORDS("quorum_down", "COMMAND [USER [GROUP]]", kept_script_line, "Run when the quorum is lost."),
	KEPT_NUMBER("quorum", 1, UINT32_MAX, "The weight of live servers that is needed."),
	KEPT_NUMBER("hysteresis", 0, UINT32_MAX, "A margin on both sides of the quorum, less than it."),
	KEPT_NUMBER("weight", 1, SERVER_WEIGHT_MAX, "The weight of servers that have none."),
	KEPT_WORDS("sorry_server", "ADDRESS [PORT]", kept_sorry_server_line,
		"Who serves while the quorum is lost."),
	KEPT_FLAG("sorry_server_inhibit", "inhibit_on_failure for the sorry server; after it."),
	KEPT_WORDS("sorry_server_lvs_method", "METHOD", kept_method_line, "Its own method; after it.",
		.line_table = &method_keywords),
	KEPT_BLOCK("real_server", "ADDRESS [PORT] { ... }", &real_server_keywords, "A server.",
		.line = kept_real_server_line),
};

static const struct keyword real_server_rows[] = {
	KEPT_NUMBER("weight", 0, SERVER_WEIGHT_MAX, "Its share of the connections."),
	KEPT_WORDS(
		"lvs_method", "METHOD", kept_method_line, "Its own method.", .line_table = &method_keywords),
	KEPT_NUMBER("uthreshold", 0, UINT32_MAX, "From so many connections on it gets no new ones."),
	KEPT_NUMBER("lthreshold", 0, UINT32_MAX, "Below so many it gets new ones again."),
	KEPT_BOOL("inhibit_on_failure", "When it fails, it gets weight 0 and is not taken out."),
	KEPT_WORDS("notify_up", "COMMAND [USER [GROUP]]", kept_script_line, "Run when it is put in."),
	KEPT_WORDS("notify_down", "COMMAND [USER [GROUP]]", kept_script_line, "Run when it is taken out."),
	KEPT_BOOL("alpha", "Counts as down until its checks have succeeded."),
	RETRY(1),
	DELAYS,
	KEPT_BOOL("smtp_alert", "Mail when its state changes; here the default is on."),
	KEPT_STRING("virtualhost", "NAME", "The Host header of its checks."),
	KEPT_STRING("snmp_name", "TEXT", "What SNMP shows of it."),
	KEPT_BLOCK("MISC_CHECK", "{ ... }", &misc_check_keywords, "A program says whether it works."),
	KEPT_BLOCK("SMTP_CHECK", "{ ... }", &smtp_check_keywords, "It must answer to HELO and QUIT."),
	KEPT_BLOCK("TCP_CHECK", "{ ... }", &tcp_check_keywords, "It must take a connection."),
	KEPT_BLOCK("PING_CHECK", "{ ... }", &ping_check_keywords, "It must answer to ICMP."),
	KEPT_BLOCK("UDP_CHECK", "{ ... }", &udp_check_keywords, "It must not refuse a datagram."),
	KEPT_BLOCK("HTTP_GET", "{ ... }", &http_check_keywords, "It must give pages over HTTP."),
	KEPT_BLOCK("SSL_GET", "{ ... }", &https_check_keywords, "It must give pages over TLS."),
	KEPT_BLOCK("DNS_CHECK", "{ ... }", &dns_check_keywords, "It must answer a DNS query."),
	KEPT_BLOCK("FILE_CHECK", "{ ... }", &file_check_keywords, "A tracked file says its weight or state."),
	KEPT_BLOCK("BFD_CHECK", "{ ... }", &bfd_check_keywords, "A BFD session must be up."),
};

static const struct keyword server_group_rows[] = {
	KEPT_WORDS("fwmark", "NUMBER [inet|inet6]", kept_mark_line, "A service by firewall mark.",
		.traits = KEYWORD_ADDS),
};

static const struct keyword ssl_rows[] = {
	KEPT_STRING("password", "TEXT", "The passphrase of the key.", .traits = KEYWORD_SECRET),
	KEPT_STRING("ca", "PATH", "Whom to trust."),
	KEPT_STRING("certificate", "PATH", "The certificate of the client, with its chain."),
	KEPT_STRING("key", "PATH", "Its key."),
};

static const struct keyword scheduler_rows[] = {
	KEPT_FLAG("rr", "One after the other."),
	KEPT_FLAG("wrr", "The same by weight."),
	KEPT_FLAG("lc", "The one with the fewest connections."),
	KEPT_FLAG("wlc", "The same by weight."),
	KEPT_FLAG("lblc", "Fewest connections, near what it served before."),
	KEPT_FLAG("lblcr", "The same with several servers for a destination."),
	KEPT_FLAG("sh", "By a hash of the source."),
	KEPT_FLAG("mh", "By a Maglev hash."),
	KEPT_FLAG("dh", "By a hash of the destination."),
	KEPT_FLAG("fo", "The live one with the highest weight."),
	KEPT_FLAG("ovf", "The same until it has as many connections as its weight."),
	KEPT_FLAG("sed", "The one with the shortest expected delay."),
	KEPT_FLAG("nq", "An idle one, else as sed."),
	KEPT_FLAG("twos", "The less busy one of two at random."),
};

static const struct keyword_choice tunnels[] = {{"ipip", 1}, {"gue", 2}, {"gre", 3}, {NULL, 0}};

static const struct keyword method_rows[] = {
	KEPT_FLAG("NAT", "Addresses are rewritten."),
	KEPT_FLAG("DR", "Packets go to the server's MAC address."),
	KEPT_FLAG("TUN", "Packets are put into others; what follows is for this."),
	{.word = "type",
		.kind = KEYWORD_CHOICE,
		.choices = tunnels,
		.argument = "ipip|gue|gre",
		MEANING("The kind of tunnel.")},
	KEPT_FLAG("ipip", "IP in IP, which it is without a type."),
	KEPT_FLAG("gue", "Generic UDP encapsulation; needs a port."),
	KEPT_FLAG("gre", "Generic routing encapsulation."),
	KEPT_NUMBER("port", 1, UINT16_MAX, "The port of GUE."),
	KEPT_FLAG("nocsum", "No checksum, which it is without this."),
	KEPT_FLAG("csum", "A checksum."),
	KEPT_FLAG("remcsum", "Remote checksum offload of GUE."),
};

const struct keyword_table server_keywords = {.context = "virtual_server",
	.title = "virtual_server",
	.kept = true,
	.check = kept_check_server,
	TABLE(server_rows)};
const struct keyword_table real_server_keywords = {.context = "virtual_server/real_server",
	.title = "real_server",
	.kept = true,
	TABLE(real_server_rows)};
const struct keyword_table server_group_keywords = {.context = "virtual_server_group-entry",
	.title = "virtual_server_group",
	.first = "ADDRESS[/MASK][-RANGE] [PORT]",
	.kept = true,
	.other_line = kept_range_line,
	TABLE(server_group_rows)};
const struct keyword_table ssl_keywords = {
	.context = "SSL", .title = "SSL", .secret = true, .kept = true, TABLE(ssl_rows)};
const struct keyword_table scheduler_keywords = {
	.context = "lb_algo-values", .title = "lb_algo", .kept = true, TABLE(scheduler_rows)};
const struct keyword_table method_keywords = {
	.context = "lvs_method-args", .title = "lvs_method", .kept = true, TABLE(method_rows)};
