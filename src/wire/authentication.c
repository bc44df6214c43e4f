/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests over packets, by nettle: its contexts live on the stack and it touches nothing else. */
#include "wire/authentication.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <string.h>

#define IPV4_HEADER_MAX 60
#define IPV4_DESTINATION_OFFSET 16
#define AH_DIGEST_OFFSET 12
#define MESSAGE_CHECKSUM_OFFSET 6
#define MESSAGE_FIXED_SIZE 8
#define TRAILER_SIGNED_SIZE (VRRP_TRAILER_SIZE - VRRP_TRAILER_DIGEST_SIZE)

bool vrrp_secret_equal(const void *a, const void *b, size_t length)
{
	return memeql_sec(a, b, length) != 0;
}

struct vrrp_ah vrrp_ah_read(const uint8_t *ah)
{
	struct reader reader = reader_over(ah, VRRP_AH_SIZE);
	struct vrrp_ah header = {0};

	header.next_header = read_u8(&reader);
	header.length = read_u8(&reader);
	read_skip(&reader, 2);
	header.spi = read_u32(&reader);
	header.sequence = read_u32(&reader);
	return header;
}

void vrrp_ah_write(struct writer *packet, const struct ip_addr *source, uint32_t sequence)
{
	write_u8(packet, 112);
	write_u8(packet, VRRP_AH_SIZE / 4 - 2);
	write_u16(packet, 0);
	write_bytes(packet, source->bytes, 4);
	write_u32(packet, sequence);
	write_zeros(packet, VRRP_AH_DIGEST_SIZE);
}

static size_t ipv4_header_size(const uint8_t *packet)
{
	return (size_t)(packet[0] & 0x0f) * 4;
}

/* RFC 2402 3.3.3.1: what routers on the way may change counts as zero. keepalived lets the TTL of multicast count, which is
 * 255 at both ends. */
static void ah_digest(const uint8_t *packet, size_t length, bool with_ttl, const uint8_t *key, size_t key_length,
	uint8_t digest[VRRP_AH_DIGEST_SIZE])
{
	uint8_t head[IPV4_HEADER_MAX + VRRP_AH_SIZE];
	const size_t ip_size = ipv4_header_size(packet);
	const size_t head_size = ip_size + VRRP_AH_SIZE;
	struct hmac_md5_ctx hmac;

	memcpy(head, packet, head_size);
	head[1] = 0; /* TOS */
	memset(head + 6, 0, 2); /* flags and fragment offset */
	if (!with_ttl)
		head[8] = 0;
	memset(head + 10, 0, 2); /* checksum */
	memset(head + ip_size + AH_DIGEST_OFFSET, 0, VRRP_AH_DIGEST_SIZE);
	hmac_md5_set_key(&hmac, key_length, key);
	hmac_md5_update(&hmac, head_size, head);
	hmac_md5_update(&hmac, length - head_size, packet + head_size);
	hmac_md5_digest(&hmac, VRRP_AH_DIGEST_SIZE, digest);
}

void vrrp_ah_sign(uint8_t *packet, size_t length, const uint8_t *key, size_t key_length)
{
	const bool is_multicast = packet[IPV4_DESTINATION_OFFSET] >> 4 == 0xe;
	uint8_t digest[VRRP_AH_DIGEST_SIZE];

	ah_digest(packet, length, is_multicast, key, key_length, digest);
	memcpy(packet + ipv4_header_size(packet) + AH_DIGEST_OFFSET, digest, sizeof(digest));
}

bool vrrp_ah_is_right(const uint8_t *packet, size_t length, const uint8_t *key, size_t key_length)
{
	const uint8_t *said;
	uint8_t digest[VRRP_AH_DIGEST_SIZE];

	if (length < ipv4_header_size(packet) + VRRP_AH_SIZE)
		return false;
	said = packet + ipv4_header_size(packet) + AH_DIGEST_OFFSET;
	ah_digest(packet, length, true, key, key_length, digest);
	if (vrrp_secret_equal(digest, said, sizeof(digest)))
		return true;
	ah_digest(packet, length, false, key, key_length, digest);
	return vrrp_secret_equal(digest, said, sizeof(digest));
}

struct vrrp_trailer vrrp_trailer_read(const uint8_t *trailer)
{
	struct reader reader = reader_over(trailer, VRRP_TRAILER_SIZE);
	struct vrrp_trailer read = {0};

	read.key_id = read_u8(&reader);
	read_skip(&reader, 3);
	read.stamp = (uint64_t)read_u32(&reader) << 32;
	read.stamp |= read_u32(&reader);
	return read;
}

/* Over what tells the virtual router and the sender, the message with a zero where its checksum stands (that one is computed
 * without the trailer), and the trailer as far as its digest. */
static void trailer_digest(const struct ip_addr *source, const uint8_t *message, size_t length, const uint8_t *trailer,
	const uint8_t *key, size_t key_length, uint8_t digest[VRRP_TRAILER_DIGEST_SIZE])
{
	const uint8_t who[] = {source->family, message[0] >> 4, message[1]};
	uint8_t fixed[MESSAGE_FIXED_SIZE];
	struct hmac_sha256_ctx hmac;

	memcpy(fixed, message, sizeof(fixed));
	memset(fixed + MESSAGE_CHECKSUM_OFFSET, 0, 2);
	hmac_sha256_set_key(&hmac, key_length, key);
	hmac_sha256_update(&hmac, sizeof(who), who);
	hmac_sha256_update(&hmac, ip_size(source), source->bytes);
	hmac_sha256_update(&hmac, sizeof(fixed), fixed);
	hmac_sha256_update(&hmac, length - sizeof(fixed), message + sizeof(fixed));
	hmac_sha256_update(&hmac, TRAILER_SIGNED_SIZE, trailer);
	hmac_sha256_digest(&hmac, VRRP_TRAILER_DIGEST_SIZE, digest);
}

void vrrp_trailer_write(struct writer *packet, size_t message_start, const struct ip_addr *source,
	const struct vrrp_trailer *trailer, const uint8_t *key, size_t key_length)
{
	const size_t at = packet->length;
	uint8_t digest[VRRP_TRAILER_DIGEST_SIZE];

	write_u8(packet, trailer->key_id);
	write_zeros(packet, 3);
	write_u32(packet, (uint32_t)(trailer->stamp >> 32));
	write_u32(packet, (uint32_t)trailer->stamp);
	if (packet->failed)
		return;
	trailer_digest(source, packet->start + message_start, at - message_start, packet->start + at, key, key_length,
		digest);
	write_bytes(packet, digest, sizeof(digest));
}

bool vrrp_trailer_is_right(const struct ip_addr *source, const uint8_t *message, size_t length,
	const uint8_t *trailer, const uint8_t *key, size_t key_length)
{
	uint8_t digest[VRRP_TRAILER_DIGEST_SIZE];

	if (length < MESSAGE_FIXED_SIZE)
		return false;
	trailer_digest(source, message, length, trailer, key, key_length, digest);
	return vrrp_secret_equal(digest, trailer + TRAILER_SIGNED_SIZE, sizeof(digest));
}
