/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/hash.h"

#include <stdlib.h>

#define FIRST_BUCKET_COUNT 64

bool hash_init(struct hash *hash)
{
	*hash = (struct hash){.bucket_count = FIRST_BUCKET_COUNT};
	hash->buckets = calloc(hash->bucket_count, sizeof(*hash->buckets));
	return hash->buckets != NULL;
}

void hash_free(struct hash *hash)
{
	free(hash->buckets);
	*hash = (struct hash){0};
}

static struct hash_node **bucket_of(const struct hash *hash, uint64_t value)
{
	return &hash->buckets[(value ^ value >> 32) & (hash->bucket_count - 1)];
}

static void put(struct hash *hash, struct hash_node *node)
{
	struct hash_node **bucket = bucket_of(hash, node->value);

	node->next = *bucket;
	*bucket = node;
}

static void grow(struct hash *hash)
{
	struct hash larger = {.bucket_count = 2 * hash->bucket_count, .count = hash->count};

	larger.buckets = calloc(larger.bucket_count, sizeof(*larger.buckets));
	if (larger.buckets == NULL)
		return;
	for (size_t i = 0; i < hash->bucket_count; i++)
		for (struct hash_node *node = hash->buckets[i], *next; node != NULL; node = next) {
			next = node->next;
			put(&larger, node);
		}
	free(hash->buckets);
	*hash = larger;
}

void hash_insert(struct hash *hash, struct hash_node *node, uint64_t value)
{
	if (hash->count >= hash->bucket_count)
		grow(hash);
	node->value = value;
	put(hash, node);
	hash->count++;
}

void hash_remove(struct hash *hash, struct hash_node *node)
{
	for (struct hash_node **at = bucket_of(hash, node->value); *at != NULL; at = &(*at)->next)
		if (*at == node) {
			*at = node->next;
			hash->count--;
			return;
		}
}

static struct hash_node *with_value(struct hash_node *node, uint64_t value)
{
	while (node != NULL && node->value != value)
		node = node->next;
	return node;
}

struct hash_node *hash_first(const struct hash *hash, uint64_t value)
{
	return with_value(*bucket_of(hash, value), value);
}

struct hash_node *hash_next(const struct hash_node *node)
{
	return with_value(node->next, node->value);
}

uint64_t hash_bytes(uint64_t value, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < length; i++)
		value = (value ^ at[i]) * UINT64_C(1099511628211);
	return value;
}

uint64_t hash_number(uint64_t value, uint64_t number)
{
	return hash_bytes(value, &number, sizeof(number));
}
