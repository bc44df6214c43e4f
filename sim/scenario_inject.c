/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hand-made packets, which a host says:
 *
 *	inject HOST advert vrid 51 prio 200 [from A] [version 3] [interval 1s] [addresses A,B] [ttl N] [checksum bad|message]
 *	inject HOST hex 01005e000012...		a whole frame from the Ethernet header on
 */
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"

#define ADDRESSES_MAX 16

struct injection {
	struct vrrp_encode_request request;
	struct ip_addr addresses[ADDRESSES_MAX];
	bool ttl_set, bad_checksum;
	uint8_t ttl;
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

static bool read_addresses(struct scenario *scenario, struct line *line, struct injection *injection)
{
	const char *word = word_take(scenario, line, "addresses with commas between them");

	injection->request.address_count = 0;
	while (word != NULL && *word != '\0') {
		const size_t length = strcspn(word, ",");

		if (injection->request.address_count == ADDRESSES_MAX ||
			!ip_parse(word, length, &injection->addresses[injection->request.address_count]))
			return complain(scenario, line->number,
				"\"%s\" is no list of addresses: write A,B, at most %d of them", word,
				ADDRESSES_MAX);
		injection->request.address_count++;
		word += length + (word[length] == ',');
	}
	return word != NULL;
}

static bool read_octet(struct scenario *scenario, struct line *line, const char *what, uint8_t *octet)
{
	uint64_t number;

	if (!read_number(scenario, line, what, 255, &number))
		return false;
	*octet = (uint8_t)number;
	return true;
}

static bool read_field(struct scenario *scenario, struct line *line, struct injection *injection)
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
	if (word_is(line, "interval"))
		return read_duration(scenario, line, "interval", &request->interval);
	if (word_is(line, "addresses"))
		return read_addresses(scenario, line, injection);
	if (word_is(line, "ttl")) {
		injection->ttl_set = true;
		return read_octet(scenario, line, "TTL", &injection->ttl);
	}
	if (!word_is(line, "checksum"))
		return complain(scenario, line->number,
			"\"%s\" is no field: vrid, prio, version, from, interval, addresses, ttl, checksum "
			"are",
			word_peek(line));
	injection->bad_checksum = word_is(line, "bad");
	if (injection->bad_checksum)
		return true;
	request->checksum_form = VRRP_CHECKSUM_MESSAGE_ONLY;
	return word_is(line, "message") ||
	       complain(scenario, line->number, "a checksum is `bad` or `message`");
}

/* RFC 1624, the slow way. */
static void set_ttl(uint8_t *frame, uint8_t ttl)
{
	uint8_t *ip = frame + 14;
	uint16_t sum;

	if (ip[0] >> 4 == 6) {
		ip[7] = ttl;
		return;
	}
	ip[8] = ttl;
	ip[10] = 0;
	ip[11] = 0;
	sum = checksum_finish(checksum_add(0, ip, 20));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
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
		if (!read_field(scenario, line, &injection))
			return false;
	step->length = vrrp_encode(&injection.request, frame, VRRP_FRAME_MAX);
	if (step->length == 0)
		return complain(scenario, line->number,
			"no packet can say this: check version, interval, and that all addresses are of one "
			"family");
	if (injection.ttl_set)
		set_ttl(frame, injection.ttl);
	if (injection.bad_checksum)
		frame[(frame[14] >> 4 == 6 ? 14 + 40 : 14 + 20) + 6] ^= 0x55;
	step->frame = frame;
	return true;
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
	return complain(scenario, line->number, "write: inject HOST advert ..., or inject HOST hex ...");
}
