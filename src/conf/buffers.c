/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much room the configuration asks for in the sockets: vrrp_rx_bufs_policy and kernel_rx_buf_size. */
#include <string.h>

#include "conf/draft.h"

/* What an advertisement takes in the kernel, with its bookkeeping; a packet of the largest MTU in use. */
#define ADVERT_ROOM 2304
#define MTU_ROOM 9216

static const char *const policies[] = {
	[BUFFER_OWN] = "", [BUFFER_MTU] = "MTU", [BUFFER_ADVERT] = "ADVERT", [BUFFER_BYTES] = ""};

bool buffer_policy_line(struct reader *reader, void *owner, const struct statement *statement)
{
	static const struct keyword bytes = {.word = "vrrp_rx_bufs_policy",
		.kind = KEYWORD_NUMBER,
		.minimum = 1,
		.maximum = BUFFER_MAX,
		.stored = {offsetof(struct conf_global, buffers.advert_bytes), sizeof(uint32_t)}};
	struct conf_buffers *buffers = &((struct conf_global *)owner)->buffers;
	report_extra(reader, statement, 2);
	for (enum buffer_policy policy = BUFFER_MTU; policy <= BUFFER_ADVERT; policy++)
		if (strcmp(statement->words[1].text, policies[policy]) == 0) {
			buffers->policy = (uint8_t)policy;
			return statement->count == 2;
		}
	buffers->policy = BUFFER_BYTES;
	return value_read(reader, &bytes, &statement->words[1], owner) && statement->count == 2;
}

bool buffer_size_line(struct reader *reader, void *owner, const struct statement *statement)
{
	static const struct keyword bytes = {.word = "kernel_rx_buf_size",
		.kind = KEYWORD_NUMBER,
		.minimum = 1,
		.maximum = BUFFER_MAX,
		.stored = {offsetof(struct draft, instance_extra.receive_buffer), sizeof(uint32_t)}};
	report_extra(reader, statement, 2);
	return value_read(reader, &bytes, &statement->words[1], owner) && statement->count == 2;
}

void buffer_policy_print(const struct conf_buffers *buffers, struct text *out)
{
	if (buffers->policy == BUFFER_OWN)
		return;
	text_str(out, "    vrrp_rx_bufs_policy ");
	text_str(out, policies[buffers->policy]);
	if (buffers->policy == BUFFER_BYTES)
		text_u64(out, buffers->advert_bytes);
	text_char(out, '\n');
}

static uint64_t room_of_each(const struct conf_buffers *buffers)
{
	switch (buffers->policy) {
	case BUFFER_OWN:
		return 0;
	case BUFFER_MTU:
		return (uint64_t)MTU_ROOM * buffers->multiplier;
	case BUFFER_ADVERT:
		return (uint64_t)ADVERT_ROOM * buffers->multiplier;
	case BUFFER_BYTES:
		return buffers->advert_bytes;
	}
	return 0;
}

uint32_t conf_advert_buffer(const struct conf *conf)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < conf->instance_count; i++) {
		uint32_t own = conf_instance_extra(conf, i)->receive_buffer;
		sum += own ? own : room_of_each(&conf->global.buffers);
	}
	return sum < BUFFER_MAX ? (uint32_t)sum : BUFFER_MAX;
}
