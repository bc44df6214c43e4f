/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of a trace from anybody. An advert that was taken must be one that the core can be given. */
#include <stdint.h>
#include <string.h>

#include "ctl/trace_read.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_advert(const struct vrrp_advert *advert)
{
	REQUIRE(ip_is_set(&advert->source));
	for (unsigned i = 0; i < advert->address_count; i++) {
		struct ip_addr addr = vrrp_advert_address(advert, i);

		REQUIRE(addr.family == advert->source.family);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trace_line line;

	if (!trace_line_read((const char *)data, size, &line)) {
		REQUIRE(line.problem[0] != '\0');
		REQUIRE(memchr(line.problem, '\0', sizeof(line.problem)) != NULL);
	} else if (line.kind == TRACE_EVENT && line.event.type == VR_EVENT_ADVERT) {
		look_at_advert(line.event.advert);
	}
	trace_line_free(&line);
	return 0;
}
