/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/attributes.h"

#include <string.h>
#include <sys/socket.h>

static int collect_one(const struct nlattr *attribute, void *data)
{
	const struct nlattr **found = data;
	const unsigned type = mnl_attr_get_type(attribute);

	if (type < ATTRIBUTES_MAX)
		found[type] = attribute;
	return MNL_CB_OK;
}

void attributes_collect(const struct nlmsghdr *header, size_t body, const struct nlattr *found[ATTRIBUTES_MAX])
{
	memset(found, 0, ATTRIBUTES_MAX * sizeof(*found));
	mnl_attr_parse(header, (unsigned)body, collect_one, found);
}

void attributes_collect_nested(const struct nlattr *nest, const struct nlattr *found[ATTRIBUTES_MAX])
{
	memset(found, 0, ATTRIBUTES_MAX * sizeof(*found));
	if (nest)
		mnl_attr_parse_nested(nest, collect_one, found);
}

bool attribute_has_size(const struct nlattr *attribute, size_t size)
{
	return attribute && mnl_attr_get_payload_len(attribute) >= size;
}

uint32_t attribute_number(const struct nlattr *attribute)
{
	return attribute_has_size(attribute, sizeof(uint32_t)) ? mnl_attr_get_u32(attribute) : 0;
}

struct ip_addr attribute_address(const struct nlattr *attribute, uint8_t family)
{
	struct ip_addr none = {0};

	if (family == AF_INET && attribute_has_size(attribute, 4))
		return ip_v4_from(mnl_attr_get_payload(attribute));
	if (family == AF_INET6 && attribute_has_size(attribute, 16))
		return ip_v6_from(mnl_attr_get_payload(attribute));
	return none;
}

uint8_t kernel_family(const struct ip_addr *addr)
{
	return addr->family == IP_V6 ? AF_INET6 : AF_INET;
}

void attribute_put_address(struct nlmsghdr *header, uint16_t type, const struct ip_addr *addr)
{
	mnl_attr_put(header, type, ip_size(addr), addr->bytes);
}
