/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as people write them. What is taken must be written in one way, and that way must be read as the same. */
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_ip(const char *text, size_t length)
{
	char written[IP_ADDR_TEXT_SIZE], again_written[IP_ADDR_TEXT_SIZE];
	struct ip_addr addr, again;

	if (!ip_parse(text, length, &addr))
		return;
	ip_format(&addr, written);
	REQUIRE(ip_parse(written, strlen(written), &again));
	REQUIRE(ip_equal(&addr, &again));
	REQUIRE(strcmp(written, ip_format(&again, again_written)) == 0);
}

static void read_prefix(const char *text, size_t length)
{
	char written[IP_PREFIX_TEXT_SIZE];
	struct ip_prefix prefix, again, network;

	if (!ip_prefix_parse(text, length, &prefix))
		return;
	REQUIRE(prefix.length <= ip_max_length(&prefix.addr));
	ip_prefix_format(&prefix, written);
	REQUIRE(ip_prefix_parse(written, strlen(written), &again));
	REQUIRE(ip_prefix_equal(&prefix, &again));
	network = ip_network(&prefix);
	REQUIRE(ip_in_prefix(&prefix.addr, &network));
	REQUIRE(ip_in_prefix(&network.addr, &prefix));
}

static void read_mac(const char *text, size_t length)
{
	char written[MAC_ADDR_TEXT_SIZE];
	struct mac_addr mac, again;

	if (!mac_parse(text, length, &mac))
		return;
	mac_format(&mac, written);
	REQUIRE(mac_parse(written, strlen(written), &again));
	REQUIRE(memcmp(&mac, &again, sizeof(mac)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_ip((const char *)data, size);
	read_prefix((const char *)data, size);
	read_mac((const char *)data, size);
	return 0;
}
