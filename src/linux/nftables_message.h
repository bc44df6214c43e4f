/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nf_tables messages: what is written here is one batch, which the kernel carries out as a whole or not at all. The few
 * messages and expressions that we need are written with libmnl alone; libnftables would bring a parser, libnftnl an
 * object for every expression, and all of it would have to be locked in memory.
 *
 * Offsets and registers are those of nft(8)'s "raw payload" and of `nft --debug=netlink`.
 */
#ifndef VIGIA_LINUX_NFTABLES_MESSAGE_H
#define VIGIA_LINUX_NFTABLES_MESSAGE_H

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NFT_MESSAGE_MAX 4096 /* no single message is longer */
#define NFT_ELEMENT_MAX 256 /* nor one with an element longer than this */

/* Names of types, as nft shows them: numbers of its own that the kernel only keeps. */
enum nft_type {
	NFT_TYPE_NONE = 0,
	NFT_TYPE_IPV4 = 7,
	NFT_TYPE_IPV6 = 8,
	NFT_TYPE_ETHER = 9,
	NFT_TYPE_ARP_OPERATION = 11,
	NFT_TYPE_INTERFACE = 20,
	NFT_TYPE_ICMP6_TYPE = 29,
};

/* Flags of a table beside those of the kernel's header, which in Debian 12 lacks it: Linux 6.9. */
#define NFT_TABLE_PERSISTS (1u << 2)

struct nft_table {
	uint8_t family; /* NFPROTO_* */
	const char *name;
};

struct nft_set {
	const char *name;
	enum nft_type key;
	uint32_t key_length;
	enum nft_type data; /* NONE: a set; else a map to this */
	uint32_t data_length;
	bool expires; /* its elements do: nft_put_passing_element */
};

struct nft_chain {
	const char *name;
	uint32_t hook; /* NF_INET_*, NF_ARP_*, NF_NETDEV_* */
	int32_t priority;
	const char *device; /* netdev only */
};

struct nft_batch {
	bool counts; /* rules with a verdict count: set after nft_batch_begin */
	uint8_t *bytes;
	size_t length;
	size_t size;
	uint32_t sequence; /* of the next message */
	uint32_t last; /* sequence number of the message that is acknowledged */
	bool full; /* something did not fit: not to be sent */
	struct nlmsghdr *message; /* the last one */
};

/* A rule while it is written: expressions follow one another. */
struct nft_rule {
	struct nft_batch *batch;
	struct nlmsghdr *message;
	struct nlattr *expressions;
};

/* size: of all messages together. 0 or -ENOMEM. */
int nft_batch_begin(struct nft_batch *batch, size_t size, uint32_t sequence);
void nft_batch_end(struct nft_batch *batch);
void nft_batch_free(struct nft_batch *batch);

/* flags: NFT_TABLE_* */
void nft_put_table(struct nft_batch *batch, const struct nft_table *table, uint32_t flags);
void nft_put_table_gone(struct nft_batch *batch, const struct nft_table *table);
/* Whether it stands there or not, but no other one of that name with other flags. */
void nft_put_table_gone_if_any(struct nft_batch *batch, const struct nft_table *table, uint32_t flags);
void nft_put_set(struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set);
/* A base chain of type filter that lets pass what no rule drops. */
void nft_put_chain(struct nft_batch *batch, const struct nft_table *table, const struct nft_chain *chain);
/* data: NULL for a set. */
void nft_put_element(struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set,
	bool add, const void *key, const void *data);
/* One that is gone after so many milliseconds. */
void nft_put_passing_element(struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set,
	const void *key, uint64_t milliseconds);
/* All elements; there may be none. */
void nft_put_elements_gone(struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set);

void nft_rule_begin(
	struct nft_rule *rule, struct nft_batch *batch, const struct nft_table *table, const char *chain);
void nft_rule_end(struct nft_rule *rule);
/* Packet bytes into a register. */
void nft_load(struct nft_rule *rule, enum nft_payload_bases base, uint32_t offset, uint32_t length,
	enum nft_registers to);
/* A register into the packet; sum_offset: of an Internet checksum to be corrected; 0: there is none. */
void nft_store(struct nft_rule *rule, enum nft_registers from, enum nft_payload_bases base, uint32_t offset,
	uint32_t length, uint32_t sum_offset);
void nft_load_meta(struct nft_rule *rule, enum nft_meta_keys key, enum nft_registers to);
void nft_store_meta(struct nft_rule *rule, enum nft_registers from, enum nft_meta_keys key);
/* The register, but for the bits outside the mask, and with those of `set`. */
void nft_bits(struct nft_rule *rule, enum nft_registers what, uint32_t mask, uint32_t set);
void nft_constant(struct nft_rule *rule, const void *value, uint32_t length, enum nft_registers to);
/* Goes on only if the register compares so. */
void nft_compare(struct nft_rule *rule, enum nft_registers what, enum nft_cmp_ops how, const void *value,
	uint32_t length);
void nft_compare_byte(struct nft_rule *rule, enum nft_registers what, enum nft_cmp_ops how, uint8_t value);
/* Goes on only if the register is in the set; of a map, the data goes into a second register. */
void nft_find(
	struct nft_rule *rule, const struct nft_set *set, enum nft_registers what, enum nft_registers to);
void nft_verdict(struct nft_rule *rule, int verdict);

#endif
