/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables, chains and rules: see firewall_rules.h. Why they are as they are, and what was measured: doc/linux.md, "Rules".
 */
#include "linux/firewall_rules.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <netinet/in.h>
#include <netinet/icmp6.h>

#define PRIORITY_INGRESS (-500)
#define PRIORITY_ALIVE (-500)
#define PRIORITY_AFTER (PRIORITY_ALIVE + 1) /* nothing is to see the mark between the two */
#define ALIVE_MARK (1u << 30)
#define LOOPBACK_INDEX 1 /* in every namespace */
#define MAC_SIZE 6

/* Places in packets; offsets from the network header unless the name says otherwise. */
#define ETHERNET_SOURCE 6 /* of the frame */
#define IPV4_DESTINATION 16
#define IPV6_NEXT_HEADER 6
#define IPV6_SOURCE 8
#define IPV6_DESTINATION 24
#define ICMP6_TYPE 40 /* of a packet without extension headers, as neighbour discovery is */
#define ICMP6_SUM 42
#define ND_TARGET 48
#define ND_OPTION 64
#define ND_OPTION_MAC 66
#define ND_TARGET_AFTER_IP 8 /* from the ICMPv6 header on */
#define ARP_OPERATION 6
#define ARP_SENDER_MAC 8
#define ARP_SENDER 14
#define ARP_TARGET 24

static const struct nft_set sets[FIREWALL_SET_COUNT] = {
	[FIREWALL_SET_REFUSED4] = {"refused4", NFT_TYPE_IPV4, 4},
	[FIREWALL_SET_REFUSED6] = {"refused6", NFT_TYPE_IPV6, 16},
	[FIREWALL_SET_MUTED4] = {"muted4", NFT_TYPE_IPV4, 4},
	[FIREWALL_SET_MUTED6] = {"muted6", NFT_TYPE_IPV6, 16},
	[FIREWALL_SET_QUIET] = {"quiet", NFT_TYPE_INTERFACE, 4},
	[FIREWALL_SET_DEAF] = {"deaf", NFT_TYPE_INTERFACE, 4},
	[FIREWALL_SET_MUTED_ARP] = {"muted", NFT_TYPE_IPV4, 4},
	[FIREWALL_SET_MACS] = {"macs", NFT_TYPE_ETHER, MAC_SIZE, NFT_TYPE_ETHER, MAC_SIZE},
	[FIREWALL_SET_ARP] = {"arp", NFT_TYPE_IPV4, 4, NFT_TYPE_ETHER, MAC_SIZE},
	[FIREWALL_SET_ND] = {"nd", NFT_TYPE_IPV6, 16, NFT_TYPE_ETHER, MAC_SIZE},
	[FIREWALL_SET_MORTAL4] = {"mortal", NFT_TYPE_IPV4, 4},
	[FIREWALL_SET_MORTAL6] = {"mortal", NFT_TYPE_IPV6, 16},
};
static const struct nft_set arp_kinds = {"kinds", NFT_TYPE_ARP_OPERATION, 2, .expires = true};
static const struct nft_set icmp6_kinds = {"kinds", NFT_TYPE_ICMP6_TYPE, 1, .expires = true};

const struct nft_set *firewall_set(enum firewall_set set)
{
	return &sets[set];
}

uint8_t firewall_set_family(enum firewall_set set)
{
	if (set <= FIREWALL_SET_DEAF)
		return NFPROTO_INET;
	if (set == FIREWALL_SET_MORTAL6)
		return NFPROTO_IPV6;
	return set == FIREWALL_SET_MUTED_ARP || set == FIREWALL_SET_MORTAL4 ? NFPROTO_ARP : NFPROTO_NETDEV;
}

bool firewall_set_is_mortal(enum firewall_set set)
{
	return set == FIREWALL_SET_MORTAL4 || set == FIREWALL_SET_MORTAL6;
}

static void put_sets(struct nft_batch *batch, const struct nft_table *table, enum firewall_set first,
	enum firewall_set last)
{
	for (enum firewall_set set = first; set <= last; set++)
		nft_put_set(batch, table, &sets[set]);
}

static void only_family(struct nft_rule *rule, uint8_t family)
{
	nft_load_meta(rule, NFT_META_NFPROTO, NFT_REG_1);
	nft_compare_byte(rule, NFT_REG_1, NFT_CMP_EQ, family);
}

static void only_protocol(struct nft_rule *rule, uint8_t protocol)
{
	nft_load_meta(rule, NFT_META_L4PROTO, NFT_REG_1);
	nft_compare_byte(rule, NFT_REG_1, NFT_CMP_EQ, protocol);
}

static void only_icmp6(struct nft_rule *rule, uint8_t first_type, uint8_t last_type)
{
	only_family(rule, NFPROTO_IPV6);
	only_protocol(rule, IPPROTO_ICMPV6);
	nft_load(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG_1);
	nft_compare_byte(rule, NFT_REG_1, NFT_CMP_GTE, first_type);
	nft_compare_byte(rule, NFT_REG_1, NFT_CMP_LTE, last_type);
}

static void drop_to(
	struct nft_batch *batch, const struct nft_table *table, const char *chain, enum firewall_set set)
{
	const bool is_v6 = sets[set].key == NFT_TYPE_IPV6;
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	only_family(&rule, is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, is_v6 ? IPV6_DESTINATION : IPV4_DESTINATION,
		sets[set].key_length, NFT_REG_1);
	nft_find(&rule, &sets[set], NFT_REG_1, 0);
	nft_verdict(&rule, NF_DROP);
	nft_rule_end(&rule);
}

/* What the host sends to its own address comes by the loopback device, and is nobody else's business. */
static void pass_loopback(struct nft_batch *batch, const struct nft_table *table, const char *chain)
{
	const uint32_t loopback = LOOPBACK_INDEX;
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	nft_load_meta(&rule, NFT_META_IIF, NFT_REG_1);
	nft_compare(&rule, NFT_REG_1, NFT_CMP_EQ, &loopback, sizeof(loopback));
	nft_verdict(&rule, NF_ACCEPT);
	nft_rule_end(&rule);
}

static void mute_solicitations(struct nft_batch *batch, const struct nft_table *table, const char *chain)
{
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	only_icmp6(&rule, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_SOLICIT);
	nft_load(&rule, NFT_PAYLOAD_TRANSPORT_HEADER, ND_TARGET_AFTER_IP, 16, NFT_REG_1);
	nft_find(&rule, &sets[FIREWALL_SET_MUTED6], NFT_REG_1, 0);
	nft_verdict(&rule, NF_DROP);
	nft_rule_end(&rule);
}

/* FSM-A5: whatever is refused, neighbour discovery works. */
static void pass_neighbour_discovery(
	struct nft_batch *batch, const struct nft_table *table, const char *chain)
{
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	only_icmp6(&rule, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT);
	nft_verdict(&rule, NF_ACCEPT);
	nft_rule_end(&rule);
}

/* To all nodes: each macvlan gets its own. */
static void ignore_router_adverts(struct nft_batch *batch, const struct nft_table *table, const char *chain)
{
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	nft_load_meta(&rule, NFT_META_IIF, NFT_REG_1);
	nft_find(&rule, &sets[FIREWALL_SET_DEAF], NFT_REG_1, 0);
	only_icmp6(&rule, ND_ROUTER_ADVERT, ND_ROUTER_ADVERT);
	nft_verdict(&rule, NF_DROP);
	nft_rule_end(&rule);
}

static void only_quiet_device(struct nft_rule *rule)
{
	nft_load_meta(rule, NFT_META_OIF, NFT_REG_1);
	nft_find(rule, &sets[FIREWALL_SET_QUIET], NFT_REG_1, 0);
}

/* IGMP; MLD (queries apart, which only routers send) and router solicitations have neighbouring types. */
static void silence(struct nft_batch *batch, const struct nft_table *table, const char *chain)
{
	static const uint8_t ranges[][2] = {{MLD_LISTENER_REPORT, ND_ROUTER_SOLICIT}, {143, 143}}; /* MLDv2 */
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	only_quiet_device(&rule);
	only_family(&rule, NFPROTO_IPV4);
	only_protocol(&rule, IPPROTO_IGMP);
	nft_verdict(&rule, NF_DROP);
	nft_rule_end(&rule);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		nft_rule_begin(&rule, batch, table, chain);
		only_quiet_device(&rule);
		only_icmp6(&rule, ranges[i][0], ranges[i][1]);
		nft_verdict(&rule, NF_DROP);
		nft_rule_end(&rule);
	}
}

static void put_inet(struct nft_batch *batch, const struct nft_table *table, int32_t priority)
{
	const struct nft_chain input = {"input", NF_INET_LOCAL_IN, priority, NULL};
	const struct nft_chain output = {"output", NF_INET_LOCAL_OUT, priority, NULL};

	put_sets(batch, table, FIREWALL_SET_REFUSED4, FIREWALL_SET_DEAF);
	nft_put_chain(batch, table, &input);
	pass_loopback(batch, table, input.name);
	ignore_router_adverts(batch, table, input.name);
	mute_solicitations(batch, table, input.name);
	drop_to(batch, table, input.name, FIREWALL_SET_MUTED4);
	drop_to(batch, table, input.name, FIREWALL_SET_MUTED6);
	pass_neighbour_discovery(batch, table, input.name);
	drop_to(batch, table, input.name, FIREWALL_SET_REFUSED4);
	drop_to(batch, table, input.name, FIREWALL_SET_REFUSED6);
	nft_put_chain(batch, table, &output);
	silence(batch, table, output.name);
}

/* Questions only: what others say about the address is to be heard. */
static void put_arp(struct nft_batch *batch, const struct nft_table *table)
{
	const struct nft_chain input = {"input", NF_ARP_IN, 0, NULL};
	const uint16_t request = htons(1);
	struct nft_rule rule;

	put_sets(batch, table, FIREWALL_SET_MUTED_ARP, FIREWALL_SET_MUTED_ARP);
	nft_put_chain(batch, table, &input);
	nft_rule_begin(&rule, batch, table, input.name);
	nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, ARP_OPERATION, sizeof(request), NFT_REG_1);
	nft_compare(&rule, NFT_REG_1, NFT_CMP_EQ, &request, sizeof(request));
	nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, ARP_TARGET, 4, NFT_REG_1);
	nft_find(&rule, &sets[FIREWALL_SET_MUTED_ARP], NFT_REG_1, 0);
	nft_verdict(&rule, NF_DROP);
	nft_rule_end(&rule);
}

/* The device has decided by its own MAC that these are for another host: that is corrected. Where a macvlan above it has the
 * MAC, it would take the frame, unless the destination is another. */
static void take_frames(struct nft_batch *batch, const struct nft_table *table, const char *chain)
{
	const uint8_t host = PACKET_HOST;
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	nft_load(&rule, NFT_PAYLOAD_LL_HEADER, 0, MAC_SIZE, NFT_REG_1);
	nft_find(&rule, &sets[FIREWALL_SET_MACS], NFT_REG_1, NFT_REG_2);
	nft_store(&rule, NFT_REG_2, NFT_PAYLOAD_LL_HEADER, 0, MAC_SIZE, 0);
	nft_constant(&rule, &host, sizeof(host), NFT_REG_1);
	nft_store_meta(&rule, NFT_REG_1, NFT_META_PKTTYPE);
	nft_rule_end(&rule);
}

static void only_ethertype(struct nft_rule *rule, uint16_t type)
{
	const uint16_t value = htons(type);

	nft_load_meta(rule, NFT_META_PROTOCOL, NFT_REG_1);
	nft_compare(rule, NFT_REG_1, NFT_CMP_EQ, &value, sizeof(value));
}

/* In answers and in our own questions alike (VMAC-02, ARP-08). The MAC is in register 2. */
static void rewrite_arp(struct nft_batch *batch, const struct nft_table *table, const char *chain)
{
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	only_ethertype(&rule, ETH_P_ARP);
	nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, ARP_SENDER, 4, NFT_REG_1);
	nft_find(&rule, &sets[FIREWALL_SET_ARP], NFT_REG_1, NFT_REG_2);
	nft_store(&rule, NFT_REG_2, NFT_PAYLOAD_NETWORK_HEADER, ARP_SENDER_MAC, MAC_SIZE, 0);
	nft_store(&rule, NFT_REG_2, NFT_PAYLOAD_LL_HEADER, ETHERNET_SOURCE, MAC_SIZE, 0);
	nft_rule_end(&rule);
}

/* option: the link-layer address option that this type of message may begin with. */
static void rewrite_neighbour(struct nft_batch *batch, const struct nft_table *table, const char *chain,
	uint8_t type, uint8_t option, uint32_t address_offset)
{
	const uint8_t header[] = {option, 1}; /* type, and length in units of 8 */
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	only_ethertype(&rule, ETH_P_IPV6);
	nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, IPV6_NEXT_HEADER, 1, NFT_REG_1);
	nft_compare_byte(&rule, NFT_REG_1, NFT_CMP_EQ, IPPROTO_ICMPV6);
	nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, ICMP6_TYPE, 1, NFT_REG_1);
	nft_compare_byte(&rule, NFT_REG_1, NFT_CMP_EQ, type);
	nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, ND_OPTION, sizeof(header), NFT_REG_1);
	nft_compare(&rule, NFT_REG_1, NFT_CMP_EQ, header, sizeof(header));
	nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, address_offset, 16, NFT_REG_1);
	nft_find(&rule, &sets[FIREWALL_SET_ND], NFT_REG_1, NFT_REG_2);
	nft_store(&rule, NFT_REG_2, NFT_PAYLOAD_NETWORK_HEADER, ND_OPTION_MAC, MAC_SIZE, ICMP6_SUM);
	nft_store(&rule, NFT_REG_2, NFT_PAYLOAD_LL_HEADER, ETHERNET_SOURCE, MAC_SIZE, 0);
	nft_rule_end(&rule);
}

static void put_netdev(struct nft_batch *batch, const struct nft_table *table, const char *device)
{
	const struct nft_chain in = {"in", NF_NETDEV_INGRESS, PRIORITY_INGRESS, device};
	const struct nft_chain out = {"out", NF_NETDEV_EGRESS, 0, device};

	put_sets(batch, table, FIREWALL_SET_MACS, FIREWALL_SET_ND);
	nft_put_chain(batch, table, &in);
	take_frames(batch, table, in.name);
	nft_put_chain(batch, table, &out);
	rewrite_arp(batch, table, out.name);
	rewrite_neighbour(batch, table, out.name, ND_NEIGHBOR_ADVERT, ND_OPT_TARGET_LINKADDR, ND_TARGET);
	rewrite_neighbour(batch, table, out.name, ND_NEIGHBOR_SOLICIT, ND_OPT_SOURCE_LINKADDR, IPV6_SOURCE);
}

void firewall_put_table(
	struct nft_batch *batch, const struct nft_table *table, bool owned, int32_t priority, const char *device)
{
	nft_put_table(batch, table, owned ? NFT_TABLE_F_OWNER : 0);
	switch (table->family) {
	case NFPROTO_INET:
		put_inet(batch, table, priority);
		break;
	case NFPROTO_ARP:
		put_arp(batch, table);
		break;
	case NFPROTO_NETDEV:
		put_netdev(batch, table, device);
		break;
	}
}

static bool is_arp(const struct nft_table *table)
{
	return table->family == NFPROTO_ARP;
}

static struct nft_chain output_of(const struct nft_table *table, int32_t priority)
{
	return (struct nft_chain){"output", is_arp(table) ? NF_ARP_OUT : NF_INET_LOCAL_OUT, priority, NULL};
}

static void load_icmp6_type(struct nft_rule *rule)
{
	only_protocol(rule, IPPROTO_ICMPV6);
	nft_load(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG_1);
}

void firewall_put_alive(struct nft_batch *batch, const struct nft_table *table)
{
	const struct nft_chain output = output_of(table, PRIORITY_ALIVE);
	struct nft_rule rule;

	nft_put_table(batch, table, NFT_TABLE_F_OWNER);
	nft_put_chain(batch, table, &output);
	nft_rule_begin(&rule, batch, table, output.name);
	if (!is_arp(table)) {
		load_icmp6_type(&rule);
		nft_compare_byte(&rule, NFT_REG_1, NFT_CMP_GTE, ND_ROUTER_SOLICIT);
		nft_compare_byte(&rule, NFT_REG_1, NFT_CMP_LTE, ND_REDIRECT);
	}
	nft_load_meta(&rule, NFT_META_MARK, NFT_REG_1);
	nft_bits(&rule, NFT_REG_1, ~ALIVE_MARK, ALIVE_MARK);
	nft_store_meta(&rule, NFT_REG_1, NFT_META_MARK);
	nft_rule_end(&rule);
}

static void pass_marked(struct nft_batch *batch, const struct nft_table *table, const char *chain)
{
	const uint32_t nothing = 0;
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, table, chain);
	nft_load_meta(&rule, NFT_META_MARK, NFT_REG_1);
	nft_bits(&rule, NFT_REG_1, ALIVE_MARK, 0);
	nft_compare(&rule, NFT_REG_1, NFT_CMP_NEQ, &nothing, sizeof(nothing));
	nft_load_meta(&rule, NFT_META_MARK, NFT_REG_1);
	nft_bits(&rule, NFT_REG_1, ~ALIVE_MARK, 0);
	nft_store_meta(&rule, NFT_REG_1, NFT_META_MARK);
	nft_verdict(&rule, NF_ACCEPT);
	nft_rule_end(&rule);
}

void firewall_put_after(struct nft_batch *batch, const struct nft_table *table, bool persists, uint64_t milliseconds)
{
	const struct nft_chain output = output_of(table, PRIORITY_AFTER);
	const struct nft_set *kinds = is_arp(table) ? &arp_kinds : &icmp6_kinds;
	const struct nft_set *mortal = &sets[is_arp(table) ? FIREWALL_SET_MORTAL4 : FIREWALL_SET_MORTAL6];
	struct nft_rule rule;

	nft_put_table(batch, table, persists ? NFT_TABLE_F_OWNER | NFT_TABLE_PERSISTS : 0);
	nft_put_set(batch, table, mortal);
	nft_put_set(batch, table, kinds);
	firewall_put_kinds(batch, table, milliseconds);
	nft_put_chain(batch, table, &output);
	pass_marked(batch, table, output.name);
	nft_rule_begin(&rule, batch, table, output.name);
	if (is_arp(table))
		nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, ARP_OPERATION, 2, NFT_REG_1);
	else
		load_icmp6_type(&rule);
	nft_find(&rule, kinds, NFT_REG_1, 0);
	nft_load(&rule, NFT_PAYLOAD_NETWORK_HEADER, is_arp(table) ? ARP_SENDER : IPV6_SOURCE,
		mortal->key_length, NFT_REG_1);
	nft_find(&rule, mortal, NFT_REG_1, 0);
	nft_verdict(&rule, NF_DROP);
	nft_rule_end(&rule);
}

/* Questions and answers alike: both tell others where the address is. */
void firewall_put_kinds(struct nft_batch *batch, const struct nft_table *table, uint64_t milliseconds)
{
	static const uint16_t operations[] = {1, 2}; /* request, reply */

	nft_put_elements_gone(batch, table, is_arp(table) ? &arp_kinds : &icmp6_kinds);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]) && is_arp(table); i++) {
		const uint16_t operation = htons(operations[i]);

		nft_put_passing_element(batch, table, &arp_kinds, &operation, milliseconds);
	}
	for (uint8_t type = ND_ROUTER_SOLICIT; type <= ND_REDIRECT && !is_arp(table); type++)
		nft_put_passing_element(batch, table, &icmp6_kinds, &type, milliseconds);
}
