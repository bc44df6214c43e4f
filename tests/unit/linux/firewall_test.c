/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nftables rules, in a namespace: what nft(8) reads back, and what a failure leaves. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/firewall.h"
#include "linux/nftables_events.h"
#include "linux/nftables_socket.h"
#include "namespace.h"

#define LEFT 100
#define RIGHT 101

static struct firewall firewall;

static const struct mac_addr virtual_mac = {{0, 0, 0x5e, 0, 1, 51}};
static const struct mac_addr other_mac = {{0, 0, 0x5e, 0, 1, 52}};

static struct ip_addr address(const char *text)
{
	struct ip_addr parsed;

	assert_true(ip_parse(text, strlen(text), &parsed));
	return parsed;
}

static int change(enum firewall_op_type type, int ifindex, const char *text, const struct mac_addr *mac)
{
	struct firewall_op op = {.type = type, .ifindex = ifindex};

	if (text != NULL)
		op.address = address(text);
	if (mac != NULL)
		op.mac = *mac;
	return firewall_change(&firewall, &op, 1);
}

/* Whether nft lists a line that matches the pattern. */
static bool listed(const char *pattern)
{
	char command[512];

	snprintf(command, sizeof(command), "nft list ruleset | grep -qE '%s'", pattern);
	return succeeds(command);
}

static bool nothing_listed(void)
{
	return succeeds("test -z \"$(nft list ruleset)\"");
}

static const struct firewall_style style = {.priority = -300};

static int begin(void **state)
{
	(void)state;
	run("ip link del left 2>/dev/null; nft flush ruleset");
	cable("left", LEFT, "right", RIGHT);
	firewall_open(&firewall, nft_socket_open(), "vigia", &style);
	return firewall.socket < 0 ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	firewall_close(&firewall);
	/* Owned tables end with their last descriptor; the others are for us to remove. */
	run("nft flush ruleset");
	return nothing_listed() ? 0 : -1;
}

/* Another table than vigia, another priority, and rules that count. */
static void as_the_configuration_says(void **state)
{
	static const struct firewall_style other = {.priority = -7, .counts = true};

	(void)state;
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_true(listed("priority raw; policy accept"));
	assert_false(listed("counter packets"));
	firewall_close(&firewall);
	firewall_open(&firewall, nft_socket_open(), "keepalived", &other);
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_true(listed("table inet keepalived"));
	assert_true(listed("hook input priority (filter - |-)7; policy accept"));
	assert_true(listed("daddr @refused4 counter packets [0-9]+ bytes [0-9]+ drop"));
	assert_true(listed("icmpv6 type .* counter packets [0-9]+ bytes [0-9]+ accept"));
}

static int take_generation(const struct nlattr *attribute, void *found)
{
	if (mnl_attr_get_type(attribute) == NFTA_GEN_ID)
		*(uint32_t *)found = ntohl(mnl_attr_get_u32(attribute));
	return MNL_CB_OK;
}

/* How many transactions there were in the namespace. */
static uint32_t generation(void)
{
	const struct {
		struct nlmsghdr header;
		struct nfgenmsg body;
	} request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg)),
			     .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
			     .nlmsg_flags = NLM_F_REQUEST},
		.body.version = NFNETLINK_V0};
	_Alignas(struct nlmsghdr) char answer[4096];
	uint32_t found = 0;
	int fd = nft_socket_open();

	assert_true(fd >= 0);
	assert_true(send(fd, &request, request.header.nlmsg_len, 0) > 0);
	assert_true(recv(fd, answer, sizeof(answer), 0) > 0);
	mnl_attr_parse((const struct nlmsghdr *)answer, sizeof(struct nfgenmsg), take_generation, &found);
	close(fd);
	assert_true(found > 0);
	return found;
}

/* By a reload: everything has moved after one transaction, so that nothing is missing at any time. */
static void another_name_and_style(void **state)
{
	static const struct firewall_style other = {.priority = -7, .counts = true};
	uint32_t before;

	(void)state;
	assert_int_equal(firewall_follow(&firewall, "early", &style), 0); /* there is nothing to move yet */
	assert_true(nothing_listed());
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_MUTE, 0, "10.0.0.101", NULL), 0);
	assert_int_equal(change(FIREWALL_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	assert_true(listed("table netdev early\\.100"));
	before = generation();
	assert_int_equal(firewall_follow(&firewall, "early", &style), 0);
	assert_int_equal(generation(), before);
	assert_int_equal(firewall_follow(&firewall, "late", &style), 0);
	assert_int_equal(generation(), before + 1);
	assert_false(listed("early"));
	assert_true(listed("table inet late") && listed("table arp late") && listed("table netdev late\\.100"));
	assert_true(listed("elements = . 10.0.0.100 ") && listed("10.0.0.100 : 00:00:5e:00:01:33 "));
	assert_int_equal(firewall_follow(&firewall, "late", &other), 0);
	assert_int_equal(generation(), before + 2);
	assert_true(listed("hook input priority (filter - |-)7; policy accept"));
	assert_true(listed("daddr @refused4 counter packets [0-9]+ bytes [0-9]+ drop"));
	assert_true(listed("elements = . 10.0.0.100 "));
	assert_int_equal(change(FIREWALL_ACCEPT, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_UNMUTE, 0, "10.0.0.101", NULL), 0);
	assert_int_equal(change(FIREWALL_NO_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	assert_true(nothing_listed());
}

/* A name that somebody else has: the old tables stay, and work. */
static void a_name_that_is_taken(void **state)
{
	struct firewall other;
	struct firewall_op op = {.type = FIREWALL_REFUSE, .address = address("10.0.0.102")};

	(void)state;
	firewall_open(&other, nft_socket_open(), "taken", &style);
	assert_int_equal(firewall_change(&other, &op, 1), 0);
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_not_equal(firewall_follow(&firewall, "taken", &style), 0);
	assert_true(listed("10.0.0.100") && listed("10.0.0.102"));
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.101", NULL), 0);
	assert_true(listed("table inet vigia") && listed("10.0.0.101"));
	firewall_close(&other);
	assert_int_equal(firewall_follow(&firewall, "taken", &style), 0);
	assert_false(listed("vigia"));
	assert_true(listed("10.0.0.101"));
}

static void refuse_and_accept(void **state)
{
	(void)state;
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_REFUSE, 0, "2001:db8::100", NULL), 0);
	assert_true(listed("table inet vigia"));
	assert_true(listed("flags owner"));
	assert_true(listed("ip daddr @refused4 drop"));
	assert_true(listed("ip6 daddr @refused6 drop"));
	assert_true(listed("elements = . 10.0.0.100 "));
	assert_true(listed("elements = . 2001:db8::100 "));
	assert_int_equal(change(FIREWALL_ACCEPT, 0, "10.0.0.100", NULL), 0);
	assert_false(listed("10.0.0.100"));
	assert_true(listed("2001:db8::100"));
	assert_int_equal(change(FIREWALL_ACCEPT, 0, "2001:db8::100", NULL), 0);
	assert_true(nothing_listed());
}

static void two_users_of_one_element(void **state)
{
	(void)state;
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_ACCEPT, 0, "10.0.0.100", NULL), 0);
	assert_true(listed("10.0.0.100"));
	assert_int_equal(change(FIREWALL_ACCEPT, 0, "10.0.0.100", NULL), 0);
	assert_true(nothing_listed());
	/* Once more than it was taken: nothing happens. */
	assert_int_equal(change(FIREWALL_ACCEPT, 0, "10.0.0.100", NULL), 0);
}

static void refused_addresses_do_not_answer(void **state)
{
	(void)state;
	run("ip addr add 10.0.0.100/32 dev lo && ip addr add 10.0.0.101/32 dev lo");
	run("ping -qc1 -W1 10.0.0.100 >/dev/null");
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	/* From the host itself it is still there. */
	run("ping -qc1 -W1 10.0.0.100 >/dev/null");
	run("ip addr del 10.0.0.100/32 dev lo && ip addr del 10.0.0.101/32 dev lo");
}

static void virtual_macs(void **state)
{
	(void)state;
	assert_int_equal(change(FIREWALL_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	assert_int_equal(change(FIREWALL_VMAC, LEFT, "2001:db8::100", &virtual_mac), 0);
	assert_true(listed("table netdev vigia.100"));
	assert_true(listed("hook ingress device \"left\""));
	assert_true(listed("hook egress device \"left\""));
	assert_true(listed("@ll,0,48 map @macs meta pkttype set host"));
	assert_true(listed("elements = . 10.0.0.100 : 00:00:5e:00:01:33 "));
	assert_true(listed("elements = . 2001:db8::100 : 00:00:5e:00:01:33 "));
	/* The same address with another MAC: the newer one counts, and leaves alone. */
	assert_int_equal(change(FIREWALL_VMAC, LEFT, "10.0.0.100", &other_mac), 0);
	assert_true(listed("10.0.0.100 : 00:00:5e:00:01:34 "));
	assert_int_equal(change(FIREWALL_NO_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	assert_true(listed("10.0.0.100 : 00:00:5e:00:01:34 "));
	assert_int_equal(change(FIREWALL_NO_VMAC, LEFT, "10.0.0.100", &other_mac), 0);
	assert_false(listed("00:00:5e:00:01:34"));
	assert_int_equal(change(FIREWALL_NO_VMAC, LEFT, "2001:db8::100", &virtual_mac), 0);
	assert_true(nothing_listed());
}

static void muted_and_quiet(void **state)
{
	(void)state;
	assert_int_equal(change(FIREWALL_MUTE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_MUTE, 0, "2001:db8::100", NULL), 0);
	assert_int_equal(change(FIREWALL_QUIET, LEFT, NULL, NULL), 0);
	assert_true(listed("table arp vigia"));
	assert_true(listed("arp daddr ip @muted drop"));
	assert_true(listed("ip daddr @muted4 drop"));
	assert_true(listed("elements = . \"left\" "));
	assert_int_equal(change(FIREWALL_DEAF, LEFT, NULL, NULL), 0);
	assert_true(listed("iif @deaf .*icmpv6 type .* drop"));
	assert_int_equal(change(FIREWALL_NOT_DEAF, LEFT, NULL, NULL), 0);
	assert_int_equal(change(FIREWALL_UNMUTE, 0, "10.0.0.100", NULL), 0);
	assert_false(listed("table arp"));
	assert_int_equal(change(FIREWALL_UNMUTE, 0, "2001:db8::100", NULL), 0);
	assert_int_equal(change(FIREWALL_NOT_QUIET, LEFT, NULL, NULL), 0);
	assert_true(nothing_listed());
}

static void all_or_none(void **state)
{
	struct firewall_op ops[] = {
		{.type = FIREWALL_REFUSE, .address = address("10.0.0.100")},
		{.type = FIREWALL_VMAC,
			.ifindex = 9999,
			.address = address("10.0.0.100"),
			.mac = virtual_mac},
	};

	(void)state;
	assert_int_equal(firewall_change(&firewall, ops, 2), -ENODEV);
	assert_true(nothing_listed());
	assert_int_equal(firewall_change(&firewall, ops, 1), 0);
	ops[0].address = address("10.0.0.101");
	assert_int_equal(firewall_change(&firewall, ops, 2), -ENODEV);
	assert_true(listed("10.0.0.100"));
	assert_false(listed("10.0.0.101"));
	assert_int_equal(change(FIREWALL_ACCEPT, 0, "10.0.0.100", NULL), 0);
	assert_true(nothing_listed());
}

static void nobody_else_can_touch_them(void **state)
{
	(void)state;
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	run("nft flush ruleset");
	assert_true(listed("10.0.0.100"));
	assert_false(succeeds("nft delete table inet vigia 2>/dev/null"));
}

/* An old kernel knows no owners. */
static void put_back_after_somebody_removed_them(void **state)
{
	(void)state;
	firewall.owned = false;
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	run("nft flush ruleset");
	assert_true(nothing_listed());
	assert_int_equal(firewall_put_back(&firewall, -1), 0);
	assert_true(listed("elements = . 10.0.0.100 "));
	assert_true(listed("10.0.0.100 : 00:00:5e:00:01:33 "));
	/* A change that meets with less than it believes replaces everything. */
	run("nft flush ruleset");
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.101", NULL), 0);
	assert_true(listed("elements = . 10.0.0.100, 10.0.0.101 "));
	assert_true(listed("10.0.0.100 : 00:00:5e:00:01:33 "));
}

static void a_successor_replaces_what_it_finds(void **state)
{
	const int copy = dup(firewall.socket);

	(void)state;
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	firewall_close(&firewall);
	assert_true(listed("10.0.0.100 : 00:00:5e:00:01:33 "));
	firewall_open(&firewall, copy, "vigia", &style);
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.101", NULL), 0);
	assert_false(listed("10.0.0.100"));
	assert_true(listed("10.0.0.101"));
	assert_false(listed("netdev"));
}

static void the_guard_removes_everything(void **state)
{
	const int copy = dup(firewall.socket);

	(void)state;
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_MUTE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	run("nft add table inet vigia-2");
	firewall_close(&firewall);
	assert_int_equal(nft_socket_remove(copy, "vigia"), 0);
	assert_false(listed("table .* vigia(\\.| )"));
	assert_true(listed("table inet vigia-2"));
	close(copy);
}

/* Whatever the engine called its tables last: they belong to the socket. */
static void the_guard_removes_what_has_another_name(void **state)
{
	const int copy = dup(firewall.socket);

	(void)state;
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(firewall_follow(&firewall, "late", &style), 0);
	firewall_close(&firewall);
	/* a successor that does not know it, either */
	firewall_open(&firewall, dup(copy), "vigia", &style);
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.101", NULL), 0);
	assert_false(listed("late"));
	assert_true(listed("10.0.0.101"));
	assert_int_equal(firewall_follow(&firewall, "later", &style), 0);
	firewall_close(&firewall);
	assert_int_equal(nft_socket_remove(copy, "vigia"), 0);
	assert_true(nothing_listed());
	close(copy);
}

static int make_mortal(const char *first, const char *second)
{
	struct ip_addr list[] = {address(first), address(second)};

	return firewall_make_mortal(&firewall, list, 2, 100 * DUR_S);
}

/* One table says that we live, and goes with us; the other one stays. */
static void mortal_addresses(void **state)
{
	(void)state;
	assert_int_equal(make_mortal("10.0.0.100", "2001:db8::100"), 0);
	assert_true(listed("table arp vigia.alive") && listed("table ip6 vigia.alive"));
	assert_true(listed("request timeout 1m40s"));
	assert_true(listed("nd-neighbor-advert timeout 1m40s"));
	assert_true(listed("arp operation @kinds arp saddr ip @mortal drop"));
	assert_true(listed("icmpv6 type @kinds ip6 saddr @mortal drop"));
	assert_true(listed("elements = . 10.0.0.100 ") && listed("elements = . 2001:db8::100 "));
	/* Others come and go beside them. */
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(change(FIREWALL_ACCEPT, 0, "10.0.0.100", NULL), 0);
	assert_false(listed("inet"));
	assert_int_equal(make_mortal("10.0.0.101", "10.0.0.102"), 0);
	assert_false(listed("10.0.0.100") || listed("ip6"));
	/* Longer, from now on. */
	assert_int_equal(firewall_make_mortal(&firewall, NULL, 2, 500 * DUR_S), 0);
	assert_true(listed("request timeout 8m20s"));
	assert_true(listed("10.0.0.102"));
	firewall_close(&firewall);
	assert_false(listed("alive"));
	assert_true(listed("10.0.0.102"));
	/* The next one replaces it, even if it wants something else. */
	firewall_open(&firewall, nft_socket_open(), "vigia", &style);
	assert_int_equal(firewall_put_back(&firewall, -1), 0);
	assert_true(nothing_listed());
	assert_int_equal(make_mortal("10.0.0.101", "10.0.0.102"), 0);
	assert_int_equal(firewall_make_mortal(&firewall, NULL, 0, 0), 0);
	assert_true(nothing_listed());
}

/* Where that table can be owned and outlive its owner, nobody changes it before. */
static void nobody_else_can_touch_mortal_addresses(void **state)
{
	static const char *const theirs[] = {"delete table arp vigia.after", "flush chain ip6 vigia.after output",
		"flush set arp vigia.after mortal", "delete element arp vigia.after kinds { reply }",
		"add table arp vigia.after { flags dormant; }"};
	const bool known = firewall.persists;
	char command[128];

	(void)state;
	assert_int_equal(make_mortal("10.0.0.100", "2001:db8::100"), 0);
	assert_true(firewall_is_open_to_others(&firewall, false) == !firewall.persists);
	if (!known)
		skip(); /* before Linux 6.9 */
	assert_true(firewall.persists);
	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
		snprintf(command, sizeof(command), "nft '%s' 2>&1 | grep -q 'not permitted'", theirs[i]);
		assert_true(succeeds(command));
	}
	run("nft flush ruleset");
	assert_true(listed("table ip6 vigia.after") && listed("elements = . 10.0.0.100 .$") && listed("reply timeout"));
	/* So there is nothing to put back, and it is not even looked for. */
	assert_int_equal(firewall_put_back(&firewall, -1), 0);
	firewall_close(&firewall);
	assert_true(listed("table ip6 vigia.after") && listed("elements = . 10.0.0.100 .$"));
	run("nft delete table arp vigia.after");
	run("nft flush ruleset");
	assert_true(nothing_listed());
}

static bool all_of_both_kinds_listed(void)
{
	return listed("table ip6 vigia.after") && listed("table ip6 vigia.alive") && listed("elements = . 10.0.0.200 .$");
}

/* An engine that was to be the next one has the same socket, and so owns what it likes. */
static void what_another_process_did_by_our_socket(void **state)
{
	(void)state;
	assert_int_equal(make_mortal("10.0.0.100", "2001:db8::100"), 0);
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.200", NULL), 0);
	assert_int_equal(nft_socket_remove(firewall.socket, "vigia"), 0);
	assert_true(nothing_listed());
	assert_int_equal(firewall_make_mortal(&firewall, NULL, 2, 100 * DUR_S), 0);
	assert_true(all_of_both_kinds_listed());
	assert_int_equal(nft_socket_remove(firewall.socket, "vigia"), 0);
	firewall_forget(&firewall);
	assert_int_equal(firewall_put_back(&firewall, -1), 0);
	assert_true(all_of_both_kinds_listed());
}

/* By hand: `nft flush ruleset` takes what is not owned. */
static void mortal_addresses_come_back(void **state)
{
	(void)state;
	firewall.persists = false;
	assert_int_equal(make_mortal("10.0.0.100", "2001:db8::100"), 0);
	run("nft delete table arp vigia.after");
	assert_int_equal(firewall_make_mortal(&firewall, NULL, 2, 100 * DUR_S), 0);
	assert_true(listed("table arp vigia.after") && listed("10.0.0.100") && listed("reply timeout 1m40s"));
	/* Even when what stood there has run out. */
	run("nft flush set arp vigia.after kinds");
	assert_int_equal(firewall_make_mortal(&firewall, NULL, 2, 100 * DUR_S), 0);
	assert_true(listed("reply timeout 1m40s"));
	assert_int_equal(nft_socket_remove(firewall.socket, "vigia"), 0);
	assert_true(nothing_listed());
	/* Never one without the other, or what we say would be dropped. */
	assert_int_equal(firewall_put_back(&firewall, -1), 0);
	assert_true(listed("table arp vigia.after") && listed("table arp vigia.alive") && listed("table ip6 vigia.alive"));
}

/* A table that nobody owns is known by its name alone. */
static void mortal_addresses_have_a_new_name(void **state)
{
	(void)state;
	assert_int_equal(make_mortal("10.0.0.100", "2001:db8::100"), 0);
	assert_int_equal(firewall_follow(&firewall, "late", &style), 0);
	assert_false(listed("vigia"));
	assert_true(listed("table arp late.after") && listed("table ip6 late.alive") && listed("10.0.0.100"));
	assert_int_equal(firewall_make_mortal(&firewall, NULL, 2, 500 * DUR_S), 0);
	assert_true(listed("request timeout 8m20s"));
	assert_int_equal(firewall_make_mortal(&firewall, NULL, 0, 0), 0);
	assert_true(nothing_listed());
}

/* Tables that nobody owns would stay, and say that we live. */
static void mortality_needs_owners(void **state)
{
	(void)state;
	firewall.owned = false;
	assert_int_equal(make_mortal("10.0.0.100", "2001:db8::100"), -EOPNOTSUPP);
	assert_true(nothing_listed());
}

static int events, last;

/* Once all that was done has been heard: the kernel tells before a change is over. */
static int touched(void)
{
	return nft_events_read(events, "vigia", &last);
}

/* And nobody else's. */
static void changes_of_others_are_heard(void **state)
{
	static const char *const theirs[] = {"delete table arp vigia.after", "flush chain arp vigia.after output",
		"flush set arp vigia.after mortal", "delete element arp vigia.after mortal { 10.0.0.100 }", "flush ruleset",
		"add table arp vigia.after { flags dormant; }"};
	const int tiny = 1;

	(void)state;
	events = nft_events_open(nft_socket_port(firewall.socket), NFT_EVENTS_OF_ALL);
	assert_true(events >= 0);
	firewall.persists = false;
	assert_int_equal(make_mortal("10.0.0.100", "2001:db8::100"), 0);
	assert_int_equal(firewall_make_mortal(&firewall, NULL, 2, 100 * DUR_S), 0);
	assert_int_equal(change(FIREWALL_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	run("nft 'add table inet vigiad; add table inet other; add chain inet other vigia'");
	run("nft 'delete table inet vigiad; delete table inet other'");
	assert_int_equal(touched(), 0);
	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
		run("nft '%s'", theirs[i]);
		assert_int_equal(touched(), 1);
		assert_int_equal(touched(), 0);
		assert_int_equal(firewall_put_back(&firewall, -1), 0);
		assert_true(listed("arp saddr ip @mortal drop") && listed("elements = . 10.0.0.100 .$"));
		assert_false(listed("dormant"));
		assert_int_equal(touched(), 0);
	}
	/* Its chains go with an interface; that is nobody's doing. */
	run("ip link del left");
	assert_int_equal(touched(), 0);
	/* So many that events are lost. */
	assert_int_equal(setsockopt(events, SOL_SOCKET, SO_RCVBUFFORCE, &tiny, sizeof(tiny)), 0);
	run("for i in $(seq 5); do echo 'add table inet other'; echo 'add set inet other s { type mark; }'; "
	    "seq -f 'add element inet other s { %%.0f }' 200; echo 'delete table inet other'; done | nft -f -");
	assert_int_equal(nft_events_read(events, "nobody", &last), 1);
	assert_int_equal(last, -1);
	close(events);
}

/* What another socket owns is not ours to replace, and not in the way of the rest. */
static void a_table_that_somebody_else_owns(void **state)
{
	struct firewall other;
	struct ip_addr list[] = {address("10.0.0.100")};

	(void)state;
	firewall_open(&other, nft_socket_open(), "vigia", &style);
	assert_int_equal(firewall_change(&other, &(struct firewall_op){.type = FIREWALL_MUTE, .address = list[0]}, 1), 0);
	assert_int_equal(change(FIREWALL_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	assert_int_not_equal(change(FIREWALL_MUTE, 0, "10.0.0.101", NULL), 0);
	assert_int_equal(change(FIREWALL_NO_VMAC, LEFT, "10.0.0.100", &virtual_mac), 0);
	assert_int_equal(firewall_make_mortal(&firewall, list, 1, 100 * DUR_S), 0);
	assert_true(listed("10.0.0.100") && listed("vigia.after"));
	firewall_close(&other);
	assert_int_equal(change(FIREWALL_MUTE, 0, "10.0.0.101", NULL), 0);
}

/* Two daemons in one namespace do not meet. */
static void another_daemon(void **state)
{
	struct firewall other;
	struct firewall_op op = {.type = FIREWALL_REFUSE, .address = address("10.0.0.102")};

	(void)state;
	firewall_open(&other, nft_socket_open(), "vigia-0badcafe", &style);
	assert_int_equal(change(FIREWALL_REFUSE, 0, "10.0.0.100", NULL), 0);
	assert_int_equal(firewall_change(&other, &op, 1), 0);
	assert_true(listed("10.0.0.100") && listed("10.0.0.102"));
	firewall_close(&other);
	assert_false(listed("10.0.0.102"));
	/* With the same name, the second one is refused. */
	firewall_open(&other, nft_socket_open(), "vigia", &style);
	assert_int_not_equal(firewall_change(&other, &op, 1), 0);
	firewall_close(&other);
	assert_true(listed("10.0.0.100"));
}

static void thousands(void **state)
{
	enum { MANY = 5000 };
	static struct firewall_op ops[MANY];

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		ops[i] = (struct firewall_op){.type = FIREWALL_VMAC,
			.ifindex = LEFT,
			.address = ip_v4(10, 1, (uint8_t)(i >> 8), (uint8_t)i),
			.mac = virtual_mac};
	assert_int_equal(firewall_change(&firewall, ops, MANY), 0);
	assert_true(listed("10.1.19.135 : 00:00:5e:00:01:33"));
	for (unsigned i = 0; i < MANY; i++)
		ops[i].type = FIREWALL_NO_VMAC;
	assert_int_equal(firewall_change(&firewall, ops, MANY), 0);
	assert_true(nothing_listed());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(as_the_configuration_says, begin, end),
		cmocka_unit_test_setup_teardown(another_name_and_style, begin, end),
		cmocka_unit_test_setup_teardown(a_name_that_is_taken, begin, end),
		cmocka_unit_test_setup_teardown(refuse_and_accept, begin, end),
		cmocka_unit_test_setup_teardown(two_users_of_one_element, begin, end),
		cmocka_unit_test_setup_teardown(refused_addresses_do_not_answer, begin, end),
		cmocka_unit_test_setup_teardown(virtual_macs, begin, end),
		cmocka_unit_test_setup_teardown(muted_and_quiet, begin, end),
		cmocka_unit_test_setup_teardown(all_or_none, begin, end),
		cmocka_unit_test_setup_teardown(nobody_else_can_touch_them, begin, end),
		cmocka_unit_test_setup_teardown(put_back_after_somebody_removed_them, begin, end),
		cmocka_unit_test_setup_teardown(a_successor_replaces_what_it_finds, begin, end),
		cmocka_unit_test_setup_teardown(the_guard_removes_everything, begin, end),
		cmocka_unit_test_setup_teardown(the_guard_removes_what_has_another_name, begin, end),
		cmocka_unit_test_setup_teardown(another_daemon, begin, end),
		cmocka_unit_test_setup_teardown(mortal_addresses, begin, end),
		cmocka_unit_test_setup_teardown(nobody_else_can_touch_mortal_addresses, begin, end),
		cmocka_unit_test_setup_teardown(what_another_process_did_by_our_socket, begin, end),
		cmocka_unit_test_setup_teardown(mortal_addresses_come_back, begin, end),
		cmocka_unit_test_setup_teardown(mortal_addresses_have_a_new_name, begin, end),
		cmocka_unit_test_setup_teardown(mortality_needs_owners, begin, end),
		cmocka_unit_test_setup_teardown(changes_of_others_are_heard, begin, end),
		cmocka_unit_test_setup_teardown(a_table_that_somebody_else_owns, begin, end),
		cmocka_unit_test_setup_teardown(thousands, begin, end),
	};

	namespace_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
