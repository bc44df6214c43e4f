/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hand-made packets, which a host says:
 *
 *	inject HOST advert vrid 51 prio 200 [from A] [to A] [version 3] [interval 1s] [addresses A,B] [ttl N]
 *		[password TEXT] [octet N VALUE]... [more N] [less N] [checksum bad|message] [every T for T]
 *	inject HOST question A		who has this address?
 *	inject HOST hex 01005e000012...		a whole frame from the Ethernet header on
 */
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"
#include "wire/arp.h"
#include "wire/nd.h"

#define ADDRESSES_MAX 16
#define OCTETS_MAX 8
#define REPETITIONS_MAX 1000000
#define ETHERNET_HEADER 14
#define CHECKSUM_OFFSET 6

struct injection {
	struct vrrp_encode_request request;
	struct vrrp_signature signature;
	uint8_t password[VRRP_AUTH_SIZE];
	struct ip_addr addresses[ADDRESSES_MAX];
	bool ttl_set, bad_checksum;
	uint8_t ttl;
	uint8_t octets[OCTETS_MAX], values[OCTETS_MAX];
	size_t octet_count;
	uint8_t more, less; /* octets at the end */
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= ' ';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct scenario *scenario, struct line *line, struct step *step)
{
	uint8_t *bytes = arena_alloc(&scenario->arena, VRRP_FRAME_MAX);
	const char *word;
	size_t length = 0;

	for (; (word = word_peek(line)) != NULL; line->next++)
		for (; word[0] != '\0'; word += 2) {
			const int high = hex_digit(word[0]), low = high < 0 ? -1 : hex_digit(word[1]);

			if (low < 0 || bytes == NULL || length == VRRP_FRAME_MAX)
				return complain(scenario, line->number,
					"this is no frame: pairs of hexadecimal digits, at most %d",
					VRRP_FRAME_MAX);
			bytes[length++] = (uint8_t)(high << 4 | low);
		}
	if (length < 15)
		return complain(scenario, line->number,
			"a frame has an Ethernet header of 14 bytes and something behind it");
	step->frame = bytes;
	step->length = length;
	return true;
}

static bool read_password(struct scenario *scenario, struct line *line, struct injection *injection)
{
	const char *word = word_take(scenario, line, "the text");

	if (word == NULL)
		return false;
	if (strlen(word) > VRRP_AUTH_SIZE)
		return complain(scenario, line->number, "a password of version 2 has at most %d letters",
			VRRP_AUTH_SIZE);
	memcpy(injection->password, word, strlen(word));
	injection->signature = (struct vrrp_signature){
		.scheme = VRRP_SCHEME_PASS, .key = injection->password, .key_length = VRRP_AUTH_SIZE};
	injection->request.signature = &injection->signature;
	return true;
}

static bool read_changed_octet(struct scenario *scenario, struct line *line, struct injection *injection)
{
	const size_t at = injection->octet_count;

	if (at == OCTETS_MAX)
		return complain(scenario, line->number, "at most %d octets are changed", OCTETS_MAX);
	injection->octet_count++;
	return read_octet(scenario, line, "number of an octet, the first being 0", &injection->octets[at]) &&
	       read_octet(scenario, line, "value of an octet", &injection->values[at]);
}

/* every 10ms for 5s */
static bool read_repetition(struct scenario *scenario, struct line *line, struct step *step)
{
	dur_t length;

	if (!read_duration(scenario, line, "time between two of them", &step->amount))
		return false;
	if (step->amount == 0)
		return complain(scenario, line->number, "some time must pass between two packets");
	if (!word_is(line, "for"))
		return complain(scenario, line->number, "write: every TIME for TIME");
	if (!read_duration(scenario, line, "how long they come", &length))
		return false;
	if (length / step->amount > REPETITIONS_MAX)
		return complain(scenario, line->number, "that is more than %d packets", REPETITIONS_MAX);
	step->until = mono_add(step->at, length);
	return true;
}

static bool read_field(
	struct scenario *scenario, struct line *line, struct step *step, struct injection *injection)
{
	struct vrrp_encode_request *request = &injection->request;

	if (word_is(line, "vrid"))
		return read_octet(scenario, line, "VRID", &request->vrid);
	if (word_is(line, "prio"))
		return read_octet(scenario, line, "priority", &request->priority);
	if (word_is(line, "version"))
		return read_octet(scenario, line, "version", &request->version);
	if (word_is(line, "from"))
		return read_address(scenario, line, "source", &request->source);
	if (word_is(line, "to"))
		return read_address(scenario, line, "destination", &request->destination);
	if (word_is(line, "interval"))
		return read_duration(scenario, line, "interval", &request->interval);
	if (word_is(line, "addresses"))
		return read_addresses(scenario, line, injection->addresses, ADDRESSES_MAX,
			&request->address_count);
	if (word_is(line, "ttl")) {
		injection->ttl_set = true;
		return read_octet(scenario, line, "TTL", &injection->ttl);
	}
	if (word_is(line, "password"))
		return read_password(scenario, line, injection);
	if (word_is(line, "octet"))
		return read_changed_octet(scenario, line, injection);
	if (word_is(line, "more"))
		return read_octet(scenario, line, "number of octets too many", &injection->more);
	if (word_is(line, "less"))
		return read_octet(scenario, line, "number of octets too few", &injection->less);
	if (word_is(line, "every"))
		return read_repetition(scenario, line, step);
	if (!word_is(line, "checksum"))
		return complain(scenario, line->number,
			"\"%s\" is no field: vrid, prio, version, from, to, interval, addresses, ttl, password, octet, "
			"more, less, checksum, every are",
			word_peek(line));
	injection->bad_checksum = word_is(line, "bad");
	if (injection->bad_checksum)
		return true;
	request->checksum_form = VRRP_CHECKSUM_MESSAGE_ONLY;
	return word_is(line, "message") ||
	       complain(scenario, line->number, "a checksum is `bad` or `message`");
}

static uint16_t word_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put_word(uint8_t *bytes, uint16_t word)
{
	bytes[0] = (uint8_t)(word >> 8);
	bytes[1] = (uint8_t)word;
}

/* The checksum goes on being right: RFC 1624. */
static void change_octet(uint8_t *message, size_t offset, uint8_t value)
{
	uint8_t *pair = message + offset / 2 * 2;
	uint8_t *checksum = message + CHECKSUM_OFFSET;
	uint32_t sum = (uint16_t)~word_at(checksum) + (uint32_t)(uint16_t)~word_at(pair);

	message[offset] = value;
	if (pair != checksum)
		put_word(checksum, checksum_finish(sum + word_at(pair)));
}

static void write_ip_header(uint8_t *frame, size_t length, uint8_t ttl)
{
	uint8_t *ip = frame + ETHERNET_HEADER;

	if (ip[0] >> 4 == 6) {
		put_word(ip + 4, (uint16_t)(length - ETHERNET_HEADER - 40));
		ip[7] = ttl;
		return;
	}
	ip[8] = ttl;
	put_word(ip + 2, (uint16_t)(length - ETHERNET_HEADER));
	put_word(ip + 10, 0);
	put_word(ip + 10, checksum_finish(checksum_add(0, ip, 20)));
}

/* What no advert says. */
static bool spoil(struct scenario *scenario, struct line *line, struct step *step,
	const struct injection *injection, uint8_t *frame)
{
	const size_t header = ETHERNET_HEADER + (frame[ETHERNET_HEADER] >> 4 == 6 ? 40 : 20);

	for (size_t i = 0; i < injection->octet_count; i++) {
		if (injection->octets[i] >= step->length - header)
			return complain(scenario, line->number, "the message has no octet %d: the last one is %zu", injection->octets[i],
				step->length - header - 1);
		change_octet(frame + header, injection->octets[i], injection->values[i]);
	}
	if (injection->bad_checksum)
		frame[header + CHECKSUM_OFFSET] ^= 0x55;
	if (injection->less > step->length - header || step->length + injection->more > VRRP_FRAME_MAX)
		return complain(scenario, line->number, "no packet can be that short, or that long");
	step->length += injection->more;
	step->length -= injection->less;
	write_ip_header(frame, step->length, injection->ttl_set ? injection->ttl : VRRP_TTL);
	return true;
}

/* A packet to one machine goes to the hardware address that it has. */
static bool address_frame(
	struct scenario *scenario, struct line *line, const struct ip_addr *to, uint8_t *frame)
{
	const struct world *world = scenario->world;

	if (!ip_is_set(to) || ip_is_multicast(to))
		return true;
	for (size_t i = 0; i < world->router_count; i++) {
		const struct router *router = world->routers[i];

		for (size_t k = 0; k < router->address_count; k++) {
			const struct kernel_address *address = &router->addresses[k];

			if (!ip_equal(&address->prefix.addr, to))
				continue;
			memcpy(frame, nic_by_index(router, address->ifindex)->mac.bytes, 6);
			return true;
		}
	}
	return complain(scenario, line->number, "no router has the address that this goes to");
}

static bool read_advert(struct scenario *scenario, struct line *line, struct step *step)
{
	struct injection injection = {.request = {.version = 3,
					      .vrid = 51,
					      .priority = 100,
					      .interval = DUR_S,
					      .checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER,
					      .address_count = 1}};
	uint8_t *frame = arena_alloc(&scenario->arena, VRRP_FRAME_MAX);

	if (frame == NULL)
		return complain(scenario, line->number, "no memory");
	injection.request.source = step->host->address.addr;
	injection.request.source_mac = step->host->mac;
	injection.request.addresses = injection.addresses;
	injection.addresses[0] = ip_v4(192, 168, 1, 254);
	while (word_peek(line) != NULL)
		if (!read_field(scenario, line, step, &injection))
			return false;
	step->length = vrrp_encode(&injection.request, frame, VRRP_FRAME_MAX);
	if (step->length == 0)
		return complain(scenario, line->number,
			"no packet can say this: check version, interval, and that all addresses are of one "
			"family");
	step->frame = frame;
	return address_frame(scenario, line, &injection.request.destination, frame) &&
	       spoil(scenario, line, step, &injection, frame);
}

/* Who has this address? */
static bool read_question(struct scenario *scenario, struct line *line, struct step *step)
{
	uint8_t *frame = arena_alloc(&scenario->arena, ND_FRAME_SIZE);
	const struct host *host = step->host;
	struct ip_addr target;

	if (frame == NULL)
		return complain(scenario, line->number, "no memory");
	if (!read_address(scenario, line, "address that is asked for", &target))
		return false;
	if (target.family != host->address.addr.family)
		return complain(scenario, line->number, "%s has no address of this family", host->name);
	step->frame = frame;
	step->length = target.family == IP_V4
			       ? arp_encode_request(&host->mac, &host->address.addr, &target, frame, ND_FRAME_SIZE)
			       : nd_encode_solicitation(&host->mac, &host->address.addr, &target, frame, ND_FRAME_SIZE);
	return words_end(scenario, line);
}

bool read_injection(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_INJECT;
	if (!read_host(scenario, line, &step->host))
		return false;
	if (word_is(line, "hex"))
		return read_hex(scenario, line, step);
	if (word_is(line, "advert"))
		return read_advert(scenario, line, step);
	if (word_is(line, "question"))
		return read_question(scenario, line, step);
	return complain(scenario, line->number,
		"write: inject HOST advert ..., inject HOST question ADDRESS, or inject HOST hex ...");
}
