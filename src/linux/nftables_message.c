/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nf_tables messages: see nftables_message.h. Numbers in their attributes are in network byte order. */
#include "linux/nftables_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

static struct nlmsghdr *begin(
	struct nft_batch *batch, uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	struct nlmsghdr *message;
	struct nfgenmsg *body;

	/* There is always room for one more message behind the size; it is not sent. */
	if (batch->length + NFT_MESSAGE_MAX > batch->size) {
		batch->full = true;
		batch->length = 0;
	}
	message = mnl_nlmsg_put_header(batch->bytes + batch->length);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = batch->sequence++;
	body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	body->nfgen_family = family;
	body->version = NFNETLINK_V0;
	body->res_id = htons(resource);
	return message;
}

static void end(struct nft_batch *batch, struct nlmsghdr *message)
{
	batch->length += (message->nlmsg_len + 3u) & ~3u;
	batch->message = message;
}

static struct nlmsghdr *begin_change(
	struct nft_batch *batch, unsigned type, uint16_t flags, const struct nft_table *table)
{
	return begin(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, table->family, 0);
}

static void put_number(struct nlmsghdr *message, uint16_t type, uint32_t number)
{
	mnl_attr_put_u32(message, type, htonl(number));
}

int nft_batch_begin(struct nft_batch *batch, size_t size, uint32_t sequence)
{
	*batch = (struct nft_batch){.size = size + 3 * NFT_MESSAGE_MAX, .sequence = sequence};
	batch->bytes = malloc(batch->size);
	if (!batch->bytes)
		return -ENOMEM;
	end(batch, begin(batch, NFNL_MSG_BATCH_BEGIN, 0, 0, NFNL_SUBSYS_NFTABLES));
	return 0;
}

void nft_batch_end(struct nft_batch *batch)
{
	batch->message->nlmsg_flags |= NLM_F_ACK;
	batch->last = batch->message->nlmsg_seq;
	end(batch, begin(batch, NFNL_MSG_BATCH_END, 0, 0, NFNL_SUBSYS_NFTABLES));
}

void nft_batch_free(struct nft_batch *batch)
{
	free(batch->bytes);
	batch->bytes = NULL;
}

static void put_table(struct nft_batch *batch, const struct nft_table *table, uint16_t how, uint32_t flags)
{
	struct nlmsghdr *message = begin_change(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | how, table);

	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table->name);
	put_number(message, NFTA_TABLE_FLAGS, flags);
	end(batch, message);
}

void nft_put_table(struct nft_batch *batch, const struct nft_table *table, uint32_t flags)
{
	put_table(batch, table, NLM_F_EXCL, flags);
}

void nft_put_table_gone(struct nft_batch *batch, const struct nft_table *table)
{
	struct nlmsghdr *message = begin_change(batch, NFT_MSG_DELTABLE, 0, table);

	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table->name);
	end(batch, message);
}

void nft_put_table_gone_if_any(struct nft_batch *batch, const struct nft_table *table, uint32_t flags)
{
	put_table(batch, table, 0, flags);
	nft_put_table_gone(batch, table);
}

/* A note for nft(8) that the keys are numbers of this machine, or it would show them backwards. */
static void put_byte_order(struct nlmsghdr *message)
{
	const uint32_t host_endian = 1;
	uint8_t note[2 + sizeof(host_endian)] = {0, sizeof(host_endian)}; /* NFTNL_UDATA_SET_KEYBYTEORDER */

	memcpy(note + 2, &host_endian, sizeof(host_endian));
	mnl_attr_put(message, NFTA_SET_USERDATA, sizeof(note), note);
}

void nft_put_set(struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set)
{
	struct nlmsghdr *message = begin_change(batch, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL, table);

	mnl_attr_put_strz(message, NFTA_SET_TABLE, table->name);
	mnl_attr_put_strz(message, NFTA_SET_NAME, set->name);
	put_number(message, NFTA_SET_ID, message->nlmsg_seq);
	put_number(message, NFTA_SET_KEY_TYPE, set->key);
	put_number(message, NFTA_SET_KEY_LEN, set->key_length);
	if (set->data != NFT_TYPE_NONE) {
		put_number(message, NFTA_SET_FLAGS, NFT_SET_MAP);
		put_number(message, NFTA_SET_DATA_TYPE, set->data);
		put_number(message, NFTA_SET_DATA_LEN, set->data_length);
	}
	if (set->expires)
		put_number(message, NFTA_SET_FLAGS, NFT_SET_TIMEOUT);
	if (set->key == NFT_TYPE_INTERFACE)
		put_byte_order(message);
	end(batch, message);
}

void nft_put_chain(struct nft_batch *batch, const struct nft_table *table, const struct nft_chain *chain)
{
	struct nlmsghdr *message = begin_change(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, table);
	struct nlattr *hook;

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table->name);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain->name);
	hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	put_number(message, NFTA_HOOK_HOOKNUM, chain->hook);
	put_number(message, NFTA_HOOK_PRIORITY, (uint32_t)chain->priority);
	if (chain->device)
		mnl_attr_put_strz(message, NFTA_HOOK_DEV, chain->device);
	mnl_attr_nest_end(message, hook);
	put_number(message, NFTA_CHAIN_POLICY, NF_ACCEPT);
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
	end(batch, message);
}

static void put_value(struct nlmsghdr *message, uint16_t type, const void *value, size_t length)
{
	struct nlattr *data = mnl_attr_nest_start(message, type);

	mnl_attr_put(message, NFTA_DATA_VALUE, length, value);
	mnl_attr_nest_end(message, data);
}

static struct nlmsghdr *begin_elements(
	struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set, bool add)
{
	struct nlmsghdr *message = begin_change(batch, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
		add ? NLM_F_CREATE | NLM_F_EXCL : 0, table);

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table->name);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set->name);
	return message;
}

/* milliseconds 0: for ever. */
static void put_element(struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set,
	bool add, const void *key, const void *data, uint64_t milliseconds)
{
	struct nlmsghdr *message = begin_elements(batch, table, set, add);
	struct nlattr *elements, *element;

	elements = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	put_value(message, NFTA_SET_ELEM_KEY, key, set->key_length);
	if (data)
		put_value(message, NFTA_SET_ELEM_DATA, data, set->data_length);
	if (milliseconds > 0)
		mnl_attr_put_u64(message, NFTA_SET_ELEM_TIMEOUT, htobe64(milliseconds));
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, elements);
	end(batch, message);
}

void nft_put_element(struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set,
	bool add, const void *key, const void *data)
{
	put_element(batch, table, set, add, key, data, 0);
}

void nft_put_passing_element(struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set,
	const void *key, uint64_t milliseconds)
{
	put_element(batch, table, set, true, key, NULL, milliseconds);
}

void nft_put_elements_gone(struct nft_batch *batch, const struct nft_table *table, const struct nft_set *set)
{
	end(batch, begin_elements(batch, table, set, false));
}

void nft_rule_begin(
	struct nft_rule *rule, struct nft_batch *batch, const struct nft_table *table, const char *chain)
{
	rule->batch = batch;
	rule->message = begin_change(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, table);
	mnl_attr_put_strz(rule->message, NFTA_RULE_TABLE, table->name);
	mnl_attr_put_strz(rule->message, NFTA_RULE_CHAIN, chain);
	rule->expressions = mnl_attr_nest_start(rule->message, NFTA_RULE_EXPRESSIONS);
}

void nft_rule_end(struct nft_rule *rule)
{
	mnl_attr_nest_end(rule->message, rule->expressions);
	end(rule->batch, rule->message);
}

/* An expression's frame around its own attributes. */
struct expression {
	struct nlattr *element, *data;
};

static struct expression begin_expression(struct nft_rule *rule, const char *name)
{
	struct expression expression;

	expression.element = mnl_attr_nest_start(rule->message, NFTA_LIST_ELEM);
	mnl_attr_put_strz(rule->message, NFTA_EXPR_NAME, name);
	expression.data = mnl_attr_nest_start(rule->message, NFTA_EXPR_DATA);
	return expression;
}

static void end_expression(struct nft_rule *rule, struct expression expression)
{
	mnl_attr_nest_end(rule->message, expression.data);
	mnl_attr_nest_end(rule->message, expression.element);
}

static void put_place(struct nft_rule *rule, enum nft_payload_bases base, uint32_t offset, uint32_t length)
{
	put_number(rule->message, NFTA_PAYLOAD_BASE, base);
	put_number(rule->message, NFTA_PAYLOAD_OFFSET, offset);
	put_number(rule->message, NFTA_PAYLOAD_LEN, length);
}

void nft_load(struct nft_rule *rule, enum nft_payload_bases base, uint32_t offset, uint32_t length,
	enum nft_registers to)
{
	struct expression expression = begin_expression(rule, "payload");

	put_number(rule->message, NFTA_PAYLOAD_DREG, to);
	put_place(rule, base, offset, length);
	end_expression(rule, expression);
}

void nft_store(struct nft_rule *rule, enum nft_registers from, enum nft_payload_bases base, uint32_t offset,
	uint32_t length, uint32_t sum_offset)
{
	struct expression expression = begin_expression(rule, "payload");

	put_number(rule->message, NFTA_PAYLOAD_SREG, from);
	put_place(rule, base, offset, length);
	put_number(rule->message, NFTA_PAYLOAD_CSUM_TYPE,
		sum_offset > 0 ? NFT_PAYLOAD_CSUM_INET : NFT_PAYLOAD_CSUM_NONE);
	put_number(rule->message, NFTA_PAYLOAD_CSUM_OFFSET, sum_offset);
	end_expression(rule, expression);
}

void nft_load_meta(struct nft_rule *rule, enum nft_meta_keys key, enum nft_registers to)
{
	struct expression expression = begin_expression(rule, "meta");

	put_number(rule->message, NFTA_META_KEY, key);
	put_number(rule->message, NFTA_META_DREG, to);
	end_expression(rule, expression);
}

void nft_store_meta(struct nft_rule *rule, enum nft_registers from, enum nft_meta_keys key)
{
	struct expression expression = begin_expression(rule, "meta");

	put_number(rule->message, NFTA_META_KEY, key);
	put_number(rule->message, NFTA_META_SREG, from);
	end_expression(rule, expression);
}

void nft_bits(struct nft_rule *rule, enum nft_registers what, uint32_t mask, uint32_t set)
{
	struct expression expression = begin_expression(rule, "bitwise");

	put_number(rule->message, NFTA_BITWISE_SREG, what);
	put_number(rule->message, NFTA_BITWISE_DREG, what);
	put_number(rule->message, NFTA_BITWISE_LEN, sizeof(mask));
	put_value(rule->message, NFTA_BITWISE_MASK, &mask, sizeof(mask));
	put_value(rule->message, NFTA_BITWISE_XOR, &set, sizeof(set));
	end_expression(rule, expression);
}

void nft_constant(struct nft_rule *rule, const void *value, uint32_t length, enum nft_registers to)
{
	struct expression expression = begin_expression(rule, "immediate");

	put_number(rule->message, NFTA_IMMEDIATE_DREG, to);
	put_value(rule->message, NFTA_IMMEDIATE_DATA, value, length);
	end_expression(rule, expression);
}

void nft_compare(struct nft_rule *rule, enum nft_registers what, enum nft_cmp_ops how, const void *value,
	uint32_t length)
{
	struct expression expression = begin_expression(rule, "cmp");

	put_number(rule->message, NFTA_CMP_SREG, what);
	put_number(rule->message, NFTA_CMP_OP, how);
	put_value(rule->message, NFTA_CMP_DATA, value, length);
	end_expression(rule, expression);
}

void nft_compare_byte(struct nft_rule *rule, enum nft_registers what, enum nft_cmp_ops how, uint8_t value)
{
	nft_compare(rule, what, how, &value, sizeof(value));
}

void nft_find(
	struct nft_rule *rule, const struct nft_set *set, enum nft_registers what, enum nft_registers to)
{
	struct expression expression = begin_expression(rule, "lookup");

	mnl_attr_put_strz(rule->message, NFTA_LOOKUP_SET, set->name);
	put_number(rule->message, NFTA_LOOKUP_SREG, what);
	if (set->data != NFT_TYPE_NONE)
		put_number(rule->message, NFTA_LOOKUP_DREG, to);
	end_expression(rule, expression);
}

static void count(struct nft_rule *rule)
{
	end_expression(rule, begin_expression(rule, "counter"));
}

void nft_verdict(struct nft_rule *rule, int verdict)
{
	struct expression expression;
	struct nlattr *data, *inner;

	if (rule->batch->counts)
		count(rule);
	expression = begin_expression(rule, "immediate");
	put_number(rule->message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(rule->message, NFTA_IMMEDIATE_DATA);
	inner = mnl_attr_nest_start(rule->message, NFTA_DATA_VERDICT);
	put_number(rule->message, NFTA_VERDICT_CODE, (uint32_t)verdict);
	mnl_attr_nest_end(rule->message, inner);
	mnl_attr_nest_end(rule->message, data);
	end_expression(rule, expression);
}
