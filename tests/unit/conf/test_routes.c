/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The language of lines of virtual_ipaddress, virtual_routes and virtual_rules, and of the static ones: what each line means is what its canonical form says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/keyword.h"
#include "conf/route_parts.h"
#include "conf_test.h"

/* Line 6 is the one between. */
#define ADDRESSED_INSTANCE "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 }\n"
#define BEFORE ADDRESSED_INSTANCE "virtual_routes {\n"
#define RULES ADDRESSED_INSTANCE "virtual_rules {\n"
#define EXCLUDED ADDRESSED_INSTANCE "virtual_ipaddress_excluded {\n"
#define AFTER "\n}\n}\n"

struct line {
	const char *line;
	const char *canonical; /* NULL: as the line */
};

struct wrong_line {
	const char *line;
	unsigned column;
	const char *words;
};

static const struct line lines[] = {
	{"default via 10.0.0.9", NULL},
	{"default via 10.0.0.9 dev eth1 src 10.0.0.1 metric 5 table 100 scope link tos 0x10 mtu 1400 onlink", NULL},
	{"unicast to 10.1.0.0/16 gw 10.0.0.9 oif eth1", "10.1.0.0/16 via 10.0.0.9 dev eth1"},
	{"any via 10.0.0.9 priority 7", "default via 10.0.0.9 metric 7"},
	{"all via 10.0.0.9 preference 7", "default via 10.0.0.9 metric 7"},
	{"default6 via fe80::9 dev eth0", "::/0 via fe80::9 dev eth0"},
	{"inet6 default dev eth0", "::/0 dev eth0"},
	{"inet default dev eth0", "default dev eth0"},
	{"inet 10.1.0.0/16 dev eth0", "10.1.0.0/16 dev eth0"},
	{"inet6 2001:db8::/32 dev eth0", "2001:db8::/32 dev eth0"},
	{"10.1.0.0/16 via inet 10.0.0.9", "10.1.0.0/16 via 10.0.0.9"},
	{"10.1.0.0/16 via inet6 fe80::9 dev eth0", "10.1.0.0/16 via fe80::9 dev eth0"},
	{"local 10.1.0.5 dev lo", "local 10.1.0.5/32 dev lo table 255"},
	{"local 10.1.0.5 dev lo table 9", "local 10.1.0.5/32 dev lo table 9"},
	{"broadcast 10.1.0.255 dev eth0 table 9", "broadcast 10.1.0.255/32 dev eth0 table 9"},
	{"brd 10.1.0.255 dev eth0", "broadcast 10.1.0.255/32 dev eth0 table 255"},
	{"anycast 2001:db8::1 dev eth0", "anycast 2001:db8::1/128 dev eth0 table 255"},
	{"multicast 239.0.0.0/8 dev eth0", "multicast 239.0.0.0/8 dev eth0"},
	{"blackhole 10.1.0.0/16", NULL},
	{"unreachable 10.1.0.0/16 metric 4294967295", NULL},
	{"prohibit 10.1.0.0/16", NULL},
	{"throw 10.1.0.0/16 table 7", NULL},
	{"2001:db8::/32 via fe80::9 dev eth0 from 2001:db8:1::/48", NULL},
	{"default from default via fe80::9 dev eth0", "::/0 via fe80::9 dev eth0"},
	{"10.1.0.0/16 dev eth0 vrf blue", NULL},
	{"10.1.0.0/16 dev eth0 protocol bgp no_track", "10.1.0.0/16 dev eth0 protocol 186 no_track"},
	{"10.1.0.0/16 dev eth0 protocol keepalived", "10.1.0.0/16 dev eth0"},
	{"10.1.0.0/16 dev eth0 realms 7", NULL},
	{"10.1.0.0/16 dev eth0 realms 5/7", NULL},
	{"2001:db8::/32 dev eth0 expires 60", "2001:db8::/32 dev eth0 expires 60 no_track"},
	{"2001:db8::/32 dev eth0 pref low", NULL},
	{"2001:db8::/32 dev eth0 pref medium", NULL},
	{"2001:db8::/32 dev eth0 pref high", NULL},
	{"2001:db8::/32 dev eth0 pref 2", NULL},
	{"10.1.0.0/16 dev eth0 ttl-propagate enabled", NULL},
	{"10.1.0.0/16 dev eth0 ttl-propagate disabled", NULL},
	{"10.1.0.0/16 dev eth0 dsfield 8", "10.1.0.0/16 dev eth0 tos 0x08"},
	{"10.1.0.0/16 dev eth0 mtu lock 1400", NULL},
	{"10.1.0.0/16 dev eth0 window 8192", NULL},
	{"10.1.0.0/16 dev eth0 rtt 100", NULL},
	{"10.1.0.0/16 dev eth0 rtt 100ms", "10.1.0.0/16 dev eth0 rtt 800"},
	{"10.1.0.0/16 dev eth0 rttvar lock 0.5s", "10.1.0.0/16 dev eth0 rttvar lock 2000"},
	{"10.1.0.0/16 dev eth0 rto_min 0.2s", "10.1.0.0/16 dev eth0 rto_min 200"},
	{"10.1.0.0/16 dev eth0 rto_min 0.0001s", "10.1.0.0/16 dev eth0 rto_min 1"},
	{"10.1.0.0/16 dev eth0 ssthresh lock 7 cwnd lock 8 advmss 1300 reordering 5", NULL},
	{"10.1.0.0/16 dev eth0 hoplimit 63 initcwnd 10 initrwnd 11 features ecn", NULL},
	{"10.1.0.0/16 dev eth0 quickack 1 fastopen_no_cookie 0 congctl lock bbr", NULL},
	{"10.1.0.0/16 dev eth0 add", NULL},
	{"10.1.0.0/16 dev eth0 prepend", NULL},
	{"10.1.0.0/16 dev eth0 append no_track", NULL},
	{"10.1.0.0/16 via 10.0.0.8 or 10.0.0.9", "10.1.0.0/16 nexthop via 10.0.0.8 nexthop via 10.0.0.9"},
	{"10.1.0.0/16 via 10.0.0.8 or 10.0.0.9 dev eth1",
		"10.1.0.0/16 nexthop via 10.0.0.8 dev eth1 nexthop via 10.0.0.9 dev eth1"},
	{"10.1.0.0/16 metric 5 nexthop via 10.0.0.8 weight 3 onlink dev eth0 realms 1/2 nexthop dev eth1 weight 256",
		"10.1.0.0/16 metric 5 nexthop via 10.0.0.8 dev eth0 weight 3 onlink realms 1/2 nexthop dev eth1 weight 256"},
	{"default nexthop via fe80::8 dev eth0 nexthop via fe80::9 dev eth0",
		"::/0 nexthop via fe80::8 dev eth0 nexthop via fe80::9 dev eth0"},
	{"10.1.0.0/16 nexthop encap mpls 20 via 10.0.0.8 nexthop dev eth1",
		"10.1.0.0/16 nexthop via 10.0.0.8 encap mpls 20 nexthop dev eth1"},
	{"10.1.0.0/16 encap ip id 18446744073709551615 dst 10.9.9.9 src 10.9.9.8 tos 4 ttl 9 flags 1 dev tun0",
		"10.1.0.0/16 dev tun0 encap ip id 18446744073709551615 dst 10.9.9.9 src 10.9.9.8 tos 0x04 ttl 9 flags 1"},
	{"10.1.0.0/16 dev tun0 encap ip6 id 5 dst 2001:db8::9 src 2001:db8::8 tc 0x00 hoplimit 0 flags 0", NULL},
	{"10.1.0.0/16 via 10.0.0.9 encap mpls 20/30/1048575", NULL},
	{"2001:db8::/64 via 2001:db8:1::1 encap ila 0:db8:0:1", NULL},
};

static const struct line rules[] = {
	{"from 10.0.0.0/8 table 100 preference 5", "preference 5 from 10.0.0.0/8 table 100"},
	{"to 2001:db8::/32 lookup main priority 5", "preference 5 to 2001:db8::/32 table 254"},
	{"inet6 table 7 order 5", "inet6 preference 5 table 7"},
	{"inet from default table 7 order 5", "preference 5 table 7"},
	{"preference 0 not from 10.1.2.3 table local", "preference 0 not from 10.1.2.3/32 table 255"},
	{"preference 5 from 10.1.2.3/8 table 7", "preference 5 from 10.0.0.0/8 table 7"},
	{"preference 5 tos 0x10 table 7", NULL},
	{"preference 5 dsfield 8 table 7", "preference 5 tos 0x08 table 7"},
	{"preference 5 fwmark 10 table 7", "preference 5 fwmark 0xa table 7"},
	{"preference 5 fwmark 0x10/0xf0 table 7", NULL},
	{"preference 5 fwmark 0x0/0x1 table 7", NULL},
	{"preference 5 dev eth1 oif eth2 table 7", "preference 5 iif eth1 oif eth2 table 7"},
	{"preference 5 iif lo table 7", NULL},
	{"preference 5 tunnel-id 18446744073709551615 table 7", NULL},
	{"preference 5 uidrange 0-99 table 7", NULL},
	{"preference 5 ipproto tcp sport 1000-2000 dport 80 table 7",
		"preference 5 ipproto 6 sport 1000-2000 dport 80-80 table 7"},
	{"preference 5 l3mdev", NULL},
	{"preference 5 goto 6", NULL},
	{"preference 5 type nop", "preference 5 nop"},
	{"preference 5 blackhole", NULL},
	{"preference 5 unreachable", NULL},
	{"preference 5 type prohibit", "preference 5 prohibit"},
	{"preference 5 table 7 realms 3/4", NULL},
	{"preference 5 table 7 suppress_prefixlength 0", NULL},
	{"preference 5 table 7 sup_pl 8 sup_group 9",
		"preference 5 table 7 suppress_prefixlength 8 suppress_ifgroup 9"},
	{"preference 5 table 7 suppress_ifgroup default", "preference 5 table 7 suppress_ifgroup 0"},
	{"preference 5 table 7 protocol bgp no_track", "preference 5 table 7 protocol 186 no_track"},
	{"preference 5 table 4294967295 protocol keepalived", "preference 5 table 4294967295"},
};

static const struct line addresses[] = {
	{"10.1.0.1 peer 10.1.0.2", "10.1.0.1/32 peer 10.1.0.2/32"},
	{"10.1.0.1 peer 10.1.0.2/30 noprefixroute", "10.1.0.1/30 peer 10.1.0.2/30 noprefixroute"},
	{"2001:db8::1/64 home", NULL},
	{"2001:db8::1/64 -nodad mngtmpaddr", NULL},
	{"10.1.0.1/24 autojoin", NULL},
	{"10.1.0.1/24 preferred_lft 0", NULL},
	{"2001:db8::1/128 preferred_lft forever", NULL},
	{"2001:db8::1/64 preferred_lft 3600", NULL},
	{"10.1.0.1/24 dev eth1 no_track", NULL},
};

/* The line of the canonical form, without the rest. */
static char *canonical_line(const char *before, const char *block, const char *line)
{
	struct conf_result result;
	char text[1024];
	snprintf(text, sizeof text, "%s%s%s", before, line, AFTER);
	read_text(text, &result);
	if (!result.conf || result.message_count)
		fail_msg("%s: %s", line, result.messages[0].text);
	assert_fixed_point(result.conf);
	char *printed = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
	char *begin = strstr(printed, block);
	assert_non_null(begin);
	begin = strchr(begin, '\n') + 1;
	begin += strspn(begin, " ");
	begin[strcspn(begin, "\n")] = '\0';
	char *copy = strdup(begin);
	free(printed);
	conf_result_free(&result);
	return copy;
}

static void check_canonical(const char *before, const char *block, const struct line *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *printed = canonical_line(before, block, list[i].line);
		assert_string_equal(printed, list[i].canonical ? list[i].canonical : list[i].line);
		free(printed);
	}
}

#define COUNT(array) (sizeof array / sizeof *array)

static void test_every_line_has_its_canonical_form(void **state)
{
	(void)state;
	check_canonical(BEFORE, "virtual_routes", lines, COUNT(lines));
	check_canonical(RULES, "virtual_rules", rules, COUNT(rules));
	check_canonical(EXCLUDED, "virtual_ipaddress_excluded", addresses, COUNT(addresses));
}

static bool stands_in_a_line(const struct line *list, size_t count, const char *word)
{
	size_t length = strlen(word);
	for (size_t i = 0; i < count; i++)
		for (const char *at = list[i].line; (at = strstr(at, word)); at += length)
			if ((at == list[i].line || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
				return true;
	return false;
}

static void test_every_keyword_stands_in_a_line(void **state)
{
	static const struct keyword_table *const tables[] = {
		&route_keywords, &hop_keywords, &encap_ip_keywords, &encap_ip6_keywords, &rule_keywords};
	static const char *const refused[] = {"nat", "xresolve", "as", "track_group"};
	(void)state;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (size_t k = 0; k < tables[i]->count; k++) {
			const char *word = tables[i]->rows[k].word;
			bool is_refused = false;
			for (size_t m = 0; m < sizeof refused / sizeof *refused; m++)
				is_refused |= strcmp(word, refused[m]) == 0;
			bool stands = tables[i] == &rule_keywords ? stands_in_a_line(rules, COUNT(rules), word)
								  : stands_in_a_line(lines, COUNT(lines), word);
			if (!is_refused && !stands)
				fail_msg("no line has '%s'", word);
		}
}

static void check_wrong(const char *before, const struct wrong_line *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[1024];
		snprintf(text, sizeof text, "%s%s%s", before, cases[i].line, AFTER);
		assert_one_error(text, 6, cases[i].column, cases[i].words);
	}
}

static void test_what_is_wrong(void **state)
{
	static const struct wrong_line cases[] = {
		{"nat 10.1.0.0/16 via 10.0.0.9", 1, "no routes of type nat"},
		{"xresolve 10.1.0.0/16", 1, "no routes of type xresolve"},
		{"10.1.0.0/16 dev eth0 as to 10.2.0.0", 22, "only MPLS routes"},
		{"10.1.0.0/16 dev eth0 track_group G", 1, "for lines of static_routes"},
		{"10.1.0.0/16 dev eth0 mtu", 22, "'mtu' needs a value"},
		{"10.1.0.0/16 dev eth0 mtu lock", 26, "'mtu' needs a value"},
		{"10.1.0.0/16 dev eth0 mtu 67", 26, "mtu takes 68 to"},
		{"10.1.0.0/16 dev eth0 mtu -1", 26, "mtu takes"},
		{"10.1.0.0/16 dev eth0 hoplimit 256", 31, "hoplimit takes 0 to 255"},
		{"10.1.0.0/16 dev eth0 quickack 2", 31, "quickack takes 0 to 1"},
		{"10.1.0.0/16 dev eth0 rtt fast", 26, "a time such as 200ms"},
		{"10.1.0.0/16 dev eth0 rtt 10m", 26, "a time such as 200ms"},
		{"10.1.0.0/16 dev eth0 rtt 1.2.3s", 26, "a time such as 200ms"},
		{"10.1.0.0/16 dev eth0 rto_min 99999999999s", 30, "a time such as 200ms"},
		{"10.1.0.0/16 dev eth0 features ecm", 31, "the one feature is ecn"},
		{"10.1.0.0/16 dev eth0 congctl a-name-that-is-too-long", 30, "1 to 15 bytes"},
		{"10.1.0.0/16 dev eth0 lock mtu 1400", 22, "'lock' stands behind"},
		{"10.1.0.0/16 dev eth0 protocol 256", 31, "rt_protos"},
		{"10.1.0.0/16 dev eth0 protocol nobody", 31, "rt_protos"},
		{"10.1.0.0/16 dev eth0 realms 1/2/3", 29, "realms are"},
		{"10.1.0.0/16 dev eth0 realms 65536", 29, "realms are"},
		{"10.1.0.0/16 dev eth0 realms", 22, "'realms' needs a value"},
		{"2001:db8::/32 dev eth0 realms 7", 1, "realms are for IPv4"},
		{"10.1.0.0/16 dev eth0 pref high", 1, "for IPv6 routes alone"},
		{"10.1.0.0/16 dev eth0 expires 60", 1, "for IPv6 routes alone"},
		{"2001:db8::/32 dev eth0 expires 0", 32, "out of range"},
		{"2001:db8::/32 dev eth0 pref 4", 29, "pref is low"},
		{"2001:db8::/32 dev eth0 from 10.0.0.0/8", 1, "from is of another family"},
		{"10.1.0.0/16 dev eth0 ttl-propagate on", 36, "is one of"},
		{"10.1.0.0/16 dev eth0 table 5 vrf blue", 1, "both say which table"},
		{"2001:db8::/32 via 10.0.0.9", 1, "only via of an IPv4 route may be IPv6"},
		{"10.1.0.0/16 via inet6 10.0.0.9", 23, "not of the family that inet6 says"},
		{"10.1.0.0/16 via inet6", 17, "'via' needs a value"},
		{"10.1.0.0/16 or 10.0.0.9", 13, "behind the first router"},
		{"10.1.0.0/16 via 10.0.0.8 nexthop via 10.0.0.9", 1, "stand behind each nexthop"},
		{"10.1.0.0/16 nexthop", 13, "a nexthop needs"},
		{"10.1.0.0/16 nexthop weight 3", 13, "a nexthop needs"},
		{"10.1.0.0/16 nexthop via 10.0.0.8 weight 257", 41, "out of range"},
		{"10.1.0.0/16 nexthop via 10.0.0.8 metric 5", 34, "stands before the first nexthop"},
		{"10.1.0.0/16 nexthop via 10.0.0.8 wieght 5", 34, "did you mean 'weight'"},
		{"10.1.0.0/16 dev eth0 encap", 22, "'encap' needs a value"},
		{"10.1.0.0/16 dev eth0 encap gre", 28, "encap is ip, ip6, mpls or ila"},
		{"10.1.0.0/16 dev eth0 encap ip ttl 5", 28, "needs the end of the tunnel or its id"},
		{"10.1.0.0/16 dev eth0 encap ip dst 2001:db8::1", 35, "takes an IPv4 address"},
		{"10.1.0.0/16 dev eth0 encap ip6 dst 10.0.0.1", 36, "takes an IPv6 address"},
		{"10.1.0.0/16 dev eth0 encap ip id 18446744073709551616", 34, "up to 64 bits"},
		{"10.1.0.0/16 dev eth0 encap ip id 1 ttl 256", 40, "out of range"},
		{"10.1.0.0/16 dev eth0 encap mpls", 28, "'encap' needs a value"},
		{"10.1.0.0/16 dev eth0 encap mpls 20//30", 33, "labels are"},
		{"10.1.0.0/16 dev eth0 encap mpls 1048576", 33, "labels are"},
		{"10.1.0.0/16 dev eth0 encap mpls 1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", 33, "labels are"},
		{"10.1.0.0/16 dev eth0 encap ila 1:2:3", 32, "a locator is"},
		{"10.1.0.0/16 dev eth0 encap ila 1:2:3:4:5", 32, "a locator is"},
		{"10.1.0.0/16 dev eth0 encap ila 12345:2:3:4", 32, "a locator is"},
		{"blackhole 10.1.0.0/16 dev eth0", 1, "has no via, dev or onlink"},
		{"local 10.1.0.1", 1, "needs an interface"},
	};
	(void)state;
	check_wrong(BEFORE, cases, COUNT(cases));
}

static void test_what_is_wrong_in_rules(void **state)
{
	static const struct wrong_line cases[] = {
		{"preference 5 from 10.0.0.0/8 to 2001:db8::/32 table 7", 1, "all of one family"},
		{"preference 5 inet6 from 10.0.0.0/8 table 7", 1, "all of one family"},
		{"preference 5 from ten table 7", 19, "not an IP address"},
		{"preference 5 table 7 blackhole", 22, "does one thing only"},
		{"preference 5 goto 9 nop", 21, "does one thing only"},
		{"preference 5 l3mdev table 7", 1, "write one of them"},
		{"goto 5 from 10.0.0.0/8", 1, "needs a preference of its own"},
		{"preference 5 goto 5", 1, "a higher preference only"},
		{"preference 5 goto main", 19, "goto takes the preference"},
		{"preference 5 blackhole suppress_prefixlength 8", 1, "need a table"},
		{"preference 5 inet6 table 7 realms 3", 1, "for IPv4 rules alone"},
		{"preference 5 table 0", 20, "no routing table 0"},
		{"preference 5 table nowhere", 20, "rt_tables"},
		{"preference 5 table", 14, "'table' needs a value"},
		{"preference -1 table 7", 12, "out of range"},
		{"preference 5 fwmark 0x1ffffffff table 7", 21, "a number of 32 bits"},
		{"preference 5 fwmark 1/2/3 table 7", 21, "a number of 32 bits"},
		{"preference 5 uidrange 9-5 table 7", 23, "FIRST-LAST"},
		{"preference 5 uidrange 9 table 7", 23, "FIRST-LAST"},
		{"preference 5 ipproto smoke table 7", 22, "tcp or udp"},
		{"preference 5 sport 0 table 7", 20, "PORT or FIRST-LAST"},
		{"preference 5 sport 9-5 table 7", 20, "PORT or FIRST-LAST"},
		{"preference 5 dport 65536 table 7", 20, "PORT or FIRST-LAST"},
		{"preference 5 tunnel-id x table 7", 24, "up to 64 bits"},
		{"preference 5 table 7 track_group G", 1, "for lines of static_rules"},
		{"preference 5 form 10.0.0.0/8 table 7", 14, "did you mean 'from'"},
		{"preference 5 10.0.0.0/8 table 7", 14, "unknown word"},
	};
	(void)state;
	check_wrong(RULES, cases, COUNT(cases));
}

static void test_what_is_wrong_in_addresses(void **state)
{
	static const struct wrong_line cases[] = {
		{"10.1.0.1 peer", 10, "'peer' needs a value"},
		{"10.1.0.1 peer 10.1.0", 15, "not an IP address"},
		{"10.1.0.1 peer 2001:db8::1", 1, "of one family"},
		{"10.1.0.1 preferred_lft soon", 24, "forever or a number"},
		{"10.1.0.1 track_group G", 1, "for lines of static_ipaddress"},
	};
	(void)state;
	check_wrong(EXCLUDED, cases, COUNT(cases));
}

static void test_what_ipv4_addresses_lack(void **state)
{
	static const char *const words[] = {"home", "-nodad", "mngtmpaddr"};
	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		struct conf_result result;
		char text[256];
		snprintf(text, sizeof text, "%s10.1.0.1 %s%s", EXCLUDED, words[i], AFTER);
		assert_one_warning(text, 6, 1, "has no effect on an IPv4 address", &result);
		conf_result_free(&result);
	}
}

#define STATICS                                                                                              \
	"global_defs { default_interface eth7\n}\n"                                                          \
	"track_group G { group { A }\n}\n"                                                                   \
	"static_ipaddress {\n10.2.0.1/24\n10.2.0.2/24 dev eth8 track_group G\n}\n"                           \
	"static_routes { 10.3.0.0/16 via 10.2.0.9 dev eth9 track_group G\n10.4.0.0/16 dev eth6\n}\n"          \
	"static_rules { from 10.2.0.0/24 table 7 preference 9 iif eth5 track_group G\n}\n"

/* What names the group is tracked by its instances, and is in the canonical form of the static thing alone. */
static void test_statics(void **state)
{
	static const char *const tracked[] = {"eth8", "eth9", "eth5"};
	struct conf_result result;
	(void)state;
	read_text(STATICS ADDRESSED_INSTANCE "}\n", &result);
	assert_clean(&result);
	assert_int_equal(result.conf->statics.address_count, 2);
	assert_string_equal(address_options(&result.conf->statics.addresses[0])->device, "eth7");
	assert_int_equal(result.conf->statics.route_count, 2);
	assert_int_equal(result.conf->statics.rule_count, 1);
	assert_int_equal(result.conf->track_group_count, 1);
	const struct vr_config *vr = &result.conf->instances[0].vr;
	assert_int_equal(vr->extra->tracked_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(vr->extra->tracked[i].name, tracked[i]);
		assert_int_equal(vr->extra->tracked[i].weight, 0);
		assert_true(vr->extra->tracked[i].implied);
	}
	char *printed = conf_print_alloc(result.conf, CONF_SECRETS_SHOWN, NULL);
	assert_null(strstr(printed, "track_interface"));
	free(printed);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

static void test_what_is_wrong_with_statics(void **state)
{
	struct conf_result result;
	(void)state;
	assert_one_error("static_routes {\ndefault dev eth1 track_group H\n}\n" ADDRESSED_INSTANCE "}\n", 2, 1,
		"there is no track_group 'H'");
	assert_one_error("static_ipaddress {\n10.2.0.1/24 use_vmac\n}\n" ADDRESSED_INSTANCE "}\n", 2, 1,
		"for addresses of an instance");
	assert_one_error("track_group G { group { B }\n}\nstatic_routes { default dev eth1 track_group G\n}\n"
		ADDRESSED_INSTANCE "}\n", 1, 25, "there is no vrrp_instance 'B'");
	assert_one_warning("track_group G {\ngroup { A }\n}\n" ADDRESSED_INSTANCE "}\n", 1, 13,
		"it has no effect", &result);
	conf_result_free(&result);
}

/* The interface of what an instance uses is tracked, but its own one, one that it says something of itself, and no_track. */
static void test_implied_tracking(void **state)
{
	static const char *const tracked[] = {"eth4", "eth1", "eth2", "eth3"};
	struct conf_result result;
	(void)state;
	read_text("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\npreempt\ntrack_interface { eth4 weight 5\n}\n"
		  "virtual_ipaddress {\n10.0.0.1\n10.1.0.1/24 dev eth1\n10.1.0.2/24 dev eth0\n10.1.0.3/24 dev eth5 no_track\n}\n"
		  "virtual_routes {\n10.2.0.0/16 dev eth2\n10.3.0.0/16 dev eth4\n10.4.0.0/16 dev eth6 no_track\n}\n"
		  "virtual_rules {\npreference 5 iif eth3 table 7\npreference 6 oif eth7 table 7 no_track\n}\n}\n",
		&result);
	assert_non_null(result.conf);
	const struct vr_config *vr = &result.conf->instances[0].vr;
	assert_int_equal(vr->extra->tracked_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(vr->extra->tracked[i].name, tracked[i]);
	assert_int_equal(vr->extra->tracked[0].weight, 5);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

/* They are counted over all instances, and those with a preference do not count. */
static void test_rules_without_a_preference(void **state)
{
	static const unsigned wanted[] = {16384, 9, 16383};
	struct conf_result result;
	(void)state;
	read_text(RULES "from 10.1.0.0/16 table 7\nfrom 10.2.0.0/16 table 7 preference 9\nfrom 10.3.0.0/16 table 7\n}\n}\n"
			"vrrp_instance B {\ninterface eth1\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.1.1 }\n"
			"virtual_rules { blackhole from 10.4.0.0/16\n}\n}\n",
		&result);
	assert_non_null(result.conf);
	assert_message(&result, CONF_WARNING, 6, 1, "it gets 16384");
	assert_message(&result, CONF_WARNING, 8, 1, "it gets 16383");
	assert_int_equal(result.message_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(result.conf->instances[0].vr.extra->rules[i].preference, wanted[i]);
	assert_int_equal(result.conf->instances[1].vr.extra->rules[0].preference, 16382);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
}

static void test_a_rule_that_does_nothing(void **state)
{
	struct conf_result result;
	(void)state;
	assert_one_warning(RULES "preference 5 from 10.0.0.0/8" AFTER, 6, 1, "looks into the main table", &result);
	assert_int_equal(result.conf->instances[0].vr.extra->rules[0].table, 254);
	conf_result_free(&result);
}

static void test_too_many_next_hops(void **state)
{
	static char text[READER_LINE_MAX];
	(void)state;
	strcpy(text, BEFORE "default");
	for (int i = 0; i <= ROUTE_HOPS_MAX; i++)
		sprintf(text + strlen(text), " nexthop via 10.0.0.%d", i + 1);
	strcat(text, AFTER);
	assert_one_error(text, 6, 0, "more than 32 next hops");
}

/* Somebody else's mark would hide its loss. */
static void test_the_mark_of_a_tracked_route(void **state)
{
	struct conf_result result;
	(void)state;
	assert_one_warning(BEFORE "default via 10.0.0.9 protocol static" AFTER, 6, 1, "write no_track", &result);
	assert_int_equal(result.conf->instances[0].vr.extra->routes[0].protocol, 0);
	conf_result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_line_has_its_canonical_form),
		cmocka_unit_test(test_every_keyword_stands_in_a_line),
		cmocka_unit_test(test_what_is_wrong),
		cmocka_unit_test(test_what_is_wrong_in_rules),
		cmocka_unit_test(test_what_is_wrong_in_addresses),
		cmocka_unit_test(test_what_ipv4_addresses_lack),
		cmocka_unit_test(test_statics),
		cmocka_unit_test(test_what_is_wrong_with_statics),
		cmocka_unit_test(test_implied_tracking),
		cmocka_unit_test(test_rules_without_a_preference),
		cmocka_unit_test(test_a_rule_that_does_nothing),
		cmocka_unit_test(test_too_many_next_hops),
		cmocka_unit_test(test_the_mark_of_a_tracked_route),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
