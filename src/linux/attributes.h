/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attributes of rtnetlink messages, for those who read and write them. */
#ifndef VIGIA_LINUX_ATTRIBUTES_H
#define VIGIA_LINUX_ATTRIBUTES_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ATTRIBUTES_MAX 64

/* The attributes of a message by type; those above ATTRIBUTES_MAX are left out. body: size of what stands before them. */
void attributes_collect(
	const struct nlmsghdr *header, size_t body, const struct nlattr *found[ATTRIBUTES_MAX]);
/* The same of a nested one; NULL has none. */
void attributes_collect_nested(const struct nlattr *nest, const struct nlattr *found[ATTRIBUTES_MAX]);
bool attribute_has_size(const struct nlattr *attribute, size_t size); /* at least; NULL has none */
uint32_t attribute_number(const struct nlattr *attribute); /* 0 without the attribute */
/* Of that AF_*; IP_NONE without the attribute. */
struct ip_addr attribute_address(const struct nlattr *attribute, uint8_t family);
void attribute_put_address(struct nlmsghdr *header, uint16_t type, const struct ip_addr *addr);
uint8_t kernel_family(const struct ip_addr *addr); /* AF_INET or AF_INET6 */

#endif
