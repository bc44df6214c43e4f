/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Internet checksum: RFC 1071. */
#ifndef VIGIA_WIRE_CHECKSUM_H
#define VIGIA_WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The sum over the bytes, starting from an earlier sum whose bytes were even in number; checksum_finish folds and
 * complements it. */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t length);
uint16_t checksum_finish(uint32_t sum);

#endif
