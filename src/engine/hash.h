/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table of embedded nodes, chained. The owner of the nodes compares keys; several may have the same one. */
#ifndef VIGIA_ENGINE_HASH_H
#define VIGIA_ENGINE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_node {
	struct hash_node *next;
	uint64_t value;
};

struct hash {
	struct hash_node **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
};

bool hash_init(struct hash *hash); /* false: no memory */
void hash_free(struct hash *hash); /* the nodes are the owner's */
/* Cannot fail: a table that finds no memory to grow only gets slower. */
void hash_insert(struct hash *hash, struct hash_node *node, uint64_t value);
void hash_remove(struct hash *hash, struct hash_node *node);
/* The first node with this value, and the next one; NULL: none. */
struct hash_node *hash_first(const struct hash *hash, uint64_t value);
struct hash_node *hash_next(const struct hash_node *node);

/* FNV-1a over the bytes, going on from an earlier value. */
#define HASH_START UINT64_C(14695981039346656037)
uint64_t hash_bytes(uint64_t value, const void *bytes, size_t length);
uint64_t hash_number(uint64_t value, uint64_t number);

#endif
