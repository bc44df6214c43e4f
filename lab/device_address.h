/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_LAB_DEVICE_ADDRESS_H
#define VIGIA_LAB_DEVICE_ADDRESS_H

#include <netinet/in.h>

#include "lab/lab.h"

/* "1.1.1.1", or the name of a device: the first IPv4 address of its first interface that has one. -errno. */
int device_or_address(struct lab *lab, const char *text, struct in_addr *out, struct lab_error *error);
/* 1 when the device has the IPv4 address on any interface now, 0 when not, or -errno. */
int device_has_address(const struct lab *lab, const struct lab_device *device, struct in_addr address,
	struct lab_error *error);

#endif
